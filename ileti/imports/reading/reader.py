"""Tables as streams of blocks, in bounded memory, whatever the file says about itself.

Why this module exists: a customer list may be two gigabytes, hostile, or both. It is read once,
piece by piece; what leaves here are blocks of some thousand rows, each with the line it starts at,
for the workers that spell them (:mod:`ileti.imports.staging`). Text is handed on as it is and split
by the worker. What has quotation marks is gone through here first, so that a block ends where a
record does; from a mark nobody closed on it is split here, record by record, so that it costs its
own line and not the rest of the file.

What stands inside a quoted cell stays inside it: a note with line ends must never become rows, or
whoever may write a note could write a consent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import repeat
from operator import attrgetter, sub
from typing import Any, Final, NamedTuple

from ileti.core.errors import CallerMistake
from ileti.imports.reading.lines import LONGEST_LINE, Lines

BLOCK_ROWS: Final = 5_000
MOST_COLUMNS: Final = 1_000
MOST_LINES_OF_A_RECORD: Final = 1_000
MOST_BROKEN: Final = 10_000
#: Those that are found out; any other single character is named.
DELIMITERS: Final = (",", ";", "\t", "|", "^", "~")

_LINE: Final = attrgetter("line_num")
# The longest cell is a block; the module's own limit would break a row in the middle.
csv.field_size_limit(LONGEST_LINE)

#: A row: the line it starts at (from 1) and its cells; None when it cannot be read.
Row = tuple[int, Sequence[str] | None]


class Block(NamedTuple):
    """Rows that follow each other: as text of whole records without a fault, or split. ``first`` is
    the line of the first row, ``position`` how many bytes of the file were read."""

    first: int
    text: str | None
    rows: list[Row] | None
    position: int


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. ``format``: csv, xlsx, xls or ndjson; ``header``: its first row
    names the columns; ``sheet``: of a workbook; ``skip``: lines before the heading; ``kind``: whose
    form it is (:data:`ileti.imports.reading.layout.KINDS`), "" for none we know."""

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    sheet: str | None = None
    skip: int = 0
    kind: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Layout:
        """Inverse of :meth:`as_json`."""
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})


def csv_blocks(pieces: Iterable[bytes], layout: Layout) -> Iterator[Block]:
    """The blocks of a CSV file; heading and skipped lines are left out. Raises CallerMistake, with
    the line, for what no list is: lines of a megabyte, a thousand columns, broken all over."""
    lines, records = _opened(pieces, layout)
    if layout.header:
        records.next(lines)
    while True:
        first, text = lines.take()
        if not text:
            return
        if '"' not in text:
            _refuse_wide(text, layout.delimiter, first)
            yield Block(first, text, None, lines.position)
            continue
        whole = records.whole(text)
        if whole < len(text):
            lines.give_back(text[whole:], first + text.count("\n", 0, whole))
        if whole:
            yield Block(first, text[:whole], None, lines.position)
            continue
        rows = records.block(lines)
        for at in range(0, len(rows), BLOCK_ROWS):
            part = rows[at:at + BLOCK_ROWS]
            yield Block(part[0][0], None, part, lines.position)


def rows_of(block: Block, delimiter: str) -> Iterator[Row]:
    """The rows of a block, without those that are blank."""
    if block.rows is not None:
        for row in block.rows:
            if row[1] is None or any(row[1]):
                yield row
    elif block.text and '"' in block.text:
        reader, line = _reader(block.text, delimiter), block.first
        for cells in reader:
            if any(cells):
                yield line, cells
            line = block.first + reader.line_num
    else:
        for line, text in enumerate((block.text or "").split("\n"), block.first):
            if text:
                cells = text.split(delimiter)
                if any(cells):
                    yield line, cells


def csv_start(pieces: Iterable[bytes], layout: Layout, count: int) -> list[Row]:
    """The first rows that can be read and are not blank, the heading among them."""
    lines, records = _opened(pieces, layout)
    rows: list[Row] = []
    while len(rows) < count and (found := records.block(lines)):
        rows += [row for row in found if row[1] is not None and any(row[1])]
    return rows[:count]


def heading_and_sample(pieces: Iterable[bytes], layout: Layout,
                       count: int = 50) -> tuple[list[str] | None, list[list[str]]]:
    """The heading (None without one) and the first rows, for people and for recognition."""
    lines, records = _opened(pieces, layout)
    head = None
    if layout.header:
        row = records.next(lines)
        head = [cell.strip(" \ufeff\t\n") for cell in (row[1] or ())] if row else []
    rows: list[list[str]] = []
    while len(rows) < count and (found := records.block(lines)):
        rows += [list(cells) for _, cells in found if cells is not None and any(cells)]
    return head, rows[:count]


def _opened(pieces: Iterable[bytes], layout: Layout) -> tuple[Lines, _Records]:
    if len(layout.delimiter) != 1 or layout.delimiter in '"\r\n':
        raise CallerMistake("Ayıraç tek bir karakterdir; tırnak ya da satır sonu olamaz.",
                            "The separator is one character, no quotation mark and no line end.",
                            code="bad_separator")
    lines = Lines(pieces, layout.encoding)
    lines.drop(layout.skip)
    return lines, _Records(layout.delimiter)


