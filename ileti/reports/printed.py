"""A report as pages: a PDF of the numbers and tables that the page shows.

Why this module exists: boards, auditors and inspectors get paper. It says in words what the report
was narrowed to, so that nobody takes a part for the whole, and holds numbers and names of the
company's own places, no person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import ngettext

from ileti.core import clock, formats
from ileti.core.errors import TryLater
from ileti.evidence.paper import NotSet, drawable, typeset
from ileti.reports.daily.report import who
from ileti.reports.tables import Length, Share, Table

TEMPLATE: Final = Path(__file__).parent / "report.typ"
#: lines of a table on paper; all of them are in the workbook
MOST: Final = 1_000


Narrowed = Sequence[tuple[str, Sequence[str]]]


def pdf(title: str, line: str, narrowed: Narrowed, tiles: Sequence[dict[str, Any]],
        tables: Sequence[Table]) -> bytes:
    """The pages. ``narrowed``: names of filters with what was chosen, ``tiles``: the figures of the
    page; a table whose last line is called :func:`total` ends in it. Raises TryLater when they
    cannot be set."""
    try:
        return typeset(TEMPLATE, content(title, line, narrowed, tiles, tables), clock.now())
    except NotSet as error:
        raise TryLater("Sayfalar hazırlanamadı; yeniden deneyin.",
                       "The pages could not be made; try again.", code="not_set") from error


def content(title: str, line: str, narrowed: Narrowed, tiles: Sequence[dict[str, Any]],
            tables: Sequence[Table]) -> dict[str, Any]:
    """What the pages show; a test reads it."""
    return {
        "lang": formats.language(), "title": title, "line": drawable(line),
        "who": drawable(who()), "none": _("Nothing in these days."),
        "narrowed": [[label, drawable(", ".join(chosen))] for label, chosen in narrowed],
        "tiles": [[one["label"], one.get("text") or formats.number(one["number"]), one["note"]]
                  for one in tiles],
        "tables": [_table(one) for one in tables if one.rows]}


def total() -> str:
    """What the last line of a table is called when it is the sum of the others."""
    return _("Total")


def _table(one: Table) -> dict[str, Any]:
    summed = bool(one.rows) and one.rows[-1][0] == total()
    rows = one.rows[:-1] if summed else one.rows
    figures = [any(_is_figure(row[n]) for row in one.rows) for n in range(len(one.heads))]
    left = len(rows) - MOST
    longest = [max(len(_told(row[n])) for row in one.rows[:MOST]) for n in range(len(one.heads))]
    return {
        "title": one.title, "heads": list(one.heads), "figures": figures,
        "wide": [n == longest.index(max(longest)) for n in range(len(longest))],
        "rows": [[_told(cell) for cell in row] for row in rows[:MOST]],
        "total": [_told(cell) for cell in one.rows[-1]] if summed else None,
        "more": ngettext("%(n)s line more is in the workbook.",
                         "%(n)s lines more are in the workbook.", left,
                         n=formats.number(left)) if left > 0 else ""}


def _is_figure(cell: Any) -> bool:
    return isinstance(cell, int | float)


def _told(cell: Any) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, Share):
        return formats.percent(cell)
    if isinstance(cell, Length):
        return formats.length(cell)
    if isinstance(cell, datetime):
        return formats.day(clock.to_istanbul(cell).date())
    if isinstance(cell, date):
        return formats.day(cell)
    return formats.number(cell) if _is_figure(cell) else drawable(str(cell))
