"""How far the work at hand reaches into the database: the second wall's half below the ORM.

Why this module exists: whoever works for one provider, brand or dealer has PostgreSQL's own row
rules between themselves and everybody else's rows (ADR 0039). A rule holds for a role, and what
the role works for stands in settings; both are put on the connection here, for the ORM's sessions
(:mod:`ileti.tenancy.wall`) and for bare statements (:func:`ileti.core.db.connection`) alike.
Nothing here imports SQLAlchemy, since programs are answered without it. Work without a reach is
the system's: capture, the gate, jobs, what citizens open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final, NamedTuple

from ileti.core.logs import get_logger

APP_ROLE: Final = "ileti_app"
MEMBER_ROLE: Final = "ileti_member"
BRAND_ROLE: Final = "ileti_brand"
DEALER_ROLE: Final = "ileti_dealer"
#: the roles of the wall, the widest first, with the name of their policies
LEVELS: Final = {MEMBER_ROLE: "provider", BRAND_ROLE: "brand", DEALER_ROLE: "dealer"}
#: role, provider, brand, dealer, person; for the transaction (true) or for the connection (false)
SET: Final = ("select set_config('role', %s, {0}), set_config('ileti.provider', %s, {0}), "
              "set_config('ileti.brand', %s, {0}), set_config('ileti.dealer', %s, {0}), "
              "set_config('ileti.user', %s, {0})")
SET_LOCAL: Final = SET.format("true")
SET_ALWAYS: Final = SET.format("false")
#: the roles of the wall that this login may take, and that have their rules
STANDING: Final = """select array(select w.role from unnest(%s::text[], %s::text[]) w(role, level)
    join pg_roles r on r.rolname = w.role and pg_has_role(session_user, r.oid, 'member')
   where exists (select from pg_policies p where p.schemaname = 'public'
                  and p.tablename = 'consent_entry' and p.policyname = w.level))"""
ASKED: Final = (list(LEVELS), list(LEVELS.values()))

log = get_logger("ileti.core")


class Reach(NamedTuple):
    """For whom somebody works; None is all below the level above. Without a provider: for nobody,
    which reaches nothing."""

    provider_id: int | None
    brand_id: int | None = None
    dealer_id: int | None = None
    user_id: int | None = None

    @property
    def role(self) -> str:
        """The role whose rules hold."""
        if self.dealer_id is not None:
            return DEALER_ROLE
        return MEMBER_ROLE if self.brand_id is None else BRAND_ROLE

    def settings(self) -> tuple[str, ...]:
        """The values of :data:`SET`."""
        return (self.role, *("" if value is None else str(value) for value in self))


#: the values of :data:`SET` for the system
SYSTEM: Final = (APP_ROLE, "", "", "", "")
_reach: ContextVar[Reach | None] = ContextVar("ileti_reach", default=None)


def current() -> Reach | None:
    """The reach of the work at hand; None for the system's."""
    return _reach.get()


def enter(reach: Reach | None) -> Token[Reach | None]:
    """Set the reach until :func:`leave`; for request hooks."""
    return _reach.set(reach)


def leave(token: Token[Reach | None]) -> None:
    """Back to the reach before :func:`enter`."""
    _reach.reset(token)


@contextmanager
def within(reach: Reach | None) -> Iterator[None]:
    """Work inside ``reach``."""
    token = enter(reach)
    try:
        yield
    finally:
        leave(token)


class Carried:
    """The same pieces, each of them made inside the reach of now: a server takes them when the call
    that made them is over."""

    def __init__(self, pieces: Iterable[Any]) -> None:
        self._reach, self._pieces = current(), iter(pieces)
        self._close: Callable[[], None] | None = getattr(pieces, "close", None)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with within(self._reach):
            return next(self._pieces)

    def close(self) -> None:
        """The server is done with it, or its client has gone."""
        if self._close is not None:
            with within(self._reach):
                self._close()


def told(found: Any) -> frozenset[str]:
    """The answer of :data:`STANDING`, and a line in the log for what is missing."""
    standing = frozenset(found)
    missing = [role for role in LEVELS if role not in standing]
    if missing:
        log.warning("wall_missing", roles=missing)
    return standing
