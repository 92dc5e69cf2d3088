"""Files that come: proof bundles and row reports, piece by piece or onto a disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from ..answers import About, facts, file_name
from ..errors import NotReached
from ..wire import Call
from .transport import Heard, Transport


class Download:
    """A file that is asked for when it is entered, read or saved. Inside ``with`` its pieces come
    as they are read; nothing of it is kept in memory."""

    def __init__(self, transport: Transport, call: Call[bytes]) -> None:
        self._transport, self._call = transport, call
        self._heard: Heard[bytes] | None = None

    def __enter__(self) -> Download:
        self._heard = self._transport.open(self._call)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        if self._heard is not None and self._heard.response is not None:
            self._heard.response.close()
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
    def _opened(self) -> Heard[Any]:
        if self._heard is None:
            raise RuntimeError("Enter the file first: `with … as file:`")
        return self._heard

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, once. Raises NotReached when the line broke before its end."""
        response = self._opened.response
        if response is None:
            return
        try:
            for piece in response.iter_bytes():
                yield piece
        except httpx.HTTPError as error:
            raise NotReached(f"The file was cut short: {error or type(error).__name__}") from None

    def read(self) -> bytes:
        """All of it."""
        if self._heard is None:
            with self:
                return self.read()
        found = bytearray()
        for piece in self.pieces():
            found += piece
        return bytes(found)

    def save(self, target: str | os.PathLike[str]) -> Path:
        """Onto a disk, under this name or in this folder under its own. What is there under the
        name is replaced once the whole file has come; half a file is never left."""
        if self._heard is None:
            with self:
                return self.save(target)
        path = Path(target)
        if path.is_dir():
            path /= self.name or "ileti-file"
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as opened:
                for piece in self.pieces():
                    opened.write(piece)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path
