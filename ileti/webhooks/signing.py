"""How a receiver knows that a call is ours and fresh (docs/webhooks.md).

Each call is signed twice over the same words, HMAC-SHA-256 with the webhook's secret over
``<event id>.<unix time>.<body>``: in the headers of Standard Webhooks, which ready-made libraries
check, and in those of our first days, which receivers of then check. The time is that of the try,
not of the event: a receiver turns away what is older than five minutes, and a copied call cannot be
played again later; the id is the event's, the same in every try.

A secret that is renewed goes on signing for :data:`OVERLAP` beside the new one: the header of
Standard Webhooks names as many signatures as there are, and one that fits is enough. The header of
our first days holds one, which is the new secret's.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

OVERLAP = timedelta(hours=24)
ID_HEADER = "Ileti-Webhook-Id"
TIME_HEADER = "Ileti-Webhook-Timestamp"
SIGNATURE_HEADER = "Ileti-Webhook-Signature"
#: how a secret of Standard Webhooks begins; behind it the key in base64
PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as Standard Webhooks spells it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def standard_signature(secret: str, event_id: str, at: int, body: bytes) -> str:
    """``v1,<base64>``; a secret of our first days is its own key."""
    key = (base64.b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX)
           else secret.encode())
    told = f"{event_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, told, "sha256")).decode()


def signature(secret: str, event_id: str, at: int, body: bytes) -> str:
    """``v1=<hex>``; ``at`` in unix seconds."""
    told = f"{event_id}.{at}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), told, sha256).hexdigest()


def headers(secret: str, event_id: str, at: int, body: bytes, *, before: str | None = None
            ) -> dict[str, str]:
    """The headers of one try; ``before``: the secret that is being replaced."""
    keys = [secret, *([before] if before else [])]
    return {"Content-Type": "application/json", ID_HEADER: event_id, TIME_HEADER: str(at),
            SIGNATURE_HEADER: signature(secret, event_id, at, body),
            "webhook-id": event_id, "webhook-timestamp": str(at),
            "webhook-signature": " ".join(
                standard_signature(one, event_id, at, body) for one in keys)}
