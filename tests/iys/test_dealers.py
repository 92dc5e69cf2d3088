"""Dealers here and retailers at İYS: found again by what names one, added once, taken over,
made passive; what İYS cannot do is said (İYS API §7, R-45)."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import pytest
from iys_house import PASSWORD, TITLE, bayi, ours, phones, take, tckn

from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys import client
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.dealers import lacking, match
from ileti.iys.errors import Kind
from ileti.iys.retaileranswers import NewRetailer, RegisteredRetailer
from ileti.tenancy.models import Dealer
from tests.panel.people import sign_in, token_of, user_with


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()
    client._client.cache_clear()


@pytest.fixture
def iys(shop: Any) -> IysClient:
    return IysClient(account_of(shop.provider_id))


@pytest.fixture
def page(app: Any, shop: Any) -> Page:
    return Page(sign_in(app, user_with(app, "provider_admin", shop)), shop)


class Page:
    """The comparison of a brand's dealers as somebody sees it and presses its buttons."""

    def __init__(self, browser: Any, shop: Any) -> None:
        self.browser, self.url = browser, f"/bayiler/iys/{shop.brand_id}"
        self.token = token_of(browser)

    def text(self) -> str:
        answer = self.browser.get(self.url)
        assert answer.status_code == 200
        return html.unescape(answer.text.partition("<main")[2])

    def press(self, wish: str, **fields: Any) -> int:
        return int(self.browser.post(self.url, data={
            "csrf_token": self.token, "wish": wish, **fields}).status_code)


def kept(shop: Any) -> list[Any]:
    return db.connection().execute(
        "select retailer_code, title, status from dealer where provider_id = %s order by id",
        (shop.provider_id,)).fetchall()


def test_a_dealer_is_added_once_and_its_number_kept(page: Page, shop: Any, iys: IysClient) -> None:
    dealer = ours(shop)
    assert "Yalnız burada" in page.text()
    assert page.press("register", dealer=dealer) == 302
    assert page.press("register", dealer=dealer) == 302
    there = iys.retailers(shop.brand_code)
    assert [one.code for one in there] == [kept(shop)[0][0]]
    assert "1 aynı · 0 farklı · 0 yalnız burada · 0 yalnız İYS’de" in page.text()


def test_one_that_is_there_already_is_found_and_not_added_again(
    page: Page, shop: Any, iys: IysClient
) -> None:
    code = iys.add_retailer(shop.brand_code, bayi(1))
    dealer = ours(shop)
    page.press("register", dealer=dealer)
    assert kept(shop)[0][0] == code
    assert len(iys.retailers(shop.brand_code)) == 1


