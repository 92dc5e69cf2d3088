"""Mails of the house on their way: nothing twice, nothing for ever, and nothing lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.post import Post, Unsendable
from ileti.consents.vocabulary import Channel
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import StorageAway

TOPIC = 91
BESIDE = "select t.provider_id, t.ref_id, t.fence, t.tries, null::timestamptz from taken t"


@dataclass(frozen=True)
class Row:
    """What a room would read."""

    provider_id: int
    id: int
    fence: int
    tries: int
    sent_at: datetime | None


class Room:
    """A room with one mail that waits, and what became of it."""

    def __init__(self, conn: Any, place: Any, answer: Answer) -> None:
        self.conn, self.place, self.answer = conn, place, answer
        self.name, self.said, self.handed = "room", [], 0
        conn.execute("insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id) "
                     "values (%s, %s, 1, now(), 1, %s)", (place.provider_id, TOPIC, place.brand_id))

    def send(self, _message: Envelope) -> Answer:
        """As a gateway."""
        self.handed += 1
        return self.answer

    def run(self, **changed: Callable[..., Any]) -> dict[str, int]:
        """One round of the post."""
        return Post(**{  # type: ignore[arg-type]
            "topic": TOPIC, "name": "room", "beside": BESIDE, "read": Row,
            "compose": lambda one: Envelope(one.id, Channel.EPOSTA, "a@ornek.test", "S", "T"),
            "sent": lambda *told: self.said.append(("sent", *told[2:])),
            "left_out": lambda *told: self.said.append(("left out", *told[2:]))} | changed).send(1)

    def waits(self) -> tuple[int, str | None] | None:
        """Tries and reason of the row, None when it is closed."""
        found: tuple[int, str | None] | None = self.conn.execute(
            "select tries, reason from outbox where provider_id = %s and topic = %s",
            (self.place.provider_id, TOPIC)).fetchone()
        return found


@pytest.fixture
def room(conn: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a room whose gateway gives this answer."""
    conn.execute("delete from outbox where topic = %s", (TOPIC,))

    def make(answer: Answer) -> Room:
        made = Room(conn, place, answer)
        monkeypatch.setattr("ileti.channels.post.gateway_for", lambda *_: made)
        return made
    return make


def test_a_mail_that_was_taken_is_noted_and_closed(room: Any) -> None:
    one = room(Sent("id-7"))
    assert one.run() == {"sent": 1}
    assert one.run() == {}
    assert (one.said, one.handed, one.waits()) == ([("sent", "room", "id-7")], 1, None)


def test_what_failed_for_now_is_tried_again_until_the_last_try(room: Any) -> None:
    one = room(Retry("full"))
    assert one.run() == {"retry": 1}
    assert one.waits() == (1, "full")
    one.conn.execute("update outbox set tries = 11, next_at = now() where topic = %s", (TOPIC,))
    assert one.run() == {"left_out": 1}
    assert (one.said, one.waits()) == ([("left out", "full")], None)


@pytest.mark.parametrize(("fault", "reason"), [
    (Unsendable("gone"), "gone"), (CannotDecrypt(), "The mail cannot be opened: CannotDecrypt")])
def test_what_cannot_be_composed_is_left_out_with_its_reason(
        room: Any, fault: Exception, reason: str) -> None:
    one = room(Sent())

    def compose(_one: Row) -> Envelope:
        raise fault
    assert one.run(compose=compose) == {"left_out": 1}
    assert (one.said, one.handed, one.waits()) == ([("left out", reason)], 0, None)


def test_a_refused_mail_is_not_tried_again(room: Any) -> None:
    one = room(Refused("no such box"))
    assert one.run() == {"left_out": 1}
    assert one.said == [("left out", "no such box")]


def test_a_mail_whose_file_cannot_be_read_now_waits(room: Any) -> None:
    one = room(Sent())

    def compose(_one: Row) -> Envelope:
        raise StorageAway()
    assert one.run(compose=compose) == {"retry": 1}
    assert one.waits() is not None


def test_a_mail_that_went_out_is_closed_even_when_its_end_cannot_be_noted(room: Any) -> None:
    """The key of what hangs on it is gone: it went out again after each lease, for ever."""
    one = room(Sent())

    def sent(*_told: Any) -> None:
        raise CannotDecrypt()
    assert one.run(sent=sent) == {"sent": 1}
    assert one.waits() is None
    assert one.run() == {}
    assert one.handed == 1


def test_a_mail_that_may_have_gone_out_goes_once_more_and_not_twelve_times(room: Any) -> None:
    one = room(Retry("no answer to the dot", doubt=True))
    assert one.run() == {"retry": 1}
    one.conn.execute("update outbox set next_at = now() where topic = %s", (TOPIC,))
    assert one.run() == {"left_out": 1}
    assert (one.handed, one.said) == (2, [("left out", "In doubt: no answer to the dot")])


def test_a_job_whose_time_is_up_ends_in_the_middle_of_a_mail(room: Any) -> None:
    one = room(Sent())

    def hang(_message: Envelope) -> Answer:
        raise JobTimeoutException

    one.send = hang
    with pytest.raises(JobTimeoutException):
        one.run()
    assert one.waits() is not None
