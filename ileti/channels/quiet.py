"""When advertisements may speak: quiet hours and holidays of the sender (R-56).

Why this module exists: no law names hours for SMS, but nobody wants an advertisement at night. The
hours are the provider's policy, told in Turkey's time, and keep commercial messages only; what is
exempt (a code, a delivery) goes at once. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final

from ileti.consents import deadlines
from ileti.core.clock import ISTANBUL, to_istanbul

DAY_MINUTES: Final = 24 * 60
#: nine in the evening until nine in the morning, where nobody said otherwise
USUAL: Final = (21 * 60, 9 * 60)
_MOST_DAYS: Final = 30


def speaks_from(moment: datetime, quiet: tuple[int, int] | None,
                holiday: Callable[[date], bool] | None) -> datetime:
    """The first moment from ``moment`` on at which messages may go; ``quiet`` minutes of the day
    from which and until which they may not, ``holiday`` days on which they may not at all."""
    at = to_istanbul(moment)
    for _ in range(_MOST_DAYS):
        if holiday is not None and holiday(at.date()):
            at = _next_day(at)
            continue
        until = _silent_until(at, quiet)
        if until is None:
            return at if at != to_istanbul(moment) else moment
        at = until
    return at


def holiday(day: date) -> bool:
    """Whether the day is a public holiday in Turkey."""
    return day in deadlines.public_holidays(day.year)


def silent_from(moment: datetime, quiet: tuple[int, int] | None, most: timedelta) -> datetime:
    """Until when an order may ring that is given at ``moment``: as long as ``most``, and never into
    the quiet hours. Whoever asks within them gets the moment itself."""
    at, latest = to_istanbul(moment), moment + most
    if quiet is None or quiet[0] == quiet[1]:
        return latest
    if _silent_until(at, quiet) is not None:
        return moment
    begins = _at(at, quiet[0])
    return min(latest, begins if begins > at else _at(_next_day(at), quiet[0]))


def _silent_until(at: datetime, quiet: tuple[int, int] | None) -> datetime | None:
    if quiet is None or quiet[0] == quiet[1]:
        return None
    begin, end = quiet
    minute = at.hour * 60 + at.minute
    if begin < end:
        return _at(at, end) if begin <= minute < end else None
    if minute >= begin:
        return _at(_next_day(at), end)
    return _at(at, end) if minute < end else None


def _at(day: datetime, minute: int) -> datetime:
    return datetime.combine(day.date(), time(minute // 60, minute % 60), ISTANBUL)


def _next_day(at: datetime) -> datetime:
    return datetime.combine(at.date() + timedelta(days=1), time(), ISTANBUL)
