"""Calls of a telephone system: the number it saw, its recording, and no answers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from ileti.api import scoped
from ileti.callcentre import calls, steps
from ileti.core import db
from tests.callcentre.house import WAV, agent, number, published, says, standing, told
from tests.panel.people import dealer_of

from .api_house import Program, account, heard
from .resource_house import EVERY, get, post


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    published(place)
    return Program(place, account(place, brings=False, scopes=EVERY))


def rung(program: Program, phone: str | None = None, key: str = "k1", **more: Any) -> Any:
    return post(program, "/calls", {"number": phone or number()} | more, key=key)


def answered(program: Program, place: Any, made: Any) -> Any:
    """An agent took the call and the person said yes to SMS."""
    who = agent(place)
    call = calls.load_any(made.json["id"])
    return says(told(call, who), who)


def test_a_call_is_begun_once_and_waits_for_an_agent(program: Program, place: Any) -> None:
    phone = number()
    made, again = (rung(program, phone, reference="S-1") for _ in range(2))
    assert (made.status_code, made.json["id"]) == (201, again.json["id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (made.json["taken"], made.json["noticeHeard"], made.json["consents"]) == (
        False, False, [])
    assert phone[3:] not in made.text
    other = rung(program, number(), key="k1")
    assert (other.status_code, other.json["code"]) == (422, "key_reused")


def test_r22_the_number_the_system_saw_is_proven_and_a_linked_recording_makes_the_yes_count(
    program: Program, place: Any
) -> None:
    made = rung(program)
    answered(program, place, made)
    path = f"/calls/{made.json['id']}"
    shown = get(program, path).json
    assert (shown["taken"], shown["consents"][0]["proven"]) == (True, False)
    assert shown["recordingDueAt"] is not None
    body = {"link": "https://santral.ornek.test/1.wav", "sha256": "ab" * 32}
    done = post(program, f"{path}/recording", body)
    assert (done.status_code, done.json["consents"][0]["proven"]) == (200, True)
    assert post(program, f"{path}/recording", body).status_code == 200
    other = post(program, f"{path}/recording", body | {"sha256": "cd" * 32})
    assert (other.status_code, other.json["code"]) == (409, "other_recording")
    assert standing(place) == [(2, 1, 1)]


def test_the_recording_itself_goes_into_the_vault(program: Program, place: Any) -> None:
    made = rung(program)
    path = f"/api/v1/calls/{made.json['id']}/recording"
    early = program.call("PUT", path, data=WAV, content_type="audio/wav")
    assert (early.status_code, early.json["code"]) == (409, "nothing_to_prove")
    answered(program, place, made)
    text = program.call("PUT", path, data=b"metin", content_type="audio/wav")
    assert text.status_code == 422
    done = program.call("PUT", path, data=WAV, content_type="audio/wav")
    assert done.json["recording"] == done.json["recording"] | {
        "kept": "VAULT", "sha256": sha256(WAV).hexdigest()}
    assert standing(place) == [(2, 1, 1)]


def test_a_call_is_ended_once_and_its_number_goes(program: Program, place: Any) -> None:
    made = rung(program)
    path = f"/calls/{made.json['id']}/end"
    assert post(program, path, {"ending": "CUT_OFF"}).json["ending"] == "CUT_OFF"
    assert post(program, path, {}).json["ending"] == "CUT_OFF"
    assert get(program, f"/calls/{made.json['id']}").json["number"] is None
    assert post(program, path, {"ending": "LEFT_OPEN"}).status_code == 422


def test_calls_are_listed_by_reference_state_and_recording(program: Program, place: Any) -> None:
    first, second = rung(program, key="k1", reference="S-1"), rung(program, key="k2")
    post(program, f"/calls/{second.json['id']}/end", {})
    def ids(**query: Any) -> list[int]:
        return [one["id"] for one in get(program, "/calls", **query).json["items"]]
    assert ids() == [second.json["id"], first.json["id"]]
    assert ids(reference="S-1") == [first.json["id"]] == ids(state="OPEN")
    assert ids(recording="HERE") == []
    assert ids(limit=1) == [second.json["id"]]


def test_a_list_of_calls_costs_the_same_statements_however_long_it_is(
        app: Any, program: Program, place: Any) -> None:
    def costs(calls_there: int) -> list[str]:
        with heard(app) as statements:
            items = get(program, "/calls").json["items"]
        assert len(items) == calls_there
        return statements

    for n in range(2):  # one that is over, with a yes and no recording; one that is open
        answered(program, place, rung(program, key=f"k{n}"))
    items = get(program, "/calls").json["items"]
    post(program, f"/calls/{items[0]['id']}/end", {})
    few = costs(2)
    for n in range(2, 7):
        made = rung(program, key=f"k{n}")
        answered(program, place, made)
        post(program, f"/calls/{made.json['id']}/end", {})
    assert len(costs(7)) == len(few), few


def test_a_call_in_a_list_is_told_as_it_is_alone(program: Program, place: Any) -> None:
    for n in range(3):
        made = rung(program, key=f"k{n}", reference=f"S-{n}")
        answered(program, place, made)
        if n == 1:
            post(program, f"/calls/{made.json['id']}/end", {})
    items = get(program, "/calls").json["items"]
    assert [one["ending"] for one in items] == [None, "DONE", None]
    assert all(one["number"] and one["consents"] and one["recordingDueAt"] for one in items)
    assert items == [get(program, f"/calls/{one['id']}").json for one in items]


def test_r20_an_outbound_call_needs_the_provider_s_word_and_its_reason(
    program: Program, place: Any
) -> None:
    off = rung(program, direction="OUTBOUND", service="SATIN_ALMA_TESLIMAT")
    assert (off.status_code, off.json["code"]) == (403, "outbound_off")
    db.system_connection().execute(
        "insert into call_rule (provider_id, outbound, reason, grounds) "
        "values (%s, true, 'Teslimat', '{SATIN_ALMA_TESLIMAT}')", (place.provider_id,))
    assert rung(program, direction="OUTBOUND", key="k2").status_code == 422
    assert rung(program, service="SATIN_ALMA_TESLIMAT", key="k3").status_code == 422
    made = rung(program, direction="OUTBOUND", service="SATIN_ALMA_TESLIMAT", key="k4")
    assert made.status_code == 201, made.text
    assert len(calls.load_any(made.json["id"]).steps) == 1


def test_another_s_calls_do_not_exist_and_rights_are_asked(
    program: Program, place: Any, place_b: Any
) -> None:
    made = rung(program)
    published(place_b)
    stranger = Program(place_b, account(place_b, brings=False, scopes=EVERY))
    dealer = Program(place, account(place, brings=False, scopes=EVERY,
                                    brand=place.brand_id, dealer=dealer_of(place)))
    for one in (stranger, dealer):
        assert get(one, f"/calls/{made.json['id']}").status_code == 404
        assert post(one, f"/calls/{made.json['id']}/end", {}).status_code == 404
        assert get(one, "/calls").json["items"] == []
    reader = Program(place, account(place, brings=False, scopes=["calls:read"]))
    refused = post(reader, "/calls", {"number": number()})
    assert (refused.status_code, refused.json["code"]) == (403, "scope_missing")
    assert steps.outbound_rule(place.provider_id) == (False, [])


@pytest.mark.parametrize(("path", "body"), [
    ("", {"number": "\x00"}), ("", {"number": "0599", "direction": 1}), ("", {"number": []}),
    ("", {"number": "0599 213 41 17", "reference": ""}), ("", {"number": "a@ornek.com.tr"}),
    ("/{id}/recording", {"link": "https://[::1", "sha256": "ab" * 32}),
    ("/{id}/recording", {"link": "https://x\x00y", "sha256": "ab" * 32}),
    ("/{id}/recording", {"link": "javascript:alert(1)", "sha256": "ab" * 32}),
    ("/{id}/recording", {"link": "https://x.test", "sha256": "AB" * 31}),
    ("/{id}/end", {"ending": "x"}), ("/{id}/end", {"yes": True})])
def test_odd_words_are_told_off_and_change_nothing(
    program: Program, place: Any, path: str, body: dict[str, Any]
) -> None:
    made = rung(program)
    answered(program, place, made)
    answer = post(program, "/calls" + path.replace("{id}", str(made.json["id"])), body, key="k9")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input"), answer.text
    assert len(get(program, "/calls").json["items"]) == 1
    for odd in ("0", "-1", "x", "9" * 18, "9" * 30, "1e3", "%00"):
        assert program.call("GET", f"/api/v1/calls/{odd}").status_code == 404
