"""The first page begins with its reader's own work: campaigns for who writes them, people to call
for who calls; whoever looks after İYS's queue finds these below."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.calllists import figures, making
from ileti.consents.vocabulary import Status
from ileti.web import charts
from tests.browser.axe import browsing, look, serving
from tests.calllists import house as calls
from tests.campaigns.campaign_house import Phones, carried_by, consent, hand_over, released
from tests.panel.people import sign_in, user_with

LISTS = 'aria-label="Aranacak kişiler"'
CAMPAIGNS = 'aria-label="Kampanyalar"'
TILES = 'class="tiles '


@pytest.fixture
def busy(place: Any) -> Any:
    """A campaign that went to two of three people, since one has refused, and a list to call."""
    consent(place, 1, 2, 3)
    with carried_by(Phones()):
        campaign = released(place, name="Kara Kış")
        consent(place, 3, status=Status.RET)
        hand_over(campaign)
    calls.consent(place, calls.ANNA, calls.BERK)
    making.from_phones(calls.new(place, name="Kış çağrıları"), [calls.ANNA, calls.BERK])
    return place


def page(app: Any, role: str, place: Any) -> str:
    text: str = sign_in(app, user_with(app, role, place)).get("/").text
    return text


def test_a_marketer_begins_with_campaigns_and_sees_how_far_each_is(app: Any, busy: Any) -> None:
    text = page(app, "marketer", busy)
    assert text.index(CAMPAIGNS) < text.index(TILES)
    row = re.search(r"Kara Kış</a>.*?</tr>", text, re.DOTALL)
    assert row is not None
    assert re.findall(r'data-label="([^"]+)">([^<]+)<', row.group()) == [
        ("Gönderildi", "2"), ("Engellenen", "1"), ("Kalan", "0")]
    assert re.search(r'class="btn primary"[^>]*>.*?Yeni kampanya', text, re.DOTALL)
    assert LISTS not in text  # whom others call is not a marketer's work


def test_an_agent_begins_with_the_people_to_call(app: Any, busy: Any) -> None:
    text = page(app, "call_centre_agent", busy)
    assert text.index(LISTS) < text.index(TILES)
    assert CAMPAIGNS not in text
    card = text[text.index(LISTS):text.index(TILES)]
    assert "Kış çağrıları" in card
    assert '<span class="strong">2</span>' in card
    assert "Sıradaki kişiyi ara" in card


def test_who_looks_after_the_queue_finds_them_below(app: Any, busy: Any) -> None:
    text = page(app, "provider_admin", busy)
    assert text.index(TILES) < text.index(CAMPAIGNS)
    assert text.index(TILES) < text.index(LISTS)


def test_another_provider_sees_none_of_it(app: Any, busy: Any, place_b: Any) -> None:
    text = page(app, "provider_admin", place_b)
    assert "Kara Kış" not in text
    assert "Kış çağrıları" not in text


def test_who_reads_reports_alone_is_led_to_them_and_to_no_shut_door(app: Any, busy: Any) -> None:
    client = sign_in(app, user_with(app, "report_viewer", busy))
    text = client.get("/").text
    assert re.search(r'class="btn primary"[^>]*href="/raporlar/"', text)
    inside = text[text.index("<main"):text.index("</main>")]
    links = set(re.findall(r'href="(/[^"]*)"', inside))
    assert [one for one in links if client.get(one).status_code != 200] == []


def test_a_long_list_is_counted_up_to_a_thousand(app: Any, busy: Any,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "COUNTED", 1)
    assert '<span class="strong">1 kişiden çok</span>' in page(app, "call_centre_agent", busy)


def test_a_bar_never_grows_beyond_its_whole_and_hides_no_small_part() -> None:
    assert charts.shares((2, 1), 4) == [(1, 0.0, 50.0), (2, 50.0, 25.0)]
    assert charts.shares((999_999, 1), 1_000_000) == [(1, 0.0, 99.0), (2, 99.0, 1.0)]
    assert charts.shares((0, 5), 5) == [(2, 0.0, 100.0)]
    assert charts.shares((0, 0), 0) == []


@pytest.mark.browser
def test_the_page_is_whole_for_who_calls_and_for_who_writes_campaigns(
    chromium: Any, app: Any, busy: Any
) -> None:
    with serving(app) as base:
        for role in ("marketer", "brand_manager", "call_centre_agent"):
            client = sign_in(app, user_with(app, role, busy, level="brand"))
            with browsing(chromium, base, client) as window:
                window.goto("/")
                look(window, f"home-{role}")
