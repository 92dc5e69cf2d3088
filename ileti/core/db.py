"""PostgreSQL by bare psycopg, and who may commit.

:func:`connection` is one bare psycopg connection per thread, autocommit: capture, gate, relay and
bulk use it, because the ORM costs them three quarters of their rate (docs/adr/0003). Pages and CRUD
use :mod:`ileti.core.orm`; nothing here imports SQLAlchemy or Flask-AppBuilder, so that workers and
the lean capture path stay small.

Every connection works as the role ``ileti_app``, which cannot UPDATE or DELETE the ledger
(docs/adr/0002), and carries time limits. What is done in the name of a person or a program has a
connection of its own behind the second wall (docs/adr/0039), so that capture, which shares the
thread, keeps its prepared plans; :func:`system_connection` is for what is the system's there too.
Exactly one owner commits: the entry point (endpoint, job, command) opens :func:`transaction` or
calls one database function; nothing below commits.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus

from config import Settings, settings
from ileti.core import reach
from ileti.core.errors import StorageAway
from ileti.core.heartbeat import PATIENCE, Heartbeat
from ileti.core.reach import APP_ROLE, Reach

_local = threading.local()
# Weak, so that the connection of a thread that has ended ends with it.
_every: WeakSet[psycopg.Connection[Any]] = WeakSet()
_every_lock = threading.Lock()


def dsn(given: Settings | None = None) -> str:
    """The libpq address of the application's database."""
    url = (given or settings()).database_url
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def session_options(given: Settings | None = None, *, role: str = APP_ROLE) -> str:
    """libpq ``options``: the role and the time limits of every connection."""
    s = given or settings()
    return (
        f"-c role={role} -c statement_timeout={s.db_statement_timeout_ms} "
        f"-c lock_timeout={s.db_lock_timeout_ms} "
        "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
    )


def sqlalchemy_url(given: Settings) -> str:
    """The same database as SQLAlchemy spells it."""
    return "postgresql+psycopg://" + dsn(given).partition("://")[2]


def connect(given: Settings | None = None, **more: Any) -> psycopg.Connection[Any]:
    """A new autocommit connection in the application's role; raises StorageAway."""
    try:
        return psycopg.connect(
            dsn(given), autocommit=True, connect_timeout=4,
            options=session_options(given), prepare_threshold=2, **more,
        )
    except psycopg.OperationalError as error:
        raise StorageAway() from error


def _ask_on() -> psycopg.Connection[Any]:
    return psycopg.connect(dsn(), autocommit=True, connect_timeout=round(PATIENCE),
                           options=session_options())


heartbeat = Heartbeat(_ask_on)


def connection() -> psycopg.Connection[Any]:
    """This thread's bare connection for the work at hand: behind the wall for whoever works for
    somebody, else the system's. Raises StorageAway."""
    here = reach.current()
    return system_connection() if here is None else _behind_the_wall(here)


def system_connection() -> psycopg.Connection[Any]:
    """This thread's connection in the application's own role, whoever is at work: for the ledger's
    and the gate's statements, which judge over all brands, and for what is of the house alone.
    Raises StorageAway."""
    return _thread_connection("connection")


def _thread_connection(slot: str) -> psycopg.Connection[Any]:
    """The connection this thread keeps in ``slot``; made anew when the old one has broken. Raises
    StorageAway, at once while the server is known to be silent (:mod:`ileti.core.heartbeat`)."""
    if heartbeat.away:
        raise StorageAway()
    kept: psycopg.Connection[Any] | None = getattr(_local, slot, None)
    if kept is None or kept.closed or kept.broken:
        kept = connect()
        setattr(_local, slot, kept)
        heartbeat.watch(kept)
        with _every_lock:
            _every.add(kept)
    return kept


def _behind_the_wall(here: Reach) -> psycopg.Connection[Any]:
    """This thread's connection for work in somebody's name. A transaction that is open keeps the
    reach it began with."""
    if here.role not in _standing(dsn()):
        return system_connection()
    kept = _thread_connection("walled")
    if kept.info.transaction_status != TransactionStatus.IDLE:
        return kept
    if getattr(_local, "stands", None) != (id(kept), here):
        _local.stands = None
        kept.execute(reach.SET_ALWAYS, here.settings())
        _local.stands = (id(kept), here)
    return kept


@cache
def _standing(_database: str) -> frozenset[str]:
    """The roles of the wall that can be taken; asked once per process and database."""
    row = system_connection().execute(reach.STANDING, reach.ASKED).fetchone()
    return reach.told(row[0] if row else ())


def database_time() -> datetime:
    """The database's clock, one for all hosts: what may not be older or younger than what stands
    there already is dated by it (fault row 32). StorageAway."""
    row = connection().execute("select now()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def forget_connections() -> None:
    """Close every thread's connection (after a fork, at the end of tests)."""
    with _every_lock:
        for kept in list(_every):
            kept.close()
        _every.clear()
    _local.connection = _local.walled = _local.stands = None


@contextmanager
def transaction(*, system: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """One transaction on this thread's connection, or on the system's
    (:func:`system_connection`); committed at the end, rolled back on an error.

    Refuses to nest: a function below an entry point must not own a commit.
    """
    conn = system_connection() if system else connection()
    if conn.info.transaction_status != TransactionStatus.IDLE:
        raise RuntimeError("a transaction is already open: only the entry point commits")
    try:
        with conn.transaction():
            yield conn
    except psycopg.OperationalError as error:
        if is_storage_away(error):
            raise StorageAway() from error
        raise


def is_storage_away(error: psycopg.OperationalError) -> bool:
    """Whether PostgreSQL cannot serve now (connection, resources, shutdown, time limits), as
    opposed to a fault of ours that would come again."""
    state = error.sqlstate
    return state is None or state[:2] in ("08", "53", "57", "58") or state == "55P03"


def in_transaction() -> bool:
    """Whether a bare connection of this thread has a transaction open."""
    return any(
        kept is not None and not kept.closed
        and kept.info.transaction_status != TransactionStatus.IDLE
        for kept in (getattr(_local, slot, None) for slot in ("connection", "walled"))
    )


def refuse_open_transaction() -> None:
    """Raise RuntimeError when a transaction is open; asked before every outgoing call."""
    if in_transaction():
        raise RuntimeError("a database transaction is open during an outgoing call")
