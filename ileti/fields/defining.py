"""Making and changing custom fields: what may be defined, and what stays once something was said.

Why this module exists: values outlive the wishes they were asked for. A field in use keeps its key,
its kind, of whom it tells and whether it is personal, since each of them decides how its values lie
and who may read them; answers that were offered are retired and not removed. A field is not a
consent: one box per channel and purpose, with a published text, is (R-12, R-58), so a field that
is answered by choosing may not ask for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as another
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import psycopg

from ileti.core.errors import FieldError
from ileti.fields.reading import fold
from ileti.fields.vocabulary import (
    LONGEST_KEY,
    LONGEST_TEXT,
    MOST_CHOICES,
    MOST_DECIMALS,
    MOST_EVER,
    MOST_FIELDS,
    Choice,
    Field,
    Kind,
    Subject,
    Where,
)

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED: Final = frozenset(("address", "channel", "status", "source", "consentdate", "name",
                              "phone", "email", "fields", "keys", "said", "marks", "names"))
# Words by which a consent is asked for; what they stand in is no field.
_ASKS: Final = re.compile(r"\b(izin\w*|izni\w*|onay\w*|riza\w*|kabul\w*|consent\w*|agree\w*|"
                          r"accept\w*|permission\w*|opt.?in\w*|abone\w*|subscri\w*)\b")
_FROZEN: Final = ("key", "kind", "subject", "personal")


@dataclass(frozen=True)
class Typed:
    """What was typed into the form of a field; ``choices`` one per line, ``key = tr | en``."""

    subject: str = ""
    key: str = ""
    kind: str = ""
    tr: str = ""
    en: str = ""
    hint_tr: str = ""
    hint_en: str = ""
    required: tuple[str, ...] = ()
    personal: bool = False
    searchable: bool = False
    mask: str = ""
    least: str = ""
    most: str = ""
    decimals: str = ""
    choices: str = ""


@dataclass
class Read:
    """The field as it would be, and what is wrong."""

    field: Field | None
    faults: list[FieldError] = another(default_factory=list)


def as_typed(one: Field) -> Typed:
    """A field as its form shows it."""
    return Typed(
        subject=str(int(one.subject)), key=one.key, kind=one.kind.value, tr=one.tr, en=one.en,
        hint_tr=one.hint_tr, hint_en=one.hint_en, required=tuple(sorted(one.required)),
        personal=one.personal, searchable=one.searchable, mask=one.mask, least=one.least,
        most=one.most, decimals=str(one.decimals) if one.decimals else "",
        choices="\n".join(f"{each.key} = {each.tr} | {each.en}" for each in one.offered))


def read(typed: Typed, others: Iterable[Field], *, before: Field | None = None,
         used: bool = False) -> Read:
    """Judge a definition; every fault at once. ``others``: the provider's other fields; ``before``:
    the field as it is, ``used`` whether it holds anything."""
    faults: list[FieldError] = []
    others = list(others)
    kind = Kind(typed.kind) if typed.kind in set(Kind) else None
    subject = Subject(int(typed.subject)) if typed.subject in ("1", "2") else None
    if kind is None:
        faults.append(_fault("kind"))
    if subject is None:
        faults.append(_fault("subject"))
    _count(before, others, faults)
    key = typed.key.strip()
    if not _KEY.fullmatch(key) or key in _RESERVED:
        faults.append(_fault("key"))
    elif any(one.key == key for one in others):
        faults.append(_fault("key", "taken"))
    texts = {name: " ".join(getattr(typed, name).split())
             for name in ("tr", "en", "hint_tr", "hint_en")}
    faults += [_fault(name) for name in ("tr", "en") if not 1 <= len(texts[name]) <= 80]
    faults += [_fault(name) for name in ("hint_tr", "hint_en") if len(texts[name]) > 160]
    if kind is None or subject is None:
        return Read(None, faults)
    if kind.is_choice and any(_ASKS.search(fold(texts[name])) for name in ("tr", "en")):
        faults.append(_fault("tr", "asks"))
    made = Field(
        id=before.id if before else 0, subject=subject, key=key, kind=kind, tr=texts["tr"],
        en=texts["en"], hint_tr=texts["hint_tr"], hint_en=texts["hint_en"],
        required=frozenset(one for one in typed.required if one in set(Where)),
        personal=typed.personal, searchable=typed.searchable)
    made = _bounded(made, typed, faults)
    made = replace(made, choices=_choices(typed, kind, before, faults))
    if before is not None and used:
        faults += [_fault(name, "frozen") for name in _FROZEN
                   if getattr(made, name) != getattr(before, name)]
        if before.personal and before.searchable != made.searchable and made.searchable:
            faults.append(_fault("searchable", "frozen"))
    return Read(None if faults else made, faults)


def _count(before: Field | None, others: list[Field], faults: list[FieldError]) -> None:
    if before is None and sum(not one.retired for one in others) >= MOST_FIELDS:
        faults.append(_fault("key", "too_many"))
    elif before is None and len(others) >= MOST_EVER:
        faults.append(_fault("key", "too_many_ever"))


def _bounded(made: Field, typed: Typed, faults: list[FieldError]) -> Field:
    """With what values may be at least and at most, and their shape."""
    least, most, mask = typed.least.strip(), typed.most.strip(), typed.mask.strip()
    decimals = 0
    if made.kind is Kind.NUMBER and typed.decimals.strip():
        if typed.decimals.strip() not in {str(n) for n in range(MOST_DECIMALS + 1)}:
            faults.append(_fault("decimals"))
        else:
            decimals = int(typed.decimals)
    if made.kind.is_choice:
        least = most = ""
    bounds = {}
    for name, text in (("least", least), ("most", most)):
        try:
            bounds[name] = _bound(made.kind, text) if text else ""
        except (ValueError, InvalidOperation):
            faults.append(_fault(name))
            bounds[name] = ""
    if bounds["least"] and bounds["most"] and not _in_order(made.kind, **bounds):
        faults.append(_fault("most", "order"))
    if made.kind is not Kind.TEXT:
        mask = ""
    elif len(mask) > LONGEST_KEY:
        faults.append(_fault("mask"))
    return replace(made, mask=mask, decimals=decimals, least=bounds["least"], most=bounds["most"])


def _bound(kind: Kind, text: str) -> str:
    if kind is Kind.TEXT:
        number = int(text)
        if not 1 <= number <= LONGEST_TEXT:
            raise ValueError
        return str(number)
    if kind is Kind.DATE:
        day, month, year = text.split(".") if "." in text else reversed(text.split("-"))
        return date(int(year), int(month), int(day)).isoformat()
    found = Decimal(text.replace(",", "."))
    if not found.is_finite() or abs(found.adjusted()) > 15:
        raise ValueError
    return f"{found.normalize():f}"


def _in_order(kind: Kind, least: str, most: str) -> bool:
    return least <= most if kind is Kind.DATE else Decimal(least) <= Decimal(most)


def _choices(typed: Typed, kind: Kind, before: Field | None, faults: list[FieldError]
             ) -> tuple[Choice, ...]:
    """The answers that were typed, and after them, retired, those that were there before."""
    if kind not in (Kind.CHOICE, Kind.CHOICES):
        return ()
    found: dict[str, Choice] = {}
    for line in filter(str.strip, typed.choices.splitlines()):
        key, _, names = line.rpartition("=")
        tr, _, en = (part.strip() for part in names.partition("|"))
        key = key.strip() or re.sub(r"[^a-z0-9]+", "_", fold(tr)).strip("_")[:LONGEST_KEY]
        if not _KEY.fullmatch(key if key[:1].isalpha() else f"a{key}") or not tr \
                or len(tr) > 80 or len(en) > 80 or key in found:
            faults.append(_fault("choices", "line", line.strip()[:60]))
            continue
        found[key] = Choice(key, tr, en or tr)
    if not 1 <= len(found) <= MOST_CHOICES:
        faults.append(_fault("choices"))
    gone = [replace(one, retired=True) for one in (before.choices if before else ())
            if one.key not in found]
    return (*found.values(), *gone)


_IN_CLICKS: Final = """
select exists (select from submission where provider_id = %(provider)s and evidence ? 'fields'
                  and evidence -> 'fields' @> %(said)s::jsonb)
    or exists (select from entry_value where provider_id = %(provider)s and field_id = %(id)s)
    or exists (select from recipient_value where provider_id = %(provider)s
                  and field_id = %(id)s)"""


def used(conn: psycopg.Connection[Any], provider_id: int, field_id: int, key: str) -> bool:
    """Whether anything was said in a field."""
    row = conn.execute(_IN_CLICKS, {"provider": provider_id, "id": field_id,
                                    "said": f'{{"keys":["{key}"]}}'}).fetchone()
    return bool(row and row[0])


def columns(one: Field) -> dict[str, Any]:
    """A field as the columns of its row."""
    return {
        "subject": int(one.subject), "key": one.key, "kind": one.kind.value, "name_tr": one.tr,
        "name_en": one.en, "hint_tr": one.hint_tr, "hint_en": one.hint_en,
        "required": sorted(one.required), "personal": one.personal, "searchable": one.searchable,
        "mask": one.mask, "least": one.least, "most": one.most, "decimals": one.decimals,
        "choices": [{"key": each.key, "tr": each.tr, "en": each.en} | (
            {"retired": True} if each.retired else {}) for each in one.choices]}


_SENTENCES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("kind", "kind"): ("Türünü seçin.", "Choose its kind."),
    ("subject", "subject"): ("Alıcıya mı izne mi ait olduğunu seçin.",
                             "Choose whether it belongs to recipients or to consents."),
    ("key", "key"): ("Anahtar küçük harfle başlar; küçük İngilizce harf, rakam ve alt çizgi "
                     f"içerir, en çok {LONGEST_KEY} karakterdir.",
                     "A key begins with a small letter and has small letters, digits and "
                     f"underscores, at most {LONGEST_KEY}."),
    ("key", "taken"): ("Bu anahtarla bir alan var ya da vardı.",
                       "There is or was a field with this key."),
    ("key", "too_many"): (f"En çok {MOST_FIELDS} alan kullanımda olabilir; birini kullanımdan "
                          "kaldırın.", f"At most {MOST_FIELDS} fields are in use; retire one."),
    ("key", "too_many_ever"): (f"En çok {MOST_EVER} alan tanımlanabilir.",
                               f"At most {MOST_EVER} fields can be defined."),
    ("tr", "tr"): ("1–80 karakterlik Türkçe bir ad yazın.",
                   "Write a Turkish name of 1 to 80 characters."),
    ("en", "en"): ("1–80 karakterlik İngilizce bir ad yazın.",
                   "Write an English name of 1 to 80 characters."),
    ("tr", "asks"): ("Seçimle yanıtlanan bir alan izin ya da rıza soramaz: her izin, yayımlanmış "
                     "metniyle kendi kutusunda istenir (R-12, R-58).",
                     "A field answered by choosing may not ask for a consent: each consent has a "
                     "box of its own with a published text (R-12, R-58)."),
    ("hint_tr", "hint_tr"): ("Açıklama en çok 160 karakterdir.",
                             "A hint has at most 160 characters."),
    ("hint_en", "hint_en"): ("İngilizce açıklama en çok 160 karakterdir.",
                             "The English hint has at most 160 characters."),
    ("mask", "mask"): (f"Biçim en çok {LONGEST_KEY} karakterdir.",
                       f"A shape has at most {LONGEST_KEY} characters."),
    ("decimals", "decimals"): (f"0 ile {MOST_DECIMALS} arasında bir sayı yazın.",
                               f"Write a number from 0 to {MOST_DECIMALS}."),
    ("least", "least"): ("En az değeri okunamadı.", "The least value cannot be read."),
    ("most", "most"): ("En çok değeri okunamadı.", "The greatest value cannot be read."),
    ("most", "order"): ("En çok değeri en azdan küçük.", "The greatest is below the least."),
    ("choices", "choices"): (f"1–{MOST_CHOICES} seçenek yazın, her satıra bir tane.",
                             f"Write 1 to {MOST_CHOICES} answers, one per line."),
}
_FROZEN_SAID: Final = ("Bu alanda değer var; bu artık değişmez. Yeni bir alan tanımlayın.",
                       "The field holds values; this can no longer change. Define a new field.")


def _fault(name: str, code: str = "", more: str = "") -> FieldError:
    if code == "frozen":
        return FieldError(name, code, *_FROZEN_SAID)
    if code == "line":
        return FieldError(name, code, f"Şu satır okunamadı: {more}",
                          f"This line cannot be read: {more}")
    return FieldError(name, code or name, *_SENTENCES[name, code or name])
