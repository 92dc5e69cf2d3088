"""What İYS did not get in time is marked, a part at a time, and nobody waits for it (R-33)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ileti.consents import jobs
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.core import clock, db

DAY = timedelta(days=1)


def take(place: Any, count: int, *, late: bool, status: Status = Status.ONAY,
         first: int = 0) -> list[int]:
    """So many waiting records; their recipients' ids."""
    moment = clock.whole_second(clock.now()) - 5 * DAY
    due = clock.now() + (-DAY if late else DAY)
    items = [NewConsent(f"+90599{4_000_000 + first + n}", Channel.MESAJ, status, moment, due_at=due)
             for n in range(count)]
    with db.transaction() as conn:
        done = record_chunk(conn, NewSubmission(place, f"t:{uuid4()}", hash_body(items),
                                                Source.HS_WEB, Standing.VERIFIED, items))
    return [item.recipient_id for item in done.items]


def marked(place: Any) -> set[int]:
    return {row[0] for row in db.connection().execute(
        "select recipient_id from consent_state where provider_id = %s and iys_status = %s",
        (place.provider_id, int(IysStatus.OVERDUE))).fetchall()}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "PART", 7)


def test_late_consents_are_marked_part_by_part_and_nothing_else_r33(
    place: Any, place_b: Any
) -> None:
    late = take(place, 20, late=True)
    take(place, 5, late=False, first=20)
    take(place, 5, late=True, status=Status.RET, first=30)
    others = take(place_b, 3, late=True)
    jobs.mark_overdue()
    assert (marked(place), marked(place_b)) == (set(late), set(others))


def test_marking_twice_marks_nothing_more(place: Any) -> None:
    take(place, 9, late=True)
    jobs.mark_overdue()
    assert jobs.mark_overdue() == {"overdue": 0}


def test_what_is_in_a_batch_is_left_to_its_answer(place: Any) -> None:
    take(place, 4, late=True)
    db.connection().execute("update outbox set batch_id = 77 where provider_id = %s",
                            (place.provider_id,))
    jobs.mark_overdue()
    assert marked(place) == set()


def test_a_state_somebody_holds_is_left_to_the_next_minute(place: Any, database: str) -> None:
    late = take(place, 10, late=True)
    with psycopg.connect(database) as other:
        other.execute("select from consent_state where provider_id = %s and recipient_id = %s "
                      "for update", (place.provider_id, late[0]))
        jobs.mark_overdue()
        assert marked(place) == set(late[1:])
    jobs.mark_overdue()
    assert marked(place) == set(late)
