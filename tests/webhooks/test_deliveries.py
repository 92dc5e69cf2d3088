"""Alarms arrive signed, once per id, again and again until they do, and name no person."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from receiver_house import NAME

from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.iys.alarms import raise_alarms
from ileti.webhooks import events
from ileti.webhooks.event import Event
from ileti.webhooks.events import KINDS, TOPIC, write_events
from ileti.webhooks.send import MOST_TRIES, send_again, send_deliveries

SECRET = "whs_deneme"
DOC = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


@pytest.fixture
def hook(place: Any, receiver: Any) -> int:
    """A webhook of this place that wants everything; what other tests left to send is not sent, so
    that counts are this test's own."""
    db.connection().execute("delete from outbox where topic = %s", (TOPIC,))
    return int(db.connection().execute(
        "insert into webhook (provider_id, name, url, events, secret) values "
        "(%s, 'Kayıt', %s, %s, %s) returning id",
        (place.provider_id, receiver.url, list(KINDS),
         secrets().keyring.encrypt_text(SECRET, "webhook-secret"))).fetchone()[0])


def event(place: Any, mark: str = "1") -> Event:
    return Event(place.provider_id, place.iys_code, "pull.silent", mark, clock.now(), "Defne Ev")


def tell(place: Any, hook: int, mark: str = "1") -> None:
    with db.transaction() as conn:
        events.write(conn, hook, event(place, mark))


def row(hook: int) -> tuple[Any, ...]:
    return db.connection().execute(
        "select sent_at is not null, status, problem, tries, dead from webhook_delivery "
        "where webhook_id = %s order by id desc limit 1", (hook,)).fetchone()


def due(place: Any) -> None:
    db.connection().execute("update outbox set next_at = now() where topic = %s "
                            "and provider_id = %s", (TOPIC, place.provider_id))


def example() -> Any:
    """``is_ours`` as docs/webhooks.md prints it."""
    code = re.search(r"```python\n(.*?)```", DOC.read_text(), re.S)
    assert code is not None
    room: dict[str, Any] = {}
    exec(code[1], room)
    return room["is_ours"]


def test_the_printed_example_takes_our_calls_and_no_others(
    place: Any, hook: int, receiver: Any
) -> None:
    tell(place, hook)
    assert send_deliveries() == {"sent": 1}
    (path, headers, body), = receiver.calls
    is_ours = example()
    assert path == "/ileti?a=1"
    assert headers["Host"] == f"{NAME}:{receiver.port}"
    assert is_ours(SECRET, headers, body)
    assert not is_ours("whs_other", headers, body)
    assert not is_ours(SECRET, headers, body + b" ")
    assert not is_ours(SECRET, headers | {"Ileti-Webhook-Timestamp": "1700000000"}, body)
    assert json.loads(body)["id"] == headers["Ileti-Webhook-Id"] == event(place).id
    assert row(hook) == (True, 200, None, 1, False)


def test_one_event_is_written_and_sent_once(place: Any, hook: int, receiver: Any) -> None:
    for _ in range(3):
        tell(place, hook)
    send_deliveries()
    due(place)
    send_deliveries()
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(("status", "said"), [
    (500, "HTTP 500"), (404, "HTTP 404"), (302, "HTTP 302: redirects are not followed.")])
def test_what_fails_comes_back_later_under_the_same_id(
    place: Any, hook: int, receiver: Any, status: int, said: str
) -> None:
    receiver.answers = [status, 204]
    tell(place, hook)
    assert send_deliveries() == {"retry": 1}
    assert row(hook) == (False, status, said, 1, False)
    assert send_deliveries() == {}
    due(place)
    assert send_deliveries() == {"sent": 1}
    first, second = (headers["Ileti-Webhook-Id"] for _, headers, _ in receiver.calls)
    assert first == second
    assert row(hook) == (True, 204, None, 2, False)


def test_what_stays_hopeless_is_given_up_and_can_be_sent_again(
    place: Any, hook: int, receiver: Any
) -> None:
    receiver.answers = [503]
    tell(place, hook)
    db.connection().execute("update outbox set tries = %s where topic = %s and provider_id = %s",
                            (MOST_TRIES - 1, TOPIC, place.provider_id))
    assert send_deliveries() == {"parked": 1}
    assert row(hook) == (False, 503, "HTTP 503", MOST_TRIES, True)
    receiver.answers = [200]
    number, = db.connection().execute("select id from webhook_delivery where webhook_id = %s",
                                      (hook,)).fetchone()
    assert send_again(place.provider_id, number)
    assert not send_again(place.provider_id + 1, number)
    assert send_deliveries() == {"sent": 1}
    assert row(hook)[0]


