"""Who may not: other providers, brands and dealers; bodies that are too large, too many or no JSON;
the same request over and over. Tokens have tests of their own (test_tokens.py)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iys_house import Registry, forward, open_account, phones, pull, take

from ileti.compat import limits
from ileti.core import clock, db
from ileti.programs import accounts, rates

from .house import (
    PHONE,
    Program,
    account,
    at,
    codes,
    consent,
    dealer,
    entries,
    second_brand,
)

KEY = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}


# -- whose numbers these are -----------------------------------------------------------------------


CALLS = [
    ("GET", "/retailers", None), ("GET", "/consents/changes", None),
    ("GET", "/consents/request/no-1", None), ("POST", "/consents", {}),
    ("POST", "/consents/request", []), ("POST", "/consents/status", KEY),
    ("POST", "/consents/history", KEY), ("POST", "/retailers", {}),
    ("DELETE", "/retailers/20000001", None), ("GET", "/retailers/20000001", None),
    ("POST", "/consents/BIREYSEL/status/MESAJ", {"recipients": [PHONE]}),
    ("POST", "/consents/retailers/access", {}), ("PUT", "/consents/retailers/access", {}),
    ("POST", "/consents/retailers/access/remove", {}),
    ("POST", "/consents/retailers/access/remove/all", {}),
    ("POST", "/consent/retailers/access/list", KEY),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_anothers_brand_is_answered_as_an_unknown_one(
        method: str, path: str, body: Any, place: Any, place_b: Any) -> None:
    """Provider, brand and dealer accounts alike, on every call."""
    sister = second_brand(place, place.brand_code + 1)
    for login, strange in (
            (account(place), place_b.brand_code),
            (account(place, brand=True), sister.brand_code),
            (account(place, dealer=dealer(place, None)), sister.brand_code)):
        program = Program(place, login)
        said = program.under(method, path, body, brand=strange)
        unknown = program.under(method, path, body, brand=999_999_999)
        assert (said.status_code, codes(said)) == (403, ["H353"])
        assert said.text.replace(str(strange), "999999999") == unknown.text
        whole = program.ask(method, f"/sps/{place_b.iys_code}/brands/{place_b.brand_code}{path}",
                            body)
        assert (whole.status_code, codes(whole)) == (403, ["H353"])


def test_brands_are_those_of_the_account(place: Any, place_b: Any) -> None:
    sister = second_brand(place, place.brand_code + 1)
    path = f"/sps/{place.iys_code}/brands"
    every = Program(place).ask("GET", path).json
    assert [one["brandCode"] for one in every] == [place.brand_code, sister.brand_code]
    narrow = Program(place, account(place, brand=True)).ask("GET", path).json
    assert [one["brandCode"] for one in narrow] == [place.brand_code]
    assert codes(Program(place_b).ask("GET", path)) == ["H353"]


def test_a_dealer_sees_what_it_took_and_nothing_else(shop: Any, registry: Registry) -> None:
    open_account(shop, registry, retailers=[20000001, 20000002])
    one, other = dealer(shop, 20000001), dealer(shop, 20000002, "Öteki")
    whole, first = Program(shop), Program(shop, account(shop, dealer=one))
    second = Program(shop, account(shop, dealer=other))
    mine, theirs = phones(2, first=800)
    sent = first.send([consent(recipient=mine)])
    second.add(recipient=theirs)
    forward(shop)
    assert first.status(mine).json["status"] == "ONAY"
    assert codes(first.status(theirs)) == ["H401"]
    assert first.approved(mine, theirs) == [mine]
    assert whole.approved(mine, theirs) == [mine, theirs]
    assert first.history(theirs).json["pagination"]["totalCount"] == 0
    assert second.result(sent.json["requestId"]) == []
    assert len(whole.result(sent.json["requestId"])) == 1
    assert [row["retailerCode"] for row in first.under("GET", "/retailers").json["list"]] == [
        20000001]
    assert first.under("GET", "/retailers/20000002").json == {}
    assert codes(first.add(retailerCode=20000002)) == ["H180"]
    assert codes(first.add(retailerAccess=[20000001, 20000002])) == ["H180"]
    for method, path in (("POST", "/retailers"), ("DELETE", "/retailers/20000001"),
                         ("PUT", "/consents/retailers/access"),
                         ("POST", "/consents/retailers/access/remove/all"),
                         ("POST", "/consent/retailers/access/list")):
        assert codes(first.under(method, path, KEY)) == ["H353"], path


def test_a_dealer_is_told_of_citizens_changes_of_its_own_people(
        shop: Any, registry: Registry, monkeypatch: Any) -> None:
    """R-31: a refusal given at İYS reaches the dealer whose record it ends."""
    from ileti.compat import changes

    monkeypatch.setattr(changes, "UNSETTLED", timedelta(0))
    one = dealer(shop, None)
    first, whole = Program(shop, account(shop, dealer=one)), Program(shop)
    mine, theirs = phones(2, first=820)
    first.add(recipient=mine)
    whole.add(recipient=theirs)
    forward(shop)
    for number in (mine, theirs):
        registry.tell("citizen", recipient=number, type="MESAJ", recipientType="BIREYSEL",
                      status="RET", brandCode=shop.brand_code)
    pull(shop)
    assert [row["recipient"] for row in first.pull().json["list"]] == [mine]
    assert first.status(mine).json["status"] == "RET"
    assert sorted(row["recipient"] for row in whole.pull().json["list"]) == sorted([mine, theirs])


def test_another_provider_learns_nothing_of_a_request_or_a_cursor(
        shop: Any, place_b: Any, registry: Registry, monkeypatch: Any) -> None:
    from ileti.compat import changes

    monkeypatch.setattr(changes, "UNSETTLED", timedelta(0))
    open_account(place_b, registry)
    ours, theirs = Program(shop), Program(place_b)
    sent = ours.send([consent()])
    assert theirs.result(sent.json["requestId"]) == []
    registry.tell("citizen", recipient=PHONE, type="MESAJ", recipientType="BIREYSEL",
                  status="ONAY", brandCode=shop.brand_code)
    pull(shop)
    after = ours.pull().json["after"]
    assert theirs.pull().status_code == 204
    assert theirs.pull(after=after).status_code == 204
    for forged in ("x", "1_" + "g" * 64, "9" * 12 + "_" + "f" * 64, after + "0", "", "' or 1=1"):
        assert codes(ours.pull(after=forged)) == ["H098"], forged


# -- how much, how often ---------------------------------------------------------------------------


def test_a_list_too_long_and_a_body_too_large(place: Any) -> None:
    program = Program(place)
    long = program.send([consent(recipient=one) for one in phones(1001)])
    assert (long.status_code, codes(long)) == (422, ["H091"])
    huge = program.under("POST", "/consents/request", b"[" + b" " * (4 * 1024 * 1024 + 1))
    assert (huge.status_code, codes(huge)) == (413, ["HTTP_413"])
    lying = program.under("POST", "/consents", b"{}",
                          environ_overrides={"CONTENT_LENGTH": "99999999999"})
    assert lying.status_code == 413
    assert entries(place) == 0


ODD = [b"", b"{", b"[]", b"[" * 100_000, b'{"a":' * 50_000, b"NaN", b'"\xff"', b"1e999", b"null",
       b'{"recipient":"\\ud800"}', b'{"retailerCode":' + b"9" * 400 + b"}",
       json.dumps({"recipient": "a\0b", "type": "EPOSTA"}).encode(),
       json.dumps({"retailerAccess": [2 ** 70, -1, 1.5, True, {}, None]}).encode()]


@pytest.mark.parametrize("path", ["/consents", "/consents/request", "/consents/status",
                                  "/consents/history", "/retailers",
                                  "/consents/BIREYSEL/status/MESAJ",
                                  "/consents/retailers/access"])
def test_odd_json_is_refused_in_iys_form(path: str, place: Any) -> None:
    program = Program(place)
    for body in ODD:
        for sent in (body, b"[" + body + b"]"):
            answer = program.under("POST", path, sent)
            assert 400 <= answer.status_code < 500, (body[:30], answer.text)
            assert all(one["code"] and one["message"] for one in answer.json["errors"])
    assert entries(place) == 0


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["ONAY", "RET", "MESAJ", "EPOSTA", "TACIR", "HS_2015", "HS_KARAR", PHONE,
                       "2015-05-01 00:00:00", "9999-12-31 23:59:59", "a@ornek.test"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=5), inner, max_size=3), max_leaves=8)
ITEMS = st.dictionaries(st.sampled_from([
    "recipient", "type", "source", "status", "consentDate", "recipientType", "retailerCode",
    "retailerAccess", "x"]), VALUES, max_size=9)


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=ITEMS)
def test_no_item_brings_us_down(item: dict[str, Any], place: Any) -> None:
    rates._local.clear()
    program = Program(place, ("x", "x"))
    program.token = _token_of(place)
    for answer in (program.under("POST", "/consents", {**consent(), **item}),
                   program.send([{**consent(), **item}, item])):
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        assert "errors" in answer.json or answer.status_code < 300


_tokens: dict[int, str] = {}


def _token_of(place: Any) -> str:
    if place.provider_id not in _tokens:
        name, secret = account(place)
        _tokens[place.provider_id] = accounts.log_in(name, secret, "127.0.0.1")["access_token"]
    return _tokens[place.provider_id]


def test_one_account_that_calls_too_often_waits_and_another_does_not(
        place: Any, place_b: Any, monkeypatch: Any) -> None:
    import config

    monkeypatch.setattr(config.settings(), "compat_requests_per_second", 3)
    wild, calm = Program(place), Program(place_b)
    with clock.freeze(clock.now()):
        said = [wild.under("GET", "/retailers") for _ in range(5)]
        assert [one.status_code for one in said] == [200, 200, 200, 429, 429]
        assert codes(said[-1]) == ["H124"]
        assert said[-1].headers["Retry-After"] == "1"
        assert calm.under("GET", "/retailers").status_code == 200


def test_an_address_has_a_hundred_token_calls_an_hour(place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "TOKENS_PER_HOUR", 2)
    program = Program(place)
    with clock.freeze(clock.now()):
        assert [program.give().status_code for _ in range(3)] == [200, 200, 429]


def test_without_redis_limits_still_hold(place: Any, monkeypatch: Any) -> None:
    from iys_house import no_redis

    import config

    monkeypatch.setattr(config.settings(), "compat_requests_per_second", 2)
    away = no_redis()
    monkeypatch.setattr(rates, "redis_client", lambda: away)
    program = Program(place)
    with clock.freeze(clock.now()):
        assert [program.under("GET", "/retailers").status_code for _ in range(3)] == [
            200, 200, 429]


# -- the same again --------------------------------------------------------------------------------


def test_doubles_do_not_double(place: Any) -> None:
    program = Program(place)
    same, listed = consent(), [consent(recipient=one) for one in phones(40)]
    first = program.under("POST", "/consents", same)
    for v in ("", "/v2", "", "/v2"):
        again = program.under("POST", "/consents", same, v=v)
        assert (again.json == first.json) if v else (codes(again) == ["H178"])
    requests = {program.send(listed, v=v).json["requestId"] for v in ("", "/v2", "", "/v2")}
    assert len(requests) == 1
    assert entries(place) == 41


def test_doubles_at_the_same_moment_do_not_double(place: Any) -> None:
    login = account(place)
    token = Program(place, login).give().json["access_token"]
    same, listed = consent(), [consent(recipient=one) for one in phones(20)]

    def send(n: int) -> int:
        program = Program(place, login)
        program.token = token
        answer = program.send(listed) if n % 2 else program.under(
            "POST", "/consents", same, v="/v2")
        return answer.status_code

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(send, range(24)))
    assert sorted(set(said)) == [200, 202]
    assert entries(place) == 21


def test_a_refused_list_keeps_its_late_refusals_and_nothing_else(place: Any) -> None:
    """R-33: too late for İYS, in force here from the first second."""
    program = Program(place)
    numbers = phones(3, first=900)
    late = consent(recipient=numbers[0], status="RET", consentDate="2026-01-05 10:00:00")
    old = consent(recipient=numbers[1], consentDate="2026-01-05 10:00:00")
    for _ in range(2):
        answer = program.send([consent(recipient=numbers[2]), late, old])
        assert (answer.status_code, codes(answer)) == (422, ["H467", "H467"])
        assert [one["index"] for one in answer.json["errors"]] == [1, 2]
    assert entries(place) == 1
    assert program.status(numbers[0]).json["status"] == "RET"


def test_a_first_refusal_is_kept_whatever_the_answer(place: Any) -> None:
    program = Program(place)
    assert codes(program.add(status="RET")) == ["H175"]
    assert codes(program.add(status="RET")) == ["H175"]
    assert program.status().json["status"] == "RET"
    assert program.add(consentDate=at(5)).status_code == 200, "a later consent follows it"
    assert program.status().json["status"] == "RET", "until İYS has it"


# -- the door itself -------------------------------------------------------------------------------


def test_no_cookies_no_cors_no_cache(place: Any) -> None:
    program = Program(place)
    for answer in (program.give(), program.add(), program.under("GET", "/nothing"),
                   program.under("OPTIONS", "/consents"),
                   program.add(headers={"Origin": "https://kotu.ornek.test"}, type="x")):
        names = {name.lower() for name, _ in answer.headers}
        assert not names & {"set-cookie", "access-control-allow-origin"}
        assert answer.headers["Cache-Control"] == "no-store"


def test_unknown_paths_and_methods_are_refused_in_iys_form(place: Any) -> None:
    program = Program(place)
    assert codes(program.ask("GET", "/")) == ["HTTP_404"]
    assert codes(program.ask("GET", "/sps/../../etc/passwd")) == ["HTTP_404"]
    assert (program.ask("PATCH", "/oauth2/token").status_code) == 405
    assert codes(program.under("DELETE", "/consents")) == ["HTTP_405"]


def test_secrets_travel_by_https_only_in_production(place: Any, monkeypatch: Any) -> None:
    import config

    monkeypatch.setattr(config.settings(), "ileti_env", "production")
    answer = Program(place).give()
    assert (answer.status_code, codes(answer)) == (403, ["HTTP_403"])


def test_storage_away_is_said_as_try_again(place: Any, monkeypatch: Any) -> None:
    from ileti.core.errors import StorageAway

    program = Program(place)
    program.under("GET", "/retailers")

    def away(*_: Any) -> Any:
        raise StorageAway

    monkeypatch.setattr(db, "connection", away)
    answer = program.under("GET", "/retailers")
    assert (answer.status_code, codes(answer)) == (503, ["H192"])


def test_a_silent_iys_takes_two_threads_and_no_more(shop: Any, registry: Registry) -> None:
    from ileti.compat import asking

    program = Program(shop)
    held = [asking._turns.acquire(blocking=False) for _ in range(asking.AT_ONCE)]
    try:
        assert all(held)
        answer = program.status()
        assert (answer.status_code, codes(answer)) == (400, ["H123"])
        assert program.add().status_code == 200, "writing needs no turn"
    finally:
        for _ in held:
            asking._turns.release()
    assert codes(program.status("+905992134001")) == ["H401"]


def test_the_application_sends_these_calls_past_flask(place: Any) -> None:
    from werkzeug.test import Client

    import app as door

    answer = Client(door.app).get("/iys-compat/sps/1/brands")
    assert (answer.status_code, codes(answer)) == (401, ["H351"])


def test_a_neighbours_rows_never_show(shop: Any, place_b: Any) -> None:
    take(place_b, [PHONE])
    program = Program(shop)
    assert codes(program.status()) == ["H401"]
    assert program.approved(PHONE) == []
