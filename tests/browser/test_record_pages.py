"""Every list, record, form (also with faults) and dialog of the record pages, by axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import db
from tests.browser.axe import browsing, faults, serving
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with one of everything, served; its admin's session."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    dealer = dealer_of(place)
    take(place, "+905996000001", dealer_id=dealer)
    other = user_with(app, "marketer", place)
    client = sign_in(app, user_with(app, "provider_admin", place))
    client.post("/siteler/add", data={
        "csrf_token": token_of(client), "brand": str(place.brand_id), "name": "Mağaza",
        "origins": "https://www.ornek.com.tr", "policy": "signed", "channels": ["2", "3"]})
    row = db.connection().execute(
        "select (select id from site where provider_id = p.id), (select min(id) from document "
        "where provider_id = p.id), (select id from ab_user where username = %s), "
        "(select max(id) from audit_entry where provider_id = p.id) from provider p where id = %s",
        (other, place.provider_id)).fetchone()
    document = row[1] or db.connection().execute(
        "insert into document (provider_id, brand_id, kind, channel, name) values "
        "(%s, %s, 'ETK_ONAYI', 2, 'Mesaj onayı') returning id",
        (place.provider_id, place.brand_id)).fetchone()[0]
    client.post(f"/siteler/{row[0]}/anahtar",
                data={"csrf_token": token_of(client), "wish": "create"})
    client.post("/api-hesaplari/add", data={
        "csrf_token": token_of(client), "name": "Kasa programı",
        "provider": str(place.provider_id), "brand": str(place.brand_id), "dealer": str(dealer)})
    account = db.connection().execute(
        "select id from api_account where provider_id = %s", (place.provider_id,)).fetchone()[0]
    with serving(app) as base:
        yield {"base": base, "client": client, "provider": place.provider_id,
               "brand": place.brand_id, "dealer": dealer, "site": row[0], "document": document,
               "user": row[2], "audit": row[3], "account": account}


PAGES = (  # lists and forms of one make are looked at once
    "/saglayicilar/list/", "/saglayicilar/show/{provider}", "/markalar/edit/{brand}",
    "/bayiler/list/", "/bayiler/show/{dealer}", "/bayiler/edit/{dealer}",
    "/bayiler/list/?_flt_0_title=yok", "/kullanicilar/list/", "/kullanicilar/show/{user}",
    "/kullanicilar/edit/{user}", "/roller/", "/denetim/list/", "/denetim/show/{audit}",
    "/api-hesaplari/list/", "/api-hesaplari/show/{account}", "/api-hesaplari/edit/{account}",
    "/siteler/show/{site}", "/siteler/edit/{site}", "/metinler/show/{document}", "/hesabim/",
    "/onaylar/", "/imza/", "/boyle-bir-sayfa-yok",
)
FORMS = ("/markalar/add", "/bayiler/add", "/kullanicilar/add", "/siteler/add", "/metinler/add",
         "/api-hesaplari/add")


def test_axe_finds_nothing_on_lists_and_records(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for path in PAGES:
            page.goto(path.format(**house))
            assert (path, faults(page)) == (path, [])


def test_axe_finds_nothing_on_forms_with_faults(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for path in FORMS:
            page.goto(path)
            page.click("form.form button.primary")
            page.wait_for_selector(".summary")
            assert (path, faults(page)) == (path, [])


def test_axe_finds_nothing_in_dialogs_and_on_an_opened_secret(chromium: Any,
                                                              house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/siteler/show/{site}".format(**house))
        page.click("[data-dialog=sor-hemen]")
        assert faults(page) == []
        page.keyboard.press("Escape")
        page.click("#anahtar button:has-text('Anahtarı göster')")
        page.wait_for_selector("#gizli")
        assert faults(page) == []


def test_axe_finds_nothing_on_a_programs_new_secret(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/api-hesaplari/show/{account}".format(**house))
        page.click("#anahtar button:has-text('Anahtar üret')")
        page.wait_for_selector("#gizli")
        assert faults(page) == []
        page.goto("/api-hesaplari/show/{account}".format(**house))
        assert page.query_selector("#gizli") is None
        for dialog in ("[data-dialog^=sor-bitir]", "[data-dialog=sor-kapat]"):
            page.click(dialog)
            assert faults(page) == []
            page.keyboard.press("Escape")


def test_axe_finds_nothing_at_the_door(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"]) as page:
        page.goto("/login/")
        assert faults(page) == []
        page.fill("#username", "kimse")
        page.fill("#password", "yanlis-parola-x")
        page.click("button.primary")
        page.wait_for_selector(".notice")
        assert faults(page) == []


def test_a_form_refused_by_the_database_keeps_what_was_typed(chromium: Any,
                                                            house: dict[str, Any]) -> None:
    code = db.connection().execute(
        "select brand_code from brand where id = %s", (house["brand"],)).fetchone()[0]
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/markalar/add")
        page.fill("[name=name]", "İkinci Marka")
        page.fill("[name=brand_code]", str(code))
        page.click("form.form button.primary")
        assert "zaten var" in page.text_content(".notice.bad")
        assert page.input_value("[name=name]") == "İkinci Marka"
