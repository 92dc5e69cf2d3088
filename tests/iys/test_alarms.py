"""Waiting records speak when half, four fifths and all of their time is gone; once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from iys_house import forward, no_redis, phones, take

from ileti.core import clock, jobs
from ileti.core.jobs import redis_client
from ileti.iys import alarms

SPAN = timedelta(hours=100)


def waiting(shop: Any, gone: float, count: int = 3, first: int = 0) -> None:
    """Records that have used up so much of their time (0.5 = half)."""
    taken = clock.whole_second(clock.now() - SPAN * gone)
    take(shop, phones(count, first), at=taken, due=taken + SPAN)


def told(shop: Any) -> list[tuple[int, int]]:
    return [(int(one.level), one.count) for one in alarms.open_alarms(shop.provider_id)]


@pytest.mark.parametrize(("gone", "level"), [(0.51, 50), (0.79, 50), (0.81, 80), (1.01, 100)])
def test_a_group_is_at_the_level_its_time_has_reached(shop: Any, gone: float, level: int) -> None:
    waiting(shop, gone)
    assert told(shop) == [(level, 3)]


def test_fresh_records_and_registered_ones_are_silent(shop: Any) -> None:
    waiting(shop, 0.4)
    assert told(shop) == []
    waiting(shop, 0.6, first=50)
    forward(shop)
    assert told(shop) == []


def test_each_brand_and_deadline_is_a_group_of_its_own(shop: Any) -> None:
    waiting(shop, 0.9, count=2)
    waiting(shop, 0.6, count=4, first=50)
    assert told(shop) == [(80, 2), (50, 4)]


def test_a_level_is_written_once_and_the_next_one_again(shop: Any) -> None:
    waiting(shop, 0.6)
    alarms.raise_alarms()
    assert alarms.raise_alarms() == {"alarms": 0}
    with clock.freeze(clock.now() + SPAN * 0.25):
        assert alarms.raise_alarms()["alarms"] >= 1
        assert alarms.raise_alarms() == {"alarms": 0}
    with clock.freeze(clock.now() + SPAN * 0.5):
        assert alarms.raise_alarms()["alarms"] >= 1


def test_neither_another_worker_nor_a_flushed_redis_says_it_again(shop: Any) -> None:
    waiting(shop, 0.6)
    alarms.raise_alarms()
    redis_client().flushdb()
    assert alarms.raise_alarms() == {"alarms": 0}


def test_without_redis_it_is_said_once_all_the_same(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "redis_client", no_redis)
    waiting(shop, 0.6)
    assert alarms.raise_alarms()["alarms"] >= 1
    assert alarms.raise_alarms() == {"alarms": 0}


def test_an_alarm_keeps_how_many_wait_for_a_person(shop: Any, conn: Any) -> None:
    waiting(shop, 0.85, count=4)
    conn.execute("update outbox set dead_at = now() where provider_id = %s and ref_id in "
                 "(select min(ref_id) from outbox where provider_id = %s)",
                 (shop.provider_id, shop.provider_id))
    alarms.raise_alarms()
    row = conn.execute("select level, number, stopped, told_at from deadline_alarm "
                       "where provider_id = %s", (shop.provider_id,)).fetchone()
    assert row == (80, 4, 1, None)


def test_the_metrics_count_records_by_level(shop: Any) -> None:
    before = alarms.metrics()
    waiting(shop, 0.85, count=7)
    after = alarms.metrics()
    name = "ileti_iys_deadline_80_percent"
    assert after[name] - before[name] == 7


def test_doctor_names_brand_deadline_and_what_to_do(shop: Any, conn: Any) -> None:
    from ileti.cli.doctor import _deadlines

    conn.execute("update brand set name = 'Kavak Ev' where id = %s", (shop.brand_id,))
    waiting(shop, 1.2)
    found = [one for one in _deadlines(conn) if "too late" in one.what and "Kavak" in one.what]
    assert "Kavak Ev: 3 records" in found[0].what
    assert "deadline radar" in found[0].remedy
