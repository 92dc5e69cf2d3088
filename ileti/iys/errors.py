"""What İYS's codes mean: for the program one of ten kinds, for people a sentence and a next step.

Why this module exists: İYS answers with some 200 codes. Whether a consent is sent again, set aside,
settled by a question or kept here must be decided in one place, and the sentence must be the same
in the panel, the report and the API. Kinds, and what the forwarder does with each:

    RETRY         nothing is wrong with the request; send it again later (İYS API §14)
    RATE          a quota is used up; all workers wait (§1.1)
    AUTH          the token; fetch a new one, then send again
    SUBSCRIPTION  the provider's subscription at İYS; hold what it concerns (H525: new records only)
    CONFIG        codes or rights do not fit; hold what is concerned until somebody repairs it
    BATCH         the request as a whole was refused; split or mend the request, not the records
    ITEM          this record is faulty; final
    ALREADY       İYS holds this or something newer; ask for the status before believing it
    LOCAL_ONLY    İYS cannot take this refusal; it blocks here (R-42)
    OVERDUE       three business days are over; final (R-40)

The table itself is in :mod:`ileti.iys.error_groups` (codes that are treated alike) and in
``codes.txt`` (what each code says by itself); here they become one :class:`Meaning` per code, which
also tells the error book whose part it is and what to do.

An unknown code is decided by its HTTP status and shown as İYS wrote it; without a status it is
final, since sending what is not understood again and again costs the provider its place on İYS's
list (success share, §1.1). Sources: İYS API §1.3, §14, §15. Voice: look.md §7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ileti.iys.error_groups import GROUPS, Group
from ileti.iys.kinds import REPORT, VIA, Advice, Fault, Kind

__all__ = ["MEANINGS", "RATE_WINDOWS", "Fault", "Kind", "Meaning", "is_via", "kind_of_status",
           "meaning"]

Language = Literal["tr", "en"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code in plain words. ``tr``/``en`` is the sentence beside a record, ``what_tr``/``what_en``
    what the code says by itself. ``known`` is false for a code this table does not have."""

    code: str
    kind: Kind
    tr: str
    en: str
    fault: Fault = Fault.IYS
    advice: Advice = REPORT
    what_tr: str = ""
    what_en: str = ""
    known: bool = True

    @property
    def next_tr(self) -> str:
        """The Turkish words of the button that helps, empty when nothing is left to do."""
        return self.advice.next_tr

    @property
    def next_en(self) -> str:
        """The English words of the button that helps, empty when nothing is left to do."""
        return self.advice.next_en

    def say(self, lang: Language = "tr") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.tr

    def what(self, lang: Language = "tr") -> str:
        """What the code says by itself, in one language."""
        return (self.what_en if lang == "en" else self.what_tr) or self.say(lang)

    def next_step(self, lang: Language = "tr") -> str:
        """The words of the button that helps, or an empty string."""
        return self.next_en if lang == "en" else self.next_tr


# İYS API §1.1: which quota is used up, and for how long it is (seconds).
RATE_WINDOWS: Final[dict[str, int]] = {
    "H083": 1,
    "H084": 3600,
    "H086": 3600,
    "H089": 3600,
    "H124": 1,
}

# How an answer is named that carries no code of İYS (ileti/iys/answers.py).
NO_CODE: Final = "HTTP_"

_VIA: Final = re.compile(r"H1[0-9]{3}|H568|OTP-ERROR-[0-9]+|ERR-(?:SYS|VLD)-[0-9]+", re.ASCII)
_SAFE_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def meaning(code: str, http_status: int | None = None) -> Meaning:
    """What a code means. ``http_status`` decides only for codes this table does not know."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    if code.startswith(NO_CODE):
        return Meaning(
            code, kind_without_code(http_status),
            f"İYS’ten anlaşılmayan bir yanıt geldi: {code}",
            f"An answer came from İYS that could not be understood: {code}",
            known=False,
        )
    shown = code if _SAFE_CODE.fullmatch(code) else "?"
    if _VIA.fullmatch(code):
        return Meaning(
            shown,
            kind_of_status(http_status),
            f"İYS ViA bu işlemi yapmadı. Yanıtı: {shown}",
            f"İYS ViA did not do this. Its answer: {shown}",
            advice=VIA,
            known=False,
        )
    return Meaning(
        shown,
        kind_of_status(http_status),
        f"İYS bu isteği almadı. Yanıtı: {shown}",
        f"İYS did not take this request. Its answer: {shown}",
        known=False,
    )


def is_via(code: str) -> bool:
    """Whether a code belongs to İYS ViA, which this program does not call (İYS API §11)."""
    return _VIA.fullmatch(code) is not None


def kind_of_status(http_status: int | None) -> Kind:
    """The kind an HTTP status alone speaks for (İYS API §1.3)."""
    if http_status is None:
        return Kind.ITEM
    if http_status == 401:
        return Kind.AUTH
    if http_status == 429:
        return Kind.RATE
    if http_status in (403, 404):
        return Kind.CONFIG
    if http_status in (408, 425) or http_status >= 500 or http_status < 400:
        # Below 400: an answer that should have been a success and cannot be read is in doubt.
        return Kind.RETRY
    return Kind.ITEM


def kind_without_code(http_status: int | None) -> Kind:
    """The kind of an answer that names no code: not İYS's word about a record, but that of a proxy
    or wall before it. Nothing is given up for it; the list is made smaller when it is too large."""
    if http_status == 413:
        return Kind.BATCH
    kind = kind_of_status(http_status)
    return Kind.RETRY if kind is Kind.ITEM and http_status is not None else kind


def _words() -> dict[str, tuple[str, str]]:
    """What each code says by itself, from ``codes.txt``."""
    lines = Path(__file__).with_name("codes.txt").read_text("utf-8").splitlines()
    rows = (line.split(" | ") for line in lines if line and not line.startswith("#"))
    return {code: (tr, en) for code, tr, en in rows}


def _meaning(code: str, group: Group, what_tr: str = "", what_en: str = "") -> Meaning:
    return Meaning(code, group.kind, group.tr or what_tr, group.en or what_en, group.fault,
                   group.advice, what_tr, what_en)


_WORDS: Final = _words()
MEANINGS: Final[dict[str, Meaning]] = {
    code: _meaning(code, group, *_WORDS.get(code, ()))
    for group in GROUPS
    for code in group.codes.split()
}
