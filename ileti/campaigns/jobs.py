"""The thin entries of campaigns' background work."""

from __future__ import annotations

import time

from ileti.campaigns import (
    delivered,  # noqa: F401 (takes what providers report)
    dispatch,
    prepare,
)
from ileti.core.jobs import job

RUN_SECONDS = 20.0


@job(queue="campaigns", every=5.0, timeout=600,
     idempotent="people are written once by key, and counting changes nothing")
def make_ready() -> dict[str, int]:
    """Write down the people of campaigns and ask the gate about them."""
    return dict(prepare.prepare_due(time.monotonic() + RUN_SECONDS))


@job(queue="campaigns", every=5.0, timeout=600,
     idempotent="a stretch of people stands in one batch, and a batch without an answer stays")
def hand_over() -> dict[str, int]:
    """Hand released campaigns over."""
    return dict(dispatch.dispatch_due(time.monotonic() + RUN_SECONDS))


@job(queue="upkeep", every=30.0,
     idempotent="a batch that was left lying is marked once")
def find_forgotten() -> dict[str, int]:
    """Mark batches whose worker died in the call."""
    return {"in_doubt": dispatch.find_forgotten()}
