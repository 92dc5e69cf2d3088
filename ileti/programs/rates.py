"""Counts per account and address, shared by all web processes.

Why this module exists: a program gone wild must not take the web processes from the visitors whose
consents they record. The counts stand in Redis; without Redis each process counts for itself. What
a count too many is answered with is each door's own affair.
"""

from __future__ import annotations

import threading
from typing import Final

import redis

from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger

log = get_logger("ileti.programs")

_MOST_KEPT: Final = 10_000
_lock = threading.Lock()
_local: dict[str, int] = {}


def count(key: str, seconds: int) -> int:
    """One more of ``key``, which is forgotten after so many seconds; how many there are now."""
    with _lock:
        if len(_local) > _MOST_KEPT:
            _local.clear()
        own = _local[key] = _local.get(key, 0) + 1
    try:
        pipe = redis_client().pipeline(transaction=False)
        pipe.incr(key)
        pipe.expire(key, seconds)
        return max(own, int(pipe.execute()[0]))
    except redis.RedisError as error:
        log.warning("program_limits_are_local", reason=type(error).__name__)
        return own
