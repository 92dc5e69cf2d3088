"""A citizen writes RET on the simulated phone and reads the answer there; the panel shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from ileti.channels.base import Answer, Envelope, Retry, Sent
from ileti.channels.gateways.netgsm import Netgsm
from ileti.channels.registry import carry
from ileti.channels.send import send_waiting
from ileti.channels.sms import Batch, Sms, Taken
from ileti.consents.vocabulary import Channel
from ileti.inbound.endpoints import PREFIX, application
from ileti.simulator.app import create_simulator
from ileti.simulator.gateways.desk import TRIAL_PASSWORD, TRIAL_USER
from ileti.simulator.gateways.lines import put
from ileti.simulator.server import SimulatorServer
from tests.browser.axe import browsing, faults, serving
from tests.inbound.house import House, new_phone
from tests.panel.people import sign_in, user_with
from tests.simulator.caller import settings as options

pytestmark = pytest.mark.browser


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@dataclass
class Carrier:
    """Carries single messages by an SMS provider's own call."""

    inner: Netgsm
    name: str = "netgsm"

    def send(self, message: Envelope) -> Answer:
        done = self.inner.send(Batch(str(message.message_id), "DEFNE EV", None, [
            Sms(message.message_id, message.to, message.text)]))
        return Sent(done.outside_id) if isinstance(done, Taken) else Retry("no")


@pytest.fixture
def simulator() -> Iterator[Any]:
    made = create_simulator(options=options(clock=None, frozen=False))
    server = SimulatorServer("127.0.0.1", 0, made)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    carry(Channel.MESAJ, Carrier(Netgsm(TRIAL_USER, TRIAL_PASSWORD, f"{made.url}/gw/netgsm")))
    yield made
    carry(Channel.MESAJ, None)
    server.shutdown()
    server.server_close()
    made.close()


@pytest.fixture
def door(database: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    server.server_close()


def test_a_citizen_writes_ret_reads_the_answer_and_the_panel_shows_it_with_its_proof(
        app: Any, place: Any, chromium: Any, simulator: Any, door: str) -> None:
    house, phone = House(place, gateway="verimor"), new_phone()
    put(simulator.desk.phones, {"number": house.number.number, "provider": "verimor",
                                "url": door + house.token, "name": "Duyuru hattı"})
    with browsing(chromium, simulator.url) as page:
        page.goto("/")
        page.get_by_role("link", name="Telefonlar").click()
        page.fill("#w-from", phone)
        page.fill("#w-text", "ret lütfen")
        page.get_by_role("button", name="Gönder").click()
        page.get_by_text("firma aldı").wait_for()
        send_waiting()
        page.get_by_role("link", name="Yenile").click()
        assert "reddiniz alındı" in page.locator("section.talk", has_text="DEFNE EV").inner_text()
        assert faults(page) == []
    client = sign_in(app, user_with(app, "compliance_officer", place))
    with serving(app) as base, browsing(chromium, base, client) as page:
        page.goto("/gelen-sms/?durum=ret")
        assert faults(page) == []
        page.locator("tbody a").first.click()
        assert "ret lütfen" in page.inner_text(".quote")
        assert faults(page) == []
        page.locator("tbody a", has_text="IZN-").first.click()
        story = page.locator(".timeline").inner_text()
        assert "Kişi SMS yazdı" in story
        assert "ret lütfen" in story
        assert "Ret alındı" in story


def test_setting_up_has_no_faults_in_either_language(
        app: Any, place: Any, chromium: Any) -> None:
    house = House(place)
    house.write(new_phone(), "Bana bir şey yollamazsanız sevinirim")
    client = sign_in(app, user_with(app, "provider_admin", place))
    number = f"/gelen-sms/numaralar/{house.number.id}"
    with serving(app) as base, browsing(chromium, base, client) as page:
        for path in ("/gelen-sms/", f"/gelen-sms/{house.row()['id']}", number,
                     f"{number}/sozler/{place.brand_id}", "/gelen-sms/numaralar/yeni"):
            page.goto(f"{path}?_l_=en")
            assert (path, faults(page)) == (path, [])
