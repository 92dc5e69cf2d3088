"""The daily report by axe, on a phone and a desk, for head office and a dealer: its reader looks at
yesterday, asks for the mail and ends it. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock, db
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.panel.people import dealer_of, sign_in, user_with
from tests.radar.waiting import waiting
from tests.reports.house import answered, counted, taken

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")
PAGE = "/raporlar/gunluk/"


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with two brands and two dealers, on a day with something of everything."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    one, two = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Nilüfer Tekstil")
    conn = db.system_connection()
    conn.execute("insert into brand (provider_id, brand_code, name, master) values "
                 "(%s, %s, 'Kumru Bebek', false)", (place.provider_id, place.brand_code + 1))
    entries = [taken(place, channels=list(Channel), dealer=(one, two, None)[n % 3],
                     source=Source.HS_WEB).items[n % 3].entry_id for n in range(14)]
    taken(place, status=Status.RET, dealer=one)
    for n, entry in enumerate(entries):
        code = ("H180", "H120")[n % 8 // 4] if n % 4 == 0 else None
        answered(place, entry, accepted=code is None, code=code)
    waiting(place, clock.now() + timedelta(hours=1), 3, stopped="H180")
    waiting(place, clock.now() + timedelta(days=2), 9)
    conn.execute("insert into iys_day (provider_id, brand_id, day, differences, result, "
                 "archived_at, compared_at) values (%s, %s, %s, 0, 1, now(), now())",
                 (place.provider_id, place.brand_id, clock.today()))
    counted()
    today = clock.today()
    for before in (1, 2, 4, 5, 7, 8, 11):
        conn.execute(
            "insert into report_brand_day (provider_id, day, brand_id, channel, source, status, "
            "recipient_type, taken, accepted, rejected) select provider_id, %s::date, brand_id, "
            "channel, source, status, recipient_type, taken + %s, accepted, rejected "
            "from report_brand_day where provider_id = %s and day = %s",
            (today - timedelta(before), before, place.provider_id, today))
    clients = {"head": sign_in(app, user_with(app, "provider_admin", place)),
               "dealer": sign_in(app, user_with(app, "dealer_manager", place, dealer_id=one)),
               "viewer": sign_in(app, user_with(app, "report_viewer", place))}
    with serving(app) as base:
        yield {"base": base, "place": place, **clients}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    old = (clock.today() - timedelta(40)).isoformat()
    for name, who, path in (("today", "head", PAGE), ("dealer", "dealer", PAGE),
                            ("viewer", "viewer", PAGE), ("old", "head", f"{PAGE}?gun={old}")):
        with browsing(chromium, house["base"], house[who]) as page:
            page.goto(f"{path}{'&' if '?' in path else '?'}_l_={language}")
            assert (path, faults(page)) == (path, [])
            for width in WIDTHS if SHOTS else ():
                for theme in THEMES if name == "today" and language == "tr" else THEMES[:1]:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }",
                                  theme)
                    page.screenshot(full_page=True,
                                    path=f"{SHOTS}/day-{name}-{language}-{width}-{theme}.png")


def test_a_reader_looks_at_yesterday_asks_for_the_mail_and_ends_it(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["viewer"]) as page:
        page.goto("/?_l_=tr")
        page.get_by_role("link", name="Günlük rapor").click()
        page.wait_for_url(f"**{PAGE}")
        before = clock.today() - timedelta(1)
        page.locator(".page-actions a").first.click()
        page.wait_for_url(f"**?gun={before.isoformat()}")
        assert "şimdiye kadar" not in page.locator(".lead").inner_text()
        page.get_by_role("link", name="Bugün").last.click()
        page.goto(PAGE)
        page.get_by_label("Saat").select_option("18")
        page.get_by_role("button", name="Bana e-postayla gönder").click()
        page.get_by_text("Rapor e-postayla geliyor: her gün, saat 18:00.").wait_for()
        page.get_by_role("button", name="Günlük e-postayı durdur").click()
        page.get_by_role("button", name="Bana e-postayla gönder").wait_for()


def test_the_page_under_the_mails_link_is_clean(chromium: Any, house: dict[str, Any]) -> None:
    from ileti.reports.daily import subscriptions

    with browsing(chromium, house["base"], house["viewer"]) as page:
        path = f"/gunluk-rapor/birak/{subscriptions.token(10**9)}"
        page.goto(path)
        assert faults(page) == []
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/day-stop.png")
        page.get_by_role("button", name="Günlük e-postayı durdur").click()
        page.get_by_text("artık e-postayla gelmeyecek").wait_for()
        assert faults(page) == []
