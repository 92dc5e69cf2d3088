"""Who may not, what is refused and with which code: nobody learns or changes what is not theirs."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import psycopg
import pytest
from werkzeug.test import Client

import config
from ileti.api import receiving, slots
from ileti.api.endpoints import ROUTES, application
from ileti.core import db
from ileti.programs import accounts
from tests.imports.import_house import STATEMENT, many
from tests.panel.people import dealer_of

from .api_house import Program, account, basic, ndjson, work

WAYS = tuple((method, path.removeprefix("/api/v1/imports/{id}").replace("{n}", "1"))
             for method, path, *_ in ROUTES if path.startswith("/api/v1/imports/"))


class Untouchable(io.RawIOBase):
    """A body nobody may read."""

    def read(self, _size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def refused_everywhere(stranger: Program, run: int, code: str = "not_found") -> None:
    before = db.connection().execute("select * from import_run where id = %s", [run]).fetchone()
    for method, way in WAYS:
        answer = stranger.call(method, f"/{run}{way}", data=b"{}" if method != "GET" else None)
        assert (answer.status_code, answer.json["code"]) == (404, code), (method, way)
    assert stranger.call("GET").json == {"imports": [], "next": None}
    assert before == db.connection().execute(
        "select * from import_run where id = %s", [run]).fetchone()


def test_another_provider_another_account_and_another_brand_find_nothing(
        program: Program, place: Any, place_b: Any) -> None:
    run = program.bring(ndjson(2)).json["id"]
    work(run)
    refused_everywhere(Program(place_b), run)
    refused_everywhere(Program(place), run)
    for odd in ("0", "-1", "x", "9" * 18, "9" * 30, "1e3", "%00"):
        assert program.call("GET", f"/{odd}").status_code == 404


def test_an_account_that_was_narrowed_does_not_reach_beyond(program: Program, place: Any) -> None:
    run = program.bring(ndjson(1)).json["id"]
    other = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Alt') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    db.connection().execute("update api_account set brand_id = %s where username = %s",
                            (other, program.login[0]))
    refused_everywhere(program, run)


def test_a_brand_that_is_not_the_accounts_is_no_brand(program: Program, place: Any,
                                                      place_b: Any) -> None:
    strange = program.bring(ndjson(1), brand=place_b.brand_code)
    assert (strange.status_code, strange.json["code"]) == (404, "no_such_brand")
    db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Alt')",
        (place.provider_id, place.brand_code + 1))
    which = program.bring(ndjson(1), brand=...)
    assert [(one["field"], one["code"]) for one in which.json["errors"]] == [("brand", "missing")]
    one = Program(place, account(place, brand=place.brand_id))
    assert one.bring(ndjson(1), brand=...).json["brand"] == place.brand_code
    assert one.bring(ndjson(1), "k2", brand=place.brand_code + 1).status_code == 404
    assert many("select count(*) from import_run where provider_id = %s", place.provider_id) == 1


def test_a_dealers_program_imports_for_its_dealer_alone(place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    for number, dealer in enumerate((own, other), 1):
        db.connection().execute("update dealer set retailer_code = %s where id = %s",
                                (place.brand_code + number, dealer))
    program = Program(place, account(place, brand=place.brand_id, dealer=own))
    strange = program.bring(ndjson(1), retailerCode=place.brand_code + 2)
    assert (strange.status_code, strange.json["code"]) == (404, "no_such_retailer")
    run = program.bring(ndjson(1) + ndjson(1, 1, bayi=str(place.brand_code + 2))[:-1],
                        apply="all", mostRefused=1).json
    assert run["retailerCode"] == place.brand_code + 1
    work(run["id"])
    assert program.see(run["id"])["reasons"][0]["code"] in ("BAYI_BASKA", "ALINACAK")
    assert db.connection().execute(
        "select dealer_id from consent_entry where provider_id = %s",
        [place.provider_id]).fetchall() == [(own,)]
    db.connection().execute("update dealer set status = 'passive' where id = %s", [own])
    assert program.call("GET").status_code == 401


def test_without_the_right_nothing_opens(place: Any) -> None:
    plain = Program(place, account(place, brings=False))
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/1"), ("POST", "/1/apply")):
        answer = plain.call(method, path, stream=Untouchable(), length=9)
        assert (answer.status_code, answer.json["code"]) == (403, "imports_not_granted")


@pytest.mark.parametrize("mark", ["", "Basic", "Basic !!", "Basic eDp5", "Bearer x", "Bearer ",
                                  "Digest x", "Basic " + "A" * 2_000, "Bearer " + "ş" * 50,
                                  "Basic AAAA", "basic " + "/" * 8])
def test_a_wrong_login_is_answered_before_a_byte_is_read(program: Program, mark: str) -> None:
    answer = program.call(
        "POST", stream=Untouchable(), length=1_000_000_000, headers={
            "Authorization": mark.encode().decode("latin-1"), "Idempotency-Key": "k"})
    assert (answer.status_code, answer.json["code"]) == (401, "not_logged_in")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ileti"'


def test_a_token_opens_as_the_secret_does_and_ends_with_the_account(program: Program) -> None:
    pair = accounts.log_in(*program.login, "127.0.0.1")

    def get(token: str) -> int:
        return int(program.call("GET", headers={"Authorization": f"Bearer {token}"}).status_code)

    assert get(pair["access_token"]) == 200
    assert get(pair["refresh_token"]) == 401
    db.connection().execute("update api_account set disabled_at = now() where username = %s",
                            [program.login[0]])
    assert get(pair["access_token"]) == 401
    assert program.call("GET").status_code == 401


def test_guessing_grows_slow(program: Program) -> None:
    wrong = basic((program.login[0], "guess"))
    answers = [program.call("GET", headers={"Authorization": wrong}) for _ in range(8)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_one_who_calls_too_often_is_told_to_wait(program: Program,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.core import clock

    monkeypatch.setattr(config.settings(), "api_requests_per_second", 2)
    with clock.freeze(clock.now()):
        answers = [program.call("GET") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"


def test_in_production_only_https_counts(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "ileti_env", "production")
    answer = program.call("GET")
    assert (answer.status_code, answer.json["code"]) == (403, "https_only")
    assert program.call("GET", base_url="https://x").status_code == 200


FAULTS: dict[str, tuple[Any, str]] = {
    "origin": ("friends", "missing"), "ground": ("kısa", "missing"), "proof": (..., "missing"),
    "notice": (..., "missing"), "status": ("EVET", "invalid"), "source": ("IYS_WEB", "invalid"),
    "date": ("dün", "invalid"), "recipientType": ("KISI", "invalid"),
    "channels": ("SMS", "invalid"), "delimiter": (";;", "invalid"),
    "encoding": ("rot13", "invalid"),
    "header": ("evet", "invalid"), "askIys": ("1", "invalid"), "apply": ("some", "invalid"),
    "mostRefused": ("-1", "invalid"), "proofAttached": ("x", "invalid"),
    "name": ("x" * 256, "invalid"),
    "basis": ("x" * 121, "invalid"), "sheet": ("x" * 256, "invalid"),
    "retailerCode": ("x", "invalid"), "unknown": ("1", "unknown_field"),
}


def test_every_faulty_field_is_named_at_once_in_both_languages(program: Program,
                                                               place: Any) -> None:
    asked = {name: value for name, (value, _) in FAULTS.items()}
    said = {}
    for language in ("tr", "en"):
        answer = program.bring(ndjson(1), headers={"Accept-Language": language}, **asked,
                               **{"column.telefon": "x", "column.email": " "})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")
        assert answer.content_type == "application/problem+json"
        said[language] = {one["field"]: one for one in answer.json["errors"]}
    wanted = {name: code for name, (_, code) in FAULTS.items()} | {
        "columns.telefon": "unknown_field", "columns.email": "invalid"}
    assert {name: one["code"] for name, one in said["tr"].items()} == wanted
    assert all(said["tr"][name]["message"] != said["en"][name]["message"] for name in wanted)
    assert many("select count(*) from import_run where provider_id = %s", place.provider_id) == 0


@pytest.mark.parametrize("body", [
    {"columns": []}, {"columns": {"phone": 0}}, {"columns": {"phone": True}}, {"brand": "x"},
    {"columns": {"phone": None}}, {"name": 7}, {"origin": ["customers"]}, {"channels": [["MESAJ"]]},
    {"channels": {"MESAJ": 1}}, {"mostRefused": 1.5, "apply": "all"}, {"mostRefused": True},
    {"header": 1}, {"date": 20260101}, {"status": {}}, {"brand": True}, {"x" * 500: 1},
    {"columns": {"x" * 500: 1}}, {"retailerCode": 2**40}, {"name": "a\0b"}, {"mostRefused": 5}])
def test_no_json_brings_us_down(program: Program, body: dict[str, Any]) -> None:
    answer = program.describe(**body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input"), answer.text
    assert answer.json["errors"][0]["message"]


@pytest.mark.parametrize("raw", [b"[]", b"{", b"\xff", b"null", b"[" * 10_000, b'"x"'])
def test_what_is_no_object_is_unreadable(program: Program, raw: bytes) -> None:
    answer = program.call("POST", data=raw, content_type="application/json",
                          headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json["code"]) == (422, "unreadable")


def test_bought_lists_are_refused_and_leave_nothing(program: Program, place: Any) -> None:
    for answer in (program.bring(ndjson(1), origin="purchased"),
                   program.describe(origin="purchased")):
        assert (answer.status_code, answer.json["code"]) == (422, "purchased")
        assert "R-61" in answer.json["detail"]
    assert many("select count(*) from import_run where provider_id = %s", place.provider_id) == 0


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 81, "ş"])
def test_a_list_needs_a_key(program: Program, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = program.call("POST", query=STATEMENT, data=ndjson(1), headers=headers)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(("data", "code"), [
    (b"", "empty_file"), (b"%PDF-1.4 x", "no_list"), (b"[1]", "no_list"),
    (b"PK\x03\x04x", "no_list"), (b"<html>", "no_list")])
def test_what_is_no_list_is_told_by_its_code(program: Program, data: bytes, code: str) -> None:
    answer = program.bring(data)
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert program.call("GET").json["imports"][0]["state"] in ("uploading", "mapping")


def test_forms_too_large_files_and_other_methods(program: Program,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    form = program.call("POST", data={"dosya": (io.BytesIO(b"x"), "x.csv")},
                        headers={"Idempotency-Key": "k"})
    assert (form.status_code, form.json["code"]) == (400, "multipart")
    monkeypatch.setattr(config.settings(), "import_longest_mb", 1)
    large = program.call("POST", query=STATEMENT, stream=Untouchable(), length=1_000_001,
                         headers={"Idempotency-Key": "k"})
    assert (large.status_code, large.json["code"]) == (413, "too_large")
    unsaid = program.call(
        "POST", query=STATEMENT, stream=io.BytesIO(b"x" * 1_000_001),
        headers={"Idempotency-Key": "k"})
    assert (unsaid.status_code, unsaid.json["code"]) == (413, "too_large")
    for method, path in (("DELETE", ""), ("PATCH", "/1"), ("OPTIONS", ""), ("HEAD", "/1/apply")):
        answer = program.call(method, path)
        assert (answer.status_code, bool(answer.headers["Allow"])) == (405, True)
    for path in ("/1/approve", "/1/parts/1/x", "/1/", "x"):
        assert program.call("GET", path).json["code"] == "no_such_address"


def test_services_that_are_away_and_faults_of_ours(program: Program,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Exception) -> Any:
        def act(*_: Any, **__: Any) -> None:
            raise error
        return act

    for error, status, code in ((psycopg.OperationalError(), 503, "storage_away"),
                                (RuntimeError("secret words"), 500, "fault"),
                                (OSError(28, "No space left"), 503, "storage_away")):
        monkeypatch.setattr("ileti.imports.arriving.receive", fail(error))
        answer = program.bring(ndjson(1))
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert "secret words" not in answer.text


# -- slow senders ----------------------------------------------------------------------------------


class Silent(io.RawIOBase):
    """A sender that says a little and then nothing, until it is let go."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.said = False

    def read(self, _size: int = -1) -> bytes:
        if not self.said:
            self.said = True
            return b'{"telefon": "0599'
        self.over.wait(20)
        return b""


