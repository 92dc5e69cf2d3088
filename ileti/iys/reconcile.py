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
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import psycopg

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.iys import archive
from ileti.iys.client import client_for
from ileti.iys.compare import Cause, State
from ileti.iys.dayfile import movements_at
from ileti.iys.pull import take_movements
from ileti.iys.wire import MOST_RECIPIENTS, Movement
from ileti.outbox.relay import Connection

T = TypeVar("T")

AT_ONCE = 1_000
MOST_ATTEMPTS = 3
SYSTEM = 0  # repaired_by: no person


@dataclass(frozen=True, slots=True)
class Difference:
    """One open difference, with what its repair needs. ``address`` only where İYS is asked."""

    id: int
    cause: Cause
    line: int | None
    entry_id: int | None
    entry_at: dt.datetime | None
    recipient_id: int | None
    recipient_type: RecipientType
    channel: Channel
    their_source: int | None
    their_date: dt.datetime | None
    their_creation: dt.datetime | None
    their_transaction: str | None
    our_status: int | None
    our_transaction: str | None


def repair(place: Place, day: dt.date, cause: Cause, *, ids: Sequence[int] | None = None,
           by: int = SYSTEM, until: float = float("inf")) -> Counter[str]:
    """Repair all open differences of a cause, or those with these ids, a thousand at a time until
    ``until`` (monotonic); what was done, counted.

    Raises IysTrouble when İYS must be asked and does not answer; what was repaired stays so.
    """
    counts: Counter[str] = Counter()
    after = 0
    while time.monotonic() < until and (some := _open(place, day, cause, ids, after)):
        after = some[-1].id
        counts += _ROADS[cause](place, day, some, by)
        reach("repair.some")
    return counts


def take_at_once(place: Place, day: dt.date) -> int:
    """Let in what may not wait for a person: what was done at İYS, and what blocks."""
    rows = db.connection().execute(
        "select id, cause from iys_difference where provider_id = %s and brand_id = %s "
        "and day = %s and state = 1 and ((cause = 2 and (their_source >= 31 or their_status = 2)) "
        "or (cause = 3 and their_status = 2)) order by id",
        (place.provider_id, place.brand_id, day)).fetchall()
    taken: Counter[str] = Counter()
    for cause in (Cause.MISSING_HERE, Cause.OTHER_STATUS):
        ids = [row[0] for row in rows if row[1] == cause]
        for first in range(0, len(ids), AT_ONCE):
            taken += repair(place, day, cause, ids=ids[first:first + AT_ONCE])
    return taken["repaired"]


def _take(place: Place, day: dt.date, some: list[Difference], by: int) -> Counter[str]:
    """The file's rows as İYS's word: the same road as a page pulled (R-34)."""
    kept = archive.newest(place, day, archive.Kind.FILE)
    if kept is None:
        return Counter(unanswered=len(some))
    lines = {one.line for one in some if one.line is not None}
    named = dict(movements_at(archive.read(place, day, kept), lines))
    movements = [movement for one in some if one.line in named
                 and _is(movement := named[one.line], one)]
    done = [one.id for one in some if one.line in named and _is(named[one.line], one)]

    def write(conn: Connection) -> int:
        new = take_movements(conn, place, movements, learned="file")
        _close(conn, place, done, by)
        return new

    return Counter(moved=_written(write), repaired=len(done), unanswered=len(some) - len(done))


def _is(movement: Movement, one: Difference) -> bool:
    """Whether the line still is what was compared."""
    return (movement.transaction_id[:64], movement.channel, movement.recipient_type) == (
        one.their_transaction, one.channel, one.recipient_type)


def _note(place: Place, day: dt.date, some: list[Difference], by: int) -> Counter[str]:
    """İYS's moment, number, date and source beside our proof, as a newer receipt of the entry."""
    noted = [one for one in map(_partner(place, some), some) if one.their_transaction is not None]
    told = json.dumps([{
        "e": one.entry_id, "t": one.their_transaction,
        "c": one.their_creation.isoformat() if one.their_creation else None,
        "r": one.recipient_id, "k": int(one.recipient_type), "h": int(one.channel),
        "x": {"reconciled": {
            "day": str(day), "cause": one.cause.name, "source": one.their_source,
            "date": one.their_date.isoformat() if one.their_date else None,
        }},
    } for one in noted if one.entry_id is not None])

    def write(conn: Connection) -> int:
        conn.execute(_LOCK_STATES, _keys(place, noted))
        conn.execute(_RECEIPTS, {
            "provider": place.provider_id, "brand": place.brand_id, "told": told})
        conn.execute(_REGISTERED, _keys(place, noted))
        conn.execute(_LATE, _keys(place, noted))
        conn.execute(_NO_LONGER_QUEUED, _keys(place, noted))
        _close(conn, place, [one.id for one in noted], by)
        return len(noted)

    done = _written(write)
    return Counter(noted=done, repaired=done, unanswered=len(some) - done)


