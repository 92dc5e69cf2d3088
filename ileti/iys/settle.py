"""Writing down what became of a batch's rows: receipts, states, queue, all in one transaction.

Why this module exists: an answer from İYS touches four tables, and a worker may die, come late or
meet another writer. So one transaction per step, fenced by the batch; states are locked in the
order every other writer uses (recipient, type, channel), since unsorted writers kill each other;
and an answer changes a state only when the state still stands on that entry: what the person or
İYS said later stays (fault rows 27, 31).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Status
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.iys import granted
from ileti.iys.answers import Accepted
from ileti.iys.batches import IYS_TOPIC, Batch, BatchState, lock
from ileti.iys.late import Standing, late_refusals
from ileti.iys.wire import Outgoing
from ileti.outbox import relay
from ileti.outbox.relay import Connection, array

_CODE = re.compile(r"H([0-9]{1,4})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ref:
    """An outbox row of a batch: what is needed to settle it."""

    entry_id: int
    fence: int
    order_key: int
    ref_at: datetime
    tries: int
    hint: int


@dataclass(frozen=True, slots=True)
class Row:
    """A row with all that travels, and what the state says now. ``recipient`` is None when the
    person was erased; ``reported`` is the date İYS is told (a refusal in the second of the consent
    before it goes out one second later, ledger code 64). ``followed``: what the
    state stands on waits in the queue behind this row, so it reaches İYS after it.
    ``clock_behind``: its date lies in our future because it follows a word of İYS from there.
    ``retailer_access``: who may use the consent, where its submission named somebody."""

    ref: Ref
    recipient: str | None = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: Source
    entry_date: datetime
    reported: datetime
    retailer_code: int | None
    state_is_ours: bool
    state_date: datetime | None
    state_iys: int | None
    due_at: datetime | None
    state_status: Status | None = None
    followed: bool = False
    clock_behind: bool = False
    retailer_access: tuple[int, ...] = ()

    def outgoing(self) -> Outgoing:
        """The consent as İYS is told it."""
        return Outgoing(
            recipient=self.recipient or "", channel=self.channel, status=self.status,
            source=self.source, consent_date=self.reported, recipient_type=self.recipient_type,
            retailer_code=self.retailer_code, retailer_access=self.retailer_access,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one row. ``state`` None leaves the state as it is; ``delay`` gives the row
    back to the queue after so many seconds, ``parked`` keeps it aside with ``reason``; else it is
    done and leaves the queue. ``told`` writes İYS's answer down as a receipt (R-23); under
    ``reported``, another second, it goes to İYS next time."""

    ref: Ref
    state: IysStatus | None
    code: str | None = None
    told: bool = False
    accepted: bool = False
    transaction_id: str | None = None
    creation_date: datetime | None = None
    detail: dict[str, Any] | None = None
    delay: float | None = None
    counted: bool = True
    parked: bool = False
    reason: str | None = None
    reported: datetime | None = None


_ROWS = """
select o.ref_id, o.fence, o.order_key, o.ref_at, o.tries, o.hint,
       r.key_no, r.addr_hash, r.addr_ct, e.channel, e.recipient_type, e.status, e.source,
       e.consent_date, d.retailer_code, s.entry_id, s.consent_date, s.iys_status,
       s.iys_due_at, s.status,
       case when u.evidence ? 'retailer_access' then u.evidence -> 'retailer_access'
            -> (array_position(u.entry_ids, e.id) - 1)::text end,
       s.entry_id <> o.ref_id and exists (
         with recursive later(after_id) as (
             select p.after_id from outbox p
              where p.provider_id = o.provider_id and p.topic = o.topic
                and p.ref_id = s.pending_id and p.batch_id is null and p.dead_at is null
             union all
             select q.after_id from later l join outbox q
                 on q.provider_id = o.provider_id and q.topic = o.topic
                and q.ref_id = l.after_id and q.batch_id is null and q.dead_at is null)
         select from later where after_id = o.ref_id),
       s.entry_id = o.ref_id and greatest(e.consent_date, s.consent_date) > now() and exists (
         select from consent_entry i
          where i.provider_id = e.provider_id and i.recipient_id = e.recipient_id
            and i.brand_id = e.brand_id and i.recipient_type = e.recipient_type
            and i.channel = e.channel and i.source >= 31 and i.captured_at < i.consent_date
            and i.consent_date >= greatest(e.consent_date, s.consent_date) - interval '1 second')
  from outbox o
  join consent_entry e on e.provider_id = o.provider_id and e.id = o.ref_id
                      and e.captured_at = o.ref_at
  join recipient r on r.provider_id = o.provider_id and r.id = e.recipient_id
  left join dealer d on d.id = e.dealer_id and d.provider_id = o.provider_id
  left join submission u on u.provider_id = o.provider_id and u.id = e.submission_id
  left join consent_state s on s.provider_id = o.provider_id and s.brand_id = o.brand_id
       and s.recipient_id = e.recipient_id and s.recipient_type = e.recipient_type
       and s.channel = e.channel
 where o.provider_id = %s and o.topic = %s and o.ref_id = any(%s::bigint[]) and o.batch_id = %s
 order by o.ref_id"""


