"""Every night, for every brand: fetch İYS's day, keep it, compare it, agree to it.

Why this module exists: İYS closes a brand's day at midnight and keeps it for seven days
(İYS API §8); what was not fetched by then is lost for good. So each of the last seven days has a
row, made without anybody's help, and a worker brings it forward step by step: archive the answers,
the file and the time stamp; compare; let in what may not wait; agree when nothing differs. Every
step leaves its trace before the next begins, so a worker that is killed anywhere costs a lease, and
doing a step again does nothing twice. A row that was taken over by another worker is not written
any more (fence). On the fifth day a missing piece is an alarm (:mod:`ileti.iys.alarms`).
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.iys import archive
from ileti.iys.archive import Incoming, Kind
from ileti.iys.client import IysTrouble, Step, client_for, next_step
from ileti.iys.compare import Found, LostDay, compare, long_transaction, ours_of, stage
from ileti.iys.dayanswers import DayHash, ProcessStatus
from ileti.iys.dayfile import blocks
from ileti.iys.ownfile import own_hash
from ileti.iys.reconcile import take_at_once
from ileti.iys.stampcheck import check_stamp
from ileti.outbox.relay import LONGEST_DELAY, Connection, delay_after

log = get_logger("ileti.iys")

DAYS_KEPT = 7
LEASE_SECONDS = 600
FIRST_DELAY = 60.0
# So long after midnight "nothing moved" is not believed while we know of something that did.
DOUBTED_FOR = dt.timedelta(days=2)


class Result(IntEnum):
    """What came of a day; the smallint in the database."""

    EQUAL = 1
    DIFFERENT = 2
    EMPTY = 3
    LOST = 4


@dataclass(frozen=True, slots=True)
class Day:
    """A day in hand; ``fence`` proves it."""

    place: Place
    day: dt.date
    fence: int
    tries: int
    archived: bool
    compared: bool
    result: Result | None
    hash_fits: bool | None
    rows: int | None


def days_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Bring every day that is due as far forward as it goes, until ``until`` (monotonic)."""
    counts: Counter[str] = Counter()
    add_days(provider_id)
    while time.monotonic() < until and (day := _take(provider_id)) is not None:
        reach("days.claimed")
        try:
            try:
                counts[_forward(day)] += 1
            except IysTrouble as trouble:
                counts["failed"] += 1
                _come_again(day, trouble)
            _answer(day)
        except LostDay:
            log.warning("day_taken_over", brand=day.place.brand_id, day=str(day.day))
    return counts


def add_days(provider_id: int | None = None) -> None:
    """A row for each of the last seven days of every brand with an account, from the day it was
    entered here on."""
    db.connection().execute(
        "insert into iys_day (provider_id, brand_id, day) "
        "select b.provider_id, b.id, d::date from brand b "
        "join provider p on p.id = b.provider_id and p.iys_username is not null "
        "     and p.iys_password is not null "
        "cross join generate_series(%(first)s::date, %(last)s::date, interval '1 day') d "
        "where (%(provider)s::int is null or p.id = %(provider)s) "
        "and d::date >= (b.created_at at time zone 'Europe/Istanbul')::date "
        "and not exists (select from iys_day x where x.provider_id = b.provider_id "
        "                and x.brand_id = b.id and x.day = d::date) on conflict do nothing",
        {"first": clock.today() - dt.timedelta(days=DAYS_KEPT),
         "last": clock.today() - dt.timedelta(days=1), "provider": provider_id})


def once_more(place: Place, day: dt.date) -> bool:
    """Compare a day again as soon as a worker is free; False when it is not ours to know, or when a
    worker compares it at this moment, for which nobody waits."""
    return db.connection().execute(
        "update iys_day d set compared_at = null, done_at = null, next_at = now(), tries = 0, "
        "rows_done = 0 from (select provider_id, brand_id, day from iys_day where provider_id = %s "
        "and brand_id = %s and day = %s for update skip locked) x "
        "where d.provider_id = x.provider_id and d.brand_id = x.brand_id and d.day = x.day",
        (place.provider_id, place.brand_id, day)).rowcount == 1


def ask_for_week(place: Place) -> int:
    """Somebody waits for the brand's last week to be fetched and compared again; how many days. One
    that is being compared at this moment is left to it."""
    add_days(place.provider_id)
    return db.connection().execute(
        "update iys_day d set compared_at = null, done_at = null, next_at = now(), tries = 0, "
        "rows_done = 0, asked_at = %s from (select provider_id, brand_id, day from iys_day "
        "where provider_id = %s and brand_id = %s and day >= %s for update skip locked) x "
        "where d.provider_id = x.provider_id and d.brand_id = x.brand_id and d.day = x.day",
        (clock.now(), place.provider_id, place.brand_id,
         clock.today() - dt.timedelta(days=DAYS_KEPT))).rowcount


