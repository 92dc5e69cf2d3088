"""What a program that asks for the past may hear, and that it is written down that it asked."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents import past
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from tests.panel.people import restrict, take

from .api_house import Program, account
from .test_records import PHONE, ask, bring, entry, linked


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may ask and add proofs."""
    return Program(place, account(place, brings=False, rights=True))


def test_of_a_restricted_person_a_program_hears_what_came_since_alone(
        program: Program, place: Any) -> None:
    done = take(place, PHONE)
    before = clock.now()
    restrict(place, done.items[0].recipient_id)
    assert ask(program).json["states"] == ask(program, before).json["states"] == []
    got = bring(program, record=record_number(done.items[0].entry_id))
    assert (got.status_code, got.json["code"], linked(place)) == (404, "no_such_record", [])
    db.connection().execute("update consent_state set consent_date = consent_date - interval "
                            "'1 hour' where recipient_id = %s", (done.items[0].recipient_id,))
    again = entry(place)
    assert ask(program, before).json["states"] == []
    [state] = ask(program).json["states"]
    assert state["record"]["number"] == record_number(again)


def test_whose_past_was_asked_for_is_written_down_without_the_address(
        program: Program, place: Any) -> None:
    done = take(place, PHONE)
    when = clock.now()
    assert len(ask(program, when).json["states"]) == 1
    assert ask(program, address="bilinmeyen@ornek.com.tr").json["states"] == []
    [(action, subject, detail)] = db.connection().execute(
        "select action, subject, detail from audit_entry where provider_id = %s",
        [place.provider_id]).fetchall()
    assert (action, subject) == ("consent:at", f"recipient:{done.items[0].recipient_id}")
    assert detail["program"] == "CRM"
    assert detail["at"][:19] == f"{clock.to_istanbul(when):%Y-%m-%dT%H:%M:%S}"


def test_more_records_than_are_looked_at_are_told_of(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entry(place)
    newest = entry(place, refusal=True)
    assert ask(program).json["states"][0]["complete"] is True
    monkeypatch.setattr(past, "MOST", 1)
    [state] = ask(program).json["states"]
    assert (state["complete"], state["status"], state["record"]["number"]) == (
        False, "RET", record_number(newest))
