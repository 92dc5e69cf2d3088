"""A program brings a list: in one go or in parts, twice, wrongly, and follows it to its end."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

import config
from ileti.core import db, sheets
from ileti.imports import agreed, arriving, report, runs
from ileti.imports.reading.sources import examine
from ileti.tenancy import foureyes
from tests.imports.import_house import HEAD, STATEMENT, many, row, states
from tests.panel.people import user_with

from .api_house import XLSX, Program, digest, ndjson, work


def test_a_list_comes_in_one_go_is_tried_and_waits_for_a_word(program: Program) -> None:
    made = program.bring(ndjson(3) + b'{"telefon": "0599 21", "durum": "ONAY"}\n')
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/api/v1/imports/{made.json['id']}"
    assert (made.json["state"], made.json["brand"]) == ("checking", program.place.brand_code)
    work(made.json["id"])
    seen = program.see(made.json["id"])
    assert (seen["state"], seen["format"]) == ("checked", "ndjson")
    assert seen["counts"] == {"rows": 4, "consents": 4, "taken": 3, "repaired": 0, "waits": 0,
                              "already": 0, "refused": 1}
    assert seen["totals"]["channel"] == {"MESAJ": 3}
    assert seen["apply"] == {"asked": "none", "mostRefused": None, "decided": None}
    assert states(program.place) == []


def test_what_is_clean_enough_is_applied_by_itself_in_the_programs_name(
        program: Program, place: Any) -> None:
    run = program.bring(ndjson(5) + b'{"telefon": "0599 21"}\n', apply="all",
                        mostRefused=1).json["id"]
    work(run)
    seen = program.see(run)
    assert (seen["state"], seen["written"]) == ("applied", 5)
    assert seen["apply"] == {"asked": "all", "mostRefused": 1, "decided": "applied"}
    actor, number, evidence = db.connection().execute(
        "select actor_kind, actor_id, evidence from submission where provider_id = %s",
        [place.provider_id]).fetchone()
    own = db.connection().execute("select id from api_account where username = %s",
                                  [program.login[0]]).fetchone()[0]
    assert (actor, number, evidence["apiAccount"], evidence["import"]) == (3, own, own, run)


def test_one_refused_too_many_and_nothing_is_applied_until_somebody_says_so(
        program: Program) -> None:
    run = program.bring(ndjson(5) + b'{"telefon": "0599 21"}\n', apply="all").json["id"]
    work(run)
    work(run)
    seen = program.see(run)
    assert (seen["state"], seen["apply"]["decided"], seen["written"]) == ("checked", "held", 0)
    assert program.do(run, "apply").json["state"] == "applying"
    work(run)
    assert program.see(run)["written"] == 5


def test_the_same_list_again_has_nothing_to_apply_and_says_so(program: Program) -> None:
    data = ndjson(4)
    work(program.bring(data, apply="all").json["id"])
    again = program.bring(data, "gece-2", apply="all").json["id"]
    work(again)
    seen = program.see(again)
    assert (seen["state"], seen["apply"]["decided"]) == ("checked", "nothing")
    assert (seen["counts"]["already"], seen["counts"]["refused"]) == (4, 0)


def test_a_right_that_was_taken_away_meanwhile_applies_nothing(program: Program) -> None:
    run = program.bring(ndjson(2), apply="all").json["id"]
    db.connection().execute("update api_account set scopes = '{}' where username = %s",
                            [program.login[0]])
    work(run)
    assert states(program.place) == []
    assert program.call("GET", f"/{run}").json["code"] == "imports_not_granted"


def test_a_persons_dry_run_ends_the_programs_wish(program: Program) -> None:
    run = program.bring(ndjson(2), apply="all").json["id"]
    found = runs.read_run(run)
    db.connection().execute("update import_run set state = 4 where id = %s", [run])
    runs.map_columns(run, found.layout, found.mapping)
    runs.ask_check(run)
    work(run)
    assert program.see(run)["state"] == "checked"
    assert states(program.place) == []


def test_above_the_bound_it_waits_for_a_person_and_no_program_approves(
        program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "import_four_eyes_rows", 3)
    run = program.bring(ndjson(4), apply="all").json["id"]
    work(run)
    assert program.see(run)["state"] == "approval"
    for deed in ("apply", "resume", "approve", "pause"):
        program.do(run, deed)
        assert program.see(run)["state"] == "approval", deed
    runs.approve(run, by=1)
    work(run)
    assert program.see(run)["written"] == 4


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_the_file_is_tells_its_content(program: Program, kind: str) -> None:
    cells = [HEAD.split(","), row("+905992134117").split(","), row("x@ornek.com.tr",
                                                                  channel="EPOSTA").split(",")]
    data = ("\n".join(",".join(one) for one in cells).encode() if kind == "csv"
            else b"".join(sheets.workbook(cells[0], cells[1:], name="Liste")))
    run = program.bring(data, apply="all", name="adsiz").json["id"]
    work(run)
    assert (program.see(run)["format"], program.see(run)["written"]) == (kind, 2)


def test_columns_are_named_and_values_fixed_by_the_caller(program: Program) -> None:
    data = b'{"a": "0599 213 41 17", "b": "x@ornek.com.tr"}\n'
    run = program.bring(data, **{"column.phone": "a", "column.email": 2}, status="ONAY",
                        source="HS_WEB", date="2026-01-01 10:00",
                        channels="MESAJ,EPOSTA").json["id"]
    kept = runs.read_run(run).mapping
    assert {role.value: n for role, n in kept.columns.items()} == {"phone": 0, "email": 1}
    work(run)
    assert program.see(run)["counts"]["consents"] == 2


def test_a_list_whose_columns_are_not_recognised_is_told_with_its_columns(
        program: Program) -> None:
    answer = program.bring(b'{"a": "x", "b": "y"}\n', headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json["code"] == "mapping_incomplete"
    assert answer.json["columns"] == ["a", "b"]
    assert {one["field"] for one in answer.json["errors"]} >= {"address", "status"}
    again = program.bring(b'{"a": "x", "b": "y"}\n')
    assert (again.status_code, again.json["import"]) == (422, answer.json["import"])
    seen = program.see(answer.json["import"])
    assert seen["state"] == "mapping"
    assert "Sütunlar tanınamadı" in seen["problem"]
    assert program.do(seen["id"], "cancel").json["state"] == "cancelled"
    assert runs.read_run(seen["id"]).file.parts() == {}


def test_a_column_that_is_not_in_the_file_is_named(program: Program) -> None:
    answer = program.bring(ndjson(1), **{"column.email": "Eposta", "column.name": 9})
    assert {(one["field"], one["code"]) for one in answer.json["errors"]} == {
        ("columns.email", "no_such_column"), ("columns.name", "no_such_column")}


# -- twice -----------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_import_and_its_body_is_not_read_again(
        program: Program) -> None:
    data = ndjson(3)
    first = program.bring(data)
    again = program.bring(data)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert many("select count(*) from import_run where provider_id = %s",
                program.place.provider_id) == 1
    assert program.bring(ndjson(4)).json["code"] == "file_differs"
    reused = program.bring(data, status="RET")
    assert (reused.status_code, reused.json["code"]) == (422, "key_reused")
    other = program.bring(data, headers={"Content-Digest": digest(b"other")})
    assert (other.status_code, other.json["code"]) == (409, "file_differs")


def test_two_accounts_may_have_the_same_key(program: Program, place: Any) -> None:
    other = Program(place)
    assert program.bring(ndjson(1)).json["id"] != other.bring(ndjson(1)).json["id"]


def test_a_call_that_died_after_the_file_was_whole_goes_on_with_the_next(
        program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise RuntimeError("here the process ends")

    with monkeypatch.context() as patch:
        patch.setattr("ileti.api.imports.go_on", die)
        assert program.bring(ndjson(2)).status_code == 500
    again = program.bring(ndjson(2))
    assert (again.status_code, again.json["state"]) == (200, "checking")


def test_while_a_file_comes_a_second_sending_of_it_waits(program: Program) -> None:
    run = program.describe().json["id"]
    held = arriving._hold(run, anew=True)
    for answer in (program.bring(ndjson(1)), program.put(run, 1, b"x"),
                   program.do(run, "complete")):
        assert (answer.status_code, answer.json["code"]) == (409, "upload_going_on")
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
    arriving._release(held)
    assert program.bring(ndjson(1)).status_code == 200


def test_a_sender_that_was_overtaken_changes_nothing_any_more(program: Program) -> None:
    run = program.describe().json["id"]

    def slowly() -> Any:
        yield b'{"telefon": "'
        db.connection().execute("update import_run set next_at = now() where id = %s", [run])
        assert program.bring(ndjson(2)).status_code == 200
        yield b'eski"}\n'

    held, arrived = arriving.receive(run, slowly())
    with pytest.raises(runs.Conflict):
        arriving.settle(held, arrived)
    assert program.see(run)["size"] == len(ndjson(2))
    assert b"".join(runs.read_run(run).file.read()) == ndjson(2)


def test_a_part_that_ends_after_the_file_was_closed_is_no_part(program: Program) -> None:
    run = program.describe().json["id"]
    data = ndjson(2)
    program.put(run, 1, data)

    def slowly() -> Any:
        yield b"other"
        assert program.do(run, "complete").status_code == 200

    with pytest.raises(runs.Conflict):
        arriving.add_part(run, 1, slowly())
    assert b"".join(runs.read_run(run).file.read()) == data


# -- in parts --------------------------------------------------------------------------------------


def test_parts_come_in_any_order_again_and_make_the_file(program: Program) -> None:
    data = ndjson(30)
    made = program.describe(apply="all")
    assert (made.status_code, made.json["state"]) == (201, "uploading")
    run = made.json["id"]
    assert program.put(run, 2, data[1000:]).json == {"number": 2, "size": len(data) - 1000}
    missing = program.do(run, "complete")
    assert (missing.status_code, missing.json["code"]) == (400, "part_missing")
    program.put(run, 1, b"wrong")
    assert program.put(run, 1, data[:1000]).status_code == 200
    assert program.call("GET", f"/{run}/parts").json == {"partBytes": 8_388_608, "parts": [
        {"number": 1, "size": 1000}, {"number": 2, "size": len(data) - 1000}]}
    wrong = program.do(run, "complete", json={"size": 7})
    assert (wrong.status_code, wrong.json["code"]) == (409, "file_differs")
    done = program.do(run, "complete", json={"size": len(data)})
    assert (done.status_code, done.json["state"]) == (200, "checking")
    assert program.do(run, "complete", json={"sha256": done.json["sha256"]}).status_code == 200
    assert program.do(run, "complete", json={"size": 7}).json["code"] == "file_differs"
    assert program.put(run, 3, b"x").json["code"] == "moved_on"
    work(run)
    assert program.see(run)["written"] == 30


def test_a_part_must_be_whole_of_fair_size_and_what_it_says_it_is(program: Program) -> None:
    run = program.describe().json["id"]

    def put(data: bytes, number: str = "1", **more: Any) -> Any:
        answer = program.call("PUT", f"/{run}/parts/{number}", **more | {"data": data})
        return answer.status_code, answer.json["code"]

    assert put(b"x", headers={"Content-Digest": digest(b"y")}) == (422, "digest_mismatch")
    assert put(b"x" * (8_388_608 + 1)) == (413, "too_large")
    assert put(b"") == (400, "cut_short")
    assert put(b"x", "0") == put(b"x", "10001") == put(b"x", "a") == (400, "bad_part")
    short = program.call("PUT", f"/{run}/parts/1", stream=io.BytesIO(b"half"), length=9)
    assert (short.status_code, short.json["code"]) == (400, "cut_short")
    blind = program.call("PUT", f"/{run}/parts/1", stream=io.BytesIO(b"half"))
    assert (blind.status_code, blind.json["code"]) == (400, "bad_length")
    assert program.call("GET", f"/{run}/parts").json["parts"] == []


def test_a_body_without_an_end_mark_waits_to_be_confirmed(program: Program) -> None:
    data = ndjson(3)
    query = {"brand": program.place.brand_code}
    answer = program.call(
        "POST", query=query | STATEMENT, stream=io.BytesIO(data),
        headers={"Idempotency-Key": "akis"})
    assert (answer.status_code, answer.json["state"]) == (202, "uploading")
    assert answer.json["size"] == len(data)
    run = answer.json["id"]
    done = program.do(run, "complete", json={"sha256": answer.json["sha256"]})
    assert done.json["state"] == "checking"


# -- after the dry run -----------------------------------------------------------------------------


def test_deeds_may_come_twice_and_each_is_audited_once(program: Program) -> None:
    run = program.bring(ndjson(3)).json["id"]
    assert program.do(run, "apply").json["code"] == "moved_on", "it is still being tried"
    assert program.call("GET", f"/{run}/undo").json["code"] == "moved_on"
    work(run)
    for deed in ("apply", "pause", "resume"):
        for _ in range(2):
            assert program.do(run, deed).status_code == 200
    work(run)
    preview = program.call("GET", f"/{run}/undo").json
    assert preview == {"kind": "take_back", "reported": 0, "consents": 3, "refusals": 0,
                       "changed": 0, "counters": {}}
    for _ in range(2):
        assert program.do(run, "undo", json={"kind": preview["kind"]}).json["state"] == "undoing"
    work(run)
    assert program.see(run)["state"] == "undone"
    assert states(program.place) == []
    deeds = db.connection().execute(
        "select action, detail ->> 'program', address from audit_entry where provider_id = %s "
        "order by id", [program.place.provider_id]).fetchall()
    assert [one[0] for one in deeds] == [f"import:{deed}" for deed in (
        "open", "upload", "apply", "pause", "resume", "undo")]
    assert {one[1:] for one in deeds} == {("CRM", "127.0.0.1")}


def test_a_program_that_undoes_many_waits_for_a_person(
        program: Program, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = db.connection().execute("select id from ab_user where username = %s", (
        user_with(app, "provider_admin", program.place),)).fetchone()[0]
    db.connection().execute("update provider set approvals = '{refusal}' where id = %s",
                            (program.place.provider_id,))
    monkeypatch.setattr("ileti.imports.agreed.MANY", 2)
    monkeypatch.setattr(config.settings(), "import_four_eyes_rows", 0)
    run = program.bring(ndjson(3), apply="all").json["id"]
    work(run)
    answer = program.do(run, "undo", json={"kind": "take_back"})
    assert (answer.status_code, answer.json["state"]) == (200, "applied")
    assert answer.json["approval"]["deed"] == "undo"
    work(run)
    assert len(states(program.place)) == 3
    number, actor = db.connection().execute(
        "select id, actor from approval where subject = %s", (f"import:{run}",)).fetchone()
    assert actor == "CRM"
    foureyes.decide(number, by=foureyes.Here(person, frozenset({agreed.RIGHT})), approved=True)
    work(run)
    assert program.see(run)["state"] == "undone"


def test_an_undoing_must_name_the_way_that_was_shown(program: Program) -> None:
    run = program.bring(ndjson(1), apply="all").json["id"]
    work(run)
    for body in ({}, {"kind": "x"}, {"kind": 1}, {"kind": ["counter"]},
                 {"kind": "counter", "more": 1}):
        answer = program.do(run, "undo", json=body)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "kind")
    assert program.see(run)["state"] == "applied"


def test_the_row_report_comes_as_accept_wishes(program: Program) -> None:
    run = program.bring(ndjson(2) + b'{"telefon": "0599 21"}\n').json["id"]
    assert program.call("GET", f"/{run}/report").json["code"] == "not_checked"
    work(run)

    def get(accept: str, **query: str) -> Any:
        return program.call("GET", f"/{run}/report", query=query,
                            headers={"Accept": accept, "Accept-Language": "en-GB,tr;q=0.5"})

    table = get("*/*")
    assert table.content_type == "text/csv; charset=utf-8"
    assert table.text.startswith("\ufeffline;verdict;reason;")
    assert len(table.text.splitlines()) == 4
    lines = [json.loads(one) for one in get("application/x-ndjson", rows="left").text.splitlines()]
    assert [(one["line"], one["reason"], one["row"]["telefon"]) for one in lines] == [
        (3, "SECIM_YOK", "0599 21")]
    book = get(f"text/html, {XLSX};q=0.9")
    assert (book.content_type, book.headers["Content-Language"]) == (XLSX, "en")
    assert examine("r.xlsx", [book.data]).layout.kind == "report"
    assert get("*/*", rows="some").json["errors"][0]["field"] == "rows"
    db.connection().execute("select import_stage_drop(%s)", [runs.read_run(run).stage])
    assert get(report.Form.CSV.media_type).status_code == 410
    audited = many("select count(*) from audit_entry where provider_id = %s and "
                   "action = 'import:report'", program.place.provider_id)
    assert audited == 3


def test_imports_are_listed_newest_first_and_found_by_their_key(program: Program) -> None:
    made = [program.describe(f"gun-{n}").json["id"] for n in range(5)]
    first = program.call("GET", query={"limit": 2}).json
    assert [one["id"] for one in first["imports"]] == made[:2:-1]
    rest = program.call("GET", query={"limit": 10, "cursor": first["next"]}).json
    assert program.call("GET", query={"limit": 10, "before": first["next"]}).json == rest
    assert [one["id"] for one in rest["imports"]] == made[2::-1]
    assert rest["next"] is None
    assert [one["id"] for one in program.call(
        "GET", query={"key": "gun-3"}).json["imports"]] == [made[3]]
    assert program.call("GET", query={"state": "applied"}).json["imports"] == []
    assert len(program.call("GET", query={"state": "uploading"}).json["imports"]) == 5
    for wrong in ({"limit": 0}, {"limit": 101}, {"before": "x"}, {"cursor": "x"}, {"state": "x"}):
        assert program.call("GET", query=wrong).json["errors"][0]["field"] in wrong
