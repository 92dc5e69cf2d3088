"""Files on their way to İleti: bytes, a path, an open file, or pieces as a program makes them.

Why this module exists: what can be read twice is announced with its length and its SHA-256, and
sent again after a broken line. What comes once (a generator, a pipe) is never sent again.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

File: TypeAlias = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO
Pieces: TypeAlias = Iterable[bytes] | AsyncIterable[bytes]
PIECE: Final = 1 << 16


class Body:
    """A file that can be read as often as needed, wholly or a stretch of it."""

    def __init__(self, source: File, start: int = 0, size: int | None = None) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._data: memoryview | None = None
        if isinstance(source, str | os.PathLike):
            self._path = Path(source)
            whole = self._path.stat().st_size
        elif isinstance(source, bytes | bytearray | memoryview):
            self._data = memoryview(source).cast("B")
            whole = len(self._data)
        else:
            self._file = source
            start += source.tell()
            whole = source.seek(0, os.SEEK_END)
            source.seek(start)
        self._source, self._start = source, start
        self.size = max(0, whole - start) if size is None else min(size, max(0, whole - start))
        self._digest: bytes | None = None

    @property
    def name(self) -> str:
        """The file's own name, or ""."""
        named: Any = self._path or getattr(self._file, "name", "")
        return Path(named).name if isinstance(named, str | Path) else ""

    def part(self, number: int, size: int) -> Body:
        """The n-th stretch (from 1) of so many bytes."""
        base = 0 if self._file is not None else self._start
        if self._file is not None:
            self._file.seek(self._start)
        return Body(self._source, base + (number - 1) * size,
                    min(size, self.size - (number - 1) * size))

    def pieces(self) -> Iterator[bytes]:
        """Its bytes."""
        if self._data is not None:
            yield bytes(self._data[self._start:self._start + self.size])
            return
        if self._path is not None:
            with self._path.open("rb") as opened:
                yield from self._read(opened)
        elif self._file is not None:
            yield from self._read(self._file)

    def _read(self, opened: BinaryIO) -> Iterator[bytes]:
        opened.seek(self._start)
        left = self.size
        while left > 0:
            piece = opened.read(min(PIECE, left))
            if not piece:
                raise OSError("The file became shorter while it was sent.")
            left -= len(piece)
            yield piece

    @property
    def sha256(self) -> bytes:
        """Of its bytes; they are read once for it."""
        if self._digest is None:
            found = sha256()
            for piece in self.pieces():
                found.update(piece)
            self._digest = found.digest()
        return self._digest


class Once:
    """Pieces that come once. ``begun``: whether any was taken."""

    size = None

    def __init__(self, source: Pieces) -> None:
        self.source = source
        self.begun = False


def body_of(source: File | Pieces) -> Body | Once:
    """What was given, as it can be sent."""
    if isinstance(source, bytes | bytearray | memoryview | str | os.PathLike):
        return Body(source)
    seekable = getattr(source, "seekable", None)
    if seekable is not None and seekable():
        if isinstance(cast(Any, source).read(0), str):
            raise TypeError("Open the file in binary mode ('rb').")
        return Body(cast(BinaryIO, source))
    if hasattr(source, "read"):
        opened = cast(BinaryIO, source)
        return Once(iter(lambda: opened.read(PIECE), b""))
    return Once(cast("Iterable[bytes]", source))


def digest_header(digest: bytes) -> str:
    """A Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"
