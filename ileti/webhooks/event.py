"""One event as it is told: its number, and the text that is signed.

Why apart: every room of events makes them, and :mod:`ileti.webhooks.events` writes them down.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something a provider should know. ``mark`` is what makes it this one event; ``about`` a few
    words for the list of deliveries. ``data`` holds numbers, dates and codes, never a person.
    ``sandbox``: it happened in the provider's sandbox, whose number is ``iys_code``."""

    provider_id: int
    iys_code: int
    kind: str
    mark: str
    at: datetime
    about: str = ""
    brand: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    sandbox: bool = False

    @property
    def id(self) -> str:
        """The same for every address and every try."""
        return "evt_" + sha256(f"{self.provider_id}:{self.kind}:{self.mark}".encode()
                               ).hexdigest()[:32]

    @property
    def body(self) -> str:
        """The JSON text that is signed and sent."""
        told: dict[str, Any] = {
            "id": self.id, "type": self.kind, "createdAt": self.at.isoformat(timespec="seconds"),
            "provider": {"iysCode": self.iys_code},
        }
        if self.brand is not None:
            told["brand"] = self.brand
        if self.sandbox:
            told["sandbox"] = True
        return json.dumps(told | {"data": self.data}, ensure_ascii=False, separators=(",", ":"))
