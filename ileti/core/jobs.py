"""Background work: Redis rings, PostgreSQL knows.

A job is a function without arguments that drains whatever waits and can run twice at any moment;
it never carries one consent (RQ does about 180 empty jobs a second, facts 2c). :func:`ring` asks
for a run soon; the scheduler asks every ``every`` seconds anyway, so that a lost bell, a flushed
Redis or a killed worker only costs that long (fault rows 1, 5, 6; traps T12, T13).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.timeouts import BaseTimeoutException

from config import settings
from ileti.core.logs import get_logger

log = get_logger("ileti.jobs")

QUEUES = ("iys", "messages", "campaigns", "upkeep")
BELL_SECONDS = 20
#: raised in the middle of whatever a job does when its time is up. It is an Exception: who catches
#: all of them around somebody else's code lets this one pass, or the job never ends.
JobTimeout = BaseTimeoutException


@dataclass(frozen=True)
class Job:
    """One kind of background work; ``interval`` and ``timeout`` in seconds. An interval that is a
    setting is given as a function, so that importing a job reads no settings."""

    name: str
    function: Callable[[], dict[str, int]]
    queue: str
    interval: float | Callable[[], float]
    timeout: int
    idempotent: str

    @property
    def every(self) -> float:
        """Seconds between two runs."""
        return self.interval() if callable(self.interval) else self.interval


JOBS: dict[str, Job] = {}


def job(*, queue: str, every: float | Callable[[], float], timeout: int = 60,
        idempotent: str) -> Callable[[Callable[[], dict[str, int]]], Callable[[], dict[str, int]]]:
    """Register a drain; ``idempotent`` says in words why running twice does no harm."""
    if queue not in QUEUES:
        raise ValueError(f"no worker listens on queue {queue}")

    def register(function: Callable[[], dict[str, int]]) -> Callable[[], dict[str, int]]:
        name = f"{function.__module__.removeprefix('ileti.')}.{function.__name__}"
        JOBS[name] = Job(name, function, queue, every, timeout, idempotent)
        return function

    return register


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """This process's connection pool to Redis; half a second at most for anything."""
    return redis.Redis.from_url(
        settings().redis_url, socket_timeout=2.0, socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
    )


def queue_named(name: str) -> Queue:
    """An RQ queue that speaks JSON instead of pickle (trap T14)."""
    return Queue(name, connection=redis_client(), serializer="json")


_quiet_until = 0.0


def ring(name: str) -> bool:
    """Ask for a run of the job soon; False when Redis is away (the scheduler will ask later)."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    kind = JOBS[name]
    try:
        if redis_client().set(f"ileti:bell:{name}", 1, nx=True, ex=BELL_SECONDS):
            queue_named(kind.queue).enqueue_call(
                run_job, args=(name,), timeout=kind.timeout, result_ttl=0, ttl=60,
                failure_ttl=3600, description=name,
            )
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + 2.0
        log.warning("bell_not_heard", job=name, reason=type(error).__name__)
        return False
    return True


def run_job(name: str) -> dict[str, int]:
    """What a worker runs: take the bell down first, so that a ring during the work is heard."""
    try:
        redis_client().delete(f"ileti:bell:{name}")
    except redis.RedisError:
        log.warning("redis_away", job=name)
    started = time.perf_counter()
    counts: dict[str, Any] = JOBS[name].function()
    if any(counts.values()):
        log.info("job_done", job=name, ms=round((time.perf_counter() - started) * 1000), **counts)
    return counts
