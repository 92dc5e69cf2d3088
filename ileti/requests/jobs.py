"""The thin job entries of data subjects' requests."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.requests import alarms, drafts, erasing, exports, mails


@job(queue="messages", every=5.0, timeout=300,
     idempotent="a mail is claimed under a fence and marked by its occasion; a closed row is gone")
def send_mails() -> dict[str, int]:
    """Send codes, receipts, questions, answers and alarms that wait."""
    return mails.send_mails()


@job(queue="upkeep", every=600.0, timeout=300,
     idempotent="an alarm is an event with a mark; the same again is not written")
def raise_alarms() -> dict[str, int]:
    """Alarms of the 30-day clock (R-63)."""
    return alarms.raise_alarms()


@job(queue="upkeep", every=10.0, timeout=900,
     idempotent="a copy is claimed under a fence; the same content is one file in the vault")
def make_copies() -> dict[str, int]:
    """Make the copies of people's data that were asked for."""
    return exports.make_waiting()


@job(queue="upkeep", every=20.0, timeout=900,
     idempotent="the eraser answers the same for the same case; an outcome is written once")
def erase() -> dict[str, int]:
    """Do the erasures that two people agreed on, and remove the copies of those people (R-64)."""
    counts = erasing.erase_waiting()
    return counts | {"copies": exports.remove_due() if counts["erased"] else 0}


@job(queue="upkeep", every=120.0, timeout=300,
     idempotent="a refusal that stands is not repeated; what is old is removed once")
def sweep_requests() -> dict[str, int]:
    """Refusals that a crash left out (R-32), drafts nobody confirmed, copies whose time is over."""
    return {"removed": drafts.remove_old(), "copies": exports.remove_due(),
            "stopped": drafts.stop_forgotten()}
