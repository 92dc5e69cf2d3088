"""Who calls: the key itself, a signature that sends no secret, or tokens that are renewed.

None of these shows its secret: not in ``repr``, not in an error, not in a log.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

SCHEME: Final = "ILETI-HMAC-SHA256"
_KEY: Final = re.compile(r"ilt_([0-9a-f]{10})_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class Signed:
    """What of a request is signed; ``query`` as it goes over the line."""

    method: str
    path: str
    query: str
    idempotency_key: str
    digest: str


class Credentials:
    """Says who calls."""

    signs = False

    def header(self, request: Signed, now: float) -> str:
        """The value of ``Authorization`` for this request at this moment."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class Key(Credentials):
    """An API key (``ilt_…``), sent with every call."""

    text: str

    def header(self, request: Signed, now: float) -> str:
        return f"Bearer {self.text}"

    def __repr__(self) -> str:
        return f"Key({shown(self.text)})"


@dataclass(frozen=True, repr=False)
class Signature(Credentials):
    """An API key that stays at home: each call carries a time, a nonce and an HMAC over what it
    says. ``nonce`` makes one; a test may name its own."""

    text: str
    nonce: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(18))
    signs = True

    def __post_init__(self) -> None:
        if _KEY.fullmatch(self.text) is None:
            raise ValueError("A key to sign with has the form ilt_<10 signs>_<43 signs>.")

    def header(self, request: Signed, now: float) -> str:
        time, nonce = str(int(now)), self.nonce()
        told = "\n".join((SCHEME, request.method, request.path, request.query,
                          request.idempotency_key, request.digest, time, nonce))
        key = sha256(f"ileti-signing\x1f{self.text}".encode()).hexdigest()
        mac = hmac.new(key.encode(), told.encode(), sha256).hexdigest()
        prefix = self.text.split("_")[1]
        return f"{SCHEME} key={prefix},time={time},nonce={nonce},signature={mac}"

    def __repr__(self) -> str:
        return f"Signature({shown(self.text)})"


@dataclass(frozen=True, repr=False)
class ClientCredentials(Credentials):
    """OAuth2: user name and key are exchanged for tokens, which the client keeps and renews.
    ``scopes``: fewer than the account has, for a program that needs fewer."""

    username: str
    text: str
    scopes: tuple[str, ...] = ()

    def header(self, request: Signed, now: float) -> str:
        raise TypeError("A token is needed; the client gets one by itself.")

    def __repr__(self) -> str:
        return f"ClientCredentials({self.username}, {shown(self.text)})"


def shown(key: str) -> str:
    """A key as it may stand in a log: its prefix."""
    found = _KEY.fullmatch(key)
    return f"ilt_{found[1]}_…" if found else "…"
