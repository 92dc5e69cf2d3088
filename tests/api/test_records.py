"""What held at a moment, and proof files, for programs: documented, narrowed, the same twice."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

import config
from ileti.api import receiving
from ileti.api import recorddocument as chapter
from ileti.api.chapters import CHAPTERS
from ileti.capture.api_document import add_chapter, document
from ileti.consents.numbers import receipt_number, record_number
from ileti.core import clock, db
from ileti.core.errors import TryLater
from tests.evidence.samples import pdf, wav
from tests.panel.people import dealer_of, take
from tests.panel.test_time_travel import answer

from .api_house import Program, account, digest
from .test_document import closed, fail

for _chapter in CHAPTERS:
    add_chapter(_chapter)
DOCUMENT = document("en", "http://localhost")
OPERATIONS = {one.name: one for one in chapter.OPERATIONS}
CASES = [(one.name, int(status)) for one in chapter.OPERATIONS
         for status in DOCUMENT["paths"][one.path][one.method]["responses"]]
PHONE = "+905992013345"
AT, PROOFS = "/api/v1/consents/at", "/api/v1/proofs"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "vault_dir", tmp_path / "kasa")


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may ask and add proofs, and nothing else."""
    return Program(place, account(place, brings=False, rights=True))


def entry(place: Any, **more: Any) -> int:
    return int(take(place, PHONE, **more).items[0].entry_id)


def ask(program: Program, when: Any = None, **more: Any) -> Any:
    body = {"address": PHONE, "at": (when or clock.now()).isoformat()} | more
    return program.call("POST", AT, json={k: v for k, v in body.items() if v is not ...})


def bring(program: Program, data: bytes | None = None, key: str = "k1", **query: Any) -> Any:
    headers = query.pop("headers", {})
    return program.call("POST", PROOFS, query=query, data=pdf("form") if data is None else data,
                        headers={"Idempotency-Key": key} | headers)


def linked(place: Any) -> list[Any]:
    return db.connection().execute(
        "select entry_id, role, added_by from entry_file where provider_id = %s order by id",
        [place.provider_id]).fetchall()


# -- what held -------------------------------------------------------------------------------------


def test_each_moment_has_its_state_with_who_and_what_proves_it(
        program: Program, place: Any) -> None:
    before = clock.now()
    taken = entry(place)
    after = clock.now()
    answer(place, taken)
    accepted = clock.now()
    refusal = entry(place, refusal=True)
    assert ask(program, before).json["states"] == []
    [given] = ask(program, after).json["states"]
    assert (given["status"], given["iys"]["status"], given["mayBeSent"], given["why"]) == (
        "ONAY", "QUEUED", False, "not_at_iys")
    assert given["record"]["number"] == record_number(taken)
    assert given["record"]["takenBy"] in ("USER", "VISITOR")
    [there] = ask(program, accepted).json["states"]
    assert (there["iys"]["status"], there["mayBeSent"], there["why"]) == ("REGISTERED", True, None)
    [now] = ask(program).json["states"]
    assert (now["status"], now["why"], now["record"]["number"]) == (
        "RET", "refused", record_number(refusal))


def test_every_spelling_of_an_address_is_the_same_and_an_unknown_one_has_no_state(
        program: Program, place: Any) -> None:
    entry(place)
    assert len(ask(program, address="0 599 201 33 45").json["states"]) == 1
    assert ask(program, address="bilinmeyen@ornek.com.tr").json["states"] == []
    assert ask(program, channel="EPOSTA").json["states"] == []
    assert ask(program, recipientType="TACIR").json["states"] == []


def test_the_files_that_were_there_then_are_named(program: Program, place: Any) -> None:
    taken = entry(place)
    before = clock.now()
    assert bring(program, record=record_number(taken)).status_code == 201
    assert ask(program, before).json["states"][0]["record"]["files"] == []
    [file] = ask(program).json["states"][0]["record"]["files"]
    assert file["role"] == "SIGNED_FORM"


def test_another_provider_and_another_brand_learn_nothing(
        program: Program, place: Any, place_b: Any) -> None:
    entry(place)
    assert ask(Program(place_b, account(place_b, rights=True))).json["states"] == []
    other = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Alt') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    narrow = Program(place, account(place, brand=other, rights=True))
    assert ask(narrow).json["states"] == []
    assert ask(narrow, brand=place.brand_code).status_code == 404
    assert len(ask(program, brand=place.brand_code).json["states"]) == 1


