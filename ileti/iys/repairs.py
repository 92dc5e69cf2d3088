"""Repairing all differences of a cause: a wish that is kept, and a worker that fulfils it.

Why this module exists: a day can differ in hundreds of thousands of rows, and no page waits for
that. So a press of the button becomes a row, one per day and cause however often it is pressed, and
a worker takes it on: a thousand differences a transaction, which also moves the wish's place and
counts, under a lease and a fence. A worker that is killed costs a lease and repairs nothing twice;
one that slept past its lease writes nothing. When İYS does not answer, the wish waits and says why.
When the last wish of a day is fulfilled, the day is compared again, once.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass

from ileti.consents.ledger import Place
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.iys.client import IysTrouble, Step, next_step
from ileti.iys.compare import Cause
from ileti.iys.reconcile import Mark, Work
from ileti.outbox.relay import LONGEST_DELAY, Connection, delay_after

log = get_logger("ileti.iys")

LEASE_SECONDS = 180  # longer than a worker's run may last (ileti/iys/jobs.py)
FIRST_DELAY = 10.0
# IysRepair.problem: the archived file cannot be read; a person has ended it. Else İYS's code.
NO_ARCHIVE, CALLED_OFF = "archive", "called_off"


class LostRepair(Exception):
    """Another worker has taken the wish over, or it was called off; nothing was written."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish in hand; ``fence`` proves it."""

    place: Place
    id: int
    day: dt.date
    cause: Cause
    asked_by: int
    after: Mark
    last_id: int
    fence: int
    tries: int


def wish(place: Place, day: dt.date, cause: Cause, by: int) -> bool:
    """Wish that all that is open of a cause be repaired; False when that is wished already or
    nothing is open. The caller rings for ``iys.jobs.repair``."""
    return db.connection().execute(
        "insert into iys_repair (provider_id, brand_id, day, cause, asked_by, asked_at, total, "
        "last_id) select %(provider)s, %(brand)s, %(day)s, %(cause)s, %(by)s, %(now)s, "
        "count(*), max(d.id) from iys_difference d where d.provider_id = %(provider)s "
        "and d.brand_id = %(brand)s and d.day = %(day)s and d.cause = %(cause)s and d.state = 1 "
        "having count(*) > 0 on conflict do nothing",
        {"provider": place.provider_id, "brand": place.brand_id, "day": day, "cause": int(cause),
         "by": by, "now": clock.now()}).rowcount == 1


def call_off(place: Place, day: dt.date, cause: Cause) -> bool:
    """End an open wish where it is; what was repaired stays so. False when there is none."""
    open_one = db.connection().execute(
        "select id from iys_repair where provider_id = %s and brand_id = %s and day = %s "
        "and cause = %s and ended_at is null",
        (place.provider_id, place.brand_id, day, int(cause))).fetchone()
    return open_one is not None and _end(place, day, open_one[0], None, CALLED_OFF)


def repairs_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Fulfil what is wished, until ``until`` (monotonic); what was done, counted."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until and (one := _take(provider_id)) is not None:
        reach("repairs.claimed")
        try:
            _fulfil(one, until, counts)
        except IysTrouble as trouble:
            counts["failed"] += 1
            _come_again(one, trouble)
        except (CannotDecrypt, OSError) as error:
            counts["failed"] += 1
            log.error("repair_without_archive", brand=one.place.brand_id, day=str(one.day),
                      reason=type(error).__name__)
            _end(one.place, one.day, one.id, one.fence, NO_ARCHIVE)
        except LostRepair:
            log.warning("repair_taken_over", brand=one.place.brand_id, day=str(one.day))
    return counts


