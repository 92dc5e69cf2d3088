"""The thin job entries of this room."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.signin import asked as _asked  # noqa: F401 (mails to those who may agree)
from ileti.signin.expiry import warn
from ileti.signin.mails import forget_old, send_mails


@job(queue="messages", every=5.0, timeout=300,
     idempotent="a mail is claimed under a fence and closed when it went out")
def mail_accounts() -> dict[str, int]:
    """Send mails about accounts that wait."""
    return send_mails()


@job(queue="upkeep", every=3_600.0, timeout=120,
     idempotent="a key is told of once per warning, in the transaction of its mails")
def warn_of_keys() -> dict[str, int]:
    """Tell of keys of programs that will end soon."""
    return warn()


@job(queue="upkeep", every=86_400.0, timeout=60, idempotent="clears away only what is old")
def forget_mails() -> dict[str, int]:
    """Forget mails of a month ago."""
    return {"mails": forget_old()}
