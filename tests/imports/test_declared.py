"""A word that proofs are held is no proof: it is kept with who gave it, and told as what it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence.kinds import Role
from ileti.imports import declared, proof, proofs, runs
from ileti.imports.origin import state
from tests.api.api_house import Program, ndjson, work
from tests.imports.import_house import (
    HEAD,
    STATEMENT,
    begin,
    check,
    listed,
    many,
    prove,
    put_in,
    row,
    states,
)
from tests.panel.people import sign_in, user_with

PHONE, OTHER = "+905992134117", "+905992134118"
PROOF_HEAD = HEAD + ",kanıt"


def evidence(place: Any) -> Any:
    return db.connection().execute(
        "select evidence from submission where provider_id = %s order by id desc limit 1",
        [place.provider_id]).fetchone()[0]


def entries(place: Any) -> list[int]:
    return [row[0] for row in db.connection().execute(
        "select id from consent_entry where provider_id = %s order by id", [place.provider_id])]


def told(place: Any) -> list[Any]:
    """What the pages of a proof say of the place's records."""
    kept = evidence(place)
    proven = [SimpleNamespace(
        entry=SimpleNamespace(id=number, status=status, captured_at=clock.now()),
        parts={"evidence": kept}) for number, status in db.connection().execute(
            "select id, status from consent_entry where provider_id = %s order by id",
            [place.provider_id]).fetchall()]
    return list(proof.only_said(place.provider_id, proven))


def test_no_word_takes_the_place_of_a_scanned_signature(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, row(PHONE, source="HS_ISLAK_IMZA") + ",",
                   row(OTHER, source="HS_ISLAK_IMZA") + ",form-17.pdf", proof_attached=True)
    assert check(run_id) == {"KANIT_YOK": 1, "KANIT_EKSIK": 1}
    prove(run_id, place, "bütün formlar.pdf", whole=True, role=Role.SIGNED_FORM)
    assert check(run_id) == {"ALINACAK": 2}


def test_other_rows_do_not_wait_for_the_files_they_name(place: Any) -> None:
    lines = [PROOF_HEAD, row(PHONE, source="HS_CAGRI_MERKEZI") + ",kayıt.wav"]
    assert check(begin(place, *lines)) == {"KANIT_EKSIK": 1}
    assert check(begin(place, *lines, proof_attached=True)) == {"ALINACAK": 1}


def test_no_word_overturns_a_refusal(place: Any) -> None:
    listed(place, row(PHONE, "RET", date=None))
    run_id = begin(place, HEAD, row(PHONE, date=None), proof_attached=True)
    assert check(run_id) == {"RET_KORUNDU": 1}
    assert states(place)[0][0] == 2


def test_who_gave_the_word_and_when_stands_in_the_evidence(place: Any) -> None:
    run_id = begin(place, HEAD, row(PHONE))
    before = clock.now().replace(microsecond=0)
    runs.state_origin(run_id, state(STATEMENT | {"proof_attached": True}), by=4711)
    check(run_id)
    put_in(run_id)
    word = declared.word_of(evidence(place)["origin"])
    assert word is not None
    assert (word.place, word.held, word.person, word.program) == (
        STATEMENT["proof"], True, 4711, None)
    assert before <= word.at <= clock.now()


def test_a_programs_word_is_kept_as_the_programs(place: Any) -> None:
    program = Program(place)
    run = program.bring(ndjson(1), proofAttached="true", apply="all").json["id"]
    work(run)
    word = declared.word_of(evidence(place)["origin"])
    assert word is not None
    assert word.program == runs.read_run(run).account_id
    assert "CRM" in told(place)[0].facts


def test_without_the_word_nobody_is_named(place: Any) -> None:
    listed(place, row(PHONE))
    assert "declared" not in evidence(place)["origin"]
    (step,) = told(place)
    assert (step.title, step.facts) == (
        "Beyan edildi, kanıt dosyası yok", f"Söylenen yer: {STATEMENT['proof']}")


def test_the_proof_says_declared_and_by_whom(app: Any, place: Any) -> None:
    number, name = db.connection().execute(
        "select id, first_name || ' ' || last_name from ab_user where username = %s",
        [user_with(app, "provider_admin", place)]).fetchone()
    run_id = begin(place, HEAD, row(PHONE), row(OTHER, "RET"))
    runs.state_origin(run_id, state(STATEMENT | {"proof_attached": True}), by=number)
    check(run_id)
    put_in(run_id)
    (step,) = told(place)
    assert many("select status from consent_entry where id = %s", step.entry_id) == 1
    assert f"beyan eden: {name}" in step.facts


@pytest.mark.parametrize("whole", [True, False])
def test_a_record_with_a_file_is_not_told_so(place: Any, whole: bool) -> None:
    run_id = begin(place, PROOF_HEAD, row(PHONE) + ",a.pdf", row(OTHER) + ",")
    prove(run_id, place, "a.pdf", whole=whole)
    if whole:
        prove(run_id, place, "a.pdf")
    check(run_id)
    put_in(run_id)
    linked = {row[0] for row in db.connection().execute(
        "select entry_id from entry_file where provider_id = %s", [place.provider_id])}
    assert {step.entry_id for step in told(place)} == (
        set() if whole else set(entries(place)) - linked)


def test_pages_of_record_and_import_say_declared_no_file(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    run_id = begin(place, HEAD, row(PHONE), proof_attached=True)
    check(run_id)
    result = client.get(f"/ice-aktarma/{run_id}/").text
    assert "Beyan edildi, kanıt dosyası yok" in result
    put_in(run_id)
    assert "Beyan edildi, kanıt dosyası yok" in client.get(f"/ice-aktarma/{run_id}/").text
    number = record_number(entries(place)[0])
    page = client.get(f"/izinler/{number}").text
    assert "Beyan edildi, kanıt dosyası yok" in page
    assert f"söylenen yer: {STATEMENT['proof']}" in page
    assert proofs.count(run_id) == 0
    assert many("select count(*) from entry_file where provider_id = %s", place.provider_id) == 0
