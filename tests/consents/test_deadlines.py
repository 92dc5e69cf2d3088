"""The three-business-day clock over twenty years of Turkish calendars (R-33, R-40)."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Settings, WrongSetting, load_settings
from ileti.consents import deadlines
from ileti.consents.deadlines import (
    business_days_between,
    calendar_known,
    deadline,
    due_at,
    due_on,
    is_business_day,
    is_half_day,
    is_overdue,
    next_holiday,
    public_holidays,
    unknown_years,
)
from ileti.consents.vocabulary import RecipientType, Source
from ileti.core.clock import ISTANBUL

DAYS = st.dates(dt.date(2015, 5, 1), dt.date(2035, 12, 31))


def due_day(day: str) -> str:
    """The Istanbul day on which a consent of that Istanbul day becomes late."""
    return due_on(dt.date.fromisoformat(day)).astimezone(ISTANBUL).date().isoformat()


@pytest.mark.parametrize(
    ("taken", "due", "why"),
    [
        ("2026-11-23", "2026-11-26", "Monday of an ordinary week"),
        ("2026-11-20", "2026-11-25", "Friday: the weekend does not count"),
        ("2026-11-21", "2026-11-25", "Saturday is like the Friday before it"),
        ("2026-11-22", "2026-11-25", "Sunday too"),
        ("2015-07-15", "2015-07-21", "Ramazan Bayramı 2015; 15 July was no holiday yet"),
        ("2016-07-14", "2016-07-19", "15 July 2016 was a business day"),
        ("2019-07-12", "2019-07-18", "since 2017 it is a holiday"),
        ("2018-06-13", "2018-06-19", "Thursday's eve counts, Friday of Ramazan Bayramı does not"),
        ("2019-08-08", "2019-08-16", "Kurban Bayramı 2019, Sunday to Wednesday"),
        ("2020-05-21", "2020-05-28", "Ramazan Bayramı 2020"),
        ("2021-07-16", "2021-07-27", "Kurban Bayramı 2021: its eve counts, four days do not"),
        ("2022-04-29", "2022-05-09", "Labour Day and Ramazan Bayramı 2022"),
        ("2023-04-19", "2023-04-25", "Ramazan Bayramı 2023 and 23 April"),
        ("2024-04-08", "2024-04-16", "Ramazan Bayramı 2024"),
        ("2024-06-14", "2024-06-24", "Kurban Bayramı 2024"),
        ("2025-03-28", "2025-04-04", "Ramazan Bayramı 2025"),
        ("2025-06-04", "2025-06-11", "Kurban Bayramı 2025"),
        ("2025-10-27", "2025-10-31", "28 October, a half day, counts; 29 October does not"),
        ("2025-12-30", "2026-01-05", "over New Year"),
        ("2026-03-18", "2026-03-24", "Ramazan Bayramı 2026"),
        ("2026-05-25", "2026-06-02", "Kurban Bayramı 2026"),
        ("2026-12-31", "2027-01-06", "New Year's Day on a Friday"),
        ("2027-05-14", "2027-05-24", "Kurban Bayramı 2027 runs into 19 May"),
        ("2029-04-20", "2029-05-03", "23 April on the eve of a feast, then 1 May"),
        ("2030-04-11", "2030-04-18", "Kurban Bayramı 2030"),
        ("2032-01-13", "2032-01-21", "Ramazan Bayramı 2032"),
        ("2033-10-28", "2033-11-02", "29 October on a Saturday"),
        ("2034-05-18", "2034-05-24", "19 May on a Friday"),
        ("2035-12-28", "2036-01-03", "the feasts are estimated, New Year is not"),
    ],
)
def test_the_third_business_day_is_the_last(taken: str, due: str, why: str) -> None:
    assert due_day(taken) == due, why


def test_a_consent_before_a_feast_week_has_until_after_it() -> None:
    """R-40's own example: Friday 16:00 before a holiday week."""
    taken = dt.datetime(2024, 6, 14, 16, 0, tzinfo=ISTANBUL)
    assert due_at(taken) == dt.datetime(2024, 6, 24, 20, 59, 59, tzinfo=dt.UTC)


def test_the_day_is_istanbuls_not_utcs() -> None:
    """22:30 UTC on Sunday is already Monday in Istanbul, always three hours ahead."""
    sunday_night = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
    assert due_at(sunday_night) == dt.datetime(2026, 11, 26, 20, 59, 59, tzinfo=dt.UTC)
    winter = dt.datetime(2026, 1, 5, tzinfo=ISTANBUL)
    summer = dt.datetime(2026, 7, 6, tzinfo=ISTANBUL)
    assert winter.utcoffset() == summer.utcoffset() == dt.timedelta(hours=3)


def test_the_last_second_is_in_time_and_the_next_is_late() -> None:
    taken = dt.datetime(2026, 11, 23, 0, 0, tzinfo=ISTANBUL)
    last = dt.datetime(2026, 11, 26, 23, 59, 59, 999_999, tzinfo=ISTANBUL)
    assert not is_overdue(taken, last)
    assert is_overdue(taken, last + dt.timedelta(microseconds=1))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        due_at(dt.datetime(2026, 11, 23, 12, 0))  # noqa: DTZ001


def test_a_half_day_counts_because_the_earlier_deadline_is_the_safe_one() -> None:
    eve = dt.date(2026, 10, 28)
    assert is_half_day(eve)
    assert is_business_day(eve)
    assert not is_half_day(dt.date(2026, 10, 29))
    assert not is_business_day(dt.date(2026, 10, 29))


