"""Upkeep of signing in, and deeds that were agreed to and not finished."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.tenancy import foureyes, logins


@job(queue="upkeep", every=600, timeout=60, idempotent="clears away only what has run out")
def clear_logins() -> dict[str, int]:
    """A session that has run out opens nothing already; here its row and its content go."""
    return {"sessions": logins.end_expired(), "failures": logins.forget_old_failures()}


@job(queue="upkeep", every=60, timeout=300,
     idempotent="a request is held by a lease, and each deed done again does nothing")
def carry_out_agreed() -> dict[str, int]:
    """Do what a second person agreed to when the process that began it did not end it."""
    return foureyes.carry_out_due()
