"""The radar's thin job entries."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.radar.backlog import count_backlogs
from ileti.radar.letters import send_letters, write_letters


@job(queue="upkeep", every=120.0, timeout=300,
     idempotent="what was counted is replaced by what is counted, under a lock per provider")
def count_long_queues() -> dict[str, int]:
    """Count the queues that are too long for a page."""
    return count_backlogs()


@job(queue="messages", every=30.0, timeout=300,
     idempotent="an alarm is told of once, under its lock; a mail is claimed under a fence")
def mail_alarms() -> dict[str, int]:
    """Write the mails of new alarms, and send what waits."""
    return write_letters() | send_letters()