def rows_of(batch: Batch, entry_ids: Sequence[int] | None = None) -> list[Row]:
    """The batch's rows (or some of them) with everything that travels, in entry order."""
    wanted = array(batch.entry_ids if entry_ids is None else entry_ids)
    found = db.connection().execute(
        _ROWS, (batch.provider_id, IYS_TOPIC, wanted, batch.id)
    ).fetchall()
    return [_row(one) for one in found]


def refs_of(batch: Batch) -> dict[int, Ref]:
    """The batch's open rows by entry, without what travels."""
    found = db.connection().execute(
        "select ref_id, fence, order_key, ref_at, tries, hint from outbox where provider_id = %s "
        "and topic = %s and ref_id = any(%s::bigint[]) and batch_id = %s",
        (batch.provider_id, IYS_TOPIC, array(batch.entry_ids), batch.id),
    ).fetchall()
    return {one[0]: Ref(*one) for one in found}


def _row(one: tuple[Any, ...]) -> Row:
    (key_no, digest, cipher, channel, kind, status, source, date, retailer, state_entry, state_date,
     state_iys, due, state_status, access, followed, behind) = one[6:]
    clear = None
    if cipher is not None and digest is not None:
        clear = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    ours = state_entry == one[0]
    return Row(
        ref=Ref(*one[:6]), recipient=clear, channel=Channel(channel),
        recipient_type=RecipientType(kind), status=Status(status), source=Source(source),
        entry_date=date, reported=max(date, state_date) if ours else date, retailer_code=retailer,
        state_is_ours=ours, state_date=state_date, state_iys=state_iys,
        due_at=due if ours else None,
        state_status=None if state_status is None else Status(state_status), followed=followed,
        clock_behind=bool(behind),
        retailer_access=tuple(access or ()),
    )


