"""The second wall around a dealer: PostgreSQL's own row rules, behind those of ``scope``.

Why this module exists: the session's filter reaches what is asked through models. A statement
written as text, or a model somebody forgot, passes it by. So while a dealer is at work the
session's transactions take the role ``ileti_dealer``, for which the ledger's tables show what that
dealer may see and nothing else, by a rule per table (``DealerRule``; ADR 0019). Everybody else
keeps the role ``ileti_app``, whose rule is "true" and costs nothing. It guards against faults of
ours, not against somebody who can run any SQL (ADR 0002). Where the role is missing the filter
stands alone, and the log says so once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from ileti.core import orm
from ileti.core.db import APP_ROLE
from ileti.core.logs import get_logger
from ileti.tenancy.scope import current

DEALER_ROLE = "ileti_dealer"
_BEHIND = "ileti_behind_the_wall"
# Settings of this transaction, so that they end with it whatever happens.
_SET = "select set_config('role', %s, true), set_config('ileti.dealer', %s, true)"
_MAY = """select exists (select from pg_roles where rolname = %s
       and pg_has_role(session_user, oid, 'member'))
   and exists (select from pg_policies
                where policyname = 'dealer' and tablename = 'consent_entry')"""

log = get_logger("ileti.tenancy")


@orm.listen(Session, "after_begin")
def _begin(session: Session, _transaction: Any, connection: Connection) -> None:
    """A new transaction stands before the wall; a dealer's goes behind it at once."""
    session.info.pop(_BEHIND, None)
    _step(session, connection)


@orm.listen(Session, "do_orm_execute")
def _execute(state: ORMExecuteState) -> None:
    """The scope may have changed since the transaction began."""
    session = state.session
    if session.info.get(_BEHIND) != current().dealer_id:
        _step(session, session.connection())


def _step(session: Session, connection: Connection) -> None:
    """Behind the wall for a dealer, before it for everybody else."""
    dealer, behind = current().dealer_id, session.info.get(_BEHIND)
    # asked by whoever comes first in a process, so that no dealer's page waits for it
    if not _stands(str(connection.engine.url)) or dealer == behind:
        return
    role = APP_ROLE if dealer is None else DEALER_ROLE
    connection.exec_driver_sql(_SET, (role, "" if dealer is None else str(dealer)))
    session.info[_BEHIND] = dealer


@cache
def _stands(_database: str) -> bool:
    """Whether this installation has the wall; asked once per process and database."""
    with orm.db.engine.connect() as apart:
        found = bool(apart.exec_driver_sql(_MAY, (DEALER_ROLE,)).scalar())
    if not found:
        log.warning("dealer_wall_missing", role=DEALER_ROLE)
    return found
