"""The three-business-day clock, which decides whether a consent may ever be used.

Why this module exists: a consent or refusal taken outside İYS must be there within three business
days (R-33), and İYS refuses older records (R-40, H467). Neither the law nor İYS says how a business
day is counted. Where they are silent we take the reading with the EARLIER deadline, because being
early costs nothing and being late costs the consent:

* Saturdays, Sundays and full public holidays (law 2429) are not business days;
* half days (28 October, the eves of the two feasts) ARE business days, and so are bridge days off
  that only public servants get;
* the day of consent does not count; the deadline is 23:59:59 Istanbul of the third business day;
* in a year whose feasts are only estimated, the feasts count as business days, the deadline is
  thus too early rather than too late, and ``calendar_known`` says no so that somebody is warned.

The calendar comes from the package ``holidays`` and is cached per year. Istanbul is UTC+3 all year.
"""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from typing import Final

import holidays

from ileti.core.clock import ISTANBUL, to_istanbul

BUSINESS_DAYS: Final = 3

_DAY: Final = dt.timedelta(days=1)
_LAST_SECOND: Final = dt.time(23, 59, 59)
_SATURDAY: Final = 5
_ESTIMATED: Final = "tahmini"


def due_at(consent_date: dt.datetime) -> dt.datetime:
    """The last second at which İYS takes a record of that consent date, aware, in UTC (R-40).

    ``consent_date`` must be aware; its day is the Istanbul day. ``ValueError`` when naive.
    """
    return due_on(istanbul_day(consent_date))


@lru_cache(maxsize=4096)
def due_on(day: dt.date) -> dt.datetime:
    """As ``due_at``, for a consent taken on that Istanbul day."""
    left = BUSINESS_DAYS
    while left:
        day += _DAY
        left -= is_business_day(day)
    return dt.datetime.combine(day, _LAST_SECOND, ISTANBUL).astimezone(dt.UTC)


def is_overdue(consent_date: dt.datetime, now: dt.datetime) -> bool:
    """Whether İYS would refuse a record of that consent date at ``now`` (R-40, H467)."""
    # The deadline names a second, and that whole second is still in time.
    return now.replace(microsecond=0) > due_at(consent_date)


def business_days_between(earlier: dt.date, later: dt.date) -> int:
    """Business days after ``earlier`` up to and with ``later``; 0 when ``later`` is not later."""
    days = (later - earlier).days
    return sum(is_business_day(earlier + _DAY * step) for step in range(1, days + 1))


def is_business_day(day: dt.date) -> bool:
    """Whether the clock runs on that day; half days count, see the head of this module."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


def is_half_day(day: dt.date) -> bool:
    """Whether public offices close at 13:00 that day; shown to people, not counted."""
    return day in _year(day.year, "half_day")


@cache
def public_holidays(year: int) -> frozenset[dt.date]:
    """The full holidays of a year that are known for certain; estimated feasts are left out."""
    return frozenset(day for day, name in _year(year, "public").items() if _ESTIMATED not in name)


@cache
def calendar_known(year: int) -> bool:
    """Whether the feasts of that year are published. If not, deadlines may be days too early."""
    names = _year(year, "public").values()
    return not any(_ESTIMATED in name for name in names)


def istanbul_day(moment: dt.datetime) -> dt.date:
    """The calendar day in Istanbul of an aware moment; ``ValueError`` when naive."""
    return to_istanbul(moment).date()


@cache
def _year(year: int, category: str) -> dict[dt.date, str]:
    calendar = holidays.country_holidays("TR", years=year, categories=(category,), language="tr")
    # A year's calendar must not answer for its neighbours: the package fills them in on look-up.
    return {day: name for day, name in calendar.items() if day.year == year}
