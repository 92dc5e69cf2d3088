"""When entries went to İYS and what it answered, for whoever looks back in time.

Why this module exists: pages, programs and proof bundles ask for the state at an earlier moment
(:mod:`ileti.consents.past`), and those without a web framework must hear İYS's words as pages do.
It registers by being imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ileti.consents.past import Heard, hears
from ileti.consents.vocabulary import IysStatus
from ileti.core import db
from ileti.iys.asking import UNKNOWN_FOR_EVER
from ileti.iys.batches import IYS_TOPIC
from ileti.iys.errors import Kind, meaning
from ileti.iys.settle import code_number


@hears
def words_of_iys(provider_id: int, entry_ids: Sequence[int]) -> list[Heard]:
    """When entries went to İYS and what it answered."""
    conn, ids = db.connection(), list(entry_ids)
    receipts = conn.execute(
        "select entry_id, at, accepted, code, late, detail, batch_id from iys_receipt "
        "where provider_id = %s and entry_id = any(%s)", (provider_id, ids)).fetchall()
    batch_of = {row[0]: row[6] for row in receipts if row[6]}
    batch_of |= dict(conn.execute(
        "select ref_id, batch_id from outbox where provider_id = %s and topic = %s "
        "and ref_id = any(%s) and batch_id is not null", (provider_id, IYS_TOPIC, ids)).fetchall())
    sent = dict(conn.execute(
        "select id, sent_at from iys_batch where provider_id = %s and id = any(%s) "
        "and sent_at is not null", (provider_id, list(set(batch_of.values())))).fetchall())
    told = [Heard(entry, sent[batch], IysStatus.WAITING)
            for entry, batch in batch_of.items() if batch in sent]
    for entry, at, accepted, code, late, detail, _batch in receipts:
        status = _status_by(accepted=accepted, code=code, detail=detail)
        if status is not None:
            told.append(Heard(entry, at, status, None if accepted else code_number(code), late))
    return told


def _status_by(*, accepted: bool, code: str | None, detail: Any) -> IysStatus | None:
    """What a receipt made of the state (ileti/iys/receipts.py: ``outcome_of``, forward.py:
    ``_kept``); None when it left it as it was."""
    if accepted:
        return IysStatus.REGISTERED
    why = (detail or {}).get("not_sent")
    if why in ("erased", "superseded", UNKNOWN_FOR_EVER):
        return None
    if why == "dropped":
        return IysStatus.REFUSED
    kind = meaning(code).kind if code else None
    if why == "overdue" or kind is Kind.OVERDUE:
        return IysStatus.OVERDUE
    return IysStatus.LOCAL_ONLY if why or kind is Kind.LOCAL_ONLY else IysStatus.REFUSED