class _Records:
    """Splits lines with quotation marks; remembers what is broken and what stands open."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._broken = 0
        self._open: tuple[int, int] | None = None  # its line, the first nobody looked at

    def next(self, lines: Lines) -> Row | None:
        """The next record; None at the end of the file."""
        rows = self.block(lines, most=1)
        return rows[0] if rows else None

    def whole(self, text: str) -> int:
        """How many characters of whole lines are records without a fault; 0 when the first needs a
        closer look."""
        if self._open is not None:
            return 0
        reader = _reader(text, self._delimiter)
        found: list[tuple[int, int]] = []
        with suppress(csv.Error):
            found.extend(zip(map(len, reader), map(_LINE, repeat(reader)), strict=False))
        if not found:
            return 0
        widths, ends = zip(*found, strict=True)
        if max(widths) > MOST_COLUMNS or max(
                map(sub, ends, (0, *ends[:-1]))) > MOST_LINES_OF_A_RECORD:
            return 0
        left = text.count("\n") + (not text.endswith("\n")) - ends[-1]
        at = len(text)
        for _ in range(left + text.endswith("\n") if left else 0):
            at = text.rfind("\n", 0, at)
        return at + 1 if left else at

    def block(self, lines: Lines, most: int = 1 << 30) -> list[Row]:
        """The records of about a block, blank ones too; none at the end of the file."""
        first, text = lines.take()
        if not text:
            return []
        given = text.split("\n")
        tail = "" if given[-1] else "\n"
        if tail:
            given.pop()
        rows, used = self._split(given, first, lines.ended, most)
        if used < len(given):
            lines.give_back("\n".join(given[used:]) + tail, first + used)
        return rows

    def _split(self, lines: Sequence[str], first: int, last: bool,
               most: int) -> tuple[list[Row], int]:
        """Records and how many lines they are. ``last``: no line follows these."""
        rows: list[Row] = []
        start = at = 0
        starved = False

        def feed() -> Iterator[str]:
            nonlocal at, starved
            while at < len(lines) and at - start < MOST_LINES_OF_A_RECORD:
                at += 1
                yield lines[at - 1] + "\n"
            starved = at == len(lines)

        while start < len(lines) and len(rows) < most:
            starved = False
            try:
                for cells in csv.reader(feed(), delimiter=self._delimiter, strict=True):
                    if self._open is not None:
                        self._look_for_its_end(lines[start], first + start)
                    if len(cells) > MOST_COLUMNS:
                        raise _too_wide(first + start)
                    rows.append((first + start, cells))
                    start = at
                    if len(rows) == most:
                        break
            except csv.Error:
                whole = at - start < MOST_LINES_OF_A_RECORD
                if starved and whole and not last and start:
                    break  # it may go on in the next block
                if not whole or (starved and not last):  # where it ends was not looked for
                    self._open = (first + start, first + at)
                elif self._open is not None:
                    self._look_for_its_end(lines[start], first + start)
                self._count(first + start)
                rows.append((first + start, None))
                start = at = start + 1
        return rows, start

    def _count(self, line: int) -> None:
        self._broken += 1
        if self._broken > MOST_BROKEN:
            raise CallerMistake(
                f"Dosya okunamıyor: {line}. satıra kadar {MOST_BROKEN} satırda tırnak kapanmamış. "
                "Ayıracı denetleyin.",
                f"The file cannot be read: up to line {line}, {MOST_BROKEN} rows have a quotation "
                "mark that is not closed. Check the separator.", code="unreadable_file")

    def _look_for_its_end(self, line: str, number: int) -> None:
        """After a mark that stayed open, the next one tells: an opening one means that the first
        was forgotten, a closing one that all between was one cell, which must not become rows."""
        assert self._open is not None
        at = line.find('"')
        if at < 0 or number < self._open[1]:
            return
        before, after = line[at - 1:at], line[at + 1:at + 2]
        if before not in ("", self._delimiter) or after in ("", self._delimiter):
            raise CallerMistake(
                f"Satır {self._open[0]}: açılan tırnak {number}. satırda kapanıyor. Bu kadar uzun "
                "bir hücre okunmaz; tırnağı düzeltin.",
                f"Line {self._open[0]}: the quotation mark is closed on line {number}. No cell is "
                "that long; correct the mark.", code="unreadable_file")
        self._open = None


def _reader(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)


def _refuse_wide(text: str, delimiter: str, first: int) -> None:
    for n, line in enumerate(text.split("\n")):
        if len(line) >= MOST_COLUMNS and line.count(delimiter) >= MOST_COLUMNS:
            raise _too_wide(first + n)


def _too_wide(line: int) -> CallerMistake:
    return CallerMistake(
        f"Satır {line}: {MOST_COLUMNS}’den çok sütun var.",
        f"Line {line} has more than {MOST_COLUMNS} columns.", code="unreadable_file")
