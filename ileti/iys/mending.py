"""The statements that mend a batch of differences, each over the whole batch.

Why this module exists: a day may differ in hundreds of thousands of rows, and what SQL can do for a
thousand at once must not be done a thousand times. A batch's differences are put into the session's
table ``mended``, everything else joins it, and :func:`close` ends them. Called by
:mod:`ileti.iys.reconcile`, inside its transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType, Source
from ileti.core import clock
from ileti.iys.compare import State
from ileti.outbox.relay import Connection


def note_theirs(conn: Connection, place: Place, day: dt.date, cause: str,
                ids: Sequence[int]) -> list[int]:
    """İYS's moment, number, date and source beside our proof, as a newer receipt of the entry; the
    differences this was done for. What only the other day's file says is taken from there."""
    named = _choose(conn, place, ids) | {"day": str(day), "cause": cause}
    conn.execute("delete from mended where number is null")
    for statement in (_LOCK_STATES, _RECEIPTS, _REGISTERED, _LATE, _NO_LONGER_QUEUED):
        conn.execute(statement, named)
    return [row[0] for row in conn.execute("select id from mended").fetchall()]


def queue_again(conn: Connection, place: Place, ids: Sequence[int]) -> int:
    """Report what holds for these differences' keys again, if it is ours; how many will be."""
    return _queue(conn, _choose(conn, place, ids))


def queue_key(conn: Connection, place: Place, recipient_id: int, kind: RecipientType,
              channel: Channel) -> bool:
    """The same for one key; False when there is nothing to report."""
    conn.execute(_TABLE)
    conn.execute("truncate mended")
    named = _named(place) | {"rid": recipient_id, "kind": int(kind), "channel": int(channel)}
    conn.execute(_CHOOSE_KEY, named)
    return _queue(conn, named) == 1


def close(conn: Connection, place: Place, ids: Sequence[int], by: int) -> None:
    """These differences are repaired, by this person (0: nobody)."""
    conn.execute(
        "update iys_difference set state = %s, repaired_at = %s, repaired_by = %s "
        "where provider_id = %s and id = any(%s::bigint[]) and state = 1",
        (int(State.REPAIRED), clock.now(), by or None, place.provider_id, list(ids)))


def _queue(conn: Connection, named: dict[str, Any]) -> int:
    conn.execute(_LOCK_STATES, named)
    queued = conn.execute(_QUEUE, named).rowcount
    conn.execute(_QUEUED, named)
    return queued


def _choose(conn: Connection, place: Place, ids: Sequence[int]) -> dict[str, Any]:
    named = _named(place)
    conn.execute(_TABLE)
    conn.execute("truncate mended")
    conn.execute(_CHOOSE, named | {"ids": list(ids)})
    return named


def _named(place: Place) -> dict[str, Any]:
    return {"provider": place.provider_id, "brand": place.brand_id,
            "iys": int(Source.IYS_KISAMESAJ)}


_TABLE = """
create temporary table if not exists mended (
    id bigint, entry_id bigint, rid bigint, kind smallint, channel smallint, source smallint,
    date timestamptz, creation timestamptz, number text
) on commit delete rows"""

# An entry on the wrong side of midnight is told of by the file of the other day.
_CHOOSE = """
insert into mended
select d.id, d.entry_id, d.recipient_id, d.recipient_type, d.channel,
       coalesce(d.their_source, p.their_source), coalesce(d.their_date, p.their_date),
       coalesce(d.their_creation, p.their_creation),
       coalesce(d.their_transaction, p.their_transaction)
  from iys_difference d
  left join lateral (
       select n.their_source, n.their_date, n.their_creation, n.their_transaction
         from iys_difference n
        where d.their_transaction is null and n.provider_id = d.provider_id
          and n.brand_id = d.brand_id and n.entry_id = d.entry_id and n.cause = 6
          and n.line is not null and n.state <> 3
        order by n.id desc limit 1) p on true
 where d.provider_id = %(provider)s and d.id = any(%(ids)s::bigint[])"""
_CHOOSE_KEY = """
insert into mended (entry_id, rid, kind, channel)
select s.entry_id, s.recipient_id, s.recipient_type, s.channel from consent_state s
 where s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.recipient_id = %(rid)s
   and s.recipient_type = %(kind)s and s.channel = %(channel)s"""

_STATE = """
s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.recipient_id = g.rid
and s.recipient_type = g.kind and s.channel = g.channel"""
_LOCK_STATES = (
    f"select from mended g join consent_state s on {_STATE} "
    "order by s.recipient_id, s.recipient_type, s.channel for update of s")

_RECEIPTS = """
insert into iys_receipt (provider_id, entry_id, creation_date, accepted, transaction_id, detail,
                         late)
select %(provider)s, g.entry_id, g.creation, true, g.number,
       jsonb_build_object('reconciled', jsonb_build_object(
           'day', %(day)s::text, 'cause', %(cause)s::text, 'source', g.source, 'date', g.date)),
       coalesce(s.status = 2 and s.source < 31 and s.iys_due_at < g.creation, false)
  from mended g
  left join consent_state s on s.provider_id = %(provider)s and s.brand_id = %(brand)s
       and s.recipient_id = g.rid and s.recipient_type = g.kind and s.channel = g.channel
       and s.entry_id = g.entry_id
 where g.entry_id is not null"""

# İYS holds what the state stands on: registered, and no later report may have an earlier date.
_REGISTERED = f"""
update consent_state s
   set iys_status = case when s.iys_status in (3, 7) then s.iys_status else 3 end,
       iys_code = null, consent_date = greatest(s.consent_date, g.date),
       pending_id = case when s.pending_id = g.entry_id and not exists (
           select from outbox o where o.provider_id = s.provider_id and o.topic = 1
              and o.ref_id = g.entry_id and o.batch_id is not null) then null
           else s.pending_id end
  from mended g where {_STATE} and s.entry_id = g.entry_id"""  # noqa: S608
# A refusal whose receipt says that it was late.
_LATE = f"""
update consent_state s set late_id = s.entry_id from mended g
 where {_STATE} and s.entry_id = g.entry_id and s.late_id is distinct from s.entry_id
   and exists (select from iys_receipt r where r.provider_id = s.provider_id
                  and r.entry_id = s.entry_id and r.late)"""  # noqa: S608
_NO_LONGER_QUEUED = """
delete from outbox o using mended g
 where o.provider_id = %(provider)s and o.topic = 1 and o.ref_id = g.entry_id
   and o.batch_id is null"""

# Only what we took ourselves, and only while the state stands on it.
_OURS = f"{_STATE} and s.entry_id = g.entry_id and s.standing = 1 and s.source < %(iys)s"
_QUEUE = f"""
insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
select %(provider)s, 1, s.entry_id, s.entry_at, turn_of(s.status, s.consent_date, now()),
       (s.recipient_id << 3) | (s.recipient_type << 2 & 4) | s.channel, 0, %(brand)s
  from mended g join consent_state s on {_OURS}
 order by s.entry_id
on conflict do nothing"""  # noqa: S608
_QUEUED = f"""
update consent_state s set iys_status = 1, iys_code = null, pending_id = s.entry_id
  from mended g where {_OURS} and s.iys_status not in (1, 2)"""  # noqa: S608
