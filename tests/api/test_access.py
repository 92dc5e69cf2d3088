"""Who calls: keys, their ends, networks, signatures, tokens, limits; what is counted of it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

import config
from ileti.core import clock, db
from ileti.programs import jobs, keys, usage
from ileti.programs.rates import Pace
from ileti.programs.signature import Said, sign

from .api_house import Program, account, basic, digest

IMPORTS = "/api/v1/imports"
TOKEN = "/api/v1/oauth2/token"


def bearer(program: Program, text: str, path: str = IMPORTS, **more: Any) -> Any:
    return program.call("GET", path, headers={"Authorization": f"Bearer {text}"}, **more)


def number(program: Program) -> int:
    return int(db.connection().execute("select id from api_account where username = %s",
                                       [program.login[0]]).fetchone()[0])


def change(program: Program, column: str, value: Any) -> None:
    db.connection().execute(f"update api_account set {column} = %s where id = %s",
                            (value, number(program)))


# -- keys ------------------------------------------------------------------------------------------


def test_a_key_opens_by_itself_and_with_its_user_name(program: Program) -> None:
    key = program.login[1]
    assert bearer(program, key).status_code == 200
    assert program.call("GET").status_code == 200
    assert bearer(program, key[:-1] + ("A" if key[-1] != "A" else "B")).status_code == 401
    assert bearer(program, key + "A").status_code == 401


def test_several_keys_are_live_and_each_ends_alone_with_its_tokens(program: Program) -> None:
    second = keys.make(db.connection(), program.place.provider_id, number(program))
    token = give(program).json["access_token"]
    assert bearer(program, second.text).status_code == 200
    first = db.connection().execute("select min(id) from api_key where account_id = %s",
                                    [number(program)]).fetchone()[0]
    assert keys.end(db.connection(), first)
    assert bearer(program, program.login[1]).status_code == 401
    assert bearer(program, token).status_code == 401
    assert bearer(program, second.text).status_code == 200
    assert not keys.end(db.connection(), first), "ended once"


def test_a_key_expires_at_its_moment(program: Program) -> None:
    until = clock.now() + timedelta(days=1)
    key = keys.make(db.connection(), program.place.provider_id, number(program),
                    expires_at=until).text
    assert bearer(program, key).status_code == 200
    with clock.freeze(until + timedelta(seconds=1)):
        assert bearer(program, key).status_code == 401


def test_a_secret_from_before_keys_still_opens_and_is_hardened(program: Program) -> None:
    old = "x" * 43
    db.connection().execute(
        "insert into api_key (provider_id, account_id, hash, keyed) values (%s, %s, %s, false)",
        (program.place.provider_id, number(program), keys.older_hash(old)))
    header = {"Authorization": basic((program.login[0], old))}
    for _ in range(2):
        assert program.call("GET", headers=header).status_code == 200
    kept, is_keyed = db.connection().execute(
        "select hash, keyed from api_key where account_id = %s and prefix is null",
        [number(program)]).fetchone()
    assert is_keyed
    assert bytes(kept) != keys.older_hash(old)


def test_an_account_is_called_from_its_networks_only(program: Program) -> None:
    change(program, "networks", ["10.1.0.0/16"])
    refused = program.call("GET")
    assert (refused.status_code, refused.json["code"]) == (403, "address_refused")
    change(program, "networks", ["10.1.0.0/16", "127.0.0.0/8"])
    assert program.call("GET").status_code == 200


def test_a_scope_that_is_missing_is_named(program: Program) -> None:
    answer = program.call("POST", "/api/v1/consents/at", json={})
    assert (answer.status_code, answer.json["scope"]) == (403, "consents:ask")


# -- signatures ------------------------------------------------------------------------------------


def signed(program: Program, *, query: str = "", nonce: str = "n" * 20, age: float = 0,
           **other: Any) -> Any:
    said = Said("GET", IMPORTS, query, "", "")
    mark = sign(program.login[1], said, int(clock.now().timestamp() - age), nonce)
    return program.call("GET", headers={"Authorization": mark}, **other)


def test_a_signed_call_is_heard_once(program: Program) -> None:
    change(program, "signs", True)
    assert program.call("GET").json["code"] == "signature_needed"
    assert bearer(program, program.login[1]).json["code"] == "signature_needed"
    assert signed(program).status_code == 200
    assert signed(program).status_code == 401, "the nonce was used"
    assert signed(program, nonce="m" * 20).status_code == 200


@pytest.mark.parametrize("age", [-301, 301])
def test_a_signature_is_taken_for_five_minutes_around_its_time(program: Program, age: int) -> None:
    assert signed(program, age=age).status_code == 401
    assert signed(program, age=age - (age > 0) * 10 + (age < 0) * 10).status_code == 200


def test_a_signature_covers_the_query(program: Program) -> None:
    assert signed(program, query="limit=1", nonce="q" * 20).status_code == 401
    assert signed(program, query="limit=1", nonce="r" * 20,
                  query_string="limit=1").status_code == 200


def test_a_signed_body_is_what_was_signed(program: Program) -> None:
    login = account(program.place, brings=False, rights=True)
    path, body = "/api/v1/consents/at", json.dumps({
        "address": "+905992013345", "at": clock.now().isoformat()}).encode()

    def ask(data: bytes, nonce: str, **headers: str) -> Any:
        said = Said("POST", path, "", "", headers.get("Content-Digest", ""))
        mark = sign(login[1], said, int(clock.now().timestamp()), nonce)
        return program.call("POST", path, data=data, headers=headers | {"Authorization": mark})

    assert ask(body, "a" * 20).json["errors"][0]["field"] == "Content-Digest"
    assert ask(body, "b" * 20, **{"Content-Digest": digest(body)}).status_code == 200
    changed = ask(body + b" ", "c" * 20, **{"Content-Digest": digest(body)})
    assert changed.json["code"] == "digest_mismatch"


def test_nonces_are_forgotten_when_their_time_is_over(program: Program) -> None:
    jobs.forget_calls()
    signed(program)
    assert jobs.forget_calls()["nonces"] == 0
    with clock.freeze(clock.now() + timedelta(minutes=16)):
        assert jobs.forget_calls()["nonces"] >= 1


# -- OAuth2 ----------------------------------------------------------------------------------------


def give(program: Program, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"grant_type": "client_credentials", "client_id": program.login[0],
            "client_secret": program.login[1]} | fields
    return program.http.post(TOKEN, data={k: v for k, v in body.items() if v is not ...},
                             headers=headers or {}, environ_base={"REMOTE_ADDR": "127.0.0.1"})


def test_client_credentials_bring_a_short_token_bound_to_the_key(program: Program) -> None:
    answer = give(program)
    assert (answer.status_code, answer.json["token_type"]) == (200, "Bearer")
    assert answer.json["expires_in"] == 900
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json["access_token"]
    assert bearer(program, token).status_code == 200
    assert bearer(program, token[:-2] + "AA").status_code == 401
    with clock.freeze(clock.now() + timedelta(seconds=901)):
        assert bearer(program, token).status_code == 401
    change(program, "disabled_at", clock.now())
    assert bearer(program, token).status_code == 401


def test_basic_brings_a_token_too(program: Program) -> None:
    answer = give(program, headers={"Authorization": basic(program.login)}, client_id=...,
                  client_secret=...)
    assert answer.status_code == 200


def test_a_token_opens_no_more_than_it_asked_for(place: Any) -> None:
    program = Program(place, account(place, rights=True))
    token = give(program, scope="consents:ask").json["access_token"]
    assert bearer(program, token).json["code"] == "imports_not_granted"
    assert give(program, scope="consents:ask dealers:write").json["error"] == "invalid_scope"


@pytest.mark.parametrize(("fields", "status", "word"), [
    ({"grant_type": ...}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"client_secret": "x"}, 401, "invalid_client"),
    ({"client_id": ...}, 401, "invalid_client"),
])
def test_what_is_wrong_is_said_in_oauths_words(program: Program, fields: dict[str, Any],
                                               status: int, word: str) -> None:
    answer = give(program, **fields)
    assert (answer.status_code, answer.json["error"]) == (status, word)


def test_an_account_that_must_sign_gets_no_token(program: Program) -> None:
    change(program, "signs", True)
    assert give(program).json["error"] == "invalid_client"


def test_only_forms_are_read(program: Program) -> None:
    answer = program.http.post(TOKEN, json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    mark = base64.b64encode(b"a%3Ab:c").decode()
    assert give(program, headers={"Authorization": f"Basic {mark}"}).status_code == 401


# -- limits, marks, counts -------------------------------------------------------------------------


def test_every_answer_tells_what_is_left_of_the_limit(
        program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "api_requests_per_second", 2)
    with clock.freeze(clock.now()):
        answers = [program.call("GET") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["RateLimit"] for one in answers] == [
        '"account";r=1;t=1', '"account";r=0;t=1', '"account";r=0;t=1']
    assert answers[0].headers["RateLimit-Policy"] == '"account";q=2;w=1'


def test_processes_learn_of_each_others_calls(database: str) -> None:
    one, other = Pace(), Pace()
    assert [one.count(7, 4_711) for _ in range(3)] == [1, 2, 3]
    one.tell()
    assert other.count(7, 4_711) == 1, "not told yet"
    other.tell()
    assert other.count(7, 4_711) == 5
    assert other.count(7, 4_712) == 1, "another second"


def test_what_was_read_has_a_mark_and_is_not_sent_again(program: Program) -> None:
    first = program.call("GET")
    again = program.call("GET", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert program.call("GET", headers={"If-None-Match": '"other"'}).status_code == 200


def test_calls_are_counted_by_key_day_and_status_without_a_write_per_call(
        program: Program) -> None:
    usage.tell()
    for _ in range(3):
        program.call("GET")
    program.call("POST", "/api/v1/consents/at", json={})
    counted = "select status, calls from api_usage where account_id = %s order by status"
    assert db.connection().execute(counted, [number(program)]).fetchall() == []
    assert usage.tell() >= 4
    program.call("GET")
    usage.tell()
    assert db.connection().execute(counted, [number(program)]).fetchall() == [(200, 4), (403, 1)]
