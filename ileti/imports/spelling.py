"""A table's rows become rows of the staging table: spelled, judged, hashed, sealed, in blocks.

Why this module exists: this is the only part of an import that works row by row in Python, so it
must do each thing once and nothing twice (goal: 100 000 rows a second on two cores, docs/adr/0021).
What repeats (words, dates of a day, verdicts, the constant parts of a claim) is looked up; what
cannot repeat (address hash, cipher, claim) is made for a whole block at a time. The rules
themselves are asked (:func:`ileti.consents.rules.check_item`), not copied: one question per
combination that occurs. The answer is PostgreSQL's binary COPY format, addresses sealed.
"""

from __future__ import annotations

import datetime as dt
import os
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ileti.consents import rules
from ileti.consents.deadlines import bound_types, deadline, istanbul_day
from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core.clock import to_istanbul
from ileti.core.crypto import Keyring
from ileti.core.statement import pack_time
from ileti.evidence.leaf import FORMAT, iso_utc
from ileti.imports.dates import read_date
from ileti.imports.mapping import Mapping, Role
from ileti.imports.reader import Row
from ileti.imports.verdicts import NUMBER, Repair
from ileti.imports.words import CHANNELS, RECIPIENT_TYPES, SOURCES, STATUSES, fold
from ileti.recipients.address import AddressError, canonical_mobiles, parse_address

COLUMNS: Final = (
    "line", "part", "chunk", "reason", "repairs", "kind", "key_no", "recipient_type", "channel",
    "status", "source", "flags", "dealer_id", "consent_date", "due_at", "addr_hash", "claim",
    "leaf_key", "addr_ct",
)
# Each column's width before its value; the cipher is as long as its address.
_FIXED: Final = struct.Struct(">h" + "ii" + "ih" + "ii" + "ih" * 9 + "ii" + "iq" * 2 + "i16s"
                              + "i32s" * 2 + "i")
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_NEVER: Final = -0x8000000000000000  # PostgreSQL's -infinity: no date, no deadline
_NO_HASH: Final = bytes(16)
_NO_CLAIM: Final = bytes(32)

HAS_PROOF: Final = 1
HAS_DATE: Final = 2
_DIGITS: Final = str.maketrans("012345678", "9" * 9)
_MOST_CACHED: Final = 200_000
_MOST_SHAPES: Final = 200


@dataclass(frozen=True)
class Terms:
    """For whom a table is read, and under what: everything a row's fate hangs on but the row.

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


class Sample(NamedTuple):
    """One shape of repair: how often, and the first example, masked."""

    before: str
    after: str
    line: int


@dataclass
class Spelled:
    """A block in COPY's binary form, and what was repaired in it, by kind and shape."""

    copy: bytes
    rows: int
    staged: int
    repairs: Counter[tuple[int, str]]
    samples: dict[tuple[int, str], Sample]


class _Moment(NamedTuple):
    """A date that was read, in every form it is needed in."""

    date: dt.datetime
    day: dt.date
    iso: bytes
    micros: int
    repair: int


class _Shape(NamedTuple):
    """What the words of a row say, whatever its addresses and date: found once per combination."""

    parts: tuple[tuple[int, int, int, int, int, bool | None], ...]  # see _Shapes.of
    source: int
    kind: int
    dealer_id: int
    flags: int
    basis: bool
    fault: int
    number: int


_BLANK: Final = _Shape((), 0, int(RecipientType.BIREYSEL), 0, 0, False, 0, 0)


class _Item(NamedTuple):
    line: int
    part: int
    reason: int
    repairs: int
    address: str
    channel: int
    status: int
    shape: _Shape
    moment: _Moment | None


