"""From a simulated phone through each provider's own form to the ledger, pushed and asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from ileti.core import db
from ileti.core.secrets import secrets
from ileti.inbound import pull
from ileti.inbound.endpoints import PREFIX, application
from ileti.simulator.app import create_simulator
from ileti.simulator.gateways.desk import TRIAL_PASSWORD, TRIAL_USER
from ileti.simulator.gateways.lines import put, tell_again, write
from ileti.simulator.server import SimulatorServer
from tests.inbound.house import House, new_phone
from tests.simulator.caller import settings as options

REFUSED, CONSENTED = (2, 8), (1, 8)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def door(database: str) -> Iterator[str]:
    """Our address for gateways, on a port."""
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def simulator() -> Iterator[Any]:
    made = create_simulator(options=options(clock=None, frozen=False))
    server = SimulatorServer("127.0.0.1", 0, made)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    made.close()


@pytest.mark.parametrize("provider", ["netgsm", "verimor", "iletimerkezi", "http"])
def test_each_provider_tells_in_its_own_form_and_may_tell_again(
        provider: str, place: Any, door: str, simulator: Any) -> None:
    house, phone, phones = House(place, gateway=provider), new_phone(), simulator.desk.phones
    put(phones, {"number": house.number.number, "provider": provider, "url": door + house.token})
    said = write(phones, {"sender": phone, "to": house.number.number, "text": "Çıkmak istiyorum"})
    assert said["status"] == 200
    assert tell_again(phones, said["number"]) == 200
    assert house.states(phone) == {2: REFUSED}
    assert house.entries() == 1


@pytest.mark.parametrize("provider", ["netgsm", "verimor"])
def test_a_box_is_asked_and_what_was_pushed_too_is_one(
        provider: str, place: Any, door: str, simulator: Any,
        monkeypatch: pytest.MonkeyPatch) -> None:
    house, phones = House(place, gateway=provider), simulator.desk.phones
    told, kept = new_phone(), new_phone()
    monkeypatch.setitem(pull.HOMES, provider, f"{simulator.url}/gw/{provider}")
    _ask_box(house)
    put(phones, {"number": house.number.number, "provider": provider, "url": door + house.token})
    write(phones, {"sender": told, "to": house.number.number, "text": "ONAY Ali Can"})
    put(phones, {"number": house.number.number, "provider": provider, "url": ""})
    write(phones, {"sender": kept, "to": house.number.number, "text": "RET"})
    for _ in range(2):
        pull.pull_all()
    assert house.states(told) == {2: CONSENTED}
    assert house.states(kept) == {2: REFUSED}
    assert house.entries() == 2
    assert len(house.answers()) == 2


def test_a_box_that_does_not_open_stops_no_other(
        place: Any, place_b: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, open_ = House(place, gateway="netgsm"), House(place_b, gateway="netgsm")
    phone, phones = new_phone(), simulator.desk.phones
    monkeypatch.setitem(pull.HOMES, "netgsm", f"{simulator.url}/gw/netgsm")
    _ask_box(closed, password="yanlis")
    _ask_box(open_, alone=False)
    put(phones, {"number": open_.number.number, "provider": "netgsm", "url": ""})
    write(phones, {"sender": phone, "to": open_.number.number, "text": "RET"})
    assert pull.pull_all()["failed"] >= 1
    assert open_.states(phone) == {2: REFUSED}
    assert closed.entries() == 0


def test_credentials_that_cannot_be_opened_and_a_fault_of_ours_stop_no_other_box(
        place: Any, place_b: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, broken, open_ = (House(place, gateway="netgsm"), House(place, gateway="netgsm"),
                             House(place_b, gateway="netgsm"))
    phone, phones, asked = new_phone(), simulator.desk.phones, pull._asked
    monkeypatch.setitem(pull.HOMES, "netgsm", f"{simulator.url}/gw/netgsm")
    for house in (sealed, broken, open_):
        _ask_box(house, alone=house is sealed)
    db.system_connection().execute("update inbound_number set login = password where id = %s",
                                   (sealed.number.id,))
    monkeypatch.setattr(pull, "_asked", lambda account: asked(account) if account.number.id
                        != broken.number.id else 1 // 0)
    put(phones, {"number": open_.number.number, "provider": "netgsm", "url": ""})
    write(phones, {"sender": phone, "to": open_.number.number, "text": "RET"})
    assert pull.pull_all() == {"asked": 3, "new": 1, "failed": 2}
    assert open_.states(phone) == {2: REFUSED}


def _ask_box(house: House, password: str = TRIAL_PASSWORD, *, alone: bool = True) -> None:
    """Let this number's box be asked, and those of other tests no more."""
    box, conn = secrets().keyring, db.system_connection()
    if alone:
        conn.execute("update inbound_number set login = null where login is not null")
    conn.execute("update inbound_number set login = %s, password = %s where id = %s", (
        box.encrypt_text(TRIAL_USER, "inbound-login"),
        box.encrypt_text(password, "inbound-password"), house.number.id))
