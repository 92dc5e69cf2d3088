"""What the rooms of a client have in common."""

from __future__ import annotations

from .transport import AsyncTransport


class AsyncRoom:
    """Services that belong together."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
