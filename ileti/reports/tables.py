"""Tables of a report as files: one below the other as CSV, a sheet each in a workbook.

Why this module exists: a report of several blocks leaves the house as the page shows it. No cell is
run (:mod:`ileti.core.csvfile`); in a workbook a number is a number, a share a percentage and a day
a day, and headings stay in sight.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import xlsxwriter

from ileti.core import clock, csvfile, formats

_NO_NAME: Final = re.compile(r"[\[\]:*?/\\']")


class Share(float):
    """A part of one, 0.5 being a half."""


class Length(int):
    """Seconds, told as minutes and hours where people read them."""


class Table(NamedTuple):
    """A block: cells are text, whole numbers, :class:`Share`, :class:`Length`, days, or nothing."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]


def csv(tables: Iterable[Table]) -> bytes:
    """All tables in one file, an empty line between them; each line begins with its table's
    title."""
    lines: list[list[Any]] = []
    for one in tables:
        if lines:
            lines.append([])
        lines.append(["", *one.heads])
        lines += [[one.title, *(_text(cell) for cell in row)] for row in one.rows]
    return csvfile.table(lines)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Share):
        return formats.number(round(cell * 100, 2))
    if isinstance(cell, datetime | date):
        return (clock.to_istanbul(cell).date() if isinstance(cell, datetime) else cell).isoformat()
    return str(cell)


def xlsx(tables: Iterable[Table]) -> bytes:
    """A sheet for each table, with a frozen heading and filters."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False,
                                   "strings_to_urls": False}) as book:
        shapes = {one: book.add_format({"num_format": form}) for one, form in (
            ("whole", "#,##0"), ("share", "0.0%"), ("day", "dd.mm.yyyy"))}
        bold = book.add_format({"bold": True})
        for number, one in enumerate(tables, 1):
            sheet = book.add_worksheet(_NO_NAME.sub(" ", f"{number} {one.title}")[:31])
            sheet.write_row(0, 0, one.heads, bold)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 40)
            sheet.set_column(1, max(len(one.heads) - 1, 1), 18)
            for place, row in enumerate(one.rows, 1):
                for column, cell in enumerate(row):
                    _write(sheet, place, column, cell, shapes)
            if one.rows:
                sheet.autofilter(0, 0, len(one.rows), len(one.heads) - 1)
    return out.getvalue()


def _write(sheet: Any, place: int, column: int, cell: Any, shapes: dict[str, Any]) -> None:
    if cell is None:
        return
    if isinstance(cell, Share):
        sheet.write_number(place, column, float(cell), shapes["share"])
    elif isinstance(cell, int):
        sheet.write_number(place, column, cell, shapes["whole"])
    elif isinstance(cell, datetime | date):
        day = clock.to_istanbul(cell).date() if isinstance(cell, datetime) else cell
        sheet.write_datetime(place, column, day, shapes["day"])
    else:
        sheet.write_string(place, column, str(cell))
