"""A workbook written as a stream: rows in, pieces of an XLSX file out, nothing in between.

Why this module exists: a list holds people's addresses and may have millions of rows. The
library at hand keeps a sheet in memory or, in its constant-memory mode, in a temporary file in
clear, and neither may be (docs/adr/0025). A sheet is plain XML and a workbook a zip, so both are
written while they are sent: memory holds one batch of rows and the compressor's window. What does
not fit a sheet goes on in the next one under the same heading.

Every text is written as text, so that nothing in it is ever run as a formula.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final

#: Rows below the heading that a sheet of Excel can hold.
ROWS_PER_SHEET: Final = 1_048_575
#: A zip's entry above two gigabytes needs an extension that Excel offers to repair.
_BYTES_PER_SHEET: Final = 1_800_000_000
_LONGEST: Final = 32_767  # UTF-16 units of a cell; Excel repairs what is longer
_BATCH: Final = 500
_LEVEL: Final = 3
_MOMENT: Final = 2  # the style of moments
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (Excel knows no zones)
_WIDTHS: Final = (8, 13, 18, 9, 60, 10, 10, 24)
_NO_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LIKE_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Cell = str | int | datetime


def workbook(heading: Sequence[str], rows: Iterable[Sequence[Cell]], *, name: str,
             rows_per_sheet: int | None = None, widths: Sequence[int] = _WIDTHS
             ) -> Iterator[bytes]:
    """The file in pieces. ``name`` is the sheets', up to 25 characters; the second and later ones
    get a number; ``widths`` are the columns'. Cells beyond 32 767 characters are cut there, as
    Excel would."""
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as book:  # type: ignore[call-overload]
        _add(book, "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        _add(book, "xl/styles.xml", _STYLES)
        left, count = iter(rows), 0
        while True:
            first = next(left, None)
            if first is None and count:
                break
            count += 1
            body = () if first is None else chain([first], left)
            with book.open(f"xl/worksheets/sheet{count}.xml", "w") as sheet:
                for text in _sheet(heading, body, rows_per_sheet or ROWS_PER_SHEET, widths):
                    sheet.write(text.encode("utf-8", "replace"))
                    yield from out.taken()
        _add(book, "xl/workbook.xml", _book(name, count))
        _add(book, "xl/_rels/workbook.xml.rels", _relations(
            [("styles", "styles.xml"),
             *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, count + 1))]))
        _add(book, "[Content_Types].xml", _types(count))
    yield from out.taken()


class _Outlet:
    """What the zip writes, until it is taken; it cannot be wound back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> Iterator[bytes]:
        if self._held:
            yield b"".join(self._held)
            self._held.clear()


def _sheet(heading: Sequence[str], rows: Iterable[Sequence[Cell]], most: int,
           widths: Sequence[int]) -> Iterator[str]:
    """A sheet's XML as long as it has room; ``rows`` is left where the next one goes on."""
    size = 0
    yield (f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
           '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
           f"</sheetViews><cols>{_columns(len(heading), widths)}</cols><sheetData>"
           f"{_row(1, heading, 1)}")
    line, taken = 1, iter(rows)
    while line <= most and size < _BYTES_PER_SHEET:
        batch = list(islice(taken, min(_BATCH, most + 1 - line)))
        if not batch:
            break
        text = "".join(_row(number, cells) for number, cells in enumerate(batch, line + 1))
        line, size = line + len(batch), size + 2 * len(text)
        yield text
    reach = f"A1:{_letters(max(1, len(heading)) - 1)}{line}"
    yield f'</sheetData><autoFilter ref="{reach}"/></worksheet>'


def _row(number: int, cells: Sequence[Cell], style: int = 0) -> str:
    styled = f' s="{style}"' if style else ""
    made = [f'<row r="{number}">']
    for at, cell in enumerate(cells):
        if isinstance(cell, int):
            made.append(f'<c r="{_letters(at)}{number}"{styled}><v>{cell}</v></c>')
        elif isinstance(cell, datetime):
            made.append(f'<c r="{_letters(at)}{number}" s="{_MOMENT}"><v>{_days(cell)}</v></c>')
        elif cell:
            made.append(f'<c r="{_letters(at)}{number}"{styled} t="inlineStr"><is>'
                        f"{_text(cell)}</is></c>")
    made.append("</row>")
    return "".join(made)


def _days(moment: datetime) -> str:
    """A moment as Excel counts it: days since 1900, as its clocks show it and without a zone."""
    passed = moment.replace(tzinfo=None) - _FIRST_DAY
    return f"{passed.days + passed.seconds / 86_400:.8f}"


def _text(cell: str) -> str:
    """A text as XML, in the spelling in which Excel keeps what XML cannot say."""
    if len(cell) * 2 > _LONGEST:
        units = cell.encode("utf-16-le", "replace")[:_LONGEST * 2]
        cell = units.decode("utf-16-le", "ignore")
    if "_x" in cell:
        cell = _LIKE_ESCAPE.sub("_x005F_", cell)
    cell = cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cell = _NO_XML.sub(_escaped, cell)
    kept = ' xml:space="preserve"' if cell != cell.strip() or "\n" in cell else ""
    return f"<t{kept}>{cell}</t>"


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return "\ufffd" if number == 0 or number > 0x7f else f"_x{number:04X}_"


@lru_cache(maxsize=2_000)
def _letters(at: int) -> str:
    """A column's name, counted from 0."""
    name, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name


def _columns(count: int, given: Sequence[int]) -> str:
    widths = [*given, *[20] * max(0, count - len(given))][:max(1, count)]
    return "".join(f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
                   for n, width in enumerate(widths, 1))


def _book(name: str, count: int) -> str:
    sheets = "".join(
        f'<sheet name="{name if n == 1 else f"{name} {n}"}" sheetId="{n}" r:id="rId{n + 1}"/>'
        for n in range(1, count + 1))
    return (f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets>'
            "</workbook>")


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    links = "".join(f'<Relationship Id="rId{n}" Type="{_LINKS}/{kind}" Target="{target}"/>'
                    for n, (kind, target) in enumerate(targets, 1))
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _types(count: int) -> str:
    kinds = [("workbook", "sheet.main"), ("styles", "styles"),
             *((f"worksheets/sheet{n}", "worksheet") for n in range(1, count + 1))]
    parts = "".join(f'<Override PartName="/xl/{part}.xml" ContentType="{_KIND}.{kind}+xml"/>'
                    for part, kind in kinds)
    return (f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
            f'Extension="xml" ContentType="application/xml"/>{parts}</Types>')


def _add(book: zipfile.ZipFile, name: str, text: str) -> None:
    with book.open(name, "w") as part:
        part.write(text.encode())


_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" '
    'formatCode="dd\\.mm\\.yyyy\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/>'
    '</font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '</borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf '
    'numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" '
    'fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles '
    'count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>')
