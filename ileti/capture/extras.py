"""Custom fields on a form: what people see of them, and what they said.

Why this module exists: a site may ask more than an address and a name. Which fields is the site's
setting; what a visitor says in them belongs to the submission and so to the proof, never to the
recipient's record (docs/adr/0045). None of them is chosen beforehand (R-12), and one that is
required is so only for who ticks a box (R-13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ileti.core.errors import FieldError
from ileti.fields import kept, reading
from ileti.fields.vocabulary import LONGEST_TEXT, Field, Kind, Where

if TYPE_CHECKING:
    from ileti.capture.sites import Site


_OPTIONAL: Final = {"tr": " (isteğe bağlı)", "en": " (optional)"}
_SHAPE: Final = {"tr": "Örnek: {}", "en": "Example: {}"}


def shown(site: Site, language: str) -> dict[str, Any]:
    """The member of the form's answer; nothing for a form without such fields."""
    return {"extra": [_shown(one, language) for one in site.fields]} if site.fields else {}


def _shown(one: Field, language: str) -> dict[str, Any]:
    required = Where.FORM in one.required
    shape = _SHAPE[language].format(reading.mask_example(one.mask)) if one.mask else ""
    said: dict[str, Any] = {
        "key": one.key, "kind": one.kind.value, "required": required,
        "label": one.name(language) + ("" if required else _OPTIONAL[language]),
        "hint": " · ".join(part for part in (one.hint(language), shape) if part)}
    if one.kind is Kind.YES_NO:
        words = ("Evet", "Hayır") if language != "en" else ("Yes", "No")
        said["choices"] = [{"key": key, "label": word} for key, word in zip("10", words,
                                                                            strict=True)]
    elif one.kind.is_choice:
        said["choices"] = [{"key": each.key, "label": each.label(language)}
                           for each in one.offered]
    elif one.kind is Kind.TEXT:
        said["maxLength"] = int(one.most or LONGEST_TEXT)
    return said


def taken(site: Site, said: dict[str, Any], *, named: bool, language: str,
          faults: list[FieldError]) -> kept.Parts:
    """What was said, as the submission keeps it; ``named``: whether something was ticked. Of a form
    that asks nothing more nothing is taken."""
    if not site.fields and not said:
        return kept.NOTHING
    values, wrong = reading.all_of(site.fields, said, Where.FORM, needed=named)
    faults += wrong
    return kept.parts(site.fields, values, site.place.provider_id, language) if named \
        else kept.NOTHING
