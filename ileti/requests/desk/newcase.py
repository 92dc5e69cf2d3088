"""A case typed at the desk: from paper, e-mail, KEP, an e-signed file or somebody at the counter.

Why this module exists: what comes on paper may lack mandatory parts, and the clock runs from the
day it reached the controller all the same (Tebliğ m. 5/4), so only what a case cannot be without is
required here: a name or an address, the way and the day. What is missing is told on its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from ileti.core import clock, orm
from ileti.core.errors import FieldError, InvalidInput
from ileti.requests import people, rules
from ileti.requests.people import Person
from ileti.requests.vocabulary import Right, Way
from ileti.tenancy.models import Brand

OLDEST: Final = timedelta(days=400)
WAYS: Final = tuple(way for way in Way if way is not Way.FORM)


@dataclass
class Typed:
    """What was typed, and what is wrong with it by field."""

    brand: Brand | None = None
    way: Way | None = None
    received_at: datetime | None = None
    language: str = "tr"
    signed: bool = False
    person: Person = field(default_factory=Person)
    wish: str = ""
    rights: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


def brands() -> list[Brand]:
    """The brands in view, the master brand first."""
    return list(orm.db.session.scalars(select(Brand).order_by(
        Brand.provider_id, Brand.master.desc(), Brand.name)))


def read(said: Any) -> Typed:
    """The form as it came."""
    typed = Typed(language="en" if said.get("language") == "en" else "tr",
                  signed=said.get("signed") == "1")
    typed.brand = next((one for one in brands() if str(one.id) == said.get("brand")), None)
    typed.way = next((one for one in WAYS if str(int(one)) == said.get("way")), None)
    typed.person, typed.errors = people.read_person(said)
    typed.rights = people.read_rights(said.getlist("right"))
    try:
        typed.wish = people.clean_text(said.get("wish", ""))
    except InvalidInput as error:
        typed.errors += error.errors
    typed.received_at = _moment(said, typed.errors)
    _require(typed)
    return typed


def as_typed(typed: Typed) -> dict[str, str]:
    """The same as the form's fields, for what was read elsewhere."""
    return {**typed.person.parts(), "wish": typed.wish, "language": typed.language,
            "brand": str(typed.brand.id) if typed.brand else "",
            "way": str(int(typed.way)) if typed.way else ""}


def _moment(said: Mapping[str, str], errors: list[FieldError]) -> datetime | None:
    try:
        at = datetime.fromisoformat(said.get("received_at", "")[:30]).replace(
            tzinfo=clock.ISTANBUL)
    except ValueError:
        errors.append(FieldError("received_at", "date", "Tarih ve saat yazın.",
                                 "Write a date and time."))
        return None
    now = clock.now()
    if not now - OLDEST < at <= now + timedelta(minutes=5):
        errors.append(FieldError(
            "received_at", "range", "Bu tarih gelecekte ya da çok eski; evrakın size ulaştığı günü "
            "yazın.", "This date is in the future or too old; write the day it reached you."))
        return None
    return min(at, now)


def _require(typed: Typed) -> None:
    wanted = (
        ("brand", typed.brand is not None, "Marka seçin.", "Choose a brand."),
        ("way", typed.way is not None, "Başvurunun nasıl geldiğini seçin.",
         "Choose how the request came."),
        ("name", bool(typed.person.name or typed.person.email or typed.person.phone),
         "Başvuranın adını ya da adresini yazın.", "Write the applicant’s name or an address."),
        ("right", bool(typed.rights or typed.wish),
         "Talebi seçin ya da yazın.", "Choose what is asked, or write it."),
    )
    named = {one.field for one in typed.errors}
    typed.errors += [FieldError(key, "missing", tr, en) for key, here, tr, en in wanted
                     if not here and key not in named]


def due(typed: Typed) -> datetime | None:
    """The last second for the answer."""
    return rules.due_at(typed.received_at) if typed.received_at else None


def rights() -> list[Right]:
    """What can be asked."""
    return list(Right)
