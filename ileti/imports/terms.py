"""Under what a table is read, and the shapes in which a row passes from one step to the next.

Why this module exists: reading (:mod:`ileti.imports.spelling`), judging
(:mod:`ileti.imports.fates`) and sealing (:mod:`ileti.imports.sealing`) are three things, and these
are what they hand on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ileti.consents.deadlines import istanbul_day
from ileti.consents.vocabulary import RecipientType
from ileti.core.clock import ISTANBUL
from ileti.core.statement import pack_time
from ileti.evidence.leaf import iso_utc
from ileti.imports.mapping import Mapping

HAS_PROOF: Final = 1
HAS_DATE: Final = 2


@dataclass(frozen=True)
class Terms:
    """For whom a table is read, and under what: everything a row's fate hangs on but the row.

    ``files``: number of each file that rows may name, and whether it is a scan, by folded name.

    ``dealers``: dealer id by folded retailer code, name and title. ``own_dealer``: a dealer's user
    imports for that dealer only. ``proof_for_all``: a scanned form or recording is attached to the
    import itself. ``width``: columns of the heading, None without one. ``key``: of the import,
    before the chunk's number; ``evidence``: SHA-256 in hex.
    """

    provider_id: int
    iys_code: int
    brand_code: int
    now: dt.datetime
    mapping: Mapping
    key: str
    evidence: str
    person_secret: bytes
    activation_date: dt.date | None = None
    hs_2015_allowed: bool = False
    dealers: Table[str, int] = field(default_factory=dict)
    own_dealer: int | None = None
    proof_for_all: bool = False
    width: int | None = None
    files: Table[str, tuple[int, bool]] = field(default_factory=dict)


class Moment(NamedTuple):
    """A date that was read, in every form it is needed in."""

    date: dt.datetime
    day: dt.date
    iso: bytes
    micros: int
    repair: int


class Shape(NamedTuple):
    """What the words of a row say, whatever its addresses and date: found once per combination."""

    parts: tuple[tuple[int, int, int, int, int, bool | None], ...]  # see Speller._new_shape
    source: int
    kind: int
    dealer_id: int
    flags: int
    basis: bool
    fault: int
    number: int


BLANK: Final = Shape((), 0, int(RecipientType.BIREYSEL), 0, 0, False, 0, 0)


class Item(NamedTuple):
    line: int
    part: int
    reason: int
    repairs: int
    address: str
    channel: int
    status: int
    shape: Shape
    moment: Moment | None
    file: int = 0


class Days:
    """:func:`moment_of` for dates in İYS's own spelling, four times as fast: what holds for a day
    is kept, and the second is added. Only from 2017 on, since when Istanbul's clock never changes
    (a test compares both)."""

    def __init__(self) -> None:
        self._days: dict[str, tuple[dt.datetime, dt.date, int, str, str] | None] = {}

    def moment(self, text: str) -> Moment | None:
        """The moment of ``YYYY-MM-DD HH:mm:ss``; None for what has to be read with more care."""
        if len(text) != 19 or text[10] != " " or text[13] != ":" or text[16] != ":":
            return None
        hour, minute, second = text[11:13], text[14:16], text[17:]
        if not (hour.isdigit() and minute.isdigit() and second.isdigit() and text.isascii()):
            return None
        h, m, s = int(hour), int(minute), int(second)
        found = self._days.get(text[:10], self)
        if found is self:
            found = self._day(text[:10])
        if found is None or h > 23 or m > 59 or s > 59:
            return None
        midnight, day, micros, same, before = found  # type: ignore[misc]
        seconds = h * 3600 + m * 60 + s
        iso = (f"{same}T{h - 3:02}:{minute}:{second}Z" if h > 2
               else f"{before}T{h + 21:02}:{minute}:{second}Z")
        return Moment(midnight + dt.timedelta(seconds=seconds), day, iso.encode(),
                      micros + seconds * 1_000_000, 0)

    def _day(self, text: str) -> Any:
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            day = dt.date.min
        found = None
        if day.year > 2016 and len(self._days) < _MOST_DAYS:
            midnight = dt.datetime(day.year, day.month, day.day, tzinfo=ISTANBUL).astimezone(dt.UTC)
            found = (midnight, day, micros_of(midnight), text, str(day - dt.timedelta(days=1)))
        if len(self._days) < _MOST_DAYS:
            self._days[text] = found
        return found


_MOST_DAYS: Final = 10_000


def micros_of(moment: dt.datetime) -> int:
    return int.from_bytes(pack_time(moment), "big", signed=True)


def moment_of(date: dt.datetime, repair: int) -> Moment:
    return Moment(date, istanbul_day(date), iso_utc(date).encode(), micros_of(date), repair)


def chunk_key(key: str, chunk: int) -> str:
    """The idempotency key of one chunk."""
    return f"{key}:{chunk}"


def person_of(secret: bytes, key: str, chunk: int) -> bytes:
    """The person part of a chunk's submission: nothing but a blind (docs/adr/0005), the same each
    time the file is read, so that a chunk's claims are too."""
    blind = sha256(secret + chunk_key(key, chunk).encode()).hexdigest()[:32]
    return f'{{"blind":"{blind}"}}'.encode()
