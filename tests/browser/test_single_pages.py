"""Single messages by axe: the list, the form in its steps, one message. ``ILETI_SHOTS`` names a
folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.templates import lifecycle
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.campaigns.campaign_house import consent, phone
from tests.channels.test_send import Gateway
from tests.panel.people import dealer_of, sign_in, user_with
from tests.singles.house import NOTICE, OFFER, ask, heard, knows, let, sent_by
from tests.singles.test_singles import template

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")
NEW = "/tek-iletiler/yeni"


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with a message that went, one the gate kept back, one that waits."""
    from dataclasses import replace

    from ileti.channels import quiet
    from ileti.consents.vocabulary import Status
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    client = sign_in(app, user_with(app, "provider_admin", place))
    with client.session_transaction() as session:
        session["proved_at"] = int(clock.now().timestamp())
    heard(place)
    consent(place, 41, 42)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quiet, "speaks_from", lambda moment, *_: moment)
        kept = ask(place, OFFER, phone(41)).message_id
        consent(place, 41, status=Status.RET, iys=None)
        gone = ask(place, OFFER, phone(42)).message_id
        sent_by(Gateway(), kept, gone)
    waits = ask(place, address=phone(43), reference="SP-10482").message_id
    filled = template(place, replace(NOTICE, body="Sayın {ad|müşterimiz}, siparişiniz yolda."))
    with serving(app) as base:
        yield {"base": base, "client": client, "kept": kept, "gone": gone, "waits": waits,
               "template": filled, "place": place}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    pages = (("list", "/tek-iletiler/"), ("new", NEW), ("own", f"{NEW}?kaynak=MESAJ"),
             ("mail", f"{NEW}?kaynak=EPOSTA"), ("template", f"{NEW}?kaynak=t{house['template']}"),
             ("kept", f"/tek-iletiler/{house['kept']}"), ("gone", f"/tek-iletiler/{house['gone']}"),
             ("waits", f"/tek-iletiler/{house['waits']}"))
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in pages:
            page.goto(f"{path}{'&' if '?' in path else '?'}_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"{name}-{language}")


def shoot(page: Any, name: str) -> None:
    """Pictures for a person, when somebody asked for them."""
    for width in WIDTHS if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES[:1]:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(full_page=True, path=f"{SHOTS}/{name}-{width}.png")


def test_a_notice_is_written_looked_at_and_sent(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/tek-iletiler/?_l_=tr")
        page.click("text=İleti gönder")
        page.select_option("#kaynak", "MESAJ")
        page.get_by_role("button", name="Aç", exact=True).click()
        page.fill("#alici", "0599 213 00 44")
        page.select_option("#sinif", "SATIN_ALMA_TESLIMAT")
        page.fill("#neden", "Verilmiş siparişin teslimatı")
        page.fill("#metin", "SP-7 numarali siparisiniz %20 indirimle geliyor.")
        page.click("button:has-text('Önizle')")
        page.wait_for_selector(".bubble")
        assert page.locator(".notice.wait").count() >= 1
        shoot(page, "look-tr")
        page.click("button:has-text('Gönder')")
        page.wait_for_selector("#metin-hata")
        page.fill("#metin", "SP-7 numarali siparisiniz geliyor.")
        page.click("button:has-text('Gönder')")
        page.wait_for_url("**/tek-iletiler/*")
        assert "Gönderilmeyi bekliyor" in page.content()
        page.click("button:has-text('Metni göster')")
        page.wait_for_selector("text=SP-7 numarali siparisiniz geliyor.")
        shoot(page, "opened-tr")


def test_a_dealers_pages_of_messages_by_axe(chromium: Any, app: Any, house: dict[str, Any]) -> None:
    place = house["place"]
    let(place)
    dealer = dealer_of(place)
    knows(place, 44, dealer)
    own = lifecycle.create(place.provider_id, place.brand_id, OFFER.channel, "Bayinin şablonu",
                           user_id=1, draft=OFFER, dealer_id=dealer)
    sent = ask(place, OFFER, phone(44), dealer_id=dealer).message_id
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    with client.session_transaction() as session:
        session["proved_at"] = int(clock.now().timestamp())
    with browsing(chromium, house["base"], client) as page:
        for name, path in (("sablonlar", "/sablonlar/"), ("sablon", f"/sablonlar/{own}"),
                           ("yeni", "/sablonlar/yeni"), ("tek", f"{NEW}?kaynak=MESAJ"),
                           ("giden", f"/tek-iletiler/{sent}")):
            page.goto(path)
            assert (path, faults(page)) == (path, [])
            if SHOTS:
                page.set_viewport_size({"width": 1280, "height": 900})
                page.screenshot(path=f"{SHOTS}/dealer-{name}.png")
        page.goto(f"{NEW}?kaynak=MESAJ")
        offered = page.eval_on_selector_all("#sinif option", "all => all.map(one => one.value)")
        assert [one for one in offered if one] == ["TICARI"]
