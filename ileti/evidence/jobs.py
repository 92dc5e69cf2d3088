"""The thin entry of the vault's background work."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.evidence import vault


@job(queue="upkeep", every=900.0, timeout=600,
     idempotent="only removes what is dropped: first the object, then the row that names it")
def sweep() -> dict[str, int]:
    """Remove what killed uploads left in the vault's store."""
    return vault.sweep()
