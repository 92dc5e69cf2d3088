"""E-mail refusal links (İYS API §11, via-hash-links)."""

from __future__ import annotations

from typing import Any

import pytest

from .caller import Caller, codes

MAIL = "ayse@ornek.com.tr"
ONE = {"recipient": MAIL, "recipientType": "BIREYSEL"}


def ask(caller: Caller, *recipients: Any) -> Any:
    return caller.under("POST", "/via-hash-links", {"recipients": list(recipients)})


def link(caller: Caller) -> str:
    caller.add(type="EPOSTA", recipient=MAIL)
    return "/ret/" + ask(caller, ONE).json[0]["url"].rpartition("/")[2]


def test_a_press_of_the_button_refuses_and_opening_the_link_does_not(caller: Caller) -> None:
    path = link(caller)
    assert caller.http.get(path).status_code == 200
    assert caller.status(type="EPOSTA", recipient=MAIL).json["status"] == "ONAY"
    assert "kaydedildi" in caller.http.post(path).text
    held = caller.status(type="EPOSTA", recipient=MAIL).json
    assert (held["status"], held["source"]) == ("RET", "IYS_EPOSTA")
    assert "kalmadı" in caller.http.post(path).text


def test_a_link_lives_for_ninety_days(caller: Caller) -> None:
    path = link(caller)
    caller.control("clock", advance_seconds=90 * 86_400)
    assert caller.http.get(path).status_code == 200
    caller.control("clock", advance_seconds=1)
    assert caller.http.post(path).status_code == 404
    assert caller.http.get("/ret/yok").status_code == 404


def test_h568_without_a_consent_there_is_no_link(caller: Caller) -> None:
    caller.add(type="EPOSTA", recipient=MAIL)
    mails = ("AYSE@ornek.com.tr", "b@ornek.test", "+905992134117")
    answer = ask(caller, *(ONE | {"recipient": one} for one in mails),
                 ONE | {"recipientType": "TACIR"})
    assert answer.status_code == 200
    assert [one.get("code") for one in answer.json] == [None, "H568", "H568", "H568"]


@pytest.mark.parametrize(("code", "changes"), [
    ("H114", {"recipient": ""}), ("H116", {"recipientType": "X"}),
    ("H170", {"recipientType": None}), ("H120", {"recipient": "a@b"}),
    ("H121", {"recipient": "ayse"}), ("H160", {"recipient": "+905992134117222"}),
])
def test_a_faulty_recipient(caller: Caller, code: str, changes: dict[str, Any]) -> None:
    answer = ask(caller, ONE | changes)
    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.parametrize(("code", "http", "body"), [
    ("H097", 400, b"["), ("H168", 422, {}), ("H478", 422, {"recipients": MAIL}),
    ("H164", 422, {"recipients": []}), ("H127", 422, {"recipients": [ONE] * 101}),
    ("H097", 400, {"recipients": [MAIL]}),
])
def test_a_faulty_list(caller: Caller, code: str, http: int, body: Any) -> None:
    answer = caller.under("POST", "/via-hash-links", body)
    assert (answer.status_code, codes(answer)) == (http, [code])
