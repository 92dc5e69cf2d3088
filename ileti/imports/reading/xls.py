"""XLS, the workbooks of Excel before 2007, which many programs still write.

Why this module exists: accounting programs export XLS to this day. At most 65 536 rows, so it is
read as a whole, by xlrd, which tells an error in a cell from an empty one. Runs in the child of
:mod:`ileti.imports.reading.workbook`.
"""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Callable, Iterator
from typing import IO, Final

import xlrd

from ileti.imports.reading.cells import number, serial
from ileti.imports.reading.reader import MOST_COLUMNS
from ileti.imports.reading.workbook_errors import broken, locked, too_wide
from ileti.imports.reading.xlsx import Sheet
from ileti.imports.reading.xlsx_sheet import UNCALCULATED, Row

_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")


class Xls:
    """An open workbook."""

    def __init__(self, file: IO[bytes]) -> None:
        if not os.fstat(file.fileno()).st_size:
            raise broken()
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if data.find(_PACKAGE) >= 0:
            raise locked()
        try:
            self._book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(),
                                            on_demand=True, ragged_rows=True)
        except xlrd.XLRDError as error:
            raise (locked() if "encrypted" in str(error).lower() else broken()) from error
        shown = getattr(self._book, "_sheet_visibility", [])
        self.sheets = [Sheet(name, n >= len(shown) or shown[n] == 0, str(n))
                       for n, name in enumerate(self._book.sheet_names())]

    def rows(self, sheet: Sheet, progress: Callable[[float], None]) -> Iterator[Row]:
        """Rows that hold something, with their number."""
        table = self._book.sheet_by_index(int(sheet.part))
        for n in range(table.nrows):
            cells = [self._text(kind, value) for kind, value in
                     zip(table.row_types(n), table.row_values(n), strict=True)]
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > MOST_COLUMNS:
                raise too_wide(n + 1)
            if cells:
                yield n + 1, cells
                progress((n + 1) / table.nrows)

    def _text(self, kind: int, value: float | str) -> str:
        if isinstance(value, str):
            return value.replace("\r\n", "\n").replace("\0", "\ufffd")
        if kind == xlrd.XL_CELL_NUMBER:
            return number(value)
        if kind == xlrd.XL_CELL_DATE:
            return serial(value, self._book.datemode == 1) or number(value)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return str(int(value))
        return str(xlrd.error_text_from_code.get(int(value), UNCALCULATED))
