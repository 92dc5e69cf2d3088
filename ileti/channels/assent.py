"""A message as it was sent, kept sealed: its subject and words, and the digest of its HTML.

Why this module exists: templates change, and a message that is rendered again in five years is
another message. Whoever answers a complaint shows what the person really read (R-46, R-49). Of a
code nothing is kept: it is a secret that has served.
"""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import Any

import msgspec

from ileti.channels.base import Envelope
from ileti.core.secrets import secrets


def bound_to(provider_id: int, recipient_id: int, message_id: int) -> bytes:
    """What the cipher is bound to, so that it opens nowhere else."""
    return f"message-sent:{provider_id}:{recipient_id}:{message_id}".encode()


def seal(provider_id: int, recipient_id: int, message: Envelope) -> tuple[int, bytes]:
    """Key number and cipher of a message that was handed over."""
    said = {"subject": message.subject, "text": message.text,
            "htmlSha256": sha256(message.html.encode()).hexdigest() if message.html else None}
    return secrets().keyring.encrypt(zlib.compress(msgspec.json.encode(said)), bound_to(
        provider_id, recipient_id, message.message_id))


def opened(provider_id: int, recipient_id: int, message_id: int, key: int, cipher: bytes
           ) -> dict[str, Any]:
    """Inverse of :func:`seal`; raises CannotDecrypt."""
    clear = secrets().keyring.decrypt(key, cipher, bound_to(provider_id, recipient_id, message_id))
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(clear))
    return found
