"""The list of consents as a table for spreadsheets, with the custom fields as columns.

Why this module exists: people and programs take the list out as they narrowed it, and a column of a
custom field says what it says on the page. Stretch by stretch along the list's own order, so that a
million rows are never in memory and no transaction is open while somebody's line is slow. Addresses
are masked and personal fields have no column, unless who asks may see them and said so. No cell is
run as a formula. What is too large to wait for is made by a job of the same parts
(:mod:`ileti.consents.exporting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ileti.consents import exportlines, exportrows, fieldfilter, listing
from ileti.core import csvfile, orm, sheets
from ileti.fields.vocabulary import Field, Subject
from ileti.tenancy import scope

MOST: Final = 1_000_000
TOGETHER: Final = 5_000
#: of a workbook's columns
WIDTHS: Final = (20, 26, 11, 10, 9, 11, 9, 20, 9, 18, 20, 24, 19, 19)
_CUT: Final = {
    "tr": f"Bu dosya {MOST:,} satırda bitti; süzgeçleri daraltın.".replace(",", "."),
    "en": f"This file ends after {MOST:,} rows; narrow the filters.",
}


def columns(*, full: bool) -> list[Field]:
    """The custom fields that have a column: of consents, then of recipients, which are no dealer's
    (ADR 0045); personal ones in full alone."""
    subjects = [Subject.CONSENT] if scope.current().dealer_id is not None else [
        Subject.CONSENT, Subject.RECIPIENT]
    known = [one for one in fieldfilter.fields() if full or not one.personal]
    return [one for subject in subjects for one in known if one.subject is subject]


def heads(own: list[Field], language: str) -> list[str]:
    """The first line."""
    return [*exportlines.HEADS[language], *(one.name(language) for one in own)]


def pieces(wanted: listing.Wanted, *, full: bool, language: str) -> Iterator[str]:
    """The table, piece by piece; each is made in the scope of whoever asks for it, and leaves no
    transaction open."""
    own = columns(full=full)
    yield csvfile.MARK + csvfile.line(heads(own, language))
    turn = exportlines.csv_lines(exportrows.told(full=full, language=language))
    count = 0
    # one row beyond the most tells that there are more
    for some in exportrows.stretches(wanted, own, full=full, language=language, size=TOGETHER,
                                     most=MOST + 1):
        count += some.rows
        piece = turn(some.lines).decode()
        if count > MOST:
            piece = piece[:piece.rstrip("\r\n").rfind("\r\n") + 2] if some.rows > 1 else ""
        orm.db.session.rollback()
        yield piece
    orm.db.session.rollback()
    if count > MOST:
        yield csvfile.line([_CUT[language]])


def workbook(wanted: listing.Wanted, *, full: bool, language: str) -> Iterator[bytes]:
    """The table as a workbook, up to :data:`MOST` rows, likewise."""
    own = columns(full=full)
    turn = exportlines.row_cells(exportrows.told(full=full, language=language))

    def rows() -> Iterator[list[exportlines.Cell]]:
        for some in exportrows.stretches(wanted, own, full=full, language=language, size=TOGETHER,
                                         most=MOST):
            orm.db.session.rollback()
            yield from turn(some.lines)

    yield from sheets.workbook(heads(own, language), rows(), widths=WIDTHS,
                               name="Consents" if language == "en" else "İzinler")
