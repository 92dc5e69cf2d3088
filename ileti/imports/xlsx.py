"""XLSX read as a stream: the zip's directory first, then the sheet's XML row by row.

Why this module exists: the quick readers keep a whole sheet as a rectangle, so one forgotten cell
in the last corner costs them 400 GB, and they hand out an error (``#N/A``) as an empty cell, which
an import would fill with the value fixed for all rows. Here a row is what its cells say, errors
stay visible, and no more is held than one row and the shared texts. Python's own expat reads the
XML: it fetches nothing, and a document type is refused at sight. Runs in the child of
:mod:`ileti.imports.workbook`, whose limits hold for what this module does not foresee.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, NamedTuple
from xml.parsers import expat

from ileti.imports.cells import number_text, serial
from ileti.imports.reader import MOST_COLUMNS
from ileti.imports.workbook_errors import (
    broken,
    document_type,
    locked,
    other_kind,
    too_large,
    too_wide,
)

MOST_ENTRIES: Final = 5_000
MOST_BYTES: Final = 4 << 30
MOST_RATIO: Final = 200
_SMALL: Final = 128 << 20
_PIECE: Final = 1 << 17
#: What a formula nobody ever calculated becomes: no value, and not empty either.
UNCALCULATED: Final = "#?"

_BUILTIN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NO_CODE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
Row = tuple[int, list[str]]


class Sheet(NamedTuple):
    """One sheet: its name, whether people see it, where it lies."""

    name: str
    visible: bool
    part: str


class Xlsx:
    """An open workbook."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise broken() from error
        self._sizes = self._checked()
        self._strings: list[str] | None = None
        self._dates: list[bool] | None = None
        self._from_1904 = False
        self._where = self._relations()
        self.sheets = self._sheets()

    def rows(self, sheet: Sheet, progress: Callable[[float], None]) -> Iterator[Row]:
        """Rows that hold something, with their number; ``progress`` gets the share that was read.
        Raises CallerMistake; anything else means
        that the file is damaged."""
        if self._strings is None:
            self._strings = self._shared(self._where.get("sharedStrings"))
            self._dates = self._date_styles(self._where.get("styles"))
        reader = _SheetReader(self._strings, self._dates or [], self._from_1904)
        size = max(self._sizes.get(sheet.part, 1), 1)
        done = 0
        for piece in self._pieces(sheet.part):
            done += len(piece)
            fault = reader.parse(piece)
            if reader.ready:
                yield from reader.ready
                reader.ready.clear()
                progress(done / size)
            if fault is not None:
                raise fault

    # -- the zip -----------------------------------------------------------------------------------

    def _checked(self) -> dict[str, int]:
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise too_large()
        for one in entries:
            if one.flag_bits & 1:
                raise locked()
            if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise broken()
            if one.file_size > _SMALL and one.file_size > MOST_RATIO * one.compress_size:
                raise too_large()
        if sum(one.file_size for one in entries) > MOST_BYTES:
            raise too_large()
        return {one.filename: one.file_size for one in entries}

    def _pieces(self, part: str) -> Iterator[bytes]:
        try:
            with self._zip.open(part) as file:
                while piece := file.read(_PIECE):
                    yield piece
                yield b""
        except KeyError as error:
            raise broken() from error

    # -- the small parts ---------------------------------------------------------------------------

    def _parse(self, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
        parser = _parser()
        parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
        for piece in self._pieces(part):
            parser.Parse(piece, not piece)

    def _relations(self) -> dict[str, str]:
        """Parts by id and by the last word of their type."""
        found: dict[str, str] = {}
        part = "xl/_rels/workbook.xml.rels"
        if part not in self._sizes or "xl/workbook.xml" not in self._sizes:
            raise other_kind()

        def start(name: str, has: dict[str, str]) -> None:
            if name == "Relationship" and has.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("xl", has.get("Target", "")))
                kind = has.get("Type", "").rpartition("/")[2]
                found[has.get("Id", "")] = found[kind] = target.lstrip("/")
                if kind == "worksheet":
                    found[f"{has.get('Id')}?"] = target.lstrip("/")

        self._parse(part, start)
        return found

    def _sheets(self) -> list[Sheet]:
        found: list[Sheet] = []

        def start(name: str, has: dict[str, str]) -> None:
            if name == "sheet":
                key = next((v for k, v in has.items() if _local(k) == "id"), "")
                part = self._where.get(f"{key}?")
                if part is not None:
                    visible = has.get("state", "visible") == "visible"
                    found.append(Sheet(has.get("name", ""), visible, part))
            elif name == "workbookPr":
                self._from_1904 = has.get("date1904") in ("1", "true")

        self._parse("xl/workbook.xml", start)
        return found

    def _date_styles(self, part: str | None) -> list[bool]:
        """Per cell style: whether it shows a date."""
        codes: dict[str, str] = {}
        styles: list[bool] = []
        inside = False

        def start(name: str, has: dict[str, str]) -> None:
            nonlocal inside
            if name == "numFmt":
                codes[has.get("numFmtId", "")] = has.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = name == "cellXfs"
            elif name == "xf" and inside:
                styles.append(_shows_date(has.get("numFmtId", "0"), codes))

        if part in self._sizes:
            self._parse(str(part), start)
        return styles

    def _shared(self, part: str | None) -> list[str]:
        """The texts that cells name by number."""
        strings: list[str] = []
        parts: list[str] = []
        on = phonetic = False

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal on, phonetic
            name = _local(name)
            on = name == "t" and not phonetic
            phonetic = phonetic or name == "rPh"

        def chars(text: str) -> None:
            if on:
                parts.append(text)

        def end(name: str) -> None:
            nonlocal on, phonetic
            name = _local(name)
            on = False
            if name == "si":
                strings.append(_plain("".join(parts)))
                parts.clear()
            elif name == "rPh":
                phonetic = False

        if part in self._sizes:
            parser = _parser()
            parser.StartElementHandler, parser.EndElementHandler = start, end
            parser.CharacterDataHandler = chars
            for piece in self._pieces(str(part)):
                parser.Parse(piece, not piece)
        return strings


