"""What a dealer may do in the name of its brand: given per brand, or to one dealer apart.

Why this module exists: a role says what a person may do, and a brand says what its dealers may. A
dealer's people have what both give. So each right here names the permissions of ``roles`` it takes
with it when it is not given, and everybody who asks what somebody may (panel, menu, invitations,
API accounts) takes those off. The brand's word holds for all its dealers, a dealer's own goes
before it; nobody's word means yes, for messages no. The one place that reads the table is
PostgreSQL's ``dealer_closed``. Lean, since programs ask too: neither Flask nor an ORM.

Recording a refusal (``consent:refuse``) is not among them: nobody takes that from a dealer (R-31).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ileti.core import db
from ileti.tenancy import roles


@dataclass(frozen=True)
class Right:
    """One right of dealers: its key in the table and the permissions that go with it."""

    key: str
    permissions: frozenset[str]


RIGHTS: Final[tuple[Right, ...]] = (
    Right("desk", frozenset({"consent:take", "call:take"})),
    Right("page", frozenset({"poster:read", "poster:write"})),
    Right("imports", frozenset({"import:read", "import:run"})),
    Right("status", frozenset({"consent:read", "radar:read"})),
    Right("reports", frozenset({"report:read"})),
    Right("messages", frozenset({
        "campaign:read", "campaign:write", "campaign:release", "call:read", "call:write",
        "call:work", "call:export", "template:write", "single:read", "single:send"})),
)
BY_KEY: Final = {one.key: one for one in RIGHTS}


def offered() -> list[Right]:
    """The rights with something behind them in this version."""
    return [one for one in RIGHTS if one.permissions & set(roles.PERMISSIONS)]


def closed_rights(provider_id: int, brand_id: int | None, dealer_id: int) -> frozenset[str]:
    """The keys of what a dealer may not do."""
    row = db.system_connection().execute("select dealer_closed(%s, %s, %s)",
                                  (provider_id, brand_id, dealer_id)).fetchone()
    return frozenset(row[0] if row else ())


def permissions_of(keys: Iterable[str]) -> frozenset[str]:
    """The permissions that go with these rights."""
    return frozenset().union(*(BY_KEY[key].permissions for key in keys if key in BY_KEY))


def closed(provider_id: int | None, brand_id: int | None, dealer_id: int | None) -> frozenset[str]:
    """The permissions nobody has at this place; none are closed above dealers."""
    if provider_id is None or dealer_id is None:
        return frozenset()
    return permissions_of(closed_rights(provider_id, brand_id, dealer_id))