def _fulfil(one: Wish, until: float, counts: Counter[str]) -> None:
    """Go on with a wish to its end or until the time is over; raises IysTrouble, LostRepair."""
    def note(conn: Connection, mark: Mark, done: int, left: int) -> None:
        kept = conn.execute(
            "update iys_repair set after_line = %s, after_id = %s, repaired = repaired + %s, "
            "unanswered = unanswered + %s, tries = 0, problem = null, "
            "next_at = now() + make_interval(secs => %s) "
            "where provider_id = %s and id = %s and fence = %s and ended_at is null",
            (*mark, done, left, LEASE_SECONDS, one.place.provider_id, one.id, one.fence))
        if kept.rowcount != 1:
            raise LostRepair(str(one.id))

    work = Work(one.place, one.day, one.cause, by=one.asked_by, last_id=one.last_id, note=note)
    for batch in work.batches(one.after, until):
        counts += batch
    if time.monotonic() < until:
        _end(one.place, one.day, one.id, one.fence, None)
        counts["fulfilled"] += 1
    else:
        _give_back(one)


def _end(place: Place, day: dt.date, number: int, fence: int | None, problem: str | None) -> bool:
    """The wish is over; when it was the day's last, the day is compared again. Two that end at the
    same time wait for each other, so that neither leaves the comparison to the other."""
    with db.transaction() as conn:
        conn.execute("select from iys_repair where provider_id = %s and brand_id = %s and day = %s "
                     "and ended_at is null order by id for update",
                     (place.provider_id, place.brand_id, day))
        ended = conn.execute(
            "update iys_repair set ended_at = %s, problem = %s where provider_id = %s and id = %s "
            "and (%s::int is null or fence = %s) and ended_at is null",
            (clock.now(), problem, place.provider_id, number, fence, fence)).rowcount == 1
        if ended:
            conn.execute(_COMPARE_AGAIN, (place.provider_id, place.brand_id, day))
    return ended


_COMPARE_AGAIN = """
update iys_day d set compared_at = null, done_at = null, next_at = now(), tries = 0, rows_done = 0
 where d.provider_id = %s and d.brand_id = %s and d.day = %s and not exists (
       select from iys_repair r where r.provider_id = d.provider_id and r.brand_id = d.brand_id
          and r.day = d.day and r.ended_at is null)"""


def _take(provider_id: int | None) -> Wish | None:
    row = db.connection().execute(
        "update iys_repair r set next_at = now() + make_interval(secs => %(lease)s), "
        "fence = r.fence + 1, tries = r.tries + 1 "
        "from (select x.provider_id, x.id from iys_repair x "
        "      where x.ended_at is null and x.next_at <= now() "
        "      and (%(provider)s::int is null or x.provider_id = %(provider)s) "
        "      order by x.next_at, x.id limit 1 for update of x skip locked) due, "
        "brand b, provider p where r.provider_id = due.provider_id and r.id = due.id "
        "and b.id = r.brand_id and p.id = r.provider_id "
        "returning r.provider_id, p.iys_code, r.brand_id, b.brand_code, r.id, r.day, r.cause, "
        "r.asked_by, r.after_line, r.after_id, r.last_id, r.fence, r.tries",
        {"lease": LEASE_SECONDS, "provider": provider_id}).fetchone()
    if row is None:
        return None
    return Wish(Place(*row[:4]), row[4], row[5], Cause(row[6]), row[7], (row[8], row[9]),
                *row[10:])


def _give_back(one: Wish) -> None:
    """The time of this run is over; another may go on at once."""
    db.connection().execute(
        "update iys_repair set next_at = now(), tries = 0 "
        "where provider_id = %s and id = %s and fence = %s",
        (one.place.provider_id, one.id, one.fence))


def _come_again(one: Wish, trouble: IysTrouble) -> None:
    hold = next_step(trouble.kind, trouble.code, 99) is Step.HOLD
    delay = trouble.wait or (LONGEST_DELAY if hold else delay_after(one.tries, first=FIRST_DELAY))
    log.warning("repair_failed", brand=one.place.brand_id, day=str(one.day), code=trouble.code)
    db.connection().execute(
        "update iys_repair set problem = %s, next_at = now() + make_interval(secs => %s) "
        "where provider_id = %s and id = %s and fence = %s",
        (trouble.code, delay, one.place.provider_id, one.id, one.fence))
