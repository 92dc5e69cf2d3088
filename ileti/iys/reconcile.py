"""Who wins when İYS and we differ, in one place.

Why this module exists: İYS is the truth for status, we are the truth for proof (R-34, R-38). From
these two sentences follows what is done about each difference, and nothing else in İleti decides
it:

    missing at İYS            İYS is asked whom it holds as ONAY; what it should hold and does not
                              is reported again
    missing here              the row enters the ledger as İYS's word, as if pulled
    other status              İYS's status enters the ledger as its word; our entry stays as proof
    other date, other source  ours stays the proof; İYS's is written beside it, and a later date of
                              İYS is the one the next report must exceed (R-39)
    other side of midnight    İYS's clock is right; our receipt gets its moment
    unknown transaction       our consent is İYS's record; it gets İYS's number

What blocks is taken over at once, and what a citizen did at İYS as well, as by pull and push (R-34:
the file is the third road); what opens waits for a person. Every repair can run twice, alone or for
all of a cause, and ends when the next comparison no longer finds the difference.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core import db
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.iys import archive, mending
from ileti.iys.client import client_for
from ileti.iys.compare import Cause
from ileti.iys.dayfile import Lines
from ileti.iys.pull import take_movements
from ileti.iys.wire import MOST_RECIPIENTS, Movement
from ileti.outbox.relay import Connection

T = TypeVar("T")

AT_ONCE = 1_000
MOST_ATTEMPTS = 3
SYSTEM = 0  # repaired_by: no person

#: A place in the order of a cause's differences: line of the file, then number.
Mark = tuple[int, int]
START: Mark = (0, 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """One open difference, with what its repair needs."""

    id: int
    line: int
    recipient_id: int | None
    recipient_type: RecipientType
    channel: Channel
    their_transaction: str | None
    our_status: int | None


def nothing_more(_conn: Connection, _mark: Mark, _done: int, _left: int) -> None:
    """What a repair leaves behind when nobody follows it."""


@dataclass
class Work:
    """A repair under way. ``urgent`` leaves out what waits for a person; ``note`` is called in each
    batch's transaction with the place reached and how many of the batch were repaired and not."""

    place: Place
    day: dt.date
    cause: Cause
    by: int = SYSTEM
    ids: Sequence[int] | None = None
    urgent: bool = False
    last_id: int | None = None
    note: Callable[[Connection, Mark, int, int], None] = nothing_more
    _lines: Lines | None = field(default=None, init=False)

    def batches(self, after: Mark, until: float) -> Iterator[Counter[str]]:
        """Repair a thousand at a time, in the order of the file's lines; what was done, counted."""
        while time.monotonic() < until and (some := _open(self, after)):
            after = (some[-1].line, some[-1].id)
            yield _ROADS[self.cause](self, some)
            reach("repair.some")

    def close(self, conn: Connection, some: list[Difference], done: Sequence[int]) -> None:
        """End a batch of which these were repaired."""
        mending.close(conn, self.place, done, self.by)
        self.note(conn, (some[-1].line, some[-1].id), len(done), len(some) - len(done))

    def file(self) -> Lines | None:
        """The archived file, gone through once however many batches there are."""
        if self._lines is None:
            kept = archive.newest(self.place, self.day, archive.Kind.FILE)
            if kept is not None:
                self._lines = Lines(archive.read(self.place, self.day, kept))
        return self._lines


def repair(place: Place, day: dt.date, cause: Cause, *, ids: Sequence[int] | None = None,
           by: int = SYSTEM, urgent: bool = False) -> Counter[str]:
    """Repair all open differences of a cause, or those with these ids; what was done, counted.

    Raises IysTrouble when İYS must be asked and does not answer, OSError and CannotDecrypt when the
    archived file cannot be read; what was repaired stays so.
    """
    work = Work(place, day, cause, by=by, ids=ids, urgent=urgent)
    return sum(work.batches(START, float("inf")), Counter())


def take_at_once(place: Place, day: dt.date) -> int:
    """Let in what may not wait for a person: what was done at İYS, and what blocks."""
    return sum(repair(place, day, cause, urgent=True)["repaired"]
               for cause in (Cause.MISSING_HERE, Cause.OTHER_STATUS))


def _take(work: Work, some: list[Difference]) -> Counter[str]:
    """The file's rows as İYS's word: the same road as a page pulled (R-34)."""
    file = work.file()
    there = file.at([one.line for one in some]) if file is not None else {}
    found = [(one.id, there[one.line]) for one in some
             if one.line in there and _is(there[one.line], one)]

    def write(conn: Connection) -> int:
        new = take_movements(conn, work.place, [movement for _, movement in found], learned="file")
        work.close(conn, some, [number for number, _ in found])
        return new

    return Counter(moved=_written(write), repaired=len(found), unanswered=len(some) - len(found))


