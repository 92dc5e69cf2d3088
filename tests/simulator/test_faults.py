"""Faults as a client meets them over a real connection."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.simulator.app import create_simulator
from ileti.simulator.server import SimulatorServer

from .caller import IYS, LOGIN, Caller, many, settings

ADD = f"/sps/{IYS}/brands/{IYS}/consents/request"


class Wire:
    """A keep-alive connection to a served simulator, and a caller inside it."""

    def __init__(self, port: int, inside: Caller) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        self.inside = inside
        self.headers: dict[str, str] = {}
        _, body = self.ask("POST", "/oauth2/token", LOGIN)
        self.headers = {"Authorization": f"Bearer {json.loads(body)['access_token']}"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body)
        self.link.request(method, path, data, {"Content-Type": "application/json", **self.headers})
        answer = self.link.getresponse()
        return answer.status, answer.read()

    def held(self) -> int:
        return int(self.inside.state()["registry"]["consents"])


@pytest.fixture
def wire() -> Iterator[Wire]:
    simulator = create_simulator(options=settings())
    server = SimulatorServer("127.0.0.1", 0, simulator)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Wire(server.server_address[1], Caller(simulator))
    server.shutdown()
    server.server_close()
    simulator.close()
    thread.join()


@pytest.mark.parametrize(
    ("kind", "http_status", "code"),
    [("500", 500, "H470"), ("429", 429, "H124"), ("401", 401, "H351"), ("503", 503, "H192")],
)
def test_an_error_strikes_as_often_as_told_and_nothing_is_done(
    wire: Wire, kind: str, http_status: int, code: str
) -> None:
    wire.inside.control("fault", kind=kind, path="*/consents/request", count=2)
    answers = [wire.ask("POST", ADD, many(2)) for _ in range(2)]
    assert [status for status, _ in answers] == [http_status, http_status]
    assert json.loads(answers[0][1])["errors"][0]["code"] == code
    assert wire.held() == 0
    assert wire.ask("POST", ADD, many(2))[0] == 202


def test_html_with_200(wire: Wire) -> None:
    wire.inside.control("fault", kind="html")
    status, body = wire.ask("POST", ADD, many(2))

    assert (status, body[:15]) == (200, b"<!doctype html>")
    assert wire.held() == 0


def test_half_an_answer_though_everything_was_done(wire: Wire) -> None:
    wire.inside.control("fault", kind="half_answer")
    with pytest.raises(http.client.IncompleteRead) as cut:
        wire.ask("POST", ADD, many(2))

    assert len(cut.value.partial) > 0
    assert cut.value.expected is not None
    assert wire.held() == 2


def test_silence_after_everything_was_done(wire: Wire) -> None:
    wire.inside.control("fault", kind="timeout_after_accept", seconds=30)
    with pytest.raises(TimeoutError):
        wire.ask("POST", ADD, many(2))

    assert wire.held() == 2


def test_a_black_hole_does_nothing_and_holds_up_nobody_else(wire: Wire) -> None:
    wire.inside.control("fault", kind="blackhole", path="*/request", seconds=30)
    with pytest.raises(TimeoutError):
        wire.ask("POST", ADD, many(2))
    wire.link.close()

    assert wire.held() == 0
    assert wire.ask("POST", ADD, many(2))[0] == 202


def test_a_silence_ends_with_a_closed_connection(wire: Wire) -> None:
    wire.inside.control("fault", kind="blackhole", seconds=0.05)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        wire.ask("POST", ADD, many(2))


def test_500_though_everything_was_done(wire: Wire) -> None:
    wire.inside.control("fault", kind="500_after_accept")

    assert wire.ask("POST", ADD, many(2))[0] == 500
    assert wire.held() == 2


def test_items_in_another_order_and_fewer_items(wire: Wire) -> None:
    sent = [item["recipient"] for item in many(5)]
    wire.inside.control("fault", kind="reorder")
    wire.inside.control("fault", kind="fewer")
    wire.inside.control("delay", batch=300)
    reordered = json.loads(wire.ask("POST", ADD, many(5))[1])["subRequests"]
    fewer = json.loads(wire.ask("POST", ADD, many(5))[1])["subRequests"]

    assert [row["recipient"] for row in reordered] != sent
    assert sorted(row["recipient"] for row in reordered) == sent
    assert [row["recipient"] for row in fewer] == sent[:-1]


def test_broken_json_claims_to_be_whole(wire: Wire) -> None:
    wire.inside.control("fault", kind="broken_json")
    status, body = wire.ask("POST", ADD, many(2))

    assert status == 202
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(body)


def test_a_fault_waits_for_its_turn_and_its_path(wire: Wire) -> None:
    wire.inside.control("fault", kind="500", path="*/changes", method="get", skip=1)
    changes = f"/sps/{IYS}/brands/{IYS}/consents/changes"

    assert wire.ask("GET", f"/sps/{IYS}/brands")[0] == 200
    assert [wire.ask("GET", changes)[0] for _ in range(3)] == [204, 500, 204]


def test_a_fault_with_a_probability_strikes_sometimes(caller: Caller) -> None:
    caller.ask("GET", f"/sps/{IYS}/brands")
    caller.control("fault", kind="500", count=None, probability=0.3)
    statuses = [caller.pull().status_code for _ in range(200)]

    assert 30 <= statuses.count(500) <= 90
    caller.http.delete("/_control/fault")
    assert caller.pull().status_code == 204


def test_latency_is_added_to_every_call(caller: Caller) -> None:
    caller.ask("GET", f"/sps/{IYS}/brands")
    caller.control("delay", latency=0.05)
    began = time.perf_counter()
    caller.pull()

    assert time.perf_counter() - began >= 0.05


@pytest.mark.parametrize(
    "wish",
    [{"kind": "pranga"}, {"kind": "500", "probability": 2}, {"kind": "500", "count": "x"},
     {"kind": "500", "nerede": "*"}],
)  # fmt: skip
def test_an_unusable_fault_is_refused_with_a_sentence(caller: Caller, wish: dict[str, Any]) -> None:
    answer = caller.http.post("/_control/fault", json=wish)

    assert answer.status_code == 400
    assert answer.json["error"].endswith(".")


def test_chunked_bodies_and_keep_alive(wire: Wire) -> None:
    body = json.dumps(many(1)).encode()
    for _ in range(2):
        wire.link.request("POST", ADD, iter([body[:20], body[20:]]), wire.headers,
                          encode_chunked=True)  # fmt: skip
        answer = wire.link.getresponse()
        answer.read()
        assert answer.status == 202
