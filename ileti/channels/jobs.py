"""The message jobs' thin entries."""

from __future__ import annotations

from datetime import timedelta

from ileti.channels import delivered  # noqa: F401 (takes reports of the product's own messages)
from ileti.channels.confirm import confirm_forgotten
from ileti.channels.deliveries import fetch_due
from ileti.channels.sealmail import mail_due
from ileti.channels.send import send_waiting
from ileti.core.jobs import job


@job(queue="messages", every=5.0, timeout=300,
     idempotent="a row is claimed under a fence; a closed row is gone")
def send_messages() -> dict[str, int]:
    """Send the codes and confirmations that wait."""
    return send_waiting()


@job(queue="messages", every=120.0, timeout=120,
     idempotent="writes only where no confirmation stands, under a lock per submission or person")
def confirm_lately() -> dict[str, int]:
    """Write the confirmations that a process killed within the last half hour left out (R-10), and
    the receipts of explicit consents."""
    return {"written": confirm_forgotten(timedelta(minutes=30))}


@job(queue="messages", every=1_800.0, timeout=300,
     idempotent="writes only where no confirmation stands, under a lock per submission or person")
def confirm_today() -> dict[str, int]:
    """The same over the whole day, for when everything was down meanwhile (R-10)."""
    return {"written": confirm_forgotten()}


@job(queue="upkeep", every=600.0, timeout=300,
     idempotent="an address has its seals once a day; a mail more of the same seals does no harm")
def mail_seals() -> dict[str, int]:
    """Send the seals of the day to people outside who keep them."""
    return mail_due()


@job(queue="messages", every=15.0, timeout=300,
     idempotent="a batch is claimed by moving its next_at; a repeated report changes nothing")
def fetch_reports() -> dict[str, int]:
    """Ask providers what became of messages they took."""
    return fetch_due()
