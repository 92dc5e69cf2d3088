"""One statement per report: the reader's own figures, the same by whichever table."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.reports import queries
from ileti.reports.models import (
    ReportAgentDay,
    ReportBrandDay,
    ReportDay,
    ReportDealerDay,
    ReportDealerMonth,
    ReportSiteDay,
)
from ileti.reports.queries import Numbers, Wanted
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.panel.people import dealer_of
from tests.reports.house import answered, counted, taken

TODAY = clock.today()
WANTED = Wanted(TODAY - timedelta(6), TODAY)


@pytest.fixture(autouse=True)
def _in_app(app: Any) -> Any:
    with app.app_context():
        yield


def here(place: Any, **more: Any) -> Any:
    return scope.within(Scope(provider_id=place.provider_id, **more))


def test_a_dealer_reads_what_it_took_and_the_brand_all_of_it(place: Any, place_b: Any) -> None:
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    for dealer in (one, two, two, None):
        answered(place, taken(place, dealer=dealer).items[0].entry_id)
    taken(place_b)
    counted()
    for by, wide in (("channel", 4), ("dealer", 4), ("day", 4), ("month", 4)):
        with here(place):
            assert sum(line.numbers.taken for line in queries.lines(WANTED, by)) == wide
        with here(place, brand_id=place.brand_id, dealer_id=two):
            assert sum(line.numbers.taken for line in queries.lines(WANTED, by)) == 2
        with here(place_b):
            assert sum(line.numbers.taken for line in queries.lines(WANTED, by)) == 1
        assert queries.lines(WANTED, by) == [], "nobody at work sees nothing"
    with here(place):
        assert {line.key: line.numbers.accepted for line in queries.lines(WANTED, "dealer")} == {
            one: 1, two: 2, 0: 1}
        assert queries.totals(WANTED) == Numbers(4, 0, 4, 0, 0, 4, 480)
        assert queries.how_many(WANTED, "dealer") == 3
        assert queries.courses(WANTED, "dealer", [two], "day") == {two: {TODAY: 2}}


@pytest.mark.parametrize(("since", "until", "spans"), [
    (date(2026, 1, 1), date(2026, 12, 31), [("month", date(2026, 1, 1), date(2026, 12, 31))]),
    (date(2026, 1, 15), date(2026, 4, 10), [
        ("month", date(2026, 2, 1), date(2026, 3, 31)), ("day", date(2026, 1, 15),
                                                         date(2026, 1, 31)),
        ("day", date(2026, 4, 1), date(2026, 4, 10))]),
    (date(2026, 2, 1), date(2026, 4, 30), [("month", date(2026, 2, 1), date(2026, 4, 30))]),
    (date(2026, 1, 2), date(2026, 2, 20), [("day", date(2026, 1, 2), date(2026, 2, 20))]),
])
def test_a_long_span_is_read_by_whole_months_and_no_day_twice(
        since: date, until: date, spans: list[Any]) -> None:
    wanted = Wanted(since, until)
    wanted = Wanted(since, until)
    names = {ReportDealerMonth: "month", ReportDealerDay: "day"}
    assert [(names[one[0]], *one[1:]) for one in queries._spans(
        wanted, {"dealer"}, fine=wanted.days <= queries.BY_DAY)] == spans
    assert queries._spans(wanted, set(), fine=False) == [(ReportBrandDay, since, until)]


@pytest.mark.parametrize(("asked", "table"), [
    (set(), ReportBrandDay), ({"site"}, ReportSiteDay), ({"agent"}, ReportAgentDay),
    ({"dealer"}, ReportDealerDay), ({"dealer", "agent"}, ReportDay), ({"site", "agent"}, ReportDay),
])
def test_a_question_is_asked_of_the_smallest_table_that_knows(asked: set[str], table: Any) -> None:
    assert queries._spans(WANTED, asked, fine=True) == [(table, WANTED.since, WANTED.until)]


def test_the_same_figures_come_from_days_and_from_months(place: Any) -> None:
    dealer = dealer_of(place)
    for at in (date(2025, 1, 20), date(2025, 2, 3), date(2025, 3, 31), date(2025, 4, 2)):
        for table, day in (("report_dealer_day", at), ("report_dealer_month", at.replace(day=1)),
                           ("report_brand_day", at)):
            wide = table != "report_brand_day"
            db.system_connection().execute(
                f"insert into {table} (provider_id, day, brand_id, channel, source, status, "
                f"recipient_type, taken{', dealer_id' if wide else ''}) values "
                f"(%s, %s, %s, 2, 6, 1, 2, 10{f', {dealer}' if wide else ''})",
                (place.provider_id, day, place.brand_id))
    span = Wanted(date(2025, 1, 15), date(2025, 4, 1))
    with here(place):
        assert [line.numbers.consents for line in queries.lines(span, "dealer")] == [30]
        assert [line.numbers.consents for line in queries.lines(span, "channel")] == [30]
        assert [line.numbers.consents for line in queries.lines(span, "month")] == [10, 10, 10]
        narrowed = Wanted(span.since, span.until, {"dealer": [dealer], "channel": [2]})
        assert queries.totals(narrowed).consents == 30
        assert queries.totals(Wanted(span.since, span.until, {"channel": [1]})) == Numbers()


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    assert Wanted(date(2026, 11, 8), date(2026, 11, 14)).before() == Wanted(
        date(2026, 11, 1), date(2026, 11, 7))


def test_empty_spans_stand_in_their_place() -> None:
    assert queries.starts(Wanted(date(2026, 11, 4), date(2026, 11, 17)), "week") == [
        date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
    assert queries.starts(Wanted(date(2025, 12, 31), date(2026, 2, 1)), "month") == [
        date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
