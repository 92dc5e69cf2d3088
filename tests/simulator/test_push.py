"""Push registration, its handshake, removal and what is carried (İYS API §6.11).

How İYS tries again and in which order it sends is not documented: the ways here are its own.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from .caller import IYS, SUB_BRAND, Caller, codes

LOGIN = ("ileti", "cok-gizli")


class Receiver:
    """A provider's address: asks for credentials, keeps what it is given."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status, self.asks, self.wait = 200, True, 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                mark = base64.b64encode(":".join(LOGIN).encode()).decode()
                known = self.headers.get("Authorization") == f"Basic {mark}"
                if known:
                    time.sleep(receiver.wait)
                    receiver.got += body["list"]
                self.send_response(receiver.status if known or not receiver.asks else 401)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/push"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller()
    made.control("rules", push_over_http=True)
    yield made
    made.simulator.close()


def connection(receiver: Receiver | None = None, **changes: Any) -> dict[str, Any]:
    body = {"url": receiver.url if receiver else "https://push.ornek.test/", "type": "MESAJ",
            "username": LOGIN[0], "password": LOGIN[1], **changes}
    return {name: value for name, value in body.items() if value is not ...}


def register(caller: Caller, *connections: dict[str, Any], **more: Any) -> Any:
    return caller.under("POST", "/push/registration", {"connection": list(connections)}, **more)


def citizen(caller: Caller, phone: int, status: str = "ONAY", kind: str = "MESAJ",
            brand: int = IYS) -> None:
    caller.control("citizen", recipient=f"+90599{phone:07d}", type=kind, status=status,
                   brandCode=brand)


def test_the_handshake_sends_a_test_record_and_answers_in_iyss_words(
    caller: Caller, receiver: Receiver
) -> None:
    answer = register(caller, connection(receiver))
    assert (answer.status_code, answer.json) == (200, {"message": "Bağlantı oluşturuldu"})
    assert [set(one) for one in receiver.got] == [{
        "iysCode", "brandCode", "consentDate", "creationDate", "source", "recipient",
        "recipientType", "status", "type", "transactionId"}]
    assert receiver.got[0]["source"] == "IYS_MOBIL"
    listed = caller.under("GET", "/push/registration").json
    assert listed == [{"url": receiver.url, "type": "MESAJ", "status": "Bağlantı Oluşturuldu",
                       "registerTime": "2026-11-23 12:00:00"}]


@pytest.mark.parametrize(("code", "http", "changes", "field"), [
    ("H093", 422, {"username": ...}, "username"), ("H093", 422, {"password": ""}, "password"),
    ("H111", 422, {"type": ...}, "type"), ("H117", 422, {"type": "SMS"}, "type"),
    ("H531", 422, {"url": ...}, "url"), ("H531", 422, {"url": "http://push.ornek.test/"}, "url"),
    ("H531", 422, {"url": "https://"}, "url"), ("H530", 422, {"url": "http://127.0.0.1:1/"}, "url"),
])
def test_a_faulty_connection_is_refused(
    caller: Caller, code: str, http: int, changes: dict[str, Any], field: str
) -> None:
    answer = register(caller, connection(**changes))
    assert (answer.status_code, codes(answer)) == (http, [code])
    assert answer.json["errors"][0]["location"] == ["connection", 0, field]


@pytest.mark.parametrize("body", [b"x", b"{}", b'{"connection":[]}', b'{"connection":[1]}', b"[]"])
def test_h014_a_body_without_connections(caller: Caller, body: bytes) -> None:
    for path in ("/push/registration", *(["/push/unregistration"] if body[:1] != b"{" else [])):
        answer = caller.under("POST", path, body)
        assert (answer.status_code, codes(answer)) == (400, ["H014"])


def test_http_is_refused_unless_it_is_allowed_and_goes_to_this_machine(receiver: Receiver) -> None:
    strict = Caller()
    assert codes(register(strict, connection(receiver))) == ["H531"]
    strict.control("rules", push_over_http=True)
    assert codes(register(strict, connection(url="http://192.0.2.1/"))) == ["H531"]


def test_h530_an_address_that_asks_for_no_credentials_or_answers_no_success(
    caller: Caller, receiver: Receiver
) -> None:
    receiver.asks = False
    assert codes(register(caller, connection(receiver))) == ["H530"]
    receiver.asks, receiver.status = True, 500
    assert codes(register(caller, connection(receiver))) == ["H530"]
    assert codes(register(caller, connection(receiver, password="yanlis"))) == ["H530"]
    assert caller.under("GET", "/push/registration").json[0]["status"] == "Bağlantı Oluşturulamadı"


