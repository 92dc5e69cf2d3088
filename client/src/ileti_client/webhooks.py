"""Is this call İleti's? The check a receiver of webhooks makes, by Standard Webhooks.

Check the bytes of the body as they came, before they are parsed. What is older than five minutes is
turned away, so that a copied call cannot be played again; take every ``id`` once. İleti's first
header names (``Ileti-Webhook-…``) are read too.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, NotRequired, TypedDict, cast

from .errors import WebhookRefused

TOLERANCE: Final = 300
_MARK: Final = "whsec_"
_NAMES: Final = (("webhook-id", "webhook-timestamp", "webhook-signature"),
                 ("ileti-webhook-id", "ileti-webhook-timestamp", "ileti-webhook-signature"))


class EventProvider(TypedDict):
    """Whose event it is."""

    iysCode: int


class EventBrand(TypedDict):
    """Of which brand."""

    brandCode: int
    name: str


class Event(TypedDict):
    """What a webhook tells. No person's data stands in it."""

    id: str
    type: str
    createdAt: str
    provider: EventProvider
    brand: NotRequired[EventBrand]
    data: dict[str, Any]


def verify_webhook(secret: str | Iterable[str], headers: Mapping[str, str], body: bytes | str, *,
                   tolerance: float = TOLERANCE, now: float | None = None) -> Event:
    """The event, once the call is known to be İleti's and fresh. While a secret is being replaced
    name the old and the new one. Raises WebhookRefused."""
    known = {name.lower(): value for name, value in headers.items()}
    raw = body.encode() if isinstance(body, str) else bytes(body)
    event_id, sent_at, signatures = _told(known)
    at = _seconds(sent_at)
    told = f"{event_id}.{sent_at}.".encode() + raw
    given = [one for one in signatures.split() if one.startswith(("v1,", "v1="))]
    secrets = [secret] if isinstance(secret, str) else list(secret)
    fits = [hmac.compare_digest(wanted.encode(), one.encode())
            for text in secrets for wanted in _wanted(text, told) for one in given]
    if not any(fits):
        raise WebhookRefused("wrong_signature", "The signature is not by one of these secrets.")
    if abs((time.time() if now is None else now) - at) > tolerance:
        raise WebhookRefused("too_old", "The call was signed at another time.")
    return _event(raw)


def _told(known: Mapping[str, str]) -> tuple[str, str, str]:
    for names in _NAMES:
        if all(known.get(name) for name in names):
            return known[names[0]], known[names[1]], known[names[2]]
    raise WebhookRefused("headers_missing", "webhook-id, webhook-timestamp and webhook-signature "
                         "are not all there.")


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        raise WebhookRefused("headers_missing", "webhook-timestamp is no number of seconds.")
    return int(text)


def _wanted(secret: str, told: bytes) -> Iterator[str]:
    """The signatures that would be right: in base64 by Standard Webhooks, in hex as İleti began."""
    for key in _keys(secret):
        mac = hmac.new(key, told, sha256).digest()
        yield f"v1,{base64.b64encode(mac).decode()}"
        yield f"v1={mac.hex()}"


def _keys(secret: str) -> Iterator[bytes]:
    if not secret:
        raise ValueError("The secret is empty: everything would be signed by it.")
    yield secret.encode()
    try:
        decoded = base64.b64decode(secret.removeprefix(_MARK), validate=True)
    except (binascii.Error, ValueError):
        return
    if decoded:
        yield decoded


def _event(raw: bytes) -> Event:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WebhookRefused("unreadable", "The body is no JSON object.")
    return cast(Event, found)
