"""What the rooms of a client have in common."""

from __future__ import annotations

from .transport import Transport


class Room:
    """Services that belong together."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
