"""A dealer's code from print to consent, the kiosk between two people, and who sees what of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ileti.capture import sites
from ileti.channels.messages import open_content
from ileti.core import db
from ileti.documents.publish import publish_standard_texts
from tests.browser.axe import browsing, faults, serving
from tests.capture.conftest import new_phone
from tests.panel.people import dealer_of, sign_in, take, user_with
from tests.rosters.test_lists import dealers, row
from tests.signin.people import user_id
from tests.signin.test_invitations import NEW, path_of

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("ILETI_PICTURES", "")  # a folder: keep what was seen


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture(scope="module")
def base(app: Any) -> Iterator[str]:
    sites.forget_sites()
    with serving(app) as address:
        yield address


@pytest.fixture
def dealer(place: Any) -> int:
    publish_standard_texts(place.provider_id, place.brand_id)
    return dealer_of(place)


def look(page: Any, name: str) -> None:
    """Nothing for axe to say; keep the pictures when somebody wants to see them."""
    assert (name, faults(page)) == (name, [])
    if PICTURES:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("document.documentElement.dataset.theme = 'acik'")
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


def code_of(place: Any) -> str:
    """The newest code on its way to a phone of the place."""
    row = db.connection().execute(
        "select recipient_id, content_key, content_ct from message where provider_id = %s "
        "and kind = 1 order by id desc limit 1", (place.provider_id,)).fetchone()
    return str(open_content(place.provider_id, row[0], 1, row[1], bytes(row[2]))["code"])


def choose(page: Any, phone: str) -> None:
    page.locator("#phone").fill(phone)
    page.locator("input[name=choice]").first.check()
    page.locator("#name").fill("Nazlı Kırşehirli")
    page.locator("button.button").last.click()
    page.locator("#code-phone").wait_for()


def address_on(page: Any, card: str) -> str:
    """The path a code on the dealer's page holds."""
    return urlsplit(page.locator(f"#{card} [data-copy]").get_attribute("data-copy")).path


@pytest.mark.parametrize("language", ["tr", "en"] if PICTURES else ["tr"])
def test_the_pages_of_what_dealers_may_and_of_their_codes(
    app: Any, base: str, chromium: Any, place: Any, dealer: int, language: str
) -> None:
    db.connection().execute("update provider set most_dealers = 3 where id = %s",
                            (place.provider_id,))
    clerk = user_id(user_with(app, "dealer_user", place, dealer_id=dealer))
    client = sign_in(app, user_with(app, "provider_admin", place))
    with browsing(chromium, base, client) as page:
        page.goto(f"/lang/{language}")
        for name, path in (("bayi", f"/bayiler/show/{dealer}"),
                           ("sinirlar", f"/saglayicilar/show/{place.provider_id}"),
                           ("kisi", f"/kullanicilar/show/{clerk}")):
            page.goto(path)
            look(page, f"{name}-{language}")
        page.goto("/bayiler/liste/")
        look(page, f"liste-{language}")
        page.locator("#file").set_input_files({
            "name": "bayiler.csv", "mimeType": "text/csv",
            "buffer": dealers(row(1), row(2, town="Yok"), row(3, state="Pasif"))})
        page.locator("main form .primary").click()
        look(page, f"deneme-{language}")
        page.goto(f"/bayi-sayfalari/{dealer}")
        for card in ("afis", "kiosk"):
            page.locator(f"#{card} form button").click()
            page.locator(f"#{card} svg.qr").wait_for()
        look(page, f"kod-{language}")


