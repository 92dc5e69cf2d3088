"""How fast an import is being applied, as the page and the API tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ileti.core import clock, db

_RECENT: Final = """
select coalesce(sum(written + left_out), 0),
       extract(epoch from clock_timestamp() - min(done_at))::float
  from import_chunk where import_id = %s and done_at > clock_timestamp() - interval '1 minute'"""


def per_second(run_id: int, started_at: datetime | None) -> float:
    """Consents per second of the last minute; 0 when there were none."""
    row = db.connection().execute(_RECENT, [run_id]).fetchone()
    if row is None or not row[0] or not row[1]:
        return 0.0
    since = (clock.now() - started_at).total_seconds() if started_at else row[1]
    return float(row[0] / max(1.0, min(60.0, row[1], since) if since > 0 else row[1]))
