"""What a killed process or a forgotten screen left of calls."""

from __future__ import annotations

from ileti.callcentre import sweeping
from ileti.core.jobs import job


@job(queue="upkeep", every=60.0, timeout=300,
     idempotent="a step is carried out under its own key; a call is closed once")
def sweep() -> dict[str, int]:
    """Carry out what was said and not yet recorded, prove what has its recording, close calls that
    stayed open (R-10, R-33)."""
    return sweeping.sweep()
