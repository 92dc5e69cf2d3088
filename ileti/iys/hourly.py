"""How many questions of the hour are left: 1 000 about one status, 100 about a history.

Why this module exists: İYS counts both per address of ours (H086, H089; İYS API §1.1), so all
processes and providers of this installation share them, and a person who asks must not take from
the forwarder what it needs to settle a consent before its deadline. Every question is noted with
its moment in one list in Redis, by one script on Redis's own clock; whether İYS's hour slides or
starts at a fixed minute is not documented, and a list of moments keeps both. Redis is not the
truth: without it each process allows itself half, counted here, and after a flush what this process
has asked still counts.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

import redis

from config import settings
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger

log = get_logger("ileti.iys")

HOUR = 3600.0
# İYS says that the hour is full although we counted less (a restart, another program on our
# address). When its hour ends is not known, so a question is tried again after so long; answers
# with HTTP 429 do not count against the share of failed calls (§1.1).
QUIET_SECONDS = 300.0

# KEYS: moments, shut. ARGV: how many may be asked, hour ms, longest list. Answer: ms to wait.
_TAKE = """
local shut = redis.call('PTTL', KEYS[2])
if shut > 0 then return shut end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local hour, most = tonumber(ARGV[2]), tonumber(ARGV[1])
if most < 1 then return hour end
local old = redis.call('LINDEX', KEYS[1], most - 1)
if old then
  local wait = tonumber(old) + hour - now
  if wait > 0 and wait <= hour then return wait end
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, tonumber(ARGV[3]) - 1)
redis.call('PEXPIRE', KEYS[1], hour)
return 0
"""
# Same keys. ARGV: hour ms. Answer: moments inside the hour, ms for which it is shut.
_LOOK = """
local t = redis.call('TIME')
local since = t[1] * 1000 + math.floor(t[2] / 1000) - tonumber(ARGV[1])
local used = 0
for _, moment in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if tonumber(moment) > since then used = used + 1 else break end
end
return {used, redis.call('PTTL', KEYS[2])}
"""


class HourlyBudget:
    """The hour's questions of one kind to one address of İYS; ``most`` of them."""

    def __init__(self, address: str, name: str, most: int, *,
                 store: Callable[[], redis.Redis] = redis_client) -> None:
        mark = sha256(address.encode()).hexdigest()[:12]
        self._keys = (f"ileti:iys:{name}:{mark}", f"ileti:iys:{name}-shut:{mark}")
        self.most, self._store = most, store
        self._lock = threading.Lock()
        self._asked: deque[float] = deque()
        self._shut_until = 0.0

    def take(self, keep: int = 0) -> float:
        """Take one question; 0 when it is ours, else seconds until there is one again. ``keep`` are
        left to others."""
        with self._lock:
            wait = self._own_wait(self.most - keep)
            if wait <= 0:
                wait = self._shared_wait(keep)
            if wait <= 0:
                self._asked.append(time.monotonic())
            return max(0.0, wait)

    def left(self, keep: int = 0) -> int:
        """How many questions may still be asked this hour."""
        used, most, shut = self.used()
        return 0 if shut else max(0, most - keep - used)

    def used(self) -> tuple[int, int, bool]:
        """Questions asked within the hour, how many may be, and whether İYS has said that they are
        used up."""
        with self._lock:
            now = time.monotonic()
            used = sum(moment > now - HOUR for moment in self._asked)
            shut = self._shut_until > now
            try:
                shared, pause = self._store().eval(  # type: ignore[misc]
                    _LOOK, 2, *self._keys, round(HOUR * 1000))
                return max(used, int(shared)), self.most, shut or int(pause) > 0
            except redis.RedisError:
                return used, self.most // 2, shut

    def full(self, seconds: float = QUIET_SECONDS) -> None:
        """İYS says that the hour is used up: nobody asks for so many seconds."""
        self._shut_until = time.monotonic() + seconds
        try:
            self._store().set(self._keys[1], 1, px=max(1, round(seconds * 1000)))
        except redis.RedisError:
            log.warning("hour_not_shared")

    def _own_wait(self, most: int) -> float:
        """Seconds until this process alone would keep within ``most``."""
        now = time.monotonic()
        while self._asked and self._asked[0] <= now - HOUR:
            self._asked.popleft()
        if self._shut_until > now:
            return self._shut_until - now
        if most < 1:
            return HOUR
        return self._asked[-most] + HOUR - now if len(self._asked) >= most else 0.0

    def _shared_wait(self, keep: int) -> float:
        try:
            wait = self._store().eval(
                _TAKE, 2, *self._keys, self.most - keep, round(HOUR * 1000), self.most)
        except redis.RedisError:
            log.warning("hour_counted_here_only")
            return self._own_wait(self.most // 2 - keep)
        return int(wait) / 1000  # type: ignore[arg-type]


@lru_cache(maxsize=16)
def _budget(address: str, name: str, most: int, store: str) -> HourlyBudget:
    return HourlyBudget(address, name, most)


def status_hour(address: str) -> HourlyBudget:
    """The hour's single status queries to an İYS address (H086)."""
    given = settings()
    return _budget(address, "status", given.iys_status_requests_per_hour, given.redis_url)


def history_hour(address: str) -> HourlyBudget:
    """The hour's history queries to an İYS address (H089)."""
    given = settings()
    return _budget(address, "history", given.iys_history_requests_per_hour, given.redis_url)


def kept_for_work() -> int:
    """How many single status queries people leave to the forwarder: a fifth of the hour's."""
    return settings().iys_status_requests_per_hour // 5
