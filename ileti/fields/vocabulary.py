"""What a custom field is: of whom it tells, of what kind its values are, who may do without it.

Why this module exists: a provider keeps more about its customers and their consents than İYS asks,
and forms, imports, programs, pages and copies must agree about it. Pure; the rows these are made
of are :mod:`ileti.fields.models`, what a value may be is :mod:`ileti.fields.reading`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

#: fields in use and all there ever were, of one provider
MOST_FIELDS: Final = 20
MOST_EVER: Final = 60
MOST_CHOICES: Final = 50
LONGEST_TEXT: Final = 500
LONGEST_KEY: Final = 40
MOST_DECIMALS: Final = 6


class Subject(IntEnum):
    """Of whom it tells: what the provider knows of a recipient, or what was said with a consent.

    A visitor's word goes with the consent and never onto the recipient: before an address is
    proven, whoever types it could write into somebody else's record."""

    RECIPIENT = 1
    CONSENT = 2


class Kind(StrEnum):
    """Of what kind the values are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yesno"
    CHOICE = "choice"
    CHOICES = "choices"

    @property
    def is_choice(self) -> bool:
        """Whether it is answered by choosing; never chosen beforehand (R-12)."""
        return self in (Kind.YES_NO, Kind.CHOICE, Kind.CHOICES)


class Where(StrEnum):
    """Where a value comes from, and where a field can be required."""

    FORM = "form"
    PANEL = "panel"
    API = "api"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a field. A retired one is kept for what was said, and no longer offered."""

    key: str
    tr: str
    en: str
    retired: bool = False

    def label(self, language: str) -> str:
        """What people read."""
        return self.en if language == "en" else self.tr


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its rules. ``mask``: the shape of a text, ``9`` a digit, ``A`` a letter, ``*``
    either, all else itself. ``least`` and ``most``: characters of a text, a number, a day in ISO;
    empty for none. ``personal``: kept sealed and erased with the person."""

    id: int
    subject: Subject
    key: str
    kind: Kind
    tr: str
    en: str
    hint_tr: str = ""
    hint_en: str = ""
    required: frozenset[str] = frozenset()
    personal: bool = True
    searchable: bool = False
    mask: str = ""
    least: str = ""
    most: str = ""
    decimals: int = 0
    choices: tuple[Choice, ...] = ()
    retired: bool = False

    def name(self, language: str) -> str:
        """What people read."""
        return self.en if language == "en" else self.tr

    def hint(self, language: str) -> str:
        """The line below it."""
        return self.hint_en if language == "en" else self.hint_tr

    @property
    def offered(self) -> tuple[Choice, ...]:
        """Answers that may be chosen now."""
        return tuple(one for one in self.choices if not one.retired)

    def said(self, value: Any, language: str) -> str:
        """A kept value as people read it."""
        english = language == "en"
        if self.kind is Kind.YES_NO:
            return ("Yes" if value else "No") if english else ("Evet" if value else "Hayır")
        if self.kind is Kind.DATE:
            year, month, day = str(value).split("-")
            return f"{day}.{month}.{year}"
        if self.kind is Kind.NUMBER:
            return str(value) if english else str(value).replace(".", ",")
        if self.kind.is_choice:
            names = {one.key: one.label(language) for one in self.choices}
            keys = value if isinstance(value, list) else [value]
            return ", ".join(names.get(key, str(key)) for key in keys)
        return str(value)

    def told(self, value: Any) -> Any:
        """A kept value for programs: numbers as numbers."""
        if self.kind is not Kind.NUMBER:
            return value
        return float(value) if "." in value else int(value)
