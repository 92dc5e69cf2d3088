"""Forged pages, giant and broken bodies, floods, a Redis that is away."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from ileti.capture import limits
from ileti.capture.limits import Counters, client_address, counters, network_of
from ileti.core.errors import TooMany

from .conftest import ORIGIN, Browser

Entries = Callable[[], list[tuple[int, ...]]]


@pytest.mark.parametrize("origin", [
    "https://boese.ornek.test", "null", None, ORIGIN + ".boese.test", ORIGIN + "/", ORIGIN.upper(),
    "http" + ORIGIN.removeprefix("https"), ORIGIN + ":8443",
])
def test_a_post_from_any_other_page_is_refused_counted_and_not_stored(
    browser: Browser, entries: Entries, origin: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = browser.filled("MESAJ")
    noted: list[str] = []
    monkeypatch.setattr(counters, "note", noted.append)
    browser.origin = origin
    answer = browser.post("submissions", body)
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert noted == ["forged_origin"]
    assert entries() == []


def test_the_preflight_allows_what_the_widget_sends_and_no_cookie(browser: Browser) -> None:
    for action in ("submissions", "confirmations", "codes"):
        answer = browser.call("OPTIONS", action)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_answers_expose_retry_after_and_set_no_cookie(browser: Browser) -> None:
    answer = browser.submit("MESAJ")
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert "Set-Cookie" not in answer.headers


BROKEN = [
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"key": NaN}', b"[" * 8000 + b"]" * 8000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000, b'{"token": "\\ud800"}', b'{"key": 1}', b"{}" * 2,
    b'{"handle": null}', b"{'key': 'x'}", b'\x00\x01\x02', b'{"choices": {"a": 1}}',
]


@pytest.mark.parametrize("raw", BROKEN)
@pytest.mark.parametrize("action", ["submissions", "confirmations", "codes"])
def test_what_is_no_json_of_ours_is_422_without_a_stack_trace(
    browser: Browser, raw: bytes, action: str
) -> None:
    started = time.perf_counter()
    answer = browser.call("POST", action, raw)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Traceback" not in json.dumps(answer.body)
    assert time.perf_counter() - started < 0.5


def test_a_giant_body_is_413_before_it_is_read(browser: Browser) -> None:
    assert browser.call("POST", "submissions", b"x" * 20_000).status == 413
    unsaid = browser.call("POST", "submissions", b"x" * 20_000, CONTENT_LENGTH="")
    assert unsaid.status == 413
    claimed = browser.call("POST", "submissions", b"x", CONTENT_LENGTH="50000000")
    assert claimed.status == 413


def test_another_content_type_is_not_read(browser: Browser) -> None:
    raw = json.dumps(browser.filled("MESAJ")).encode()
    assert browser.call("POST", "submissions", raw, CONTENT_TYPE="text/plain").status == 422


HOSTILE = ["a\x00b", "\ud800", "'; drop table site; --", "<script>alert(1)</script>",
           "{{ 7*7 }}", "x\r\nBcc: y", "\u202etxt", "A" * 5000, "${jndi:ldap://x}", "İ" * 90]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["name", "phone", "email", "key", "token", "shownAt", "vouch",
                                   "website"])
def test_hostile_text_in_any_field_is_refused_or_kept_as_text(
    browser: Browser, field: str, text: str
) -> None:
    body = browser.filled("MESAJ", "EPOSTA") | {field: text}
    answer = browser.post("submissions", body)
    assert answer.status in (201, 403, 413, 422)
    assert "Traceback" not in json.dumps(answer.body)


@pytest.mark.parametrize("name", [
    "\u200b" * 5, "\ufeff", "\u00ad", "...", "12345", "\U0001f4a5", "\u202ezaN", "Ada\u2066 Deniz",
    "Ada\u2028Deniz", "Ada\u200f",
])
def test_r09_a_name_has_letters_and_no_hidden_marks(
    browser: Browser, entries: Entries, name: str
) -> None:
    answer = browser.submit("MESAJ", name=name)
    assert answer.status == 422
    assert [error["field"] for error in answer.body["errors"]] == ["name"]
    assert entries() == []


@pytest.mark.parametrize("name", [
    "Nazlı Kırşehirli", "Jean-Luc O’Neill", "李娜", "علی\u200cرضا", "Ö"])
def test_names_of_every_script_are_taken(browser: Browser, name: str) -> None:
    assert browser.submit("MESAJ", name=name).status == 201


def test_unknown_fields_and_double_boxes_are_refused(browser: Browser) -> None:
    assert browser.submit("MESAJ", admin=True).status == 422
    body = browser.filled("MESAJ")
    body["choices"] *= 2
    assert browser.post("submissions", body).status == 422


def test_unknown_sites_actions_and_methods_are_plain_answers(browser: Browser) -> None:
    assert Browser("pk_none").call("GET", "form").status == 404
    assert Browser("x" * 5000).call("GET", "form").status == 404
    assert Browser("pk\x00").call("GET", "form").status == 404
    assert browser.call("GET", "secrets").status == 404
    assert browser.call("DELETE", "submissions").status == 400


def test_a_flood_from_one_address_is_stopped_with_a_time_to_wait(browser: Browser) -> None:
    answers = [browser.post("submissions", {}).status for _ in range(70)]
    assert answers.count(422) <= 60
    last = browser.post("submissions", {})
    assert last.status == 429
    assert 0 < int(last.headers["Retry-After"]) <= 60


def test_a_flood_from_one_network_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Counters()
    monkeypatch.setattr(mine, "_wake", lambda: None)
    for n in range(600):
        mine.check("s", 1, f"10.77.3.{n % 250}")
    with pytest.raises(TooMany):
        mine.check("s", 1, "10.77.3.251")


@pytest.mark.parametrize(("address", "network"), [
    ("10.1.2.3", "10.1.2.0/24"), ("2001:db8:1:2ff::9", "2001:db8:1:200::/56"),
    ("::ffff:10.1.2.3", "10.1.2.0/24"), ("nonsense", "nonsense"),
])
def test_networks_are_24_and_56(address: str, network: str) -> None:
    assert network_of(address) == network


def test_forwarded_for_is_believed_only_as_far_as_proxies_are_trusted(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    from config import settings

    assert client_address("10.0.0.1", "1.2.3.4") == "10.0.0.1"
    monkeypatch.setattr(settings(), "trusted_proxies", 1)
    assert client_address("10.0.0.1", "6.6.6.6, 1.2.3.4") == "1.2.3.4"
    assert client_address("10.0.0.1", "") == "10.0.0.1"
    assert client_address("10.0.0.1", "<script>") == "10.0.0.1"


def test_processes_learn_each_others_counts_from_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Counters(), Counters()
    # one of this run's own: Redis remembers the last run of this minute
    address = f"10.88.{random.randint(0, 255)}.{random.randint(0, 255)}"
    for mine in (one, two):
        monkeypatch.setattr(mine, "_wake", lambda: None)
    for _ in range(55):
        one.check("s", 9, address)
    one.tell()
    two.check("s", 9, address)
    two.tell()
    for _ in range(4):
        two.check("s", 9, address)
    with pytest.raises(TooMany):
        two.check("s", 9, address)


def test_without_redis_captures_go_on_and_each_process_counts_for_itself(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise redis.ConnectionError

    monkeypatch.setattr(limits, "redis_client", away)
    monkeypatch.setattr("ileti.core.jobs.redis_client", away)
    assert browser.submit("MESAJ").status == 201
    mine = Counters()
    monkeypatch.setattr(mine, "_wake", lambda: None)
    for _ in range(60):
        mine.check("s", 2, "10.99.1.1")
        mine.tell()
    assert mine.redis_away
    with pytest.raises(TooMany):
        mine.check("s", 2, "10.99.1.1")
