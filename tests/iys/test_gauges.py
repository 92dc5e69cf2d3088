"""İYS's limits on the page of a provider's connection: what is used, what is left, what is shut."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from iys_house import Registry, forward, no_redis, phones, settle, take

from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys.budget import RequestBudget, budget_for
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.gauges import Gauge, limits
from ileti.iys.hourly import history_hour, status_hour
from ileti.iys.share import Share, _key, note_answer, share_of
from ileti.tenancy import scope
from tests.panel.people import sign_in, user_with


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


def gauge(app: Any, shop: Any, label: str) -> Gauge:
    mine = scope.within(scope.Scope(provider_id=shop.provider_id))
    with app.test_request_context(), mine:
        found = [one for one in limits(shop.provider_id)["gauges"] if str(one.label) == label]
    return found[0]


def page(app: Any, shop: Any, role: str = "provider_admin", language: str = "") -> str:
    client = sign_in(app, user_with(app, role, shop))
    if language:
        client.get(f"/lang/{language}")
    text = client.get(f"/saglayicilar/show/{shop.provider_id}").text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"(?s)<(script|style|svg).*?</\1>|<[^>]+>", " ", text))


def test_every_budget_that_iys_names_is_on_the_page_in_both_languages(app: Any, shop: Any) -> None:
    told = page(app, shop)
    for words in ("Son saniyedeki istek", "Bu saatteki jeton isteği", "Bu saatteki tekil durum",
                  "Bu saatteki geçmiş sorgusu", "Listedeki kayıt", "Sorgu listesindeki alıcı",
                  "24 saatteki başarı payı"):
        assert words in told
    assert "1.000" in told
    english = page(app, shop, language="en")
    assert "Single status queries this hour" in english
    assert "Answered well in 24 hours" in english


def test_questions_of_the_hour_are_counted_and_what_is_left_is_said(
        app: Any, shop: Any, given: Any, monkeypatch: Any) -> None:
    hour = status_hour(given.iys_base_url)
    for _ in range(3):
        assert hour.take() == 0
    found = gauge(app, shop, "Bu saatteki tekil durum sorgusu")
    assert (found.used, found.most, found.tone) == (3, 1000, "")
    assert found.left == "997 kaldı · 200 tanesi yalnız iletim için"


def test_an_hour_that_iys_calls_full_is_shut_with_its_code(app: Any, shop: Any, given: Any) -> None:
    history_hour(given.iys_base_url).full()
    found = gauge(app, shop, "Bu saatteki geçmiş sorgusu")
    assert (found.shut, found.tone, found.code) == (True, "bad", "H089")
    assert "İYS bittiğini bildirdi · H089" in page(app, shop)


def test_little_left_is_drawn_as_a_warning(app: Any, shop: Any, given: Any,
                                           monkeypatch: Any) -> None:
    monkeypatch.setattr(given, "iys_history_requests_per_hour", 10)
    hour = history_hour(given.iys_base_url)
    taken = [hour.take() for _ in range(8)]
    assert taken == [0.0] * 8
    assert gauge(app, shop, "Bu saatteki geçmiş sorgusu").tone == "wait"


def test_token_calls_and_their_block_are_shown(app: Any, shop: Any, given: Any) -> None:
    client = client_for(shop.provider_id)
    client.brands()
    assert gauge(app, shop, "Bu saatteki jeton isteği").used == 1
    client._tokens.block(600)
    found = gauge(app, shop, "Bu saatteki jeton isteği")
    assert (found.shut, found.left) == (True, "10 dakika kapalı")


def test_requests_of_the_last_second_are_those_of_all_workers(shop: Any, given: Any) -> None:
    where = f"http://{os.urandom(4).hex()}.ornek.test"
    one, other = RequestBudget(where, 20), RequestBudget(where, 20)
    one.take()
    one.take()
    assert other.used()[0] == 2
    other.pause(5)
    assert one.used()[1] is True
    assert RequestBudget(where, 20, store=no_redis).used() == (0, False)
    assert budget_for(given.iys_base_url).used()[1] is False


def test_the_largest_list_is_the_providers_own(app: Any, shop: Any, place_b: Any,
                                               registry: Registry) -> None:
    take(shop, phones(30))
    forward(shop)
    settle(shop)
    db.connection().execute(
        "insert into iys_batch (provider_id, brand_id, state, size, open_rows, next_at, entry_ids) "
        "values (%s, %s, 3, 999, 0, now(), array(select generate_series(1, 999)))",
        (place_b.provider_id, place_b.brand_id))
    assert gauge(app, shop, "Listedeki kayıt").used == 30


# -- the share by which İYS keeps an address ------------------------------------------------------


def test_only_calls_that_we_spoil_count_against_us() -> None:
    where = f"http://{os.urandom(4).hex()}.ornek.test"
    for status in (200, 202, 204, 500, 503, 429, 400, 401, 403, 404, 422):
        note_answer(where, status)
    assert share_of(where) == Share(11, 5)
    assert Share(11, 5).percent == 54
    assert Share(0, 0).percent == 100
    assert [Share(n, 0).counts for n in (19_999, 20_000)] == [False, True]


def test_what_is_older_than_a_day_is_forgotten() -> None:
    where = f"http://{os.urandom(4).hex()}.ornek.test"
    hour = int(redis_client().time()[0]) // 3600
    redis_client().hset(_key(where), mapping={f"a{hour - 22}": 5, f"a{hour - 25}": 70,
                                              f"s{hour - 25}": 70})
    assert share_of(where) == Share(5, 0)
    note_answer(where, 404)
    assert share_of(where) == Share(6, 1)
    assert redis_client().hlen(_key(where)) == 3, "the first call of an hour takes old ones away"


def test_the_client_counts_every_answer_of_iys(app: Any, shop: Any, given: Any,
                                               registry: Registry) -> None:
    client = client_for(shop.provider_id)
    client.brands()
    registry.tell("fault", kind="code", code="H353", path="*/brands")
    with pytest.raises(IysTrouble):
        client.brands()
    assert share_of(given.iys_base_url) == Share(3, 1)  # the token call is one
    assert "3 istekte %66; İYS 20.000 istekten sonra %70 ister" in page(app, shop)


def test_without_redis_nothing_is_known_and_nothing_fails() -> None:
    note_answer("http://x.ornek.test", 200, store=no_redis)
    assert share_of("http://x.ornek.test", store=no_redis) is None