def settle(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes down; raises LateWrite and then nothing is written. A deadlock with a
    writer of another order is repeated once."""
    if not outcomes:
        return
    try:
        _settle(batch, outcomes)
    except psycopg.errors.DeadlockDetected:
        _settle(batch, outcomes)


def _settle(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    with db.transaction() as conn:
        lock(conn, batch)
        states = _lock_states(conn, batch, outcomes)
        elsewhere = {one.entry_id for one in states if one.entry_id != one.stands_on}
        late = late_refusals(conn, batch.provider_id, states, {
            one.ref.entry_id: one.creation_date for one in outcomes if one.accepted})
        _insert_receipts(conn, batch, [one for one in outcomes if one.told], late)
        _update_states(conn, batch, outcomes)
        accepted = [one for one in outcomes if one.state is IysStatus.REGISTERED
                    and one.ref.entry_id in elsewhere]
        if accepted:
            _return_to_entries(conn, batch, accepted)
        taken = [one.ref for one in outcomes if one.accepted]
        if taken:
            granted.brought(conn, batch.provider_id, [(ref.entry_id, ref.ref_at) for ref in taken])
        if late:
            _mark_late(conn, batch, [one for one in outcomes if one.ref.entry_id in late])
        if any(one.reported for one in outcomes):
            _move_dates(conn, batch, [one for one in outcomes if one.reported])
        _move_rows(conn, batch, outcomes)
        conn.execute(
            "update iys_batch set open_rows = open_rows - %(n)s, problem = null, "
            "state = case when open_rows <= %(n)s then 3 else state end where id = %(id)s",
            {"n": len(outcomes), "id": batch.id},
        )


def mark_sent(batch: Batch, accepted: Accepted, rows: Sequence[Row], first_poll: float) -> None:
    """İYS took the list: keep its numbers, show the states as waiting; rows it did not echo go back
    to the queue, since only a named row can be settled (row 20). Raises LateWrite."""
    sent = [(row.ref, accepted.ids[place]) for place, row in enumerate(rows)
            if place in accepted.ids]
    unnamed = [rows[place].ref for place in accepted.unmatched]
    waiting = [Outcome(ref=ref, state=IysStatus.WAITING) for ref, _ in sent]
    with db.transaction() as conn:
        lock(conn, batch)
        _lock_states(conn, batch, waiting)
        _update_states(conn, batch, waiting, final=False)
        _move_rows(conn, batch, [
            Outcome(ref=ref, state=None, delay=relay.delay_after(ref.tries), reason="not echoed")
            for ref in unnamed
        ])
        conn.execute(
            "update iys_batch set state = %s, request_id = %s, entry_ids = %s::bigint[], "
            "sub_ids = %s, open_rows = %s, sent_at = now(), problem = null, "
            "next_at = now() + make_interval(secs => %s) where id = %s",
            (int(BatchState.SENT if sent else BatchState.CLOSED), accepted.request_id,
             array([ref.entry_id for ref, _ in sent]), [sub for _, sub in sent], len(sent),
             first_poll, batch.id),
        )


# order_key is recipient << 3 | individual << 2 | channel (migrations/sql/0002_ledger.sql).
_GIVEN = """
unnest(%(entries)s::bigint[], %(keys)s::bigint[], %(states)s::smallint[], %(codes)s::smallint[])
       as g(entry_id, order_key, state, code)"""
_STATE = """
s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.recipient_id = g.order_key >> 3
and s.recipient_type = case when g.order_key & 4 > 0 then 1 else 2 end
and s.channel = (g.order_key & 3)"""


def _given(batch: Batch, outcomes: Sequence[Outcome], final: bool = True) -> dict[str, Any]:
    return {
        "provider": batch.provider_id, "brand": batch.brand_id,
        "entries": array([one.ref.entry_id for one in outcomes]),
        "keys": array([one.ref.order_key for one in outcomes]),
        "states": array([-1 if one.state is None else one.state.value for one in outcomes]),
        "codes": array([code_number(one.code) for one in outcomes]),
        "gone": array([one.ref.entry_id for one in outcomes if final and one.delay is None]),
    }


def _lock_states(conn: Connection, batch: Batch, outcomes: Sequence[Outcome]) -> list[Standing]:
    """Lock in the one order; what the states stand on."""
    rows = conn.execute(
        "select g.entry_id, s.entry_id, s.status, s.iys_due_at "  # noqa: S608 (own constants)
        f"from {_GIVEN} join consent_state s on {_STATE} "
        "order by s.recipient_id, s.recipient_type, s.channel for update of s",
        _given(batch, outcomes),
    ).fetchall()
    return [Standing(*row) for row in rows]


def _update_states(conn: Connection, batch: Batch, outcomes: Sequence[Outcome],
                   final: bool = True) -> None:
    conn.execute(
        "update consent_state s set "  # noqa: S608 (own constants)
        "iys_status = case when s.entry_id = g.entry_id and g.state >= 0 then g.state "
        "             else s.iys_status end, "
        "iys_code = case when s.entry_id = g.entry_id and g.state >= 0 then g.code "
        "           else s.iys_code end, "
        "pending_id = case when s.pending_id = any(%(gone)s::bigint[]) then null "
        "             else s.pending_id end "
        f"from {_GIVEN} where {_STATE} and (s.entry_id = g.entry_id "
        "or s.pending_id = g.entry_id)",
        _given(batch, outcomes, final),
    )


def _move_dates(conn: Connection, batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """The state, and so what İYS is told, stands at another second than its entry (as the ledger's
    code 64 does it)."""
    conn.execute(
        f"update consent_state s set consent_date = d.moved from {_GIVEN} "  # noqa: S608
        "join unnest(%(entries)s::bigint[], %(moved)s::timestamptz[]) as d(entry_id, moved) "
        f"on d.entry_id = g.entry_id where {_STATE} and s.entry_id = g.entry_id",
        _given(batch, outcomes) | {"moved": [one.reported for one in outcomes]},
    )


def _return_to_entries(conn: Connection, batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """İYS took an entry that is newer than what the state stands on (it had stood on an older
    change made at İYS): the entry is what holds there, so it holds here."""
    conn.execute(
        "update consent_state s set entry_id = e.id, entry_at = e.captured_at, "  # noqa: S608
        "consent_date = e.consent_date, status = e.status, source = e.source, "
        "standing = e.standing, iys_status = g.state, iys_code = null "
        f"from {_GIVEN} join outbox o on o.provider_id = %(provider)s and o.topic = 1 "
        "and o.ref_id = g.entry_id join consent_entry e on e.provider_id = o.provider_id "
        "and e.id = o.ref_id and e.captured_at = o.ref_at "
        f"where {_STATE} and s.entry_id <> g.entry_id and s.consent_date < e.consent_date",
        _given(batch, outcomes),
    )


def _mark_late(conn: Connection, batch: Batch, outcomes: Sequence[Outcome]) -> None:
    conn.execute(
        f"update consent_state s set late_id = g.entry_id from {_GIVEN} "  # noqa: S608
        f"where {_STATE} and s.entry_id = g.entry_id", _given(batch, outcomes))


def _insert_receipts(conn: Connection, batch: Batch, outcomes: Sequence[Outcome],
                     late: Set[int]) -> None:
    if not outcomes:
        return
    told = json.dumps([{
        "e": one.ref.entry_id, "d": one.creation_date.isoformat() if one.creation_date else None,
        "a": one.accepted, "c": one.code[:8] if one.code else None,
        "t": one.transaction_id[:64] if one.transaction_id else None, "x": one.detail,
        "l": one.ref.entry_id in late,
    } for one in outcomes])
    conn.execute(
        "insert into iys_receipt (provider_id, entry_id, batch_id, creation_date, accepted, code, "
        "transaction_id, detail, late) select %s, g.e, %s, g.d, g.a, g.c, g.t, g.x, g.l from "
        "jsonb_to_recordset(%s::jsonb) as g(e bigint, d timestamptz, a boolean, c text, t text, "
        "x jsonb, l boolean)", (batch.provider_id, batch.id, told),
    )


def _move_rows(conn: Connection, batch: Batch, outcomes: Iterable[Outcome]) -> None:
    """Close what is done, give back what comes again, park what is hopeless."""
    done: list[tuple[int, int]] = []
    again: dict[tuple[float, str | None, bool], list[tuple[int, int]]] = defaultdict(list)
    parked: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in outcomes:
        named = (one.ref.entry_id, one.ref.fence)
        if one.parked:
            parked[one.reason or ""].append(named)
        elif one.delay is not None:
            again[round(one.delay, 1), one.reason, one.counted].append(named)
        else:
            done.append(named)
    if done:
        relay.close(conn, topic=IYS_TOPIC, provider_id=batch.provider_id, rows=done)
    for (delay, reason, counted), rows in again.items():
        relay.release(conn, topic=IYS_TOPIC, provider_id=batch.provider_id, rows=rows,
                      delay=delay, reason=reason, counted=counted)
    for why, rows in parked.items():
        relay.park(conn, topic=IYS_TOPIC, provider_id=batch.provider_id, rows=rows, reason=why)


def code_number(code: str | None) -> int | None:
    """``H467`` → 467, as the state keeps it; None for what is no İYS code."""
    match = _CODE.match(code or "")
    return int(match[1]) if match else None
