"""How fast an import is being applied, how long İYS will take for it and what is too late by then,
as page, API and command line tell it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from config import settings
from ileti.core import clock, db
from ileti.iys.batches import IYS_TOPIC
from ileti.iys.wire import MOST_IN_BATCH

#: calls that a batch takes: sending and its result
CALLS_PER_BATCH: Final = 2
_MOST_COUNTED: Final = 1_000_000
_BACKLOG: Final = """
select count(*) from (select from outbox where provider_id = %s and topic = %s
                       and dead_at is null limit %s) found"""

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


def takeable(counts: Mapping[str, Any]) -> int:
    """How many consents a dry run found fit to be taken."""
    return sum(int(n) for n in counts.get("repaired", {}).values())


def sending_seconds(provider_id: int, consents: int) -> float:
    """How long İYS takes for what waits already and for so many consents more, at its limit of
    requests."""
    given = settings()
    row = db.connection().execute(
        _BACKLOG, (provider_id, IYS_TOPIC, _MOST_COUNTED)).fetchone()
    calls = math.ceil(((row[0] if row else 0) + consents) / MOST_IN_BATCH) * CALLS_PER_BATCH
    return calls / given.iys_requests_per_second + given.iys_first_poll_seconds


def past_due(counts: Mapping[str, Any], seconds: float) -> int:
    """Consents whose last business day is over before İYS can have them all (R-33)."""
    until = (clock.to_istanbul(clock.now()) + timedelta(seconds=seconds)).date()
    return sum(n for day, n in counts.get("due", {}).items()
               if day[:1].isdigit() and date.fromisoformat(day) < until)
