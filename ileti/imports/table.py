"""The first look into an uploaded list: how it is to be read, its heading and some rows.

Why this module exists: before anybody says what a column means, the page must show the columns.
How a file is laid out is guessed from its name and first bytes; a person corrects the guess and
sees the file anew at once. Whatever the file holds, the answer is a table or one sentence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from itertools import islice

from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import CallerMistake, IletiError
from ileti.imports import runs
from ileti.imports.mapping import Mapping, recognise
from ileti.imports.reader import Layout, heading_and_sample
from ileti.imports.runs import Run

SHOWN_COLUMNS = 200
ROWS = 50
_HEAD = 1 << 16
_DELIMITERS = ";,\t|"


@dataclass(frozen=True)
class Table:
    """Heading (None without one) and first rows, or why there are none."""

    heads: list[str] | None = None
    rows: list[list[str]] = field(default_factory=list)
    trouble: IletiError | None = None

    @property
    def width(self) -> int:
        """Columns that are shown."""
        return min(SHOWN_COLUMNS,
                   max([len(self.heads or ()), *(len(row) for row in self.rows)], default=0))

    def values(self, column: int, count: int = 3) -> list[str]:
        """The first values of a column that are not empty."""
        found = (row[column].strip() for row in self.rows if column < len(row))
        return list(islice((one for one in found if one), count))


def look(run: Run, layout: Layout | None = None) -> Table:
    """The file as the layout reads it."""
    try:
        heads, rows = heading_and_sample(run.file.read(), layout or run.layout, ROWS)
    except CallerMistake as error:
        return Table(trouble=error)
    except (CannotDecrypt, OSError, LookupError, ValueError, csv.Error):
        return Table(trouble=CallerMistake(
            "Dosya bu ayarlarla okunamıyor.", "The file cannot be read with these settings.",
            code="unreadable_file"))
    return Table(heads, rows)


def begin(run: Run) -> None:
    """Guess layout and columns of a file that has just come, for people to correct."""
    layout = guess(run)
    table = look(run, layout)
    runs.map_columns(run.id, layout, proposal(table))


def proposal(table: Table) -> Mapping:
    """What the columns seem to mean."""
    return Mapping({}) if table.trouble else recognise(table.heads, table.rows)


def guess(run: Run) -> Layout:
    """How the file seems to be laid out, by its first bytes."""
    head = b""
    for piece in run.file.read():
        head += piece
        if len(head) >= _HEAD:
            break
    return guess_csv(head[:_HEAD])


def guess_csv(head: bytes) -> Layout:
    """Encoding, separator and whether the first row is a heading."""
    encoding = _encoding(head)
    lines = [line for line in head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()
             if line.strip()][:20]
    delimiter = max(_DELIMITERS, key=lambda one: min(
        (line.count(one) for line in lines[:5]), default=0))
    if not lines or delimiter not in lines[0]:
        delimiter = ","
    first = next(csv.reader(lines[:1], delimiter=delimiter), []) if lines else []
    return Layout("csv", encoding, delimiter, header=not any(
        "@" in cell or sum(char.isdigit() for char in cell) >= 7 for cell in first))


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    whole = head[:head.rfind(b"\n") + 1] or head
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1254"
    return "utf-8"