def test_a_lost_answer_is_looked_up(page: Page, shop: Any, iys: IysClient,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    real = IysClient.add_retailer

    def lost(self: IysClient, brand: int, retailer: NewRetailer) -> int:
        real(self, brand, retailer)
        raise IysTrouble(Kind.RETRY, "timeout", in_doubt=True)

    monkeypatch.setattr(IysClient, "add_retailer", lost)
    page.press("register", dealer=ours(shop))
    assert kept(shop)[0][0] == iys.retailers(shop.brand_code)[0].code


def test_what_differs_stands_side_by_side_and_iyss_record_is_taken(
    page: Page, shop: Any, iys: IysClient
) -> None:
    code = iys.add_retailer(shop.brand_code, bayi(1, alias="Akasya Bornova", title="Yeni Unvan"))
    dealer = ours(shop)
    text = page.text()
    for word in ("Yeni Unvan", TITLE, "Akasya Bornova", str(code), "programla değiştirtmez"):
        assert word in text
    assert tckn(1) not in text
    page.press("adopt", dealer=dealer, code=code, title="Uydurma")
    assert kept(shop) == [(code, "Yeni Unvan", "active")]
    assert "1 aynı" in page.text()


def test_retailers_are_taken_over_and_what_iys_did_not_say_is_named(
    page: Page, shop: Any, iys: IysClient, registry: Any
) -> None:
    registry.tell(
        "provider", iysCode=shop.iys_code, username=f"api-{shop.iys_code}", password=PASSWORD,
        brands=[{"brandCode": shop.brand_code, "name": "Defne Ev", "master": True}], retailers=[
            {"brandCode": shop.brand_code, "retailerCode": 77_000_001, "title": "Eksik Bayi"}])
    codes = [iys.add_retailer(shop.brand_code, bayi(n)) for n in (1, 2)]
    text = page.text()
    assert "3 yalnız İYS’de" in text
    assert "İYS söylemedi" in text
    page.press("take", code=codes[0])
    page.press("take_all")
    assert {row[0] for row in kept(shop)} == set(codes)
    assert page.press("take", code=77_000_001) == 302
    assert len(kept(shop)) == 2, "one without the numbers İYS asks for is not made up"


def test_passive_deletes_one_without_a_consent_and_explains_the_other(
    page: Page, shop: Any, iys: IysClient
) -> None:
    codes = [iys.add_retailer(shop.brand_code, bayi(n)) for n in (1, 2)]
    free, busy = (ours(shop, n, retailer_code=code) for n, code in zip((1, 2), codes, strict=True))
    take(shop, phones(1), dealer_id=busy)
    page.press("remove", dealer=free)
    page.press("remove", dealer=busy)
    assert "izin almış bayiyi silmez" in html.unescape(page.browser.get(page.url).text)
    assert kept(shop) == [(None, TITLE, "passive"), (codes[1], TITLE, "passive")]
    assert [one.code for one in iys.retailers(shop.brand_code)] == [codes[1]]


def test_iys_away_is_said_and_nothing_is_changed(page: Page, shop: Any, registry: Any) -> None:
    dealer = ours(shop)
    registry.tell("subscription", state="PAUSED")
    assert "İYS bayilerini söylemedi" in page.text()
    page.press("register", dealer=dealer)
    assert kept(shop) == [(None, TITLE, "active")]


def test_a_brand_manager_sees_the_own_brand_only(app: Any, shop: Any, place_b: Any) -> None:
    other = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Öbür') returning id",
        (shop.provider_id, shop.brand_code + 5)).fetchone()[0]
    browser = sign_in(app, user_with(app, "brand_manager", shop, level="brand"))
    token = token_of(browser)
    assert browser.get(f"/bayiler/iys/{shop.brand_id}").status_code == 200
    for strange in (other, place_b.brand_id):
        assert browser.get(f"/bayiler/iys/{strange}").status_code == 404
        assert browser.post(f"/bayiler/iys/{strange}", data={
            "csrf_token": token, "wish": "take_all"}).status_code == 404
    strangers = ours(place_b)
    assert browser.post(f"/bayiler/iys/{shop.brand_id}", data={
        "csrf_token": token, "wish": "register", "dealer": strangers}).status_code == 404


# -- who is who, without İYS -----------------------------------------------------------------------

THERE = RegisteredRetailer(code=1, title="A", name="Ayşe", tckn=tckn(1), tin="1234567890",
                           mersis="0123456789000014", town="480", status="active")


def here(**columns: Any) -> Dealer:
    return Dealer(**{"title": "A", "name": "Ayşe", "tckn": tckn(1), "tin": "1234567890",
                     "town_code": "480", "city_code": "35", "status": "active", **columns})


@pytest.mark.parametrize("same", [
    {"retailer_code": 1, "tckn": tckn(9), "tin": "x"}, {"tckn": tckn(1), "tin": "x"},
    {"tckn": tckn(9), "mersis": "0123456789000014", "tin": "x"},
    {"tckn": tckn(9), "tin": "1234567890"}])
def test_a_dealer_is_found_by_number_tckn_mersis_and_tax_number(same: dict[str, Any]) -> None:
    pair, = match([here(**same)], [THERE])
    assert pair.retailer is THERE
    assert pair.dealer is not None


def test_a_number_two_have_names_neither() -> None:
    branches = [here(tckn=tckn(7)), here(tckn=tckn(8))]
    pairs = match(branches, [THERE])
    assert len(pairs) == 3
    pairs = match([branches[0]], [THERE, replace(THERE, code=2, tckn="", mersis="")])
    assert len(pairs) == 3


def test_what_iys_does_not_show_is_no_difference() -> None:
    short = RegisteredRetailer(code=1, title="A", town="480", status="active")
    pair, = match([here(retailer_code=1, mobile="+905991234567")], [short])
    assert pair.differences == ()
    assert lacking(short) == ["name", "tckn", "tin"]
