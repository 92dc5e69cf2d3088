"""Bytes of any encoding as whole lines, with their numbers, in bounded memory.

Why this module exists: a line is what a person counts in an editor, so every kind of line end ends
one; a file may be one endless line, or say it is text and be none. What a decoder cannot read must
cost a cell, not the import.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from typing import Final

from ileti.core.errors import CallerMistake

LONGEST_LINE: Final = 1 << 20
_BLOCK_CHARS: Final = 1 << 19
_PIECE_BYTES: Final = 1 << 20
#: What a person can choose; no codec beside these is ever opened.
ENCODINGS: Final = ("utf-8", "windows-1254", "iso-8859-9", "utf-16-le", "utf-16-be", "utf-16",
                    "cp857")


class Lines:
    """Decoded text with its place in the file; at most a block and a piece are held. Every line
    end is a line feed, also a carriage return alone; NULs become marks that no field takes."""

    def __init__(self, pieces: Iterable[bytes], encoding: str) -> None:
        name = _known(encoding)
        self._decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(name)(errors=_LENIENT if name == "utf-8" else "replace"),
            translate=True)
        self._pieces = _small(pieces)
        self._rest, self._started, self._ended = "", False, False
        self.line, self.position = 1, 0

    @property
    def ended(self) -> bool:
        """Everything was taken."""
        return self._ended and not self._rest

    def take(self) -> tuple[int, str]:
        """Whole lines, about a block of them, and the number of the first; "" at the end."""
        while len(self._rest) < _BLOCK_CHARS and self._more():
            pass
        if self._ended and len(self._rest) <= _BLOCK_CHARS:
            end = len(self._rest)
        else:
            end = self._rest.rfind("\n", 0, _BLOCK_CHARS) + 1 or self._long_line()
        text, self._rest = self._rest[:end], self._rest[end:]
        first = self.line
        self.line += text.count("\n")
        return first, text

    def give_back(self, text: str, first: int) -> None:
        """What was taken is to be read again."""
        self._rest, self.line = text + self._rest, first

    def drop(self, count: int) -> None:
        """Leave lines out."""
        while count > 0:
            first, text = self.take()
            if not text:
                return
            lines = text.split("\n", count)
            self.give_back(lines[-1], first + len(lines) - 1)
            if len(lines) == 1:
                self.take()
                return
            count -= len(lines) - 1

    def _long_line(self) -> int:
        while (end := self._rest.find("\n", 0, LONGEST_LINE) + 1) == 0:
            if len(self._rest) > LONGEST_LINE:
                raise CallerMistake(
                    f"Satır {self.line} bir megabayttan uzun; bu bir liste dosyası değil.",
                    f"Line {self.line} is longer than a megabyte; this is no list.",
                    code="unreadable_file")
            if not self._more():
                return len(self._rest)
        return end

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = next(self._pieces, b"")
        self.position += len(piece)
        text = self._decoder.decode(piece, final=not piece)
        if not self._started:
            text = text.lstrip("\ufeff")
            self._started = bool(text)
        if "\0" in text:
            text = text.replace("\0", "\ufffd")
        self._rest += text
        self._ended = not piece
        return bool(piece)


def _known(encoding: str) -> str:
    """The codec's own name; CallerMistake for those that lists do not come in."""
    try:
        name = codecs.lookup(encoding).name.removesuffix("-sig")
    except (LookupError, ValueError):
        name = ""
    if name not in {codecs.lookup(one).name for one in ENCODINGS}:
        said = ", ".join(ENCODINGS)
        raise CallerMistake(f"Bu kodlama okunamıyor. Şunlardan birini seçin: {said}.",
                            f"This encoding cannot be read. Choose one of {said}.",
                            code="bad_encoding")
    return name


def _small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a megabyte at most, none of them empty."""
    for piece in pieces:
        if len(piece) <= _PIECE_BYTES:
            if piece:
                yield piece
        else:
            for at in range(0, len(piece), _PIECE_BYTES):
                yield piece[at:at + _PIECE_BYTES]


_LENIENT: Final = "ileti-1254"


def _as_1254(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 are Windows-1254: a list of plain letters may have its first ``ş``
    far below what was looked at."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start:error.end].decode("windows-1254", "replace"), error.end


codecs.register_error(_LENIENT, _as_1254)
