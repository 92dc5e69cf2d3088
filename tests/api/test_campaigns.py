"""Campaigns over the API: as the account's people see them, addresses masked, and stopped at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.api import campaigns, scoped
from ileti.campaigns import plan
from ileti.campaigns.told import Word
from ileti.campaigns.vocabulary import State
from ileti.channels import sms
from ileti.consents.vocabulary import Channel, Status
from ileti.core import db
from tests.campaigns.campaign_house import (
    Phones,
    carried_by,
    consent,
    hand_over,
    phone,
    ready,
    released,
)
from tests.panel.people import dealer_of

from .api_house import Program, account, heard
from .resource_house import EVERY, get, post

PATH = "/campaigns"


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture(autouse=True)
def carried() -> Iterator[Phones]:
    phones = Phones()
    with carried_by(phones):
        yield phones


@pytest.fixture
def program(conn: Any, place: Any) -> Program:
    return Program(place, account(place, brings=False, scopes=EVERY))


def ended(place: Any) -> plan.Campaign:
    """A campaign of four: two got it, one had refused, one was never reported to İYS."""
    consent(place, 1, 2)
    consent(place, 3, status=Status.RET)
    consent(place, 4, iys=None)
    made = released(place)
    hand_over(made)
    return plan.read(place.provider_id, made.id)


def of(program: Program, campaign: plan.Campaign, **query: Any) -> list[Any]:
    items: list[Any] = get(program, f"{PATH}/{campaign.id}/messages", **query).json["items"]
    return items


def test_a_campaign_is_listed_and_shown_with_pre_flight_and_results(
        program: Program, place: Any) -> None:
    one = ended(place)
    (listed,) = get(program, PATH).json["items"]
    shown = get(program, f"{PATH}/{one.id}").json
    assert {key: shown[key] for key in listed} == listed
    assert (shown["state"], shown["brand"], shown["people"]) == ("DONE", place.brand_code, 4)
    assert (shown["preflight"]["goes"], shown["preflight"]["blocked"]) == (2, 2)
    results = shown["results"]
    assert (results["handed"], results["blocked"], results["unreported"]) == (2, 2, 2)
    assert {each["denial"]: each["people"] for each in results["reasons"]} == {
        "refused": 1, "not_at_iys": 1}


def test_a_campaign_that_was_not_released_has_no_results(program: Program, place: Any) -> None:
    consent(place, 1)
    one = ready(place)
    shown = get(program, f"{PATH}/{one.id}").json
    assert (shown["state"], shown["results"], shown["preflight"]["goes"]) == ("READY", None, 1)


def test_people_stand_in_their_order_masked_with_what_became_of_each(
        program: Program, place: Any) -> None:
    items = of(program, ended(place))
    assert [each["no"] for each in items] == [1, 2, 3, 4]
    assert sorted(each["state"] for each in items) == ["BLOCKED", "BLOCKED", "SENT", "SENT"]
    assert sorted(each["denial"] or "" for each in items) == ["", "", "not_at_iys", "refused"]
    assert all(("record" in each and each["record"] is not None) == (each["state"] == "SENT")
               for each in items)
    assert not [n for n in (1, 2, 3, 4) if phone(n)[3:] in json.dumps(items)]


def test_addresses_in_full_need_their_scope_and_leave_a_line_in_the_trail(
        program: Program, place: Any) -> None:
    one = ended(place)
    full = of(program, one, addresses="full")
    assert {each["address"] for each in full} == {phone(n) for n in (1, 2, 3, 4)}
    narrow = Program(place, account(place, brings=False, scopes=["campaigns:read"]))
    assert get(narrow, f"{PATH}/{one.id}/messages", addresses="full").status_code == 403
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'api:addresses' "
        "and subject = %s", (place.provider_id, one.subject)).fetchone() == (1,)


def test_messages_are_narrowed_by_state_denial_and_delivery(program: Program, place: Any) -> None:
    one = ended(place)
    db.connection().execute(
        "update campaign_message set delivery = 2, delivered_at = now() where provider_id = %s "
        "and campaign_id = %s and no = (select min(no) from campaign_message where "
        "provider_id = %s and campaign_id = %s and state = 3)", (*2 * (place.provider_id, one.id),))
    assert len(of(program, one, state="SENT")) == 2
    assert [each["denial"] for each in of(program, one, denial="refused")] == ["refused"]
    assert [each["delivery"] for each in of(program, one, delivery="DELIVERED")] == ["DELIVERED"]
    assert of(program, one, state="FAILED,IN_DOUBT,HANDING,CANCELLED,WAITING") == []
    assert get(program, f"{PATH}/{one.id}/messages", state="YOK").status_code == 422


def test_pages_of_messages_follow_each_other_to_the_end(program: Program, place: Any) -> None:
    one, found, cursor = ended(place), [], None
    for _ in range(4):
        said = get(program, f"{PATH}/{one.id}/messages", limit=1,
                   **({"cursor": cursor} if cursor else {})).json
        found += [each["no"] for each in said["items"]]
        cursor = said["next"]
    assert (found, cursor) == ([1, 2, 3, 4], None)


def test_a_refusal_that_came_after_the_message_stands_with_it(
        program: Program, place: Any) -> None:
    one = ended(place)
    consent(place, 1, status=Status.RET)
    (refused,) = [each for each in of(program, one) if each["refusedAt"]]
    assert refused["state"] == "SENT"
    assert get(program, f"{PATH}/{one.id}").json["results"]["refusedAfter"] == 1


@pytest.mark.parametrize(("answer", "word"), [
    (sms.Taken("x"), Word.SENT), (sms.Never("bad words"), Word.FAILED),
    (sms.InDoubt("lost"), Word.IN_DOUBT), (sms.Later("not now"), Word.WAITING)])
def test_what_the_gateway_answered_is_one_word(
        program: Program, place: Any, carried: Phones, answer: Any, word: Word) -> None:
    consent(place, 1)
    carried.answers.append(answer)
    one = released(place)
    hand_over(one)
    (each,) = of(program, one)
    assert each["state"] == word.value


def test_what_waits_when_a_campaign_is_given_up_is_cancelled(program: Program, place: Any) -> None:
    consent(place, 1)
    one = released(place)
    plan.cancel(one, by=None)
    assert [each["state"] for each in of(program, one)] == ["CANCELLED"]


def test_a_running_campaign_is_paused_and_paused_again_is_as_it_was(
        program: Program, place: Any) -> None:
    consent(place, 1)
    one = released(place)
    first = post(program, f"{PATH}/{one.id}/pause", None)
    again = post(program, f"{PATH}/{one.id}/pause", None)
    assert (first.status_code, first.json["state"]) == (200, "PAUSED")
    assert (again.status_code, again.json) == (200, first.json)
    assert db.connection().execute(
        "select count(*), min(actor) from audit_entry where provider_id = %s and action = "
        "'campaign:pause'", [place.provider_id]).fetchone()[0] == 1
    assert hand_over(one)["handed"] == 0


def test_what_does_not_run_is_not_paused_and_no_service_releases(
        program: Program, place: Any) -> None:
    consent(place, 1)
    one = ready(place)
    answer = program.call("POST", f"/api/v1{PATH}/{one.id}/pause")
    assert (answer.status_code, answer.json["code"], answer.json["state"]) == (
        409, "other_state", "READY")
    for deed in ("release", "resume", "cancel"):
        assert program.call("POST", f"/api/v1{PATH}/{one.id}/{deed}").status_code == 404
    assert plan.read(place.provider_id, one.id).state is State.READY


def test_pausing_needs_its_own_scope(place: Any, conn: Any) -> None:
    consent(place, 1)
    one = released(place)
    reader = Program(place, account(place, brings=False, scopes=["campaigns:read"]))
    answer = reader.call("POST", f"/api/v1{PATH}/{one.id}/pause")
    assert (answer.status_code, answer.json["scope"]) == (403, "campaigns:pause")
    assert plan.read(place.provider_id, one.id).state is State.RUNNING


def test_another_provider_and_another_dealer_see_nothing_of_it(
        place: Any, place_b: Any, conn: Any) -> None:
    one, dealer = ended(place), dealer_of(place)
    closed = Program(place, account(place, brings=False, scopes=EVERY, brand=place.brand_id,
                                    dealer=dealer))
    assert get(closed, PATH).json["scope"] == "campaigns:read", "not a dealer's unless opened"
    db.connection().execute(
        "insert into dealer_right (provider_id, brand_id, dealer_id, right_key, allowed) "
        "values (%s, %s, %s, 'messages', true)", (place.provider_id, place.brand_id, dealer))
    strangers = (Program(place_b, account(place_b, brings=False, scopes=EVERY)),
                 Program(place, account(place, brings=False, scopes=EVERY, brand=place.brand_id,
                                        dealer=dealer)))
    for stranger in strangers:
        listed = get(stranger, PATH)
        assert (listed.status_code, listed.json.get("items")) == (200, []), listed.text
        for path in (f"{PATH}/{one.id}", f"{PATH}/{one.id}/messages"):
            answer = get(stranger, path)
            assert (answer.status_code, answer.json["code"]) == (404, "no_such_campaign")
        assert stranger.call("POST", f"/api/v1{PATH}/{one.id}/pause").status_code == 404


def test_an_account_of_the_brand_sees_the_brands_campaigns_and_their_people(
        place: Any, conn: Any) -> None:
    one = ended(place)
    own = Program(place, account(place, brings=False, scopes=EVERY, brand=place.brand_id))
    assert len(of(own, one)) == 4
    assert get(own, f"{PATH}/{one.id}").json["results"]["handed"] == 2


def test_a_page_costs_the_same_statements_for_one_and_for_many(
        program: Program, place: Any, app: Any) -> None:
    one, asked = ended(place), []
    for limit in (1, 4):
        of(program, one)  # what a process asks once, or once in a while
        with heard(app) as statements:
            of(program, one, limit=limit)
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 12


@pytest.mark.parametrize("path", ["x", "0", "9" * 18, "9" * 30])
def test_a_number_that_is_none_is_not_found(program: Program, path: str) -> None:
    assert get(program, f"{PATH}/{path}").status_code == 404


def test_a_large_campaign_is_counted_by_few_at_a_time(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, taken = ended(place), []
    monkeypatch.setattr(campaigns, "MANY", 3)
    real = campaigns.slots.take
    monkeypatch.setattr(campaigns.slots, "take", lambda account: taken.append(1) or real(account))
    assert get(program, f"{PATH}/{one.id}").status_code == 200
    assert taken == [1]


def test_the_list_is_narrowed_by_state_channel_brand_and_days(
        program: Program, place: Any) -> None:
    consent(place, 1)
    ready(place)
    assert len(get(program, PATH, state="READY", channel=Channel.MESAJ.name).json["items"]) == 1
    assert get(program, PATH, state="DONE").json["items"] == []
    assert get(program, PATH, since="2200-01-01").json["items"] == []
    assert get(program, PATH, brand="1").status_code == 404
