"""How often one API account may call, and one address may ask for tokens.

Why this module exists: a program gone wild must not take the web processes from the visitors whose
consents they record. It is counted by :mod:`ileti.programs.rates`, and İYS's own codes say it: H124
for calls, H084 for tokens (İYS API §1.1).
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from config import settings
from ileti.compat.refusals import Refused, fault
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.programs.rates import count

TOKENS_PER_HOUR: Final = 100


def count_call(account_id: int) -> None:
    """One call of an account; raises Refused H124 beyond the limit of this second."""
    second = int(clock.now().timestamp())
    if count(f"ileti:compat:calls:{account_id}:{second}", 5) > settings(
            ).compat_requests_per_second:
        raise Refused([fault("H124")], retry_after=1)


def count_token_call(address: str) -> None:
    """One token call from a network address; raises Refused H084 beyond the hour's hundred."""
    moment = int(clock.now().timestamp())
    mark = hmac.new(secrets().key_for("compat-limit"), address.encode(), sha256).hexdigest()[:24]
    if count(f"ileti:compat:tokens:{mark}:{moment // 3600}", 3700) > TOKENS_PER_HOUR:
        raise Refused([fault("H084")], retry_after=3600 - moment % 3600)

