"""Access of what was chosen in the consent list: ticked rows, or all the filters show."""

from __future__ import annotations

import re
from typing import Any

import pytest
from iys_house import forward, phones, settle, take
from test_access import dealers, iys, open_wishes, run  # noqa: F401

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys import access_chosen, access_chosen_views, client
from tests.panel.people import dealer_of, sign_in, token_of, user_with

URL = "/bayi-erisimi/secim/"
Dealers = list[tuple[int, int]]


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()
    client._client.cache_clear()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


def at_iys(shop: Any, count: int, **more: Any) -> list[str]:
    """Consents İYS holds; their record numbers, the newest first."""
    entries = take(shop, phones(count, first=more.pop("first", 0)), **more)
    forward(shop)
    settle(shop)
    return [record_number(one) for one in reversed(entries)]


def post(browser: Any, query: str = "", **form: Any) -> Any:
    return browser.post(URL + query, data={"csrf_token": token_of(browser)} | form)


def wished(shop: Any) -> list[Any]:
    return [row for row, in db.connection().execute(
        "select act from iys_access_task where provider_id = %s", (shop.provider_id,))]


def test_ticked_rows_are_counted_then_wished_and_those_without_consent_left_out(
    app: Any, shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    first, second, third = at_iys(shop, 3)
    refused = record_number(take(shop, phones(1, first=50), status="RET")[0])
    browser = sign_in(app, user_with(app, "brand_manager", shop, level="brand"))
    page = browser.get("/izinler/").text
    assert re.findall(r'name="rowid" value="([^"]+)"', page)[-3:] == [first, second, third]
    form = {"action": "secilen", "rowid": [first, third, refused]}
    counted = post(browser, **form).text
    assert "2 iznin erişimini değiştir" in counted
    assert "Seçilen 1 kayıt dışarıda kalır" in counted
    assert wished(shop) == []
    sure = form | {"sure": "evet", "wish": "ver", "dealer": dealers[0][0]}
    assert [post(browser, **sure).status_code for _ in range(2)] == [302, 302]
    assert wished(shop) == [1, 1], "and a button pressed twice wishes once"
    run(shop)
    assert open_wishes(shop) == [(True, None)] * 2


def test_all_of_a_filter_goes_with_the_filter_in_the_address(
    app: Any, shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    at_iys(shop, 60)
    at_iys(shop, 4, channel="ARAMA", first=100)
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    assert f'action="{URL}?kanal=1"' in browser.get("/izinler/?kanal=1").text
    assert "listenin tamamı: 64" in browser.get("/izinler/").text
    counted = post(browser, "?kanal=1", action="hepsi").text
    assert "4 iznin erişimini değiştir" in counted
    assert post(browser, "?kanal=2", action="hepsi", sure="evet", wish="yalniz",
                dealer=[dealers[0][0], dealers[1][0]]).location.endswith("/izinler/?kanal=2")
    assert wished(shop) == [2] * 60, "the rows of every page, not of one"


def test_no_more_than_the_limit_goes_at_once(
    app: Any, shop: Any, dealers: Dealers, monkeypatch: Any  # noqa: F811
) -> None:
    at_iys(shop, 5)
    for module in (access_chosen, access_chosen_views):
        monkeypatch.setattr(module, "LARGEST_SELECTION", 4)
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    assert "Bir kerede en çok 4 izin" in post(browser, action="hepsi").text
    assert post(browser, action="hepsi", sure="evet", wish="ver",
                dealer=dealers[0][0]).status_code == 404
    assert wished(shop) == []


def test_a_dealer_sees_no_box_and_may_not_post(
    app: Any, shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    number, = at_iys(shop, 1, dealer_id=dealers[0][0])
    for role in ("dealer_manager", "dealer_user"):
        browser = sign_in(app, user_with(app, role, shop, dealer_id=dealers[0][0]))
        page = browser.get("/izinler/").text
        assert number in page
        assert "rowid" not in page
        assert "bayi-erisimi" not in page
        answer = post(browser, action="secilen", rowid=number, sure="evet", wish="ver",
                      dealer=dealers[0][0])
        assert answer.status_code == 403
    for role in ("call_centre_agent", "compliance_officer", "marketer"):
        browser = sign_in(app, user_with(app, role, shop))
        assert "rowid" not in browser.get("/izinler/").text
        assert post(browser, action="hepsi").status_code == 403
    assert wished(shop) == []


def test_foreign_records_and_dealers_are_not_found_and_nothing_is_wished(
    app: Any, shop: Any, dealers: Dealers, place_b: Any  # noqa: F811
) -> None:
    number, = at_iys(shop, 1)
    foreign = record_number(take(place_b, phones(1, first=70))[0])
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    sure = {"sure": "evet", "wish": "ver", "dealer": dealers[0][0], "action": "secilen"}
    for rowids in ([foreign], [number, foreign], ["IZN-1"], [number, "' or 1=1"]):
        assert post(browser, **sure | {"rowid": rowids}).status_code == 404, rowids
    for strange in (dealer_of(place_b), "999999999"):
        assert post(browser, **sure | {"rowid": number, "dealer": strange}).status_code == 404
    for empty in ({"action": "secilen"}, {"action": "x"}, {}):
        assert post(browser, **empty).location.endswith("/izinler/")
    assert post(browser, f"?marka={place_b.brand_id}", **sure | {"action": "hepsi"}
                ).location.startswith("/izinler/")
    assert browser.post(URL, data=sure | {"rowid": number}).status_code == 400, "no form token"
    assert (wished(shop), wished(place_b)) == ([], [])


def test_consents_of_two_brands_are_sent_back_to_the_list(
    app: Any, shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    from ileti.consents.ledger import Place

    row = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru Bebek') "
        "returning id", (shop.provider_id, shop.brand_code + 1)).fetchone()
    second = Place(shop.provider_id, shop.iys_code, row[0], shop.brand_code + 1)
    number, = at_iys(shop, 1)
    other = record_number(take(second, phones(1, first=80))[0])
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    for form, query in (({"action": "secilen", "rowid": [number, other]}, ""),
                        ({"action": "hepsi"}, "")):
        assert post(browser, query, **form).status_code == 302
    assert "1 iznin" in post(browser, action="secilen", rowid=number).text
    assert "1 iznin" in post(browser, f"?marka={shop.brand_id}", action="hepsi").text
    manager = sign_in(app, user_with(app, "brand_manager", shop, level="brand"))
    assert post(manager, action="secilen", rowid=[number, other]).status_code == 404


def test_opened_by_itself_it_is_the_list_again(app: Any, shop: Any) -> None:
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    assert browser.get(f"{URL}?kanal=2").location.endswith("/izinler/?kanal=2")
