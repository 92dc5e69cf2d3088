"""Upkeep of what capture keeps: former secrets of sites."""

from __future__ import annotations

from ileti.core import db
from ileti.core.jobs import job


@job(queue="upkeep", every=600, timeout=60, idempotent="wipes only what has run out")
def forget_former_secrets() -> dict[str, int]:
    """A secret that was renewed is wiped when its day is over; it stopped counting by then."""
    done = db.connection().execute(
        "update site set secret_before = null, secret_before_until = null "
        "where secret_before_until <= now()")
    return {"forgotten": done.rowcount}
