"""How İYS answered the last 24 hours' calls: the share by which it keeps or drops an address.

Why this module exists: with 20 000 calls in 24 hours and less than 70 % of them answered well, İYS
first gives notice and after 96 hours takes our address off its list (İYS API §1.1); every provider
would stop at once. Calls that we spoil (400, 401, 403, 404, 422) count against us, others do not.
So they are counted by the hour in Redis, for everybody to look at. Redis is not the truth: what is
lost with it makes the share less sure and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import redis

from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger

log = get_logger("ileti.iys")

HOURS: Final = 24
LEAST_CALLS: Final = 20_000
LEAST_PERCENT: Final = 70
SPOILED: Final = frozenset({400, 401, 403, 404, 422})

# By Redis's own clock, as the other counts are. KEYS: hash. ARGV: 1 for a spoiled call, hours.
_NOTE = """
local hour = math.floor(tonumber(redis.call('TIME')[1]) / 3600)
if redis.call('HINCRBY', KEYS[1], 'a' .. hour, 1) == 1 then
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if tonumber(string.sub(name, 2)) <= hour - tonumber(ARGV[2]) then
      redis.call('HDEL', KEYS[1], name)
    end
  end
end
if ARGV[1] == '1' then redis.call('HINCRBY', KEYS[1], 's' .. hour, 1) end
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[2]) * 3600)
"""
_LOOK = """
local since = math.floor(tonumber(redis.call('TIME')[1]) / 3600) - tonumber(ARGV[1])
local all, spoiled = 0, 0
local kept = redis.call('HGETALL', KEYS[1])
for i = 1, #kept, 2 do
  if tonumber(string.sub(kept[i], 2)) > since then
    if string.sub(kept[i], 1, 1) == 'a' then all = all + tonumber(kept[i + 1])
    else spoiled = spoiled + tonumber(kept[i + 1]) end
  end
end
return {all, spoiled}
"""


@dataclass(frozen=True, slots=True)
class Share:
    """Calls İYS answered within 24 hours, and how many of them we spoiled."""

    calls: int
    spoiled: int

    @property
    def percent(self) -> int:
        """Of the calls, how many went well, in whole per cent downwards; 100 without any."""
        return 100 * (self.calls - self.spoiled) // self.calls if self.calls else 100

    @property
    def counts(self) -> bool:
        """Whether there were so many calls that İYS looks at the share."""
        return self.calls >= LEAST_CALLS


def note_answer(address: str, status: int, *,
                store: Callable[[], redis.Redis] = redis_client) -> None:
    """İYS answered a call to ``address`` with this HTTP status."""
    try:
        store().eval(_NOTE, 1, _key(address), int(status in SPOILED), HOURS)
    except redis.RedisError:
        log.warning("answer_not_counted")


def share_of(address: str, *, store: Callable[[], redis.Redis] = redis_client) -> Share | None:
    """The share of the last 24 hours; None when it is not known."""
    try:
        calls, spoiled = store().eval(_LOOK, 1, _key(address), HOURS)  # type: ignore[misc]
    except redis.RedisError:
        return None
    return Share(int(calls), int(spoiled))


def _key(address: str) -> str:
    return f"ileti:iys:answers:{sha256(address.encode()).hexdigest()[:12]}"