def _answer(day: Day) -> None:
    """Nobody waits any longer once the day has an end or must wait itself."""
    db.connection().execute(
        "update iys_day set asked_at = null where provider_id = %s and brand_id = %s and day = %s "
        "and fence = %s and asked_at is not null and (done_at is not null or next_at > now())",
        (day.place.provider_id, day.place.brand_id, day.day, day.fence))


def _forward(day: Day) -> str:
    """One step; what it was."""
    if not day.archived:
        return _fetch(day)
    if not day.compared:
        return _compare(day)
    return _agree(day)


def _fetch(day: Day) -> str:
    """Archive what İYS has of the day and we have not; raises IysTrouble, LostDay."""
    place = day.place
    if (clock.today() - day.day).days > DAYS_KEPT:
        return _lost(day)
    client, have = client_for(place.provider_id), {one.kind for one in
                                                   archive.kept_of(place, day.day)}
    archive.sweep(place, day.day)
    known = client.day_hash(place.brand_code, day.day)
    if known is None:
        return _nothing_moved(day)
    if known.status is not ProcessStatus.COMPLETED:
        _note(day, known.status, "failed_there" if known.status is ProcessStatus.ERROR
              else "not_ready")
        return "waiting"
    for kind, people in ((Kind.SUMMARY_INDIVIDUAL, RecipientType.BIREYSEL),
                         (Kind.SUMMARY_MERCHANT, RecipientType.TACIR)):
        if kind not in have:
            archive.keep(place, day.day, kind,
                         client.day_summary(place.brand_code, day.day, people)[1])
            reach("days.summary")
    if Kind.HASH not in have:
        archive.keep(place, day.day, Kind.HASH, known.raw)
        reach("days.hash")
    file = _file(day, known)
    if file is None:
        _note(day, known.status, "not_ready")
        return "waiting"
    fits, rows = file
    stamp = client.day_stamp(place.brand_code, day.day) if Kind.STAMP not in have else None
    if stamp is not None:
        kept = archive.keep(place, day.day, Kind.STAMP, stamp)
        reach("days.stamp")
        check_stamp(place, day.day, kept)
    whole = stamp is not None or Kind.STAMP in have
    _write(day, "process_status = %s, hash_value = %s, hash_fits = %s, rows = %s, problem = %s, "
           "agreed_at = case when %s then coalesce(agreed_at, %s) else agreed_at end, "
           "archived_at = case when %s then %s::timestamptz end, "
           "next_at = now() + make_interval(secs => %s)",
           known.status.value, known.value, fits, rows,
           None if fits else "hash_differs", known.agreed,
           clock.now(), whole, clock.now(),
           0 if whole else delay_after(day.tries, first=FIRST_DELAY))
    return "archived" if whole else "waiting"


def _file(day: Day, known: DayHash) -> tuple[bool, int] | None:
    """Archive the file unless the one İYS means is there; whether it fits, and its rows. None when
    İYS gives none yet."""
    place = day.place
    for kept in archive.kept_of(place, day.day):
        if kept.kind is Kind.FILE and kept.sha384.hex() == known.value:
            return True, max(0, kept.lines - 1)
    incoming = Incoming(place, day.day, Kind.FILE)
    try:
        if not client_for(place.provider_id).day_file(place.brand_code, day.day, incoming.take):
            return None
        kept, sha256 = incoming.keep()
    except BaseException:
        incoming.drop()
        raise
    reach("days.file")
    fits = known.fits(kept.sha384, sha256)
    if not fits:
        log.error("day_hash_differs", brand=place.brand_id, day=str(day.day))
    return fits, max(0, kept.lines - 1)


def _nothing_moved(day: Day) -> str:
    """204: believed at once when we know of nothing either, else after two days."""
    with long_transaction() as conn:
        ours = ours_of(conn, day.place, day.day)
    if ours and clock.today() - day.day <= DOUBTED_FOR:
        _note(day, None, "doubted")
        return "waiting"
    _write(day, "rows = 0, hash_fits = null, archived_at = %s, next_at = now(), problem = null",
           clock.now())
    return "empty"


def _compare(day: Day) -> str:
    """Our file's hash first; only when it differs row by row. Raises LostDay."""
    place, kept = day.place, archive.newest(day.place, day.day, Kind.FILE)
    own = own_hash(place, day.day, day.rows or 0) if kept is not None else None
    if own is not None and kept is not None and own == kept.sha384.hex():
        with db.transaction() as conn:
            conn.execute("update iys_difference set state = 3 where provider_id = %s "
                         "and brand_id = %s and day = %s and state <> 3",
                         (place.provider_id, place.brand_id, day.day))
            _finish(conn, day, Found(day.rows or 0, {}, 0), own)
        return "equal"
    unreadable = 0
    if kept is not None:
        _, unreadable = stage(place, day.day, day.fence, blocks(
            place.provider_id, place.brand_id, day.day, archive.read(place, day.day, kept)))
    found = compare(place, day.day, day.fence, unreadable=unreadable,
                    finish=lambda conn, one: _finish(conn, day, one, own))
    if take_at_once(place, day.day):
        once_more(place, day.day)
    return "different" if found.differences else "equal"