class _SheetReader:
    """A sheet's XML, piece by piece; whole rows gather in ``ready``."""

    def __init__(self, strings: list[str], dates: list[bool], from_1904: bool) -> None:
        self.ready: list[Row] = []
        self._strings, self._dates, self._from_1904 = strings, dates, from_1904
        self._columns: dict[str, int] = {}
        self._parser = _parser()
        self._connect()

    def parse(self, piece: bytes) -> Exception | None:
        """Read on; an empty piece ends the sheet. What is wrong, if anything; rows before that are
        ready."""
        try:
            self._parser.Parse(piece, not piece)
        except Exception as error:
            return error
        return None

    def _connect(self) -> None:
        cells: list[str] = []
        parts: list[str] = []
        cell: dict[str, str] = {}
        line = column = 0
        on = formula = False

        def start(name: str, has: dict[str, str]) -> None:
            nonlocal cell, line, column, on, formula
            if name == "c":
                cell, formula = has, False
                parts.clear()
                place = has.get("r")
                column = column + 1 if place is None else self._column(place)
            elif name == "v" or name == "t":
                on = True
            elif name == "f":
                formula = True
            elif name == "row":
                line = int(has["r"]) if "r" in has else line + 1
                column = 0
                cells.clear()
            elif name == "rPh":
                self._parser.CharacterDataHandler = None
            elif ":" in name:
                start(_local(name), has)

        def chars(text: str) -> None:
            if on:
                parts.append(text)

        def end(name: str) -> None:
            nonlocal on
            on = False
            if name == "c":
                value = self._value(cell, "".join(parts), formula)
                if value:
                    if column > MOST_COLUMNS:
                        raise too_wide(line)
                    if len(cells) < column - 1:
                        cells.extend([""] * (column - 1 - len(cells)))
                    cells.append(value)
            elif name == "row":
                if cells:
                    self.ready.append((line, cells[:]))
                    cells.clear()
            elif name == "rPh":
                self._parser.CharacterDataHandler = chars
            elif ":" in name:
                end(_local(name))

        self._parser.StartElementHandler, self._parser.EndElementHandler = start, end
        self._parser.CharacterDataHandler = chars

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        found = self._columns.get(letters)
        if found is None:
            found = 0
            for letter in letters[:4].upper():
                found = found * 26 + ord(letter) - 64
            self._columns[letters] = found
        return found

    def _value(self, cell: dict[str, str], text: str, formula: bool) -> str:
        kind = cell.get("t", "n")
        if kind == "s":
            return self._strings[int(text)] if text else ""
        if kind == "n":
            if not text:
                return UNCALCULATED if formula else ""
            style = cell.get("s")
            if style is not None and int(style) < len(self._dates) and self._dates[int(style)]:
                return serial(float(text), self._from_1904) or number_text(text)
            return number_text(text)
        if kind == "d":
            return text.replace("T", " ").removesuffix("Z")
        return _plain(text) if kind in ("str", "inlineStr") else text  # b: 1 or 0; e: the error


def _shows_date(number: str, codes: dict[str, str]) -> bool:
    code = codes.get(number)
    if code is None:
        return number.isdecimal() and int(number) in _BUILTIN_DATES
    section = _NO_CODE.sub("", code).partition(";")[0].lower()
    return any(letter in section for letter in "ymdhs") and "general" not in section


def _plain(text: str) -> str:
    """Without Excel's escapes of control characters."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\0", "\ufffd")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def refuse(*_: object) -> None:
        raise document_type()

    parser.StartDoctypeDeclHandler = refuse
    return parser
