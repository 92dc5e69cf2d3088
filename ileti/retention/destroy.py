"""Periodic destruction: what is due goes, chunk by chunk, each with its line in the signed log.

Why this module exists: R-64 wants what nobody may keep any longer destroyed at least every six
months, R-46 wants everything else untouched. This module only proposes rows by age; the database's
functions judge each of them by rule and hold and refuse the rest, so that a fault here destroys
nothing too early (docs/adr/0029). A chunk is one transaction: killed anywhere, the next run goes on
where it was, and what is gone already is no candidate any more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import errors as pg

from config import settings
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.retention import leftovers, log
from ileti.retention.periods import RUN_RULE, Kind

CHUNK: Final = 1_000
_LOCK_RUN: Final = 6751
_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class _Sort:
    """How candidates of a kind are walked: along their key, until all are too young; ``chunk`` at
    a time."""

    kind: Kind
    table: str
    at: str
    function: str
    chunk: int = CHUNK


# What proves before whom it proves something about; lists after their chunks. A submission may be a
# chunk of an import with thousands of records.
_BY_ID: Final = (
    _Sort(Kind.SUBMISSION, "submission", "captured_at", "destroy_submissions", 100),
    _Sort(Kind.LIST, "import_run", "created_at", "destroy_lists"),
    _Sort(Kind.FILE, "evidence_file", "created_at", "destroy_files"),
    _Sort(Kind.PERSON, "recipient", "created_at", "destroy_persons", 500),
    _Sort(Kind.ARCHIVE, "iys_archive", "fetched_at", "destroy_archives"),
)
_BY_AGE: Final = (Kind.MESSAGE, Kind.MOVEMENT, Kind.CODE, Kind.TRAIL, Kind.ALARM)


def destroy_due(until: float) -> dict[str, int]:
    """Begin a run when it is time, or go on with one that was not finished; ``until`` on the
    monotonic clock. Rows destroyed."""
    run_id = _open_run()
    return {"destroyed": 0} if run_id is None else {"destroyed": _work(run_id, until)}


def run_now(by: int | None = None) -> tuple[int, int]:
    """A run that somebody asks for, to its end: its number and the rows destroyed."""
    run_id = _open_run(asked=True, by=by)
    assert run_id is not None
    return run_id, _work(run_id, float("inf"))


def last_end() -> datetime | None:
    """When the last run ended."""
    row = db.connection().execute("select max(ended_at) from destruction_run").fetchone()
    return row[0] if row else None


def destroy_these(provider_id: int, recipient_ids: list[int], case_number: str | None) -> list[int]:
    """Persons of a request (R-64) whose records are due already; the ids erased."""
    return _chunk(Kind.PERSON, provider_id, None, "select destroy_persons(%s, %s, %s)",
                  (provider_id, recipient_ids), case_number)


def destroy_copies(provider_id: int, export_ids: list[int], case_number: str | None) -> list[int]:
    """Copies of a person's data whose time is over or whose person was erased (R-64); the ids of
    the files that went."""
    return _chunk(Kind.FILE, provider_id, None, "select destroy_copies(%s, %s, %s)",
                  (provider_id, export_ids), case_number, RUN_RULE)


def _open_run(*, asked: bool = False, by: int | None = None) -> int | None:
    """The run to work on; None when none is open and none is due."""
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK_RUN,))
        row = conn.execute("select id from destruction_run where ended_at is null").fetchone()
        if row is None and (asked or _is_due(conn)):
            row = conn.execute('insert into destruction_run ("by") values (%s) returning id',
                               (by,)).fetchone()
    return int(row[0]) if row else None


def _is_due(conn: Any) -> bool:
    row = conn.execute(
        "select coalesce(max(begun_at) < now() - make_interval(days => %s), true) "
        "from destruction_run", (settings().destruction_days,)).fetchone()
    return bool(row[0])


def _work(run_id: int, until: float) -> int:
    """Go through all providers; the run ends when nothing is left."""
    done = 0
    providers = [row[0] for row in db.connection().execute(
        "select id from provider order by id").fetchall()]
    for provider_id in [*providers, None]:
        for count in _of_provider(run_id, provider_id):
            done += count
            if time.monotonic() > until:
                return done
    leftovers.remove()
    _end(run_id)
    return done


def _of_provider(run_id: int, provider_id: int | None) -> Iterator[int]:
    if provider_id is not None:
        for sort in _BY_ID:
            yield from _walk(run_id, provider_id, sort)
    for kind in _BY_AGE if provider_id is not None else (Kind.TRAIL,):
        count = CHUNK
        while count == CHUNK:
            count = len(_chunk(kind, provider_id, run_id, "select destroy_rows(%s, %s, %s, %s)",
                               (int(kind), provider_id, CHUNK)))
            yield count


def _walk(run_id: int, provider_id: int, sort: _Sort) -> Iterator[int]:
    """Ids grow with time: the walk ends where all of a stretch are younger than any period."""
    after = 0
    while True:
        rows = db.connection().execute(
            f"select id, {sort.at} + interval '10 years' <= now() "  # noqa: S608 (own constants)
            f"from {sort.table} where provider_id = %s and id > %s order by id limit %s",
            (provider_id, after, min(sort.chunk, CHUNK))).fetchall()
        old = [row[0] for row in rows if row[1]]
        if not old:
            return
        after = rows[-1][0]
        yield len(_chunk(sort.kind, provider_id, run_id,
                         f"select {sort.function}(%s, %s, %s)", (provider_id, old)))


def _chunk(kind: Kind, provider_id: int | None, run_id: int | None, statement: str,
           parameters: tuple[Any, ...], case_number: str | None = None,
           rule: str | None = None) -> list[int]:
    """One transaction: what the function destroyed, and the line that tells of it."""
    for attempt in range(_TRIES):
        try:
            with db.transaction() as conn:
                conn.execute("set local statement_timeout = '10min'")
                number, previous = log.next_line(conn)
                row = conn.execute(statement, (number, *parameters)).fetchone()
                ids: list[int] = row[0] if row else []
                reach("retention.destroyed")
                if ids:
                    log.write(conn, number, previous, kind, ids=ids, provider_id=provider_id,
                              run_id=run_id, case_number=case_number, rule=rule)
                reach("retention.logged")
            return ids
        except (StorageAway, pg.DeadlockDetected) as error:
            # somebody writes for long, an import perhaps: nobody shall wait for us
            if isinstance(error, StorageAway) and not isinstance(
                    error.__cause__, pg.LockNotAvailable):
                raise
            time.sleep(0.2 * (attempt + 1))
    raise StorageAway()


def _end(run_id: int) -> None:
    """The line that closes a run says that there was one, also when nothing was due (R-64); it
    counts nothing, since every provider may read it."""
    with db.transaction() as conn:
        number, previous = log.next_line(conn)
        ended = conn.execute("update destruction_run set ended_at = now() where id = %s "
                             "and ended_at is null", (run_id,)).rowcount
        if ended:
            log.write(conn, number, previous, Kind.RUN, ids=(), run_id=run_id)
