"""Every public page and mail in Chromium: axe, themes, widths; the demo shop walks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import in_both_themes

from .mock_server import CODE, MockServer
from .samples import PAGES, WIDGET, render

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page, server: MockServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name, (template, context) in PAGES.items():
        page.goto(server.page(f"/pages/{name}", render(template, **context)))
        assert (name, in_both_themes(page)) == (name, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_page_zoomed_to_320_px_still_fits(page: Page, server: MockServer) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for name, (template, context) in PAGES.items():
        page.goto(server.page(f"/pages/{name}", render(template, **context)))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_enter_in_a_code_field_verifies_and_does_not_ask_for_a_new_code(
    page: Page, server: MockServer
) -> None:
    template, context = PAGES["code"]
    urls = {"action": "/verify", "resend_action": "/again"}
    page.goto(server.page("/pages/code", render(template, **(context | urls))))
    page.get_by_label("Code sent to your phone").fill(CODE)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    assert page.url.endswith("/verify")


def test_the_demo_shop_walks_to_the_receipt_and_hides_its_fields_meanwhile(
    page: Page, server: MockServer
) -> None:
    source = f"{server.api_origin}/static/widgets/ileti.js"
    html = render("demo/shop.html", **(WIDGET | {"widget_src": source}))
    page.goto(server.page("/pages/shop", html))
    page.locator("#name").fill("Nazlı Kırşehirli")
    page.locator("#phone").fill("0599 213 41 17")
    page.get_by_role("checkbox", name="kısa mesajla").check()
    page.get_by_role("button", name="Join").click()
    page.get_by_label("Kod", exact=True).fill(CODE)
    expect(page.locator("#signup > .fields")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    expect(page.get_by_text("Your membership is open.")).to_be_visible()
