"""Periodic destruction: what is due goes, chunk by chunk, each with its line in the signed log.

Why this module exists: R-64 wants what nobody may keep any longer destroyed at least every six
months, R-46 wants everything else untouched. This module only proposes rows by age; the database's
functions judge each of them by rule and hold and refuse the rest, so that a fault here destroys
nothing too early (docs/adr/0029). A chunk is one transaction: killed anywhere, the run goes on
where it was, and what is gone already is no candidate any more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from psycopg import errors as pg

from config import settings
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence.vault import NAMED_BY_CLICK
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


# What proves before whom it proves something about; lists after their chunks, files after the cases
# they lie in. A submission may be a chunk of an import with thousands of records.
_BY_ID: Final = (
    _Sort(Kind.SUBMISSION, "submission", "captured_at", "destroy_submissions", 100),
    _Sort(Kind.LIST, "import_run", "created_at", "destroy_lists"),
    _Sort(Kind.CASE, "data_request", "created_at", "destroy_cases", 100),
    _Sort(Kind.FILE, "evidence_file", "created_at", "destroy_files"),
    _Sort(Kind.PERSON, "recipient", "created_at", "destroy_persons", 500),
    _Sort(Kind.ARCHIVE, "iys_archive", "fetched_at", "destroy_archives"),
    _Sort(Kind.CAMPAIGN, "campaign", "created_at", "destroy_campaigns", 10),
)
_BY_AGE: Final = (Kind.MESSAGE, Kind.MOVEMENT, Kind.CODE, Kind.TRAIL, Kind.ALARM)
# Their places here stand in open runs: a release that changes them makes an open run look again at
# some rows, or leave some to the next.
_STEPS: Final = (*_BY_ID, *_BY_AGE)
_IN_THE_WAY: Final = (pg.LockNotAvailable, pg.DeadlockDetected, pg.QueryCanceled)
said = get_logger("ileti.retention")


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a run has come: ``provider_id`` 0 is what belongs to no provider."""

    run_id: int
    provider_id: int
    step: int = 0
    after_id: int = 0

    def past(self, count: int) -> _Place:
        """After a chunk of ``count`` rows; rows by age have no id and end with one that is not
        full."""
        return self if self.after_id or count == CHUNK else replace(self, step=self.step + 1)


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


_THEIR_FILES: Final = f"""
select recording_file from call
 where provider_id = %(provider)s and recipient_id = any(%(ids)s) and recording_file is not null
union
select f.id from kvkk_entry k
  join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
  join evidence_file f on {NAMED_BY_CLICK}
 where k.provider_id = %(provider)s and k.recipient_id = any(%(ids)s)
order by 1"""  # noqa: S608 (a constant of the vault)


_THEIR_CLICKS: Final = """
select submission_id from consent_entry
 where provider_id = %(provider)s and recipient_id = any(%(ids)s)
union
select submission_id from kvkk_entry
 where provider_id = %(provider)s and recipient_id = any(%(ids)s) order by 1"""


def destroy_these(provider_id: int, recipient_ids: list[int], case_number: str | None) -> list[int]:
    """Persons of a request (R-64) whose records are due already, first their voices and what they
    signed, then their clicks with name and network address: the next periodic run may be half a
    year away. A click that somebody else's record needs still stays. The ids erased."""
    theirs = {"provider": provider_id, "ids": recipient_ids}
    files = [row[0] for row in db.system_connection().execute(_THEIR_FILES, theirs).fetchall()]
    clicks = [row[0] for row in db.system_connection().execute(_THEIR_CLICKS, theirs).fetchall()]
    if files:
        _chunk(Kind.FILE, provider_id, "select destroy_files(%s, %s, %s)", (provider_id, files),
               case_number=case_number)
    most = next(one.chunk for one in _BY_ID if one.kind is Kind.SUBMISSION)
    for start in range(0, len(clicks), most):
        _chunk(Kind.SUBMISSION, provider_id, "select destroy_submissions(%s, %s, %s)",
               (provider_id, clicks[start:start + most]), case_number=case_number)
    return _chunk(Kind.PERSON, provider_id, "select destroy_persons(%s, %s, %s)",
                  (provider_id, recipient_ids), case_number=case_number)


def destroy_copies(provider_id: int, export_ids: list[int], case_number: str | None) -> list[int]:
    """Copies of a person's data whose time is over or whose person was erased (R-64); the ids of
    the files that went."""
    return _chunk(Kind.FILE, provider_id, "select destroy_copies(%s, %s, %s)",
                  (provider_id, export_ids), case_number=case_number, rule=RUN_RULE)


def destroy_look_files(provider_id: int, file_ids: list[int]) -> list[int]:
    """Scans of paper from which nothing was recorded in time (R-64); the ids of the files that
    went."""
    return _chunk(Kind.FILE, provider_id, "select destroy_look_files(%s, %s, %s)",
                  (provider_id, file_ids), rule=RUN_RULE)


def _open_run(*, asked: bool = False, by: int | None = None) -> int | None:
    """The run to work on, from its beginning when somebody asks; None when none is open and none
    is due."""
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK_RUN,))
        row = conn.execute("select id from destruction_run where ended_at is null").fetchone()
        if row is None and (asked or _is_due(conn)):
            row = conn.execute('insert into destruction_run ("by") values (%s) returning id',
                               (by,)).fetchone()
        elif asked:
            conn.execute("update destruction_run set at_provider = 0, step = 0, after_id = 0 "
                         "where ended_at is null")
    return int(row[0]) if row else None


