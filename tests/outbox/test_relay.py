"""Claim, release, close and park: what must be told outside is told by one worker at a time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ileti.core import db
from ileti.outbox import relay

TOPIC = 2
_numbers = itertools.count(10**12)  # far from the ids of real messages


def put(place: Any, *, key: int | None = None, after: int | None = None) -> int:
    ref = next(_numbers)
    db.connection().execute(
        "insert into outbox (provider_id, topic, ref_id, ref_at, order_key, after_id, brand_id) "
        "values (%s, %s, %s, now(), %s, %s, %s)",
        (place.provider_id, TOPIC, ref, ref if key is None else key, after, place.brand_id))
    return ref


def claim(place: Any, limit: int = 100, **more: Any) -> list[relay.Claimed]:
    with db.transaction() as conn:
        return relay.claim(conn, topic=TOPIC, provider_id=place.provider_id,
                           brand_id=place.brand_id, limit=limit, **more)


def named(rows: list[relay.Claimed]) -> dict[str, Any]:
    return {"topic": TOPIC, "rows": [(row.ref_id, row.fence) for row in rows]}


def let_time_pass(place: Any) -> None:
    db.connection().execute(
        "update outbox set next_at = now() - interval '1 second' where provider_id = %s",
        (place.provider_id,))


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(place: Any) -> None:
    put(place)
    assert len(claim(place)) == 1
    assert claim(place) == []
    let_time_pass(place)
    assert [row.fence for row in claim(place)] == [2]


def test_the_oldest_come_first_and_no_more_than_asked(place: Any, place_b: Any) -> None:
    refs = [put(place) for _ in range(5)]
    put(place_b)
    assert [row.ref_id for row in claim(place, limit=3)] == refs[:3]


def test_one_key_is_never_claimed_twice_at_once(place: Any) -> None:
    first, _ = put(place, key=7), put(place, key=7)
    assert [row.ref_id for row in claim(place)] == [first]


def test_a_row_waits_for_its_predecessor(place: Any) -> None:
    first = put(place)
    second = put(place, after=first)
    rows = claim(place)
    assert [row.ref_id for row in rows] == [first]
    relay.close(db.connection(), provider_id=place.provider_id, **named(rows))
    assert [row.ref_id for row in claim(place)] == [second]


def test_a_parked_predecessor_holds_up_nobody(place: Any) -> None:
    first = put(place)
    second = put(place, after=first)
    relay.park(db.connection(), provider_id=place.provider_id, reason="Bayi kodu yok.",
               **named(claim(place)))
    assert [row.ref_id for row in claim(place)] == [second]


def test_a_worker_that_lost_its_claim_can_neither_close_nor_release(place: Any) -> None:
    put(place)
    late = claim(place)
    let_time_pass(place)
    claim(place)
    conn = db.connection()
    assert relay.close(conn, provider_id=place.provider_id, **named(late)) == 0
    assert relay.release(conn, provider_id=place.provider_id, delay=0, **named(late)) == 0


def test_a_released_row_comes_back_after_its_delay_and_counts(place: Any) -> None:
    put(place)
    relay.release(db.connection(), provider_id=place.provider_id, delay=60, reason="away",
                  **named(claim(place)))
    assert claim(place) == []
    let_time_pass(place)
    assert [row.tries for row in claim(place)] == [1]


def test_a_parked_row_shows_its_reason_and_can_be_revived(place: Any) -> None:
    ref = put(place)
    relay.park(db.connection(), provider_id=place.provider_id, reason="Bayi kodu yok.",
               **named(claim(place)))
    assert relay.depth(db.connection(), topic=TOPIC, provider_id=place.provider_id).dead == 1
    relay.revive(db.connection(), topic=TOPIC, provider_id=place.provider_id, ref_ids=[ref])
    assert [row.ref_id for row in claim(place)] == [ref]


def test_depth_and_age_are_told(place: Any) -> None:
    for _ in range(3):
        put(place)
    claim(place, limit=1, batch_id=99)
    depth = relay.depth(db.connection(), topic=TOPIC, provider_id=place.provider_id)
    assert (depth.waiting, depth.in_flight, depth.dead) == (2, 1, 0)
    assert 0 <= depth.oldest_seconds < 60


@pytest.mark.parametrize(("tries", "least", "most"), [
    (0, 1.6, 2.4), (3, 12.8, 19.2), (9, 720, 900), (40, 720, 900),
])
def test_the_delay_doubles_up_to_fifteen_minutes(tries: int, least: float, most: float) -> None:
    assert least <= relay.delay_after(tries) <= most
