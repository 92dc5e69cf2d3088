"""R-12: no way of loading, restoring or scripting a page ticks a box for the person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .mock_server import MockServer
from .pages import plain, with_form

pytestmark = pytest.mark.browser

BOXES = "ileti-consent input[type=checkbox]"


def expect_all_empty(page: Page) -> None:
    expect(page.locator(BOXES)).to_have_count(4)
    assert page.locator(f"{BOXES}:checked").count() == 0


@pytest.mark.parametrize(
    "attributes",
    [
        "checked",
        'data-checked="true" data-mesaj="ONAY" data-choices="MESAJ,EPOSTA"',
        'data-value="on" data-default="1" required data-required="true"',
    ],
)
def test_r12_no_attribute_ticks_a_box_or_makes_one_required(
    page: Page, server: MockServer, attributes: str
) -> None:
    page.goto(plain(server, attributes))
    expect_all_empty(page)
    assert page.locator(f"{BOXES}[required]").count() == 0


def test_r12_no_query_string_ticks_a_box(page: Page, server: MockServer) -> None:
    page.goto(
        plain(server) and f"{server.page_origin}/page?MESAJ=ONAY&checked=1&consent=all#EPOSTA"
    )
    expect_all_empty(page)


def test_r12_a_reloaded_page_starts_empty(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    page.locator(BOXES).first.check()
    page.reload()
    expect_all_empty(page)


def test_r12_a_page_from_the_back_forward_cache_comes_back_empty(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server))
    page.locator(BOXES).first.check()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect_all_empty(page)
    expect(page.get_by_label("Ad soyad")).to_be_hidden()


def test_r12_going_away_and_back_comes_back_empty(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    page.locator(BOXES).first.check()
    page.goto(server.page("/other", "<title>other</title>"))
    page.go_back()
    expect_all_empty(page)


def test_r12_a_scripted_click_is_no_act_of_the_person(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    expect_all_empty(page)
    page.locator(BOXES).first.evaluate("box => box.click()")
    expect_all_empty(page)
    page.locator("ileti-consent label").nth(3).evaluate("label => label.click()")
    expect_all_empty(page)


def test_r12_a_forged_event_is_no_act_of_the_person(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    page.locator(BOXES).first.evaluate(
        """box => { box.checked = true;
          for (const kind of ['click', 'input', 'change'])
            box.dispatchEvent(new Event(kind, {bubbles: true})); }"""
    )
    expect_all_empty(page)


def test_r12_a_box_set_by_script_is_never_sent(page: Page, server: MockServer) -> None:
    server.policy = "later"
    page.goto(plain(server))
    expect_all_empty(page)
    page.locator(BOXES).evaluate_all("boxes => boxes.forEach(box => { box.checked = true })")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Hiçbir izin vermediniz")).to_be_visible()
    assert server.posts("submissions") == []


def test_r12_a_reset_of_the_shops_form_empties_the_boxes(page: Page, server: MockServer) -> None:
    page.goto(with_form(server))
    page.locator(BOXES).first.check()
    page.evaluate("document.querySelector('#signup').reset()")
    expect_all_empty(page)


def test_r12_a_tick_taken_back_is_neither_consent_nor_refusal(
    page: Page, server: MockServer
) -> None:
    server.policy = "later"
    page.goto(plain(server))
    page.locator(BOXES).nth(0).check()
    page.locator(BOXES).nth(0).uncheck()
    page.locator(BOXES).nth(2).check()
    page.get_by_label("E-posta", exact=True).fill("nazli.k@ornek.com.tr")
    page.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Seçiminiz alındı")).to_be_visible()
    (body,) = server.posts("submissions")
    assert [choice["channel"] for choice in body["choices"]] == ["EPOSTA"]


def test_there_is_no_box_for_all_and_one_click_changes_one_choice(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server))
    for number in range(4):
        page.locator(BOXES).nth(number).check()
        assert page.locator(f"{BOXES}:checked").count() == number + 1
