"""The radar counts every record once, by place and time left, in two statements at most."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.core.clock import ISTANBUL
from ileti.radar import backlog, counts
from ileti.radar.counts import By, Left, Wanted, count
from ileti.tenancy import scope
from tests.panel.people import dealer_of
from tests.panel.test_today import heard
from tests.radar.waiting import waiting

# 20:30 in Istanbul: three and a half hours of the day are left
EVENING = datetime(2026, 11, 30, 20, 30, tzinfo=ISTANBUL)
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=ISTANBUL)
TONIGHT = datetime(2026, 11, 30, 23, 59, 59, tzinfo=ISTANBUL)


def by_left(app: Any, place: Any, by: By = By.BRAND, **wanted: Any) -> dict[Left, int]:
    """Numbers by time left, as head office sees them."""
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)):
        lines = count(by, Wanted(**wanted)).lines
    found: Counter[Left] = Counter()
    for line in lines:
        found[line.left] += line.number
    return dict(found)


@pytest.mark.parametrize(("now", "due", "left"), [
    (NOON, TONIGHT - timedelta(days=1), Left.LATE),
    (EVENING, TONIGHT, Left.HOURS),
    (NOON, TONIGHT, Left.TODAY),
    (NOON, TONIGHT + timedelta(days=1), Left.TOMORROW),
    (EVENING, TONIGHT + timedelta(days=1), Left.TOMORROW),
    (NOON, TONIGHT + timedelta(days=2), Left.LATER),
    (NOON, None, Left.NONE),
])
def test_a_record_is_counted_by_the_time_it_has_left_r33(
    app: Any, place: Any, now: datetime, due: datetime | None, left: Left
) -> None:
    waiting(place, due, 2)
    with clock.freeze(now):
        assert by_left(app, place) == {left: 2}


def test_places_sources_and_reasons_are_told_apart(app: Any, place: Any, place_b: Any) -> None:
    dealer = dealer_of(place)
    waiting(place, TONIGHT, 3)
    waiting(place, TONIGHT, 2, dealer_id=dealer, stopped="x", code=180)
    waiting(place_b, TONIGHT, 4)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)):
        lines = count(By.DEALER, Wanted()).lines
    assert {(one.key, one.stopped, one.iys_code): one.number for one in lines} == {
        (None, False, None): 3, (dealer, True, 180): 2}


def test_filters_narrow_what_is_counted(app: Any, place: Any) -> None:
    dealer = dealer_of(place)
    waiting(place, None, 3)
    waiting(place, None, 2, dealer_id=dealer)
    assert by_left(app, place, dealers=(dealer,)) == {Left.NONE: 2}
    assert by_left(app, place, brands=(place.brand_id,)) == {Left.NONE: 5}
    assert by_left(app, place, sources=(1,)) == {}


def test_a_dealer_counts_its_own_only(app: Any, place: Any) -> None:
    mine, other = dealer_of(place), dealer_of(place, "Karşıyaka Lale")
    waiting(place, None, 2, dealer_id=mine)
    waiting(place, None, 5, dealer_id=other)
    waiting(place, None, 3)
    own = scope.Scope(provider_id=place.provider_id, brand_id=place.brand_id, dealer_id=mine)
    with app.test_request_context(), scope.within(own):
        assert sum(one.number for one in count(By.SOURCE, Wanted()).lines) == 2
        backlog.count_backlogs(live=1)
        assert sum(one.number for one in count(By.SOURCE, Wanted()).lines) == 2


def test_two_statements_at_most_however_many_wait(app: Any, place: Any) -> None:
    waiting(place, None, 3)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)):
        with heard(app) as live:
            count(By.BRAND, Wanted())
        backlog.count_backlogs(live=2)
        with heard(app) as kept:
            count(By.BRAND, Wanted())
    assert (len(live), len(kept)) == (2, 1)
    assert "outbox" not in kept[0][0]


def test_a_long_queue_is_counted_whole_by_the_job_and_says_when(
    app: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "LIVE", 3)
    waiting(place, TONIGHT, 5)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)):
        before = count(By.BRAND, Wanted())
        backlog.count_backlogs(live=3)
        after = count(By.BRAND, Wanted())
    assert (sum(one.number for one in before.lines), before.capped) == (3, True)
    assert (sum(one.number for one in after.lines), after.capped) == (5, False)
    assert after.at is not None


def test_over_all_providers_long_and_short_queues_are_added_up(app: Any, place: Any,
                                                               place_b: Any) -> None:
    waiting(place, None, 4)
    waiting(place_b, None, 2)
    backlog.count_backlogs(live=3)
    both = Wanted(providers=(place.provider_id, place_b.provider_id))
    with app.test_request_context(), scope.within(scope.EVERYTHING):
        lines = count(By.PROVIDER, both).lines
    assert {one.key: one.number for one in lines} == {place.provider_id: 4,
                                                      place_b.provider_id: 2}


def test_counting_twice_leaves_one_count_and_a_short_queue_none(place: Any) -> None:
    waiting(place, None, 4)
    backlog.count_backlogs(live=3)
    backlog.count_backlogs(live=3)
    asked = "select coalesce(sum(number), 0) from deadline_count where provider_id = %s"
    assert db.connection().execute(asked, [place.provider_id]).fetchone()[0] == 4
    db.connection().execute("delete from outbox where provider_id = %s", [place.provider_id])
    backlog.count_backlogs(live=3)
    assert db.connection().execute(asked, [place.provider_id]).fetchone()[0] == 0
