"""Counts per account and address, shared by all web processes.

Why this module exists: a program gone wild must not take the web processes from the visitors whose
consents they record. The counts stand in Redis; without Redis each process counts for itself. What
a count too many is answered with is each door's own affair.
"""

from __future__ import annotations

import os
import threading
from typing import Final

import redis

from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger

log = get_logger("ileti.programs")

_MOST_KEPT: Final = 10_000
TELL_SECONDS: Final = 0.1
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


class Pace:
    """Calls of this second per account. Counted in the process and told to Redis a few times a
    second, so that no call waits for Redis; true to within TELL_SECONDS over all processes
    (docs/adr/0009)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second = 0
        self._own: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self._others: dict[int, int] = {}
        self._pid = 0

    def count(self, account_id: int, second: int) -> int:
        """One more call of the account in this second; how many there are now."""
        with self._lock:
            if second != self._second:
                self._second = second
                self._own, self._told, self._others = {}, {}, {}
            own = self._own[account_id] = self._own.get(account_id, 0) + 1
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="api-pace").start()
            return own + self._others.get(account_id, 0)

    def tell(self) -> None:
        """Tell Redis what is new and learn what others counted; raises RedisError."""
        with self._lock:
            second, own = self._second, dict(self._own)
            new = {one: n - self._told.get(one, 0) for one, n in own.items()
                   if n > self._told.get(one, 0)}
            self._told |= own
        if not new:
            return
        pipe = redis_client().pipeline(transaction=False)
        for one, n in new.items():
            name = f"ileti:api:calls:{one}:{second}"
            pipe.incrby(name, n)
            pipe.expire(name, 5)
        totals = pipe.execute()[::2]
        with self._lock:
            if second == self._second:
                for one, total in zip(new, totals, strict=True):
                    self._others[one] = max(0, int(total) - own[one])

    def _run(self) -> None:
        pause = threading.Event()
        away = False
        while not pause.wait(TELL_SECONDS):
            try:
                self.tell()
                away = False
            except Exception as error:  # also what the driver raises over a socket that went away
                if not away:
                    log.warning("program_limits_are_local", reason=type(error).__name__)
                away = True


pace = Pace()