def test_a_silent_sender_is_not_waited_for_and_keeps_only_its_own_place(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(receiving, "PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(config.settings(), "web_threads", 8)
    silent = [Silent(), Silent()]
    for number, one in enumerate(silent):
        answer = program.call(
            "POST", query=STATEMENT, stream=one, length=1_000,
            headers={"Idempotency-Key": f"k{number}"})
        assert (answer.status_code, answer.json["code"]) == (408, "too_slow")
    third = program.bring(ndjson(1), "k3")
    assert (third.status_code, third.json["code"]) == (429, "too_many_transfers")
    assert third.headers["Retry-After"] == "5"
    assert program.call("GET", query={"key": "k3"}).json["imports"] == [], "nothing was begun"
    assert program.call("GET").status_code == 200, "what is short goes on"
    assert Program(place).bring(ndjson(1)).status_code == 201, "and so do others"
    for one in silent:
        one.over.set()
    for _ in range(100):
        if not slots._taken:
            break
        threading.Event().wait(0.05)
    assert not slots._taken
    assert program.bring(ndjson(1), "k3").status_code == 201


def test_a_report_that_is_broken_off_gives_its_place_back(program: Program) -> None:
    run = program.bring(ndjson(5)).json["id"]
    work(run)
    for _ in range(6):
        answer = Client(application).get(f"/api/v1/imports/{run}/report", buffered=False,
                                         headers={"Authorization": basic(program.login)})
        assert answer.status_code == 200
        next(iter(answer.response))
        answer.close()
    own = db.connection().execute("select id from api_account where username = %s",
                                  [program.login[0]]).fetchone()[0]
    assert slots._taken[own] == 0


def test_answers_hold_no_address_and_no_path(program: Program) -> None:
    run = program.bring(ndjson(3), apply="all").json["id"]
    work(run)
    said = json.dumps(program.see(run)) + program.call("GET").text
    assert "+90599" not in said
    assert str(config.settings().ileti_var) not in said
    assert "file_key" not in said
