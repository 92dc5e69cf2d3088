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

    Works along the outbox, where everything unreported stands, not over all states.
    """
    done = db.connection().execute(
        """update consent_state s set iys_status = %s
             from outbox o
            where o.topic = 1 and s.provider_id = o.provider_id and s.brand_id = o.brand_id
              and s.recipient_id = o.order_key >> 3
              and s.recipient_type = case when o.order_key & 4 > 0 then 1 else 2 end
              and s.channel = o.order_key & 3
              and s.entry_id = o.ref_id and s.status = %s and s.iys_status = %s
              and s.iys_due_at < now() and o.batch_id is null""",
        [int(IysStatus.OVERDUE), int(Status.ONAY), int(IysStatus.QUEUED)],
    )
    return {"overdue": done.rowcount}
