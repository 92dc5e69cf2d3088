"""The widget's calls: the same room without a cookie, on the site's own pages only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import ileti.preferences.endpoints  # noqa: F401 (adds the calls)
from ileti.capture.receipts import check_receipt
from ileti.consents.vocabulary import Channel
from ileti.core.secrets import secrets
from tests.capture.conftest import Browser

from .conftest import known, new_mail, new_phone

MAIL = Channel.EPOSTA


@pytest.fixture
def inside(browser: Browser, place: Any, code_to: Callable[[], str]) -> Any:
    """A browser in whose page somebody is in, and what the page knows."""
    mail = new_mail()
    known(place, mail, MAIL)
    asked = browser.post("preferences/codes", {"address": mail})
    assert asked.status == 202
    now = browser.post("preferences/sessions",
                       {"waiting": asked.body["waiting"], "code": code_to()})
    assert now.status == 201
    return now.body


def _row(now: Any, channel: str = "EPOSTA") -> Any:
    return next(row for brand in now["brands"] for row in brand["rows"]
                if row["channel"] == channel)


def test_somebody_enters_refuses_and_consents_again(browser: Browser, inside: Any) -> None:
    done = browser.post("preferences/acts",
                        {"session": inside["session"], "act": _row(inside)["refuse"]})
    assert done.status == 200
    assert done.body["said"] == "E-posta almayı bıraktınız."
    row = _row(done.body)
    assert row["state"] == "off"
    assert "kabul ediyorum" in row["text"]["rest"]
    again = browser.post("preferences/acts", {
        "session": done.body["session"], "act": row["consent"], "lang": "en"})
    assert again.body["said"] == "Your consent to e-mails is recorded."
    assert _row(again.body)["state"] == "coming"


def test_known_and_unknown_get_the_same_answer(browser: Browser, place: Any) -> None:
    mail = new_mail()
    known(place, mail, MAIL)
    known_, nobody = (browser.post("preferences/codes", {"address": one})
                      for one in (mail, new_mail()))
    assert known_.status == nobody.status == 202
    assert known_.body.keys() == nobody.body.keys()
    assert known_.body["expiresIn"] == nobody.body["expiresIn"]
    assert len(known_.body["waiting"]) == len(nobody.body["waiting"])


def test_only_the_sites_own_page_is_heard(browser: Browser, inside: Any) -> None:
    body = {"session": inside["session"], "act": _row(inside)["refuse"]}
    for origin in ("https://boese.ornek.test", None, "null"):
        browser.origin = origin
        assert browser.post("preferences/acts", body).status == 403


def test_a_signed_sites_server_is_not_a_page(signed: Browser) -> None:
    signed.origin = None
    assert signed.post("preferences/codes", {"address": new_mail()}).status == 403


def test_a_session_of_another_provider_is_none_here(
    browser: Browser, inside: Any, place_b: Any, new_site: Callable[..., str]
) -> None:
    other = Browser(new_site(place_b))
    answer = other.post("preferences/history", {"session": inside["session"]})
    assert answer.status == 403


@pytest.mark.parametrize("action", ["codes", "sessions", "acts", "history", "receipts", "leave"])
@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"session":1}', b"\xff", b"[" * 9_000])
def test_senseless_bodies_are_refused_in_words(browser: Browser, action: str, raw: bytes) -> None:
    answer = browser.call("POST", f"preferences/{action}", raw)
    assert answer.status == 422
    assert answer.body["title"]
    assert browser.call("GET", f"preferences/{action}").status == 400


def test_history_and_receipts_are_ones_own(browser: Browser, inside: Any, place: Any) -> None:
    known(place, f"+90{new_phone()[1:]}")
    past = browser.post("preferences/history", {"session": inside["session"]}).body
    assert [line["what"] for line in past["lines"]] == ["E-posta için onay"]
    assert "id" not in past["lines"][0]
    mine = browser.post("preferences/receipts", {
        "session": inside["session"], "receipt": past["lines"][0]["receipt"]})
    check_receipt(mine.body, secrets().receipts.public)
    assert browser.post("preferences/receipts", {
        "session": inside["session"], "receipt": "MKB-AAAA-AAAA-AAAA"}).status == 404


def test_whoever_left_is_out(browser: Browser, inside: Any) -> None:
    assert browser.post("preferences/leave", {"session": inside["session"]}).status == 200
    answer = browser.post("preferences/history", {"session": inside["session"]})
    assert answer.status == 410
    assert "oturum" in answer.body["title"]


def test_nothing_is_stored_on_the_way_and_no_cookie_is_set(browser: Browser, inside: Any) -> None:
    answer = browser.post("preferences/history", {"session": inside["session"]})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    asked = browser.call("OPTIONS", "preferences/acts")
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert "Access-Control-Allow-Credentials" not in asked.headers


def test_an_unknown_call_is_not_there(browser: Browser) -> None:
    assert browser.post(f"preferences/{uuid4().hex}", {}).status == 404
