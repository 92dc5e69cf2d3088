"""The child that opens workbooks: bounded memory, bounded time, no secrets, nothing to write to.

Why this module exists: an Excel file is a program's worth of formats, and whoever sends one may be
an enemy. So it is opened in a process of its own, whose limits the kernel keeps; what it reads
goes to the parent (:mod:`ileti.imports.reading.excel`) as plain frames. When the parent is gone,
the next frame ends the child.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec

from ileti.core.errors import CallerMistake
from ileti.imports.reading.lines import LONGEST_LINE
from ileti.imports.reading.reader import BLOCK_ROWS
from ileti.imports.reading.workbook_errors import broken, no_sheet, too_large
from ileti.imports.reading.xls import Xls
from ileti.imports.reading.xlsx import Xlsx

MEMORY_BYTES: Final = 1_500 << 20
CPU_SECONDS: Final = 300
#: For the first rows, for which a person and a thread of the web server wait.
START_CPU_SECONDS: Final = 60
FRAME_CHARS: Final = 1 << 19
#: No frame of ours comes near it; what a child in an enemy's hands says is not believed.
MOST_FRAME_BYTES: Final = 64 << 20
LENGTH: Final = struct.Struct(">I")


class Frame(msgspec.Struct, array_like=True):
    """What crosses the pipe. First the sheets and the chosen one; then rows with the share that is
    read; at last an error (code, Turkish, English) or ``ended``."""

    sheets: list[tuple[str, bool]] | None = None
    sheet: str = ""
    rows: list[tuple[int, list[str] | None]] = []
    share: float = 0.0
    error: tuple[str, str, str] | None = None
    ended: bool = False


def main() -> None:
    """``argv``: descriptor of the file, format, rows wanted (0: all), sheet or nothing."""
    file, form, most, *sheet = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:]
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    seconds = START_CPU_SECONDS if most else CPU_SECONDS
    for what, limit in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, seconds),
                        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (limit, limit))
    reading = _Reading(out)
    try:
        with os.fdopen(file, "rb") as opened:
            book = Xlsx(opened) if form == "xlsx" else Xls(opened)
            reading.send_all(book, sheet[0] if sheet else None, most)
        reading.send(Frame(ended=True))
    except BrokenPipeError:
        os._exit(1)
    except CallerMistake as error:
        reading.send_error(error)
    except MemoryError:
        reading.rows.clear()
        reading.send_error(too_large(reading.last))
    except Exception:  # whatever a reader stumbles over, the file is to blame
        reading.send_error(broken(reading.last))


class _Reading:
    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._encode = out, msgspec.msgpack.Encoder().encode
        self.rows: list[tuple[int, list[str] | None]] = []
        self.last = self._sent = self._chars = 0
        self._share = 0.0

    def send(self, frame: Frame) -> None:
        """One frame; waits while the parent is busy."""
        body = self._encode(frame)
        self._out.write(LENGTH.pack(len(body)))
        self._out.write(body)
        self._out.flush()

    def send_error(self, error: CallerMistake) -> None:
        """The last frame of a file that cannot be read to its end."""
        self.send(Frame(error=(error.code, error.tr, error.en)))

    def send_all(self, book: Xlsx | Xls, wanted: str | None, most: int) -> None:
        """The sheets, then the rows of one: the wanted, or the first that people see and that
        holds something."""
        names = [sheet.name for sheet in book.sheets]
        chosen = [sheet for sheet in book.sheets
                  if (sheet.visible if wanted is None else sheet.name == wanted)]
        if wanted is not None and not chosen:
            raise no_sheet(wanted, names)
        begun = False
        for sheet in chosen:
            for row in book.rows(sheet, self._note):
                if not begun:
                    self._send_sheets(book, sheet.name)
                    begun = True
                if not self._take(row, most):
                    break
            if begun:
                break
        if not begun:
            self._send_sheets(book, chosen[0].name if chosen else "")
        self._flush()

    def _send_sheets(self, book: Xlsx | Xls, chosen: str) -> None:
        self.send(Frame(sheets=[(one.name, one.visible) for one in book.sheets], sheet=chosen))

    def _note(self, share: float) -> None:
        self._share = share

    def _take(self, row: tuple[int, list[str]], most: int) -> bool:
        """Whether more is wanted."""
        line, cells = row
        self.last = line
        size = sum(map(len, cells))
        self.rows.append((line, None if size > LONGEST_LINE else cells))
        self._chars += size
        self._sent += 1
        if len(self.rows) >= BLOCK_ROWS or self._chars > FRAME_CHARS:
            self._flush()
        return not most or self._sent < most

    def _flush(self) -> None:
        if self.rows:
            self.send(Frame(rows=self.rows, share=self._share))
        self.rows, self._chars = [], 0


def frames(pipe: IO[bytes]) -> Iterator[Frame]:
    """The parent's end: frames until the pipe ends. Raises CallerMistake for one that is larger
    than any file makes it."""
    decode: Any = msgspec.msgpack.Decoder(Frame).decode
    while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
        if (size := LENGTH.unpack(head)[0]) > MOST_FRAME_BYTES:
            raise too_large()
        yield decode(pipe.read(size))

