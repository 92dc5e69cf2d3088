"""Counts of long queues, made in the background, because a page cannot wait for a million rows.

A provider with more than ``LIVE`` waiting records is counted whole, by one statement in one
transaction, over what was counted before; one whose queue has become short again loses its counts
and is counted live (:mod:`ileti.radar.counts`). On two busy cores a million rows take seven
seconds; ordinary installations have nothing to count.
"""

from __future__ import annotations

from ileti.core import db
from ileti.radar.limits import LIVE

# nobody waits for it, so it may take longer than a page
_PATIENCE = "set local statement_timeout = '100s'"
_LONG = """
select p.id from provider p
 where p.sandbox_of is null
   and (select count(*) from (select from outbox o
                               where o.provider_id = p.id and o.topic = 1
                               limit %(live)s + 1) found) > %(live)s"""
_COUNT = """
insert into deadline_count (provider_id, brand_id, dealer_id, source, status, due_at, stopped,
                            reason, iys_code, number)
select o.provider_id, o.brand_id, e.dealer_id, e.source, e.status, s.iys_due_at,
       o.dead_at is not null, o.reason, case when o.reason is not null then s.iys_code end,
       count(*)
  from outbox o
  join consent_entry e on e.provider_id = o.provider_id and e.id = o.ref_id
                      and e.captured_at = o.ref_at
  left join consent_state s
    on s.provider_id = o.provider_id and s.brand_id = o.brand_id
   and s.recipient_id = o.order_key >> 3
   and s.recipient_type = case when o.order_key & 4 > 0 then 1 else 2 end
   and s.channel = o.order_key & 3 and s.entry_id = o.ref_id
 where o.topic = 1 and o.provider_id = %s
 group by 1, 2, 3, 4, 5, 6, 7, 8, 9"""


def count_backlogs(live: int = LIVE) -> dict[str, int]:
    """Count every queue longer than ``live`` anew; answers how many providers have one."""
    conn = db.connection()
    long = [row[0] for row in conn.execute(_LONG, {"live": live}).fetchall()]
    conn.execute("delete from deadline_count where not provider_id = any(%s::int[])", (long,))
    for provider_id in long:
        _count(provider_id)
    return {"counted": len(long)}


def _count(provider_id: int) -> None:
    with db.transaction() as conn:
        conn.execute(_PATIENCE)
        # two at once would leave the counts twice
        conn.execute("select pg_advisory_xact_lock(hashtext('deadline_count'), %s)",
                     (provider_id,))
        conn.execute("delete from deadline_count where provider_id = %s", (provider_id,))
        conn.execute(_COUNT, (provider_id,))
