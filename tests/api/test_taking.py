"""Consents over the API: one, up to a thousand, each repeat the first time, each fault told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from tests.panel.people import dealer_of

from .api_house import Program, account

ONE, BATCH = "/api/v1/consents", "/api/v1/consents/batch"


@pytest.fixture
def program(place: Any) -> Program:
    """A program that records consents, and nothing else."""
    return Program(place, account(place, brings=False, scopes=["consents:write"]))


def consent(number: int = 1, **more: Any) -> dict[str, Any]:
    body = {"address": f"+90599{number:07d}", "channel": "MESAJ", "status": "ONAY",
            "source": "HS_WEB", "consentDate": (clock.now() - timedelta(minutes=1)).isoformat()}
    return {name: value for name, value in (body | more).items() if value is not ...}


def take(program: Program, key: str = "k1", **more: Any) -> Any:
    return program.call("POST", ONE, json=consent(**more), headers={"Idempotency-Key": key})


def many(program: Program, items: list[Any], key: str = "k1") -> Any:
    return program.call("POST", BATCH, json={"items": items}, headers={"Idempotency-Key": key})


def entries(place: Any) -> list[Any]:
    return db.connection().execute(
        "select e.status, e.channel, e.dealer_id, s.actor_kind from consent_entry e "
        "join submission s on s.provider_id = e.provider_id and s.id = e.submission_id "
        "where e.provider_id = %s order by e.id", [place.provider_id]).fetchall()


def test_one_consent_is_recorded_with_its_number_and_commitment(
        program: Program, place: Any) -> None:
    answer = take(program)
    assert answer.status_code == 201, answer.text
    assert answer.json["record"].startswith("IZN-")
    assert answer.json["receipt"].startswith("MKB-")
    assert answer.json["outcome"] == "RECORDED"
    assert entries(place) == [(1, 2, None, 3)]


def test_a_repeat_is_the_first_time_and_another_body_is_refused(
        program: Program, place: Any) -> None:
    body = consent()
    first, again, other = (program.call("POST", ONE, json=one, headers={"Idempotency-Key": "k"})
                           for one in (body, body, body | {"status": "RET"}))
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    assert len(entries(place)) == 1


def test_a_repeat_gets_its_answer_though_it_would_come_too_late_by_now(
        program: Program, place: Any) -> None:
    body, items = consent(), [consent(2), consent(3, channel="FAKS"), consent(4)]
    first = program.call("POST", ONE, json=body, headers={"Idempotency-Key": "k"})
    firsts = many(program, items, "l")
    with clock.freeze(clock.now() + timedelta(days=10)):
        again = program.call("POST", ONE, json=body, headers={"Idempotency-Key": "k"})
        agains = many(program, items, "l")
        fresh = program.call("POST", ONE, json=body, headers={"Idempotency-Key": "n"})
    assert again.json == first.json
    assert agains.json == firsts.json
    assert fresh.json["errors"][0]["code"] == "H467"
    assert len(entries(place)) == 3


@pytest.mark.parametrize(("more", "field", "code"), [
    ({"address": ...}, "address", "missing"), ({"address": "0599"}, "address", "NUMARA_EKSIK"),
    ({"channel": "FAKS"}, "channel", "invalid"), ({"channel": "EPOSTA"}, "address", "H120"),
    ({"status": ...}, "status", "missing"), ({"status": None}, "status", "invalid"),
    ({"textId": None}, "textId", "invalid"), ({"source": "IYS_WEB"}, "source", "invalid"),
    ({"source": ...}, "source", "H113"), ({"consentDate": ...}, "consentDate", "H112"),
    ({"consentDate": "2026-01-01 10:00"}, "consentDate", "H158"),
    ({"source": "HS_KARAR"}, "status", "H408"), ({"x": 1}, "x", "unknown_field"),
    ({"retailerCode": 10000001}, "retailerCode", "no_such_retailer"),
    ({"textId": 2**40}, "textId", "no_such_text"),
    ({"recipientType": "TACIR"}, "merchantBasis", "TACIR_DAYANAK"),
])
def test_every_wrong_field_is_named_and_nothing_is_recorded(
        program: Program, place: Any, more: dict[str, Any], field: str, code: str) -> None:
    answer = take(program, **more)
    assert answer.status_code == 422, answer.text
    assert (field, code) in {(one["field"], one["code"]) for one in answer.json["errors"]}
    assert all(one["message"] for one in answer.json["errors"])
    assert entries(place) == []


def test_a_list_is_judged_item_by_item_in_one_call(program: Program, place: Any) -> None:
    items = [consent(1), consent(2, address="x"), consent(1), "?", consent(1, channel="ARAMA"),
             consent(3, status="RET")]
    answer = many(program, items)
    assert answer.status_code == 200, answer.text
    assert (answer.json["recorded"], answer.json["refused"]) == (3, 3)
    told = {one["index"]: one.get("outcome") or one["errors"][0]["code"]
            for one in answer.json["results"]}
    assert told[0] == told[4] == "RECORDED"
    assert told[2] == "repeated"
    assert told[3] == "not_an_object"
    assert [one["index"] for one in answer.json["results"]] == list(range(6))
    assert len(entries(place)) == 3


def test_a_list_without_a_fit_item_is_remembered_too(program: Program, place: Any) -> None:
    items = [consent(status="?")]
    first, again = (many(program, items) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert many(program, [consent()]).json["code"] == "key_reused"
    assert entries(place) == []


@pytest.mark.parametrize("items", [[], None, "x", [{}] * 1_001], ids=["0", "null", "x", "1001"])
def test_a_list_has_one_to_a_thousand_items(program: Program, items: Any) -> None:
    answer = many(program, items)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "items")


def test_what_no_database_holds_is_a_fault_like_another(program: Program, place: Any) -> None:
    for key, odd in enumerate(({"a\0b": 1}, {"x": 2**70}, {"address": "a\0"}, {"": 1.5e300})):
        answer = many(program, [odd, consent(key)], f"k{key}")
        assert (answer.status_code, answer.json["recorded"]) == (200, 1), answer.text
        one = program.call("POST", ONE, json=odd, headers={"Idempotency-Key": f"o{key}"})
        assert one.status_code == 422
    wild = many(program, [{str(n): n for n in range(500)}], "wild").json
    assert len(wild["results"][0]["errors"]) < 30
    assert len(entries(place)) == 4


def test_a_thousand_are_taken_at_once(program: Program, place: Any) -> None:
    answer = many(program, [consent(n) for n in range(1_000)])
    assert answer.json["recorded"] == 1_000
    assert len({one["record"] for one in answer.json["results"]}) == 1_000
    assert len(entries(place)) == 1_000


def test_a_dealers_program_records_for_its_dealer_alone(place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    for dealer, code in ((own, 10_000_001), (other, 10_000_002)):
        db.connection().execute("update dealer set retailer_code = %s where id = %s",
                                (code, dealer))
    login = account(place, brings=False, brand=place.brand_id, dealer=own,
                    scopes=["consents:write"])
    program = Program(place, login)
    assert take(program).status_code == 201
    assert take(program, "k2", retailerCode=10_000_001, number=2).status_code == 201
    assert take(program, "k3", retailerCode=10_000_002, number=3).status_code == 422
    assert [row[2] for row in entries(place)] == [own, own]


def test_another_providers_brand_and_key_are_not_there(
        program: Program, place: Any, place_b: Any) -> None:
    assert take(program, brand=place_b.brand_code).status_code == 404
    other = Program(place_b, account(place_b, brings=False, scopes=["consents:write"]))
    assert take(program).status_code == take(other).status_code == 201, "a key is the account's"


def test_what_is_kept_for_repeats_tells_no_address(program: Program, place: Any) -> None:
    take(program, address="0599 213 41 17")
    kept = db.connection().execute(
        "select idem || encode(body_hash, 'hex') || evidence::text from submission "
        "where provider_id = %s", [place.provider_id]).fetchone()[0]
    assert "2134117" not in kept
