"""Three SMS providers: our adapters and a provider's own SDK against the same simulated wires.

What an adapter says of a batch decides whether a person gets a message twice, so every way an
answer can fail to come is tried: nothing arrived, something may have, and the provider said no.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ileti.channels.gateways.iletimerkezi import IletiMerkezi
from ileti.channels.gateways.netgsm import Netgsm
from ileti.channels.gateways.verimor import Verimor
from ileti.channels.sms import (
    Batch,
    Delivery,
    InDoubt,
    Later,
    Never,
    Report,
    Sms,
    Taken,
    Unreadable,
)
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock
from ileti.simulator.app import create_simulator
from ileti.simulator.gateways import iletimerkezi as their_iletimerkezi
from ileti.simulator.gateways import verimor as their_verimor
from ileti.simulator.gateways.desk import TRIAL_PASSWORD, TRIAL_USER
from ileti.simulator.server import SimulatorServer
from tests.simulator.caller import IYS
from tests.simulator.caller import settings as options

KINDS: dict[str, Callable[..., Any]] = {
    "netgsm": Netgsm, "verimor": Verimor,
    "iletimerkezi": lambda user, password, url: IletiMerkezi(user, password, f"{url}/v1")}
GOOD, UNKNOWN, OFF = "+905992134117", "+905990000001", "+905990000002"
FAULTS = [("500", InDoubt), ("timeout_after_accept", InDoubt), ("half_answer", InDoubt),
          ("500_after_accept", InDoubt), ("html", InDoubt), ("503", Later)]


class House:
    """The simulated providers on a port, and adapters to them."""

    def __init__(self, url: str, simulator: Any) -> None:
        self.url, self.simulator, self.phones = url, simulator, simulator.desk.phones

    def gateway(self, kind: str, password: str = TRIAL_PASSWORD) -> Any:
        """An adapter with an account."""
        return KINDS[kind](TRIAL_USER, password, f"{self.url}/gw/{kind}")

    def set(self, kind: str, **account: Any) -> None:
        """Change the account of a provider."""
        self.control("gateway", provider=kind, **account)

    def control(self, name: str, **wish: Any) -> Any:
        """A control call."""
        from werkzeug.test import Client

        answer = Client(self.simulator).post(f"/_control/{name}", json=wish)
        assert answer.status_code == 200, answer.text
        return answer.json

    def control_get(self, name: str) -> Any:
        """A control call that only looks."""
        from werkzeug.test import Client

        return Client(self.simulator).get(f"/_control/{name}").json


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    simulator = create_simulator(options=options(frozen=False, clock=None))
    server = SimulatorServer("127.0.0.1", 0, simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = House(f"http://127.0.0.1:{server.server_address[1]}", simulator)
    for kind in KINDS:
        made.set(kind, brand=IYS)
    yield made
    simulator.close()
    server.shutdown()
    server.server_close()


def batch(*to: str, text: str = "İyi günler", sender: str = "DEFNE EV",
          commercial: RecipientType | None = None) -> Batch:
    return Batch("b-1", sender, commercial,
                 [Sms(n, one, text) for n, one in enumerate(to or (GOOD,), 1)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_taken_and_its_reports_name_each_phone(house: House, kind: str) -> None:
    gateway = house.gateway(kind)
    taken = gateway.send(batch(GOOD, UNKNOWN, OFF))
    assert isinstance(taken, Taken), taken
    found = {one.to: one for one in gateway.reports(taken.outside_id)}
    assert {to: one.delivery for to, one in found.items()} == {
        GOOD: Delivery.DELIVERED, UNKNOWN: Delivery.NOT_DELIVERED, OFF: Delivery.NOT_DELIVERED}
    assert found[UNKNOWN].reason and not found[GOOD].reason  # noqa: PT018
    assert {one.outside_id for one in found.values()} == {taken.outside_id}
    assert house.phones.phones[GOOD][-1].text == "İyi günler"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_settled_yet_waits(house: House, kind: str) -> None:
    house.control("gateway", delay=60)
    try:
        gateway = house.gateway(kind)
        taken = gateway.send(batch())
        assert [one.delivery for one in gateway.reports(taken.outside_id)] == [Delivery.WAITING]
    finally:
        house.control("gateway", delay=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_commercial_message_reaches_only_whom_the_registry_allows(
        house: House, kind: str) -> None:
    """R-36: the provider asks İYS too; a message that needs no consent is not checked."""
    allowed = "+905992000010"
    house.control("citizen", brandCode=IYS, recipient=allowed, type="MESAJ", status="ONAY")
    gateway = house.gateway(kind)
    taken = gateway.send(batch(allowed, GOOD, commercial=RecipientType.BIREYSEL))
    found = {one.to: one.delivery for one in gateway.reports(taken.outside_id)}
    assert found[allowed] is Delivery.DELIVERED
    assert found[GOOD] is (Delivery.BLOCKED_BY_IYS if kind == "verimor"
                           else Delivery.NOT_DELIVERED)
    taken = gateway.send(batch(GOOD))
    assert gateway.reports(taken.outside_id)[0].delivery is Delivery.DELIVERED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "told"), FAULTS)
def test_an_answer_that_does_not_come_is_in_doubt_and_never_a_retry(
        house: House, kind: str, fault: str, told: type) -> None:
    """A message a person gets twice is worse than one that is late."""
    house.control("fault", kind=fault, count=1, seconds=0.01, path=f"/gw/{kind}/*")
    try:
        assert isinstance(house.gateway(kind).send(batch()), told)
    finally:
        house.control("fault", clear=True)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_listens_nothing_arrived(kind: str) -> None:
    gateway = KINDS[kind](TRIAL_USER, TRIAL_PASSWORD, "http://127.0.0.1:9")
    assert isinstance(gateway.send(batch()), Later)
    assert gateway.reports("7") == []
    assert gateway.senders() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_the_account_is_told_as_one(house: House, kind: str) -> None:
    wrong = house.gateway(kind, "falsch").send(batch())
    foreign = house.gateway(kind).send(batch(sender="BASKASI"))
    house.set(kind, brand=None)
    unset = house.gateway(kind).send(batch(commercial=RecipientType.TACIR))
    house.set(kind, brand=IYS)
    for told in (wrong, foreign, unset):
        assert isinstance(told, Never), told
        assert told.account, told


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_the_batch_is_no_fault_of_the_account(house: House, kind: str) -> None:
    for faulty in (batch("+9055"), batch(text="")):
        told = house.gateway(kind).send(faulty)
        assert isinstance(told, Never), told
        assert not told.account, told


@pytest.mark.parametrize("kind", KINDS)
def test_a_reason_never_tells_an_address_or_a_secret(house: House, kind: str) -> None:
    told = [house.gateway(kind, "falsch").send(batch()), house.gateway(kind).send(batch("+9055"))]
    for one in told:
        assert "5992134117" not in one.reason
        assert "falsch" not in one.reason
        assert "+9055" not in one.reason


def test_many_texts_go_in_one_call_where_the_wire_can(house: House) -> None:
    two = Batch("b-2", "ILETI", None,
                [Sms(1, "+905992000021", "Bir"), Sms(2, "+905992000022", "İki")])
    for kind in ("netgsm", "verimor"):
        assert isinstance(house.gateway(kind).send(two), Taken)
    assert [house.phones.phones[one.to][-1].text for one in two.messages] == ["Bir", "İki"]
    with pytest.raises(ValueError, match="one text"):
        house.gateway("iletimerkezi").send(two)


def test_a_report_of_many_pages_is_read_to_its_end(house: House) -> None:
    numbers = [f"+9059930{n:05d}" for n in range(250)]
    for kind in KINDS:
        gateway = house.gateway(kind)
        taken = gateway.send(batch(*numbers))
        assert sorted(one.to for one in gateway.reports(taken.outside_id)) == numbers


def test_pushed_reports_are_read_as_the_providers_push_them(house: House) -> None:
    taken = house.gateway("verimor").send(batch(GOOD, UNKNOWN))
    sent, now = house.phones.jobs[taken.outside_id], house.phones.now()
    pushed = house.gateway("verimor").pushed(
        json.dumps([their_verimor.line(one, now) for one in sent]).encode())
    assert [(one.own_id, one.to, one.delivery) for one in pushed] == [
        (1, GOOD, Delivery.DELIVERED), (2, UNKNOWN, Delivery.NOT_DELIVERED)]
    body = json.dumps(their_iletimerkezi.pushed(sent[0], now)).encode()
    assert house.gateway("iletimerkezi").pushed(body) == [
        Report(taken.outside_id, GOOD, Delivery.DELIVERED)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"7", b'{"report": {}}', b'"x"', b"\xff"])
def test_what_no_provider_pushes_is_refused(house: House, kind: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        house.gateway(kind).pushed(body)


def test_the_titles_of_the_account_are_known_where_the_provider_tells(house: House) -> None:
    assert house.gateway("netgsm").senders() == ["DEFNE EV", "ILETI"]
    assert house.gateway("iletimerkezi").senders() == ["DEFNE EV", "ILETI"]
    assert house.gateway("verimor").senders() is None


def test_the_same_number_too_often_waits(house: House) -> None:
    told = [house.gateway("netgsm").send(batch("+905992000077")) for _ in range(21)]
    assert isinstance(told[-1], Later)
    assert told[-1].after == 60.0


def test_netgsms_own_sdk_speaks_to_the_same_wire(house: House) -> None:
    from netgsm import Netgsm as Sdk

    sdk = Sdk(TRIAL_USER, TRIAL_PASSWORD, api_url=f"{house.url}/gw/netgsm")
    sent = sdk.sms.send("DEFNE EV", [{"msg": "Merhaba", "no": "5992134117"}], encoding="tr",
                        iysfilter="0")
    assert sent["code"] == "00"
    today = f"{clock.to_istanbul(clock.now()):%d.%m.%Y}"
    report = sdk.sms.get_report(f"{today} 00:00:00", f"{today} 23:59:59", jobids=[sent["jobid"]])
    assert [(job["number"], job["status"]) for job in report["jobs"]] == [("5992134117", 1)]
    assert sdk.sms.get_headers()["msgheaders"] == ["DEFNE EV", "ILETI"]


def test_verimors_texts_of_one_encoding_share_a_call() -> None:
    """It codes a whole call alike: one «Â» would make three segments of everybody's one."""
    apart = Verimor("u", "p").apart
    assert apart("Sayin Adem") == apart("Sayın Ömer".replace("ı", "i"))
    assert len({apart("Sayin Adem"), apart("Sayın Adem"), apart("Sayin Âdem")}) == 3
