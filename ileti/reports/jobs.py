"""The reports' thin job entries."""

from __future__ import annotations

import time

from ileti.core.jobs import job
from ileti.reports import rollup, standing
from ileti.reports.daily import letters


@job(queue="upkeep", every=10.0, timeout=120,
     idempotent="the place up to which was counted moves in the transaction of the numbers")
def count() -> dict[str, int]:
    """Count what has come since the last time; the first count of a large ledger takes several
    turns, so that what else keeps the house up is done between them."""
    return rollup.count_due(time.monotonic() + 20.0)


@job(queue="upkeep", every=60.0, timeout=240,
     idempotent="the place up to which was walked moves in the transaction of the numbers")
def count_standing() -> dict[str, int]:
    """Walk on through what standing consents rest on; each provider every six hours."""
    return standing.count_due(time.monotonic() + 10.0)


@job(queue="messages", every=60.0, timeout=600,
     idempotent="a row per subscription and day; one that was being handed over is left out")
def mail_daily() -> dict[str, int]:
    """Write the daily reports whose hour has come, and send what waits."""
    return letters.write_due() | letters.send_letters() | {"forgotten": letters.forget_old()}