def test_gone_is_gone_at_once(place: Any, hook: int, receiver: Any) -> None:
    receiver.answers = [410]
    tell(place, hook)
    assert send_deliveries() == {"parked": 1}
    assert row(hook)[4]


def test_a_name_that_changes_its_mind_or_another_ones_certificate_gets_nothing(
    place: Any, hook: int, receiver: Any, names: Any
) -> None:
    names[NAME] = ["169.254.169.254"]
    tell(place, hook)
    assert send_deliveries() == {"retry": 1}
    assert row(hook)[2] == "The name leads to an address that is not public."
    names["baska.ornek.test"] = ["127.0.0.1"]
    db.connection().execute("update webhook set url = %s where id = %s",
                            (receiver.url.replace(NAME, "baska.ornek.test"), hook))
    due(place)
    assert send_deliveries() == {"retry": 1}
    assert row(hook)[2] == "No answer (ConnectError)."
    assert receiver.calls == []


def test_a_deadline_alarm_is_told_to_its_provider_alone_and_names_no_person(
    place: Any, place_b: Any, hook: int, receiver: Any
) -> None:
    from iys_house import take

    phone, now = "+905997000000", clock.now()
    for where in (place, place_b):
        take(where, [phone], at=now - timedelta(days=3), due=now + timedelta(hours=2))
    raise_alarms()
    assert write_events()["written"] >= 1
    assert write_events()["written"] == 0
    send_deliveries()
    told = [json.loads(body) for _, _, body in receiver.calls]
    assert {one["provider"]["iysCode"] for one in told} == {place.iys_code}
    alarm = next(one for one in told if one["type"] == "deadline.four_fifths")
    assert (alarm["brand"]["brandCode"], alarm["data"]["records"]) == (place.brand_code, 1)
    assert all(phone not in body.decode() and "7000000" not in body.decode()
               for _, _, body in receiver.calls)


def test_a_gap_is_told_when_it_begins_and_when_it_is_over(
    place: Any, hook: int, receiver: Any
) -> None:
    db.connection().execute(
        "update provider set iys_username = 'x', iys_password = '1.eA==' where id = %s",
        (place.provider_id,))

    def kinds_after(change: str) -> list[str]:
        db.connection().execute(f"update iys_cursor set {change} where provider_id = %s",
                                (place.provider_id,))
        write_events()
        write_events()
        before = len(receiver.calls)
        send_deliveries()
        return [json.loads(body)["type"] for _, _, body in receiver.calls[before:]]

    assert kinds_after("pulled_at = now()") == []
    assert kinds_after("pulled_at = now() - interval '30 hours'") == ["pull.silent"]
    assert kinds_after("gap_since = now() - interval '6 days'") == ["check.started"]
    assert kinds_after("gap_since = null, pulled_at = now()") == ["check.finished"]


def test_nothing_is_sent_without_a_secret_or_switched_off(
    place: Any, hook: int, receiver: Any
) -> None:
    db.connection().execute("update webhook set active = false where id = %s", (hook,))
    tell(place, hook)
    assert send_deliveries() == {"parked": 1}
    assert receiver.calls == []


@pytest.mark.parametrize("kept", ["2.eA==", "no number at all"])
def test_a_secret_that_cannot_be_opened_stops_its_own_delivery_and_no_other(
    place: Any, hook: int, receiver: Any, kept: str
) -> None:
    conn = db.connection()
    conn.execute("update webhook set secret = %s where id = %s", (kept, hook))
    tell(place, hook)
    assert send_deliveries() == {"parked": 1}
    assert receiver.calls == []
    assert row(hook)[2] == "The secret cannot be opened; make a new one."
    conn.execute("update webhook set secret = null where id = %s", (hook,))


def test_an_alarm_that_was_told_costs_no_transaction_again(
    place: Any, hook: int, receiver: Any, monkeypatch: Any
) -> None:
    db.connection().execute("update webhook set events = %s where id = %s",
                            (["pull.silent"], hook))
    db.connection().execute(
        "update provider set iys_username = 'x', iys_password = '1.eA==' where id = %s",
        (place.provider_id,))
    db.connection().execute("update iys_cursor set pulled_at = now() - interval '30 hours' "
                            "where provider_id = %s", (place.provider_id,))
    assert write_events()["written"] >= 1
    written: list[Any] = []
    monkeypatch.setattr("ileti.webhooks.events.write",
                        lambda conn, number, event: written.append(number) or 0)
    write_events()
    assert hook not in written
