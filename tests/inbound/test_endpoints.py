"""The address a gateway calls: the secret in it, its limits, and what it answers."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from ileti.core.errors import StorageAway
from ileti.core.logs import configure_logs
from ileti.inbound.endpoints import MOST_BYTES, PREFIX
from tests.inbound.house import House, new_phone


def call(token: str, body: bytes = b"", *, method: str = "POST", query: str = "",
         kind: str = "application/json") -> int:
    """One call through the whole door; answers the status."""
    from app import app

    seen: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": f"{PREFIX}{token}", "QUERY_STRING": query,
               "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)),
               "wsgi.input": io.BytesIO(body)}
    b"".join(app(environ, lambda status, headers: seen.append(status)))
    return int(seen[0].split()[0])


def said(phone: str, text: str = "RET", id: str = "m1") -> bytes:
    return json.dumps({"id": id, "from": phone, "text": text}).encode()


def test_a_gateway_tells_a_refusal_and_may_tell_it_again(place: Any) -> None:
    house, phone = House(place), new_phone()
    assert [call(house.token, said(phone)) for _ in range(3)] == [200, 200, 200]
    assert house.states(phone) == {2: (2, 8)}
    assert house.entries() == 1


def test_a_wrong_secret_is_nobody(place: Any) -> None:
    assert call("x" * 43, said(new_phone())) == 404
    assert call("", said(new_phone())) == 404


def test_a_number_switched_off_takes_a_refusal_by_its_own_address_and_no_consent(
        place: Any, conn: Any) -> None:
    house, phone, other = House(place), new_phone(), new_phone()
    conn.execute("update inbound_number set active = false where id = %s", (house.number.id,))
    assert call(house.token, said(phone)) == 200
    assert call(house.token, said(other, "ONAY Ayşe Yılmaz", "m2")) == 200
    assert house.states(phone) == {2: (2, 8)}
    assert (house.states(other), house.row("m2")["deed"]) == ({}, 1)


def test_what_cannot_be_read_is_400_and_logged_without_address_or_words(
        place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    house, phone = House(place), new_phone()
    configure_logs("info")
    assert call(house.token, json.dumps({"from": phone, "text": "gizli söz"}).encode()) == 400
    logged = capsys.readouterr().out
    assert "inbound_unreadable" in logged
    assert phone not in logged
    assert "gizli" not in logged
    assert house.token not in logged


def test_too_much_is_413_and_another_method_405(place: Any) -> None:
    house = House(place)
    assert call(house.token, b"x" * (MOST_BYTES + 1)) == 413
    assert call(house.token, query="a=" + "b" * 5_000, method="GET") == 413
    assert call(house.token, method="DELETE") == 405


def test_without_storage_the_gateway_is_asked_to_come_again(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(place)

    def away(*_args: Any, **_more: Any) -> int:
        raise StorageAway

    monkeypatch.setattr("ileti.inbound.endpoints.receive", away)
    assert call(house.token, said(new_phone())) == 503


def test_an_account_with_one_address_reaches_each_of_its_numbers(place: Any, conn: Any) -> None:
    house, phone = House(place), new_phone()
    conn.execute("insert into inbound_number (provider_id, number, name, gateway) "
                 "values (%s, '4609', 'Kısa kod', 'http')", (place.provider_id,))
    call(house.token, json.dumps({"id": "1", "from": phone, "to": "4609", "text": "x"}).encode())
    number, = conn.execute(
        "select n.number from inbound_message m join inbound_number n on n.id = m.number_id "
        "where m.provider_id = %s", (place.provider_id,)).fetchone()
    assert number == "4609"
