"""One door to every file: what it is, its first rows, its blocks.

Why this module exists: whoever runs an import need not know that a workbook is read by a child and
NDJSON names its columns on every line. A file is a path or pieces of bytes (sealed originals are
read so); pieces are used up by one call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from ileti.imports.reading import reader
from ileti.imports.reading.excel import workbook_blocks, workbook_start
from ileti.imports.reading.layout import (
    HEAD_BYTES,
    REPORT_COLUMNS,
    SAMPLE_ROWS,
    detect,
    heading_without,
    shape,
)
from ileti.imports.reading.ndjson import ndjson_table
from ileti.imports.reading.reader import Block, Layout, Row, rows_of

_PIECE: Final = 1 << 18
_DEFUSED: Final = re.compile(r"'[=+\-@\t\r|%]")
Source = Path | Iterable[bytes]


@dataclass(frozen=True)
class Examined:
    """What a person sees before the columns are mapped. ``heading``: None without one; ``sheets``:
    of a workbook, each with whether Excel shows it."""

    layout: Layout
    heading: list[str] | None
    rows: list[list[str]]
    sheets: list[tuple[str, bool]] = field(default_factory=list)


def examine(name: str, source: Source, layout: Layout | None = None,
            count: int = 50) -> Examined:
    """Tell what a file is and show its first rows; with ``layout`` as a person corrected it. Raises
    CallerMistake for an empty file, for what is no list, and for a workbook that cannot be read."""
    if layout is None:
        pieces = _pieces(source)
        head = list(_head(pieces))
        layout = detect(name, b"".join(head)[:HEAD_BYTES])
        source = source if isinstance(source, Path) else chain(head, pieces)
        if layout.format in ("xlsx", "xls"):
            start = workbook_start(source, layout, max(count, SAMPLE_ROWS) + 20)
            layout = replace(shape(start.rows, layout), sheet=start.sheet)
            return Examined(layout, *_head_and_rows(start.rows, layout, count), start.sheets)
    if layout.format in ("xlsx", "xls"):
        start = workbook_start(source, layout, layout.skip + count + 1)
        return Examined(replace(layout, sheet=start.sheet),
                        *_head_and_rows(start.rows, layout, count), start.sheets)
    return Examined(layout, *heading_and_sample(source, layout, count))


def blocks(source: Source, layout: Layout) -> Iterator[Block]:
    """The file's rows in blocks, without heading. Raises CallerMistake, with the row, for what
    cannot be read in bounded memory and time."""
    if layout.format == "ndjson":
        return ndjson_table(_pieces(source), layout)[1]
    found = (workbook_blocks(source, layout) if layout.format in ("xlsx", "xls")
             else reader.csv_blocks(_pieces(source), layout))
    return _without_verdicts(found, layout.delimiter) if layout.kind == "report" else found


def heading_and_sample(source: Source, layout: Layout,
                       count: int = 50) -> tuple[list[str] | None, list[list[str]]]:
    """The heading (None without one) and the first rows. A form that we know and that comes
    without a heading gets its own (:data:`ileti.imports.reading.layout.KINDS`)."""
    if layout.format == "ndjson":
        heading, found = ndjson_table(_pieces(source), layout)
        rows = (row for block in found for row in rows_of(block, ""))
        return heading, [list(cells) for _, cells in islice(rows, count) if cells is not None]
    if layout.format in ("xlsx", "xls"):
        start = workbook_start(source, layout, layout.skip + count + 1)
        return _head_and_rows(start.rows, layout, count)
    head, sample = reader.heading_and_sample(_pieces(source), layout, count)
    if layout.kind == "report":
        return _list_of(head or ()), [_list_of(row) for row in sample]
    return head if head is not None else heading_without(layout), sample


def _without_verdicts(found: Iterator[Block], delimiter: str) -> Iterator[Block]:
    """Our own report as the list it was made of: a person mends it there and hands it back."""
    for block in found:
        rows: list[Row] = [(line, cells and _list_of(cells))
                           for line, cells in rows_of(block, delimiter)]
        yield Block(block.first, None, rows, block.position)


def _list_of(cells: Sequence[str]) -> list[str]:
    return [cell[1:] if _DEFUSED.match(cell) else cell for cell in cells[REPORT_COLUMNS:]]


def _head_and_rows(rows: list[Row], layout: Layout,
                   count: int) -> tuple[list[str] | None, list[list[str]]]:
    found = [list(cells) for line, cells in rows if line > layout.skip and cells is not None]
    if layout.kind == "report":
        found = [_list_of(cells) for cells in found]
    if not layout.header:
        return heading_without(layout), found[:count]
    return ([cell.strip() for cell in found[0]] if found else []), found[1:count + 1]


def _pieces(source: Source) -> Iterator[bytes]:
    if not isinstance(source, Path):
        return iter(source)
    return _read(source)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _head(pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    while size < HEAD_BYTES and (piece := next(pieces, None)) is not None:
        size += len(piece)
        yield piece
