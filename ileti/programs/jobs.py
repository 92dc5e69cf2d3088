"""Upkeep of API accounts: nonces, tokens and answers that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ileti.core import clock, db
from ileti.core.jobs import job
from ileti.programs import sandbox
from ileti.programs.signature import forget_nonces

#: how long a repeat under an Idempotency-Key gets the first answer
KEPT: Final = timedelta(days=7)


@job(queue="upkeep", every=600, timeout=120, idempotent="drops only what has run out")
def forget_calls() -> dict[str, int]:
    """Drop used nonces, tokens that ran out, answers older than a week."""
    now, conn = clock.now(), db.connection()
    return {
        "nonces": forget_nonces(),
        "tokens": conn.execute("delete from api_token where expires_at < %s", (now,)).rowcount,
        "answers": conn.execute("delete from api_call where at < %s", (now - KEPT,)).rowcount,
    }


@job(queue="upkeep", every=120, timeout=300, idempotent="changes only what is out of step")
def keep_sandboxes() -> dict[str, int]:
    """Sandboxes have their homes' names, brands, dealers, texts, templates and fields."""
    return sandbox.keep_in_step()