class Speller:
    """Reads blocks of rows under one set of terms; keeps what it has looked up between blocks."""

    def __init__(self, terms: Terms, keyring: Keyring, hashes: Any, chunk_lines: int) -> None:
        self._terms, self._keyring, self._hashes = terms, keyring, hashes
        self._chunk_lines = chunk_lines
        mapping = terms.mapping
        self._parts = mapping.parts()
        at = {role: mapping.columns.get(role, -1) for role in Role}
        self._width = max([*at.values(), *(part.address for part in self._parts)], default=0) + 1
        self._date_at = at[Role.DATE]
        self._basis_at, self._proof_at = at[Role.BASIS], at[Role.PROOF]
        statuses = sorted({part.status for part in self._parts if part.status is not None})
        self._worded = itemgetter(at[Role.SOURCE], at[Role.RECIPIENT_TYPE], at[Role.DEALER],
                                  at[Role.CHANNEL], *(statuses or [-1]))
        self._status_place = {n: place for place, n in enumerate(statuses, 4)}
        self._dates: dict[str, tuple[_Moment | None, int]] = {}
        self._fixed_moment = (self._moment(mapping.fixed.date) if mapping.fixed.date else (None, 0))
        self._shapes: dict[tuple[Any, ...], _Shape] = {}
        self._fates: dict[tuple[Any, ...], int] = {}
        self._dues: dict[tuple[Any, ...], int] = {}
        self._today = istanbul_day(terms.now)
        self._claims: dict[tuple[Any, ...], tuple[bytes, bytes, bytes]] = {}
        self._arrival = _moment_of(terms.now.replace(microsecond=0), 0)
        self._wide = terms.width
        self._canonical = canonical_mobiles().fullmatch

    def spell(self, rows: Iterable[Row]) -> Spelled:
        """Read a block."""
        repairs: Counter[tuple[int, str]] = Counter()
        samples: dict[tuple[int, str], Sample] = {}
        items: list[_Item] = []
        count = 0
        for line, cells in rows:
            count += 1
            if cells is None:
                items.append(self._unread(line, "SATIR_BOZUK"))
            elif self._wide is not None and len(cells) > self._wide and any(cells[self._wide:]):
                items.append(self._unread(line, "SUTUN_FAZLA"))
            else:
                self._row(line, cells, items, repairs, samples)
        return Spelled(self._copy(items), count, len(items), repairs, samples)

    # -- one row -------------------------------------------------------------------------------

    def _row(self, line: int, given: Sequence[str], items: list[_Item],
             repairs: Counter[tuple[int, str]], samples: dict[tuple[int, str], Sample]) -> None:
        # a column that is not there is read from the blank at the end
        cells = [*given, *[""] * (self._width - len(given) + 1)] if len(given) < self._width \
            else [*given, ""]
        text = cells[self._date_at]
        moment, date_fault = ((self._dates.get(text) or self._read_date(text)) if text
                              else self._fixed_moment)
        if moment is not None and moment.repair and text:
            _note(repairs, samples, Repair.DATE, text, moment, line)
        key = (*self._worded(cells), bool(cells[self._basis_at]), bool(cells[self._proof_at]))
        shape = self._shapes.get(key) or self._new_shape(key)
        fault = shape.fault or date_fault
        known: dict[int, tuple[str, int, int]] | None = None
        made = False
        for number, column, channel, status, part_fault, mail_only in shape.parts:
            raw = cells[column]
            if mail_only is not None and ("@" in raw) != mail_only:
                continue
            if not raw and len(shape.parts) > 1:
                continue
            made = True
            if self._canonical(raw):
                address, reason, repair = raw, 0, 0
            elif known is not None and column in known:
                address, reason, repair = known[column]
            else:
                address, reason, repair = self._address(raw, line, repairs, samples)
                known = {**(known or {}), column: (address, reason, repair)}
            reason = fault or part_fault or reason or self._fate(
                "@" in address, channel, status, shape, moment)
            items.append(_Item(line, number, reason, repair | (moment.repair if moment else 0),
                               address, channel, status, shape, moment))
        if not made:
            some = any(cells[part.address].strip() for part in self._parts)
            items.append(_Item(line, 0, NUMBER["SECIM_YOK" if some else "ADRES_BOS"], 0, "", 0, 0,
                               shape, moment))

    def _unread(self, line: int, code: str) -> _Item:
        return _Item(line, 0, NUMBER[code], 0, "", 0, 0, _BLANK, None)

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

    def _read_date(self, text: str) -> tuple[_Moment | None, int]:
        if not text.strip():
            return self._fixed_moment
        if len(self._dates) > _MOST_CACHED:
            self._dates.clear()
        found = self._dates[text] = self._moment(text)
        return found

    def _moment(self, text: str) -> tuple[_Moment | None, int]:
        found = read_date(text)
        if found is None:
            return None, NUMBER["TARIH_BICIM"]
        return _moment_of(found[0], int(Repair.DATE) if found[1] else 0), 0

    def _new_shape(self, key: tuple[Any, ...]) -> _Shape:
        """Read a combination of words. A part is (number, column of the address, channel, status,
        fault, whether it takes e-mails only; None: whatever stands there)."""
        terms, fixed = self._terms, self._terms.mapping.fixed
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
            mail_only = part.channel is Channel.EPOSTA if part.only_fitting else None
            parts.append((number, part.address, channel, status, status_fault or channel_fault,
                          mail_only))
        shape = _Shape(
            tuple(parts), source, kind, dealer,
            HAS_PROOF if terms.proof_for_all or key[-1] else 0, bool(key[-2] or fixed.basis),
            source_fault or kind_fault or dealer_fault, len(self._shapes) + 1)
        if len(self._shapes) < _MOST_CACHED:
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

    # -- what the rules say ----------------------------------------------------------------------

    def _fate(self, mail: bool, channel: int, status: int, shape: _Shape,
              moment: _Moment | None) -> int:
        """The reason the rules give; asked once per combination and day, except for the days on
        which the second matters (today and later; 1 May 2015)."""
        day = None if moment is None else moment.day
        key = (mail, channel, status, shape.source, shape.kind, shape.basis, shape.flags, day)
        found = self._fates.get(key)
        if found is not None:
            return found
        found = self._ask(mail, channel, status, shape, moment.date if moment else None)
        if day is None or _FIRST_DAY < day < self._today:
            self._fates[key] = found
        return found

    def _ask(self, mail: bool, channel: int, status: int, shape: _Shape,
             date: dt.datetime | None) -> int:
        terms = self._terms
        item = rules.Item(
            channel=Channel(channel), status=Status(status), source=Source(shape.source),
            consent_date=date, flow=rules.Flow.IMPORT,
            address_kind=AddressKind.EMAIL if mail else AddressKind.PHONE,
            recipient_type=RecipientType(shape.kind),
            merchant_basis="given" if shape.basis else None)
        found = rules.check_item(
            item, now=terms.now, activation_date=terms.activation_date,
            hs_2015_allowed=terms.hs_2015_allowed, three_day_rule=bound_types())
        refused = [NUMBER[one.code] for one in found if one.refused]
        if refused:  # what forbids stands before what waits
            return min(refused, key=lambda n: (n < _FIRST_REFUSED, n))
        if shape.source == Source.HS_ISLAK_IMZA and status == Status.ONAY and not shape.flags:
            return NUMBER["KANIT_YOK"]
        return NUMBER["RET_GECIKTI"] if found else 0

    def _due(self, shape: _Shape, moment: _Moment) -> int:
        """The deadline as COPY wants it."""
        key = (shape.source == Source.HS_2015, shape.kind, moment.day)
        found = self._dues.get(key)
        if found is None:
            due = deadline(moment.date, now=self._terms.now, source=Source(shape.source),
                           recipient_type=RecipientType(shape.kind),
                           activation_date=self._terms.activation_date)
            found = _NEVER if due is None else _micros(due)
            self._dues[key] = found
        return found

    # -- a block -----------------------------------------------------------------------------------

    def _copy(self, items: list[_Item]) -> bytes:
        """COPY's binary rows; hashes and ciphers once per address."""
        terms, lines = self._terms, self._chunk_lines
        clear = list(dict.fromkeys([item.address for item in items]))
        hashes = self._hashes.of_many(terms.provider_id, clear)
        encoded = [address.encode() for address in clear]
        ciphers = self._keyring.encrypt_many(encoded, hashes)
        sealed = dict(zip(clear, zip(encoded, hashes, ciphers, strict=True), strict=True))
        sealed[""] = (b"", _NO_HASH, b"")
        keys = os.urandom(32 * len(items))
        number, pack, out, at = self._keyring.newest, _FIXED.pack, [_COPY_HEAD], 0
        for line, part, reason, repairs, address, channel, status, shape, moment in items:
            one, digest, cipher = sealed[address]
            chunk, flags = line // lines, shape.flags
            if moment is None:
                moment = self._arrival  # a merchant's record without a date
            else:
                flags |= HAS_DATE
            if reason < _FIRST_REFUSED and address:
                head, middle, tail = self._frame(channel, status, shape, chunk)
                claim = sha256(b"".join((head, moment.iso, middle, one, tail))).digest()
                due = self._due(shape, moment)
            else:
                claim, due = _NO_CLAIM, _NEVER
            out.append(pack(
                19, 4, line, 2, part, 4, chunk, 2, reason, 2, repairs,
                2, 2 if "@" in address else 1, 2, number, 2, shape.kind, 2, channel,
                2, status, 2, shape.source, 2, flags,
                4, shape.dealer_id, 8, moment.micros, 8, due, 16, digest, 32, claim,
                32, keys[at:at + 32], len(cipher)))
            out.append(cipher)
            at += 32
        out.append(_COPY_END)
        return b"".join(out)

    def _frame(self, channel: int, status: int, shape: _Shape,
               chunk: int) -> tuple[bytes, bytes, bytes]:
        """A claim's text around its date and its address (:mod:`ileti.evidence.leaf`)."""
        key = (chunk, channel, status, shape.dealer_id, shape.kind, shape.source)
        found = self._claims.get(key)
        if found is None:
            if len(self._claims) > 10_000:
                self._claims.clear()
            terms = self._terms
            person = sha256(person_of(terms.person_secret, terms.key, chunk)).hexdigest()
            found = self._claims[key] = (
                f'{{"brand":{terms.brand_code},"channel":"{Channel(channel).name}",'
                f'"consentDate":"'.encode(),
                f'","dealer":{shape.dealer_id or "null"},"evidence":"{terms.evidence}",'
                f'"idem":"{chunk_key(terms.key, chunk)}","person":"{person}",'
                f'"provider":{terms.iys_code},"recipient":"'.encode(),
                f'","recipientType":"{RecipientType(shape.kind).name}",'
                f'"source":"{Source(shape.source).name}","standing":"{Standing.VERIFIED.name}",'
                f'"status":"{Status(status).name}","text":null,"v":{FORMAT}}}'.encode())
        return found


