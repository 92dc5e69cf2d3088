"""Who applies: the mandatory parts of an application, checked, sealed and found again.

Why this module exists: name, identity number and addresses are asked of strangers by law (Başvuru
Tebliği m. 5/2), so they are judged in one place, whether they come by the form or are typed from
paper; kept as one sealed value; and found again by keyed hashes, since an archive must be searched
without anybody reading it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from ileti.core.errors import FieldError, InvalidInput
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, mask, parse_address, parse_email, parse_phone
from ileti.requests.vocabulary import Right
from ileti.tenancy.identifiers import is_tckn

LONGEST: Final = {"name": 120, "nationality": 60, "passport": 30, "foreign_id": 20, "postal": 400}
LONGEST_WISH: Final = 4_000
# Line breaks of every kind, and marks that turn the direction of what stands beside them.
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Person:
    """The applicant as they said; empty where they said nothing. ``email`` and ``phone`` are
    canonical."""

    name: str = ""
    tckn: str = ""
    nationality: str = ""
    passport: str = ""
    foreign_id: str = ""
    postal: str = ""
    email: str = ""
    phone: str = ""

    def to_text(self) -> str:
        """As it is sealed."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Person:
        """Inverse of :meth:`to_text`."""
        said = json.loads(text)
        return cls(**{one.name: str(said.get(one.name, "")) for one in fields(cls)})

    def parts(self) -> dict[str, str]:
        """By name, for the rules."""
        return asdict(self)

    def masked(self) -> dict[str, str]:
        """As pages show them before somebody opens them: the name alone in full."""
        return {
            "name": self.name, "tckn": f"•••••••••{self.tckn[-2:]}" if self.tckn else "",
            "nationality": self.nationality, "passport": _dots(self.passport),
            "foreign_id": _dots(self.foreign_id), "postal": _dots(self.postal, 0),
            "email": mask(self.email) if self.email else "",
            "phone": mask(self.phone) if self.phone else "",
        }

    def marks(self, provider_id: int) -> list[bytes]:
        """The keyed hashes by which this person's cases are found, within one provider (R-15)."""
        return [marked(provider_id, one) for one in (
            self.email, self.phone, self.tckn, self.passport, self.foreign_id) if one]


def _dots(text: str, shown: int = 2) -> str:
    return f"••••{text[-shown:] if shown else ''}" if text else ""


def marked(provider_id: int, word: str) -> bytes:
    """The keyed hash of a canonical address, or of an identity number; another than a recipient's,
    so that a case leads nobody to the refusal that outlives an erased person (docs/adr/0029)."""
    return secrets().addresses.of(provider_id, f"request:{word}")


def read_mark(provider_id: int, typed: str) -> bytes | None:
    """The hash of what somebody types to find a person: an address or an identity number."""
    text = typed.strip()[:320]
    if is_tckn(text):
        return marked(provider_id, text)
    try:
        return marked(provider_id, parse_address(text).value)
    except AddressError:
        word = clean(text, 30).upper()
        return marked(provider_id, word) if 5 <= len(word) <= 30 else None


def clean(text: str, longest: int) -> str:
    """One line as people mean it: NFC, no invisible or turning characters, blanks joined."""
    kept = _CONTROL.sub(" ", unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:longest]


def clean_text(text: str, longest: int = LONGEST_WISH) -> str:
    """Several lines, otherwise as :func:`clean`; raises InvalidInput when they are too long."""
    if len(text) > longest:
        raise InvalidInput(errors=(FieldError(
            "wish", "too_long", f"En çok {longest} harf yazın; uzun belgeyi dosya olarak ekleyin.",
            f"Write at most {longest} characters; add a longer document as a file."),))
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(_CONTROL.sub(" ", one).rstrip() for one in lines).strip()


def read_rights(words: list[str]) -> list[str]:
    """The chosen rights in the order of the law; what is no right is left out."""
    return [str(one) for one in Right if str(one) in words]


def read_person(said: Mapping[str, str]) -> tuple[Person, list[FieldError]]:
    """The applicant's fields and what is wrong with those that are filled in; what is mandatory is
    asked elsewhere (:func:`ileti.requests.rules.missing_parts`), since paper may lack it."""
    wrong: list[FieldError] = []
    values = {name: clean(said.get(name, ""), most) for name, most in LONGEST.items()}
    for name in ("passport", "foreign_id"):
        values[name] = values[name].upper().replace(" ", "")
    tckn = re.sub(r"\D", "", said.get("tckn", "")[:40])
    if said.get("tckn", "").strip() and not is_tckn(tckn):
        wrong.append(FieldError(
            "tckn", "tckn", "T.C. kimlik numarası 11 hanelidir; bu numara olamaz. Denetleyin.",
            "A Turkish identity number has 11 digits; this one cannot be right. Check it."))
    values["tckn"] = tckn if is_tckn(tckn) else ""
    for name, parse in (("email", parse_email), ("phone", parse_phone)):
        typed = said.get(name, "").strip()[:320]
        values[name] = ""
        if typed:
            try:
                values[name] = parse(typed)
            except AddressError as error:
                wrong.append(FieldError(name, error.code, error.tr, error.en))
    return Person(**values), wrong
