"""`<ileti-notice>` and the explicit consents of `<ileti-consent>`, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import axe
from .mock_server import PRIVACY, SITE, MockServer, problem
from .pages import STYLE, plain, strict_csp

pytestmark = pytest.mark.browser


def noticed(server: MockServer, attributes: str = "", *, form: str = "", csp: str = "",
            lang: str = "tr", style: str = "") -> str:
    """A page with the element, alone or with a form of the host."""
    source = f"{server.api_origin}/static/widgets/ileti-notice.js"
    html = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>İletişim</title>'
        f'<meta name="viewport" content="width=device-width">{style}</head><body><main>'
        f'<h1>Bize yazın</h1>{form}<ileti-notice data-site="{SITE}" {attributes}>'
        f'<a href="/aydinlatma">Aydınlatma metni</a></ileti-notice></main>'
        f'<script src="{source}" defer></script></body></html>')
    return server.page("/iletisim", html, csp)


def notices(server: MockServer) -> list[Any]:
    return [body["notice"] for body in server.posts("submissions")]


def read_to_the_end(page: Page) -> None:
    page.get_by_text("Aydınlatma metnini oku", exact=True).click()
    region = page.get_by_role("region", name="Aydınlatma metni")
    expect(region).to_be_visible()
    region.evaluate("one => one.scrollTo(0, one.scrollHeight)")


def watched(page: Page) -> None:
    page.add_init_script(
        "window.told = []; for (const name of ['ready', 'notice', 'recorded', 'error'])"
        " document.addEventListener('ileti:' + name, (e) => told.push([name, e.detail]))")


def test_r60_the_element_says_how_far_the_text_truly_was_shown(
    page: Page, server: MockServer
) -> None:
    watched(page)
    page.goto(noticed(server))
    expect(page.get_by_text("Verilerinizi neden ve nasıl")).to_be_visible()
    page.evaluate("document.querySelector('ileti-notice').shadowRoot"
                  ".querySelector('details').open = true")  # by a script, so nobody read it
    page.wait_for_timeout(300)
    assert page.evaluate("told.map((one) => one[0])") == ["ready"]
    page.get_by_text("Aydınlatma metnini oku", exact=True).click()  # closes it
    read_to_the_end(page)
    page.wait_for_function("told.some((one) => one[0] === 'recorded')")
    assert page.evaluate("told.filter((one) => one[0] === 'notice').map((one) => one[1].extent)"
                         ) == ["opened", "to_the_end"]
    assert notices(server) == [{"at": None, "extent": "to_the_end"}]
    (body,) = server.posts("submissions")
    assert (body["choices"], body["privacy"], "phone" in body) == ([], [], False)


def test_r12_only_the_person_marks_it_as_read_and_it_is_kept_at_once(
    page: Page, server: MockServer
) -> None:
    page.goto(noticed(server, "data-ack"))
    box = page.get_by_role("checkbox", name="okudum, anladım")
    expect(box).not_to_be_checked()
    page.evaluate("document.querySelector('ileti-notice').shadowRoot.querySelector('input')"
                  ".click()")
    expect(box).not_to_be_checked()
    assert notices(server) == []
    box.check()
    page.wait_for_timeout(300)
    (said,) = notices(server)
    assert said["extent"] == "linked"
    assert said["at"]


def host_form(action: str = "/shop") -> str:
    return (f'<form id="f" action="{action}" method="post"><label>Mesaj <input name="mesaj">'
            '</label><button name="go" value="1">Gönder</button></form>')


def test_the_host_s_form_takes_the_receipt_s_number_along(page: Page, server: MockServer) -> None:
    page.goto(noticed(server, 'data-form="#f"', form=host_form()))
    read_to_the_end(page)
    page.wait_for_timeout(300)
    assert notices(server) == []  # one post, when the form goes out
    page.get_by_label("Mesaj").fill("Merhaba")
    page.get_by_role("button", name="Gönder").click()
    expect(page.locator("#done")).to_be_visible()
    assert notices(server) == [{"at": None, "extent": "to_the_end"}]
    (host,) = server.posts("shop")
    assert "ileti_notice=IZN-0048-2917" in host["form"]
    assert "go=1" in host["form"]


def test_a_notice_that_cannot_be_kept_holds_no_form_back(page: Page, server: MockServer) -> None:
    server.next("submissions", problem(503))
    page.goto(noticed(server, 'data-form="#f"', form=host_form()))
    expect(page.get_by_text("Verilerinizi neden")).to_be_visible()
    page.get_by_role("button", name="Gönder").click()
    expect(page.locator("#done")).to_be_visible()
    assert "ileti_notice=&" in server.posts("shop")[0]["form"] + "&"


def test_a_form_that_is_reset_or_not_kept_sends_no_number_of_before(
    page: Page, server: MockServer
) -> None:
    """The next person at the same form must not send the receipt of the one before."""
    value = "new FormData(document.querySelector('#f')).get('bilgi')"
    record = "document.querySelector('ileti-notice').record()"
    page.goto(noticed(server, 'name="bilgi" data-ack', form='<form id="f" action="/shop">'))
    box = page.get_by_role("checkbox", name="okudum, anladım")
    box.check()
    assert page.evaluate(record) == "IZN-0048-2917"
    assert page.evaluate(value) == "IZN-0048-2917"
    page.evaluate("document.querySelector('#f').reset()")
    assert page.evaluate(value) is None
    expect(box).not_to_be_checked()
    box.check()
    assert page.evaluate(record) == "IZN-0048-2917"
    box.uncheck()
    server.next("submissions", problem(503))
    assert page.evaluate(record) is None
    assert page.evaluate(value) is None


def test_without_the_server_the_page_s_own_link_stays(page: Page, server: MockServer) -> None:
    server.next("notice", problem(404))
    page.goto(noticed(server, 'data-form="#f"', form=host_form()))
    expect(page.get_by_role("link", name="Aydınlatma metni")).to_be_visible()
    page.get_by_role("button", name="Gönder").click()
    expect(page.locator("#done")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_whole_by_keyboard_under_a_strict_policy_and_without_an_axe_violation(
    page: Page, server: MockServer, scheme: str
) -> None:
    page.goto(noticed(server, "data-ack", csp=strict_csp(server)))
    expect(page.get_by_text("Verilerinizi neden")).to_be_visible()
    page.get_by_text("Aydınlatma metnini oku", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Aydınlatma metni")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.wait_for_timeout(400)
    page.goto(noticed(server, "data-ack", style=f"<style>{STYLE}:root{{color-scheme:{scheme};"
                      "background:Canvas;color:CanvasText}</style>"))
    page.get_by_text("Aydınlatma metnini oku", exact=True).click()
    expect(page.get_by_role("region", name="Aydınlatma metni")).to_be_visible()
    page.wait_for_timeout(600)
    assert axe(page) == []


# -- explicit consents in the consent widget -------------------------------------------------------


def test_r58_each_explicit_consent_is_a_box_of_its_own_apart_from_the_channels(
    page: Page, server: MockServer
) -> None:
    server.privacy, server.policy = PRIVACY, "signed"
    page.goto(plain(server))
    for name in ("Ticari elektronik ileti", "Kişisel verileriniz için açık rıza"):
        expect(page.get_by_role("group", name=name)).to_be_visible()
    boxes = page.get_by_role("checkbox")
    assert [boxes.nth(n).is_checked() for n in range(boxes.count())] == [False] * 6
    page.get_by_role("checkbox", name=re.compile("^Kişiye özel öneri")).check()
    assert page.locator("input:checked").count() == 1
    page.get_by_label("E-posta", exact=True).fill("nazli.k@ornek.com.tr")
    page.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    page.get_by_role("link", name="aydınlatma metninde").click(modifiers=["Alt"])
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_text("Rıza verdiniz")).to_be_visible()
    (body,) = server.posts("submissions")
    assert [one["document"] for one in body["privacy"]] == [12]
    assert body["choices"] == []
    assert "phone" not in body
    rows = page.locator("dl > div").all_inner_texts()
    assert [" ".join(row.split()) for row in rows][3:6] == [
        "Kişiye özel öneri Rıza verdiniz", "Fotoğraf Rıza vermediniz",
        "Aydınlatma metni İşaretlemediniz"]
    expect(page.get_by_text("Kararınız kaydedildi.")).to_be_visible()
    assert axe(page) == []


def test_a_post_that_is_tried_again_is_the_same_with_the_notice_opened_meanwhile(
    page: Page, server: MockServer
) -> None:
    server.policy = "signed"
    server.next("submissions", problem(503, retry_after=2))
    page.goto(plain(server))
    page.get_by_role("checkbox", name="e-postayla").check()
    page.get_by_label("E-posta", exact=True).fill("nazli.k@ornek.com.tr")
    page.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_text("Seçiminizi kaydedemedik")).to_be_visible()
    page.get_by_role("link", name="aydınlatma metninde").click(modifiers=["Alt"])
    expect(page.locator("dl > div").first).to_be_visible()
    first, second = server.posts("submissions")
    assert first == second


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_form_with_explicit_consents_has_no_axe_violation(
    page: Page, server: MockServer, scheme: str
) -> None:
    server.privacy = PRIVACY
    page.goto(plain(server, head=f"<style>{STYLE}:root{{color-scheme:{scheme};background:Canvas;"
                    "color:CanvasText}</style>"))
    expect(page.get_by_text("Kişiye özel öneri")).to_be_visible()
    page.wait_for_timeout(600)
    assert axe(page) == []
