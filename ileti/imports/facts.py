"""What a cell looks like from afar: a phone, an e-mail address, a date, a merchant's basis.

Why this module exists: columns and headings are recognised by what stands in them, long before
anything is read in earnest (:mod:`ileti.imports.spelling`). It happens while a person waits, and
the cell may be an enemy's: what is longer than any fact is none, or one cell of a megabyte would
keep a pattern busy for hours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ileti.tenancy.identifiers import is_mersis, is_tckn, is_vkn

LONGEST: Final = 320
_PHONE: Final = re.compile(r"'?[+(]?[0-9][0-9 ().\-/]{8,18}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE: Final = re.compile(r"\d{4}-\d\d?-\d\d?([ T].*)?|\d\d?[./-]\d\d?[./-]\d{2,4}( .*)?", re.ASCII)


def is_phone(cell: str) -> bool:
    """Digits and what people put between them."""
    return len(cell) <= LONGEST and _PHONE.fullmatch(cell) is not None


def is_email(cell: str) -> bool:
    """Something at something with a dot."""
    return len(cell) <= LONGEST and _EMAIL.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """A day, with or without a time."""
    return len(cell) <= LONGEST and _DATE.fullmatch(cell) is not None


_NO_WORD: Final = frozenset((
    "yok", "none", "null", "nan", "na", "bilinmiyor", "belirsiz", "hayir", "no", "false"))
_SIGNS: Final = re.compile(r"[\s.\-/_,;:]+")


@lru_cache(maxsize=4_096)
def is_basis(cell: str) -> bool:
    """Whether it can show that somebody is a merchant or craftsman (R-05): a tax number, MERSİS or
    TCKN whose check digits are right, or words about a document (tax plate, chamber's record). A
    dash, a zero or "yok" shows nothing."""
    if len(cell) > LONGEST:
        return False
    bare = _SIGNS.sub("", cell)
    if bare.isdigit():
        if len(bare) == 9:  # a spreadsheet's number has lost its leading zero
            bare = "0" + bare
        return bare.isascii() and (is_vkn(bare) or is_mersis(bare) or is_tckn(bare))
    return sum(map(str.isalpha, bare)) >= 3 and bare.casefold() not in _NO_WORD
