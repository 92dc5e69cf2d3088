"""The numbers of one day against a hand count from the ledger, and who sees which of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock, db, orm
from ileti.radar.counts import Left
from ileti.reports.daily import numbers
from ileti.reports.queries import Numbers
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.panel.people import dealer_of
from tests.radar.waiting import waiting
from tests.reports.house import answered, counted, taken

TODAY = clock.today()


@pytest.fixture(autouse=True)
def _in_app(app: Any) -> Iterator[None]:
    with app.app_context():
        yield


def here(place: Any, **more: Any) -> Any:
    return scope.within(Scope(provider_id=place.provider_id, **more))


def hand_count(place: Any, status: Status, channel: Channel | None = None) -> int:
    """Entries of today in the ledger itself."""
    row = db.system_connection().execute(
        "select count(*) from consent_entry where provider_id = %s and status = %s "
        "and (captured_at at time zone 'Europe/Istanbul')::date = %s "
        "and (%s::int is null or channel = %s)",
        (place.provider_id, int(status), TODAY, channel and int(channel),
         channel and int(channel))).fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_taken_is_what_a_hand_counts_in_the_ledger(place: Any) -> None:
    for n in range(5):
        taken(place, channels=list(Channel) if n < 2 else (Channel.ARAMA,))
    taken(place, status=Status.RET)
    counted()
    with here(place):
        found = numbers.taken(TODAY)
    assert found.total(TODAY).consents == hand_count(place, Status.ONAY) == 9
    assert found.total(TODAY).refusals == hand_count(place, Status.RET) == 1
    for channel in Channel:
        assert found.days[TODAY][channel].consents == hand_count(place, Status.ONAY, channel)
    assert found.total(TODAY - timedelta(1)) == Numbers()


def test_what_citizens_change_at_iys_is_no_consent_taken_here(place: Any) -> None:
    taken(place)
    db.system_connection().execute(
        "insert into report_brand_day (provider_id, day, brand_id, channel, source, status, "
        "recipient_type, taken) values (%s, %s, %s, 2, %s, 2, 2, 7)",
        (place.provider_id, TODAY, place.brand_id, int(Source.IYS_WEB)))
    counted()
    with here(place):
        found = numbers.taken(TODAY)
    assert found.total(TODAY).taken == 1
    assert {channel: one.refusals for channel, one in found.changed.items()} == {2: 7}


def test_refusals_of_iys_count_on_the_day_they_came_each_record_once(place: Any,
                                                                     place_b: Any) -> None:
    first, second = (taken(place).items[0].entry_id for _n in range(2))
    for entry, code in ((first, "H180"), (first, "H180"), (second, "H120")):
        answered(place, entry, accepted=False, code=code)
    answered(place_b, taken(place_b).items[0].entry_id, accepted=False, code="H178")
    with here(place):
        assert numbers.refusals(TODAY) == {"H180": 1, "H120": 1}
        assert numbers.refusals(TODAY - timedelta(1)) == {}


def test_a_dealer_sees_its_own_day_and_a_brand_its_own(place: Any, place_b: Any) -> None:
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    for dealer in (one, two, two, None):
        answered(place, taken(place, dealer=dealer).items[0].entry_id, accepted=False, code="H180")
    taken(place_b)
    counted()
    seen = {}
    for name, more in (("provider", {}), ("brand", {"brand_id": place.brand_id}),
                       ("one", {"brand_id": place.brand_id, "dealer_id": one}),
                       ("two", {"brand_id": place.brand_id, "dealer_id": two})):
        with here(place, **more):
            seen[name] = (numbers.taken(TODAY).total(TODAY).consents,
                          numbers.refusals(TODAY).total())
    assert seen == {"provider": (4, 4), "brand": (4, 4), "one": (1, 1), "two": (2, 2)}
    with here(place, brand_id=place_b.brand_id):
        assert numbers.taken(TODAY).total(TODAY) == Numbers(), "another's brand is nobody's here"
    assert numbers.taken(TODAY).total(TODAY) == Numbers(), "nobody at work sees nothing"


def test_what_waits_is_told_by_the_time_that_is_left_r40(place: Any) -> None:
    now = clock.now()
    waiting(place, now - timedelta(hours=1), 2)
    waiting(place, now + timedelta(days=2), 3)
    with here(place):
        left = numbers.left(numbers.waiting())
    assert (left[Left.LATE], left[Left.LATER]) == (2, 3)


def test_nothing_of_what_waits_for_people_is_a_dealers(place: Any) -> None:
    with here(place, brand_id=place.brand_id, dealer_id=dealer_of(place)):
        assert numbers.people() == numbers.People()


def test_each_block_is_one_statement_but_the_words_beside_it(place: Any) -> None:
    counts: list[str] = []
    event.listen(orm.db.engine, "before_cursor_execute",
                 lambda *given: counts.append(given[2]))
    blocks = (lambda: numbers.taken(TODAY), lambda: numbers.by_brand(TODAY),
              lambda: numbers.refusals(TODAY), lambda: numbers.missed_on(TODAY),
              lambda: numbers.reconciled(TODAY), lambda: numbers.sent(TODAY),
              lambda: numbers.complaints(TODAY), lambda: numbers.imported(TODAY), numbers.people)
    with here(place):
        for number, block in enumerate(blocks):
            counts.clear()
            block()
            assert len(counts) == 1, (number, counts)
    assert json.dumps(counts), "the listener heard them"
