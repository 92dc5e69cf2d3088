"""Rows of a table are read: words, dates and addresses spelled, form repaired, facts never.

Why this module exists: this is where an import works row by row in Python, so each thing is done
once and nothing twice (goal: 100 000 rows a second on two cores, docs/adr/0021). What repeats
(the words of a row, dates) is looked up; the rest is an address and a line. A row can state several
consents, one per part of the mapping; a box left empty states none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ileti.consents.vocabulary import AddressKind, Channel, Source, Status
from ileti.core.clock import to_istanbul
from ileti.core.crypto import AddressHash, Keyring
from ileti.evidence.kinds import fold_name
from ileti.imports.dates import read_date
from ileti.imports.facts import is_basis
from ileti.imports.fates import Fates
from ileti.imports.mapping import Role
from ileti.imports.ownfields import Columns, Faults, Value
from ileti.imports.reading.reader import Row
from ileti.imports.sealing import Item, Kind, Sealing
from ileti.imports.terms import BLANK, Days, Moment, Shape, Terms, moment_of
from ileti.imports.verdicts import NUMBER, Repair
from ileti.imports.words import CHANNELS, RECIPIENT_TYPES, SOURCES, STATUSES, fold
from ileti.recipients.address import AddressError, canonical_mobiles, parse_address

_DIGITS: Final = str.maketrans("012345678", "9" * 9)
_MOST_CACHED: Final = 20_000
_MOST_SHAPES: Final = 200
#: What is longer is no word; a list may hold thousands of such cells, and none of them is kept.
_LONGEST_WORDS: Final = 500
_LONGEST_DATE: Final = 64
MOST_MISSING: Final = 1_000
_WANTS_FILE: Final = (NUMBER["ALINACAK"], NUMBER["KANIT_YOK"])
_LACKS: Final = NUMBER["ALAN_EKSIK"]
_UNVERIFIED: Final = NUMBER["DOGRULANMADI"]
_WORD_FAULTS: Final = {"source": NUMBER["KAYNAK_BICIM"], "type": NUMBER["TIP_BICIM"],
                       "channel": NUMBER["KANAL_BICIM"], "status": NUMBER["SECIM_BICIM"]}


class Sample(NamedTuple):
    """One shape of repair: how often, and the first example, masked."""

    before: str
    after: str
    line: int


@dataclass
class Spelled:
    """A block in COPY's binary form, what was repaired in it, by kind and shape, and the files that
    rows name which are not here, with the first line of each."""

    copy: bytes
    rows: int
    staged: int
    repairs: Counter[tuple[int, str]]
    samples: dict[tuple[int, str], Sample]
    missing: dict[str, int]
    values: list[Value]
    faults: Faults


class Paper(NamedTuple):
    """The file a row names: its number (0: none that is here), whether it is a scan of a form, and
    whether one is named that is not here."""

    file: int
    scanned: bool
    absent: bool


_NO_PAPER: Final = Paper(0, False, False)


class Speller:
    """Reads blocks of rows under one set of terms; keeps what it has looked up between blocks."""

    def __init__(self, terms: Terms, keyring: Keyring, hashes: AddressHash,
                 chunk_lines: int) -> None:
        self._terms = terms
        mapping = terms.mapping
        self._parts = mapping.parts()
        at = {role: mapping.columns.get(role, -1) for role in Role}
        self._own = Columns(terms.provider_id, terms.fields, hashes)
        self._width = max([*at.values(), *(part.address for part in self._parts),
                           self._own.width - 1], default=0) + 1
        self._date_at = at[Role.DATE]
        self._basis_at, self._proof_at = at[Role.BASIS], at[Role.PROOF]
        self._verified_at = at[Role.VERIFIED]
        statuses = sorted({part.status for part in self._parts if part.status is not None})
        self._worded = itemgetter(at[Role.SOURCE], at[Role.RECIPIENT_TYPE], at[Role.DEALER],
                                  at[Role.CHANNEL], *(statuses or [-1]))
        self._status_place = {n: place for place, n in enumerate(statuses, 4)}
        self._days = Days()
        self._dates: dict[str, tuple[Moment | None, int]] = {}
        self._fixed_moment = (self._moment(mapping.fixed.date) if mapping.fixed.date else (None, 0))
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._kinds: dict[tuple[Any, ...], Kind] = {}
        self._fates = Fates(terms)
        self._sealing = Sealing(terms, self._fates, keyring, hashes, chunk_lines)
        self._undated = (None, *self._sealing.arrival[1:])
        self._wide = terms.width
        self._canonical = canonical_mobiles().fullmatch
        self._missing: dict[str, int] = {}
        self._values: list[Value] = []
        self._faults: Faults = {}

    def spell(self, rows: Iterable[Row]) -> Spelled:
        """Read a block."""
        repairs: Counter[tuple[int, str]] = Counter()
        samples: dict[tuple[int, str], Sample] = {}
        items: list[Item] = []
        self._missing, self._values, self._faults = {}, [], {}
        count = 0
        for line, cells in rows:
            count += 1
            if cells is None:
                items.append(self._unread(line, "SATIR_BOZUK"))
            elif self._wide is not None and len(cells) > self._wide and any(cells[self._wide:]):
                items.append(self._unread(line, "SUTUN_FAZLA"))
            else:
                self._row(line, cells, items, repairs, samples)
        return Spelled(self._sealing.of(items), count, len(items), repairs, samples,
                       self._missing, self._values, self._faults)

    # -- one row -------------------------------------------------------------------------------

    def _row(self, line: int, given: Sequence[str], items: list[Item],
             repairs: Counter[tuple[int, str]], samples: dict[tuple[int, str], Sample]) -> None:
        # a column that is not there is read from the blank at the end
        cells = [*given, *[""] * (self._width - len(given) + 1)] if len(given) < self._width \
            else [*given, ""]
        text = cells[self._date_at]
        moment, date_fault = self._days.moment(text), 0
        if moment is None:
            moment, date_fault = ((self._dates.get(text) or self._read_date(text)) if text
                                  else self._fixed_moment)
            if moment is not None and moment.repair and text:
                _note(repairs, samples, Repair.DATE, text, moment, line)
        basis = cells[self._basis_at]
        key = (*self._worded(cells), bool(basis) and is_basis(basis))
        named = cells[self._proof_at]
        paper = self._paper(named) if named else _NO_PAPER
        shape = self._shapes.get(key) or self._new_shape(key)
        fault = shape.fault or date_fault
        day, iso, micros, repaired = moment or self._undated
        said, lacks = self._own.read(cells, line, self._faults) if self._own else ((), False)
        verified = cells[self._verified_at]
        keeps = (_UNVERIFIED if verified.strip() and STATUSES.get(fold(verified)) != Status.ONAY
                 else _LACKS if lacks else 0)
        known: dict[int, tuple[str, int, int]] | None = None
        made, before = False, len(items)
        for number, column, channel, status, part_fault, mail_only in shape.parts:
            raw = cells[column]
            if mail_only is not None and ("@" in raw) != mail_only:
                continue
            if not raw and len(shape.parts) > 1:
                continue
            made = True
            if self._canonical(raw):
                address, reason, repair = raw, 0, repaired
            else:
                if known is None:
                    known = {}
                if column not in known:
                    known[column] = self._address(raw, line, repairs, samples)
                address, reason, repair = known[column]
                repair |= repaired
            mail, reason = "@" in address, fault or part_fault or reason or (
                keeps if status == Status.ONAY else 0)
            kind = self._kinds.get((shape.number, number, reason, repair, mail, day, paper)) or (
                self._new_kind(number, reason, repair, mail, channel, status, shape, moment, paper))
            if paper.absent and reason == 0 and kind.absent:
                self._miss(named, line)
            items.append((line, address, iso, micros, kind))
        if said:
            self._values += self._own.rows(
                said, line, dict.fromkeys(one[1] for one in items[before:] if one[1]))
        if not made:
            some = any(cells[part.address].strip() for part in self._parts)
            reason = NUMBER["SECIM_YOK" if some else "ADRES_BOS"]
            items.append((line, "", iso, micros,
                          self._sealing.kind(0, reason, 0, False, 0, 0, shape, moment)))

    def _paper(self, named: str) -> Paper:
        """The file a row names."""
        file, scanned = self._terms.files.get(fold_name(named), (0, False))
        return Paper(file, scanned, not file and bool(named.strip()))

    def _miss(self, named: str, line: int) -> None:
        if len(self._missing) < MOST_MISSING:
            self._missing.setdefault(named.strip()[:200], line)

    def _unread(self, line: int, code: str) -> Item:
        _, iso, micros, _ = self._undated
        kind = self._sealing.kind(0, NUMBER[code], 0, False, 0, 0, BLANK, None)
        return line, "", iso, micros, kind

    def _new_kind(self, part: int, reason: int, repair: int, mail: bool, channel: int, status: int,
                  shape: Shape, moment: Moment | None, paper: Paper) -> Kind:
        """The kind of a consent the row alone finds no fault with (0), or this one. A consent waits
        for the file its row names, unless somebody declared to hold the proofs, which is no scan of
        a signature (R-09); a refusal never (R-42)."""
        day = moment and moment.day
        fate = reason or self._fates.of(mail, channel, status, shape, moment,
                                        scanned=paper.scanned)
        absent = (paper.absent and fate in _WANTS_FILE and status == Status.ONAY
                  and not self._terms.proof_for_all
                  and not (self._terms.declared and not Source(shape.source).needs_scan))
        kind = self._sealing.kind(part, NUMBER["KANIT_EKSIK"] if absent else fate, repair, mail,
                                  channel, status, shape, moment, paper.file, absent=absent)
        if shape.number and self._fates.settled(day):
            if len(self._kinds) >= _MOST_CACHED:
                self._kinds.clear()
            self._kinds[shape.number, part, reason, repair, mail, day, paper] = kind
        return kind

    def _address(self, raw: str, line: int, repairs: Counter[tuple[int, str]],
                 samples: dict[tuple[int, str], Sample]) -> tuple[str, int, int]:
        """Canonical address, reason it has none, what was repaired."""
        try:
            kind, address = parse_address(raw)
        except AddressError as error:
            return "", NUMBER[error.code], 0
        if address == raw:
            return address, 0, 0
        repair = Repair.PHONE if kind is AddressKind.PHONE else Repair.EMAIL
        _note(repairs, samples, repair, raw, address, line)
        return address, 0, int(repair)

    def _read_date(self, text: str) -> tuple[Moment | None, int]:
        if not text.strip():
            return self._fixed_moment
        if len(text) > _LONGEST_DATE:
            return None, NUMBER["TARIH_BICIM"]
        if len(self._dates) > _MOST_CACHED:
            self._dates.clear()
        found = self._dates[text] = self._moment(text)
        return found

    def _moment(self, text: str) -> tuple[Moment | None, int]:
        found = read_date(text)
        if found is None:
            return None, NUMBER["TARIH_BICIM"]
        try:
            return moment_of(found[0], int(Repair.DATE) if found[1] else 0), 0
        except OverflowError:  # the last hours of the year 9999 have no day in Istanbul
            return None, NUMBER["TARIH_BICIM"]

    def _new_shape(self, key: tuple[Any, ...]) -> Shape:
        """Read a combination of words. A part is (number, column of the address, channel, status,
        fault, whether it takes e-mails only; None: whatever stands there)."""
        fixed = self._terms.mapping.fixed
        source_text, type_text, dealer_text, channel_text = key[:4]
        source, source_fault = _word("source", source_text, SOURCES, fixed.source or Source.NONE)
        kind, kind_fault = _word("type", type_text, RECIPIENT_TYPES, fixed.recipient_type)
        dealer, dealer_fault = self._dealer(dealer_text)
        parts = []
        for number, part in enumerate(self._parts):
            text = key[self._status_place[part.status]] if part.status is not None else ""
            if not text.strip() and fixed.status is None:
                if part.channel is not None:
                    continue  # a box left empty is no choice
                status, status_fault = 0, NUMBER["SECIM_YOK"]
            else:
                status, status_fault = _word("status", text, STATUSES, fixed.status)
            channel, channel_fault = ((int(part.channel), 0) if part.channel is not None
                                      else _word("channel", channel_text, CHANNELS, None))
            if part.kind is not None and part.kind is not (
                    AddressKind.PHONE if channel_fault else Channel(channel).address_kind):
                continue
            mail_only = part.channel is Channel.EPOSTA if part.only_fitting else None
            parts.append((number, part.address, channel, status, status_fault or channel_fault,
                          mail_only))
        shape = Shape(
            tuple(parts), source, kind, dealer,
            bool(key[-1] or (fixed.basis and is_basis(fixed.basis))),
            source_fault or kind_fault or dealer_fault,
            len(self._shapes) + 1 if len(self._shapes) < _MOST_CACHED
            and sum(map(len, key[:-1])) <= _LONGEST_WORDS else 0)
        if shape.number:
            self._shapes[key] = shape
        return shape

    def _dealer(self, text: str) -> tuple[int, int]:
        own, fixed = self._terms.own_dealer, self._terms.mapping.fixed.dealer_id
        if not text.strip():
            return own or fixed or 0, 0
        found = self._terms.dealers.get(fold(text))
        if found is None:
            return 0, NUMBER["BAYI_YOK"]
        if own is not None and found != own:
            return 0, NUMBER["BAYI_BASKA"]
        return found, 0


def _word(column: str, text: str, table: Table[str, Any], otherwise: int | None) -> tuple[int, int]:
    """The member a word means, and the reason it means none."""
    folded = fold(text)
    member = table.get(folded) if folded else otherwise
    return (0, _WORD_FAULTS[column]) if member is None else (int(member), 0)


def _note(repairs: Counter[tuple[int, str]], samples: dict[tuple[int, str], Sample], kind: Repair,
          before: str, after: str | Moment, line: int) -> None:
    """Count a repair by its shape, and keep the first example of each."""
    shape = before[:40].translate(_DIGITS)
    if kind is Repair.EMAIL:
        shape = ("A" if before != before.lower() else "a") + " " * (before != before.strip())
    key = (int(kind), shape)
    if key not in samples:
        if len(samples) >= _MOST_SHAPES:
            key = (int(kind), "")
        shown = after if isinstance(after, str) else f"{to_istanbul(after.date):%d.%m.%Y %H:%M:%S}"
        samples.setdefault(key, Sample(before[:64], shown, line))
    repairs[key] += 1
