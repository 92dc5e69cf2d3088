"""Error book and status query in a real Chromium: both themes, phone and desk, judged by axe; and
without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from iys_house import Registry, bayi, forward, ours, phones, take

from ileti.consents.numbers import record_number
from ileti.core import clock
from ileti.iys.client import IysClient, account_of
from tests.browser.axe import browsing, faults, serving
from tests.panel.people import dealer_of, sign_in, user_with
from tests.panel.test_error_book import held_up, refused

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


@pytest.fixture
def house(app: Any, shop: Any, registry: Registry, chromium: Any) -> Iterator[Any]:
    """A provider with records in every state, served, and a page of its officer."""
    dealer = dealer_of(shop, "Bornova Akasya Ev Tekstili")
    take(shop, phones(3), at=clock.now() - timedelta(minutes=9))
    forward(shop)
    registry.tell("citizen", recipient=phones(3)[2], type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    refused(shop, "+905992320001", "H180", stopped=True, dealer=dealer)
    refused(shop, "+905992320002", "H180", stopped=True, refusal=True)
    refused(shop, "+905992320003", "H178")
    refused(shop, "+905992320004", "H467")
    held_up(shop, "H520", 1_240)
    client = sign_in(app, user_with(app, "provider_admin", shop))
    with serving(app) as base, browsing(chromium, base, client) as page:
        yield page


def test_axe_finds_nothing_in_the_error_book(house: Any) -> None:
    for path in ("/hata-kitabi/", "/hata-kitabi/?durum=hepsi&q=tarih", "/hata-kitabi/H180",
                 "/hata-kitabi/H520", "/hata-kitabi/H1052", "/hata-kitabi/?durum=hepsi&q=yokk",
                 "/izinler/", "/iletim/?durum=duran", "/"):
        house.goto(path)
        assert (path, faults(house)) == (path, [])


def test_axe_finds_nothing_in_the_dialogs_of_a_code(house: Any) -> None:
    house.goto("/hata-kitabi/H180")
    house.locator(".row-check").first.check()
    assert faults(house) == []
    house.get_by_role("button", name="Kuyruktan çıkar").click()
    assert faults(house) == []


def test_axe_finds_nothing_in_the_status_query(house: Any) -> None:
    house.goto("/durum-sorgusu/")
    assert faults(house) == []
    for typed, shown in ((phones(3)[2], ".sides"), ("kimse@ornek.com.tr", ".sides"),
                         ("\n".join([*phones(3), "0599", "biri@ornek.com.tr"]), ".asklist"),
                         ("0599", ".summary")):
        house.fill("#adres", typed)
        house.click("form.fields .btn.primary")
        house.wait_for_selector(shown)
        assert (typed, faults(house)) == (typed, [])
        assert house.input_value("#adres") == typed


def test_axe_finds_nothing_when_the_hour_is_used_up(
    house: Any, given: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(given, "iys_status_requests_per_hour", 1)
    monkeypatch.setattr(given, "iys_history_requests_per_hour", 1)
    house.goto("/durum-sorgusu/")
    for _ in range(2):
        house.fill("#adres", phones(1)[0])
        house.click("form.fields .btn.primary")
        house.wait_for_selector(".sides")
    assert house.locator(".notice.wait").count() == 2
    assert faults(house) == []


def test_both_pages_work_without_javascript(house: Any, chromium: Any) -> None:
    house.goto("/durum-sorgusu/")
    context = chromium.new_context(java_script_enabled=False, locale="tr-TR",
                                   storage_state=house.context.storage_state(),
                                   base_url=house.evaluate("location.origin"))
    page = context.new_page()
    page.goto("/durum-sorgusu/")
    page.fill("#adres", phones(1)[0])
    page.click("form.fields .btn.primary")
    page.locator(".sides").first.wait_for()
    assert page.locator(".sides").count() == 2
    page.goto("/hata-kitabi/?durum=hepsi")
    page.fill("#kod-ara", "H178")
    page.press("#kod-ara", "Enter")
    page.wait_for_url("**q=H178**")
    assert page.locator(".codebook tbody tr").count() == 1
    page.goto("/hata-kitabi/H180")
    page.locator(".row-check").first.check()
    page.get_by_role("button", name="Yeniden ilet", exact=True).click()
    assert page.url.endswith("/hata-kitabi/H180")
    assert page.locator(".row-check").count() == 1
    context.close()


def test_axe_finds_nothing_beside_iyss_dealers_and_their_access(house: Any, shop: Any) -> None:
    client = IysClient(account_of(shop.provider_id))
    for number in (1, 2, 3):
        client.add_retailer(shop.brand_code, bayi(number, alias=f"Şube {number}"))
    ours(shop, 1, alias="Eski ad")
    code = client.retailers(shop.brand_code)[1].code
    ours(shop, 2, alias="Şube 2", retailer_code=code)
    ours(shop, 7)
    entry = take(shop, ["+905992330001"], at=clock.now() - timedelta(minutes=3))[0]
    forward(shop)
    for path in (f"/bayiler/iys/{shop.brand_id}", "/bayiler/list/",
                 f"/saglayicilar/show/{shop.provider_id}",
                 f"/kurulum/{shop.provider_id}/markalar?_l_=en",
                 f"/bayiler/iys/{shop.brand_id}?_l_=en",
                 f"/bayi-erisimi/izin/{record_number(entry)}",
                 f"/bayi-erisimi/toplu/{shop.brand_id}"):
        house.goto(path)
        assert (path, faults(house)) == (path, [])
        folder = os.environ.get("ILETI_PICTURES")
        if folder:
            house.screenshot(path=f"{folder}/{path.strip('/').replace('/', '-')[:24]}-390.png",
                             full_page=True)
            house.set_viewport_size({"width": 1280, "height": 900})
            house.evaluate("document.documentElement.dataset.theme = 'acik'")
            house.screenshot(path=f"{folder}/{path.strip('/').replace('/', '-')[:24]}-1280.png",
                             full_page=True)
    house.locator("label.choice", has_text="Şube 2").first.click()
    house.get_by_role("button", name="İzinleri say").click()
    house.wait_for_selector(".notice")
    assert faults(house) == []