def test_h191_an_address_that_takes_longer_than_its_time(
    caller: Caller, receiver: Receiver, monkeypatch: Any
) -> None:
    from ileti.simulator import delivery

    monkeypatch.setitem(delivery.post.__kwdefaults__, "seconds", 0.2)
    receiver.wait = 0.6
    answer = register(caller, connection(receiver))
    assert (answer.status_code, codes(answer)) == (422, ["H191"])


def test_at_most_two_active_connections_of_a_type(caller: Caller, receiver: Receiver) -> None:
    three = [connection(receiver, url=f"{receiver.url}/{n}") for n in range(3)]
    assert register(caller, *three[:2]).status_code == 200
    assert codes(register(caller, three[2])) == ["H530"]
    assert register(caller, three[0]).status_code == 200  # the same again takes its own place
    assert register(caller, three[2] | {"type": "ARAMA"}).status_code == 200


def test_only_iyss_own_movements_of_the_type_and_brand_are_carried(
    caller: Caller, receiver: Receiver
) -> None:
    citizen(caller, 1)
    register(caller, connection(receiver))
    receiver.got.clear()
    caller.add(recipient="+905990000009")
    citizen(caller, 2)
    citizen(caller, 2, kind="ARAMA")
    citizen(caller, 3, brand=SUB_BRAND)
    citizen(caller, 2, "RET")
    caller.control("push")
    assert [(one["recipient"], one["status"]) for one in receiver.got] == [
        ("+905990000002", "ONAY"), ("+905990000002", "RET")]
    assert all((one["iysCode"], one["brandCode"]) == (IYS, IYS) for one in receiver.got)
    pulled = [one for one in caller.pull().json["list"] if one["recipient"].endswith("2")]
    assert [one["transactionId"] for one in receiver.got] == [
        one["transactionId"] for one in pulled if one["type"] == "MESAJ"]


def test_the_thread_carries_by_itself(caller: Caller, receiver: Receiver) -> None:
    register(caller, connection(receiver))
    citizen(caller, 4)
    until = time.monotonic() + 5
    while len(receiver.got) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert receiver.got[-1]["recipient"] == "+905990000004"


def test_what_fails_is_tried_again_and_nothing_is_lost(
    caller: Caller, receiver: Receiver
) -> None:
    register(caller, connection(receiver))
    receiver.status = 500
    citizen(caller, 5)
    caller.control("push")
    assert caller.http.get("/_control/push").json["connections"][0]["waiting"] == 1
    receiver.status = 200
    receiver.got.clear()
    for one in caller.simulator.desk.registry.connections:
        one.next_at = 0
    caller.control("push")
    assert [one["recipient"] for one in receiver.got] == ["+905990000005"]


def test_a_net_under_trouble_doubles_and_shuffles(caller: Caller, receiver: Receiver) -> None:
    register(caller, connection(receiver))
    for n in range(6):
        citizen(caller, n)
    caller.control("push")
    receiver.got.clear()
    answer = caller.control("push", repeat=True, times=2, shuffle=True, size=5)
    assert answer["statuses"] == [200, 200, 200]
    assert sorted(one["recipient"] for one in receiver.got) == sorted(
        f"+90599{n:07d}" for n in range(6) for _ in range(2))


def test_removal_needs_the_same_credentials(caller: Caller, receiver: Receiver) -> None:
    register(caller, connection(receiver))
    wrong = caller.under("POST", "/push/unregistration", connection(receiver, password="yanlis"))
    assert (wrong.status_code, codes(wrong)) == (422, ["H530"])
    for field, code in (("type", "H111"), ("url", "H531"), ("username", "H093")):
        answer = caller.under("POST", "/push/unregistration", connection(receiver, **{field: ...}))
        assert codes(answer) == [code]
    done = caller.under("POST", "/push/unregistration", connection(receiver))
    assert (done.status_code, done.json) == (200, {"message": "Bağlantı Kaldırıldı"})
    assert caller.under("GET", "/push/registration").json == []


def test_credentials_are_not_shown_on_the_page(caller: Caller, receiver: Receiver) -> None:
    register(caller, connection(receiver))
    assert LOGIN[1] not in caller.http.get("/").text


def test_connections_outlive_a_restart(receiver: Receiver, tmp_path: Any) -> None:
    from ileti.simulator.app import create_simulator

    from .caller import settings

    file = str(tmp_path / "kayit.sqlite")
    first = Caller(create_simulator(database=file, options=settings()))
    first.control("rules", push_over_http=True)
    register(first, connection(receiver))
    first.simulator.close()
    again = Caller(create_simulator(database=file, options=settings()))
    citizen(again, 6)
    again.control("push")
    assert receiver.got[-1]["recipient"] == "+905990000006"
    again.simulator.close()
