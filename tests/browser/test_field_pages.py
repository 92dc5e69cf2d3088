"""Custom fields and views of lists in a real browser: by axe, at both widths, by keyboard alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.capture.endpoints import PREFIX, application
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.fields import catalogue, kept
from tests.browser.axe import browsing, faults, serving
from tests.capture.conftest import Browser
from tests.fields.house import define, put_on_form
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser
SHOP = """<!doctype html><html lang=tr><title>Mağaza</title><main><h1>Mağaza</h1>
<ileti-consent data-site="{site}"></ileti-consent></main>
<script type=module>import {{define}} from "/static/widgets/ileti.esm.js"; define();</script>"""


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with fields, a form that asks them and a consent that has them; served."""
    from ileti.documents.publish import publish_standard_texts
    from tests.conftest import _new_place

    conn = db.connection()
    place = _new_place(conn)
    publish_standard_texts(place.provider_id, place.brand_id)
    ids = [define(conn, place, "shop", kind="choice", personal=False, searchable=True,
                  choices=("izmir", "ankara")),
           define(conn, place, "birthday", kind="date"),
           define(conn, place, "interests", kind="choices", personal=False,
                  choices=("kahve", "çay", "kitap"))]
    define(conn, place, "customer_no", subject=1, mask="AA-9999", searchable=True)
    define(conn, place, "segment", subject=1, kind="choice", personal=False, searchable=True,
           choices=("gold", "silver"))
    key = f"pk_{uuid.uuid4().hex[:12]}"
    def whole(environ: Any, start: Any) -> Any:
        """The lean calls of forms stand in front of the pages."""
        lean = environ["PATH_INFO"].startswith(PREFIX)
        return (application if lean else app)(environ, start)

    with serving(whole) as base:
        conn.execute(
            "insert into site (provider_id, brand_id, name, public_key, origins, policy, channels) "
            "values (%s, %s, 'Mağaza', %s, %s, 'later', '{2,3}')",
            (place.provider_id, place.brand_id, key, [base]))
        put_on_form(conn, key, *ids)
        answer = Browser(key, origin=base).submit("MESAJ", fields={
            "shop": "izmir", "birthday": "1990-05-03", "interests": ["kahve", "kitap"]})
        assert answer.status == 201, answer.body
        entry, recipient = conn.execute(
            "select id, recipient_id from consent_entry where provider_id = %s",
            (place.provider_id,)).fetchone()
        with db.transaction() as work:
            kept.know(work, place.provider_id, recipient, catalogue.fields_of(place.provider_id),
                      {"customer_no": "TR-4711", "segment": "gold"})
        yield {"base": base, "client": sign_in(app, user_with(app, "provider_admin", place)),
               "record": record_number(entry), "field": ids[0], "site": key, "place": place}


def test_axe_finds_nothing_on_the_pages_of_fields(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for path in ("/alanlar/", "/alanlar/{field}", "/izinler/{record}",
                     "/izinler/{record}/alanlar",
                     "/izinler/?sutun=kanal&sutun=kaynak&sutun=alan.shop&alan.shop=izmir"):
            page.goto(path.format(**house))
            assert (path, faults(page)) == (path, [])
        page.goto("/alanlar/yeni")
        page.click("form.form button.primary")
        page.wait_for_selector(".summary")
        assert faults(page) == []


def test_columns_are_chosen_and_a_view_is_kept_by_keyboard_alone(
        chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/izinler/")
        page.locator("details.filter summary", has_text="Sütunlar").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.locator("details[open] input[value='alan.shop']").focus()
        page.keyboard.press("Space")
        assert faults(page) == []
        page.keyboard.press("Enter")
        page.wait_for_url("**alan.shop**")
        assert "SHOP" in page.inner_text("table thead")
        assert "Kanal" not in page.inner_text("table thead")
        page.locator("details.filter summary", has_text="Görünüm").focus()
        page.keyboard.press("Enter")
        page.locator("#gorunum-adi").focus()
        page.keyboard.type("Mağazalar")
        assert faults(page) == []
        page.keyboard.press("Enter")
        page.wait_for_url("**gorunum=**")
        assert page.locator(".tabs a[aria-current]").inner_text().strip() == "Mağazalar"


def test_the_widget_asks_the_fields_with_nothing_chosen_and_sends_them(
        chromium: Any, house: dict[str, Any]) -> None:
    page_of = f"/f/{house['site']}"
    with browsing(chromium, house["base"]) as page:
        page.goto(page_of)
        assert page.locator("form input:checked").count() == 0
        assert page.locator("form select").input_value() == ""
        assert faults(page) == []
        page.route("**/magaza-sayfasi", lambda route: route.fulfill(
            content_type="text/html; charset=utf-8", body=SHOP.format(**house)))
        page.goto("/magaza-sayfasi")
        shop = page.get_by_label("SHOP (isteğe bağlı)")
        shop.wait_for()
        assert shop.input_value() == ""
        page.get_by_role("checkbox").first.check()
        page.get_by_label("Cep telefonu").fill("0599 213 41 18")
        page.get_by_label("Ad soyad").fill("Ada Yıldız")
        shop.select_option("ankara")
        page.get_by_label("INTERESTS (isteğe bağlı)").select_option(["çay", "kitap"])
        page.get_by_role("button", name="Seçimimi kaydet").click()
        page.get_by_role("heading", name="Seçiminiz alındı").wait_for()
    said = db.connection().execute(
        "select evidence->'fields'->'said' from submission where provider_id = %s "
        "order by id desc limit 1", (house["place"].provider_id,)).fetchone()
    assert said == ({"shop": "ankara", "interests": ["çay", "kitap"]},)
