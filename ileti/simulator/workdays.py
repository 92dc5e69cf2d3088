"""Business days of Turkey, counted by the simulator itself.

The three-business-day rule (H467, İYS API §3.2; R-40) is the one with the most room for a quiet
mistake, so the simulator has a calendar of its own and does not ask the client's. Saturdays,
Sundays and public holidays are no business days. Half days (eves of the religious feasts and
28 October from 13:00) are counted as business days because their morning is worked; a switch
turns that round. A year the calendar does not know counts weekends only, which is the stricter
reading.
"""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

from ileti.simulator.clock import written

_loading = threading.Lock()


@lru_cache(maxsize=64)
def _free_days(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Public holidays and half days of a year."""
    with _loading:
        public = holidays.country_holidays("TR", years=year, categories=("public",))
        half = holidays.country_holidays("TR", years=year, categories=("half_day",))
    return frozenset(public), frozenset(half) - frozenset(public)


def is_business_day(day: date, *, half_day_counts: bool = True) -> bool:
    """Whether `day` is worked; a half day is, unless `half_day_counts` is off."""
    if day.weekday() >= 5:
        return False
    public, half = _free_days(day.year)
    return day not in public and (half_day_counts or day not in half)


@lru_cache(maxsize=4096)
def _oldest_day(today: date, business_days: int, half_day_counts: bool) -> date:
    """The `business_days`-th business day before `today`: its own term ends today."""
    day, found = today, 0
    while found < business_days:
        day -= timedelta(days=1)
        found += is_business_day(day, half_day_counts=half_day_counts)
    return day


def oldest_consent_date(
    now: datetime, *, business_days: int = 3, half_day_counts: bool = True,
    to_the_hour: bool = False,
) -> str:
    """The oldest `consentDate` still taken at `now`, as İYS writes it.

    The day of the consent does not count; the term ends at the end of the third business day
    after it. A consent of Monday noon is taken until Thursday midnight; `to_the_hour` reads the
    rule narrowly: until Thursday noon.
    """
    day = _oldest_day(now.date(), business_days, half_day_counts)
    if to_the_hour and is_business_day(now.date(), half_day_counts=half_day_counts):
        return written(datetime.combine(day, now.time(), tzinfo=now.tzinfo))
    return written(datetime.combine(day, datetime.min.time(), tzinfo=now.tzinfo))
