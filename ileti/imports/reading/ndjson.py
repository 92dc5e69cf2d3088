"""NDJSON, one object per line: the form of the API, of exports of other programs and of our own
copies of a database's answer.

Why this module exists: its keys are the headings, but no line says all of them. They are gathered
from the first lines; a key that comes later stands beyond the heading, so that its row is refused
as one with too many columns instead of losing a value. A line that is no object, holds one inside
another or names a key twice costs itself only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

import msgspec

from ileti.core.errors import CallerMistake
from ileti.imports.reading.cells import number
from ileti.imports.reading.lines import Lines
from ileti.imports.reading.reader import BLOCK_ROWS, MOST_COLUMNS, Block, Layout, Row

_HEADING_LINES: Final = 1_000
_HEADING_BYTES: Final = 8 << 20
_Object = dict[str, Any]
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


def ndjson_table(pieces: Iterable[bytes], layout: Layout) -> tuple[list[str], Iterator[Block]]:
    """The headings, gathered from the first thousand lines or eight megabytes, and the blocks.
    Raises CallerMistake for lines of a megabyte and for more than a thousand keys."""
    lines = Lines(pieces, layout.encoding)
    lines.drop(layout.skip)
    batches = _batches(lines)
    held: list[tuple[list[tuple[int, _Object | None]], int]] = []
    heading: dict[str, int] = {}
    seen = 0
    while seen < _HEADING_LINES and (batch := next(batches, None)):
        held.append(batch)
        for _, found in batch[0][:_HEADING_LINES - seen]:
            for key in found or ():
                heading.setdefault(key, len(heading))
            if len(heading) > MOST_COLUMNS:
                raise CallerMistake(f"Dosyanın ilk satırlarında {MOST_COLUMNS}’den çok ad var.",
                                    f"The first lines have more than {MOST_COLUMNS} names.",
                                    code="unreadable_file")
        seen += len(batch[0])
        if batch[1] > _HEADING_BYTES:
            break
    return list(heading), _blocks(chain(held, batches), heading)


def _blocks(batches: Iterable[tuple[list[tuple[int, _Object | None]], int]],
            heading: dict[str, int]) -> Iterator[Block]:
    for batch, position in batches:
        rows: list[Row] = [(line, None if found is None else _cells(found, heading))
                           for line, found in batch]
        yield Block(rows[0][0], None, rows, position)


def _batches(lines: Lines) -> Iterator[tuple[list[tuple[int, _Object | None]], int]]:
    """Lines with what they say, some thousand together, and the bytes read; blank ones left out."""
    while True:
        first, text = lines.take()
        if not text:
            return
        batch: list[tuple[int, _Object | None]] = []
        for number_, line in enumerate(text.split("\n"), first):
            if not line or line.isspace():
                continue
            batch.append((number_, _object(line)))
            if len(batch) == BLOCK_ROWS:
                yield batch, lines.position
                batch = []
        if batch:
            yield batch, lines.position


def _object(line: str) -> _Object | None:
    try:
        found = _decode(line)
        texts = sum(isinstance(value, str) for value in found.values())
        # a key that stands twice is only kept once, which the marks tell
        if "\\" not in line and line.count('"') == 2 * (len(found) + texts):
            return found
        found = json.loads(line, object_pairs_hook=_once)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate is no text
        return found if isinstance(found, dict) else None
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> _Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _cells(found: _Object, heading: dict[str, int]) -> list[str] | None:
    """Cells in the heading's order; None for what is no flat object."""
    cells = [""] * len(heading)
    for key, value in found.items():
        if isinstance(value, str):
            text = value.replace("\0", "\ufffd") if "\0" in value else value
        elif value is None:
            continue
        elif isinstance(value, bool):
            text = str(int(value))
        elif isinstance(value, (int, float)):
            text = number(value)
        else:
            return None
        at = heading.get(key)
        if at is None:
            if text:
                cells.append(text)
        else:
            cells[at] = text
    return cells