def test_a_kiosk_clears_itself_and_leaves_nothing_behind(
    app: Any, base: str, chromium: Any, place: Any, dealer: int
) -> None:
    client = sign_in(app, user_with(app, "dealer_user", place, dealer_id=dealer))
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    with browsing(chromium, base, manager) as page:
        page.goto("/bayi-sayfalari/")
        page.locator("#kiosk form button").click()
        path = address_on(page, "kiosk")
    assert client.get("/bayi-sayfalari/").status_code == 200
    with browsing(chromium, base) as page:
        page.clock.install()
        page.goto(path)
        look(page, "kiosk-basla")
        page.locator("a[data-start]").click()
        page.locator("#phone").wait_for()
        look(page, "kiosk-form")
        page.locator(".apart a").click()  # the notice opens above the form, not beside it
        page.locator("dialog[open] .stay button").click()
        choose(page, new_phone())
        page.locator("#code-phone").fill(code_of(place))
        page.locator("button.button").last.click()
        page.get_by_text(re.compile(r"MKB-\w{4}")).wait_for()
        look(page, "kiosk-makbuz")
        assert page.locator("a[download]").count() == 0
        page.clock.run_for(31_000)
        page.locator("dialog[open]").wait_for()
        look(page, "kiosk-orada-misiniz")
        page.clock.run_for(21_000)
        page.locator("main a[data-start]").wait_for()
        assert "Nazlı" not in page.content()
        page.locator("a[data-start]").click()
        page.locator("#phone").fill("0599")
        assert page.evaluate("history.length") <= 2  # the tab's own page, and this one
        assert urlsplit(page.url).path == path
        page.locator("[data-end]").last.click()
        page.locator("main a[data-start]").wait_for()
        page.locator("a[data-start]").click()
        assert page.locator("#phone").input_value() == ""


def accept(page: Any, path: str, username: str) -> None:
    """Let somebody in by the link of a mail, with a password of their own."""
    page.goto(path)
    page.locator("#username").fill(username)
    page.locator("#password").fill(NEW)
    page.locator("main button[type=submit], main button.primary").first.click()
    page.wait_for_url("**/")


def invite(page: Any, mail: str, role: str, place: str) -> None:
    page.goto("/davetler/yeni")
    page.locator("#email").fill(mail)
    page.locator("#first_name").fill("Ece")
    page.locator("#role").select_option(role)
    page.locator("#place").select_option(place)
    page.locator("main form button.primary").click()
    page.wait_for_url("**/davetler/")


def test_an_admin_invites_a_manager_who_invites_a_user_who_captures_and_sees_only_that(
    app: Any, base: str, chromium: Any, place: Any, dealer: int
) -> None:
    take(place, "+905992000022", dealer_id=dealer_of(place, "Karşıyaka Lale"))
    counter = db.connection().execute(
        "insert into own_role (provider_id, title, level, permissions) values (%s, %s, 'dealer', "
        "'{home:read,poster:read,consent:read,document:read}') returning id",
        (place.provider_id, f"Kasa {place.provider_id}")).fetchone()[0]
    manager, clerk = (f"{who}{dealer}@ornek.com.tr" for who in ("yonetici", "kasa"))
    with browsing(chromium, base, sign_in(app, user_with(app, "provider_admin", place))) as page:
        invite(page, manager, "dealer_manager", f"d{dealer}")
    with browsing(chromium, base) as page:
        accept(page, path_of(manager), f"yonetici{dealer}")
        page.goto("/bayi-sayfalari/")
        page.locator("#afis form button").click()
        code = address_on(page, "afis")
        invite(page, clerk, f"own:{counter}", f"d{dealer}")
    with browsing(chromium, base) as page:
        accept(page, path_of(clerk), f"kasa{dealer}")
        menu = page.locator("nav a").all_inner_texts()
        assert "Kullanıcılar" not in menu
        page.goto("/bayi-sayfalari/")
        assert address_on(page, "afis") == code
        assert page.locator("#afis .danger").count() == 0  # a clerk ends no code
        with browsing(chromium, base) as visitor:
            visitor.goto(code)
            choose(visitor, new_phone())
            visitor.locator("#code-phone").fill(code_of(place))
            visitor.locator("button.button").last.click()
            visitor.get_by_text(re.compile(r"MKB-\w{4}")).wait_for()
        page.goto("/izinler/")
        rows = page.locator("main tbody a[href*='/izinler/']")
        assert rows.count() == 1
        assert "Karşıyaka" not in page.content()
        rows.first.click()
        page.get_by_text("Bornova Akasya").first.wait_for()
