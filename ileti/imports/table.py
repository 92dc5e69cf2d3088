"""The first look into an uploaded list: how it is to be read, its heading and some rows.

Why this module exists: before anybody says what a column means, the page must show the columns.
How a file is laid out is told by its content; a person corrects that and sees the file anew at
once. Whatever the file holds, the answer is a table or one sentence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import CallerMistake, IletiError
from ileti.imports import ownfields, runs
from ileti.imports.mapping import Mapping, recognise, role_of
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import examine
from ileti.imports.runs import Run

SHOWN_COLUMNS = 200
ROWS = 50


@dataclass(frozen=True)
class Table:
    """Heading (None without one), first rows and a workbook's sheets, or why there are none."""

    heads: list[str] | None = None
    rows: list[list[str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
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
    return _seen(run, layout or run.layout)[1]


def examined(run: Run, **corrections: Any) -> tuple[Layout, Table]:
    """How the file is to be read by its content, with what somebody says of it, and what it then
    looks like."""
    layout, seen = _seen(run, None)
    if seen.trouble or not corrections:
        return layout, seen
    return _seen(run, replace(layout, **corrections))


def begin(run: Run) -> None:
    """Tell layout and columns of a file that has just come, for people to correct."""
    layout, table = _seen(run, None)
    runs.map_columns(run.id, layout, proposal(table, run))


def proposal(table: Table, run: Run) -> Mapping:
    """What the columns seem to mean, custom fields of the provider included. A heading that is a
    field's own key or name means the field, whatever stands in the column."""
    if table.trouble:
        return Mapping({})
    found, fields = recognise(table.heads, table.rows), ownfields.of_run(run)
    told = {role: n for role, n in found.columns.items()
            if table.heads and n < len(table.heads) and role_of(table.heads[n]) is role}
    own = ownfields.recognised(table.heads, told.values(), fields)
    return Mapping({role: n for role, n in found.columns.items() if n not in own.values()},
                   found.fixed, own)


def _seen(run: Run, layout: Layout | None) -> tuple[Layout, Table]:
    """The first look; without a layout the file is told by its content."""
    try:
        found = examine(run.name, run.file.read(), layout, ROWS)
    except CallerMistake as error:
        return layout or Layout(), Table(trouble=error)
    except (CannotDecrypt, OSError, LookupError, ValueError, csv.Error):
        return layout or Layout(), Table(trouble=CallerMistake(
            "Dosya bu ayarlarla okunamıyor.", "The file cannot be read with these settings.",
            code="unreadable_file"))
    return found.layout, Table(found.heading, found.rows, [name for name, _ in found.sheets])
