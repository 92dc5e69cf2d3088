"""Merge fields: ``{unvan}`` in a text becomes the company's title when it is published.

Why: the same facts stand in every text, and a company that moves should mend one record, not twelve
texts. What is published is the resolved text, since that is what people saw; the version keeps
which fields it came from and what they said. Values go in as they are and are not read again, so a
value cannot bring a field in. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ileti.core.errors import FieldError


@dataclass(frozen=True)
class Field:
    """A merge field: its key between braces, and what it is called."""

    key: str
    tr: str
    en: str

    def say(self, language: str) -> str:
        """The name in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


FIELDS: Final = {one.key: one for one in (
    Field("unvan", "Unvan", "Company title"), Field("marka", "Marka", "Brand"),
    Field("mersis", "MERSİS numarası", "MERSİS number"), Field("adres", "Adres", "Address"),
    Field("kep", "KEP adresi", "KEP address"),
    Field("iletisim", "İletişim satırı", "Contact line"),
    Field("basvuru", "Başvuru yolları", "How to apply"),
    Field("verbis", "VERBİS sicil numarası", "VERBİS number"),
)}
_FIELD: Final = re.compile(r"\{([^{}\n]{0,40})\}")
_STRAY: Final = re.compile(r"[{}]")


@dataclass(frozen=True)
class Filled:
    """A field that was filled in: its key, the span of its words in the resolved text, and its own
    span in the text as written."""

    key: str
    start: int
    end: int
    written_start: int
    written_end: int


@dataclass(frozen=True)
class Merged:
    """A resolved text; ``used`` is what each field said; ``faults`` why it may not be published.
    ``filled``: where in ``text`` a field's words stand, and where the field stood as written."""

    text: str
    used: dict[str, str]
    faults: tuple[FieldError, ...]
    filled: tuple[Filled, ...] = ()

    def written(self, start: int, end: int) -> Filled | None:
        """The field that brought words of this span of ``text`` along; None where none did."""
        return next((one for one in self.filled if one.start < end and start < one.end), None)


def merge(text: str, values: dict[str, str | None], *, name: str = "body") -> Merged:
    """Resolve the fields of ``text``; unknown and empty ones stay as written and are faults.

    ``name`` is the form's field the faults are about.
    """
    used: dict[str, str] = {}
    faults: dict[str, FieldError] = {}
    filled: list[Filled] = []
    longer = 0  # than as written, up to here

    def fill(found: re.Match[str]) -> str:
        nonlocal longer
        key = found.group(1).strip()
        value = (values.get(key) or "").strip()
        if key in FIELDS and value:
            used[key] = value
            start = found.start() + longer
            filled.append(Filled(key, start, start + len(value), *found.span()))
            longer += len(value) - len(found.group(0))
            return value
        faults[key] = _unknown(name, key) if key not in FIELDS else _empty(name, key)
        return found.group(0)

    merged = _FIELD.sub(fill, text)
    if _STRAY.search(_FIELD.sub("", text)):
        faults["{"] = FieldError(name, "stray_brace",
                                 "Tek başına bir { ya da } var; alan adı {unvan} gibi yazılır.",
                                 "There is a lone { or }; a field is written like {unvan}.")
    return Merged(merged, used, tuple(faults.values()), tuple(filled))


def _unknown(name: str, key: str) -> FieldError:
    known = ", ".join(f"{{{one}}}" for one in FIELDS)
    return FieldError(name, "unknown_field", f"{{{key}}} diye bir alan yok. Alanlar: {known}.",
                      f"There is no field {{{key}}}. Fields: {known}.")


def _empty(name: str, key: str) -> FieldError:
    field = FIELDS[key]
    return FieldError(
        name, "empty_field",
        f"{{{key}}} boş: sağlayıcının kaydında “{field.tr}” yazılı değil.",
        f"{{{key}}} is empty: “{field.en}” is not filled in on the provider’s record.")
