"""A person's bundle holds what was sent to them, İYS's word and what held, as far as one sees."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from ileti.channels import messagepack, personpack
from ileti.consents.moments import Reach
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.kvkk.vocabulary import Act
from tests.channels.test_packs import (  # noqa: F401 (fixtures)
    PHONE,
    _push_request_context,
    files_of,
    gateway,
    sent_for,
    story,
)
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import text
from tests.panel.people import dealer_of, take
from tests.panel.test_kvkk_pages import did


@pytest.fixture
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles without their PDF."""
    monkeypatch.setattr("ileti.consents.bundle._pages", lambda _made: {})


def test_what_was_sent_stands_with_what_it_relied_on_and_iyss_answers(
        place: Any, story: dict[str, Any], no_pages: None) -> None:  # noqa: F811
    files = files_of(personpack.build(Reach(place.provider_id), story["recipient"]))
    assert json.loads(files["bundle.json"])["records"] == [
        record_number(story["entry"]), record_number(story["refusal"])]
    sent = json.loads(files["messages/0001.json"])
    assert (sent["to"], sent["tellsOf"]) == (PHONE, [record_number(story["entry"])])
    said = json.loads(files["person.json"])
    assert [one["message"] for one in said["messages"]] == [
        messagepack.number_of(story["message"])]
    assert [one["status"] for one in said["states"]] == ["RET"]
    assert said["acts"] == []
    assert f"iys/{record_number(story['entry'])}.json" in files


def test_of_very_many_messages_the_newest_are_here_and_it_is_said(
        place: Any, story: dict[str, Any], no_pages: None,  # noqa: F811
        monkeypatch: pytest.MonkeyPatch) -> None:
    last = db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key) "
        "select provider_id, brand_id, recipient_id, channel, kind, content_key from message "
        "where id = %s returning id", (story["message"],)).fetchone()[0]  # type: ignore[index]
    monkeypatch.setattr(personpack, "MOST_MESSAGES", 1)
    files = files_of(personpack.build(Reach(place.provider_id), story["recipient"]))
    said = json.loads(files["person.json"])
    assert ([one["message"] for one in said["messages"]], said["moreMessages"]) == (
        [messagepack.number_of(last)], True)


@pytest.mark.attack
def test_a_dealer_gets_the_messages_of_its_own_clicks(
        place: Any, gateway: Any, no_pages: None) -> None:  # noqa: F811
    mine, other = dealer_of(place), dealer_of(place)
    own, theirs = (take(place, PHONE, dealer_id=one) for one in (mine, other))
    message, _foreign = sent_for(place, own), sent_for(place, theirs)
    seal_all()
    files = files_of(personpack.build(Reach(place.provider_id, place.brand_id, mine),
                                      own.items[0].recipient_id))
    assert [json.loads(content)["message"] for name, content in files.items()
            if name.startswith("messages/")] == [messagepack.number_of(message)]
    everything = b"".join(content for name, content in files.items() if name != "verify.py")
    assert record_number(theirs.items[0].entry_id).encode() not in everything


def test_more_records_and_messages_cost_no_more_statements(
        place: Any, gateway: Any, no_pages: None,  # noqa: F811
        monkeypatch: pytest.MonkeyPatch) -> None:
    done, asked = take(place, PHONE), list[str]()
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query)[:60])
        return real(self, query, *more, **named)

    def statements() -> int:
        seal_all()
        monkeypatch.setattr(psycopg.Connection, "execute", execute)
        asked.clear()
        personpack.build(Reach(place.provider_id), done.items[0].recipient_id)
        monkeypatch.undo()
        monkeypatch.setattr("ileti.consents.bundle._pages", lambda _made: {})
        return len(asked)

    rıza = text(place)
    did(place, text(place, "AYDINLATMA"), Act.READ, address=PHONE)
    did(place, rıza, Act.GIVEN, address=PHONE)
    sent_for(place, done)
    one, seals = statements(), _seals()
    for n in range(4):
        did(place, rıza, Act.WITHDRAWN if n % 2 else Act.GIVEN, address=PHONE, ago=40 - n)
        take(place, PHONE, refusal=bool(n % 2))
        sent_for(place, done)
    more = statements()
    # the leaves below a further seal are read for either ledger, seven statements each; nothing is
    # asked for each record
    assert more - one <= 14 * (_seals() - seals), asked


def _seals() -> int:
    return db.connection().execute("select count(*) from seal").fetchone()[0]  # type: ignore[index]
