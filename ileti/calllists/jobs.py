"""The call lists' thin entries."""

from __future__ import annotations

from ileti.calllists.sweep import sweep
from ileti.core.jobs import job


@job(queue="upkeep", every=60.0, timeout=120,
     idempotent="moves rows by what stands in them; a second run finds nothing")
def sweep_lists() -> dict[str, int]:
    """Take away who refused since, end who had the last try, close lists whose time is over."""
    return sweep()
