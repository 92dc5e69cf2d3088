"""Tables as streams of blocks, in bounded memory, whatever the file says about itself.

Why this module exists: a customer list may be two gigabytes, hostile, or both. It is read once,
piece by piece; what leaves here are blocks of some thousand rows, each with the line it starts at,
for the workers that spell them (:mod:`ileti.imports.staging`). A block of a CSV without quotation
marks is handed on as text and split by the worker; one with them is split here, record by record,
so that a mark nobody closed costs its own line and not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ileti.core.errors import CallerMistake

BLOCK_ROWS: Final = 5_000
_BLOCK_CHARS: Final = 1 << 19
LONGEST_LINE: Final = 1 << 20
MOST_COLUMNS: Final = 1_000
MOST_LINES_OF_A_RECORD: Final = 60
MOST_BROKEN: Final = 10_000

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
    """How a file is to be read. ``header``: its first row names the columns. ``sheet``: of a
    workbook; ``skip``: lines before the heading."""

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    sheet: str | None = None
    skip: int = 0

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
    lines = _Lines(pieces, layout.encoding)
    lines.drop(layout.skip)
    if layout.header:
        _one_record(lines, layout.delimiter)
    broken = 0
    while True:
        first, text = lines.take()
        if not text:
            return
        if '"' not in text:
            _refuse_wide(text, layout.delimiter, first)
            yield Block(first, text, None, lines.position)
            continue
        lines.give_back(text, first)
        rows: list[Row] = []
        while len(rows) < BLOCK_ROWS and (row := _one_record(lines, layout.delimiter)):
            broken += row[1] is None
            if broken > MOST_BROKEN:
                raise CallerMistake(
                    f"Dosya okunamıyor: {broken} satırda tırnak kapanmamış. Ayıracı denetleyin.",
                    f"The file cannot be read: {broken} rows have a quotation mark that is not "
                    "closed. Check the separator.", code="unreadable_file")
            rows.append(row)
        yield Block(first, None, rows, lines.position)


def rows_of(block: Block, delimiter: str) -> Iterator[Row]:
    """The rows of a block, without those that are blank."""
    if block.rows is not None:
        yield from (row for row in block.rows if row[1] is None or any(row[1]))
        return
    lines = (block.text or "").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if any("\r" in line for line in lines):
        lines = [line.rstrip("\r").replace("\r", " ") for line in lines]
    for line, cells in zip(range(block.first, block.first + len(lines)),
                           csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE),
                           strict=True):
        if any(cells):
            yield line, cells


def heading_and_sample(pieces: Iterable[bytes], layout: Layout,
                       count: int = 50) -> tuple[list[str] | None, list[list[str]]]:
    """The heading (None without one) and the first rows, for people and for recognition."""
    lines = _Lines(pieces, layout.encoding)
    lines.drop(layout.skip)
    head = None
    if layout.header:
        row = _one_record(lines, layout.delimiter)
        head = [cell.strip() for cell in (row[1] or ())] if row else []
    rows: list[list[str]] = []
    while len(rows) < count and (row := _one_record(lines, layout.delimiter)):
        if row[1] is not None and any(row[1]):
            rows.append(list(row[1]))
    return head, rows


class _Lines:
    """Decoded text with its place in the file; at most a block and a piece are held."""

    def __init__(self, pieces: Iterable[bytes], encoding: str) -> None:
        self._pieces = iter(pieces)
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._rest, self._ended = "", False
        self.line, self.position = 1, 0

    def take(self) -> tuple[int, str]:
        """Whole lines, about a block of them, and the number of the first; "" at the end."""
        while len(self._rest) < _BLOCK_CHARS and self._more():
            pass
        end = len(self._rest) if self._ended else self._rest.rfind("\n", 0, _BLOCK_CHARS) + 1
        if not end and not self._ended:
            end = self._rest.find("\n") + 1
            if not end or end > LONGEST_LINE:
                raise _too_long(self.line)
        text, self._rest = self._rest[:end], self._rest[end:]
        if self._ended and len(text) > LONGEST_LINE:
            longest = max(enumerate(text.split("\n")), key=lambda one: len(one[1]))
            if len(longest[1]) > LONGEST_LINE:
                raise _too_long(self.line + longest[0])
        first = self.line
        self.line += text.count("\n")
        return first, text

    def one(self) -> tuple[int, str]:
        """One line with its end; "" at the end of the file."""
        while (end := self._rest.find("\n") + 1) == 0 and self._more():
            if len(self._rest) > 2 * LONGEST_LINE:
                raise _too_long(self.line)
        end = end or len(self._rest)
        if end > LONGEST_LINE:
            raise _too_long(self.line)
        text, self._rest = self._rest[:end], self._rest[end:]
        first, self.line = self.line, self.line + 1
        return first, text

    def give_back(self, text: str, first: int) -> None:
        """What was taken is to be read again."""
        self._rest, self.line = text + self._rest, first

    def drop(self, count: int) -> None:
        """Leave lines out."""
        for _ in range(count):
            self.one()

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = next(self._pieces, b"")
        self.position += len(piece)
        text = self._decoder.decode(piece, final=not piece)
        if not self._rest and self.line == 1:
            text = text.removeprefix("\ufeff")
        # old Macintosh files and mixed ones: only the line feed ends a line
        self._rest += text
        self._ended = not piece
        return bool(piece)


def _one_record(lines: _Lines, delimiter: str) -> Row | None:
    """The next record, over several lines when quoted; None at the end of the file."""
    first, text = lines.one()
    if not text:
        return None
    taken = [text]
    while sum(line.count('"') for line in taken[-1:]) % 2 if len(taken) == 1 else _open(taken):
        if len(taken) >= MOST_LINES_OF_A_RECORD:
            break
        _, more = lines.one()
        if not more:
            break
        taken.append(more)
    if len(taken) > 1 and _open(taken):
        lines.give_back("".join(taken[1:]), first + 1)  # a mark nobody closed: its own line only
        return first, None
    try:
        cells = next(csv.reader(["".join(taken).rstrip("\r\n")] if len(taken) == 1 else
                                [line.replace("\r\n", "\n") for line in taken],
                                delimiter=delimiter, strict=True))
    except StopIteration:
        return first, []
    except csv.Error:
        if len(taken) > 1:
            lines.give_back("".join(taken[1:]), first + 1)
        return first, None
    if len(cells) > MOST_COLUMNS:
        raise _too_wide(first)
    return first, cells


def _open(taken: Sequence[str]) -> bool:
    return sum(line.count('"') for line in taken) % 2 == 1


def _refuse_wide(text: str, delimiter: str, first: int) -> None:
    if text.count(delimiter) < MOST_COLUMNS:
        return
    for n, line in enumerate(text.split("\n")):
        if line.count(delimiter) >= MOST_COLUMNS:
            raise _too_wide(first + n)


def _too_long(line: int) -> CallerMistake:
    return CallerMistake(
        f"Satır {line} bir megabayttan uzun; bu bir liste dosyası değil.",
        f"Line {line} is longer than a megabyte; this is no list.", code="unreadable_file")


def _too_wide(line: int) -> CallerMistake:
    return CallerMistake(
        f"Satır {line}: {MOST_COLUMNS}’den çok sütun var.",
        f"Line {line} has more than {MOST_COLUMNS} columns.", code="unreadable_file")
