"""The second wall behind the session's filter: PostgreSQL's own row rules.

Why this module exists: the session's filter reaches what is asked through models. A statement
written as text, or a model somebody forgot, passes it by. So while somebody works for a provider, a
brand or a dealer the session's transactions take the role of that level, for which each table shows
what that work space may see and nothing else, by a rule per table (``WallRule``; ADR 0039). The
system keeps the role ``ileti_app``, whose rule is "true" and costs nothing. It guards against
faults of ours, not against somebody who can run any SQL (ADR 0002). Where the roles are missing the
filter stands alone, and the log says so once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from ileti.core import orm, reach
from ileti.core.reach import BRAND_ROLE, DEALER_ROLE, MEMBER_ROLE, Reach
from ileti.tenancy.scope import Scope, current

__all__ = ["BRAND_ROLE", "DEALER_ROLE", "MEMBER_ROLE", "reach_of"]
_BEHIND = "ileti_behind_the_wall"


def reach_of(scope: Scope) -> Reach | None:
    """How far a scope reaches into the database; None for the system, and while nobody is known
    to be at work."""
    if scope.everything or (scope.provider_id is None and scope.user_id is None):
        return None
    return Reach(scope.provider_id, scope.brand_id, scope.dealer_id, scope.user_id)


@orm.listen(Session, "after_begin")
def _begin(session: Session, _transaction: Any, connection: Connection) -> None:
    """A new transaction stands before the wall; that of somebody at work goes behind it at once."""
    session.info.pop(_BEHIND, None)
    _step(session, connection)


@orm.listen(Session, "do_orm_execute")
def _execute(state: ORMExecuteState) -> None:
    """The scope may have changed since the transaction began."""
    _follow(state.session)


@orm.listen(Session, "before_flush")
def _flush(session: Session, _context: Any, _instances: Any) -> None:
    """What is written is written by whoever is at work."""
    _follow(session)


def _follow(session: Session) -> None:
    if session.info.get(_BEHIND) != reach_of(current()):
        _step(session, session.connection())


def _step(session: Session, connection: Connection) -> None:
    """Behind the wall for somebody at work, before it for the system."""
    here, behind = reach_of(current()), session.info.get(_BEHIND)
    # asked by whoever comes first in a process, so that nobody's page waits for it
    standing = _standing(str(connection.engine.url))
    if here is not None and here.role not in standing:
        here = None
    if here == behind:
        return
    # by the driver itself: this comes before every transaction's first statement
    cursor = connection.connection.cursor()
    cursor.execute(reach.SET_LOCAL, here.settings() if here else reach.SYSTEM)
    cursor.close()
    session.info[_BEHIND] = here


@cache
def _standing(_database: str) -> frozenset[str]:
    """The roles of the wall that can be taken; asked once per process and database."""
    with orm.db.engine.connect() as apart:
        return reach.told(apart.exec_driver_sql(reach.STANDING, reach.ASKED).scalar() or ())