def _finish(conn: Connection, day: Day, found: Found, own: str | None) -> None:
    """Write a comparison's outcome down, in its transaction; raises LostDay."""
    equal = not found.differences and not found.unreadable
    empty = equal and not day.rows
    result = Result.EMPTY if empty else Result.EQUAL if equal else Result.DIFFERENT
    agrees = result is Result.EQUAL and day.hash_fits
    kept = conn.execute(
        "update iys_day set compared_at = %s, result = %s, differences = %s, unreadable = %s, "
        "causes = %s, own_hash = %s, rows_done = coalesce(rows, 0), tries = 0, next_at = now(), "
        "problem = case when %s > 0 then 'unreadable' else problem end, "
        "done_at = case when %s and agreed_at is null then null else %s end "
        "where provider_id = %s and brand_id = %s and day = %s and fence = %s",
        (clock.now(), int(result), found.differences, found.unreadable,
         json.dumps({one.name: n for one, n in found.causes.items()}), own, found.unreadable,
         bool(agrees), clock.now(), day.place.provider_id, day.place.brand_id, day.day, day.fence))
    if kept.rowcount != 1:
        raise LostDay(str(day.day))
    if not equal:
        log.warning("day_differs", brand=day.place.brand_id, day=str(day.day),
                    count=found.differences, unreadable=found.unreadable)


def _agree(day: Day) -> str:
    """Tell İYS that the day is right; only after the comparison, since it cannot be undone."""
    if (clock.today() - day.day).days > DAYS_KEPT:
        _write(day, "done_at = %s", clock.now())
        return "too_late"
    client_for(day.place.provider_id).agree(day.place.brand_code, day.day)
    reach("days.agreed")
    _write(day, "agreed_at = %s, done_at = %s, problem = null", clock.now(), clock.now())
    return "agreed"


def _lost(day: Day) -> str:
    """İYS no longer has it. What was archived is compared all the same."""
    kept = archive.newest(day.place, day.day, Kind.FILE)
    log.error("day_lost", brand=day.place.brand_id, day=str(day.day), file=kept is not None)
    if kept is not None:
        _write(day, "archived_at = %s, next_at = now(), problem = %s", clock.now(),
               "stamp_lost")
        return "archived"
    _write(day, "result = %s, done_at = %s, problem = %s", int(Result.LOST), clock.now(),
           "lost")
    return "lost"


def _take(provider_id: int | None) -> Day | None:
    row = db.connection().execute(
        "update iys_day d set next_at = now() + make_interval(secs => %(lease)s), "
        "fence = d.fence + 1, tries = d.tries + 1 "
        "from (select x.provider_id, x.brand_id, x.day from iys_day x "
        "      where x.done_at is null and x.next_at <= now() "
        "      and (%(provider)s::int is null or x.provider_id = %(provider)s) "
        "      order by x.next_at, x.day limit 1 for update of x skip locked) due, "
        "brand b, provider p where d.provider_id = due.provider_id and d.brand_id = due.brand_id "
        "and d.day = due.day and b.id = d.brand_id and p.id = d.provider_id "
        "returning d.provider_id, p.iys_code, d.brand_id, b.brand_code, d.day, d.fence, d.tries, "
        "d.archived_at is not null, d.compared_at is not null, d.result, d.hash_fits, d.rows",
        {"lease": LEASE_SECONDS, "provider": provider_id}).fetchone()
    if row is None:
        return None
    return Day(Place(*row[:4]), row[4], row[5], row[6], row[7], row[8],
               None if row[9] is None else Result(row[9]), row[10], row[11])


def _write(day: Day, assignments: str, *values: object) -> None:
    """Change the day while it is ours; raises LostDay. ``assignments`` are this module's own."""
    done = db.connection().execute(
        f"update iys_day set {assignments} where provider_id = %s "  # noqa: S608
        "and brand_id = %s and day = %s and fence = %s",
        (*values, day.place.provider_id, day.place.brand_id, day.day, day.fence))
    if done.rowcount != 1:
        raise LostDay(str(day.day))


def _note(day: Day, status: ProcessStatus | None, problem: str) -> None:
    """Not yet: come again, later each time."""
    _write(day, "process_status = coalesce(%s, process_status), problem = %s, "
           "next_at = now() + make_interval(secs => %s)", status, problem,
           delay_after(day.tries, first=FIRST_DELAY))


def _come_again(day: Day, trouble: IysTrouble) -> None:
    hold = next_step(trouble.kind, trouble.code, 99) is Step.HOLD
    delay = trouble.wait or (LONGEST_DELAY if hold else delay_after(day.tries, first=FIRST_DELAY))
    log.warning("day_failed", brand=day.place.brand_id, day=str(day.day), code=trouble.code)
    _write(day, "problem = %s, next_at = now() + make_interval(secs => %s)", trouble.code, delay)
