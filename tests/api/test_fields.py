"""Custom fields over the API: with a consent, of a recipient, in the account's own document."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from ileti.api import scoped
from ileti.core import db
from ileti.fields import catalogue, kept
from tests.fields.house import define
from tests.panel.people import dealer_of

from .api_house import Program, account
from .resource_house import EVERY, get, post
from .test_taking import consent, many, take

CARD = "TR-4711"


@pytest.fixture(autouse=True)
def serving(app: Any) -> None:
    """The panel's application behind the services that look through it."""
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(conn: Any, place: Any, place_b: Any) -> Program:
    """A program that may everything, of a provider with three fields; another has its own."""
    define(conn, place, "shop", kind="choice", personal=False, searchable=True,
           choices=("izmir", "ankara"))
    define(conn, place, "card", mask="AA-9999", searchable=True)
    define(conn, place, "segment", subject=1, kind="number", personal=False)
    define(conn, place_b, "elsewhere")
    return Program(place, account(place, brings=False, scopes=EVERY))


def values(place: Any) -> list[Any]:
    return [row[0] for row in db.connection().execute(
        "select s.evidence->'fields'->'said' from consent_entry e join submission s "
        "on s.provider_id = e.provider_id and s.id = e.submission_id where e.provider_id = %s "
        "order by e.id", [place.provider_id]).fetchall()]


def test_a_consent_brings_its_fields_and_the_list_tells_them(program: Program, place: Any) -> None:
    assert take(program, fields={"shop": "izmir", "card": CARD}).status_code == 201
    assert take(program, "k2", number=2).status_code == 201
    assert values(place) == [{"shop": "izmir"}, None]
    answer = get(program, "/consents", addresses="full")
    assert answer.status_code == 200, answer.text
    items = answer.json["items"]
    assert [one["fields"] for one in items] == [{}, {"shop": "izmir", "card": CARD}]
    assert get(program, "/consents").json["items"][1]["fields"] == {"shop": "izmir"}
    assert len(get(program, "/consents", field="shop:izmir").json["items"]) == 1
    assert get(program, "/consents", field="shop:ankara").json["items"] == []
    assert get(program, "/consents", field=f"card:{CARD}").status_code == 422


@pytest.mark.parametrize(("fields", "told"), [
    ({"shop": "bursa"}, ("fields.shop", "no_such_choice")),
    ({"card": "4711"}, ("fields.card", "wrong_shape")), ({"card": 1}, ("fields.card", "not_text")),
    ({"elsewhere": "x"}, ("fields.elsewhere", "unknown_field")),
    ({"segment": 1}, ("fields.segment", "unknown_field")), ([], ("fields", "invalid")),
    (None, ("fields", "invalid")), ({str(n): "" for n in range(21)}, ("fields", "invalid")),
    ({"card": "TR\u202e4711"}, ("fields.card", "hidden_mark")),
])
def test_a_wrong_value_is_told_by_its_name(program: Program, fields: Any,
                                           told: tuple[str, str]) -> None:
    answer = take(program, fields=fields)
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json["errors"]][:1] == [told]


def test_items_of_a_list_have_fields_of_their_own_and_a_repeat_is_the_first_time(
        program: Program, place: Any) -> None:
    items = [consent(1, fields={"shop": "izmir"}), consent(2), consent(3, fields={"shop": "x"}),
             consent(4, fields={"card": CARD})]
    first, again = many(program, items), many(program, items)
    assert first.status_code == again.status_code == 200
    assert (first.json["recorded"], first.json["refused"]) == (3, 1)
    assert first.json["results"][2]["errors"][0]["field"] == "fields.shop"
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len({one["record"] for one in first.json["results"] if "record" in one}) == 3
    assert sorted(map(str, values(place))) == ["None", "{'shop': 'izmir'}", "{}"]
    assert many(program, items[:2]).status_code == 422


