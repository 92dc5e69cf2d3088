"""Consent dates as people and programs write them, read without guessing (R-39).

A date is a fact about a person: its form may be repaired, never its value. So what can be read in
two ways in Turkey is read day first, what has a month above twelve is refused, and a date without
a time counts from the first second of that day, which makes its deadline no later.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from ileti.core.clock import ISTANBUL

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY_FIRST: Final = re.compile(
    r"(\d\d?)[./-](\d\d?)[./-](\d{4}|\d\d)(?:[ ,T]+(\d\d?)[:.](\d\d)(?:[:.](\d\d))?)?", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ T]?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
# Days since 30.12.1899, as a spreadsheet keeps a date that lost its format: 2015 to 2060.
_SERIAL: Final = re.compile(r"[45]\d{4}(?:[.,]\d{1,12})?", re.ASCII)
_SERIAL_START: Final = dt.datetime(1899, 12, 30, tzinfo=ISTANBUL)


def read_date(text: str) -> tuple[dt.datetime, bool] | None:
    """``(aware moment in whole seconds, whether its form was repaired)``; None when it is no date.

    Without a zone it is Istanbul time. Two-digit years are 20xx.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        moment = _made(text)
        return None if moment is None else (moment, False)
    if _ISO.fullmatch(text):
        moment = _made(text.replace(",", ".").replace("Z", "+00:00"))
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = match.groups()
        moment = _of(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day),
                     int(hour or 0), int(minute or 0), int(second or 0))
    elif match := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = match.groups()
        moment = _of(int(year), int(month), int(day), int(hour or 0), int(minute or 0),
                     int(second or 0))
    elif _SERIAL.fullmatch(text):
        days = float(text.replace(",", "."))
        moment = (_SERIAL_START + dt.timedelta(seconds=round(days * 86_400))).astimezone(dt.UTC)
    else:
        return None
    return None if moment is None else (moment, True)


def _made(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ISTANBUL)
        return aware.astimezone(dt.UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _of(*numbers: int) -> dt.datetime | None:
    try:
        return dt.datetime(*numbers, tzinfo=ISTANBUL).astimezone(dt.UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None
