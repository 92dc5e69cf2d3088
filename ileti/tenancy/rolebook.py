"""What a role is and holds, whether ready (``roles``) or composed (:mod:`ileti.tenancy.ownroles`).

Why this module exists: whoever needs to know a role asks here and never looks into one of the two
stores; jobs that mail to the holders of a right among them, so it loads neither Flask nor an ORM.
A composed role holds what its row says, less what its level may not have (``roles.CEILING``), asked
whenever it is read: a right the product takes from dealers is gone from composed roles too.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Final

from ileti.core import db
from ileti.tenancy import roles
from ileti.tenancy.roles import Level, Role

PREFIX: Final = "own:"
_READ: Final = """select id, title, level, permissions, provider_id, brand_id, coalesce(note, '')
  from own_role where id = %s and retired_at is null"""
#: what a request has read already
_known: ContextVar[dict[int, Composed | None] | None] = ContextVar("ileti_roles", default=None)


@dataclass(frozen=True)
class Composed(Role):
    """A composed role as it counts now: ``permissions`` less what its level may not have."""

    id: int = 0
    permissions: frozenset[str] = frozenset()
    provider_id: int = 0
    brand_id: int | None = None
    note: str = ""


def find(key: str) -> Role | None:
    """The role of this key, ready or composed; None when there is none or it was retired."""
    if not key.startswith(PREFIX):
        return roles.BY_KEY.get(key)
    number = key.removeprefix(PREFIX)
    known = number.isascii() and number.isdigit() and len(number) < 10
    return _composed(int(number)) if known else None


def granted(key: str) -> frozenset[str]:
    """What the role lets its holder do; nothing for a role there is not."""
    role = find(key)
    if isinstance(role, Composed):
        return role.permissions
    return roles.GRANTS.get(key, frozenset())


def two_steps(key: str) -> bool:
    """Whether the role holds a right that asks for two-step sign-in (``roles.TWO_STEP_RIGHTS``)."""
    return bool(granted(key) & roles.TWO_STEP_RIGHTS)


def title(key: str, language: str) -> str:
    """What people call the role; its key when nobody knows it any more."""
    role = find(key)
    return role.title(language) if role else key


def holding(permission: str, provider_id: int) -> list[str]:
    """The roles that hold a permission at a provider, the platform admin's apart."""
    ready = [key for key, held in roles.GRANTS.items()
             if permission in held and key != "platform_admin"]
    rows = db.connection().execute(
        "select id from own_role where provider_id = %s and %s = any(permissions) "
        "and retired_at is null order by id", (provider_id, permission)).fetchall()
    keys = [f"{PREFIX}{row[0]}" for row in rows]
    return ready + [key for key in keys if permission in granted(key)]


def _composed(number: int) -> Composed | None:
    """One statement per request and role."""
    known = _known.get()
    if known is not None and number in known:
        return known[number]
    row = db.connection().execute(_READ, (number,)).fetchone()
    found = of_row(row) if row else None
    if known is not None:
        known[number] = found
    return found


def of_row(row: Any) -> Composed:
    """A composed role from the columns of ``_READ``."""
    number, name, level, permissions, provider_id, brand_id, note = row
    return Composed(f"{PREFIX}{number}", name, name, (Level(level),), number,
                    frozenset(permissions) & roles.CEILING[Level(level)], provider_id, brand_id,
                    note)


def remember() -> Token[dict[int, Composed | None] | None]:
    """Read each role once until :func:`forget`; for request hooks."""
    return _known.set({})


def forget(token: Token[dict[int, Composed | None] | None]) -> None:
    """Undo :func:`remember`."""
    _known.reset(token)


def changed() -> None:
    """A composed role is not as it was read."""
    known = _known.get()
    if known is not None:
        known.clear()
