"""The room's jobs: thin entries."""

from __future__ import annotations

from config import settings
from ileti.core.jobs import job
from ileti.templates import pictures


@job(queue="upkeep", every=6 * 3_600.0, timeout=900,
     idempotent="a picture is removed under its row's lock, once; used ones are passed over")
def destroy_unused_pictures() -> dict[str, int]:
    """Destroy pictures that nothing has used for PICTURE_KEEP_DAYS (R-64)."""
    return pictures.destroy_unused(settings().picture_keep_days)
