"""Bells are heard once, never block, and never carry work that could get lost."""

from __future__ import annotations

import threading

import pytest
import redis

from ileti.cli import worker
from ileti.core import jobs


@pytest.fixture
def drain(database, monkeypatch):
    """A job of our own that counts its runs."""
    runs: list[int] = []

    def work() -> dict[str, int]:
        runs.append(1)
        return {"done": 1}

    monkeypatch.setitem(jobs.JOBS, "test.drain", jobs.Job(
        "test.drain", work, "upkeep", 3600.0, 10, "only counts its own runs"))
    jobs.redis_client.cache_clear()
    jobs.redis_client().flushdb()
    monkeypatch.setattr(jobs, "_quiet_until", 0.0)
    return runs


def test_many_rings_before_the_work_are_one_run(drain):
    for _ in range(20):
        assert jobs.ring("test.drain")
    assert jobs.queue_named("upkeep").count == 1


def test_a_ring_during_the_work_is_heard(drain, monkeypatch):
    jobs.ring("test.drain")
    jobs.run_job("test.drain")
    jobs.ring("test.drain")
    assert jobs.queue_named("upkeep").count == 2


def test_a_worker_runs_what_was_rung(drain):
    jobs.ring("test.drain")
    worker.work(["upkeep"], burst=True)
    assert drain == [1]


def test_redis_away_is_no_error_and_the_scheduler_works_itself(drain, monkeypatch):
    gone = redis.Redis.from_url("unix:///nowhere.sock")
    monkeypatch.setattr(jobs, "redis_client", lambda: gone)
    monkeypatch.setattr(jobs, "JOBS", {"test.drain": jobs.JOBS["test.drain"]})
    assert not jobs.ring("test.drain")
    stop = threading.Event()
    threading.Timer(0.8, stop.set).start()
    worker.schedule(stop)
    assert drain == [1]


def test_a_queue_nobody_serves_cannot_be_named():
    with pytest.raises(ValueError, match="no worker"):
        jobs.job(queue="nowhere", every=1, idempotent="never runs")
