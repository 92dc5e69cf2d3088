"""Texts, messages, acts about personal data and data subjects' requests, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ileti.api import acts, scoped
from ileti.core import clock, db
from ileti.documents.vocabulary import ONE_PURPOSE
from tests.panel.people import take

from .api_house import Program, account
from .resource_house import EVERY, PHONE, get, post


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may everything of its provider."""
    return Program(place, account(place, brings=False, scopes=EVERY))


# -- texts, messages, requests, acts ---------------------------------------------------------------


def test_messages_are_listed_without_what_they_said(program: Program, place: Any) -> None:
    done = take(place, PHONE)
    db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind, "
        "content_key) values (%s, %s, %s, %s, 2, 2, 0)",
        (place.provider_id, place.brand_id, done.items[0].recipient_id, done.submission_id))
    [one] = get(program, "/messages").json["items"]
    assert (one["kind"], one["channel"]) == ("CONFIRMATION", "MESAJ")
    assert "•" in one["address"]
    assert get(program, "/messages", channel="ARAMA").json["items"] == []


REQUEST = {"way": "EMAIL", "person": {"name": "Ayşe Örnek", "email": "ayse@ornek.com.tr"},
           "rights": ["LEARN"], "wish": "Hangi veriler var?\nNereden?"}


def test_a_request_is_opened_once_and_its_clock_runs_from_its_arrival(
        program: Program, place: Any) -> None:
    body = REQUEST | {"receivedAt": (clock.now() - timedelta(days=3)).isoformat()}
    made, again = (post(program, "/requests", body) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.text
    assert made.json["number"] == again.json["number"]
    assert made.json["daysLeft"] in (26, 27)
    [listed] = get(program, "/requests").json["items"]
    assert listed["rights"] == ["LEARN"]
    assert get(program, f"/requests/{listed['number']}").json == listed
    assert "Ayşe" not in get(program, "/requests").text


@pytest.mark.parametrize(("more", "field"), [
    ({"way": "FORM"}, "way"), ({"receivedAt": "2020-01-01T00:00:00+03:00"}, "receivedAt"),
    ({"person": {}}, "person.name"), ({"rights": [], "wish": ""}, "rights"),
    ({"wish": None}, "wish"),
    ({"person": {"name": "A", "tckn": "1"}}, "person.tckn"), ({"person": None}, "person"),
    ({"person": {"x": "1"}}, "person.x")])
def test_a_request_that_is_wrong_is_told_by_field(program: Program, more: Any, field: str) -> None:
    body = REQUEST | {"receivedAt": clock.now().isoformat()} | more
    answer = post(program, "/requests", body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field), answer.text


Published = Callable[..., tuple[int, int]]


@pytest.fixture
def publish(place: Any) -> Published:
    """A published text, in force since yesterday or so many ``days`` from now; its document's and
    its version's number. An explicit consent is asked for on the ground of consent alone."""
    def made(kind: str, body: str = "Metin", *, days: int = -1, ground: str = "RIZA",
             **more: Any) -> tuple[int, int]:
        conn = db.connection()
        text = conn.execute(
            "insert into document (provider_id, brand_id, kind, channel, name) "
            "values (%s, %s, %s, %s, %s) returning id",
            (place.provider_id, place.brand_id, kind, more.get("channel"), kind)).fetchone()[0]
        version = conn.execute(
            "insert into document_version (provider_id, document_id, language, version, title, "
            "body, content_hash, published_at, effective_from, purposes) values (%s, %s, 'tr', 1, "
            "%s, %s, sha256(%s::bytea), now() - interval '1 day', now() + %s, %s) returning id",
            (place.provider_id, text, kind, body, body.encode(), timedelta(days),
             json.dumps([{"id": -text, "ground": ground}] if kind in ONE_PURPOSE else []))
        ).fetchone()[0]
        return text, version
    return made


def test_texts_on_show_are_read_with_their_versions(
        program: Program, publish: Published) -> None:
    text, version = publish("ETK_ONAYI", channel=2)
    [one] = get(program, "/documents").json["items"]
    assert (one["textId"], one["channel"]) == (version, "MESAJ")
    assert get(program, f"/documents/{text}").json["versions"][0]["textId"] == version
    assert get(program, "/documents/999999999").status_code == 404


def test_acts_are_taken_with_the_notice_first_and_withdrawn_at_once(
        program: Program, publish: Published, place: Any) -> None:
    _, notice = publish("AYDINLATMA")
    _, consent = publish("ACIK_RIZA")
    body = {"address": PHONE, "source": "HS_WEB", "name": "Ayşe Örnek",
            "notice": {"textId": notice, "extent": "TO_THE_END", "read": True},
            "answers": [{"textId": consent, "given": True}]}
    made, again = (post(program, "/acts", body) for _ in range(2))
    assert made.status_code == 201, made.text
    assert made.json == again.json
    without = post(program, "/acts", {k: v for k, v in body.items() if k != "notice"}, "k2")
    assert without.json["errors"][0]["field"] == "notice"
    back = post(program, "/acts", {"address": PHONE, "source": "HS_EPOSTA",
                                   "answers": [{"textId": consent, "given": False}]}, "k3")
    assert back.status_code == 201, back.text
    standing = db.connection().execute(
        "select act from kvkk_state where provider_id = %s and text_id = %s",
        (place.provider_id, consent)).fetchone()[0]
    assert standing == 4
    listed = [one["act"] for one in get(program, "/acts").json["items"]]
    assert listed[-2:] == ["GIVEN", "READ"]
    assert set(listed[:-2]) == {"WITHDRAWN"}
    assert post(program, "/acts", {"address": PHONE, "source": "HS_WEB"}, "k4").status_code == 422


def refused(program: Program, notice: int, consent: int, **more: Any) -> list[tuple[str, str]]:
    """What is said against a consent on these texts."""
    answer = post(program, "/acts", {
        "address": PHONE, "source": "HS_WEB", "name": "Ayşe Örnek",
        "notice": {"textId": notice, "extent": "TO_THE_END", "read": True},
        "answers": [{"textId": consent, "given": True}]} | more, uuid4().hex)
    return [(one["field"], one["code"]) for one in (answer.json or {}).get("errors", ())]


def test_r60_an_act_is_on_a_text_that_was_on_show_when_it_was_done(
        program: Program, publish: Published, place: Any) -> None:
    (_, notice), (_, consent) = publish("AYDINLATMA"), publish("ACIK_RIZA")
    long_ago = (clock.now() - timedelta(days=300)).isoformat()
    assert refused(program, notice, consent, at=long_ago) == [
        ("notice.textId", "not_on_show"), ("answers", "not_on_show")]
    _, coming = publish("ACIK_RIZA", "Gelecek", days=30)
    _, other = publish("ACIK_RIZA", "Sözleşme", ground="SOZLESME")
    for one in (coming, other):
        assert refused(program, notice, one) == [("answers", "not_on_show")]
    assert refused(program, notice, consent) == []


def test_a_text_that_was_taken_off_long_ago_is_on_no_page_any_more(
        program: Program, publish: Published, place: Any) -> None:
    (_, notice), (document, consent) = publish("AYDINLATMA"), publish("ACIK_RIZA")
    retire = ("insert into document_event (provider_id, document_id, kind, at, reason) "
              "values (%s, %s, 'RETIRED', now() - %s, 'x')")
    db.connection().execute(retire, (place.provider_id, document, timedelta(hours=2)))
    assert refused(program, notice, consent) == []  # a page may have been open for as long
    at = (clock.now() + timedelta(days=2)).isoformat()
    with clock.freeze(clock.now() + timedelta(days=3)):
        assert refused(program, notice, consent, at=at) == [("answers", "not_on_show")]
        back = post(program, "/acts", {"address": PHONE, "source": "HS_WEB", "answers": [
            {"textId": consent, "given": False}]}, uuid4().hex)
    assert back.status_code == 201, back.text


def test_a_repeat_is_the_same_though_the_text_is_gone_meanwhile(
        program: Program, publish: Published, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, notice), (document, consent) = publish("AYDINLATMA"), publish("ACIK_RIZA")
    body = {"address": PHONE, "source": "HS_WEB", "name": "Ayşe Örnek",
            "at": clock.now().isoformat(),
            "notice": {"textId": notice, "extent": "TO_THE_END", "read": True},
            "answers": [{"textId": consent, "given": True}]}
    first = post(program, "/acts", body, "once")
    db.connection().execute(
        "insert into document_event (provider_id, document_id, kind, at, reason) "
        "values (%s, %s, 'RETIRED', now() - interval '1 hour', 'x')",
        (place.provider_id, document))
    monkeypatch.setattr(acts, "_KEPT", timedelta())
    assert refused(program, notice, consent) == [("answers", "not_on_show")]
    again = post(program, "/acts", body, "once")
    assert (first.status_code, again.json) == (201, first.json)
