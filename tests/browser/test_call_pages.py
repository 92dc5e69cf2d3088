"""The pages of calls by axe: lists, a new one, one with results, numbers for callers; and the
simulator's phones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ileti.calllists import making
from ileti.calllists.handing import Holder, Seen, next_for
from ileti.calllists.vocabulary import Result
from ileti.core import clock, db
from ileti.simulator.app import create_simulator
from ileti.simulator.gateways.switchboard import Order
from ileti.simulator.server import SimulatorServer
from tests.browser.axe import browsing, faults, serving
from tests.calllists.house import ANNA, BERK, CEM, consent, new, say
from tests.panel.people import sign_in, token_of, user_with
from tests.simulator.caller import settings as options

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A list with a call under way and a refusal, and a number for callers."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    consent(place, ANNA, BERK, CEM, at=clock.now() - timedelta(hours=1))
    made = making.from_phones(
        new(place, opens=0, closes=1440, on_holidays=True), [ANNA, BERK, CEM, "yanlış"])
    first = next_for(Seen(place.provider_id), Holder(7))
    assert first is not None
    say(place, first, Result.REFUSED)
    next_for(Seen(place.provider_id), Holder(7))
    client = sign_in(app, user_with(app, "provider_admin", place))
    client.post("/arayan-numaralari/", data={
        "csrf_token": token_of(client), "number": "08502000000", "brand": place.brand_id,
        "takes_consent": "1"})
    with serving(app) as base:
        yield {"base": base, "client": client, "list": made.list_id}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for path in ("/arama-listeleri/", "/arama-listeleri/yeni",
                     f"/arama-listeleri/{house['list']}", "/arayan-numaralari/"):
            page.goto(f"{path}?_l_={language}")
            assert (path, faults(page)) == (path, [])


def test_the_simulators_phones_ring_on_a_page_that_is_whole(chromium: Any) -> None:
    simulator = create_simulator(options=options(frozen=False, clock=None))
    server = SimulatorServer("127.0.0.1", 0, simulator)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    board = simulator.desk.phones.calls
    board.take(Order("netgsm-voice", "8500000000", None, 0, {"9": "Ret alındı."}, "",
                     [(ANNA, "Söz"), ("+905990000001", "Söz")]))
    with browsing(chromium, f"http://127.0.0.1:{server.server_address[1]}") as page:
        page.goto("/calls?lang=en")
        page.click("button:has-text('Take the call')")
        assert faults(page) == []
        page.click("button:text-is('9')")
        assert "key 9" in (page.content())
    assert [one.key for one in board.lines] == ["9", ""]
    simulator.close()
    server.shutdown()
    server.server_close()