def _is_due(conn: Any) -> bool:
    row = conn.execute(
        "select coalesce(max(begun_at) < now() - make_interval(days => %s), true) "
        "from destruction_run", (settings().destruction_days,)).fetchone()
    return bool(row[0])


def _work(run_id: int, until: float) -> int:
    """Go through all providers from where the run stopped; it ends when nothing is left."""
    done = 0
    for count in _from_place(run_id):
        done += count
        if time.monotonic() > until:
            return done
    leftovers.remove()
    _end(run_id)
    return done


def _from_place(run_id: int) -> Iterator[int]:
    """The rest of the run, chunk by chunk. Each chunk writes down how far the run has come, so that
    whoever comes last has a turn too, however little time there is and however much the first
    keep."""
    row = db.connection().execute("select at_provider, step, after_id from destruction_run "
                                  "where id = %s", (run_id,)).fetchone()
    assert row is not None
    place = _Place(run_id, *row)
    for (provider_id,) in db.connection().execute(
            "select 0 where %(from)s = 0 union all select id from provider where id >= %(from)s "
            "order by 1", {"from": place.provider_id}).fetchall():
        if provider_id != place.provider_id:
            place = _Place(run_id, provider_id)
        for step in range(place.step, len(_STEPS)):
            if step != place.step:
                place = _Place(run_id, provider_id, step)
            yield from _walk(place, _STEPS[step])


def _walk(place: _Place, sort: _Sort | Kind) -> Iterator[int]:
    if isinstance(sort, _Sort):
        return _by_id(place, sort) if place.provider_id else iter(())
    return _by_age(place, sort) if place.provider_id or sort is Kind.TRAIL else iter(())


def _by_age(place: _Place, kind: Kind) -> Iterator[int]:
    count = CHUNK
    while count == CHUNK:
        count = _turn(place, kind, "select destroy_rows(%s, %s, %s, %s)",
                      (int(kind), place.provider_id or None, CHUNK))
        yield count


def _by_id(place: _Place, sort: _Sort) -> Iterator[int]:
    """Ids grow with time: the walk ends where all of a stretch are younger than any period."""
    while True:
        rows = db.connection().execute(
            f"select id, {sort.at} + interval '10 years' <= now() "  # noqa: S608 (own constants)
            f"from {sort.table} where provider_id = %s and id > %s order by id limit %s",
            (place.provider_id, place.after_id, min(sort.chunk, CHUNK))).fetchall()
        old = [row[0] for row in rows if row[1]]
        if not old:
            return
        place = replace(place, after_id=rows[-1][0])
        yield _turn(place, sort.kind, f"select {sort.function}(%s, %s, %s)",
                    (place.provider_id, old))


def _turn(place: _Place, kind: Kind, statement: str, parameters: tuple[Any, ...]) -> int:
    """A chunk of the run. One that somebody is in the way of is passed over until the next run: it
    may not take everybody else's turn."""
    try:
        return len(_chunk(kind, place.provider_id or None, statement, parameters, place=place))
    except StorageAway as error:
        if not isinstance(error.__cause__, _IN_THE_WAY):
            raise
        said.warning("destruction_passed_over", kind=kind.name, provider=place.provider_id,
                     after=place.after_id)
        return 0


def _chunk(kind: Kind, provider_id: int | None, statement: str, parameters: tuple[Any, ...], *,
           place: _Place | None = None, case_number: str | None = None,
           rule: str | None = None) -> list[int]:
    """One transaction: what the function destroyed, the line that tells of it, and how far the run
    has come. Raises StorageAway, when somebody is in the way by an error of ``_IN_THE_WAY``."""
    run_id = place.run_id if place else None
    for attempt in range(_TRIES):
        try:
            with db.transaction() as conn:
                conn.execute("set local statement_timeout = '10min'")
                conn.execute("set local lock_timeout = '1s'")
                number, previous = log.next_line(conn)
                row = conn.execute(statement, (number, *parameters)).fetchone()
                ids: list[int] = row[0] if row else []
                reach("retention.destroyed")
                if ids:
                    log.write(conn, number, previous, kind, ids=ids, provider_id=provider_id,
                              run_id=run_id, case_number=case_number, rule=rule)
                if place:
                    _come_to(conn, place.past(len(ids)))
                reach("retention.logged")
            return ids
        except (StorageAway, pg.DeadlockDetected) as error:
            # somebody writes for long, an import perhaps: nobody shall wait for us
            cause = error if isinstance(error, pg.DeadlockDetected) else error.__cause__
            if not isinstance(cause, _IN_THE_WAY):
                raise
            if attempt == _TRIES - 1 or isinstance(cause, pg.QueryCanceled):
                raise StorageAway() from cause
            time.sleep(0.2 * (attempt + 1))
    raise AssertionError("unreachable")


def _come_to(conn: Any, place: _Place) -> None:
    conn.execute("update destruction_run set at_provider = %s, step = %s, after_id = %s "
                 "where id = %s", (place.provider_id, place.step, place.after_id, place.run_id))


def _end(run_id: int) -> None:
    """The line that closes a run says that there was one, also when nothing was due (R-64); it
    counts nothing, since every provider may read it."""
    with db.transaction() as conn:
        number, previous = log.next_line(conn)
        ended = conn.execute("update destruction_run set ended_at = now() where id = %s "
                             "and ended_at is null", (run_id,)).rowcount
        if ended:
            log.write(conn, number, previous, Kind.RUN, ids=(), run_id=run_id)
