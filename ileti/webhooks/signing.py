"""How a receiver knows that a call is ours and fresh (docs/webhooks.md).

HMAC-SHA-256 with the webhook's secret over ``<event id>.<unix time>.<body>``. The time is that of
the try, not of the event: a receiver turns away what is older than five minutes, and a copied call
cannot be played again later; the id is the event's, the same in every try.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

ID_HEADER = "Ileti-Webhook-Id"
TIME_HEADER = "Ileti-Webhook-Timestamp"
SIGNATURE_HEADER = "Ileti-Webhook-Signature"


def signature(secret: str, event_id: str, at: int, body: bytes) -> str:
    """``v1=<hex>``; ``at`` in unix seconds."""
    told = f"{event_id}.{at}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), told, sha256).hexdigest()


def headers(secret: str, event_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of one try."""
    return {"Content-Type": "application/json", ID_HEADER: event_id, TIME_HEADER: str(at),
            SIGNATURE_HEADER: signature(secret, event_id, at, body)}
