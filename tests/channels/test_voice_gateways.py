"""Two providers that call people: our adapters against the same simulated wires.

A person rings the house's phones through the simulator's switchboard; what was pressed comes back
by report or by push. Every way an answer can fail to come is tried as with SMS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ileti.channels.gateways.netgsmvoice import NetgsmVoice
from ileti.channels.gateways.verimorvoice import VerimorVoice
from ileti.channels.sms import Delivery, Later, Never, Taken, Unreadable
from ileti.channels.voice import Call, CallBatch
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock
from ileti.simulator.app import create_simulator
from ileti.simulator.gateways.desk import TRIAL_KEY, TRIAL_NUMBER, TRIAL_PASSWORD, TRIAL_USER
from ileti.simulator.server import SimulatorServer
from tests.channels.test_sms_gateways import FAULTS, House
from tests.simulator.caller import IYS
from tests.simulator.caller import settings as options

KINDS: dict[str, Callable[[str, bool], Any]] = {
    "netgsm-voice": lambda url, good: NetgsmVoice(
        TRIAL_USER, TRIAL_PASSWORD if good else "falsch", url),
    "verimor-voice": lambda url, good: VerimorVoice(TRIAL_KEY if good else "falsch", url)}
GOOD, UNKNOWN, OFF, LINE = "+905992134117", "+905990000001", "+905990000002", "+902123205062"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    simulator = create_simulator(options=options(frozen=False, clock=None))
    server = SimulatorServer("127.0.0.1", 0, simulator)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made = House(f"http://127.0.0.1:{server.server_address[1]}", simulator)
    made.set("netgsm-voice", brand=IYS)
    made.set("verimor-voice", user=TRIAL_KEY, brand=IYS)
    yield made
    simulator.close()
    server.shutdown()
    server.server_close()


class Ear(BaseHTTPRequestHandler):
    """What a provider pushes arrives here."""

    heard: list[bytes]

    def do_POST(self) -> None:
        self.heard.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ear() -> Iterator[tuple[str, list[bytes]]]:
    heard: list[bytes] = []
    server = HTTPServer(("127.0.0.1", 0), type("Here", (Ear,), {"heard": heard}))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/r", heard
    server.shutdown()
    server.server_close()


def gateway(house: House, kind: str, *, good: bool = True) -> Any:
    return KINDS[kind](f"{house.url}/gw/{kind}", good)


def order(*to: str, words: str = "İyi günler", commercial: RecipientType | None = None,
          **more: Any) -> CallBatch:
    said: dict[str, Any] = {
        "name": "b-1", "caller": f"+{TRIAL_NUMBER}", "commercial": commercial, "refuse_key": "9",
        "refused_words": "Ret alındı.", "until": clock.now() + timedelta(hours=3),
        "brand_code": IYS,
        "calls": [Call(n, one, words) for n, one in enumerate(to or (GOOD,), 1)]}
    return CallBatch(**said | more)


def lines(house: House, taken: Any) -> dict[str, Any]:
    assert isinstance(taken, Taken), taken
    return {one.to: one for one in house.phones.calls.of(taken.outside_id)}


def soon(condition: Callable[[], Any]) -> None:
    pause = threading.Event()
    for _ in range(200):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("it never came")


@pytest.mark.parametrize("kind", KINDS)
def test_a_phone_rings_says_the_words_and_the_key_refuses(house: House, kind: str) -> None:
    ringing = lines(house, gateway(house, kind).send(order(GOOD, LINE)))
    assert ringing.keys() == {GOOD, LINE}
    house.control("call", number=ringing[GOOD].number, act="answer")
    done = house.control("call", number=ringing[GOOD].number, act="press", key="9")
    assert (done["state"], done["key"]) == ("answered", "9")
    assert ringing[GOOD].heard == ["İyi günler", "Ret alındı."]


def test_netgsms_report_names_each_phone_its_fate_and_its_key(house: House) -> None:
    netgsm = gateway(house, "netgsm-voice")
    taken = netgsm.send(order(GOOD, UNKNOWN, OFF, LINE))
    number = lines(house, taken)[GOOD].number
    house.control("call", number=number, act="answer")
    house.control("call", number=number, act="press", key="9")
    found = {one.to: one for one in netgsm.reports(taken.outside_id)}
    assert {to: (one.delivery, one.key) for to, one in found.items()} == {
        GOOD: (Delivery.DELIVERED, "9"), UNKNOWN: (Delivery.NOT_DELIVERED, ""),
        OFF: (Delivery.NOT_DELIVERED, ""), LINE: (Delivery.WAITING, "")}
    assert found[OFF].reason == "not reachable"


def test_verimors_result_is_pushed_once_the_call_is_over(
        house: House, ear: tuple[str, list[bytes]]) -> None:
    url, heard = ear
    verimor = gateway(house, "verimor-voice")
    taken = verimor.send(order(results=url))
    assert heard == [b""], "Verimor tries the address first"
    assert verimor.pushed(heard[0]) == []
    number = lines(house, taken)[GOOD].number
    house.control("call", number=number, act="answer")
    house.control("call", number=number, act="press", key="9")
    soon(lambda: len(heard) == 2)
    (told,) = verimor.pushed(heard[1])
    assert (told.outside_id, told.to, told.key, told.delivery) == (
        taken.outside_id, GOOD, "9", Delivery.DELIVERED)
    assert told.call
    assert abs(told.at - clock.now()) < timedelta(minutes=1)


def test_a_key_that_means_nothing_and_no_key_refuse_nothing(
        house: House, ear: tuple[str, list[bytes]]) -> None:
    url, heard = ear
    verimor = gateway(house, "verimor-voice")
    found = lines(house, verimor.send(order(GOOD, LINE, results=url)))
    for to, acts in ((GOOD, ["answer", "press"]), (LINE, ["hangup"])):
        for act in acts:
            house.control("call", number=found[to].number, act=act, key="4")
    soon(lambda: len(heard) == 3)
    told = {one.to: one for body in heard for one in verimor.pushed(body)}
    assert {to: (one.delivery, one.key) for to, one in told.items()} == {
        GOOD: (Delivery.DELIVERED, ""), LINE: (Delivery.NOT_DELIVERED, "")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_commercial_call_rings_only_whom_the_registry_allows(house: House, kind: str) -> None:
    """R-36: for ARAMA; a consent to messages opens no phone."""
    allowed, texts = "+905992000010", "+905992000011"
    house.control("citizen", brandCode=IYS, recipient=allowed, type="ARAMA", status="ONAY")
    house.control("citizen", brandCode=IYS, recipient=texts, type="MESAJ", status="ONAY")
    found = lines(house, gateway(house, kind).send(
        order(allowed, texts, commercial=RecipientType.BIREYSEL)))
    control = {one["to"]: one["state"] for one in house.control_get("calls")["calls"]}
    assert (control[allowed], control[texts]) == ("ringing", "iys")
    assert not found[texts].heard


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_played_and_an_unknown_one_is_refused(house: House, kind: str) -> None:
    known = {"netgsm-voice": "55156219", "verimor-voice": "128"}[kind]
    found = lines(house, gateway(house, kind).send(order(calls=[Call(1, GOOD, "", known)])))
    assert found[GOOD].said == "Kayıt: Defne Ev kampanyası."
    told = gateway(house, kind).send(order(calls=[Call(1, GOOD, "", "7")]))
    assert isinstance(told, Never), told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "told"), FAULTS)
def test_an_answer_that_does_not_come_is_in_doubt_and_nobody_is_rung_twice(
        house: House, kind: str, fault: str, told: type) -> None:
    house.control("fault", kind=fault, count=1, seconds=0.01, path=f"/gw/{kind}/*")
    try:
        assert isinstance(gateway(house, kind).send(order()), told)
    finally:
        house.control("fault", clear=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_the_account_is_told_as_one_without_numbers_or_secrets(
        house: House, kind: str) -> None:
    told = gateway(house, kind, good=False).send(order())
    assert isinstance(told, Never), told
    assert told.account
    assert "falsch" not in told.reason
    assert "5992134117" not in told.reason


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_rung_after_hours(house: House, kind: str) -> None:
    told = gateway(house, kind).send(order(until=clock.now()))
    assert isinstance(told, Later), told


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_without_a_key_to_refuse_or_without_words_cannot_be_made(
        house: House, kind: str) -> None:
    """R-29: a call lets the person refuse."""
    for faulty in (order(refuse_key=""), order(refuse_key="*"), order(words=""),
                   order(calls=[Call(1, GOOD, "Söz", "128")])):
        with pytest.raises(ValueError):  # noqa: PT011
            gateway(house, kind).send(faulty)


def test_netgsm_says_one_text_to_all_and_verimor_each_his_own(house: House) -> None:
    two = order(calls=[Call(1, GOOD, "Bir"), Call(2, LINE, "İki")])
    with pytest.raises(ValueError, match="one text"):
        gateway(house, "netgsm-voice").send(two)
    found = lines(house, gateway(house, "verimor-voice").send(two))
    assert (found[GOOD].said, found[LINE].said) == ("Bir", "İki")


@pytest.mark.parametrize("body", [b"x", b"\xff", b"phone=1&status=2", b'{"a":1}'])
def test_what_no_provider_pushes_is_refused(house: House, body: bytes) -> None:
    for kind in KINDS:
        with pytest.raises(Unreadable):
            gateway(house, kind).pushed(body)


def test_the_page_lets_one_take_a_call_and_press(house: House) -> None:
    from werkzeug.test import Client

    page = Client(house.simulator)
    line = lines(house, gateway(house, "netgsm-voice").send(order(words="Söz & <b>")))[GOOD]
    assert "Aç" in page.get("/calls").text
    taken = page.post("/_act/call", data={"number": line.number, "act": "answer"})
    assert taken.status_code == 303
    assert "Söz &amp; &lt;b&gt;" in page.get("/calls").text
    page.post("/_act/call", data={"number": line.number, "act": "press:9"})
    assert line.key == "9"
    late = page.post("/_act/call", data={"number": line.number, "act": "press:1"})
    assert "failed=call" in late.headers["Location"]
    foreign = page.post("/_act/call", data={}, headers={"Origin": "https://boese.test"})
    assert foreign.status_code == 403
