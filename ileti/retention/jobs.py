"""The thin entry of the periodic destruction."""

from __future__ import annotations

import time

from ileti.core.jobs import job
from ileti.retention import destroy

RUN_SECONDS = 1_200.0


@job(queue="upkeep", every=3_600.0, timeout=3_600,
     idempotent="what is gone is no candidate; an open run is gone on with, one is open at a time")
def destroy_due() -> dict[str, int]:
    """Destroy what nobody may keep any longer, every DESTRUCTION_DAYS (R-64)."""
    return destroy.destroy_due(time.monotonic() + RUN_SECONDS)
