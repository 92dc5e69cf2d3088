"""A report as a file: what the page shows, all of its lines, with real numbers and days.

Why this module exists: people go on with figures in a spreadsheet. CSV is opened there without
harm (:mod:`ileti.core.csvfile`); in a workbook a number is a number and a day a day, the heading
stays in sight, and no cell is a formula.
"""

from __future__ import annotations

import io
from typing import Any, Final

import xlsxwriter
from flask_babel import gettext as _

from ileti.core import csvfile, formats
from ileti.reports import consentpage, printed, queries
from ileti.reports.consentpage import Question
from ileti.reports.queries import Line, Numbers
from ileti.reports.tables import Length, Share, Table

MOST: Final = 100_000
_SPANS: Final = ("day", "week", "month")


def csv(question: Question) -> bytes:
    """Semicolons and UTF-8, as Turkish spreadsheets expect."""
    found, names = _found(question)
    lines = [[formats.iso(one.key) if question.by in _SPANS else names[one.key],
              *_figures(one.numbers)] for one in found]
    return csvfile.table([_heads(question), *(
        ["" if cell is None else cell for cell in line] for line in lines)])


def xlsx(question: Question) -> bytes:
    """One sheet with a frozen heading, filters and a line of totals."""
    found, names = _found(question)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False,
                                   "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(_("Consent report")[:31])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "dd.mm.yyyy", "align": "left"})
        whole, share = (book.add_format({"num_format": one}) for one in ("#,##0", "0.0%"))
        heads = _heads(question)
        sheet.write_row(0, 0, heads, bold)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, len(heads) - 1, 16)
        for place, one in enumerate(found, 1):
            if question.by in _SPANS:
                sheet.write_datetime(place, 0, one.key, day)
            else:
                sheet.write_string(place, 0, names[one.key])
            _write(sheet, place, one.numbers, whole, share)
        sheet.autofilter(0, 0, max(len(found), 1), len(heads) - 1)
        sheet.write_string(len(found) + 1, 0, _("Total"), bold)
        _write(sheet, len(found) + 1, queries.totals(question.wanted),
               book.add_format({"num_format": "#,##0", "bold": True}),
               book.add_format({"num_format": "0.0%", "bold": True}))
    return out.getvalue()


def pdf(question: Question) -> bytes:
    """As pages, in words that people read. Raises TryLater."""
    found, names = _found(question)
    wanted, summed = question.wanted, queries.totals(question.wanted)
    rows = [(names[one.key], one.numbers) for one in found]
    return printed.pdf(
        _("Consent report"), consentpage.line(wanted), consentpage.narrowed(wanted),
        consentpage.tiles(wanted, summed, queries.totals(wanted.before())),
        [Table(str(consentpage.TITLES[question.by]), [
            str(consentpage.NAMES[question.by]), _("Consent"), _("Refusal"), _("Accepted by İYS"),
            _("İYS rejection"), _("Expired"), _("Acceptance at İYS"),
            _("Accepted on the same day"), _("Average time to İYS")],
            [[title, one.consents, one.refusals, one.accepted, one.rejected, one.overdue,
              None if one.acceptance is None else Share(one.acceptance), one.same_day,
              None if one.wait is None else Length(one.wait)]
             for title, one in (*rows, (printed.total(), summed))] if rows else [])])


def name(question: Question, ending: str) -> str:
    """What the file is called: nothing in it is anybody's."""
    since, until = question.wanted.since.isoformat(), question.wanted.until.isoformat()
    return f"izin-raporu-{since}-{until}.{ending}"


def _found(question: Question) -> tuple[list[Line], dict[Any, str]]:
    found = queries.lines(question.wanted, question.by, most=MOST)
    return found, consentpage.named(question.by, [one.key for one in found])


def _heads(question: Question) -> list[str]:
    return [str(consentpage.NAMES[question.by]), _("Consent"), _("Refusal"), _("Accepted by İYS"),
            _("İYS rejection"), _("Expired"), _("Acceptance at İYS"),
            _("Accepted on the same day"), _("Average time to İYS, in seconds")]


def _figures(numbers: Numbers) -> list[Any]:
    share = numbers.acceptance
    return [numbers.consents, numbers.refusals, numbers.accepted, numbers.rejected,
            numbers.overdue, None if share is None else formats.number(round(share * 100, 2)),
            numbers.same_day, numbers.wait]


def _write(sheet: Any, place: int, numbers: Numbers, whole: Any, share: Any) -> None:
    for column, figure in enumerate((
            numbers.consents, numbers.refusals, numbers.accepted, numbers.rejected,
            numbers.overdue), 1):
        sheet.write_number(place, column, figure, whole)
    if numbers.acceptance is not None:
        sheet.write_number(place, 6, numbers.acceptance, share)
    sheet.write_number(place, 7, numbers.same_day, whole)
    if numbers.wait is not None:
        sheet.write_number(place, 8, numbers.wait, whole)
