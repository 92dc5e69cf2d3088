"""Upkeep of the ledger: coming partitions, and consents whose three business days are over."""

from __future__ import annotations

from ileti.consents.vocabulary import IysStatus, Status
from ileti.core import db
from ileti.core.jobs import job


@job(queue="upkeep", every=3600, timeout=120, idempotent="makes only partitions that are missing")
def make_partitions() -> dict[str, int]:
    """Keep three months of partitions ahead."""
    row = db.connection().execute("select ensure_consent_partitions(3)").fetchone()
    return {"made": row[0] if row else 0}


@job(queue="upkeep", every=60, timeout=120, idempotent="marks only what is not marked yet")
def mark_overdue() -> dict[str, int]:
    """R-33: a consent İYS did not get in time is invalid; it is shown as overdue and stays shut.

    Works along the outbox, where everything unreported stands, a part at a time; a state that
    somebody holds is left to the next minute, so that nobody waits and nothing deadlocks.
    """
    marked, last = 0, (0, 0)
    while True:
        with db.transaction() as conn:
            conn.execute("set local enable_hashjoin = off")
            conn.execute("set local enable_mergejoin = off")
            row = conn.execute(_MARK, (*last, PART, int(IysStatus.OVERDUE), int(Status.ONAY),
                                       int(IysStatus.QUEUED))).fetchone()
        if row is None or row[1] is None:
            return {"overdue": marked}
        marked, last = marked + row[0], (row[1], row[2])


PART = 10_000
_MARK = """
with part as materialized (
    select provider_id, brand_id, ref_id, order_key, batch_id from outbox
     where topic = 1 and (provider_id, ref_id) > (%s, %s)
     order by provider_id, ref_id limit %s),
marked as (
    update consent_state t set iys_status = %s
      from (select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel
              from part o
              join consent_state s
                on s.provider_id = o.provider_id and s.brand_id = o.brand_id
               and s.recipient_id = o.order_key >> 3
               and s.recipient_type = case when o.order_key & 4 > 0 then 1 else 2 end
               and s.channel = o.order_key & 3
             where s.entry_id = o.ref_id and s.status = %s and s.iys_status = %s
               and s.iys_due_at < now() and o.batch_id is null
               for update of s skip locked) d
     where t.provider_id = d.provider_id and t.brand_id = d.brand_id
       and t.recipient_id = d.recipient_id and t.recipient_type = d.recipient_type
       and t.channel = d.channel
    returning 1)
select (select count(*) from marked), provider_id, ref_id
  from part order by provider_id desc, ref_id desc limit 1"""
