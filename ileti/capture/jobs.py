"""Upkeep of what capture keeps: former secrets of sites, and what nobody decided about in time."""

from __future__ import annotations

from ileti.capture import kioskheld, paperscans
from ileti.core import db
from ileti.core.jobs import job


@job(queue="upkeep", every=600, timeout=60, idempotent="wipes only what has run out")
def forget_former_secrets() -> dict[str, int]:
    """A secret that was renewed is wiped when its day is over; it stopped counting by then."""
    done = db.connection().execute(
        "update site set secret_before = null, secret_before_until = null "
        "where secret_before_until <= now()")
    return {"forgotten": done.rowcount}


@job(queue="upkeep", every=600, timeout=60, idempotent="wipes only what is old or restricted")
def wipe_kiosk_items() -> dict[str, int]:
    """What came late from a kiosk and was decided by nobody, and what of an erased person."""
    return {"wiped": kioskheld.wipe_old(), "forgotten": kioskheld.forget_decided()}


@job(queue="upkeep", every=3_600, timeout=300, idempotent="the database judges each scan again")
def destroy_look_files() -> dict[str, int]:
    """Scans of signed forms from which nothing was recorded: put aside, replaced, left."""
    return {"destroyed": paperscans.remove_due()}
