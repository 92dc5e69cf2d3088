"""A table as Turkish spreadsheets open it, in which no cell is run.

Why this module exists: lists leave the house in many rooms, with texts that strangers typed, and a
cell that begins like a formula is run by whoever opens the file. One rule for all of them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

#: tells a spreadsheet that the file is UTF-8; stands before the first line
MARK: Final = "\ufeff"
# A phone may be masked: a dot is no digit and computes nothing.
_PHONE: Final = re.compile(r"\+[0-9 ()./•-]*", re.ASCII)
_SUSPECT: Final = frozenset(("=", "+", "-", "@", "\t", "\r", "|", "%"))
_QUOTE: Final = '"'
_NEEDS_QUOTES: Final = re.compile('[;"\r\n]')
_NUMBER: Final = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)


def defused(cell: str) -> str:
    """A cell no spreadsheet runs: what could start a formula gets an apostrophe in front; phones
    and numbers stay as they are."""
    if cell[:1] not in _SUSPECT:
        return cell
    if _PHONE.fullmatch(cell) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def cell(text: str) -> str:
    """One cell as it stands in a line: no formula, and quoted where it must be."""
    if text[:1] in _SUSPECT:
        text = defused(text)
    return f'"{text.replace(_QUOTE, _QUOTE * 2)}"' if _NEEDS_QUOTES.search(text) else text


def joined(cells: Sequence[Any]) -> str:
    """Cells as a part of a line, without its end."""
    return ";".join([cell(str(one)) for one in cells])


def line(cells: Sequence[Any]) -> str:
    """One line with its end; semicolons, as Turkish spreadsheets expect."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(
        [defused(str(cell)) for cell in cells])
    return out.getvalue()


def table(lines: Iterable[Sequence[Any]]) -> bytes:
    """A whole file, its heading being the first line."""
    return (MARK + "".join(line(cells) for cells in lines)).encode("utf-8", "replace")
