"""A list of dealers or users as people keep it: its columns, its template, and how it is read.

Why this module exists: whoever brings three hundred dealers has them in a spreadsheet. The file may
be CSV in any encoding of Turkish spreadsheets, or a workbook; the one reader of the house reads it
(``imports.reading``). Columns are found by their names in both languages, in any order; what is no
column of ours is named and left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from ileti.core import csvfile
from ileti.core.errors import InvalidInput, TooLarge
from ileti.imports.reading import sources
from ileti.imports.reading.reader import rows_of
from ileti.tenancy.places import lower_tr

MOST_ROWS: Final = 5_000
MOST_BYTES: Final = 1_500_000
LONGEST_CELL: Final = 400
_HEADING_ROWS: Final = 10


@dataclass(frozen=True)
class Column:
    """One column: its key, its heading in both languages, whether it must be there, and the cell
    of the template's example."""

    key: str
    tr: str
    en: str
    needed: bool
    example: str

    def heading(self, language: str) -> str:
        """What stands above it."""
        return self.en if language == "en" else self.tr


DEALERS: Final = (
    Column("brand", "Marka", "Brand", False, "Defne Ev"),
    Column("title", "Unvan", "Company title", True, "Akasya Ev Tekstili Ltd. Şti."),
    Column("name", "Ad", "Name", True, "Akasya Ev Tekstili"),
    Column("alias", "Tabela adı", "Known as", False, "Bornova Akasya"),
    Column("tckn", "Yetkilinin T.C. kimlik no", "TCKN of the person in charge", True,
           "10000000146"),
    Column("tin", "Vergi no", "Tax number", True, "1234567890"),
    Column("mersis", "MERSİS no", "MERSİS number", False, ""),
    Column("mobile", "Cep telefonu", "Mobile phone", False, "0599 213 41 17"),
    Column("city", "İl", "City", True, "İzmir"),
    Column("town", "İlçe", "Town", True, "Bornova"),
    Column("status", "Durum", "State", False, "Etkin"),
    Column("retailer_code", "İYS bayi no", "Retailer number at İYS", False, ""),
)
USERS: Final = (
    Column("email", "E-posta", "E-mail", True, "mert.aydin@ornek.com.tr"),
    Column("first_name", "Ad", "First name", True, "Mert"),
    Column("last_name", "Soyad", "Last name", False, "Aydın"),
    Column("role", "Rol", "Role", True, "Bayi kullanıcısı"),
    Column("brand", "Marka", "Brand", False, "Defne Ev"),
    Column("dealer", "Bayi", "Dealer", False, "Bornova Akasya"),
    Column("language", "Dil", "Language", False, "tr"),
)


@dataclass(frozen=True)
class Line:
    """A row of the file: its number there, and its cells by column."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")


@dataclass(frozen=True)
class Sheet:
    """What was read. ``unknown``: headings that are no column of ours."""

    lines: list[Line]
    unknown: list[str]


def template(columns: Sequence[Column], language: str) -> bytes:
    """A file to fill in, with one example."""
    return csvfile.table([[one.heading(language) for one in columns],
                          [one.example for one in columns]])


def read(name: str, raw: bytes, columns: Sequence[Column]) -> Sheet:
    """The rows of a file. Raises CallerMistake for what is no list, InvalidInput when columns are
    missing, TooLarge beyond MOST_ROWS or MOST_BYTES."""
    if len(raw) > MOST_BYTES:
        raise TooLarge("Dosya en çok 1,5 MB olabilir.", "The file may have 1.5 MB at most.")
    layout = replace(sources.examine(name, [raw], count=1).layout, header=False, skip=0, kind="")
    rows = (row for block in sources.blocks([raw], layout)
            for row in rows_of(block, layout.delimiter) if row[1] is not None)
    places, unknown = _heading(rows, columns)
    lines = list(islice(_lines(rows, places), MOST_ROWS + 1))
    if len(lines) > MOST_ROWS:
        raise TooLarge("Bir listede en çok 5.000 satır olabilir; listeyi bölün.",
                       "A list may have 5,000 rows at most; split it.", code="too_many_rows")
    if not lines:
        raise InvalidInput("Listede başlıktan başka satır yok.",
                           "The list has no row but its heading.", code="no_rows")
    return Sheet(lines, unknown)


def _heading(rows: Iterator[tuple[int, Sequence[str] | None]], columns: Sequence[Column]
             ) -> tuple[dict[int, str], list[str]]:
    """Which column stands where, from the first row that has two of ours."""
    names = {fold(text): one.key for one in columns for text in (one.tr, one.en, one.key)}
    for _number, cells in islice(rows, _HEADING_ROWS):
        found = {at: names[fold(cell)] for at, cell in enumerate(cells or ())
                 if fold(cell) in names}
        if len(set(found.values())) >= 2:
            missing = [one for one in columns if one.needed and one.key not in found.values()]
            if missing:
                raise InvalidInput(
                    f"Şu sütunlar eksik: {', '.join(one.tr for one in missing)}.",
                    f"These columns are missing: {', '.join(one.en for one in missing)}.",
                    code="columns_missing")
            others = [cell.strip()[:60] for at, cell in enumerate(cells or ())
                      if at not in found and cell.strip()]
            return found, others
    raise InvalidInput("Başlık satırı bulunamadı. Şablonun başlıklarını kullanın.",
                       "No heading was found. Use the headings of the template.",
                       code="no_heading")


def _lines(rows: Iterable[tuple[int, Sequence[str] | None]], places: dict[int, str]
           ) -> Iterator[Line]:
    for number, cells in rows:
        said = {key: _cell(cells[at]) for at, key in places.items() if cells and at < len(cells)}
        if any(said.values()):
            yield Line(number, said)


def _cell(text: str) -> str:
    """A cell without blanks around it and without the apostrophe that keeps it from being run."""
    text = " ".join(text.replace("\0", "").replace("\ufeff", "").split())[:LONGEST_CELL]
    return text[1:] if text[:1] == "'" and csvfile.defused(text[1:]) != text[1:] else text


def fold(text: str) -> str:
    """Letters and digits alone, in small letters as Turkish has them: how names are compared."""
    return "".join(one for one in lower_tr(text).replace("i̇", "i") if one.isalnum())
