"""Proof and past of notices and explicit consents, and everything of a person, for programs."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from ileti.api import scoped
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence.verifier import outcome, verify
from ileti.kvkk.vocabulary import Act
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import text
from tests.panel.people import dealer_of, restrict, take
from tests.panel.test_kvkk_pages import did

from .api_house import Program, account
from .resource_house import EVERY, PHONE, get, post


@pytest.fixture(autouse=True)
def panel(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scoped.serve_with(lambda: app)
    monkeypatch.setattr("ileti.consents.bundle._pages", lambda _made: {})


@pytest.fixture
def program(place: Any) -> Program:
    return Program(place, account(place, brings=False, scopes=EVERY))


def person(program: Program, **more: Any) -> Any:
    """The bundle of a person, as a program asks for it."""
    return program.call("POST", "/api/v1/consents/proof", json={"address": PHONE} | more)


def records(answer: Any, folder: Any) -> list[str]:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.text
    path = folder / "kanit.zip"
    path.write_bytes(answer.data)
    assert outcome(verify(str(path))) == 3
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        return list(json.loads(archive.read("bundle.json"))["records"])


def test_the_bundle_of_an_act_is_given_out_and_that_is_kept(
        program: Program, place: Any, tmp_path: Any) -> None:
    number = record_number(did(place, text(place), Act.GIVEN, address=PHONE))
    seal_all()
    assert records(get(program, f"/acts/{number}/proof"), tmp_path) == [number]
    assert db.connection().execute(
        "select subject from audit_entry where provider_id = %s and action = 'consent:prove'",
        (place.provider_id,)).fetchall() == [(f"kvkk:{number}",)]


def test_everything_of_an_address_is_one_bundle(
        program: Program, place: Any, tmp_path: Any) -> None:
    consent = take(place, PHONE).items[0].entry_id
    notice = did(place, text(place, "AYDINLATMA"), Act.READ, address=PHONE)
    seal_all()
    assert records(person(program), tmp_path) == [record_number(consent), record_number(notice)]
    assert person(program, address="0599 999 99 99").status_code == 404
    assert person(program, address="0599").status_code == 422
    assert person(program, brand=1).status_code == 404


def test_the_past_is_told_by_text_and_that_it_was_asked_is_kept(
        program: Program, place: Any) -> None:
    rıza = text(place)
    given = did(place, rıza, Act.GIVEN, address=PHONE, ago=50)
    between = clock.now()
    did(place, rıza, Act.WITHDRAWN, address=PHONE, ago=40)

    def at(moment: Any) -> Any:
        return post(program, "/acts/at", {"address": PHONE, "at": moment.isoformat()})

    [one] = at(between).json["states"]
    assert (one["act"], one["holds"], one["record"]["number"]) == (
        "GIVEN", True, record_number(given))
    assert one["record"]["text"]["path"] == f"/n/{rıza.version}"
    assert [state["holds"] for state in at(clock.now()).json["states"]] == [False]
    assert post(program, "/acts/at", {
        "address": "0599 999 99 99", "at": between.isoformat()}).json["states"] == []
    for wrong in ("2199-01-01T00:00:00+03:00", "1999-01-01T00:00:00+03:00", "dün"):
        assert post(program, "/acts/at", {"address": PHONE, "at": wrong}).status_code == 422
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'consent:at'",
        (place.provider_id,)).fetchone() == (2,)


@pytest.mark.parametrize(("scope", "path"), [
    ("acts:read", "/acts/at"), ("proofs:read", "/consents/proof")])
def test_each_needs_its_scope(place: Any, scope: str, path: str) -> None:
    program = Program(place, account(place, brings=False, scopes=[
        one for one in EVERY if one != scope]))
    body = {"address": PHONE} | ({"at": clock.now().isoformat()} if path.endswith("at") else {})
    answer = program.call("POST", f"/api/v1{path}", json=body)
    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")


def test_a_stranger_and_a_dealer_get_their_own_alone(
        program: Program, place: Any, place_b: Any, tmp_path: Any) -> None:
    mine, other = dealer_of(place), dealer_of(place)
    rıza = text(place)
    given = did(place, rıza, Act.GIVEN, address=PHONE, dealer=mine, ago=50)
    withdrawn = did(place, rıza, Act.WITHDRAWN, address=PHONE, ago=40)
    seal_all()
    own = Program(place, account(place, brings=False, brand=place.brand_id, dealer=mine,
                                 scopes=EVERY))
    assert records(person(own), tmp_path) == [record_number(given)]
    assert get(own, f"/acts/{record_number(withdrawn)}/proof").status_code == 404
    [state] = post(own, "/acts/at", {
        "address": PHONE, "at": clock.now().isoformat()}).json["states"]
    assert (state["act"], state["record"]) == ("WITHDRAWN", None)
    for stranger in (
            Program(place, account(place, brings=False, brand=place.brand_id, dealer=other,
                                   scopes=EVERY)),
            Program(place_b, account(place_b, brings=False, scopes=EVERY))):
        assert person(stranger).status_code == 404
        assert get(stranger, f"/acts/{record_number(given)}/proof").status_code == 404
        assert post(stranger, "/acts/at", {
            "address": PHONE, "at": clock.now().isoformat()}).json["states"] == []


def test_of_whom_is_kept_for_the_law_alone_a_program_learns_nothing(
        program: Program, place: Any) -> None:
    consent = take(place, PHONE).items[0]
    given = did(place, text(place), Act.GIVEN, address=PHONE)
    seal_all()
    restrict(place, consent.recipient_id)
    assert person(program).status_code == 404
    assert get(program, f"/acts/{record_number(given)}/proof").status_code == 404
    assert post(program, "/acts/at", {
        "address": PHONE, "at": clock.now().isoformat()}).json["states"] == []
