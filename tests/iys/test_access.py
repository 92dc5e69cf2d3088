"""Which dealers may use a consent reaches İYS a hundred a call, in order; a refusal reaches every
dealer without being asked (İYS API §7.5; R-31, R-45)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from iys_house import Registry, forward, phones, settle, state, take

from ileti.consents import gate
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.core.secrets import secrets
from ileti.iys import access, client
from ileti.iys.access import Selection, access_due, wish, wish_for
from ileti.iys.client import IysClient, account_of
from ileti.iys.granted import Act, Group
from ileti.iys.retaileranswers import NewRetailer
from tests.panel.people import dealer_of, sign_in, token_of, user_with

KIND, SMS = RecipientType.BIREYSEL, Channel.MESAJ


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()
    client._client.cache_clear()


@pytest.fixture
def iys(shop: Any) -> IysClient:
    return IysClient(account_of(shop.provider_id))


@pytest.fixture
def dealers(shop: Any, iys: IysClient) -> list[tuple[int, int]]:
    """Three dealers with their numbers at İYS: (id, number)."""
    made = []
    for number in range(3):
        digits = [int(c) for c in f"{100_000_300 + number}"]
        tenth = (sum(digits[::2]) * 7 - sum(digits[1::2])) % 10
        tckn = "".join(map(str, [*digits, tenth, (sum(digits) + tenth) % 10]))
        code = iys.add_retailer(shop.brand_code, NewRetailer(
            title=f"Bayi {number}", name="Ayşe Örnek", tckn=tckn, tin=tckn, city=("34", "İstanbul"),
            town=("449", "Kadıköy")))
        dealer = dealer_of(shop, f"Bayi {number}")
        db.connection().execute("update dealer set retailer_code = %s where id = %s",
                                (code, dealer))
        made.append((dealer, code))
    return made


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


def run(shop: Any) -> None:
    db.connection().execute("update iys_access_task set next_at = now() where provider_id = %s "
                            "and done_at is null", (shop.provider_id,))
    access_due(time.monotonic() + 20, shop.provider_id)


def may_use(shop: Any, iys: IysClient, phone: str) -> set[int]:
    return {one.code for one in iys.access(shop.brand_code, phone, KIND, SMS)}


def ask(shop: Any, phone: str, act: Act, *dealer_ids: int) -> None:
    found = db.connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (shop.provider_id, secrets().addresses.of(shop.provider_id, phone))).fetchone()
    wish(Group(shop.provider_id, shop.brand_id, KIND, SMS, act, dealer_ids), found[0])


def open_wishes(shop: Any) -> list[tuple[Any, Any]]:
    return db.connection().execute(
        "select done_at is not null, problem from iys_access_task where provider_id = %s "
        "order by id", (shop.provider_id,)).fetchall()


def test_access_is_given_replaced_and_taken_in_order(shop: Any, iys: IysClient,
                                                    dealers: list[tuple[int, int]]) -> None:
    (one, first), (two, second), (three, third) = dealers
    phone, = phones(1)
    take(shop, [phone], dealer_id=one)
    forward(shop)
    assert may_use(shop, iys, phone) == {first}, "the one that took it, by its retailerCode"
    ask(shop, phone, Act.GIVE, two, three)
    ask(shop, phone, Act.TAKE, three)
    run(shop)
    assert may_use(shop, iys, phone) == {first, second}
    ask(shop, phone, Act.REPLACE, three)
    run(shop)
    assert may_use(shop, iys, phone) == {third}
    assert open_wishes(shop) == [(True, None)] * 3


def test_a_consent_that_is_not_at_iys_yet_waits_and_is_told_then(
    shop: Any, iys: IysClient, dealers: list[tuple[int, int]]
) -> None:
    phone, = phones(1)
    take(shop, [phone])
    ask(shop, phone, Act.GIVE, dealers[0][0])
    run(shop)
    assert [done for done, _why in open_wishes(shop)] == [False]
    forward(shop)
    run(shop)
    assert may_use(shop, iys, phone) == {dealers[0][1]}


def test_a_selection_goes_in_lists_of_a_hundred_and_touches_nothing_else(
    shop: Any, iys: IysClient, dealers: list[tuple[int, int]], registry: Registry
) -> None:
    (one, first), (two, second), _third = dealers
    taken, own = phones(150), phones(1, first=500)
    take(shop, taken, dealer_id=one)
    take(shop, own)
    forward(shop)
    settle(shop)
    chosen = Selection(shop.provider_id, shop.brand_id, one, SMS)
    assert access.count(chosen) == 150
    before = registry.calls("/consents/retailers/access")
    assert wish_for(chosen, Act.REPLACE, [one, two]) == 150
    run(shop)
    assert registry.calls("/consents/retailers/access") - before == 2
    assert {frozenset(may_use(shop, iys, phone)) for phone in taken[::30]} == {
        frozenset({first, second})}
    assert may_use(shop, iys, own[0]) == set()
    assert open_wishes(shop) == [(True, None)] * 150


def test_a_button_pressed_twice_wishes_once_and_another_wish_between_counts(
    shop: Any, dealers: list[tuple[int, int]]
) -> None:
    (one, _), (two, _), _third = dealers
    taken = phones(3)
    take(shop, taken, dealer_id=one)
    forward(shop)
    chosen = Selection(shop.provider_id, shop.brand_id, one, SMS)
    assert [wish_for(chosen, Act.GIVE, [two]) for _ in range(2)] == [3, 0]
    ask(shop, taken[0], Act.TAKE, two)
    ask(shop, taken[0], Act.TAKE, two)
    assert len(open_wishes(shop)) == 4
    assert wish_for(chosen, Act.GIVE, [two]) == 1, "the last word about the first was another"


def test_a_dealer_without_a_number_ends_the_wish_and_one_iys_does_not_know_holds_it(
    shop: Any, iys: IysClient, dealers: list[tuple[int, int]]
) -> None:
    mine, other = phones(2)
    for phone in (mine, other):
        take(shop, [phone])
        forward(shop)
    settle(shop)
    db.connection().execute("update dealer set retailer_code = 11111111 where id = %s",
                            (dealers[0][0],))
    ask(shop, mine, Act.GIVE, dealer_of(shop, "Numarasız"))
    ask(shop, other, Act.GIVE, dealers[0][0])
    run(shop)
    (ended, why), (held, reason) = open_wishes(shop)
    assert ended
    assert "H180" in why
    assert not held
    assert reason
    db.connection().execute("update dealer set retailer_code = %s where id = %s",
                            (dealers[0][1], dealers[0][0]))
    run(shop)
    assert may_use(shop, iys, other) == {dealers[0][1]}


def test_while_iys_is_away_the_wish_waits(shop: Any, iys: IysClient,
                                          dealers: list[tuple[int, int]], registry: Any) -> None:
    phone, = phones(1)
    take(shop, [phone])
    forward(shop)
    registry.tell("subscription", state="PAUSED")
    ask(shop, phone, Act.TAKE, dealers[0][0])
    run(shop)
    (done, why), = open_wishes(shop)
    assert not done
    assert why
    registry.tell("subscription", state="ACTIVE")
    run(shop)
    assert open_wishes(shop) == [(True, None)]


def test_a_refusal_given_to_one_dealer_is_one_to_all_and_to_the_brand_r31(
    shop: Any, iys: IysClient, dealers: list[tuple[int, int]], registry: Registry
) -> None:
    (one, _), (two, _), _third = dealers
    phone, = phones(1)
    take(shop, [phone], dealer_id=one)
    forward(shop)
    ask(shop, phone, Act.GIVE, two)
    run(shop)
    assert gate.may_send_now(shop.provider_id, shop.brand_id, phone, SMS).allowed
    take(shop, [phone], status="RET", dealer_id=two)
    denied = gate.may_send_now(shop.provider_id, shop.brand_id, phone, SMS)
    assert (denied.allowed, denied.denial) == (False, gate.Denial.REFUSED), "before İYS is told"
    rows = db.connection().execute(
        "select count(*) from consent_state where provider_id = %s and status = 2",
        (shop.provider_id,)).fetchone()
    assert rows == (1,), "one state for the brand; no dealer keeps one of its own"
    forward(shop)
    assert registry.holds(phone)["status"] == "RET"
    assert state(shop, phone)["status"] == "RET"


def test_one_consents_access_is_changed_on_its_page(
    app: Any, shop: Any, iys: IysClient, dealers: list[tuple[int, int]], place_b: Any
) -> None:
    phone, = phones(1)
    number = record_number(take(shop, [phone], dealer_id=dealers[0][0])[0])
    forward(shop)
    browser = sign_in(app, user_with(app, "brand_manager", shop, level="brand"))
    token, url = token_of(browser), f"/bayi-erisimi/izin/{number}"
    assert url in browser.get(f"/izinler/{number}").text
    page = browser.get(url).text
    assert phone not in page
    assert page.count(" checked") == 1, "the one that took it"
    posted = browser.post(url, data={"csrf_token": token, "wish": "ver", "dealer": dealers[1][0]})
    assert posted.status_code == 302
    run(shop)
    assert may_use(shop, iys, phone) == {dealers[0][1], dealers[1][1]}
    strange = dealer_of(place_b, "Yabancı")
    assert browser.post(url, data={"csrf_token": token, "wish": "ver", "dealer": strange}
                        ).status_code == 404
    assert len(open_wishes(shop)) == 1
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(url).status_code == 404
    dealer = sign_in(app, user_with(app, "dealer_manager", shop, dealer_id=dealers[0][0]))
    assert dealer.get(url).status_code == 403


def test_a_selection_is_counted_before_it_is_changed(
    app: Any, shop: Any, iys: IysClient, dealers: list[tuple[int, int]], place_b: Any
) -> None:
    taken = phones(3)
    take(shop, taken, dealer_id=dealers[0][0])
    forward(shop)
    settle(shop)
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    url = f"/bayi-erisimi/toplu/{shop.brand_id}"
    given = {"csrf_token": token_of(browser), "taker": dealers[0][0], "channel": "2",
             "wish": "yalniz", "dealer": [dealers[1][0], dealers[2][0]]}
    counted = browser.post(url, data=given).text
    assert "3 izin" in counted
    assert open_wishes(shop) == []
    assert browser.post(url, data=given | {"sure": "evet"}).status_code == 302
    run(shop)
    assert may_use(shop, iys, taken[2]) == {dealers[1][1], dealers[2][1]}
    assert browser.post(url, data=given | {"dealer": []}).status_code == 422
    for bad in ({"taker": "²"}, {"taker": dealer_of(place_b)}, {"dealer": ["999999"]}):
        assert browser.post(url, data=given | bad | {"sure": "evet"}).status_code == 404, bad
    assert browser.get(f"/bayi-erisimi/toplu/{place_b.brand_id}").status_code == 404
    assert len(open_wishes(shop)) == 3
