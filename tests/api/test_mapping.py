"""A program sees what was guessed of its columns, and says it anew."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.imports import runs
from ileti.imports.mapping import Fixed, Mapping, Role
from ileti.imports.states import RunState
from tests.imports.import_house import states
from tests.panel.people import dealer_of

from .api_house import Program, account, work

ODD = [{"a": "0599 213 41 17", "b": "evet", "c": "Nazlı Kaya"},
       {"a": "0599 213 41 18", "b": "hayır", "c": "Işıl Demir"}]
DAY = f"{clock.to_istanbul(clock.now()):%Y-%m-%d 00:00:01}"
SAID = {"columns": {"phone": "a", "status": "b", "name": 3}, "source": "HS_WEB", "date": DAY,
        "channels": ["MESAJ"]}


def odd(program: Program, key: str = "gece-1", **asked: Any) -> int:
    """A list whose columns nobody could recognise."""
    data = b"".join(json.dumps(one).encode() + b"\n" for one in ODD)
    answer = program.bring(data, key, **asked)
    assert answer.status_code == 422, answer.text
    return int(answer.json["import"])


def see(program: Program, run: int, status: int = 200) -> Any:
    answer = program.call("GET", f"/{run}/mapping")
    assert answer.status_code == status, answer.text
    return answer.json


def put(program: Program, run: int, said: Any, status: int = 200) -> Any:
    answer = program.call("PUT", f"/{run}/mapping", json=said)
    assert answer.status_code == status, answer.text
    return answer.json


def template(place: Any, name: str, mapping: Mapping) -> None:
    db.connection().execute(
        "insert into import_template (provider_id, name, mapping) values (%s, %s, %s)",
        (place.provider_id, name, json.dumps(mapping.as_json())))


def test_what_was_guessed_is_seen_with_the_people_hidden(program: Program) -> None:
    run = odd(program)
    answer = program.call("GET", f"/{run}/mapping")
    seen = answer.json
    assert [(one["number"], one["heading"], one["role"]) for one in seen["columns"]] == [
        (1, "a", "phone"), (2, "b", None), (3, "c", None)]
    assert {one["field"] for one in seen["missing"]} == {
        "channel", "status", "source", "date"}
    assert (seen["state"], seen["templates"], seen["problem"]) == ("mapping", [], None)
    assert "213" not in answer.text
    assert seen["columns"][1]["samples"] == ["evet", "hayır"]


def test_names_are_hidden_once_their_column_is_known(program: Program) -> None:
    run = odd(program)
    put(program, run, SAID)
    assert see(program, run)["columns"][2]["samples"] == ["N•• K••", "I•• D••"]


def test_a_corrected_list_is_tried_and_waits_for_a_word(program: Program) -> None:
    run = odd(program, apply="all", mostRefused=10)
    assert put(program, run, SAID)["state"] == "checking"
    work(run)
    seen = program.see(run)
    assert (seen["state"], seen["counts"]["taken"]) == ("checked", 2)
    assert seen["apply"] == {"asked": "all", "mostRefused": 10, "decided": "corrected"}
    assert runs.read_run(run).origin["ground"] == "Üyelik formundaki ETK onayı"
    assert states(program.place) == []
    program.do(run, "apply")
    work(run)
    assert len(states(program.place)) == 2


def test_what_was_seen_can_be_put_back_as_it_is(program: Program) -> None:
    run = odd(program)
    put(program, run, SAID)
    work(run)
    before = runs.read_run(run)
    put(program, run, see(program, run)["mapping"])
    after = runs.read_run(run)
    assert (after.state, after.fence) == (RunState.CHECKED, before.fence)
    assert (after.mapping, after.layout) == (before.mapping, before.layout)


def test_the_same_correction_twice_is_one(program: Program) -> None:
    run = odd(program)
    first = put(program, run, SAID)
    again = put(program, run, SAID)
    assert (first["state"], again["state"]) == ("checking", "checking")
    rows = db.connection().execute(
        "select count(*) from audit_entry where subject = %s and action = 'import:map'",
        [f"import:{run}"]).fetchone()
    assert rows == (1,)


def test_a_column_that_is_not_named_means_nothing_any_more(program: Program) -> None:
    run = odd(program)
    put(program, run, SAID)
    put(program, run, {**SAID, "columns": {"phone": 1}, "status": "ONAY"}, 409)
    work(run)
    put(program, run, {**SAID, "columns": {"phone": 1}, "status": "ONAY"})
    assert runs.read_run(run).mapping.columns == {Role.PHONE: 0}


def test_a_correction_that_is_not_whole_changes_nothing(program: Program) -> None:
    run = odd(program)
    answer = put(program, run, {"columns": {"phone": "a"}}, 422)
    assert answer["code"] == "mapping_incomplete"
    assert answer["columns"] == ["a", "b", "c"]
    assert {one["field"] for one in answer["errors"]} == {"channel", "status", "source", "date"}
    missing = put(program, run, {**SAID, "columns": {"phone": "gsm"}}, 422)
    assert missing["errors"][0]["field"] == "columns.phone"
    assert runs.read_run(run).mapping.columns == {}


@pytest.mark.parametrize("wrong", [
    {"status": "EVET"}, {"columns": {"telephone": 1}}, {"columns": [1]}, {"skip": -1},
    {"skip": 1_001}, {"apply": "all"}, {"origin": "customers"}, {"template": "yok"},
    {"template": 7}, {"delimiter": "--"}, {"columns": {"phone": 0}},
])
def test_every_wrong_field_is_named(program: Program, wrong: dict[str, Any]) -> None:
    run = odd(program)
    answer = put(program, run, SAID | wrong, 422)
    assert answer["errors"][0]["field"].startswith(next(iter(wrong)))
    assert answer["import"] == run
    assert runs.read_run(run).state is RunState.MAPPING


def test_a_kept_mapping_is_used_by_its_name_and_what_is_said_goes_before_it(
        program: Program) -> None:
    kept = Mapping({Role.PHONE: 0, Role.STATUS: 1}, Fixed(source=None, date=DAY, dealer_id=2**30))
    template(program.place, "CRM gece", kept)
    run = odd(program)
    assert see(program, run)["templates"] == ["CRM gece"]
    put(program, run, {"template": "CRM gece", "source": "HS_CAGRI_MERKEZI",
                       "channels": ["MESAJ"]})
    found = runs.read_run(run).mapping
    assert found.columns == kept.columns
    assert (found.fixed.source.name, found.fixed.dealer_id) == ("HS_CAGRI_MERKEZI", None)


def test_a_kept_mapping_keeps_its_dealer_where_it_is_the_brands(
        program: Program, place: Any) -> None:
    dealer = dealer_of(place)
    kept = Mapping({Role.PHONE: 0, Role.STATUS: 1}, Fixed(source=None, date=DAY, dealer_id=dealer))
    template(program.place, "Bayi listesi", kept)
    run = odd(program)
    put(program, run, {"template": "Bayi listesi", "source": "HS_CAGRI_MERKEZI",
                       "channels": ["MESAJ"]})
    assert runs.read_run(run).mapping.fixed.dealer_id == dealer


def test_a_kept_mapping_for_a_wider_list_is_told(program: Program) -> None:
    template(program.place, "geniş", Mapping({Role.PHONE: 0, Role.STATUS: 9}, Fixed()))
    answer = put(program, odd(program), {**SAID, "columns": None, "template": "geniş"}, 422)
    assert answer["errors"][0]["field"] == "columns.status"


def test_accounts_for_one_brand_have_no_kept_mappings(program: Program, place: Any) -> None:
    template(place, "CRM gece", Mapping({Role.PHONE: 0}, Fixed()))
    narrow = Program(place, account(place, brand=place.brand_id))
    run = odd(narrow)
    assert see(narrow, run)["templates"] == []
    put(narrow, run, {**SAID, "template": "CRM gece"}, 422)


def test_nobody_elses_list_can_be_seen_or_corrected(
        program: Program, place: Any, place_b: Any) -> None:
    run = odd(program)
    for other in (Program(place), Program(place_b)):
        see(other, run, 404)
        put(other, run, SAID, 404)


def test_how_it_is_read_is_corrected_too(program: Program) -> None:
    data = "Rapor 30.11.2026;;\nGSM;Onay;Ad\n05992134117;evet;Nazlı\n".encode("windows-1254")
    run = int(program.bring(data, name="liste.csv").json["import"])
    put(program, run, {**SAID, "columns": {"phone": 1, "status": 2}, "delimiter": ";",
                       "encoding": "windows-1254", "header": True, "skip": 1})
    work(run)
    assert program.see(run)["counts"]["taken"] == 1
    assert see(program, run)["mapping"]["skip"] == 1


def test_what_a_person_corrected_is_seen(program: Program) -> None:
    run = odd(program)
    found = runs.read_run(run)
    runs.map_columns(run, found.layout, Mapping({Role.PHONE: 0}, Fixed()))
    assert see(program, run)["mapping"]["columns"] == {"phone": 1}


def test_a_list_that_failed_can_be_corrected(program: Program) -> None:
    run = odd(program)
    put(program, run, SAID)
    db.connection().execute("update import_run set state = 12, fence = fence + 1 where id = %s",
                            [run])
    assert put(program, run, SAID)["state"] == "checking"


def test_a_correction_names_the_state_it_was_made_from(program: Program) -> None:
    run = odd(program)
    mark = program.call("GET", f"/{run}/mapping").headers["ETag"]
    wrong, right = (program.call("PUT", f"/{run}/mapping", json=SAID, headers={"If-Match": one})
                    for one in ('"eski"', mark))
    assert (wrong.status_code, wrong.json["code"]) == (412, "changed")
    assert right.status_code == 200
