"""``POST /messages``: one message to one person, for programs."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.api import scoped
from ileti.core import db
from tests.api.api_house import Program, account
from tests.api.resource_house import post
from tests.campaigns.campaign_house import consent, phone
from tests.panel.people import dealer_of, take
from tests.singles.house import NOTICE, heard, let, whole_record
from tests.singles.test_singles import template

PATH = "/api/v1/messages"
BODY = {"channel": "MESAJ", "address": "0599 213 00 21", "messageClass": "SATIN_ALMA_TESLIMAT",
        "reason": "Verilmiş sipariş", "text": "SP-1 numarali siparisiniz yolda."}


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    whole_record(place)
    return Program(place, account(place, scopes=["messages:send", "messages:read"]))


def send(program: Program, body: dict[str, Any], key: str = "k-1") -> Any:
    return post(program, "/messages", body, key)


def test_an_order_notice_is_taken_and_shown_by_its_number(program: Program) -> None:
    answer = send(program, BODY)
    assert answer.status_code == 201, answer.text
    said = answer.json
    assert {key: said[key] for key in ("kind", "state", "messageClass", "denial", "address")} == {
        "kind": "SINGLE", "state": "WAITING", "messageClass": "SATIN_ALMA_TESLIMAT",
        "denial": None, "address": "+90 5•• ••• 00 21"}
    assert program.call("GET", path=f"{PATH}/{said['id']}").json == said


def test_the_same_key_is_the_same_message_and_another_body_is_refused(program: Program) -> None:
    first = send(program, BODY)
    again = send(program, dict(reversed(list(BODY.items()))))
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = send(program, BODY | {"text": "Başka."})
    assert (other.status_code, other.json["code"]) == (422, "key_reused")


def test_an_advertisement_without_a_consent_is_not_permitted_r36(program: Program) -> None:
    answer = send(program, {"channel": "MESAJ", "address": phone(22), "text": "Yeni mağazamız."})
    assert (answer.status_code, answer.json["code"]) == (422, "not_permitted")
    assert [one["code"] for one in answer.json["errors"]] == ["no_record"]


def test_a_template_is_named_and_its_fields_filled(program: Program, place: Any) -> None:
    from dataclasses import replace

    number = template(place, replace(NOTICE, body="Sayin {ad}, siparisiniz yolda."))
    asked = {"channel": "MESAJ", "address": phone(23), "template": number}
    missing = send(program, asked)
    assert (missing.status_code, missing.json["errors"][0]["field"]) == (422, "values.ad")
    both = send(program, asked | {"values": {"ad": "Ayşe"}, "text": "x"})
    assert (both.status_code, both.json["errors"][0]["code"]) == (422, "with_template")
    assert send(program, asked | {"values": {"ad": "Ayşe"}}).status_code == 201


@pytest.mark.parametrize(("more", "field"), [
    ({"address": "x"}, "address"), ({"address": "ayse@ornek.com.tr"}, "address"),
    ({"channel": "ARAMA"}, "channel"), ({"text": None}, "text"), ({"validMinutes": 4},
    "validMinutes"), ({"validMinutes": 99_999}, "validMinutes"), ({"values": {"ad": 5}},
    "values.ad"), ({"messageClass": "YOK"}, "messageClass"), ({"x": 1}, "x"),
    ({"tags": ["a"] * 21}, "tags"), ({"ends": "dün"}, "ends"), ({"sender": "x" * 17}, "sender"),
    ({"text": "x" * 20_001}, "text"), ({"template": 0}, "template"), ({"reason": "\0"}, "reason"),
])
def test_what_is_wrong_is_told_by_its_field(program: Program, more: dict[str, Any],
                                            field: str) -> None:
    body = {key: value for key, value in (BODY | more).items() if value is not None}
    answer = send(program, body)
    assert answer.status_code == 422, answer.text
    assert field in [one["field"] for one in answer.json["errors"]]


def test_a_template_of_another_company_does_not_exist(program: Program, place_b: Any) -> None:
    answer = send(program, {"channel": "MESAJ", "address": phone(24),
                            "template": template(place_b, NOTICE)})
    assert (answer.status_code, answer.json["code"]) == (404, "no_such_template")


def test_without_the_scope_and_at_a_dealer_that_may_not_send_nothing_goes(place: Any) -> None:
    whole_record(place)
    answer = send(Program(place, account(place, scopes=["messages:read"])), BODY)
    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")
    dealer = dealer_of(place)
    program = Program(place, account(place, brand=place.brand_id, dealer=dealer,
                                     scopes=["messages:send"]))
    answer = send(program, BODY)
    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")
    assert db.connection().execute("select count(*) from message where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (0,)


def test_a_dealers_program_sends_to_its_own_people_what_the_brand_published(place: Any) -> None:
    whole_record(place)
    let(place)
    dealer = dealer_of(place)
    program = Program(place, account(place, brand=place.brand_id, dealer=dealer,
                                     scopes=["messages:send", "messages:read"]))
    asked = {"channel": "MESAJ", "address": phone(61), "template": template(place, NOTICE)}
    answer = send(program, asked)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "other_dealer")
    take(place, phone(61), dealer_id=dealer)
    done = send(program, asked)
    assert done.status_code == 201, done.text
    assert program.call("GET", path=f"{PATH}/{done.json['id']}").status_code == 200
    other = Program(place, account(place, brand=place.brand_id, dealer=dealer_of(place, "Öteki"),
                                   scopes=["messages:read"]))
    assert other.call("GET", path=f"{PATH}/{done.json['id']}").status_code == 404
    own = send(program, BODY | {"address": phone(61)}, "k-2")
    assert (own.status_code, own.json["code"]) == (422, "dealer_exempt")


def test_a_kept_back_message_says_why(program: Program, place: Any,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.channels import quiet
    from ileti.consents.vocabulary import Status
    from tests.channels.test_send import Gateway
    from tests.singles.house import sent_by

    monkeypatch.setattr(quiet, "speaks_from", lambda moment, *_: moment)
    heard(place)
    consent(place, 25)
    said = send(program, {"channel": "MESAJ", "address": phone(25), "text": "Yeni mağazamız."})
    assert said.status_code == 201, said.text
    consent(place, 25, status=Status.RET, iys=None)
    sent_by(Gateway(), said.json["id"])
    told = program.call("GET", path=f"{PATH}/{said.json['id']}").json
    assert (told["state"], told["denial"]) == ("BLOCKED", "refused")
