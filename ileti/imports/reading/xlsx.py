"""XLSX read as a stream: the zip's directory first, then the sheet's XML row by row.

Why this module exists: the quick readers keep a whole sheet as a rectangle, so one forgotten cell
in the last corner costs them 400 GB, and they hand out an error (``#N/A``) as an empty cell, which
an import would fill with the value fixed for all rows. Here a row is what its cells say, errors
stay visible, and no more is held than one row and the shared texts. Python's own expat reads the
XML: it fetches nothing, and a document type is refused at sight. Runs in the child of
:mod:`ileti.imports.reading.workbook`, whose limits hold for what this module does not foresee.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Final, NamedTuple

from ileti.imports.reading.workbook_errors import broken, locked, other_kind, too_large
from ileti.imports.reading.xlsx_sheet import Row, SheetReader, local, new_parser, plain

MOST_ENTRIES: Final = 5_000
MOST_BYTES: Final = 4 << 30
MOST_RATIO: Final = 200
MOST_SHEETS: Final = 1_000
_LONGEST_NAME: Final = 100  # as much as the form that chooses one hands on
_SMALL: Final = 128 << 20
_PIECE: Final = 1 << 17

_BUILTIN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NO_CODE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_PLAIN_NAMES: Final = frozenset(("si", "t", "r", "rPr", "rPh"))


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
        self._dates: frozenset[str] = frozenset()
        self._from_1904 = False
        self._where = self._relations()
        self.sheets = self._sheets()

    def rows(self, sheet: Sheet, progress: Callable[[float], None]) -> Iterator[Row]:
        """Rows that hold something, with their number; ``progress`` gets the share that was read.
        Raises CallerMistake; anything else means that the file is damaged."""
        if self._strings is None:
            self._strings = self._shared(self._where.get("sharedStrings"))
            self._dates = self._date_styles(self._where.get("styles"))
        reader = SheetReader(self._strings, self._dates, self._from_1904)
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
        parser = new_parser()
        parser.StartElementHandler = lambda name, attributes: start(local(name), attributes)
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
                key = next((v for k, v in has.items() if local(k) == "id"), "")
                part = self._where.get(f"{key}?")
                if part is not None:
                    visible = has.get("state", "visible") == "visible"
                    found.append(Sheet(has.get("name", "")[:_LONGEST_NAME], visible, part))
                    if len(found) > MOST_SHEETS:
                        raise too_large()
            elif name == "workbookPr":
                self._from_1904 = has.get("date1904") in ("1", "true")

        self._parse("xl/workbook.xml", start)
        return found

    def _date_styles(self, part: str | None) -> frozenset[str]:
        """The numbers of those cell styles that show a date, as cells write them."""
        codes: dict[str, str] = {}
        styles: set[str] = set()
        inside, count = False, 0

        def start(name: str, has: dict[str, str]) -> None:
            nonlocal inside, count
            if name == "numFmt":
                codes[has.get("numFmtId", "")] = has.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = name == "cellXfs"
            elif name == "xf" and inside:
                if _shows_date(has.get("numFmtId", "0"), codes):
                    styles.add(str(count))
                count += 1

        if part in self._sizes:
            self._parse(str(part), start)
        return frozenset(styles)

    def _shared(self, part: str | None) -> list[str]:
        """The texts that cells name by number."""
        strings: list[str] = []
        parts: list[str] = []
        on = phonetic = False

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal on, phonetic
            if name not in _PLAIN_NAMES:
                name = local(name)
            on = name == "t" and not phonetic
            phonetic = phonetic or name == "rPh"

        def chars(text: str) -> None:
            if on:
                parts.append(text)

        def end(name: str) -> None:
            nonlocal on, phonetic
            if name not in _PLAIN_NAMES:
                name = local(name)
            on = False
            if name == "si":
                strings.append(plain("".join(parts)))
                parts.clear()
            elif name == "rPh":
                phonetic = False

        if part in self._sizes:
            parser = new_parser()
            parser.StartElementHandler, parser.EndElementHandler = start, end
            parser.CharacterDataHandler = chars
            for piece in self._pieces(str(part)):
                parser.Parse(piece, not piece)
        return strings


def _shows_date(number: str, codes: dict[str, str]) -> bool:
    code = codes.get(number)
    if code is None:
        return number.isdecimal() and int(number) in _BUILTIN_DATES
    section = _NO_CODE.sub("", code).partition(";")[0].lower()
    return any(letter in section for letter in "ymdhs") and "general" not in section
