"""Every scan that came to the paper desk is noted, so that one that proves nothing does not stay.

Why this module exists: not each scan becomes a proof. It is left and put aside, replaced by a
sharper one, or its form is never finished. Such a one shows somebody's name, number and hand and
belongs to no record, so no erasure and no copy would find it: it goes after :data:`DAYS` days
(R-64), judged by the database as every destruction is (``scan_due``). Apart from ``paperlook``,
since a worker needs no page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ileti.capture.paper import Batch
from ileti.core import db
from ileti.core.logs import get_logger
from ileti.evidence.vault import Kept
from ileti.retention.destroy import destroy_look_files

#: as in the database's function ``scan_due``
DAYS: Final = 30

log = get_logger("ileti.capture")


def note(batch: Batch, sheet: int, files: Iterable[Kept]) -> None:
    """Note scans that came for a sheet, before anything becomes of them."""
    place = batch.place
    for file in files:
        db.connection().execute(
            "insert into paper_scan (provider_id, brand_id, dealer_id, paper_batch_id, sheet, "
            "file_id) values (%s, %s, %s, %s, %s, %s)",
            (place.provider_id, place.brand_id, batch.dealer_id, batch.id, sheet, file.id))


_KEPT: Final = """
delete from paper_scan x where x.at + make_interval(days => %s) <= now() and exists (
    select from entry_file l where l.provider_id = x.provider_id and l.file_id = x.file_id)"""
_DUE: Final = """
select provider_id, array_agg(distinct file_id order by file_id) from (
    select x.provider_id, x.file_id,
           row_number() over (partition by x.provider_id order by x.id) as n from paper_scan x
     where x.at + make_interval(days => %s) <= now() and scan_due(x)) due
 where n <= 500 group by provider_id order by provider_id"""


def remove_due() -> int:
    """Destroy the scans from which nothing was recorded in time (R-64); how many files. What a
    record holds is the record's from then on. One provider's trouble does not keep the others'."""
    db.connection().execute(_KEPT, (DAYS,))
    count = 0
    for provider_id, file_ids in db.connection().execute(_DUE, (DAYS,)).fetchall():
        try:
            count += len(destroy_look_files(provider_id, file_ids))
        except Exception:
            log.exception("paper_scan_stays", provider=provider_id)
    return count