def test_a_dealer_learns_of_a_key_from_its_own_first_record_on(place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    entry(place, dealer_id=other)
    early = clock.now()
    program = Program(place, account(place, brand=place.brand_id, dealer=own, rights=True))
    assert ask(program).json["states"] == []
    mine = entry(place, dealer_id=own, refusal=True)
    assert ask(program, early).json["states"] == []
    assert ask(program).json["states"][0]["record"]["number"] == record_number(mine)


def test_a_dealer_hears_of_a_refusal_given_elsewhere_without_its_record(place: Any) -> None:
    own = dealer_of(place)
    entry(place, dealer_id=own)
    entry(place, refusal=True)
    program = Program(place, account(place, brand=place.brand_id, dealer=own, rights=True))
    [state] = ask(program).json["states"]
    assert (state["status"], state["record"]) == ("RET", None)


def test_a_dealer_with_access_sees_the_record_and_not_who_took_it(place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    taken = entry(place, dealer_id=other)
    program = Program(place, account(place, brand=place.brand_id, dealer=own, rights=True))
    db.connection().execute(
        "insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "dealer_id, entry_id, entry_at) select provider_id, brand_id, recipient_id, "
        "recipient_type, channel, %s, id, captured_at from consent_entry where id = %s",
        (own, taken))
    record = ask(program).json["states"][0]["record"]
    assert record["number"] == record_number(taken)
    assert (record["takenBy"], record["retailerCode"], record["files"]) == (None, None, [])


@pytest.mark.parametrize(("said", "field", "code"), [
    ({"at": "2026-05-03T10:00:00"}, "at", "invalid"), ({"at": "dün"}, "at", "invalid"),
    ({"at": 5}, "at", "invalid"), ({"at": ...}, "at", "missing"),
    ({"at": "9999-12-31T23:59:59-12:00"}, "at", "future"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "at", "invalid"),
    ({"address": "x"}, "address", "EPOSTA_GECERSIZ"), ({"address": ["a"]}, "address", "invalid"),
    ({"address": ...}, "address", "missing"), ({"channel": "SMS"}, "channel", "invalid"),
    ({"channel": {}}, "channel", "invalid"), ({"telefon": "1"}, "telefon", "unknown_field"),
    ({"brand": "x"}, "brand", "invalid"),
])
def test_a_wrong_question_is_answered_by_its_field(
        program: Program, said: dict[str, Any], field: str, code: str) -> None:
    got = ask(program, **said)
    assert got.status_code == 422
    assert got.json["errors"][0]["field"] == field
    if field != "address" or code in ("missing", "invalid"):
        assert got.json["errors"][0]["code"] == code


def test_the_address_is_in_no_log_and_no_trail(
        program: Program, place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    entry(place)
    assert ask(program).status_code == 200
    assert PHONE not in "".join(capsys.readouterr())
    trail = db.connection().execute("select subject, detail::text from audit_entry "
                                    "where provider_id = %s", [place.provider_id]).fetchall()
    assert PHONE[1:] not in str(trail)


# -- proofs ----------------------------------------------------------------------------------------


def test_a_file_is_linked_once_however_often_it_is_sent(program: Program, place: Any) -> None:
    taken = entry(place)
    first = bring(program, record=record_number(taken), name="form.pdf")
    again = bring(program, record=record_number(taken), name="form.pdf")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["records"] == [record_number(taken)]
    assert linked(place) == [(taken, 1, None)]
    [(action, detail)] = db.connection().execute(
        "select action, detail from audit_entry where provider_id = %s", [place.provider_id]
    ).fetchall()
    assert (action, detail["program"]) == ("proof:add", "CRM")


def test_a_receipt_links_all_its_records(program: Program, place: Any) -> None:
    done = take(place, PHONE)
    got = bring(program, wav(), receipt=receipt_number(done.submission_id),
                role="RECORDING")
    assert got.status_code == 201
    assert got.json["records"] == [record_number(one.entry_id) for one in done.items]
    assert [one[1] for one in linked(place)] == [2] * len(done.items)


def test_an_import_takes_a_file_for_all_of_it(place: Any) -> None:
    program = Program(place, account(place, rights=True))
    run = program.describe(apply="none").json["id"]
    db.connection().execute("update import_run set state = 2 where id = %s", [run])
    got = bring(program, **{"import": run, "whole": "true", "role": "DOCUMENT",
                            "name": "sözleşme.pdf"})
    assert (got.status_code, got.json["import"], got.json["records"]) == (201, run, [])
    db.connection().execute("update import_run set state = 11 where id = %s", [run])
    again = bring(program, **{"import": run, "whole": "true", "role": "DOCUMENT",
                              "name": "sözleşme.pdf"})
    assert again.status_code == 200
    late = bring(program, pdf("başka"), "k2", **{"import": run, "name": "b.pdf"})
    assert (late.status_code, late.json["code"]) == (409, "moved_on")


def test_what_is_not_the_accounts_gets_no_file_and_no_byte_is_read(
        program: Program, place: Any, place_b: Any) -> None:
    class Untouchable(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise AssertionError("the body was read")

    own, other = dealer_of(place), dealer_of(place)
    taken = entry(place, dealer_id=other)
    strangers = [Program(place_b, account(place_b, rights=True)),
                 Program(place, account(place, brand=place.brand_id, dealer=own, rights=True))]
    for one in strangers:
        for query in ({"record": record_number(taken)}, {"record": str(taken)}, {"import": "1"},
                      {"receipt": "MKB-0000-0000-0000"}, {"import": "x"}):
            got = one.call("POST", PROOFS, query=query, stream=Untouchable(), length=9,
                           headers={"Idempotency-Key": "k"})
            assert got.status_code == 404, got.text
    assert linked(place) == []


@pytest.mark.parametrize(("query", "field"), [
    ({}, "record"), ({"record": "a", "receipt": "b"}, "record"), ({"record": "a", "x": "1"}, "x"),
    ({"record": "a", "role": "FORM"}, "role"), ({"record": "a", "whole": "true"}, "whole"),
    ({"import": "1", "whole": "evet"}, "whole"),
])
def test_a_wrong_wish_is_answered_by_its_field(
        program: Program, query: dict[str, str], field: str) -> None:
    got = bring(program, **query)
    assert got.status_code == 422
    assert field in [one["field"] for one in got.json["errors"]]


def test_without_the_rights_neither_service_opens(place: Any) -> None:
    plain = Program(place, account(place))
    assert (ask(plain).status_code, ask(plain).json["code"]) == (403, "asking_not_granted")
    got = bring(plain, record="IZN-0000-0000-0000")
    assert (got.status_code, got.json["code"]) == (403, "proofs_not_granted")
    only = Program(place, account(place, brings=False, rights=True))
    assert only.call("GET").json["code"] == "imports_not_granted"


def test_the_second_of_two_at_once_finds_the_first(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one's key comes in while the second still reads its file."""
    from ileti.api import proofs

    taken = entry(place)
    real, seen = proofs._known, []

    def late(*asked: Any) -> Any:
        seen.append(1)
        return None if len(seen) == 1 else real(*asked)

    assert bring(program, record=record_number(taken)).status_code == 201
    monkeypatch.setattr(proofs, "_known", late)
    assert bring(program, record=record_number(taken)).status_code == 200
    seen.clear()
    other = bring(program, pdf("başka"), record=record_number(taken))
    assert (other.status_code, other.json["code"]) == (409, "file_differs")
    assert len(linked(place)) == 1  # the other file proves nothing


def test_no_file_is_linked_that_nobody_wrote_down(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.api import proofs

    taken = entry(place)
    monkeypatch.setattr(proofs.deeds, "note", fail(RuntimeError()))
    assert bring(program, record=record_number(taken)).status_code == 500
    monkeypatch.undo()
    assert linked(place) == []
    done = take(place, PHONE)
    monkeypatch.setattr(proofs.links, "link_all", fail(TryLater()))
    assert bring(program, receipt=receipt_number(done.submission_id)).status_code == 503
    monkeypatch.undo()
    assert linked(place) == []
    assert bring(program, receipt=receipt_number(done.submission_id)).status_code == 201
    assert len(linked(place)) == len(done.items)


# -- the document ----------------------------------------------------------------------------------

Scene = Callable[[Program, Any, pytest.MonkeyPatch], Any]


def good(name: str, program: Program, place: Any, **more: Any) -> Any:
    if name == "consentsAt":
        return ask(program, **more)
    return bring(program, record=record_number(entry(place)), **more)


def _scenes() -> dict[tuple[str, int], Scene]:
    made: dict[tuple[str, int], Scene] = {}
    for name in OPERATIONS:
        def stranger(program: Program, place: Any, _: Any, name: str = name) -> Any:
            program.login = ("x", "y")
            return good(name, program, place)

        def plain(_: Program, place: Any, __: Any, name: str = name) -> Any:
            return good(name, Program(place, account(place)), place)

        def often(program: Program, place: Any, patch: Any, name: str = name) -> Any:
            patch.setattr(config.settings(), "api_requests_per_second", 0)
            return good(name, program, place)

        def fault(program: Program, place: Any, patch: Any, name: str = name) -> Any:
            patch.setattr("ileti.api.desk.pace.count", fail(RuntimeError()))
            return good(name, program, place)

        def away(program: Program, place: Any, patch: Any, name: str = name) -> Any:
            patch.setattr("ileti.api.desk.pace.count", fail(psycopg.OperationalError()))
            return good(name, program, place)

        made |= {(name, 401): stranger, (name, 403): plain, (name, 429): often,
                 (name, 500): fault, (name, 503): away}

    def twice(program: Program, place: Any, _: Any) -> Any:
        number = record_number(entry(place))
        bring(program, record=number)
        return bring(program, record=number)

    def slow(program: Program, place: Any, patch: Any) -> Any:
        patch.setattr("ileti.evidence.vault.put", fail(receiving.TooSlow()))
        return good("addProof", program, place)

    def other(program: Program, place: Any, _: Any) -> Any:
        number = record_number(entry(place))
        bring(program, record=number)
        return bring(program, pdf("başka"), record=number,
                     headers={"Content-Digest": digest(pdf("başka"))})

    def large(program: Program, place: Any, patch: Any) -> Any:
        patch.setattr(config.settings(), "vault_longest_mb", 0)
        return good("addProof", program, place)

    def scanner(program: Program, place: Any, patch: Any) -> Any:
        patch.setattr("ileti.evidence.scan.look", fail(TryLater(code="scan_failed")))
        return good("addProof", program, place)

    def seen(program: Program, place: Any, _: Any) -> Any:
        entry(place)
        return ask(program)

    return made | {
        ("consentsAt", 200): seen,
        ("consentsAt", 404): lambda program, place, _: ask(program, brand=1),
        ("consentsAt", 413): lambda program, place, _: ask(program, address="x" * 70_000),
        ("consentsAt", 422): lambda program, place, _: ask(program, at="x"),
        ("addProof", 201): lambda program, place, _: good("addProof", program, place),
        ("addProof", 200): twice,
        ("addProof", 400): lambda program, place, _: good("addProof", program, place, data=b"MZ"),
        ("addProof", 404): lambda program, place, _: bring(program, record="IZN-1"),
        ("addProof", 408): slow, ("addProof", 409): other, ("addProof", 413): large,
        ("addProof", 422): lambda program, place, _: bring(program, key="a b", record="IZN-1"),
        ("addProof", 503): scanner,
    }


SCENES = _scenes()


@pytest.mark.parametrize(("name", "status"), CASES)
def test_every_documented_status_is_really_answered(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch, name: str, status: int
        ) -> None:
    got = SCENES[name, status](program, place, monkeypatch)
    assert got.status_code == status, got.text
    one = OPERATIONS[name]
    said = DOCUMENT["paths"][one.path][one.method]["responses"][str(status)]
    content = said["content"][got.mimetype]
    if "schema" in content:
        kept = DOCUMENT["components"] if status >= 400 else closed(DOCUMENT["components"])
        jsonschema.Draft202012Validator(content["schema"] | {"components": kept}).validate(
            json.loads(got.data))
    if status >= 400:
        assert got.json["code"] in set(re.findall(r"`(\w+)`", said["description"]))


@pytest.mark.parametrize("name", sorted(chapter.EXAMPLES))
def test_every_example_is_what_its_schema_says(name: str) -> None:
    jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}"} | {
        "components": closed(DOCUMENT["components"])}).validate(chapter.EXAMPLES[name])


def test_every_code_that_can_be_raised_is_documented() -> None:
    told = {code for words in chapter.FAULTS.values() for code in re.findall(r"`(\w+)`", words[1])}
    raised: set[str] = set()
    for name in ("api/consents.py", "api/proofs.py", "api/receiving.py", "api/slots.py",
                 "evidence/kinds.py", "evidence/scan.py", "evidence/links.py"):
        text = (config.ROOT / "ileti" / name).read_text()
        raised |= set(re.findall(r'\bcode\s*=\s*"(\w+)"', text))
    assert raised <= told


def test_a_moment_that_has_just_come_is_past(program: Program, place: Any) -> None:
    assert ask(program, clock.now() + timedelta(hours=1)).status_code == 422
    assert ask(program, clock.now()).status_code == 200
