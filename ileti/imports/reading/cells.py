"""What typed values of other sources are as text: one spelling for workbooks, JSON and databases.

Why this module exists: a CSV has text only, but a workbook keeps a phone as a number and a date as
days since 1899. They become the text a person would have typed, when it is exact; what lost digits
on its way stays as it looks, so that the row is refused instead of a stranger being written to.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ileti.core.clock import ISTANBUL

# Excel keeps fifteen digits; above, what stands there may be rounded.
_EXACT: Final = 10 ** 15
_LAST_DAY: Final = 2_958_466  # 31.12.9999
_DAY_ZERO: Final = dt.date(1899, 12, 30)


def number(value: float | int | Decimal) -> str:
    """``5321234567.0`` → ``5321234567``; what is no exact whole number as it looks."""
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    if -_EXACT < value < _EXACT and value == int(value):
        return str(int(value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def number_text(text: str) -> str:
    """The same for a number as an Excel file spells it (``5.321234567E9``)."""
    if text.isdecimal() and text.isascii() and len(text) < 16:
        return text
    try:
        return number(float(text))
    except (ValueError, OverflowError):
        return text


def serial(days: float, from_1904: bool = False) -> str | None:
    """Days since 1899 (or 1904) as ``YYYY-MM-DD HH:MM:SS`` in whole seconds, below a day as
    ``HH:MM:SS``; None when it is no date."""
    if from_1904:
        days += 1462
    if not 0 <= days < _LAST_DAY:
        return None
    day, seconds = divmod(round(days * 86_400), 86_400)
    minute, second = divmod(seconds, 60)
    time = f"{minute // 60:02}:{minute % 60:02}:{second:02}"
    return f"{_day(day)} {time}" if day else time


@lru_cache(maxsize=20_000)
def _day(days: int) -> str:
    return (_DAY_ZERO + dt.timedelta(days=days)).isoformat()


def moment(value: dt.date | dt.time) -> str:
    """A date of a database, in whole seconds; with a zone as Istanbul's time."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(ISTANBUL)
        return f"{value:%Y-%m-%d %H:%M:%S}" if value.year > 999 else value.isoformat(" ")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    return value.isoformat("seconds")
