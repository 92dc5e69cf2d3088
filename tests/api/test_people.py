"""Recipients are found by a field: in the body, by a keyed hash, within one's place, and told."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.api import scoped
from ileti.core import db
from tests.fields.house import define
from tests.panel.people import dealer_of, restrict

from .api_house import Program, account, heard
from .resource_house import EVERY, post
from .test_taking import consent, take

PATH = "/recipients/search"


@pytest.fixture
def program(app: Any, conn: Any, place: Any) -> Program:
    scoped.serve_with(lambda: app)
    define(conn, place, "card", subject=1, searchable=True)
    define(conn, place, "segment", subject=1, kind="number", personal=False, searchable=True)
    define(conn, place, "secret", subject=1)
    made = Program(place, account(place, brings=False, scopes=EVERY))
    for n, (card, segment) in enumerate([("TR-1", 7), ("TR-2", 7), ("TR-1", 8)], 1):
        assert take(made, f"k{n}", number=n).status_code == 201
        done = post(made, "/recipients/fields", {
            "address": consent(n)["address"],
            "fields": {"card": card, "segment": segment, "secret": "x"}}, method="PUT")
        assert done.status_code == 200, done.text
    return made


def found(program: Program, **asked: Any) -> list[Any]:
    answer = post(program, PATH, asked)
    assert answer.status_code == 200, answer.text
    return [one["fields"].get("card") for one in answer.json["items"]]


def test_people_are_found_by_a_personal_value_and_by_a_clear_one(program: Program) -> None:
    assert found(program, field="card", value="tr-1") == ["TR-1", "TR-1"]
    assert found(program, field="segment", value=7) == ["TR-1", "TR-2"]
    assert found(program, field="card", value="TR-9") == []


def test_pages_follow_each_other_and_addresses_are_masked_unless_asked(program: Program) -> None:
    first = post(program, PATH, {"field": "segment", "value": 7, "limit": 1}).json
    second = post(program, PATH, {"field": "segment", "value": 7, "limit": 1,
                                  "cursor": first["next"]}).json
    assert [one["items"][0]["fields"]["card"] for one in (first, second)] == ["TR-1", "TR-2"]
    assert second["next"] is None
    assert "•" in first["items"][0]["address"]
    full = post(program, PATH, {"field": "card", "value": "TR-2", "addresses": "full"}).json
    assert full["items"][0]["address"].startswith("+90599")


def test_a_field_that_may_not_be_searched_is_none_and_a_wrong_value_is_told(
        program: Program) -> None:
    for field in ("secret", "nothing"):
        answer = post(program, PATH, {"field": field, "value": "x"})
        assert answer.json["errors"][0]["code"] == "no_such_field"
    wrong = post(program, PATH, {"field": "segment", "value": "seven"}).json
    assert [(one["field"], one["code"]) for one in wrong["errors"]] == [("value", "not_a_number")]


def test_the_trail_tells_that_it_was_asked_and_not_for_what(
        program: Program, place: Any) -> None:
    found(program, field="card", value="TR-1")
    row = db.connection().execute(
        "select subject, detail::text from audit_entry where provider_id = %s "
        "and action = 'recipient:search'", (place.provider_id,)).fetchone()
    assert row[0].startswith("custom_field:")
    assert "TR-1" not in row[1]


def test_neither_a_dealer_nor_another_brand_nor_another_company_finds_anybody(
        program: Program, place: Any, place_b: Any) -> None:
    dealer = Program(place, account(place, brings=False, scopes=EVERY, brand=place.brand_id,
                                    dealer=dealer_of(place)))
    assert post(dealer, PATH, {"field": "card", "value": "TR-1"}).json["code"] == "not_for_dealers"
    number = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Öteki') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    other = Program(place, account(place, brings=False, scopes=EVERY, brand=number))
    assert found(other, field="card", value="TR-1") == []
    stranger = Program(place_b, account(place_b, brings=False, scopes=EVERY))
    assert post(stranger, PATH, {"field": "card", "value": "TR-1"}).status_code == 422


def test_who_is_kept_for_the_law_alone_is_not_found(program: Program, place: Any) -> None:
    number = db.connection().execute(
        "select recipient_id from recipient_value where provider_id = %s order by 1",
        (place.provider_id,)).fetchone()[0]
    restrict(place, number)
    assert found(program, field="card", value="TR-1") == ["TR-1"]


def test_a_search_costs_the_same_statements_however_many_are_found(
        app: Any, program: Program) -> None:
    found(program, field="card", value="TR-1")
    with heard(app) as one:
        assert found(program, field="card", value="TR-2") == ["TR-2"]
    with heard(app) as two:
        assert found(program, field="card", value="TR-1") == ["TR-1", "TR-1"]
    assert len(two) == len(one), two
