"""What forms and lists of the panel offer and name: brands in view, and people by their numbers.

Why this module exists: a dozen pages let somebody choose a brand. They ask here, so that all offer
the same ones, in the same order; the row rules of :mod:`ileti.tenancy.scope` decide which.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from ileti.core import orm
from ileti.tenancy.models import Brand

MOST_BRANDS: Final = 500


def brands() -> list[Brand]:
    """Brands in view, by name."""
    return list(orm.db.session.scalars(
        select(Brand).order_by(Brand.name, Brand.id).limit(MOST_BRANDS)))


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of visible users, by one statement."""
    wanted = {number for number in user_ids if number is not None}
    if not wanted:
        return {}
    return {user.id: f"{user.first_name} {user.last_name}".strip() or user.username
            for user in orm.db.session.scalars(select(User).where(User.id.in_(wanted)))}
