"""The short link to a person's own preferences, as it stands in our mails, messages and pages.

It must fit into an SMS, so it is packed: provider, recipient, last day and language, and twelve
bytes of HMAC-SHA-256: 36 characters. It names no address (R-29). It opens until its last day, again
and again, and opens one address only; what it opens is the room of preferences' affair (ADR 0032).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from config import settings
from ileti.core import clock
from ileti.core.errors import NotAllowed
from ileti.core.secrets import secrets

LINK_DAYS: Final = 30
_SHAPE: Final = struct.Struct(">IQHB")
_MAC: Final = 12
_FIRST: Final = date(2026, 1, 1)
_LONGEST: Final = 80


@dataclass(frozen=True)
class Link:
    """What a link names; ``until`` is its last day, in Istanbul."""

    provider_id: int
    recipient_id: int
    until: date
    language: str

    @property
    def open(self) -> bool:
        """Whether its last day has not passed."""
        return clock.today() <= self.until


def centre_path(iys_code: int) -> str:
    """Where a provider's preference centre stands. Pages that prove nothing of who reads them lead
    here and not to a link that opens it: whoever has a refusal link or a receipt may have got it
    passed on, and an address on a receipt may not be verified (docs/adr/0032)."""
    return f"/t/{iys_code}"


def preference_url(provider_id: int, recipient_id: int, language: str) -> str:
    """The address of a recipient's preferences, open for ``LINK_DAYS`` from today."""
    until = (clock.today() + timedelta(days=LINK_DAYS) - _FIRST).days
    body = _SHAPE.pack(provider_id, recipient_id, until, language == "en")
    token = base64.urlsafe_b64encode(body + _mac(body)).decode().rstrip("=")
    return f"{settings().base_url}/t/l/{token}"


def read_link(token: str) -> Link:
    """What a token names, also when its last day has passed; raises NotAllowed for a forged one."""
    try:
        if not token.isascii() or len(token) > _LONGEST:
            raise ValueError
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raw = b""
    body, mac = raw[:_SHAPE.size], raw[_SHAPE.size:]
    if len(raw) != _SHAPE.size + _MAC or not hmac.compare_digest(mac, _mac(body)):
        raise NotAllowed(
            "Bu bağlantı eksik ya da değişmiş. İletideki bağlantıyı bütünüyle açın.",
            "This link is incomplete or was changed. Open the whole link of the message.",
            code="forged_token")
    provider, recipient, until, english = _SHAPE.unpack(body)
    return Link(provider, recipient, _FIRST + timedelta(days=until), "en" if english else "tr")


def _mac(body: bytes) -> bytes:
    return hmac.new(secrets().key_for("preference-link"), body, sha256).digest()[:_MAC]
