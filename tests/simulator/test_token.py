"""The token call: grants, life of tokens, and its sentences word by word (judgements §1.1)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from .caller import IYS, LOGIN, SUB_BRAND, Caller

REFRESH = {"grant_type": "refresh_token", "refresh_token": "x"}

SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
    ({"grant_type": "parola"}, "invalid_request", "Bilinmeyen giriş yöntemi."),
    ({"grant_type": ""}, "invalid_grant", "Giriş yöntemi boş olamaz."),
    ({"grant_type": 5}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
    ({"grant_type": "client_credentials"}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
    ({"grant_type": "refresh_token"}, "invalid_request", "Yenileme jetonu verilmemiş."),
    ({**REFRESH, "refresh_token": None}, "invalid_request", "Desteklenmeyen yenileme jetonu türü."),
    ({**REFRESH, "refresh_token": ""}, "invalid_grant", "Yenileme jetonu boş olamaz."),
    ({"grant_type": "password", "username": "a"}, "invalid_request", "Şifre verilmemiş."),
    ({**LOGIN, "password": 1}, "invalid_request", "Desteklenmeyen şifre türü."),
    ({**LOGIN, "password": ""}, "invalid_grant", "Şifre boş bırakılamaz."),
    ({"grant_type": "password", "password": "a"}, "invalid_request", "Kullanıcı adı verilmemiş."),
    ({**LOGIN, "username": []}, "invalid_request", "Desteklenmeyen kullanıcı adı türü."),
    ({**LOGIN, "username": ""}, "invalid_grant", "Kullanıcı adı boş bırakılamaz."),
    ({**LOGIN, "password": "yanlış"}, "invalid_request", "Kullanıcı kimlik bilgileri geçersiz."),
    ({**LOGIN, "username": "yok"}, "invalid_request", "Kullanıcı kimlik bilgileri geçersiz."),
]


@pytest.mark.parametrize(("body", "error", "sentence"), SENTENCES)
def test_refused_login_has_its_own_sentence(
    caller: Caller, body: dict[str, Any], error: str, sentence: str
) -> None:
    answer = caller.http.post("/oauth2/token", json=body)

    assert answer.status_code == 400
    assert answer.json == {"error": error, "error_description": sentence}


def test_an_admin_account_gets_no_token(caller: Caller) -> None:
    caller.control(
        "provider", iysCode=5, username="yonetici", password="parola-5", role="admin"
    )
    body = {**LOGIN, "username": "yonetici", "password": "parola-5"}
    answer = caller.http.post("/oauth2/token", json=body)

    assert answer.json["error_description"] == "Beklenmeyen kullanıcı rolü: admin."


def test_token_is_given_for_json_and_for_a_form_and_ignores_more_fields(caller: Caller) -> None:
    as_json = caller.http.post("/oauth2/token", json={**LOGIN, "iysCode": IYS})
    as_form = caller.http.post("/oauth2/token", data=LOGIN)

    for answer in (as_json, as_form):
        assert answer.status_code == 200
        assert answer.json["expires_in"] == 7200
        assert answer.json["refresh_expires_in"] == 14400
        assert answer.json["token_type"] == "bearer"


def test_token_carries_the_documented_claims(caller: Caller) -> None:
    token = caller.http.post("/oauth2/token", json=LOGIN).json["access_token"]
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    assert "API_USER" in claims["realm_access"]["roles"]
    assert [brand["brandCode"] for brand in claims["brands"]] == [IYS, SUB_BRAND]
    assert claims["serviceProvider"]["iysCode"] == IYS
    assert claims["preferred_username"] == LOGIN["username"]


def test_access_token_lives_two_hours(caller: Caller) -> None:
    path = f"/sps/{IYS}/brands"
    assert caller.ask("GET", path).status_code == 200
    caller.control("clock", advance_seconds=7199)
    assert caller.ask("GET", path).status_code == 200
    caller.control("clock", advance_seconds=1)
    assert caller.ask("GET", path).status_code == 401


def test_refresh_token_works_once_and_for_four_hours(caller: Caller) -> None:
    first = caller.http.post("/oauth2/token", json=LOGIN).json["refresh_token"]
    second = caller.http.post("/oauth2/token", json={**REFRESH, "refresh_token": first})
    again = caller.http.post("/oauth2/token", json={**REFRESH, "refresh_token": first})
    caller.control("clock", advance_seconds=14400)
    late = caller.http.post(
        "/oauth2/token", json={**REFRESH, "refresh_token": second.json["refresh_token"]}
    )

    assert second.status_code == 200
    assert second.json["refresh_token"] != first
    for refused in (again, late):
        assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
