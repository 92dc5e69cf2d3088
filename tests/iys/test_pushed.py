"""What İYS pushes: credentials of our own making, the test record without effect, and one effect
with pull (İYS API §6.11; R-34; fault row 28)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iys_house import forward, phones, pull, state, take

from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys import pushed, pushlogin
from ileti.iys.answers import parse_pull
from ileti.iys.pull import take_movements
from ileti.iys.pushcalls import parse_connections, parse_message
from ileti.iys.pushing import register_push, unregister_push
from ileti.iys.wire import to_iys_time
from tests.panel.people import sign_in, token_of, user_with

SMS = Channel.MESAJ


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door(database: str) -> Iterator[str]:
    """Our door on a server of its own; its address."""
    server = make_server("127.0.0.1", 0, pushed.application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{pushed.PATH}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


def record(place: Any, phone: str, status: str, at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "iysCode": place.iys_code, "brandCode": place.brand_code, "recipient": phone,
        "recipientType": "BIREYSEL", "type": "MESAJ", "status": status, "source": "IYS_WEB",
        "consentDate": to_iys_time(at), "creationDate": to_iys_time(at),
        "transactionId": f"{abs(hash((phone, at))):064x}"[:64], **changes,
    }


def ready(place: Any) -> tuple[str, str]:
    """Credentials whose brand İYS has confirmed."""
    pair = pushlogin.login_for(place.provider_id, SMS)
    pushlogin.mark_registered(place.provider_id, SMS, place.brand_id, on=True)
    return pair


def post(rows: Any, pair: tuple[str, str] | None, **environ: Any) -> int:
    raw = rows if isinstance(rows, bytes) else json.dumps({"list": rows}).encode()
    said: list[str] = []
    if pair is not None:
        mark = base64.b64encode(":".join(pair).encode()).decode()
        environ = {"HTTP_AUTHORIZATION": f"Basic {mark}", **environ}
    list(pushed.application({
        "REQUEST_METHOD": "POST", "PATH_INFO": pushed.PATH, "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": BytesIO(raw), "wsgi.url_scheme": "http", **environ,
    }, lambda status, _headers: said.append(status)))
    return int(said[0][:3])


def now() -> datetime:
    return clock.whole_second(clock.now()) - timedelta(minutes=5)


def test_a_refusal_at_iys_holds_here_at_once(place: Any) -> None:
    (phone,) = phones(1)
    take(place, [phone], at=now() - timedelta(hours=1))
    assert post([record(place, phone, "RET", now())], ready(place)) == 200
    held = state(place, phone)
    assert (held["status"], held["iys"], held["source"]) == ("RET", "CHANGED_THERE", "IYS_WEB")


@pytest.mark.parametrize("pair", [
    None, ("iys-0000000000000000", "x"), ("", ""), ("\0", "x"), ("ü", "ğ"),
])
def test_without_our_credentials_nothing_is_taken(place: Any, pair: Any) -> None:
    username, _ = ready(place)
    assert post([record(place, phones(1)[0], "RET", now())], pair) == 401
    assert post([record(place, phones(1)[0], "RET", now())], (username, "yanlis")) == 401
    assert state(place, phones(1)[0]) == {}


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !!!", "Basic eA==", "basic " * 300])
def test_a_header_that_is_no_login(place: Any, header: str) -> None:
    assert post([], None, HTTP_AUTHORIZATION=header) == 401


def test_the_password_lies_nowhere_and_is_the_same_each_time(place: Any) -> None:
    username, password = pushlogin.login_for(place.provider_id, SMS)
    assert pushlogin.login_for(place.provider_id, SMS) == (username, password)
    assert pushlogin.login_for(place.provider_id, Channel.ARAMA) != (username, password)
    row = db.connection().execute("select iys_push::text from iys_push where username = %s",
                                  (username,)).fetchone()
    assert row is not None
    assert password not in row[0]


def test_what_comes_before_iys_confirmed_is_the_test_record(place: Any) -> None:
    pair = pushlogin.login_for(place.provider_id, SMS)
    assert post([record(place, phones(1)[0], "RET", now())], pair) == 200
    assert state(place, phones(1)[0]) == {}


@pytest.mark.parametrize("changes", [
    {"brandCode": 1}, {"iysCode": 1}, {"brandCode": None}, {"type": "ARAMA"}, {"source": "HS_WEB"},
])
def test_what_is_not_ours_to_take_is_answered_and_passed_over(
    place: Any, place_b: Any, changes: dict[str, Any]
) -> None:
    row = record(place, phones(1)[0], "RET", now(), **changes)
    assert post([row], ready(place)) == 200
    strange = record(place_b, phones(1)[0], "RET", now())
    assert post([strange], ready(place)) == 200
    assert (state(place, phones(1)[0]), state(place_b, phones(1)[0])) == ({}, {})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"list":{}}', b"[" * 99_999])
def test_what_is_no_list_is_refused(place: Any, body: bytes) -> None:
    assert post(body, ready(place)) == 400


def test_rows_that_cannot_be_read_hold_back_nobody(place: Any) -> None:
    rows = [7, {}, {"status": "RET"}, record(place, phones(1)[0], "RET", now())]
    assert post(rows, ready(place)) == 200
    assert state(place, phones(1)[0])["status"] == "RET"


def test_the_door_takes_a_post_of_usual_size_at_its_own_path_only(place: Any) -> None:
    pair = ready(place)
    assert post([], pair, REQUEST_METHOD="GET") == 405
    assert post([], pair, PATH_INFO="/iys/v1/x") == 404
    assert post([], pair, CONTENT_LENGTH=str(pushed.MOST_BYTES + 1)) == 413
    assert post(b"x" * (pushed.MOST_BYTES + 1), pair, CONTENT_LENGTH="") == 413


@pytest.mark.parametrize(("proxies", "scheme", "said", "status"), [
    (0, "http", "", 403), (0, "http", "https", 403), (0, "https", "", 200),
    (1, "http", "https", 200), (1, "http", "http", 403), (1, "http", "https, http", 403),
    (2, "http", "https, http", 200), (1, "http", "", 403),
])
def test_in_production_only_https_is_heard(
    place: Any, monkeypatch: Any, proxies: int, scheme: str, said: str, status: int
) -> None:
    from config import settings as current

    pair = ready(place)
    monkeypatch.setattr(current(), "ileti_env", "production")
    monkeypatch.setattr(current(), "trusted_proxies", proxies)
    environ = {"wsgi.url_scheme": scheme, "HTTP_X_FORWARDED_PROTO": said}
    assert post([], pair, **environ) == status


STATUSES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["ONAY", "RET"])),
                    min_size=1, max_size=8)


@given(moves=STATUSES, chance=st.randoms(use_true_random=False), own=st.booleans())
@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_push_in_any_order_doubled_and_in_pieces_has_the_effect_of_pull(
    new_place: Any, moves: list[tuple[int, str]], chance: Any, own: bool
) -> None:
    pulled, by_push = new_place(), new_place()
    numbers, first = phones(3), now() - timedelta(hours=1)
    for place in (pulled, by_push):
        if own:
            take(place, numbers, at=first - timedelta(hours=1))

    def rows(place: Any) -> list[dict[str, Any]]:
        return [record(place, numbers[who], status, first + timedelta(seconds=n))
                for n, (who, status) in enumerate(moves)]

    page = parse_pull(200, json.dumps({"list": rows(pulled)}))
    with db.transaction() as conn:
        take_movements(conn, pulled, page.movements, learned="pull")
    told = rows(by_push) * 2
    chance.shuffle(told)
    pair = ready(by_push)
    while told:
        size = chance.randint(1, len(told))
        assert post(told[:size], pair) == 200
        told = told[size:]

    for number in numbers:
        one, other = state(pulled, number), state(by_push, number)
        for held in (one, other):
            held.pop("pending", None)
        assert one == other


def test_what_was_pushed_is_not_taken_again_by_pull(shop: Any, registry: Any, door: str) -> None:
    redis_client().flushdb()
    registry.tell("rules", push_over_http=True)
    assert [one.trouble for one in register_push(shop.provider_id, url=door)] == [None] * 3
    (phone,) = phones(1)
    take(shop, [phone])
    forward(shop)
    registry.tell("clock", advance_seconds=5)
    registry.tell("citizen", recipient=phone, type="MESAJ", status="RET")
    registry.tell("push")
    registry.tell("push", repeat=True, times=3, shuffle=True)
    assert state(shop, phone)["status"] == "RET"
    before = db.connection().execute("select count(*) from iys_movement where brand_id = %s",
                                     (shop.brand_id,)).fetchone()
    assert pull(shop).get("moved", 0) == 0
    assert before == (1,)


def test_registration_is_confirmed_listed_and_taken_away(
    shop: Any, registry: Any, door: str
) -> None:
    from ileti.iys.client import client_for

    redis_client().flushdb()
    registry.tell("rules", push_over_http=True)
    register_push(shop.provider_id, url=door)
    listed = client_for(shop.provider_id).push_connections(shop.brand_code)
    assert {(one.channel, one.made, one.url) for one in listed} == {
        (channel, True, door) for channel in Channel}
    assert [one.trouble for one in unregister_push(shop.provider_id, url=door)] == [None] * 3
    assert client_for(shop.provider_id).push_connections(shop.brand_code) == []
    assert unregister_push(shop.provider_id, url=door) == []


def test_the_button_registers_says_what_iys_said_and_ends(
    app: Any, shop: Any, registry: Any, door: str, given: Any, monkeypatch: pytest.MonkeyPatch,
    place_b: Any
) -> None:
    redis_client().flushdb()
    registry.tell("rules", push_over_http=True)
    monkeypatch.setattr(given, "public_url", door.removesuffix(pushed.PATH))
    browser = sign_in(app, user_with(app, "provider_admin", shop))

    def press(wish: str, provider: int) -> int:
        return int(browser.post(f"/iys/bildirim/{provider}", data={
            "csrf_token": token_of(browser), "wish": wish}).status_code)

    assert press("on", shop.provider_id) == 302
    page = browser.get(f"/saglayicilar/show/{shop.provider_id}").text
    assert "3 marka kanalı" in page
    assert press("off", shop.provider_id) == 302
    assert "3 marka kanalı" not in browser.get(f"/saglayicilar/show/{shop.provider_id}").text
    monkeypatch.setattr(given, "public_url", "http://127.0.0.1:1")
    press("on", shop.provider_id)
    assert 'role="alert"' in browser.get(f"/saglayicilar/show/{shop.provider_id}").text
    assert press("on", place_b.provider_id) == 404


def test_an_address_iys_cannot_use_is_the_installations_problem(
    shop: Any, registry: Any
) -> None:
    redis_client().flushdb()
    outcomes = register_push(shop.provider_id, url="http://127.0.0.1:1/iys/v1/push")
    assert {one.trouble.code for one in outcomes if one.trouble} == {"H531"}
    row = db.connection().execute("select brand_ids from iys_push where provider_id = %s",
                                  (shop.provider_id,)).fetchone()
    assert row == ([],)


def test_answers_about_push_are_read_strictly() -> None:
    from ileti.iys.answers import Unreadable

    (listed,) = parse_connections('[{"type":"MESAJ","status":"Bağlantı Oluşturulamadı"}]')
    assert listed.made is False
    for body in ("{}", "[7]", '[{"type":"SMS"}]', "<html>"):
        with pytest.raises(Unreadable):
            parse_connections(body)
        with pytest.raises(Unreadable):
            parse_message(body)


def test_the_web_server_hands_the_path_to_the_lean_door(place: Any) -> None:
    import app

    said: list[str] = []
    list(app.app({"REQUEST_METHOD": "GET", "PATH_INFO": pushed.PATH},
                 lambda status, _headers: said.append(status)))
    assert said == ["405 Method Not Allowed"]


def test_the_command_registers_and_says_what_iys_answered(shop: Any, registry: Any) -> None:
    from click.testing import CliRunner

    from ileti.cli import main

    redis_client().flushdb()
    done = CliRunner().invoke(main, ["push", "on", str(shop.iys_code)])
    assert (done.exit_code, done.output.count("(H531)")) == (1, 3)
    assert CliRunner().invoke(main, ["push", "off", str(shop.iys_code)]).exit_code == 0