def _is(movement: Movement, one: Difference) -> bool:
    """Whether the line still is what was compared."""
    return (movement.transaction_id[:64], movement.channel, movement.recipient_type) == (
        one.their_transaction, one.channel, one.recipient_type)


def _note(work: Work, some: list[Difference]) -> Counter[str]:
    """İYS's word beside our proof."""

    def write(conn: Connection) -> int:
        noted = mending.note_theirs(conn, work.place, work.day, work.cause.name,
                                    [one.id for one in some])
        work.close(conn, some, noted)
        return len(noted)

    done = _written(write)
    return Counter(noted=done, repaired=done, unanswered=len(some) - done)


def _send_again(work: Work, some: list[Difference]) -> Counter[str]:
    """Report again what İYS should hold and does not; asked a thousand at a time (İYS API §6.8)."""
    again = _not_held(work.place, some)

    def write(conn: Connection) -> int:
        queued = mending.queue_again(conn, work.place, again)
        work.close(conn, some, [one.id for one in some])
        return queued

    return Counter(sent_again=_written(write), repaired=len(some))


def _not_held(place: Place, some: list[Difference]) -> list[int]:
    """Where İYS says otherwise than we hold; people who were erased are not asked about."""
    addresses = _addresses(place, some)
    found: list[int] = []
    for kind in RecipientType:
        for channel in Channel:
            asked = [one for one in some if one.recipient_type is kind and one.channel is channel
                     and one.recipient_id in addresses]
            if not asked:
                continue
            there = client_for(place.provider_id).approved(
                place.brand_code, kind, channel,
                sorted({addresses[one.recipient_id] for one in asked})[:MOST_RECIPIENTS])
            found += [one.id for one in asked if (one.our_status == Status.ONAY)
                      != (addresses[one.recipient_id] in there)]
    return found


def report_again(place: Place, recipient_id: int, kind: RecipientType, channel: Channel) -> bool:
    """Report what holds for one key again, if it is ours; False when there is nothing to report."""
    return _written(lambda conn: mending.queue_key(conn, place, recipient_id, kind, channel))


_ROADS: dict[Cause, Callable[[Work, list[Difference]], Counter[str]]] = {
    Cause.MISSING_AT_IYS: _send_again,
    Cause.MISSING_HERE: _take,
    Cause.OTHER_STATUS: _take,
    Cause.OTHER_DATE: _note,
    Cause.OTHER_SOURCE: _note,
    Cause.OTHER_SIDE_OF_MIDNIGHT: _note,
    Cause.UNKNOWN_TRANSACTION: _note,
}


def _written(write: Callable[[Connection], T]) -> T:
    """One transaction, repeated when another writer was in its way."""
    for attempt in range(MOST_ATTEMPTS):
        try:
            with db.transaction() as conn:
                return write(conn)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            if attempt == MOST_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


# In the order of the index. What may not wait for a person: done at İYS, or blocking.
_OPEN = """
select id, coalesce(line, 2147483647), recipient_id, recipient_type, channel, their_transaction,
       our_status
  from iys_difference
 where provider_id = %(provider)s and brand_id = %(brand)s and day = %(day)s and cause = %(cause)s
   and state = 1 and (coalesce(line, 2147483647), id) > (%(after_line)s, %(after_id)s)
   and (%(ids)s::bigint[] is null or id = any(%(ids)s::bigint[]))
   and (%(last)s::bigint is null or id <= %(last)s)
   and (not %(urgent)s or (cause = 2 and (their_source >= 31 or their_status = 2))
        or (cause = 3 and their_status = 2))
 order by coalesce(line, 2147483647), id limit %(most)s"""


def _open(work: Work, after: Mark) -> list[Difference]:
    rows = db.connection().execute(_OPEN, {
        "provider": work.place.provider_id, "brand": work.place.brand_id, "day": work.day,
        "cause": int(work.cause), "after_line": after[0], "after_id": after[1],
        "ids": None if work.ids is None else list(work.ids), "last": work.last_id,
        "urgent": work.urgent, "most": AT_ONCE}).fetchall()
    return [Difference(row[0], row[1], row[2], RecipientType(row[3]), Channel(row[4]), row[5],
                       row[6]) for row in rows]


def _addresses(place: Place, some: list[Difference]) -> dict[int | None, str]:
    """The addresses of those who were not erased, by recipient."""
    rows = db.connection().execute(
        "select id, key_no, addr_hash, addr_ct from recipient where provider_id = %s "
        "and id = any(%s::bigint[]) and addr_ct is not null and addr_hash is not null",
        (place.provider_id, [one.recipient_id for one in some if one.recipient_id])).fetchall()
    ring = secrets().keyring
    return {row[0]: ring.decrypt(row[1], bytes(row[3]), bytes(row[2])).decode() for row in rows}