def _partner(place: Place, some: list[Difference]) -> Callable[[Difference], Difference]:
    """What the other day's file says about an entry that this day's does not have."""
    alone = [one.entry_id for one in some if one.their_transaction is None]
    rows = db.connection().execute(
        "select distinct on (entry_id) entry_id, their_source, their_date, their_creation, "
        "their_transaction from iys_difference where provider_id = %s and brand_id = %s "
        "and entry_id = any(%s::bigint[]) and cause = 6 and line is not null and state <> 3 "
        "order by entry_id, id desc", (place.provider_id, place.brand_id, alone)).fetchall()
    there = {row[0]: row[1:] for row in rows}

    def completed(one: Difference) -> Difference:
        if one.their_transaction is not None or one.entry_id not in there:
            return one
        source, date, creation, number = there[one.entry_id]
        return replace(one, their_source=source, their_date=date, their_creation=creation,
                       their_transaction=number)

    return completed


def _send_again(place: Place, day: dt.date, some: list[Difference], by: int) -> Counter[str]:
    """Report again what İYS should hold and does not; asked a thousand at a time (İYS API §6.8)."""
    counts: Counter[str] = Counter()
    addresses = _addresses(place, some)
    again: list[Difference] = []
    for kind in RecipientType:
        for channel in Channel:
            asked = [one for one in some if one.recipient_type is kind and one.channel is channel
                     and one.recipient_id in addresses]
            if not asked:
                continue
            there = client_for(place.provider_id).approved(
                place.brand_code, kind, channel,
                sorted({addresses[one.recipient_id] for one in asked})[:MOST_RECIPIENTS])
            again += [one for one in asked
                      if (one.our_status == Status.ONAY) != (addresses[one.recipient_id] in there)]

    def write(conn: Connection) -> int:
        conn.execute(_LOCK_STATES, _keys(place, again))
        queued = conn.execute(_QUEUE, _keys(place, again)).rowcount
        conn.execute(_QUEUED, _keys(place, again))
        _close(conn, place, [one.id for one in some], by)
        return queued

    counts["sent_again"] = _written(write)
    counts["repaired"] = len(some)
    return counts


def report_again(place: Place, recipient_id: int, kind: RecipientType, channel: Channel) -> bool:
    """Report what holds for one key again, if it is ours; False when there is nothing to report."""
    row = db.connection().execute(
        "select entry_id from consent_state where provider_id = %s and brand_id = %s "
        "and recipient_id = %s and recipient_type = %s and channel = %s",
        (place.provider_id, place.brand_id, recipient_id, int(kind), int(channel))).fetchone()
    if row is None:
        return False
    keys = {"provider": place.provider_id, "brand": place.brand_id,
            "iys": int(Source.IYS_KISAMESAJ), "entries": [row[0]], "rids": [recipient_id],
            "kinds": [int(kind)], "channels": [int(channel)], "dates": [None]}

    def write(conn: Connection) -> bool:
        conn.execute(_LOCK_STATES, keys)
        queued = conn.execute(_QUEUE, keys).rowcount == 1
        conn.execute(_QUEUED, keys)
        return queued

    return _written(write)


