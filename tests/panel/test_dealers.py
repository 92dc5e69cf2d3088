"""Dealer A and dealer B: no page, form, search or POST of one shows or changes the other's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with


@dataclass
class Pair:
    """Two dealers of one brand, each with a consent, and A's signed-in manager."""

    app: Any
    place: Any
    mine: int
    other: int
    my_entry: int
    other_entry: int
    client: Any


@pytest.fixture
def pair(app: Any, place: Any) -> Pair:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    entries = [take(place, f"+9059920000{n}", dealer_id=d).items[0].entry_id
               for n, d in ((11, mine), (22, other))]
    name = user_with(app, "dealer_manager", place, dealer_id=mine)
    return Pair(app, place, mine, other, *entries, sign_in(app, name))


def test_the_list_holds_ones_own_records_only(pair: Pair) -> None:
    page = pair.client.get("/izinler/").text
    assert f"/izinler/{record_number(pair.my_entry)}" in page
    assert f"/izinler/{record_number(pair.other_entry)}" not in page
    assert "Karşıyaka" not in page


def test_no_page_of_the_panel_names_the_other_dealer(pair: Pair) -> None:
    for path in ("/", "/izinler/", "/bayiler/list/", "/kullanicilar/list/", "/kullanicilar/add",
                 "/siteler/list/", "/metinler/list/", "/roller/", "/hesabim/"):
        answer = pair.client.get(path)
        assert answer.status_code == 200, path
        assert "Karşıyaka" not in answer.text, path


@pytest.mark.parametrize("path", [
    "/izinler/{entry}", "/bayiler/show/{dealer}", "/bayiler/edit/{dealer}",
    "/saglayicilar/show/{p}", "/markalar/show/{b}", "/iletim/", "/denetim/list/",
])
def test_pages_of_the_other_answer_not_found_or_not_allowed(pair: Pair, path: str) -> None:
    address = path.format(p=pair.place.provider_id, b=pair.place.brand_id,
                          entry=record_number(pair.other_entry), dealer=pair.other)
    assert pair.client.get(address).status_code in (403, 404)


@pytest.mark.parametrize("action", ["adres", "ret"])
def test_posts_to_the_others_consent_change_nothing(pair: Pair, action: str) -> None:
    before = _state(pair.place.provider_id, pair.other_entry)
    answer = pair.client.post(
        f"/izinler/{record_number(pair.other_entry)}/{action}",
        data={"csrf_token": token_of(pair.client)})
    assert answer.status_code in (403, 404)
    assert _state(pair.place.provider_id, pair.other_entry) == before


def _state(provider_id: int, entry_id: int) -> Any:
    return db.connection().execute(
        "select status, entry_id from consent_state where provider_id = %s and entry_id = %s",
        (provider_id, entry_id)).fetchone()


def test_searching_the_others_customer_finds_nothing(pair: Pair) -> None:
    answer = pair.client.post("/izinler/ara", follow_redirects=True, data={
        "csrf_token": token_of(pair.client), "q": "+90 599 200 00 22"})
    assert answer.status_code == 200
    assert "/izinler/IZN-" not in answer.text


def test_searching_ones_own_customer_finds_it_without_an_address_in_the_url(pair: Pair) -> None:
    answer = pair.client.post("/izinler/ara", data={
        "csrf_token": token_of(pair.client), "q": "+90 599 200 00 11"})
    assert "599" not in answer.headers["Location"].partition("?")[0]
    assert "+90" not in answer.headers["Location"]
    page = pair.client.get(answer.headers["Location"]).text
    assert f"/izinler/{record_number(pair.my_entry)}" in page


def test_filters_and_ids_in_the_query_do_not_widen_the_list(pair: Pair) -> None:
    for query in (f"bayi={pair.other}", "iys=queued", "secim=given", "kanal=2"):
        page = pair.client.get(f"/izinler/?{query}").text
        assert record_number(pair.other_entry) not in page, query


def test_a_dealer_manager_gives_rights_at_the_own_dealer_only(pair: Pair) -> None:
    page = pair.client.get("/kullanicilar/add").text
    places = set(re.findall(r'<option[^>]*value="([pbd]\d+|all)"', page))
    assert places == {f"d{pair.mine}"}
    token = token_of(pair.client)
    answer = pair.client.post("/kullanicilar/add", data={
        "csrf_token": token, "username": "yeni-kisi", "first_name": "A", "last_name": "B",
        "email": "yeni@ornek.com.tr", "password": "uzun-ve-güzel-parola", "role": "dealer_user",
        "place": f"d{pair.other}"})
    assert answer.status_code == 200
    made = db.connection().execute("select 1 from ab_user where username = 'yeni-kisi'").fetchone()
    assert made is None


def test_what_iys_changed_is_seen_by_the_dealer_who_took_it(pair: Pair) -> None:
    take(pair.place, "+905992000011", refusal=True)
    own = pair.client.get(f"/izinler/{record_number(pair.my_entry)}").text
    assert "Alıcı ret verdi." in own


def test_another_provider_is_not_there_at_all(pair: Pair, place_b: Any) -> None:
    strange = take(place_b, "+905992000033").items[0].entry_id
    assert pair.client.get(f"/izinler/{record_number(strange)}").status_code == 404
    manager = sign_in(pair.app, user_with(pair.app, "provider_admin", pair.place))
    assert manager.get(f"/izinler/{record_number(strange)}").status_code == 404
    assert manager.get(f"/saglayicilar/edit/{place_b.provider_id}").status_code == 404
