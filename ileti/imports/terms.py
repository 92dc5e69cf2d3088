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
from typing import Final, NamedTuple

from ileti.consents.deadlines import istanbul_day
from ileti.consents.vocabulary import RecipientType
from ileti.core.clock import ISTANBUL
from ileti.core.statement import pack_time
from ileti.evidence.leaf import iso_utc
from ileti.fields.vocabulary import Field
from ileti.imports.mapping import Mapping

#: The row names a file of its own that is here. A file for the whole list is no such proof: it lets
#: a signature pass (R-09) and never turns a refusal into a consent (R-32).
HAS_PROOF: Final = 1
HAS_DATE: Final = 2
#: İYS was asked about the row's address: it holds it as ONAY, or does not name it.
SEEN_THERE: Final = 4
SEEN_ABSENT: Final = 8


@dataclass(frozen=True)
class Terms:
    """For whom a table is read, and under what: everything a row's fate hangs on but the row.

    ``files``: number of each file that rows may name, and whether it is a scan, by folded name.

    ``fields``: the custom fields it fills, with their columns.
    ``dealers``: dealer id by folded retailer code, name and title. ``own_dealer``: a dealer's user
    imports for that dealer only. ``proof_for_all``: a scan of all rows' forms is attached to the
    import itself; ``declared``: somebody said that they hold the proofs, of which no file is here.
    ``width``: columns of the heading, None without one. ``key``: of the import, before the chunk's
    number; ``evidence``: SHA-256 in hex.
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
    declared: bool = False
    width: int | None = None
    files: Table[str, tuple[int, bool]] = field(default_factory=dict)
    fields: tuple[tuple[Field, int], ...] = ()


class Moment(NamedTuple):
    """A date that was read, in every form it is needed in: its day in Istanbul, the claim's text,
    microseconds as PostgreSQL counts them."""

    day: dt.date
    iso: bytes
    micros: int
    repair: int

    @property
    def date(self) -> dt.datetime:
        """Aware."""
        return _START + dt.timedelta(microseconds=self.micros)


class Shape(NamedTuple):
    """What the words of a row say, whatever its addresses and date: found once per combination."""

    parts: tuple[tuple[int, int, int, int, int, bool | None], ...]  # see Speller._new_shape
    source: int
    kind: int
    dealer_id: int
    basis: bool
    fault: int
    number: int


BLANK: Final = Shape((), 0, int(RecipientType.BIREYSEL), 0, False, 0, 0)


class Days:
    """:func:`moment_of` for dates in İYS's own spelling, eight times as fast: what holds for a day
    is kept, the time of day is looked up. Only from 2017 on, since when Istanbul's clock never
    changes (a test compares both)."""

    def __init__(self) -> None:
        self._days: dict[str, tuple[dt.date, int, tuple[bytes, bytes]] | None] = {}

    def moment(self, text: str) -> Moment | None:
        """The moment of ``YYYY-MM-DD HH:mm:ss``; None for what has to be read with more care."""
        minute, second = _MINUTES.get(text[10:16]), _SECONDS.get(text[16:])
        if minute is None or second is None:
            return None
        try:
            found = self._days[text[:10]]
        except KeyError:
            found = self._day(text[:10])
        if found is None:
            return None
        day, micros, dates = found
        return Moment(day, dates[minute[1]] + minute[2] + second[1],
                      micros + minute[0] + second[0], 0)

    def _day(self, text: str) -> tuple[dt.date, int, tuple[bytes, bytes]] | None:
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            day = dt.date.min
        found = None
        if day.year > 2016 and str(day) == text:  # and no date by weeks
            midnight = dt.datetime(day.year, day.month, day.day, tzinfo=ISTANBUL).astimezone(dt.UTC)
            found = (day, micros_of(midnight),
                     (str(day - dt.timedelta(days=1)).encode(), text.encode()))
        if len(self._days) < _MOST_DAYS:
            self._days[text] = found
        return found


_MOST_DAYS: Final = 10_000
_START: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# What a list writes of a time, and what it is: microseconds, whether UTC has the same day, UTC.
_MINUTES: Final = {
    f" {h:02}:{m:02}": ((h * 60 + m) * 60_000_000, h > 2, f"T{(h - 3) % 24:02}:{m:02}".encode())
    for h in range(24) for m in range(60)}
_SECONDS: Final = {f":{s:02}": (s * 1_000_000, f":{s:02}Z".encode()) for s in range(60)}


def micros_of(moment: dt.datetime) -> int:
    return int.from_bytes(pack_time(moment), "big", signed=True)


def moment_of(date: dt.datetime, repair: int) -> Moment:
    return Moment(istanbul_day(date), iso_utc(date).encode(), micros_of(date), repair)


def chunk_key(key: str, chunk: int) -> str:
    """The idempotency key of one chunk; SQL finds the chunks of a run by the same
    (``import_entries``, sql/0140; the tests of undoing hold them equal)."""
    return f"{key}:{chunk}"


def person_of(secret: bytes, key: str, chunk: int) -> bytes:
    """The person part of a chunk's submission: nothing but a blind (docs/adr/0005), the same each
    time the file is read, so that a chunk's claims are too."""
    blind = sha256(secret + chunk_key(key, chunk).encode()).hexdigest()[:32]
    return f'{{"blind":"{blind}"}}'.encode()