def test_a_list_that_died_after_its_first_item_is_the_same_once_more(
        program: Program, place: Any, monkeypatch: Any) -> None:
    from ileti.api import taking

    def dies(*_args: Any) -> Any:
        raise RuntimeError("killed")

    items = [consent(1, fields={"shop": "izmir"}), consent(2)]
    monkeypatch.setattr(taking, "_record", dies)
    assert many(program, items).status_code == 500
    monkeypatch.undo()
    assert many(program, items).json["recorded"] == 2
    assert len(values(place)) == 2


def test_a_required_field_is_asked_of_consents_and_never_of_a_refusal_r42(
        program: Program, conn: Any, place: Any) -> None:
    define(conn, place, "must", required=("api",))
    assert take(program).json["errors"][0]["field"] == "fields.must"
    assert take(program, "k2", fields={"must": "x"}).status_code == 201
    assert take(program, "k3", number=3, status="RET").status_code == 201


def test_what_is_known_of_a_recipient_is_set_read_and_forgotten(
        program: Program, conn: Any, place: Any) -> None:
    who = {"address": "0599 000 00 01"}
    assert post(program, "/recipients/fields", who).status_code == 404
    take(program)
    changed = post(program, "/recipients/fields", who | {"fields": {"segment": 7}}, method="PUT")
    assert changed.json == {"fields": {"segment": 7}}
    assert post(program, "/recipients/fields", who).json == {"fields": {"segment": 7}}
    wrong = post(program, "/recipients/fields", who | {"fields": {"segment": "7"}}, method="PUT")
    assert wrong.json["errors"][0]["field"] == "fields.segment"
    gone = post(program, "/recipients/fields", who | {"fields": {"segment": None}}, method="PUT")
    assert gone.json == {"fields": {}}
    audited = conn.execute("select action, count(*) from audit_entry where provider_id = %s "
                           "group by 1 order by 1", (place.provider_id,)).fetchall()
    assert dict(audited) == {"recipient:fields": 2, "recipient:fields_read": 1}


def test_it_is_no_dealer_s_and_no_other_provider_s(
        program: Program, place: Any, place_b: Any) -> None:
    take(program)
    who = {"address": "0599 000 00 01", "fields": {"segment": 1}}
    dealer = Program(place, account(place, brings=False, brand=place.brand_id,
                                    dealer=dealer_of(place), scopes=EVERY))
    assert post(dealer, "/recipients/fields", who, method="PUT").status_code == 403
    other = Program(place_b, account(place_b, brings=False, scopes=EVERY))
    assert post(other, "/recipients/fields", who, method="PUT").status_code == 404
    assert [one["key"] for one in get(other, "/fields").json["fields"]] == ["elsewhere"]


def test_the_account_s_document_has_its_fields_and_their_schemas(program: Program) -> None:
    listed = {one["key"]: one for one in get(program, "/fields").json["fields"]}
    assert set(listed) == {"shop", "card", "segment"}
    jsonschema.Draft202012Validator(listed["card"]["schema"]).validate(CARD)
    whole = program.call("GET", "/api/v1/fields/openapi.json")
    assert whole.mimetype == "application/vnd.oai.openapi+json"
    own = whole.json["components"]["schemas"]["ConsentItem"]["properties"]["fields"]
    assert own["properties"]["shop"]["enum"] == ["izmir", "ankara"]
    assert set(own["properties"]) == {"shop", "card"}
    check = jsonschema.Draft202012Validator(own)
    assert check.is_valid({"shop": "izmir"})
    assert not check.is_valid({"shop": "bursa"})
    assert not check.is_valid({"elsewhere": "x"})


def test_a_sealed_value_found_by_its_hash_is_that_of_one_provider_alone(
        place: Any, place_b: Any, program: Program) -> None:
    card = next(one for one in catalogue.fields_of(place.provider_id) if one.key == "card")
    assert kept.mark(place.provider_id, card, "tr-4711") == kept.mark(
        place.provider_id, card, CARD)
    assert kept.mark(place.provider_id, card, CARD) != kept.mark(place_b.provider_id, card, CARD)
