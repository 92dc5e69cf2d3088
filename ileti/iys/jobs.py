"""The thin entries of the background work with İYS: drains that ask PostgreSQL what is due.

Each loops until nothing is due or its time is nearly over; a run that was killed costs a lease.
"""

from __future__ import annotations

import time

from config import settings
from ileti.core.jobs import job, ring
from ileti.iys import access, alarms, days, receipts, repairs, stampcheck
from ileti.iys import forward as forwarding
from ileti.iys import pull as pulling

RUN_SECONDS = 40.0
TIMEOUT = 120


@job(queue="iys", every=2.0, timeout=TIMEOUT,
     idempotent="rows are claimed under a fence and sent by V2, which answers a repeat as before")
def forward() -> dict[str, int]:
    """Send what waits in the outbox, and again what a lost worker had in hand."""
    return dict(forwarding.forward_due(time.monotonic() + RUN_SECONDS))


@job(queue="iys", every=2.0, timeout=TIMEOUT,
     idempotent="a batch is settled once under its fence; a late writer is refused")
def settle() -> dict[str, int]:
    """Ask İYS for the results of lists that are due, and write them down."""
    return dict(receipts.settle_due(time.monotonic() + RUN_SECONDS))


@job(queue="iys", every=lambda: settings().iys_pull_seconds, timeout=TIMEOUT,
     idempotent="movements are told apart by their digest; cursor and page commit together")
def pull() -> dict[str, int]:
    """Bring home what citizens changed at İYS."""
    return dict(pulling.pull_due(time.monotonic() + RUN_SECONDS))


@job(queue="iys", every=5.0, timeout=TIMEOUT,
     idempotent="access says how things shall be, so that telling it twice changes nothing")
def share() -> dict[str, int]:
    """Tell İYS which dealers may use which consents."""
    return dict(access.access_due(time.monotonic() + RUN_SECONDS))


@job(queue="iys", every=60.0, timeout=TIMEOUT,
     idempotent="a row whose batch is gone is only given back")
def sweep() -> dict[str, int]:
    """Give back rows whose batch is closed or gone, which nobody would come for any more."""
    return dict(forwarding.sweep())


@job(queue="upkeep", every=60.0, timeout=1_800,
     idempotent="a day is held by a lease and a fence; what is archived or compared is so already")
def reconcile() -> dict[str, int]:
    """Bring the brands' days forward: fetch, archive, compare, agree."""
    return dict(days.days_due(time.monotonic() + RUN_SECONDS))


@job(queue="upkeep", every=15.0, timeout=TIMEOUT,
     idempotent="a difference leaves the open ones and moves its wish in one transaction, fenced")
def repair() -> dict[str, int]:
    """Repair all differences of a cause where somebody wished it."""
    counts = repairs.repairs_due(time.monotonic() + RUN_SECONDS)
    if counts["fulfilled"]:
        ring("iys.jobs.reconcile")
    return dict(counts)


@job(queue="upkeep", every=3_600.0, timeout=TIMEOUT,
     idempotent="a stamp is judged from the archive alone; the same verdict is written over itself")
def check_stamps() -> dict[str, int]:
    """Look into time stamps nobody looked into, or not since other authorities are named."""
    return dict(stampcheck.checks_due(time.monotonic() + RUN_SECONDS))


@job(queue="upkeep", every=60.0, timeout=TIMEOUT,
     idempotent="an alarm is raised once by its key in the table")
def watch_deadlines() -> dict[str, int]:
    """Say which waiting records have used up half, four fifths or all of their time."""
    return alarms.raise_alarms()


@job(queue="upkeep", every=600.0, timeout=TIMEOUT,
     idempotent="only reads; a line that was written is remembered")
def watch_days() -> dict[str, int]:
    """Say which days İYS is about to drop before we have all of them."""
    return alarms.raise_day_alarms()
