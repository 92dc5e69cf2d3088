"""Call lists through their doors: the panel's pages, files, and programs that dial."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from ileti.api import chapters, scoped
from ileti.calllists import files, making
from ileti.calllists.handing import Holder, Seen, next_for
from ileti.calllists.sweep import sweep
from ileti.calllists.vocabulary import EntryState, Result
from ileti.consents.gate import may_send_now
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db
from tests.api.api_house import Program, account
from tests.calllists.house import ANNA, BERK, CEM, consent, new, rows, say
from tests.panel.people import dealer_of, sign_in, token_of, user_with

ALL_DAY = {"opens": 0, "closes": 1440, "on_holidays": True}
assert chapters.SCOPED  # the door knows its services
EVERY = ("calllists:read", "calllists:work")


@pytest.fixture
def people(place: Any) -> None:
    consent(place, ANNA, BERK, at=clock.now() - timedelta(hours=1))


@pytest.fixture
def program(app: Any, place: Any, people: None) -> Program:
    scoped.serve_with(lambda: app)
    return Program(place, account(place, brings=False, scopes=EVERY))


def ask(program: Program, key: str = "k1", **wish: Any) -> Any:
    return program.call("POST", "/api/v1/call-lists/entries/next", json=wish,
                        headers={"Idempotency-Key": key})


def test_a_dialler_takes_a_number_and_tells_what_came_of_it(place, program):
    made = making.from_consents(new(place, **ALL_DAY))
    call = ask(program, list=made.list_id).json["call"]
    assert call["phone"] in (ANNA, BERK)
    answers = [program.call("POST", f"/api/v1/call-lists/entries/{call['id']}/result",
                            json={"result": "REFUSED", "recording": "k-1"}) for _ in range(2)]
    assert [(one.status_code, one.json["repeated"]) for one in answers] == [
        (200, False), (200, True)]
    assert not may_send_now(place.provider_id, place.brand_id, call["phone"], Channel.ARAMA)
    other = program.call("POST", f"/api/v1/call-lists/entries/{call['id']}/result",
                         json={"result": "REACHED"})
    assert (other.status_code, other.json["code"]) == (409, "other_result")


def test_a_repeat_gives_the_same_number_unless_the_person_refused_meanwhile(place, program):
    making.from_consents(new(place, **ALL_DAY))
    first = ask(program).json["call"]
    assert ask(program).json["call"] == first
    consent(place, first["phone"], status=Status.RET, at=clock.now())
    assert ask(program).json["call"] is None
    assert ask(program, "k2").json["call"]["phone"] != first["phone"]


def test_lists_are_told_by_counts_and_nobody_elses_are(place, place_b, program):
    making.from_consents(new(place, **ALL_DAY))
    stranger = Program(place_b, account(place_b, brings=False, scopes=EVERY))
    (one,) = program.call("GET", "/api/v1/call-lists").json["items"]
    assert one["people"] == {"WAITING": 2, "OUT": 0, "DONE": 0, "TAKEN_AWAY": 0}
    assert stranger.call("GET", "/api/v1/call-lists").json["items"] == []
    assert ask(stranger).json["call"] is None
    call = ask(program).json["call"]
    answer = stranger.call("POST", f"/api/v1/call-lists/entries/{call['id']}/result",
                           json={"result": "REFUSED"})
    assert answer.status_code == 404


def test_a_program_without_the_scope_takes_nothing(place, people):
    making.from_consents(new(place, **ALL_DAY))
    poor = Program(place, account(place, brings=False, scopes=["calllists:read"]))
    assert ask(poor).status_code == 403


@pytest.mark.parametrize(("body", "field"), [
    ({"result": "MAYBE"}, "result"), ({}, "result"),
    ({"result": "CALL_AGAIN"}, "again_at"), ({"result": "REACHED", "x": 1}, "x")])
def test_a_faulty_result_is_told_by_its_field(place, program, body, field):
    making.from_consents(new(place, **ALL_DAY))
    call = ask(program).json["call"]
    answer = program.call("POST", f"/api/v1/call-lists/entries/{call['id']}/result", json=body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


def test_numbers_leave_as_a_file_and_results_come_back_in_it(place, people):
    made = making.from_consents(new(place, **ALL_DAY))
    handed = files.take_out(Seen(place.provider_id, list_id=made.list_id), 7)
    raw = files.as_csv(handed, "tr").decode("utf-8-sig")
    assert {one.address for one in handed} == {ANNA, BERK}
    filled = "\n".join([raw.splitlines()[0],
                        *(line[:-1] + word + ";" for line, word in
                          zip(raw.splitlines()[1:], ("ret", "Ulaşıldı"), strict=True)),
                        "99999999;+90;;;;ret;", "1;;;;;belki;", "2;;;;;;"])
    taken = files.take_in(place.provider_id, filled.encode(), user_id=7)
    assert (taken.new, taken.repeated, taken.empty, taken.wrong) == (2, 0, 1, 2)
    assert files.take_in(place.provider_id, filled.encode(), user_id=7).repeated == 2
    assert rows("select array_agg(result order by result) from call_attempt where list_id = %s",
                made.list_id) == [([Result.REACHED, Result.REFUSED],)]


def test_what_left_as_a_file_is_nobody_elses_until_its_time_is_over(place, people):
    making.from_consents(new(place, **ALL_DAY))
    files.take_out(Seen(place.provider_id), 7)
    assert next_for(Seen(place.provider_id), Holder(8)) is None
    with clock.freeze(clock.now() + timedelta(hours=8, minutes=1)):
        assert next_for(Seen(place.provider_id), Holder(8)) is not None


def test_a_sweep_shows_refusals_ends_last_tries_and_closes_old_lists(place, people):
    made = making.from_consents(new(place, most_tries=1, **ALL_DAY))
    handed = next_for(Seen(place.provider_id), Holder(7))
    other = BERK if handed.address == ANNA else ANNA
    consent(place, other, status=Status.RET, at=clock.now())
    with clock.freeze(clock.now() + timedelta(hours=1)):
        sweep()
    states = rows("select array_agg(state order by state) from call_list_entry where list_id = %s",
                  made.list_id)
    assert states == [([EntryState.DONE, EntryState.TAKEN_AWAY],)]
    with clock.freeze(clock.now() + timedelta(days=31)):
        sweep()
    assert rows("select state from call_list where id = %s", made.list_id) == [(3,)]


# -- the panel -------------------------------------------------------------------------------------


def form(client: Any, place: Any, **more: Any) -> dict[str, Any]:
    return {"csrf_token": token_of(client), "name": "Kış", "brand": place.brand_id,
            "opens": "00:00", "closes": "24:00", "most_tries": "3", "rest_hours": "4",
            "cap_days": "7", "on_holidays": "1"} | more


def test_a_manager_makes_a_list_and_sees_counts_and_masked_phones(app, place, people):
    client = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    made = client.post("/arama-listeleri/yeni", data=form(client, place))
    assert made.status_code == 303, made.text
    handed = next_for(Seen(place.provider_id), Holder(7))
    page = client.get(made.location).text
    assert handed.address not in page.replace(" ", "")
    assert "Aranıyor" in page
    assert "Kış" in client.get("/arama-listeleri/").text


def test_what_was_typed_wrong_is_told_and_kept(app, place):
    client = sign_in(app, user_with(app, "provider_admin", place))
    answer = client.post("/arama-listeleri/yeni", data=form(
        client, place, name="", closes="yarın", who="liste"))
    assert answer.status_code == 422
    assert "Saati 09:00 gibi yazın." in answer.text


def test_a_file_of_phones_lets_in_whom_the_gate_lets_in(app, place, people):
    client = sign_in(app, user_with(app, "provider_admin", place))
    client.post("/arama-listeleri/yeni", data=form(
        client, place, who="liste", dosya=(io.BytesIO(f"{ANNA};x\n{CEM}\n".encode()), "t.csv")))
    assert rows("select asked, left_out from call_list where provider_id = %s",
                place.provider_id) == [(2, {"no_record": 1})]


def test_numbers_as_a_file_are_for_whoever_may_and_stand_in_the_trail(app, place, people):
    made = making.from_consents(new(place, **ALL_DAY))
    path = f"/arama-listeleri/{made.list_id}/numaralar"
    marketer = sign_in(app, user_with(app, "marketer", place))
    assert marketer.post(path, data={"csrf_token": token_of(marketer)}).status_code == 403
    client = sign_in(app, user_with(app, "provider_admin", place))
    answer = client.post(path, data={"csrf_token": token_of(client)})
    assert answer.mimetype == "text/csv"
    assert ANNA in answer.text
    assert rows("select count(*) from audit_entry where provider_id = %s and "
                "action = 'call_list:export'", place.provider_id) == [(1,)]


def test_a_dealer_sees_and_makes_its_own_lists_alone(app, place, people):
    """R-45: of whom gave the dealer consent; once the brand lets its dealers send messages."""
    dealer = dealer_of(place)
    db.system_connection().execute(
        "insert into dealer_right (provider_id, brand_id, dealer_id, right_key, allowed) "
        "values (%s, %s, %s, 'messages', true)", [place.provider_id, place.brand_id, dealer])
    consent(place, CEM, dealer_id=dealer, at=clock.now() - timedelta(hours=1))
    brands = making.from_consents(new(place, name="Markanın listesi", **ALL_DAY))
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    own = client.post("/arama-listeleri/yeni", data=form(client, place, name="Bayinin listesi"))
    assert own.status_code == 303, own.text
    page = client.get("/arama-listeleri/").text
    assert "Bayinin listesi" in page
    assert "Markanın listesi" not in page
    assert client.get(f"/arama-listeleri/{brands.list_id}").status_code == 404
    mine = next_for(Seen(place.provider_id, None, dealer), Holder(7))
    assert mine.address == CEM
    assert next_for(Seen(place.provider_id, None, dealer), Holder(7)) is None
    say(place, mine, Result.REFUSED)
    assert rows("select dealer_id from submission where provider_id = %s and "
                "evidence ->> 'flow' = 'call-list'", place.provider_id) == [(dealer,)]


def test_numbers_for_callers_are_added_renewed_and_shown_to_admins_alone(app, place):
    client = sign_in(app, user_with(app, "provider_admin", place))
    said = {"csrf_token": token_of(client), "number": "0850 200 00 00", "brand": place.brand_id}
    made = client.post("/arayan-numaralari/", data=said)
    assert (made.status_code, "/v/v1/c/" in made.text) == (200, True)
    assert "/v/v1/c/" not in client.get("/arayan-numaralari/").text, "shown once"
    assert client.post("/arayan-numaralari/", data=said).status_code == 422
    ((number,),) = rows("select id from voice_number where provider_id = %s", place.provider_id)
    hashed = "select token_hash from voice_number where id = %s"
    before = rows(hashed, number)
    renewed = client.post(f"/arayan-numaralari/{number}", data={
        "csrf_token": token_of(client), "wish": "adres"})
    assert "/v/v1/c/" in renewed.text
    assert rows(hashed, number) != before
    client.post(f"/arayan-numaralari/{number}", data={"csrf_token": token_of(client),
                                                      "wish": "kayit"})
    assert rows("select records from voice_number where id = %s", number) == [(True,)]
    assert rows("select detail ->> 'records' from audit_entry where provider_id = %s "
                "and action = 'voice_number:records'", place.provider_id) == [("true",)]
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    assert agent.get("/arayan-numaralari/").status_code == 403


@pytest.mark.parametrize("path", ["", "1"])
def test_what_decides_about_callers_numbers_asks_for_a_fresh_proof(app, place, path, monkeypatch):
    client = sign_in(app, user_with(app, "provider_admin", place))
    monkeypatch.setattr("ileti.tenancy.confirm.fresh", lambda: False)
    answer = client.post(f"/arayan-numaralari/{path}", data={
        "csrf_token": token_of(client), "number": "0850 200 00 01", "brand": place.brand_id,
        "wish": "kayit"})
    assert "form=1" in answer.headers["Location"]
    assert rows("select id from voice_number where provider_id = %s", place.provider_id) == []


@pytest.mark.parametrize("call", ["9" * 5_000, "٣", "-1", "9" * 19])
def test_a_line_of_a_file_whose_number_nobody_has_is_a_fault_of_that_line_alone(place, call):
    taken = files.take_in(place.provider_id, f"arama;sonuç\n{call};ret\n".encode(), user_id=7)
    assert (taken.new, taken.wrong) == (0, 1)


def test_a_provider_of_five_thousand_digits_is_none(app, place):
    client = sign_in(app, user_with(app, "platform_admin"))
    assert client.get(f"/gelen-sms/numaralar/yeni?saglayici={'9' * 5_000}").status_code != 500
    assert client.get("/gelen-sms/numaralar/yeni?saglayici=99999999999").status_code != 500
