"""The thin entries of the sealer, of those who stamp its seals, and of the vault."""

from __future__ import annotations

import time

from config import settings
from ileti.core.jobs import job
from ileti.evidence import bucket, export, stamping, vault
from ileti.evidence import seal as sealing

RUN_SECONDS = 20.0


@job(queue="upkeep", every=lambda: settings().seal_seconds, timeout=120,
     idempotent="a leaf follows the last seal or stands in it; a number is given once")
def seal() -> dict[str, int]:
    """Seal the leaves that have come."""
    return sealing.seal_due(time.monotonic() + RUN_SECONDS)


@job(queue="upkeep", every=15.0, timeout=120,
     idempotent="a stamp more over the same seal does no harm, and one at a time asks for it")
def stamp() -> dict[str, int]:
    """Have the newest seal stamped, when it is time."""
    return stamping.stamp_due()


@job(queue="upkeep", every=3_600.0, timeout=1_800,
     idempotent="what a file in the folder holds already is not written again")
def export_seals() -> dict[str, int]:
    """Carry the seals of the day out of the house."""
    return export.export_due()


@job(queue="upkeep", every=600.0, timeout=600,
     idempotent="a place has its seals once a day; a file more of the same seals does no harm")
def carry_seals() -> dict[str, int]:
    """Carry the seals of the day into the bucket that locks them."""
    return bucket.carry_due()


@job(queue="upkeep", every=900.0, timeout=600,
     idempotent="only removes what is dropped: first the object, then the row that names it")
def sweep() -> dict[str, int]:
    """Remove what killed uploads left in the vault's store."""
    return vault.sweep()
