"""The room's jobs: thin entries."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.inbound.intake import treat_waiting
from ileti.inbound.pull import pull_all


@job(queue="messages", every=20.0, timeout=120,
     idempotent="a message is treated under its row's lock, once; treated ones are passed over")
def treat_messages() -> dict[str, int]:
    """Treat what a process left behind that was killed (R-32: a refusal waits for nobody)."""
    return treat_waiting()


@job(queue="messages", every=180.0, timeout=300,
     idempotent="a listed message is known by its number, a pushed one by its words")
def pull_messages() -> dict[str, int]:
    """Ask the boxes of gateways for what they did not push."""
    return pull_all()