def chunk_key(key: str, chunk: int) -> str:
    """The idempotency key of one chunk."""
    return f"{key}:{chunk}"


def person_of(secret: bytes, key: str, chunk: int) -> bytes:
    """The person part of a chunk's submission: nothing but a blind (docs/adr/0005), the same each
    time the file is read, so that a chunk's claims are too."""
    blind = sha256(secret + chunk_key(key, chunk).encode()).hexdigest()[:32]
    return f'{{"blind":"{blind}"}}'.encode()


_FIRST_DAY: Final = dt.date(2015, 5, 1)
_FIRST_REFUSED: Final = 30
_WORD_FAULTS: Final = {"source": NUMBER["KAYNAK_BICIM"], "type": NUMBER["TIP_BICIM"],
                       "channel": NUMBER["KANAL_BICIM"], "status": NUMBER["SECIM_BICIM"]}


def _micros(moment: dt.datetime) -> int:
    return int.from_bytes(pack_time(moment), "big", signed=True)


def _moment_of(date: dt.datetime, repair: int) -> _Moment:
    return _Moment(date, istanbul_day(date), iso_utc(date).encode(), _micros(date), repair)


def _word(column: str, text: str, table: Table[str, Any], otherwise: int | None) -> tuple[int, int]:
    """The member a word means, and the reason it means none."""
    folded = fold(text)
    member = table.get(folded) if folded else otherwise
    return (0, _WORD_FAULTS[column]) if member is None else (int(member), 0)


def _note(repairs: Counter[tuple[int, str]], samples: dict[tuple[int, str], Sample], kind: Repair,
          before: str, after: str | _Moment, line: int) -> None:
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
