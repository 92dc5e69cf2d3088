"""The thin entries of the imports' background work."""

from __future__ import annotations

import time

from ileti.core.jobs import job
from ileti.imports import apply as applying
from ileti.imports import quota, rest, runs, staging
from ileti.imports import undo as undoing
from ileti.imports.follow import follow_up

RUN_SECONDS = 40.0
TIMEOUT = 3_600


@job(queue="upkeep", every=15.0, timeout=TIMEOUT,
     idempotent="a run is held by a lease under a fence and read into a table of its own")
def check() -> dict[str, int]:
    """Make the dry runs that are asked for, and go on where a program said so beforehand."""
    done = staging.check_due(time.monotonic() + RUN_SECONDS)
    return dict(done + follow_up())


@job(queue="upkeep", every=15.0, timeout=TIMEOUT,
     idempotent="a chunk's key is (import, chunk): again it is a replay")
def apply() -> dict[str, int]:
    """Write applied imports into the ledger, chunk by chunk."""
    return dict(applying.apply_due(time.monotonic() + RUN_SECONDS))


@job(queue="upkeep", every=15.0, timeout=TIMEOUT,
     idempotent="a chunk that is back has nothing left to take; counter entries have keys")
def undo() -> dict[str, int]:
    """Undo imports, chunk by chunk."""
    return dict(undoing.undo_due(time.monotonic() + RUN_SECONDS))


@job(queue="upkeep", every=3_600.0, timeout=TIMEOUT,
     idempotent="only drops what nobody needs any more")
def sweep() -> dict[str, int]:
    """Drop old staging tables and give up what was left lying."""
    return runs.sweep() | quota.sweep() | rest.sweep()
