"""Large bodies at two doors only, and no file of theirs on the disk in clear.

Why this module exists: the panel refuses bodies above two megabytes, and the web framework lays
larger files of a form into the temporary folder as they come. A customer list is both large and
personal. So for whoever may import, and at no other address, the bound is wider, and a file in a
form goes into sealed parts while it is read. Without JavaScript it is one POST; the key of those
parts lives in the memory of that request and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, cast

from flask import Flask, Request, g, request

from config import settings
from ileti.core.errors import CallerMistake
from ileti.imports.files import PART_BYTES, PartedFile
from ileti.tenancy import security

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


class RoomyRequest(Request):
    """A request whose file, where the door allows one, is sealed while it is read."""

    incoming: Incoming | None = None

    def _get_file_stream(self, total_content_length: int | None, content_type: str | None,
                         filename: str | None = None, content_length: int | None = None,
                         ) -> IO[bytes]:
        if self.endpoint != WHOLE:
            return super()._get_file_stream(total_content_length, content_type, filename,
                                            content_length)
        if self.incoming is None:
            return cast(IO[bytes], _Nothing())
        if g.get("incoming") is not None:
            raise CallerMistake("Bir defada bir dosya aktarılır.", "One file at a time.",
                                code="one_file")
        g.incoming = self.incoming
        return cast(IO[bytes], self.incoming)


class _Nothing(BytesIO):
    """Holds nothing of a file from somebody who may not bring one."""

    def write(self, _data: Any) -> int:
        return 0


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


def open_doors(app: Flask) -> None:
    """Widen the bound before anybody reads the body, and leave nothing behind after it."""

    @app.before_request
    def widen() -> None:
        asked = cast(RoomyRequest, request)
        if asked.method != "POST" or asked.endpoint not in (WHOLE, PART):
            return
        if not security.may("import:run"):
            return
        if asked.endpoint == PART:
            # one more: a server that ends the body itself makes the bound a limit never reached
            asked.max_content_length = PART_BYTES + 1
            return
        asked.max_content_length = settings().import_longest_mb * 1_000_000 + _FORM_ROOM
        asked.incoming = Incoming()

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        coming: Incoming | None = g.pop("incoming", None)
        if coming is not None:
            coming.close()
