"""Tables as streams of blocks, in bounded memory, whatever the file says about itself.

Why this module exists: a customer list may be two gigabytes, hostile, or both. It is read once,
piece by piece; what leaves here are blocks of some thousand rows, each with the line it starts at,
for the workers that spell them (:mod:`ileti.imports.staging`). A block of a CSV without quotation
marks is handed on as text and split by the worker; one with them is split here, record by record,
so that a mark nobody closed costs its own line and not the rest of the file.

What stands inside a quoted cell stays inside it: a note with line ends must never become rows, or
whoever may write a note could write a consent.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ileti.core.errors import CallerMistake

BLOCK_ROWS: Final = 5_000
_BLOCK_CHARS: Final = 1 << 19
_PIECE_BYTES: Final = 1 << 20
LONGEST_LINE: Final = 1 << 20
MOST_COLUMNS: Final = 1_000
MOST_LINES_OF_A_RECORD: Final = 1_000
MOST_BROKEN: Final = 10_000
#: What a person can choose; no codec beside these is ever opened.
ENCODINGS: Final = ("utf-8", "windows-1254", "iso-8859-9", "utf-16-le", "utf-16-be", "utf-16",
                    "cp857")
DELIMITERS: Final = (",", ";", "\t", "|")

# The longest cell is a block; the module's own limit would break a row in the middle.
csv.field_size_limit(LONGEST_LINE)

#: A row: the line it starts at (from 1) and its cells; None when it cannot be read.
Row = tuple[int, Sequence[str] | None]


class Block(NamedTuple):
    """Rows that follow each other: as text of whole lines without quotation marks, or split.
    ``first`` is the line of the first row, ``position`` how many bytes of the file were read."""

    first: int
    text: str | None
    rows: list[Row] | None
    position: int


@dataclass(frozen=True)
class Layout:
    """How a file is to be read. ``format``: csv, xlsx, xls or ndjson; ``header``: its first row
    names the columns; ``sheet``: of a workbook; ``skip``: lines before the heading; ``kind``: whose
    form it is (:data:`ileti.imports.layout.KINDS`), "" for none we know."""

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
        lines.give_back(text, first)
        rows = records.block(lines)
        for at in range(0, len(rows), BLOCK_ROWS):
            part = rows[at:at + BLOCK_ROWS]
            yield Block(part[0][0], None, part, lines.position)


def rows_of(block: Block, delimiter: str) -> Iterator[Row]:
    """The rows of a block, without those that are blank."""
    if block.rows is not None:
        yield from (row for row in block.rows if row[1] is None or any(row[1]))
        return
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


class Lines:
    """Decoded text with its place in the file; at most a block and a piece are held. Every line
    end is a line feed, also a carriage return alone; NULs become marks that no field takes."""

    def __init__(self, pieces: Iterable[bytes], encoding: str) -> None:
        if encoding.lower() not in ENCODINGS:
            raise CallerMistake(f"Bu kodlama okunamıyor. Şunlardan birini seçin: "
                                f"{', '.join(ENCODINGS)}.",
                                f"This encoding cannot be read. Choose one of "
                                f"{', '.join(ENCODINGS)}.", code="bad_encoding")
        errors = _LENIENT if encoding.lower() == "utf-8" else "replace"
        self._decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(encoding)(errors=errors), translate=True)
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


def _refuse_wide(text: str, delimiter: str, first: int) -> None:
    for n, line in enumerate(text.split("\n")):
        if len(line) >= MOST_COLUMNS and line.count(delimiter) >= MOST_COLUMNS:
            raise _too_wide(first + n)


def _too_wide(line: int) -> CallerMistake:
    return CallerMistake(
        f"Satır {line}: {MOST_COLUMNS}’den çok sütun var.",
        f"Line {line} has more than {MOST_COLUMNS} columns.", code="unreadable_file")


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
