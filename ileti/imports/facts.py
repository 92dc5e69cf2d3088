"""What a cell looks like from afar: a phone, an e-mail address, a date.

Why this module exists: columns and headings are recognised by what stands in them, long before
anything is read in earnest (:mod:`ileti.imports.spelling`). It happens while a person waits, and
the cell may be an enemy's: what is longer than any fact is none, or one cell of a megabyte would
keep a pattern busy for hours.
"""

from __future__ import annotations

import re
from typing import Final

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
