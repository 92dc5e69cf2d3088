"""Explicit consents are told outward: once, of proven addresses, by numbers, never by person."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Standing
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from ileti.webhooks import acts, events
from ileti.webhooks.events import write_events
from tests.kvkk.house import Text, act, click, text
from tests.panel.people import restrict

DOC = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
BOTH = ["privacy.given", "privacy.withdrawn"]
ADDRESS = "+905991112233"


def webhook(place: Any, kinds: list[str]) -> int:
    return int(db.connection().execute(
        "insert into webhook (provider_id, name, url, events, secret, created_at) values "
        "(%s, 'CRM', 'https://crm.ornek.test/', %s, %s, now() - interval '1 day') returning id",
        (place.provider_id, kinds, secrets().keyring.encrypt_text("whs_x", "webhook-secret"))
    ).fetchone()[0])


@pytest.fixture
def hook(place: Any) -> int:
    return webhook(place, BOTH)


def told(hook: int) -> list[Any]:
    """What was written for an address, the oldest first."""
    write_events()
    return [json.loads(row[0]) for row in db.connection().execute(
        "select body from webhook_delivery where webhook_id = %s order by id", (hook,))]


def deed(place: Any, of: Text, what: Act, **more: Any) -> Any:
    done, some = record(click(place, **more), [act(of, what)])
    return done.submission_id, some[0]


def test_a_consent_and_its_withdrawal_are_told_once_and_by_numbers(place: Any, hook: int) -> None:
    of = text(place)
    submission, given = deed(place, of, Act.GIVEN)
    [first] = told(hook)
    assert (first["type"], first["brand"]["brandCode"]) == ("privacy.given", place.brand_code)
    assert first["data"]["record"] == record_number(given.entry_id)
    assert first["data"]["receipt"] == receipt_number(submission)
    assert first["data"]["text"] == {"title": "Başlık", "version": 1, "path": f"/n/{of.version}"}
    deed(place, of, Act.WITHDRAWN)
    both = told(hook)
    assert [one["type"] for one in both] == BOTH
    assert told(hook) == both
    assert ADDRESS[1:] not in str(both)
    assert "Nazlı" not in str(both)
    assert db.connection().execute(
        "select count(*) from outbox where topic = %s and provider_id = %s",
        (events.TOPIC, place.provider_id)).fetchone() == (2,)


def test_notices_and_addresses_nobody_proved_are_not_told(place: Any, hook: int) -> None:
    record(click(place), [act(text(place, "AYDINLATMA"), Act.READ)])
    deed(place, text(place), Act.GIVEN, standing=Standing.UNVERIFIED)
    assert told(hook) == []


def test_each_address_hears_what_it_chose_of_its_own_provider(
        place: Any, place_b: Any, hook: int) -> None:
    stops, other = webhook(place, ["privacy.withdrawn", "day.missing"]), webhook(place_b, BOTH)
    alarms = webhook(place, ["day.missing"])
    of = text(place)
    deed(place, of, Act.GIVEN)
    deed(place, of, Act.WITHDRAWN)
    assert len(told(hook)) == 2
    assert [one["type"] for one in told(stops)] == ["privacy.withdrawn"]
    assert told(other) == told(alarms) == []


@pytest.mark.attack
def test_of_a_restricted_person_withdrawals_are_told_alone(place: Any, hook: int) -> None:
    of = text(place)
    deed(place, of, Act.GIVEN)
    _, withdrawn = deed(place, of, Act.WITHDRAWN)
    restrict(place, withdrawn.recipient_id)
    assert [one["type"] for one in told(hook)] == ["privacy.withdrawn"]


def test_many_acts_are_told_page_by_page_and_a_killed_run_leaves_none_out(
        place: Any, hook: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(acts, "PAGE", 2)
    of = text(place)
    numbers = [record_number(deed(place, of, what)[1].entry_id)
               for what in (Act.GIVEN, Act.WITHDRAWN) * 3]
    real, pages = events.write_all, []

    def killed(conn: Any, some: Any) -> int:
        pages.append(some)
        if len(pages) == 2:
            raise Killed
        return real(conn, some)

    monkeypatch.setattr(events, "write_all", killed)
    with pytest.raises(Killed):
        write_events()
    monkeypatch.setattr(events, "write_all", real)
    assert [one["data"]["record"] for one in told(hook)] == numbers


@pytest.fixture
def move(database: str) -> Any:
    """Moves the moment of writing of a provider's newest act into the past."""
    def moved(place: Any, by: timedelta) -> None:
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute("update kvkk_entry set captured_at = captured_at - %s where id = "
                          "(select max(id) from kvkk_entry where provider_id = %s)",
                          (by, place.provider_id))
    return moved


def test_what_was_committed_late_is_told_too(place: Any, hook: int, move: Any) -> None:
    """Its moment of writing lies before that of an act that was told already."""
    of = text(place)
    deed(place, of, Act.GIVEN)
    assert len(told(hook)) == 1
    deed(place, of, Act.WITHDRAWN)
    move(place, timedelta(minutes=9))
    assert [one["type"] for one in told(hook)] == BOTH


def test_what_came_before_the_address_was_named_is_no_news(
        place: Any, hook: int, move: Any) -> None:
    deed(place, text(place), Act.GIVEN)
    move(place, timedelta(hours=25))
    assert told(hook) == []


def test_acts_are_read_off_their_index(place: Any, hook: int) -> None:
    with db.transaction() as conn:
        for other in ("seqscan", "sort", "bitmapscan"):  # small tables of a test tempt to them
            conn.execute(f"set local enable_{other} = off")
        plan = "\n".join(row[0] for row in psycopg.ClientCursor(conn).execute(
            "explain " + acts._FOUND, {
                "since": clock.now() - timedelta(days=2), "late": timedelta(minutes=10),
                "words": BOTH, "given": BOTH[0], "withdrawn": BOTH[1], "proven": 1, "page": 500,
                "at": clock.now() - timedelta(days=2), "id": 0, "hook": 0}).fetchall())
    assert "ix_kvkk_entry_consents" in plan


def test_every_event_is_documented_and_has_words_in_the_panel() -> None:
    from ileti.webhooks.views import KINDS

    said = set(re.findall(r"`([a-z]+\.[a-z_]+)`", DOC.read_text()))
    assert set(events.KINDS) <= said
    assert set(events.KINDS) < set(KINDS)