def test_published_years_are_known_and_estimated_years_are_not() -> None:
    assert all(calendar_known(year) for year in range(2015, 2033))
    assert not any(calendar_known(year) for year in range(2033, 2040))


def test_an_estimated_feast_never_buys_time() -> None:
    """2035: 19 February is estimated as Kurban Bayramı; it counts as a business day."""
    assert is_business_day(dt.date(2035, 2, 19))
    assert dt.date(2035, 4, 23) in public_holidays(2035)


def test_every_known_year_has_its_seven_fixed_and_seven_feast_days() -> None:
    for year in range(2017, 2033):
        fixed = {(1, 1), (4, 23), (5, 1), (5, 19), (7, 15), (8, 30), (10, 29)}
        days = {(day.month, day.day) for day in public_holidays(year)}
        assert fixed <= days
        assert 12 <= len(days) <= 14, year


@given(DAYS)
def test_exactly_three_business_days_lie_between_consent_and_deadline(day: dt.date) -> None:
    last = due_on(day).astimezone(ISTANBUL).date()
    assert business_days_between(day, last) == 3
    assert is_business_day(last)
    assert dt.timedelta(days=3) <= last - day <= dt.timedelta(days=14)


@given(DAYS)
def test_a_later_consent_is_never_due_earlier(day: dt.date) -> None:
    assert due_on(day) <= due_on(day + dt.timedelta(days=1))


def test_no_business_days_lie_between_a_day_and_itself_or_an_earlier_one() -> None:
    monday = dt.date(2026, 11, 23)
    assert business_days_between(monday, monday) == 0
    assert business_days_between(monday, monday - dt.timedelta(days=9)) == 0
    assert business_days_between(monday, monday + dt.timedelta(days=7)) == 5


# -- what the settings say goes before the calendar ----------------------------------------------


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Settings of this test; the calendar is read anew."""
    def use(**given: Any) -> None:
        made = Settings(**given)
        monkeypatch.setattr(deadlines, "settings", lambda: made)
        deadlines.forget_calendar()

    yield use
    monkeypatch.undo()
    deadlines.forget_calendar()


def test_a_day_off_that_only_the_settings_know_moves_the_deadline_r40(settled: Any) -> None:
    assert due_day("2026-11-23") == "2026-11-26"
    settled(holiday_changes="2026-11-24=holiday")
    assert due_day("2026-11-23") == "2026-11-27"
    assert next_holiday(dt.date(2026, 11, 1)) == dt.date(2026, 11, 24)


def test_a_holiday_of_the_calendar_can_be_made_a_business_day(settled: Any) -> None:
    settled(holiday_changes="2026-10-29=workday, 2026-10-30=half")
    assert due_day("2026-10-27") == "2026-10-30"
    assert is_half_day(dt.date(2026, 10, 30))
    assert is_business_day(dt.date(2026, 10, 30))


def test_entered_feasts_count_and_end_the_warning(settled: Any) -> None:
    """2033: Kurban Bayramı is estimated for Friday 11 to Monday 14 March."""
    assert due_day("2033-03-10") == "2033-03-15"
    settled(holiday_changes="2033-03-11=holiday,2033-03-14=holiday", holiday_years_known="2033")
    assert due_day("2033-03-10") == "2033-03-17"
    assert calendar_known(2033)
    assert not calendar_known(2034)


def test_a_year_of_which_the_calendar_knows_nothing_is_no_known_year() -> None:
    assert not calendar_known(2150)
    assert is_business_day(dt.date(2150, 4, 23))


def test_the_warning_comes_before_the_year_does() -> None:
    assert unknown_years(dt.date(2032, 10, 1)) == []
    assert unknown_years(dt.date(2032, 11, 20)) == [2033]
    assert unknown_years(dt.date(2033, 12, 1)) == [2033, 2034]


@pytest.mark.parametrize("wrong", ["2033-03-11", "2033-03-11=off", "2033-02-30=holiday"])
def test_a_wrong_day_in_the_settings_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("HOLIDAY_CHANGES", wrong)
    with pytest.raises(WrongSetting, match="HOLIDAY_CHANGES"):
        load_settings()


# -- whose record has which deadline -------------------------------------------------------------

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=ISTANBUL)
OLD = dt.datetime(2021, 5, 3, 10, 0, tzinfo=ISTANBUL)


def test_a_consumers_record_has_three_business_days_r33() -> None:
    assert deadline(NOON, now=NOON) == due_at(NOON)


def test_a_merchants_record_has_none_unless_a_switch_says_so(settled: Any) -> None:
    assert deadline(NOON, now=NOON, recipient_type=RecipientType.TACIR) is None
    settled(three_days_for_merchants=True)
    assert deadline(NOON, now=NOON, recipient_type=RecipientType.TACIR) == due_at(NOON)


def test_hs_2015_never_has_a_deadline_r41() -> None:
    assert deadline(OLD, now=NOON, source=Source.HS_2015) is None


def test_until_the_activation_date_old_consents_have_until_its_end_r40() -> None:
    last = dt.datetime(2026, 11, 30, 23, 59, 59, tzinfo=ISTANBUL)
    assert deadline(OLD, now=NOON, activation_date=last.date()) == last
    assert deadline(OLD, now=NOON, activation_date=dt.date(2026, 11, 1)) < NOON  # type: ignore[operator]


def test_a_fresh_consent_keeps_three_days_before_the_activation_date_too() -> None:
    assert deadline(NOON, now=NOON, activation_date=dt.date(2026, 12, 31)) == due_at(NOON)
