"""A list that comes in one POST, sealed while it is read (:mod:`ileti.tenancy.doors`).

Without JavaScript an upload is one POST; the key of its sealed parts lives in the memory of that
request and nowhere else. With it the list comes in parts, each the body of a request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from flask import request

from config import settings
from ileti.core.errors import CallerMistake
from ileti.imports.files import PART_BYTES, PartedFile
from ileti.tenancy import doors

WHOLE = "ImportView.new"
PART = "ImportView.part"
_FORM_ROOM = 1 << 20
_READ = 1 << 18


class Incoming:
    """A file that is being read from a form: up to a part in memory, what is more sealed."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._sealed: PartedFile | None = None
        self._parts = 0
        self.size = 0

    def write(self, data: bytes) -> int:
        """Take the next bytes; TooLarge beyond IMPORT_LONGEST_MB."""
        self._held += data
        self.size += len(data)
        while len(self._held) >= PART_BYTES:
            self._seal(bytes(self._held[:PART_BYTES]))
            del self._held[:PART_BYTES]
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        """All of it, in order."""
        if self._sealed is not None:
            yield from self._sealed.read()
        yield bytes(self._held)

    def read(self, _size: int = -1) -> bytes:
        """Nobody reads it but :meth:`pieces`."""
        return b""

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """The framework goes to the start when all is here."""
        return 0

    def close(self) -> None:
        """Forget it."""
        self._held.clear()
        if self._sealed is not None:
            self._sealed.remove()
            self._sealed = None

    def _seal(self, piece: bytes) -> None:
        if self._sealed is None:
            self._sealed = PartedFile(f"coming/{os.urandom(12).hex()}", os.urandom(32))
        self._parts += 1
        self._sealed.add(self._parts, [piece])


def whole_body() -> Iterator[bytes]:
    """The body piece by piece. Raises CallerMistake when it ends before its length or has none:
    what is cut short on its way is no part of a file."""
    left = request.content_length
    if left is None or left > PART_BYTES:
        raise CallerMistake("Parçanın uzunluğu yok ya da fazla.",
                            "The part’s length is missing or too large.", code="bad_length")
    while left > 0:
        piece = request.stream.read(min(left, _READ))
        if not piece:
            raise CallerMistake("Parça yarıda kesildi.", "The part was cut short.",
                                code="cut_short")
        left -= len(piece)
        yield piece


doors.register(doors.Door(
    WHOLE, "import:run", lambda: settings().import_longest_mb * 1_000_000 + _FORM_ROOM, Incoming))
# one more: a server that ends the body itself makes the bound a limit never reached
doors.register(doors.Door(PART, "import:run", lambda: PART_BYTES + 1))
