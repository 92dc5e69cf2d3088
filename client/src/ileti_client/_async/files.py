"""Files that come: proof bundles and row reports, piece by piece or onto a disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from ..answers import About, facts, file_name
from ..errors import NotReached
from ..wire import Call
from .transport import AsyncHeard, AsyncTransport


class AsyncDownload:
    """A file that is asked for when it is entered, read or saved. Inside ``with`` its pieces come
    as they are read; nothing of it is kept in memory."""

    def __init__(self, transport: AsyncTransport, call: Call[bytes]) -> None:
        self._transport, self._call = transport, call
        self._heard: AsyncHeard[bytes] | None = None

    async def __aenter__(self) -> AsyncDownload:
        self._heard = await self._transport.open(self._call)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        if self._heard is not None and self._heard.response is not None:
            await self._heard.response.aclose()
        self._heard = None

    @property
    def about(self) -> About:
        """What the headers said."""
        heard = self._opened
        return facts(heard.status, heard.headers, attempts=heard.attempts)

    @property
    def media_type(self) -> str:
        """What it is."""
        return self._opened.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def name(self) -> str:
        """The name it came with, without any path; "" when it has none."""
        return file_name(self._opened.headers)

    @property
    def _opened(self) -> AsyncHeard[Any]:
        if self._heard is None:
            raise RuntimeError("Enter the file first: `with … as file:`")
        return self._heard

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes, once. Raises NotReached when the line broke before its end."""
        response = self._opened.response
        if response is None:
            return
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.HTTPError as error:
            raise NotReached(f"The file was cut short: {error or type(error).__name__}") from None

    async def read(self) -> bytes:
        """All of it."""
        if self._heard is None:
            async with self:
                return await self.read()
        found = bytearray()
        async for piece in self.pieces():
            found += piece
        return bytes(found)

    async def save(self, target: str | os.PathLike[str]) -> Path:
        """Onto a disk, under this name or in this folder under its own. What is there under the
        name is replaced once the whole file has come; half a file is never left."""
        if self._heard is None:
            async with self:
                return await self.save(target)
        path = Path(target)
        if path.is_dir():
            path /= self.name or "ileti-file"
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as opened:
                async for piece in self.pieces():
                    opened.write(piece)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path
