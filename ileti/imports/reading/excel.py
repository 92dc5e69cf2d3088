"""Workbooks as blocks, read by a child whose limits the kernel keeps.

Why this module exists: the parent has keys, a database and other people's data; it never touches
the bytes of an Excel file itself. The child (:mod:`ileti.imports.reading.workbook`) gets an open
file and nothing else. An import's original lies sealed, and Excel's formats need a real file: it is
written to one without a name, so that it is gone when it is closed, whoever is killed meanwhile.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from config import settings
from ileti.core.errors import CallerMistake
from ileti.imports.reading.reader import Block, Layout, Row
from ileti.imports.reading.workbook import Frame, frames
from ileti.imports.reading.workbook_errors import broken, too_large

_MODULE: Final = "from ileti.imports.reading.workbook import main; main()"
_TOO_LARGE: Final = (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV)


class Start(NamedTuple):
    """The beginning of a workbook: its sheets and whether people see them, the one that is read,
    its first rows."""

    sheets: list[tuple[str, bool]]
    sheet: str
    rows: list[Row]


def workbook_start(source: Path | Iterable[bytes], layout: Layout, count: int) -> Start:
    """The first rows that hold something. Raises CallerMistake."""
    sheets: list[tuple[str, bool]] = []
    sheet = ""
    rows: list[Row] = []
    with _opened(source) as (file, _):
        for frame in _frames(file, layout, count):
            sheets, sheet = (frame.sheets, frame.sheet) if frame.sheets is not None \
                else (sheets, sheet)
            rows += frame.rows
    return Start(sheets, sheet, rows)


def workbook_blocks(source: Path | Iterable[bytes], layout: Layout) -> Iterator[Block]:
    """The blocks of a sheet, without heading and skipped rows; rows keep the number people see.
    Raises CallerMistake, with the row."""
    heading = layout.header
    with _opened(source) as (file, size):
        for frame in _frames(file, layout, 0):
            rows: list[Row] = [row for row in frame.rows if row[0] > layout.skip]
            if heading and rows:
                heading, rows = False, rows[1:]
            if rows:
                yield Block(rows[0][0], None, rows, min(int(frame.share * size), size))


def _frames(file: IO[bytes], layout: Layout, count: int) -> Iterator[Frame]:
    sheet = [] if layout.sheet is None else [layout.sheet.replace("\0", "")]
    number = file.fileno()
    child = subprocess.Popen(  # noqa: S603 (our own module; no shell)
        [sys.executable, "-c", _MODULE, str(number), layout.format, str(count), *sheet],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        pass_fds=[number],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"})
    assert child.stdout is not None
    last, ended = 0, False
    try:
        for frame in frames(child.stdout):
            if frame.error is not None:
                code, tr, en = frame.error
                raise CallerMistake(tr, en, code=code)
            ended = ended or frame.ended
            if frame.rows:
                last = frame.rows[-1][0]
            yield frame
        if not ended:
            raise too_large(last) if child.wait() in _TOO_LARGE else broken(last)
    except msgspec.DecodeError as error:
        raise broken(last) from error
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


@contextmanager
def _opened(source: Path | Iterable[bytes]) -> Iterator[tuple[IO[bytes], int]]:
    """A real file and its size; pieces go to one without a name below ILETI_VAR, mode 600."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
        return
    folder = settings().ileti_var
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        size = 0
        for piece in source:
            size += file.write(piece)
        file.flush()
        file.seek(0)
        yield file, size
