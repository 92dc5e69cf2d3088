"""The widget bound to a shop's own form: it uses the shop's fields and never blocks its submit."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import axe
from .mock_server import CODE, MockServer, problem
from .pages import plain, with_form

pytestmark = pytest.mark.browser


def fill_shop(page: Page) -> None:
    page.locator("#ad").fill("Nazlı Kırşehirli")
    page.locator("#tel").fill("0599 213 41 17")
    page.locator("#eposta").fill("nazli.k@ornek.com.tr")


def join(page: Page) -> None:
    page.get_by_role("button", name="Üye ol").click()


def test_the_widget_stands_before_the_shops_button_and_asks_for_nothing_twice(
    page: Page, server: MockServer
) -> None:
    page.goto(with_form(server))
    page.get_by_role("checkbox", name="kısa mesajla").check()
    expect(page.locator("ileti-consent input:not([type=checkbox]):visible")).to_have_count(1)
    expect(page.locator("ileti-consent button[type=submit]")).to_have_count(0)
    assert page.locator("ileti-consent + button").inner_text() == "Üye ol"
    assert axe(page) == []


def test_r13_the_shops_form_goes_out_when_nothing_is_ticked(page: Page, server: MockServer) -> None:
    page.goto(with_form(server, "data-hold"))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()
    fill_shop(page)
    join(page)
    expect(page.locator("#done")).to_be_visible()
    assert server.posts("submissions") == []
    assert "go=1" in server.posts("shop")[0]["form"]


def test_a_plain_submit_of_the_shop_carries_the_consents_along(
    page: Page, server: MockServer
) -> None:
    page.goto(with_form(server))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    page.get_by_role("checkbox", name="e-postayla").check()
    join(page)
    expect(page.locator("#done")).to_be_visible()
    page.wait_for_timeout(300)
    (body,) = server.posts("submissions")
    assert (body["name"], body["phone"]) == ("Nazlı Kırşehirli", "0599 213 41 17")
    assert [choice["channel"] for choice in body["choices"]] == ["MESAJ", "EPOSTA"]


def test_a_shop_that_submits_by_script_sees_the_steps_on_its_page(
    page: Page, server: MockServer
) -> None:
    script = """document.querySelector('#signup').addEventListener('submit', event => {
      event.preventDefault(); window.joined = (window.joined || 0) + 1; });"""
    page.goto(with_form(server, script=script))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    expect(page.get_by_label("Kod", exact=True)).to_be_focused()
    assert page.evaluate("joined") == 1
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()


def test_hold_keeps_the_page_for_the_code_and_then_lets_the_form_go(
    page: Page, server: MockServer
) -> None:
    page.goto(with_form(server, "data-hold"))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    page.get_by_label("Kod", exact=True).fill(CODE)
    page.get_by_role("button", name="Doğrula", exact=True).click()
    assert server.posts("shop") == []
    page.get_by_role("button", name="Devam et").click()
    expect(page.locator("#done")).to_be_visible()
    assert "go=1" in server.posts("shop")[0]["form"]


def test_hold_lets_the_form_go_at_once_when_no_code_is_needed(
    page: Page, server: MockServer
) -> None:
    server.policy = "signed"
    page.goto(with_form(server, "data-hold data-vouch='v'"))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    expect(page.locator("#done")).to_be_visible()
    assert len(server.posts("submissions")) == 1


def test_r13_a_failure_never_stands_between_the_person_and_the_shop(
    page: Page, server: MockServer
) -> None:
    server.next("submissions", *[problem(503, retry_after=30)] * 5)
    page.goto(with_form(server, "data-hold"))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    expect(page.get_by_text("Seçiminizi kaydedemedik")).to_be_visible()
    page.get_by_role("button", name="Seçim yapmadan sürdür").click()
    expect(page.locator("#done")).to_be_visible()
    assert len(server.posts("submissions")) == 1


def test_r13_a_missing_field_never_stands_between_the_person_and_the_shop(
    page: Page, server: MockServer
) -> None:
    page.goto(with_form(server, "data-hold"))
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    expect(page.get_by_text("Bu seçim için cep telefonunuzu yazın.")).to_be_visible()
    page.get_by_role("button", name="Seçim yapmadan sürdür").click()
    expect(page.locator("#done")).to_be_visible()
    assert server.posts("submissions") == []


def test_r13_a_dead_consent_server_leaves_the_shop_working(page: Page, server: MockServer) -> None:
    server.next("form", *[problem(503)] * 3)
    page.goto(with_form(server, "data-hold"))
    expect(page.get_by_text("İzin bölümü açılamadı")).to_be_visible()
    fill_shop(page)
    join(page)
    expect(page.locator("#done")).to_be_visible()


def test_a_double_click_on_the_shops_button_sends_once(page: Page, server: MockServer) -> None:
    page.goto(with_form(server, "data-hold"))
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    page.get_by_role("button", name="Üye ol").dblclick()
    expect(page.get_by_role("heading", name="Numaranızı doğrulayın")).to_be_visible()
    assert len(server.posts("submissions")) == 1


def test_the_shop_finds_the_receipt_number_in_its_own_post(page: Page, server: MockServer) -> None:
    server.policy = "signed"
    page.goto(with_form(server, "data-hold data-vouch='v'"))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()
    page.evaluate("document.querySelector('ileti-consent').setAttribute('name', 'consent')")
    fill_shop(page)
    page.get_by_role("checkbox", name="kısa mesajla").check()
    join(page)
    expect(page.locator("#done")).to_be_visible()
    assert "consent=IZN-0048-2917" in server.posts("shop")[0]["form"]


def test_a_target_takes_the_widget_and_two_widgets_do_not_disturb_each_other(
    page: Page, server: MockServer
) -> None:
    head = "<style>#one{border:1px solid}</style>"
    url = plain(server, 'data-target="main"', head=head)
    page.goto(url)
    page.evaluate(
        """() => { const other = document.createElement('ileti-consent');
          other.dataset.site = 'pk_demo'; other.dataset.lang = 'en';
          document.querySelector('main').append(other); }"""
    )
    expect(page.get_by_role("checkbox", name="by text message")).to_be_visible()
    page.get_by_role("checkbox", name="kısa mesajla").check()
    expect(page.get_by_role("checkbox", name="by text message")).not_to_be_checked()
    assert axe(page) == []
