"""The pages of templates by axe, and the editor as a marketer uses it: one story, few loads.
``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.templates import lifecycle
from ileti.templates.written import Content
from tests.browser.axe import browsing, faults, serving, wait_until_checked
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("ILETI_SHOTS")

OFFER = Content(Channel.MESAJ, body="Sayın {ad|müşterimiz}, hafta sonu %20 indirim.",
                terms="https://defne.ornek.com.tr/k", ends=date(2027, 1, 31))
MAIL = Content(Channel.EPOSTA, subject="Haberler", html="<h1>Merhaba</h1><p>Sayın {ad},</p>")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider whose record is whole, with an SMS published twice and a mail being written."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    db.connection().execute(
        "update provider set mersis = '0291045678900017', contact = 'Defne Sk. 1', "
        "service_number = '0850 000 00 00', refusal_number = '3338', segment_price = 0.15 "
        "where id = %s", (place.provider_id,))
    name = user_with(app, "provider_admin", place)
    sms, mail = (lifecycle.create(place.provider_id, place.brand_id, one.channel, "Hafta sonu",
                                  user_id=1, draft=one) for one in (OFFER, MAIL))
    first = lifecycle.publish(sms, 0, user_id=1)
    with serving(app) as base:
        yield {"base": base, "client": sign_in(app, name), "sms": sms, "mail": mail,
               "version": first, "provider": place.provider_id}


PAGES = ("/sablonlar/", "/sablonlar/yeni", "/sablonlar/{sms}", "/sablonlar/{sms}/taslak",
         "/sablonlar/{mail}/taslak", "/sablonlar/surum/{version}", "/gonderen/{provider}")


def test_axe_finds_nothing_and_nothing_runs_over(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for path in PAGES:
            page.goto(path.format(**house))
            wait_until_checked(page)
            assert (path, faults(page)) == (path, [])


def test_a_marketer_sees_what_a_letter_costs_and_publishes(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/sablonlar/{house['sms']}/taslak")
        page.wait_for_selector(".paper-marks mark.m-letter", state="attached")
        page.fill("#metin", "Şimdi {isim} hediye")
        page.wait_for_selector(".remark-n.error")
        assert "{isim} diye bir alan yok" in page.inner_text("[data-remarks]")
        page.fill("#metin", "Şimdi ")
        page.select_option("#alan", "{ad}")
        assert page.input_value("#metin") == "Şimdi {ad}"
        page.wait_for_selector(".bubble:has-text('Şimdi Ayşe')")
        page.click("[data-plain]")
        page.wait_for_selector(".bubble:has-text('Simdi Ayşe')")
        assert "Ret icin RET yazip 3338" in page.inner_text(".bubble .added >> nth=-1")
        page.click("button[value=publish]")
        page.wait_for_url(f"**/sablonlar/{house['sms']}")
        assert "Simdi Ayşe" in page.inner_text(".bubble")


def test_a_mail_is_seen_in_its_frame_dark_and_as_typed(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/sablonlar/{house['mail']}/taslak")
        page.fill("#html", "<p>Sayın {ad|müşterimiz},</p><script>document.title='x'</script>")
        page.click("button[formaction$=koyu]")
        frame = page.frame_locator("iframe[name=onizleme]")
        frame.locator("text=Sayın Ayşe").wait_for()
        assert frame.locator(".ileti-ret").is_visible()
        assert frame.locator("body").evaluate(
            "body => getComputedStyle(body).backgroundColor") == "rgb(15, 18, 22)"
        page.on("dialog", lambda dialog: dialog.accept())


def test_a_mail_is_put_together_of_blocks_with_and_without_script(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/sablonlar/yeni")
        page.fill("#ad", "Bülten")
        page.select_option("#kanal", "EPOSTA")
        page.click("form.stack button.primary")
        page.wait_for_url("**/taslak")
        wait_until_checked(page)
        page.fill("#konu", "Haberler")
        page.fill("#b1-text", "Yeni hasat")
        page.fill("#b2-text", "")
        page.click("[data-mark='**'][data-for=b2-text]")
        page.keyboard.type("Yemen")
        assert page.input_value("#b2-text") == "**Yemen**"
        page.fill("#b3-label", "Gelin")
        page.wait_for_selector("[data-remarks] :text('Blok 3')")
        page.fill("#b3-href", "https://liman.ornek.com.tr")
        page.click("button[value='block:add:image']")
        page.wait_for_selector("#blok-4")
        assert page.evaluate("document.activeElement.id") == "b4-src"
        page.fill("#b4-src", "https://liman.ornek.com.tr/c.png")
        page.fill("#b4-alt", "Çekirdek")
        page.click("button[value='block:up:4']")
        page.wait_for_selector("#blok-3 #b3-alt")
        frame = page.frame_locator("iframe[name=onizleme]")
        frame.locator("h1:has-text('Yeni hasat')").wait_for()
        wait_until_checked(page)
        if SHOTS:
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{SHOTS}/blocks-{width}.png", full_page=True)
        assert faults(page) == []
        page.set_viewport_size({"width": 1280, "height": 900})
        page.click("button[value=publish]")
        page.wait_for_url(lambda url: url.rstrip("/").rpartition("/")[2].isdigit())
        assert page.frame_locator("iframe").locator("a:has-text('Gelin')").count() == 1
        page.click("a[target=onizleme]:has-text('Koyu')")
        dark = page.frame_locator("iframe").locator(".zemin").first
        dark.wait_for()
        page.wait_for_timeout(300)
        assert dark.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(22, 26, 32)"


def test_enter_in_a_field_of_the_editor_saves_and_moves_no_block(
    chromium: Any, house: dict[str, Any]
) -> None:
    number = lifecycle.create(house["provider"], None, Channel.EPOSTA, "Enter", user_id=1)
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/sablonlar/{number}/taslak")
        wait_until_checked(page)
        page.fill("#b1-text", "Başlık")
        with page.expect_navigation():
            page.press("#b1-text", "Enter")
        assert page.input_value("#b1-text") == "Başlık"
        assert page.locator(".saved:has-text('Kaydedildi')").count() == 1
