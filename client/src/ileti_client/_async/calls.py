"""Calls of a telephone system: begun, recorded, ended (R-20, R-22)."""

from __future__ import annotations

from typing import Unpack

from .. import services
from .. import types as t
from ..bodies import Body, File, Pieces, body_of
from ..wire import call
from . import waits
from .pages import AsyncListing
from .room import AsyncRoom


class AsyncCalls(AsyncRoom):
    """``client.calls``: what the person says is taken on the agents' screens alone."""

    async def start(self, *, idempotency_key: str | None = None,
                    **ringing: Unpack[t.CallIn]) -> t.Call:
        """The telephone rings; the number counts as proven, since nobody typed it."""
        return await self._transport.ask(call(
            services.START_CALL, body=ringing, key=idempotency_key))

    def list(self, **query: Unpack[t.ListCallsQuery]) -> AsyncListing[t.Call]:
        """All calls in sight, newest first. Numbers are masked unless ``addresses="full"``."""
        return AsyncListing(self._transport, services.LIST_CALLS, query)

    async def show(self, id: int) -> t.Call:
        """One call: what was said, and until when its recording is awaited."""
        return await self._transport.ask(call(services.SHOW_CALL, id))

    async def link_recording(self, id: int, **recording: Unpack[t.RecordingIn]) -> t.Call:
        """The recording stays where it is; its link and SHA-256 go into the proof."""
        return await self._transport.ask(call(services.LINK_RECORDING, id, body=recording))

    async def put_recording(self, id: int, file: File | Pieces, *,
                            media_type: str = "application/octet-stream") -> t.Call:
        """Send the recording itself into the vault."""
        body = body_of(file)
        if isinstance(body, Body):
            await waits.hashed(body)
        return await self._transport.ask(call(
            services.PUT_RECORDING, id, file=body, Content_Type=media_type))

    async def end(self, id: int, **ended: Unpack[t.CallEndIn]) -> t.Call:
        """The line is down; the person is told of a consent the same day."""
        return await self._transport.ask(call(services.END_CALL, id, body=ended))
