"""By what a movement is known again, without giving away whose it is.

Why this module exists: a movement told twice must be taken once (fault row 28), and its mark stays
for good beside İYS's number, source and date. A plain hash of it would be a phone number in a thin
disguise: everything but the number stands beside it, and all Turkish mobiles are tried in a minute.
So marks are keyed, by provider (R-15), and say nothing to whoever reads the database alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ileti.core.crypto import QuickMac
from ileti.core.secrets import secrets
from ileti.iys.wire import Movement


def mark_of(provider_id: int, movement: Movement) -> bytes:
    """32 bytes, equal for the same movement of a provider told twice."""
    return _mac().of(provider_id.to_bytes(8, "big") + movement.said)


def mark_of_raw(provider_id: int, raw: Mapping[str, Any]) -> bytes:
    """The same for what we could not read: equal for the same text told twice."""
    text = json.dumps(raw, sort_keys=True, default=str)
    return _mac().of(provider_id.to_bytes(8, "big") + b"raw\x1f" + text.encode())


def _mac() -> QuickMac:
    return _mac_under(secrets().root)


@lru_cache(maxsize=4)
def _mac_under(root: bytes) -> QuickMac:
    return QuickMac(secrets().key_for("movement"))
