"""The daily report over the API: the page's numbers, each account those of its own place."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.api.scoped import serve_with
from ileti.core import clock, db
from ileti.radar.counts import Left
from tests.panel.people import dealer_of, sign_in, user_with
from tests.radar.waiting import waiting
from tests.reports.house import answered, counted, taken

from .api_house import Program, account
from .resource_house import EVERY, get

DAILY = "/reports/daily"
TODAY = clock.today()


@pytest.fixture(autouse=True)
def _served(app: Any) -> None:
    serve_with(lambda: app)


def program(place: Any, **more: Any) -> Program:
    return Program(place, account(place, scopes=more.pop("scopes", EVERY), brings=False, **more))


def test_it_says_what_the_page_says(app: Any, place: Any) -> None:
    for _n in range(3):
        taken(place)
    answered(place, taken(place).items[0].entry_id, accepted=False, code="H180")
    waiting(place, clock.now() - timedelta(hours=1), 2)
    counted()
    told = get(program(place), DAILY).json
    page = sign_in(app, user_with(app, "provider_admin", place)).get("/raporlar/gunluk/").text
    tiles = [int(one) for one in re.findall(r'class="tile-number">([^<]+)<', page)]
    assert [told["consents"], told["refusals"], told["reasons"][0]["records"]] == tiles[:3]
    assert told["reasons"] == [{"code": "H180", "records": 1}]
    assert told["soFar"] is True
    assert told["waiting"]["late"] == 2
    assert Left.LATE.value == "gecikti"
    assert told["brands"] == [{"brand": str(place.brand_code), "consents": tiles[0],
                               "refusals": 0, "accepted": 0, "rejected": 1}]


def test_a_dealers_account_gets_the_dealers_numbers(place: Any, place_b: Any) -> None:
    dealer = dealer_of(place)
    for whom in (dealer, None, None):
        taken(place, dealer=whom)
    taken(place_b)
    counted()
    narrow = {"dealer": dealer, "brand": place.brand_id}
    assert [get(one, DAILY).json["consents"] for one in (
        program(place), program(place, **narrow), program(place_b))] == [3, 1, 1]


def test_a_day_may_be_asked_for_and_none_that_is_yet_to_come(place: Any) -> None:
    one = program(place)
    before = (TODAY - timedelta(1)).isoformat()
    assert get(one, DAILY, day=before).json["day"] == before
    for day in ((TODAY + timedelta(1)).isoformat(), "2001-01-01", "2026-02-30", "x"):
        assert get(one, DAILY, day=day).status_code == 422, day


def test_it_takes_the_scope_that_reads_reports(place: Any) -> None:
    other = program(place, scopes=["consents:list"])
    assert get(other, DAILY).status_code == 403
    assert db.system_connection().execute("select 1").fetchone() == (1,)
