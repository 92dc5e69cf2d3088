"""Upkeep of signing in: sessions that have run out, counts of wrong tries that no longer matter."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.tenancy import logins


@job(queue="upkeep", every=600, timeout=60, idempotent="clears away only what has run out")
def clear_logins() -> dict[str, int]:
    """A session that has run out opens nothing already; here its row and its content go."""
    return {"sessions": logins.end_expired(), "failures": logins.forget_old_failures()}
