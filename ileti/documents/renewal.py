"""Whether a new version must be told or asked anew, by rule (R-61).

A notice is told anew (INFORM) when its words, purposes, grounds, recipients, periods or the data
themselves change; mending a comma or a moved address is no new purpose. A consent is asked anew
(ASK) when its words change, because a person consented to those words (R-17); the question waits
for the person's own next visit, since no message may ask for a consent (R-11). Words are compared
as they were written, so that a moved address asks nobody; but where a merge field says who is
consented to, what it said is compared too: a consent given to one company is none to another
(R-15), though the text with ``{unvan}`` in it stayed the same. Whoever publishes may raise what
the rule says, and lower it only with a reason that is kept. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ileti.core.errors import FieldError, InvalidInput
from ileti.documents.diff import changed_words
from ileti.documents.vocabulary import ABROAD, CONSENT, COOKIES, ETK, NOTICE, Word

NONE, INFORM, ASK = "NONE", "INFORM", "ASK"
RENEWALS: Final = {one.key: one for one in (
    Word(NONE, "Yalnız yazım değişti; kimseye yeniden sorulmaz",
         "Only the wording was mended; nobody is told or asked anew"),
    Word(INFORM, "Yeniden aydınlatma gerekir", "People must be informed anew"),
    Word(ASK, "Rıza yeniden sorulur, kişinin kendi ziyaretinde",
         "Consent is asked anew, at the person’s own next visit"),
)}
_RANK: Final = {NONE: 0, INFORM: 1, ASK: 2}
_CONSENTS: Final = frozenset({ETK, CONSENT, ABROAD})
_NOTICES: Final = frozenset({NOTICE, COOKIES})
_MATERIAL: Final = ("id", "name", "ground", "data", "recipients", "period", "abroad")
#: merge fields that say whose text it is: the company, its number in the registry, the brand
WHOSE: Final = ("unvan", "mersis", "marka")


@dataclass(frozen=True)
class Shown:
    """A wording as far as the rule looks at it: title and body as written (fields unresolved),
    the purposes it spoke of, and what its merge fields said."""

    title: str
    body: str
    purposes: list[dict[str, Any]]
    fields: Mapping[str, str]


def required(kind: str, before: Shown | None, after: Shown) -> str:
    """NONE, INFORM or ASK; a first version asks nobody anew."""
    if before is None or kind not in _CONSENTS | _NOTICES:
        return NONE
    if not _differ(before, after):
        return NONE
    return ASK if kind in _CONSENTS else INFORM


def decide(kind: str, rule: str, wish: str | None, reason: str | None) -> tuple[str, str | None]:
    """What the version keeps: the wish, or the rule where none was uttered.

    Raises InvalidInput when the wish is less than the rule and no reason is given, or makes no
    sense for the kind.
    """
    if not wish:
        return rule, None
    fits = {NONE, ASK} if kind in _CONSENTS else {NONE, INFORM} if kind in _NOTICES else {NONE}
    if wish not in fits:
        raise InvalidInput(errors=(FieldError(
            "renewal", "unknown", "Bu metin için böyle bir seçenek yok.",
            "This text has no such choice."),))
    said = (reason or "").strip()[:400]
    if _RANK[wish] < _RANK[rule] and len(said) < 10:
        raise InvalidInput(errors=(FieldError(
            "reason", "missing",
            "Neden yeniden bildirilmeyeceğini bir cümleyle yazın; sürümle birlikte saklanır.",
            "Write in a sentence why nobody is told anew; it is kept with the version."),))
    return wish, said or None


def _differ(before: Shown, after: Shown) -> bool:
    return (changed_words(before.title, after.title) or changed_words(before.body, after.body)
            or _material(before) != _material(after) or _whose(before, after))


def _material(one: Shown) -> list[list[str]]:
    return sorted([[str(line.get(name)) for name in _MATERIAL] for line in one.purposes])


def _whose(before: Shown, after: Shown) -> bool:
    """Whether a field that both texts use named somebody else then; where only one uses it, the
    words themselves differ."""
    return any(changed_words(before.fields[name], after.fields[name]) for name in WHOSE
               if name in before.fields and name in after.fields)
