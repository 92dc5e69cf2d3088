"""The panel's working pages on real records in Chromium, in both themes, on a phone and on a desk:
axe finds nothing and nothing scrolls sideways."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.radar.counts import next_midnight
from tests.browser.axe import in_both_themes
from tests.panel.people import PASSWORD, dealer_of, take, user_with
from tests.panel.test_time_travel import answer
from tests.widget.conftest import axe

pytestmark = pytest.mark.browser


class Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, *_what: object) -> None:
        """Nothing."""


@dataclass
class Panel:
    """A served panel with records in every state, its pages by name, and who signs in."""

    base: str
    admin: str
    dealer: str
    pages: dict[str, str]
    dealer_pages: dict[str, str]


@pytest.fixture(scope="module")
def panel(app: Any, database: str) -> Iterator[Panel]:
    """The application served on a free port, with a brand full of different records."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    dealer = dealer_of(place, "Bornova Akasya Ev Tekstili Pazarlama")
    entries = _records(place, dealer)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    shown = {name: f"/izinler/{record_number(entry)}" for name, entry in entries.items()}
    yield Panel(
        f"http://127.0.0.1:{server.server_port}",
        user_with(app, "provider_admin", place),
        user_with(app, "dealer_manager", place, dealer_id=dealer),
        {"today": "/", "list": "/izinler/?kanal=2&secim=in_force&secim=given&secim=refusal",
         "empty": "/izinler/?kaynak=4", "registered": shown["registered"],
         "past": shown["refused"] + "?at=2020-01-01T09:00", "waiting": "/iletim/",
         "stopped": "/iletim/?durum=duran", "radar": "/sureler/",
         "radar_all": "/sureler/?liste=hepsi&gore=kaynak&sure=gecikti&sure=bugun",
         "days": "/sureler/takvim", "retention": "/saklama/",
         "new_hold": "/saklama/bekletme/yeni"},
        {"home": "/", "one": shown["own"], "radar": "/sureler/?liste=hepsi"},
    )
    server.shutdown()


def _records(place: Any, dealer: int) -> dict[str, int]:
    """Accepted, rejected, waiting, refused, stopped and a dealer's record; their entries."""
    phones = {name: f"+9059929110{n:02d}" for n, name in enumerate(
        ("registered", "rejected", "waiting", "refused", "stopped", "own"))}
    entries = {name: take(place, phone, dealer_id=dealer if name == "own" else None)
               .items[0].entry_id for name, phone in phones.items()}
    take(place, "nazli.k@ornek.com.tr", channel=Channel.EPOSTA)
    answer(place, entries["registered"])
    answer(place, entries["rejected"], accepted=False, code="H178")
    answer(place, entries["refused"])
    take(place, phones["refused"], refusal=True)
    with db.transaction() as conn:
        # one is late, one runs out tonight
        conn.execute("update consent_state set iys_due_at = now() - interval '1 day' "
                     "where provider_id = %s and entry_id = %s",
                     (place.provider_id, entries["waiting"]))
        conn.execute("update consent_state set iys_due_at = %s "
                     "where provider_id = %s and entry_id = any(%s)",
                     (next_midnight() - timedelta(seconds=1), place.provider_id,
                      [entries["stopped"], entries["own"]]))
        conn.execute("update outbox set dead_at = now(), reason = 'Bayi kodu kayıtlı değil. H180' "
                     "where provider_id = %s and ref_id = any(%s)",
                     (place.provider_id, [entries["stopped"], entries["own"]]))
        conn.execute("update consent_state set iys_code = 180 "
                     "where provider_id = %s and entry_id = %s",
                     (place.provider_id, entries["own"]))
    return entries


def sign_in(page: Page, panel: Panel, name: str) -> None:
    """Through the login page."""
    page.goto(f"{panel.base}/login/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def check(page: Page, panel: Panel, pages: dict[str, str]) -> None:
    """Every page in every theme and width: no violation of WCAG 2.2 AA that axe knows."""
    for name, path in pages.items():
        page.goto(panel.base + path, wait_until="load")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert (name, width, in_both_themes(page)) == (name, width, [])
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert (name, width, wide) == (name, width, False)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that asks for Turkish."""
    context = chromium.new_context(locale="tr-TR", reduced_motion="reduce", color_scheme="light")
    yield context.new_page()
    context.close()


def test_head_offices_pages(page: Page, panel: Panel) -> None:
    sign_in(page, panel, panel.admin)
    check(page, panel, panel.pages)


def test_a_dealers_pages(page: Page, panel: Panel) -> None:
    sign_in(page, panel, panel.dealer)
    check(page, panel, panel.dealer_pages)


def test_tables_keep_inside_their_cards_between_a_phone_and_a_wide_desk(page: Page,
                                                                       panel: Panel) -> None:
    sign_in(page, panel, panel.admin)
    for name in ("list", "waiting", "stopped"):
        page.goto(panel.base + panel.pages[name])
        for width in (761, 900, 1100, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            out = page.evaluate("""[...document.querySelectorAll('.card table')].map(table =>
              Math.round(table.getBoundingClientRect().right
                         - table.closest('.card').getBoundingClientRect().right))""")
            assert (name, width, [one for one in out if one > 0]) == (name, width, [])


def test_open_parts(page: Page, panel: Panel) -> None:
    sign_in(page, panel, panel.admin)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(panel.base + "/#menu")
    assert axe(page) == []
    page.goto(panel.base + "/izinler/")
    page.get_by_role("button", name="Tüm süzgeçler").click()
    page.locator("summary", has_text="Kaynak").click()
    assert axe(page) == []
    page.goto(panel.base + panel.pages["registered"])
    page.get_by_role("button", name="Ret kaydet").first.click()
    assert axe(page) == []


def test_the_address_opens_on_one_answer_and_is_masked_again(page: Page, panel: Panel) -> None:
    sign_in(page, panel, panel.admin)
    page.goto(panel.base + panel.pages["registered"])
    assert "+90 599 291 10 00" not in page.content()
    page.get_by_role("button", name="Adresi göster").click()
    assert page.locator("h1").inner_text() == "+90 599 291 10 00"
    page.goto(panel.base + panel.pages["registered"])
    assert "+90 599 291 10 00" not in page.content()
