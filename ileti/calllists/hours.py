"""When people may be called: the list's hours, Turkey time, and not on holidays (R-56).

The law names no hours; these are the provider's policy, and the default is what vendors advise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ileti.consents.deadlines import public_holidays
from ileti.core import clock

_LOOKED_AHEAD = 40


@dataclass(frozen=True)
class Hours:
    """``opens`` and ``closes`` in minutes of the Istanbul day."""

    opens: int
    closes: int
    on_holidays: bool

    def open_at(self, moment: datetime) -> bool:
        """Whether somebody may be called at an aware moment."""
        here = clock.to_istanbul(moment)
        return self._day_counts(here) and self.opens <= minute_of(here) < self.closes

    def next_opening(self, moment: datetime) -> datetime:
        """The first moment from this one on at which somebody may be called."""
        here = clock.to_istanbul(moment)
        for ahead in range(_LOOKED_AHEAD):
            day = here.date() + timedelta(days=ahead)
            opening = datetime.combine(day, time(), clock.ISTANBUL) + timedelta(minutes=self.opens)
            closing = opening + timedelta(minutes=self.closes - self.opens)
            if self._day_counts(opening) and here < closing:
                return max(opening, here)
        return here + timedelta(days=_LOOKED_AHEAD)

    def _day_counts(self, here: datetime) -> bool:
        return self.on_holidays or not is_holiday(here)


def is_holiday(moment: datetime) -> bool:
    """Whether the Istanbul day of a moment is a full public holiday."""
    day = clock.to_istanbul(moment).date()
    return day in public_holidays(day.year)


def minute_of(moment: datetime) -> int:
    """The minute of the Istanbul day."""
    here = clock.to_istanbul(moment)
    return here.hour * 60 + here.minute


def clock_of(minute: int) -> str:
    """``540`` → ``09:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
