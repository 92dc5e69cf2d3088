"""Pages of a list, newest first, and one row of it: as the panel asks for both.

Why this module exists: a page asks in the name of who looks, so that the row rules of
:mod:`ileti.tenancy.scope` stand before every step; and a number somebody typed may be larger than
any the database keeps. Whoever lists rows of a room asks here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import NotFound

PAGE: Final = 25
LARGEST: Final = 2**63 - 1
Row = TypeVar("Row")


@dataclass(frozen=True)
class Shelf(Generic[Row]):
    """A page of the list, newest first; whether more follow."""

    rows: list[Row]
    more: bool


def shelf(model: type[Row], before: int | None, *only: Any) -> Shelf[Row]:
    """Rows below a number; ``only``: conditions they meet."""
    number: Any = getattr(model, "id")  # noqa: B009 (every model of a list has one)
    asked = select(model).where(*only).order_by(number.desc()).limit(PAGE + 1)
    if before is not None:
        asked = asked.where(number < max(0, min(before, LARGEST)))
    found = list(orm.db.session.scalars(asked))
    return Shelf(found[:PAGE], len(found) > PAGE)


def one(model: type[Row], number: int) -> Row:
    """A row of the user's own work space. Raises NotFound for any other."""
    found = None if number > LARGEST else orm.db.session.scalars(
        select(model).where(getattr(model, "id") == number)).first()  # noqa: B009
    if found is None:
        raise NotFound()
    return found
