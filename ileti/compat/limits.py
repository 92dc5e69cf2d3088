"""How often one API account may call, and one address may ask for tokens.

Why this module exists: a program gone wild must not take the web processes from the visitors whose
consents they record. The counts stand in Redis, shared by all processes; without Redis each process
counts for itself. İYS's own codes say it: H124 for calls, H084 for tokens (İYS API §1.1).
"""

from __future__ import annotations

import hmac
import threading
from hashlib import sha256
from typing import Final

import redis

from config import settings
from ileti.compat.refusals import Refused, fault
from ileti.core import clock
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets

log = get_logger("ileti.compat")

TOKENS_PER_HOUR: Final = 100
_MOST_KEPT: Final = 10_000
_lock = threading.Lock()
_local: dict[str, int] = {}


def count_call(account_id: int) -> None:
    """One call of an account; raises Refused H124 beyond the limit of this second."""
    second = int(clock.now().timestamp())
    if _count(f"ileti:compat:calls:{account_id}:{second}", 5) > settings(
            ).compat_requests_per_second:
        raise Refused([fault("H124")], retry_after=1)


def count_token_call(address: str) -> None:
    """One token call from a network address; raises Refused H084 beyond the hour's hundred."""
    moment = int(clock.now().timestamp())
    mark = hmac.new(secrets().key_for("compat-limit"), address.encode(), sha256).hexdigest()[:24]
    if _count(f"ileti:compat:tokens:{mark}:{moment // 3600}", 3700) > TOKENS_PER_HOUR:
        raise Refused([fault("H084")], retry_after=3600 - moment % 3600)


def _count(key: str, seconds: int) -> int:
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
        log.warning("compat_limits_are_local", reason=type(error).__name__)
        return own
