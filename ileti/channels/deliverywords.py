"""What became of a message, in words and in the tone of a page.

Why apart: messages are listed on the page of a record, of a moment and of what is sent; a reader
must find the same word for the same thing.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ileti.channels.send import DOUBT
from ileti.channels.sms import Delivery

WORDS: Final[dict[Delivery, Any]] = {
    Delivery.WAITING: _l("handed over, on its way"),
    Delivery.DELIVERED: _l("delivered"),
    Delivery.SENT: _l("sent, the phone has not reported"),
    Delivery.NOT_DELIVERED: _l("not delivered"),
    Delivery.BLOCKED_BY_IYS: _l("stopped at the provider by İYS"),
}


def in_doubt(problem: str | None) -> bool:
    """Whether a message that does not count as sent may have gone out."""
    return bool(problem and problem.startswith(DOUBT))


def word(delivery: int | None, reason: str | None = None) -> str:
    """A message's delivery in words, with the provider's own; "" when nothing was reported."""
    if not delivery:
        return ""
    said = str(WORDS[Delivery(delivery)])
    return f"{said} ({reason})" if reason else said


def fate(sent: bool, delivery: int | None, reason: str | None, problem: str | None) -> str:
    """What is known of a message, in words; "" for one that was sent and not reported on."""
    if sent:
        return word(delivery, reason)
    return _("in doubt: it may have gone out") if in_doubt(problem) else _("not sent")
