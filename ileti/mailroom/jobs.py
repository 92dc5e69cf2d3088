"""The mailroom's jobs."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.mailroom import deciding
from ileti.mailroom.boxes import read_due


@job(queue="messages", every=15.0, timeout=600,
     idempotent="a mailbox is claimed by moving its time; a mail counts once by its digest")
def read_mailboxes() -> dict[str, int]:
    """Read what came back to the mailboxes that are due."""
    return read_due()


@job(queue="messages", every=3_600.0, timeout=300,
     idempotent="words that are cleared are not there any more")
def forget_mails_set_aside() -> dict[str, int]:
    """Clear the words of mails in which a person read nothing."""
    return deciding.forget_words()
