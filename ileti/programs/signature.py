"""Signed calls: the secret stays at home, and a call that was overheard works once.

Why this module exists: a key in a header passes every proxy and log between a program and us. A
program that signs sends its key's prefix, a time, a nonce and an HMAC over what the call says; what
it signs with is SHA-256 of its secret. Time is ± 5 minutes; a nonce is written down before the call
is heard, and dropped when its time would not be taken any more.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from ileti.core import clock, db
from ileti.programs import keys
from ileti.programs.accounts import Caller, held_by_prefix, used

SCHEME: Final = "ILETI-HMAC-SHA256"
SKEW_SECONDS: Final = 300
_FORM: Final = re.compile(
    r"key=([0-9a-f]{10}), ?time=([0-9]{9,11}), ?nonce=([A-Za-z0-9_-]{16,64}), "
    r"?signature=([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Said:
    """What of a call is signed. ``query`` as it was sent, ``digest`` the Content-Digest header."""

    method: str
    path: str
    query: str
    key: str
    digest: str


def text(said: Said, time: str, nonce: str) -> bytes:
    """What is signed, line by line."""
    return "\n".join((SCHEME, said.method, said.path, said.query, said.key, said.digest, time,
                      nonce)).encode("utf-8", "surrogateescape")


def sign(secret: str, said: Said, time: int, nonce: str) -> str:
    """The value of ``Authorization``; for tests and for whoever wants to see how it is done."""
    prefix = keys.prefix_of(secret)
    mac = hmac.new(keys.signing_key(secret).encode(), text(said, str(time), nonce), sha256)
    return f"{SCHEME} key={prefix},time={time},nonce={nonce},signature={mac.hexdigest()}"


def caller_by_signature(parameters: str, said: Said) -> Caller | None:
    """Who signed the call; None when the signature is not good, too old, or was used before."""
    found = _FORM.fullmatch(parameters.strip())
    if found is None:
        return None
    prefix, time, nonce, given = found.groups()
    if abs(int(time) - clock.now().timestamp()) > SKEW_SECONDS:
        return None
    held = held_by_prefix(prefix)
    if held is None or held.signing is None:
        return None
    mac = hmac.new(keys.open_signing_key(held.signing), text(said, time, nonce), sha256)
    if not hmac.compare_digest(mac.hexdigest(), given):
        return None
    return used(held) if _first(held.caller, nonce) else None


def _first(caller: Caller, nonce: str) -> bool:
    """Write the nonce down; whether it was new."""
    done = db.system_connection().execute(
        "insert into api_nonce (key_id, nonce, provider_id, at) values (%s, %s, %s, %s) "
        "on conflict do nothing", (caller.key_id, nonce, caller.home_id, clock.now()))
    return done.rowcount == 1


def forget_nonces() -> int:
    """Drop nonces whose time would not be taken any more; how many."""
    return db.system_connection().execute("delete from api_nonce where at < %s", (
        clock.now() - timedelta(seconds=3 * SKEW_SECONDS),)).rowcount
