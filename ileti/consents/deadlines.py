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

The calendar comes from the package ``holidays``; the settings HOLIDAY_CHANGES and
HOLIDAY_YEARS_KNOWN go before it. It is cached per year. Istanbul is UTC+3 all year.

Not every record has a deadline: merchants' records are not bound unless a setting says so, and
HS_2015 never is (İYS judgement 18). Up to a provider's activation date İYS takes old consents too:
what was already late when it came has until the end of that day. See :func:`deadline`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

import holidays

from config import parse_holiday_changes, settings
from ileti.consents.vocabulary import RecipientType, Source
from ileti.core.clock import ISTANBUL, to_istanbul

BUSINESS_DAYS: Final = 3

_DAY: Final = dt.timedelta(days=1)
_LAST_SECOND: Final = dt.time(23, 59, 59)
_SATURDAY: Final = 5
_ESTIMATED: Final = "tahmini"
_FEASTS: Final = ("Ramazan Bayramı", "Kurban Bayramı")
_SOON: Final = dt.timedelta(days=60)


def deadline(
    consent_date: dt.datetime, *, now: dt.datetime, source: Source = Source.NONE,
    recipient_type: RecipientType = RecipientType.BIREYSEL,
    activation_date: dt.date | None = None,
) -> dt.datetime | None:
    """The last second at which a record that comes in ``now`` must be at İYS; None for none.

    Up to and with ``activation_date`` İYS takes what is older than three business days; such a
    record has until the end of that day. A fresh one keeps the law's three days (R-33, R-40).
    """
    if source is Source.HS_2015 or recipient_type not in bound_types():
        return None
    due = due_at(consent_date)
    if activation_date is not None and due < now:
        return max(due, _end_of(activation_date))
    return due


def bound_types() -> frozenset[RecipientType]:
    """Whose records the three business days bind (İYS judgement 18, a switch)."""
    every = frozenset(RecipientType)
    return every if settings().three_days_for_merchants else every - {RecipientType.TACIR}


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
    return _end_of(day)


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
    changed = _changes().get(day)
    return changed == "half" if changed else day in _year(day.year, "half_day")


@cache
def public_holidays(year: int) -> frozenset[dt.date]:
    """The full holidays of a year that are known for certain; estimated feasts are left out."""
    return frozenset(holiday_names(year))


@cache
def holiday_names(year: int) -> Mapping[dt.date, str]:
    """The same days with the calendar's Turkish names, in order; "" for a day of the settings."""
    changed = {day: kind for day, kind in _changes().items() if day.year == year}
    named = {day: name for day, name in _year(year, "public").items()
             if _ESTIMATED not in name and day not in changed}
    named |= {day: "" for day, kind in changed.items() if kind == "holiday"}
    return dict(sorted(named.items()))


@cache
def half_day_names(year: int) -> Mapping[dt.date, str]:
    """The half days of a year as ``holiday_names`` has the full ones."""
    changed = {day: kind for day, kind in _changes().items() if day.year == year}
    named = {day: name for day, name in _year(year, "half_day").items()
             if _ESTIMATED not in name and day not in changed}
    named |= {day: "" for day, kind in changed.items() if kind == "half"}
    return dict(sorted(named.items()))


def next_holiday(day: dt.date) -> dt.date | None:
    """The first full holiday after ``day`` that is no weekend anyway; None when none is known."""
    coming = (one for year in (day.year, day.year + 1) for one in holiday_names(year))
    return next((one for one in coming if one > day and one.weekday() < _SATURDAY), None)


@cache
def calendar_known(year: int) -> bool:
    """Whether the feasts of that year are published. If not, deadlines may be days too early."""
    if str(year) in [one.strip() for one in settings().holiday_years_known.split(",")]:
        return True
    names = _year(year, "public").values()
    return (all(any(feast in name for name in names) for feast in _FEASTS)
            and not any(_ESTIMATED in name for name in names))


def unknown_years(day: dt.date) -> list[int]:
    """Years without published feasts that deadlines of ``day`` and the next weeks fall into."""
    return sorted({year for year in (day.year, (day + _SOON).year) if not calendar_known(year)})


def forget_calendar() -> None:
    """Read the settings and the calendar anew; for tests."""
    for kept in (due_on, public_holidays, holiday_names, half_day_names, calendar_known, _changes):
        kept.cache_clear()


def istanbul_day(moment: dt.datetime) -> dt.date:
    """The calendar day in Istanbul of an aware moment; ``ValueError`` when naive."""
    return to_istanbul(moment).date()


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, _LAST_SECOND, ISTANBUL).astimezone(dt.UTC)


@cache
def _changes() -> Mapping[dt.date, str]:
    return parse_holiday_changes(settings().holiday_changes)


@cache
def _year(year: int, category: str) -> dict[dt.date, str]:
    calendar = holidays.country_holidays("TR", years=year, categories=(category,), language="tr")
    # A year's calendar must not answer for its neighbours: the package fills them in on look-up.
    return {day: name for day, name in calendar.items() if day.year == year}