_ROADS: dict[Cause, Callable[[Place, dt.date, list[Difference], int], Counter[str]]] = {
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


def _open(place: Place, day: dt.date, cause: Cause, ids: Sequence[int] | None,
          after: int) -> list[Difference]:
    rows = db.connection().execute(
        "select id, cause, line, entry_id, entry_at, recipient_id, recipient_type, channel, "
        "their_source, their_date, their_creation, their_transaction, our_status, our_transaction "
        "from iys_difference where provider_id = %s and brand_id = %s and day = %s and cause = %s "
        "and state = 1 and id > %s and (%s::bigint[] is null or id = any(%s::bigint[])) "
        "order by id limit %s",
        (place.provider_id, place.brand_id, day, int(cause), after,
         None if ids is None else list(ids), None if ids is None else list(ids), AT_ONCE),
    ).fetchall()
    return [
        Difference(number, Cause(why), line, entry, at, recipient, RecipientType(kind),
                   Channel(channel), *theirs)
        for number, why, line, entry, at, recipient, kind, channel, *theirs in rows
    ]


def _close(conn: Connection, place: Place, ids: Sequence[int], by: int) -> None:
    conn.execute(
        "update iys_difference set state = %s, repaired_at = %s, repaired_by = %s "
        "where provider_id = %s and id = any(%s::bigint[]) and state = 1",
        (int(State.REPAIRED), clock.now(), by or None, place.provider_id, list(ids)))


def _addresses(place: Place, some: list[Difference]) -> dict[int | None, str]:
    """The addresses of those who were not erased, by recipient."""
    rows = db.connection().execute(
        "select id, key_no, addr_hash, addr_ct from recipient where provider_id = %s "
        "and id = any(%s::bigint[]) and addr_ct is not null and addr_hash is not null",
        (place.provider_id, [one.recipient_id for one in some if one.recipient_id])).fetchall()
    ring = secrets().keyring
    return {row[0]: ring.decrypt(row[1], bytes(row[3]), bytes(row[2])).decode() for row in rows}


def _keys(place: Place, some: list[Difference]) -> dict[str, Any]:
    return {
        "provider": place.provider_id, "brand": place.brand_id, "iys": int(Source.IYS_KISAMESAJ),
        "entries": [one.entry_id for one in some], "rids": [one.recipient_id for one in some],
        "kinds": [int(one.recipient_type) for one in some],
        "channels": [int(one.channel) for one in some],
        "dates": [one.their_date for one in some],
    }


_GIVEN = """
unnest(%(entries)s::bigint[], %(rids)s::bigint[], %(kinds)s::smallint[], %(channels)s::smallint[],
       %(dates)s::timestamptz[]) as g(entry_id, rid, kind, channel, date)"""
_STATE = """
s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.recipient_id = g.rid
and s.recipient_type = g.kind and s.channel = g.channel"""
_LOCK_STATES = (
    f"select from {_GIVEN} join consent_state s on {_STATE} "
    "order by s.recipient_id, s.recipient_type, s.channel for update of s")

_RECEIPTS = """
insert into iys_receipt (provider_id, entry_id, creation_date, accepted, transaction_id, detail,
                         late)
select %(provider)s, g.e, g.c, true, g.t, g.x,
       coalesce(s.status = 2 and s.source < 31 and s.iys_due_at < g.c, false)
  from jsonb_to_recordset(%(told)s::jsonb) as g(
       e bigint, c timestamptz, t text, x jsonb, r bigint, k smallint, h smallint)
  left join consent_state s on s.provider_id = %(provider)s and s.brand_id = %(brand)s
       and s.recipient_id = g.r and s.recipient_type = g.k and s.channel = g.h
       and s.entry_id = g.e"""

# İYS holds what the state stands on: registered, and no later report may have an earlier date.
_REGISTERED = f"""
update consent_state s
   set iys_status = case when s.iys_status in (3, 7) then s.iys_status else 3 end,
       iys_code = null, consent_date = greatest(s.consent_date, g.date),
       pending_id = case when s.pending_id = g.entry_id and not exists (
           select from outbox o where o.provider_id = s.provider_id and o.topic = 1
              and o.ref_id = g.entry_id and o.batch_id is not null) then null
           else s.pending_id end
  from {_GIVEN} where {_STATE} and s.entry_id = g.entry_id"""  # noqa: S608
# A refusal whose receipt says that it was late.
_LATE = f"""
update consent_state s set late_id = s.entry_id from {_GIVEN}
 where {_STATE} and s.entry_id = g.entry_id and s.late_id is distinct from s.entry_id
   and exists (select from iys_receipt r where r.provider_id = s.provider_id
                  and r.entry_id = s.entry_id and r.late)"""  # noqa: S608
_NO_LONGER_QUEUED = f"""
delete from outbox o using {_GIVEN}
 where o.provider_id = %(provider)s and o.topic = 1 and o.ref_id = g.entry_id
   and o.batch_id is null"""  # noqa: S608

# Only what we took ourselves, and only while the state stands on it.
_OURS = f"{_STATE} and s.entry_id = g.entry_id and s.standing = 1 and s.source < %(iys)s"
_QUEUE = f"""
insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
select %(provider)s, 1, s.entry_id, s.entry_at, turn_of(s.status, s.consent_date, now()),
       (s.recipient_id << 3) | (s.recipient_type << 2 & 4) | s.channel, 0, %(brand)s
  from {_GIVEN} join consent_state s on {_OURS}
 order by s.entry_id
on conflict do nothing"""  # noqa: S608
_QUEUED = f"""
update consent_state s set iys_status = 1, iys_code = null, pending_id = s.entry_id
  from {_GIVEN} where {_OURS} and s.iys_status not in (1, 2)"""  # noqa: S608
