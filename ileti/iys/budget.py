"""İYS's ten requests a second, shared by every worker of this installation.

Why this module exists: İYS counts per address, not per worker, refuses the eleventh request of any
second (H124, İYS API §1.1), and watches our share of refused calls. So all workers take their turn
from one list in Redis, written by one script on Redis's own clock. The list holds the moments of
the last N requests: the next is let go when the N-th last is a little more than a window ago, and
not sooner than nine tenths of the even distance after the last, so that no burst can form.

Redis is not the truth. When it is away each process falls back to half of the rate, counted in
itself; when it was flushed the process's own list still holds back (fault rows 6 to 8, 16).
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

# What the way to İYS may differ between two requests, in seconds, before ten become eleven.
SLACK = 0.05
UNLIMITED = 1_000.0
LONGEST_SLEEP = 0.25
# How long a process goes on alone before it looks for Redis again.
AWAY_SECONDS = 5.0

# KEYS: list, pause. ARGV: N, window µs, distance µs. Answer: µs to wait, 0 = taken.
_TAKE = """
local paused = redis.call('PTTL', KEYS[2])
if paused > 0 then return paused * 1000 end
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local n = tonumber(ARGV[1])
local newest = redis.call('LINDEX', KEYS[1], 0)
if newest then
  local wait = tonumber(newest) + tonumber(ARGV[3]) - now
  local old = redis.call('LINDEX', KEYS[1], n - 1)
  if old then wait = math.max(wait, tonumber(old) + tonumber(ARGV[2]) - now) end
  if wait > 0 and wait < 60000000 then return wait end
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, n - 1)
redis.call('PEXPIRE', KEYS[1], 120000)
return 0
"""


# Same keys. Answer: requests of the last second, ms for which nobody may ask.
_LOOK = """
local t = redis.call('TIME')
local since = (t[1] - 1) * 1000000 + t[2]
local used = 0
for _, moment in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if tonumber(moment) > since then used = used + 1 end
end
return {used, redis.call('PTTL', KEYS[2])}
"""


class RequestBudget:
    """Turns for one outgoing address; ``rate`` in requests per second."""

    def __init__(self, address: str, rate: float, *,
                 store: Callable[[], redis.Redis] = redis_client) -> None:
        mark = sha256(address.encode()).hexdigest()[:12]
        self._keys = (f"ileti:iys:turns:{mark}", f"ileti:iys:pause:{mark}")
        self.rate = rate
        self._store = store
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()
        self._paused_until = 0.0
        self._away_until = 0.0

    def take(self, timeout: float = 60.0) -> float:
        """Wait for a turn and take it; seconds waited. TimeoutError after ``timeout`` seconds."""
        began = time.monotonic()
        while True:
            wait = self._try()
            if wait <= 0:
                return time.monotonic() - began
            if time.monotonic() + wait - began > timeout:
                raise TimeoutError("no turn at İYS within the time allowed")
            time.sleep(min(wait, LONGEST_SLEEP))

    def pause(self, seconds: float) -> None:
        """Hold all workers back, since İYS has said that the quota is used up."""
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        try:
            self._store().set(self._keys[1], 1, px=max(1, round(seconds * 1000)))
        except redis.RedisError:
            self._note_away()

    def used(self) -> tuple[int, bool]:
        """Requests of the last second by all workers, and whether İYS has said that they were too
        many; what this process knows when Redis is away."""
        with self._lock:
            now = time.monotonic()
            used = sum(moment > now - 1.0 for moment in self._taken)
            paused = self._paused_until > now
        try:
            shared, pause = self._store().eval(_LOOK, 2, *self._keys)  # type: ignore[misc]
        except redis.RedisError:
            return used, paused
        return max(used, int(shared)), paused or int(pause) > 0

    def _try(self) -> float:
        with self._lock:
            paused = self._paused_until - time.monotonic()
            if paused > 0:
                return paused
            if self.rate >= UNLIMITED:
                return 0.0
            away = time.monotonic() < self._away_until
            wait = self._own_wait(self.rate / 2 if away else self.rate)
            if wait > 0:
                return wait
            shared = None if away else self._shared_wait()
            if shared is None and not away:
                wait = self._own_wait(self.rate / 2)
                if wait > 0:
                    return wait
            if shared:
                return shared
            self._taken.append(time.monotonic())
            return 0.0

    def _own_wait(self, rate: float) -> float:
        """Seconds until this process alone would keep ``rate``."""
        count, window, distance = _shape(rate)
        while len(self._taken) > max(count, 1):
            self._taken.popleft()
        now = time.monotonic()
        if not self._taken:
            return 0.0
        wait = self._taken[-1] + distance - now
        if len(self._taken) >= count:
            wait = max(wait, self._taken[-count] + window - now)
        return wait

    def _shared_wait(self) -> float | None:
        """Seconds until all workers together keep the rate; None when Redis is away."""
        count, window, distance = _shape(self.rate)
        try:
            wait = self._store().eval(
                _TAKE, 2, *self._keys, count, round(window * 1e6), round(distance * 1e6)
            )
        except redis.RedisError:
            self._note_away()
            return None
        return int(wait) / 1e6  # type: ignore[arg-type]

    def _note_away(self) -> None:
        if time.monotonic() >= self._away_until:
            log.warning("budget_without_redis", rate=self.rate / 2)
        self._away_until = time.monotonic() + AWAY_SECONDS


def _shape(rate: float) -> tuple[int, float, float]:
    """How many requests per window (seconds), and the least distance between two."""
    count = max(1, int(rate))
    return count, count / rate + SLACK, 0.9 / rate


@lru_cache(maxsize=8)
def _budget(address: str, rate: float, store: str) -> RequestBudget:
    return RequestBudget(address, rate)


def budget_for(address: str) -> RequestBudget:
    """This process's view of the turns for one İYS address."""
    return _budget(address, settings().iys_requests_per_second, settings().redis_url)
