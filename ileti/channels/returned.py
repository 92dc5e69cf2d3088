"""What mails that came back say of the mails they are about, given to the room that wrote those.

Why this module exists: a mail server takes a mail and says an hour later, by a mail, that nobody is
there. Only the mark in it tells which mail that was (:mod:`ileti.channels.mail`), by its series and
number; the mailroom reads it, and who knows the row is a room beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ileti.channels.mail import Series
from ileti.channels.sms import Report

Taker = Callable[[Any, int, Sequence[Report]], int]
_takers: dict[Series, Taker] = {}


def takes(series: Series) -> Callable[[Taker], Taker]:
    """Register who hears what became of the mails of a series: ``taker(conn, provider_id,
    reports)`` writes in the transaction that closes the returned mail, and answers how many it
    knew. A report may come again, or of a mail that is not there any more."""
    def register(taker: Taker) -> Taker:
        _takers[series] = taker
        return taker
    return register


def tell(conn: Any, series: Series, provider_id: int, reports: Sequence[Report]) -> int:
    """Hand reports to whose they are; how many were known."""
    taker = _takers.get(series)
    return taker(conn, provider_id, reports) if taker is not None else 0
