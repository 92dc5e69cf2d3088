"""Tokens and secrets of programs: forged, spent and old ones open nothing, an account that was
switched off is out at once, guessing grows slow, and nothing is kept in clear."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ileti.compat.endpoints import application
from ileti.core import clock, db

from .house import Program, account, codes, dealer


def test_forged_spent_and_foreign_tokens_open_nothing(place: Any) -> None:
    program = Program(place)
    pair = program.give().json
    path = f"/sps/{place.iys_code}/brands"
    for token in ("", "x", pair["refresh_token"], pair["access_token"][:-1] + "!",
                  "a" * 5000, "é", pair["access_token"] + "\t x"):
        header = {"Authorization": f"Bearer {token}"}
        answer = program.http.get(f"/iys-compat{path}", headers=header)
        assert (answer.status_code, codes(answer)) == (401, ["H351"]), token[:20]
    basic = program.http.get(f"/iys-compat{path}", headers={"Authorization": "Basic eDp4"})
    assert codes(basic) == ["H351"]
    good = {"Authorization": f"bearer {pair['access_token']}"}
    assert program.http.get(f"/iys-compat{path}", headers=good).status_code == 200


def test_a_refresh_token_works_once_even_for_two_at_a_time(place: Any) -> None:
    program = Program(place)
    body = {"grant_type": "refresh_token", "refresh_token": program.give().json["refresh_token"]}
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: _post_token(body), range(8)))
    assert sorted(one.status_code for one in said) == [200] + [400] * 7
    refused = next(one for one in said if one.status_code == 400)
    assert refused.json["error"] == "invalid_grant"
    access = {"grant_type": "refresh_token", "refresh_token": program.give().json["access_token"]}
    assert _post_token(access).status_code == 400


def _post_token(body: Any) -> Any:
    from werkzeug.test import Client

    return Client(application).post("/iys-compat/oauth2/token", json=body)


def test_tokens_end_in_time(place: Any) -> None:
    program = Program(place)
    pair = program.give().json
    assert (pair["expires_in"], pair["refresh_expires_in"]) == (7200, 14400)
    program.token = pair["access_token"]
    path, start = f"/sps/{place.iys_code}/brands", clock.now()
    with clock.freeze(start + timedelta(seconds=7190)):
        assert program.ask("GET", path).status_code == 200
    with clock.freeze(start + timedelta(seconds=7210)):
        assert codes(program.ask("GET", path)) == ["H351"]
    body = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    with clock.freeze(start + timedelta(seconds=14410)):
        assert _post_token(body).status_code == 400


def test_an_account_that_was_switched_off_is_out_at_once(place: Any) -> None:
    own = dealer(place, None)
    for login in (account(place), account(place, dealer=own)):
        program = Program(place, login)
        pair = program.give().json
        program.token = pair["access_token"]
        path = f"/sps/{place.iys_code}/brands"
        assert program.ask("GET", path).status_code == 200
        db.connection().execute("update api_account set disabled_at = now() "
                                "where username = %s", (login[0],))
        assert codes(program.ask("GET", path)) == ["H351"]
        assert _post_token({"grant_type": "refresh_token",
                            "refresh_token": pair["refresh_token"]}).status_code == 400
        assert program.give().json["error"] == "invalid_request"


def test_a_dealer_that_no_longer_is_one_is_out_too(place: Any) -> None:
    own = dealer(place, 20000001)
    program = Program(place, account(place, dealer=own))
    assert program.under("GET", "/retailers").status_code == 200
    db.connection().execute("update dealer set status = 'passive' where id = %s", (own,))
    assert codes(program.under("GET", "/retailers")) == ["H351"]


def test_nothing_secret_is_kept_in_clear(place: Any) -> None:
    program = Program(place)
    pair = program.give().json
    kept = db.connection().execute(
        "select string_agg(t::text, '') from (select to_jsonb(a) t from api_account a "
        "union all select to_jsonb(k) from api_token k "
        "union all select to_jsonb(k) from api_key k) x").fetchone()[0]
    for secret in (program.login[1], pair["access_token"], pair["refresh_token"]):
        assert secret not in kept
        assert secret.encode().hex() not in kept


def test_guessing_grows_slow(place: Any) -> None:
    program = Program(place)
    said = [program.give(password="falsch") for _ in range(8)]
    assert [one.status_code for one in said[:5]] == [400] * 5
    assert said[0].json["error_description"] == "Kullanıcı kimlik bilgileri geçersiz."
    assert (said[-1].status_code, codes(said[-1])) == (429, ["H084"])
    assert int(said[-1].headers["Retry-After"]) > 0
    assert program.give().status_code == 429, "the right secret waits as well"


def test_an_account_without_a_secret_lets_nobody_in(place: Any) -> None:
    name, secret = account(place)
    db.connection().execute("delete from api_key k using api_account a "
                            "where a.id = k.account_id and a.username = %s", (name,))
    for guess in (secret, "", "x"):
        answer = Program(place, (name, guess)).give()
        assert answer.status_code == 400


TOKEN_BODIES: list[tuple[Any, str, str]] = [
    ({}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
    ({"grant_type": "x"}, "invalid_request", "Bilinmeyen giriş yöntemi."),
    ({"grant_type": ""}, "invalid_grant", "Giriş yöntemi boş olamaz."),
    ({"grant_type": 1}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
    ({"grant_type": "refresh_token"}, "invalid_request", "Yenileme jetonu verilmemiş."),
    ({"grant_type": "refresh_token", "refresh_token": None}, "invalid_request",
     "Desteklenmeyen yenileme jetonu türü."),
    ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant",
     "Yenileme jetonu boş olamaz."),
    ({"grant_type": "password"}, "invalid_request", "Şifre verilmemiş."),
    ({"grant_type": "password", "password": "x"}, "invalid_request",
     "Kullanıcı adı verilmemiş."),
    ({"grant_type": "password", "password": "x", "username": "a\0b"}, "invalid_request",
     "Kullanıcı kimlik bilgileri geçersiz."),
]


@pytest.mark.parametrize(("body", "kind", "said"), TOKEN_BODIES)
def test_the_token_call_says_it_in_iys_words(body: Any, kind: str, said: str,
                                             database: str) -> None:
    from tests.simulator.caller import Caller

    answer = _post_token(body)
    assert (answer.status_code, answer.json) == (
        400, {"error": kind, "error_description": said})
    theirs = Caller().http.post("/oauth2/token", json=body)
    assert (theirs.status_code, theirs.json) == (answer.status_code, answer.json)
