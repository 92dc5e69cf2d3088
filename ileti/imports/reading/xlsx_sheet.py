"""A sheet's XML as rows of text, piece by piece.

Why this module exists: this is what runs for every cell of a workbook, and where it is decided what
a cell says: its text, its number in full, its date, its error; and for a formula that nobody ever
calculated a mark, because an empty cell would be filled with what is fixed for all rows.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

from ileti.imports.reading.cells import number_text, serial
from ileti.imports.reading.reader import MOST_COLUMNS
from ileti.imports.reading.workbook_errors import broken, document_type, too_wide

#: What a formula nobody ever calculated becomes: no value, and not empty either.
UNCALCULATED: Final = "#?"
#: Sixteen times what Excel knows; LibreOffice has as many.
MOST_ROWS: Final = 1 << 24
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
Row = tuple[int, list[str]]


class SheetReader:
    """A sheet's XML, piece by piece; whole rows gather in ``ready``."""

    def __init__(self, strings: list[str], dates: frozenset[str], from_1904: bool) -> None:
        self.ready: list[Row] = []
        self._strings, self._dates, self._from_1904 = strings, dates, from_1904
        self._columns: dict[str, int] = {}
        self._parser = new_parser()
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
        """The parser's three handlers. They run for every cell, so what is usual comes first."""
        strings, dates, columns = self._strings, self._dates, self._columns
        cells: list[str] = []
        parts: list[str] = []
        cell: dict[str, str] = {}
        line = column = 0
        on = formula = False

        def start(name: str, has: dict[str, str]) -> None:
            nonlocal cell, line, column, on, formula
            if name == "v" or name == "t":
                on = True
            elif name == "c":
                cell, formula = has, False
                parts.clear()
                place = has.get("r")
                if place is None:
                    column += 1
                else:
                    letters = place.rstrip("0123456789")
                    column = columns.get(letters) or self._column(letters)
            elif name == "f":
                formula = True
            elif name == "row":
                number = int(has["r"]) if "r" in has else line + 1
                if not line < number <= MOST_ROWS:
                    raise broken(line)  # a row counts once, and rows stand in their order
                line, column = number, 0
                cells.clear()
            elif name == "rPh":
                self._parser.CharacterDataHandler = None
            elif ":" in name:
                start(local(name), has)

        def chars(text: str) -> None:
            if on:
                parts.append(text)

        def end(name: str) -> None:
            nonlocal on
            on = False
            if name == "c":
                text = parts[0] if len(parts) == 1 else "".join(parts)
                kind = cell.get("t")
                if kind == "s":
                    value = strings[int(text)] if text else ""
                elif kind is None and cell.get("s") not in dates and text:
                    value = number_text(text)
                else:
                    value = self._value(cell, text, formula)
                if value:
                    if column != len(cells) + 1:
                        if column > MOST_COLUMNS:
                            raise too_wide(line)
                        if column <= len(cells):
                            raise broken(line)  # the same place twice
                        cells.extend([""] * (column - 1 - len(cells)))
                    cells.append(value)
            elif name == "row":
                if len(cells) > MOST_COLUMNS:
                    raise too_wide(line)
                if cells:
                    self.ready.append((line, cells[:]))
                    cells.clear()
            elif name == "rPh":
                self._parser.CharacterDataHandler = chars
            elif ":" in name:
                end(local(name))

        self._parser.StartElementHandler, self._parser.EndElementHandler = start, end
        self._parser.CharacterDataHandler = chars

    def _column(self, letters: str) -> int:
        found = 0
        for letter in letters[:4].upper():
            found = found * 26 + ord(letter) - 64
        self._columns[letters] = found
        return found

    def _value(self, cell: dict[str, str], text: str, formula: bool) -> str:
        kind = cell.get("t", "n")
        if kind == "n":
            if not text:
                return UNCALCULATED if formula else ""
            if cell.get("s") in self._dates:
                return serial(float(text), self._from_1904) or number_text(text)
            return number_text(text)
        if kind == "d":
            return text.replace("T", " ").removesuffix("Z")
        return plain(text) if kind in ("str", "inlineStr") else text  # b: 1 or 0; e: the error


def plain(text: str) -> str:
    """Without Excel's escapes of control characters."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\0", "\ufffd")


def local(name: str) -> str:
    """An element's name without its prefix."""
    return name.rpartition(":")[2]


def new_parser() -> Any:
    """Expat, which fetches nothing; a document type is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def refuse(*_: object) -> None:
        raise document_type()

    parser.StartDoctypeDeclHandler = refuse
    return parser
