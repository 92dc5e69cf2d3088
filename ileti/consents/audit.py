"""The whole ledger against its seals, the seals against each other and against what was exported.

Why this module exists: a seal is worth what is checked against it. Here everything is asked again
from the rows as they are now: whether each entry's leaf is that of its claim, whether the leaves
are those the seal stands on, whether each seal holds the digest of the one before, whether stamps
hold, and whether this database goes on from the seals that were carried out of the house. The first
wrong record is named, with its day; what cannot be named (a row that is gone) is narrowed to its
seal. What was erased must stand in the signed log of destruction, which a higher floor brings
(:func:`vouches`): an erasure nobody signed is named like any other change. What no leaf covers and
follows from records (states, published texts, files) is compared with them in the end
(:func:`compares`). Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import new as new_hash
from typing import Any, Final, Protocol, TypeVar

import psycopg

from ileti.consents import auditwords, listed
from ileti.consents.claims import Claims, Entry, Gone, Unreadable, read_entries, read_links
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence import merkle, seal, stamping
from ileti.evidence.authorities import trusted
from ileti.evidence.export import read_line
from ileti.evidence.seal import Header, Position
from ileti.evidence.stamps import CLOCKS_DIFFER, judge

_BATCH: Final = seal.MOST
_WORDS: Final = {2: "file", 3: "act", 4: "line", 5: "trail"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. ``kind`` is a stable word, ``seal`` the seal's
    number, ``record`` the record's number when one can be named, ``at`` the time it was captured or
    sealed."""

    kind: str
    seal: int
    at: datetime | None
    record: str | None
    tr: str
    en: str


@dataclass
class Report:
    """What was looked at (``others``: leaves of other kinds than entries; ``compared``: what
    follows from records, by a word), and the findings in the order of the ledger."""

    seals: int = 0
    entries: int = 0
    erased: int = 0
    others: dict[int, int] = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    stamps: int = 0
    unsealed: bool = False
    stamped_upto: int = 0
    newest: Header | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def files(self) -> int:
        """Links of proof files."""
        return self.others.get(2, 0)

    @property
    def acts(self) -> int:
        """Acts about personal data (KVKK)."""
        return self.others.get(3, 0)

    @property
    def trail(self) -> int:
        """Lines of the audit trail."""
        return self.others.get(5, 0)


class Sealed(Protocol):
    """A record with a leaf, read together with all that its leaf commits to."""

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""

    @property
    def leaf(self) -> bytes:
        """As it is kept."""

    @property
    def fits(self) -> bool:
        """Whether the leaf is that of what the record says now."""

    @property
    def gone(self) -> Gone | None:
        """What of it is erased, so that the leaf is believed by its seal and the log alone."""

    @property
    def captured_at(self) -> datetime:
        """When it was written."""

    def wrong(self) -> tuple[str, str, str]:
        """What is said when it does not fit: the record's number, Turkish, English."""


Reader = Callable[["psycopg.Connection[Any]", int, Position, Position], Sequence[Sealed]]
_readers: dict[int, Reader] = {2: read_links}


def audits(kind: int) -> Callable[[Reader], Reader]:
    """Register how leaves of a kind (``seal.LEAVES``) are read: by connection, epoch, and the place
    behind which and the place up to which; inside a transaction."""
    def register(reader: Reader) -> Reader:
        _readers[kind] = reader
        return reader
    return register


class Witness(Protocol):
    """Who knows what was lawfully destroyed; ``faults`` are what is wrong with the log itself, in
    Turkish and English."""

    faults: list[tuple[str, str]]

    def told(self, asked: set[Gone]) -> set[Gone]:
        """Those of these that a signed line tells of."""


class Nobody:
    """There is no log, so nothing was lawfully destroyed."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []

    def told(self, asked: set[Gone]) -> set[Gone]:
        """None of these."""
        return set()


_Made = TypeVar("_Made", bound=Callable[[], Witness])
_witnesses: list[Callable[[], Witness]] = [Nobody]


def vouches(witness: _Made) -> _Made:
    """Register who knows what was destroyed; it is made anew for each audit."""
    _witnesses.append(witness)
    return witness


Comparer = Callable[["psycopg.Connection[Any]"], "tuple[int, list[Finding]]"]
_comparers: dict[str, Comparer] = {}


def compares(word: str) -> Callable[[Comparer], Comparer]:
    """Register who compares with the records what follows from them: how many there are, and what
    differs; inside a transaction, after all leaves."""
    def register(comparer: Comparer) -> Comparer:
        _comparers[word] = comparer
        return comparer
    return register


class _Enough(Exception):
    """As many findings as were wanted."""


class _Audit:
    def __init__(self, exported: Mapping[int, Collection[str]], most: int) -> None:
        self.report = Report()
        self._exported, self._most = exported, most
        self._witness = _witnesses[-1]()
        self._lawful: set[Gone] = set()

    def tell(self, kind: str, number: int, at: datetime | None, tr: str, en: str,
             record: str | None = None) -> None:
        self.report.findings.append(Finding(kind, number, at, record, tr, en))
        if len(self.report.findings) >= self._most:
            raise _Enough

    def run(self, first: int, last: int | None) -> None:
        for tr, en in self._witness.faults:
            self.tell("log_wrong", 0, None, tr, en)
        before = _before(first)
        for header in self._chain(first, last):
            self._links(header, before)
            self._against_export(header)
            self._content(header, before)
            self.report.seals += 1
            self.report.newest = before = header
        self._stamps(first, before)
        if last is None:
            self._beyond_export(before)
            self.report.unsealed = seal.waiting().since is not None
            if first <= 1:
                self._compare()

    def _compare(self) -> None:
        for word, comparer in _comparers.items():
            with db.transaction() as conn:
                conn.execute("set local statement_timeout = 0")
                self.report.compared[word], found = comparer(conn)
            told = {(one.kind, one.record) for one in self.report.findings}
            for one in found:
                if (one.kind, one.record) not in told:
                    self.tell(one.kind, one.seal, one.at, one.tr, one.en, one.record)

    def _chain(self, first: int, last: int | None) -> Iterator[Header]:
        while True:
            try:
                yield from seal.chain(first, last)
                return
            except seal.Broken as broken:
                self.tell("seal_changed", broken.number, None,
                          f"{broken.number} numaralı mührün kaydı değiştirilmiş: özeti tutmuyor.",
                          f"Seal {broken.number} was changed: its digest does not fit.")
                first = broken.number + 1

    def _links(self, header: Header, before: Header | None) -> None:
        expected = before.number + 1 if before else 1
        if header.number != expected:
            self.tell("seal_missing", expected, header.sealed_at,
                      f"{expected} numaralı mühür yok; sıradaki {header.number}.",
                      f"Seal {expected} is missing; the next one is {header.number}.")
        elif header.previous != (before.digest if before else None):
            self.tell("chain_broken", header.number, header.sealed_at,
                      f"{header.number} numaralı mühür kendinden öncekine bağlı değil.",
                      f"Seal {header.number} does not stand on the one before it.")

    def _against_export(self, header: Header) -> None:
        told = self._exported.get(header.number, ())
        if any(one != header.digest.hex() for one in told):
            self.tell("export_differs", header.number, header.sealed_at,
                      f"{header.number} numaralı mühür dışarı verilenle aynı değil.",
                      f"Seal {header.number} is not the one that was exported.")

    def _beyond_export(self, last: Header | None) -> None:
        newest = max(self._exported, default=0)
        if newest > (last.number if last else 0):
            self.tell("behind_export", newest, last.sealed_at if last else None,
                      f"Dışarı verilen son mühür {newest}, buradaki {last.number if last else 0}: "
                      "eski bir yedeğe dönülmüş ya da mühürler silinmiş.",
                      f"The last seal exported is {newest}, here it is "
                      f"{last.number if last else 0}: an old backup was restored, or seals were "
                      "deleted.")

    def _content(self, header: Header, before: Header | None) -> None:
        """The entries below a seal, and the root over their leaves."""
        after = before.upto if before and before.epoch == header.epoch else seal.START
        with db.transaction() as conn:
            others = [one for reader in _readers.values()
                      for one in reader(conn, header.epoch, after, header.upto)]
        earliest = before.sealed_at - listed.BEFORE if before else listed.EVER
        latest = header.sealed_at + CLOCKS_DIFFER
        found: list[tuple[Position, bytes]] = [(one.at, one.leaf) for one in others]
        leaves: list[bytes] = []
        wrong = False
        for entries, claims in _batches(header.epoch, after, header.upto):
            self.report.entries += len(entries)
            leaves += [one.leaf for one in entries]
            if others:
                found += [(one.at, one.leaf) for one in entries]
            gone = [gone_of(one, claims) for one in entries]
            self._ask_witness(gone)
            for one, erased in zip(entries, gone, strict=True):
                if not earliest <= one.captured_at <= latest:
                    self._misdated(record_number(one.id), one.captured_at, header)
                if erased is not None or not _fits(one, claims):
                    wrong |= not self._entry(one, erased, claims, header)
        self._ask_witness(other.gone for other in others)
        for other in others:
            if not earliest <= other.captured_at <= latest:
                self._misdated(other.wrong()[0], other.captured_at, header)
            wrong |= not self._other(other, header)
        if others:
            leaves = [leaf for _, leaf in sorted(found)]
        if len(leaves) != header.leaves:
            less = len(leaves) < header.leaves
            self.tell("entries_missing" if less else "entries_added", header.number,
                      header.sealed_at,
                      f"{header.number} numaralı mühürde {header.leaves} kayıt vardı, şimdi "
                      f"{len(leaves)}: kayıt {'silinmiş' if less else 'eklenmiş'}.",
                      f"Seal {header.number} stood on {header.leaves} records, now there are "
                      f"{len(leaves)}: records were {'deleted' if less else 'inserted'}.")
            self._name(header, before, less=less)
        elif merkle.root(leaves) != header.root:
            self.tell("root_differs", header.number, header.sealed_at,
                      *auditwords.ROOT[wrong](header.number))

    def _misdated(self, record: str, at: datetime, header: Header) -> None:
        """A record stands below the first seal after it; one that was dated back or ahead does
        not."""
        self.tell("misdated", header.number, at,
                  f"{record} numaralı kayıt {header.number} numaralı mühürden önceki mühürle o "
                  "mühür arasında alınmış olamaz: tarihi sonradan yazılmış.",
                  f"Record {record} cannot have been taken between seal {header.number} and the "
                  "one before: its date was written afterwards.", record)

    def _name(self, header: Header, before: Header | None, *, less: bool) -> None:
        """Which records those are, as far as the clicks that made them list them."""
        since = before.sealed_at if before else listed.EVER
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = 0")
            rows = (listed.lost(conn, since, header.sealed_at) if less else
                    listed.slipped_in(conn, since, header.sealed_at, header.epoch))
        for number, at in rows:
            record = record_number(number)
            self.tell("entry_lost" if less else "entry_slipped_in", header.number, at,
                      *listed.told(record, gone=less), record)

    def _entry(self, one: Entry, gone: Gone | None, claims: Claims, header: Header) -> bool:
        """An entry that is erased, or does not fit."""
        if gone is not None:
            self.report.erased += 1
            return self._erasure(gone, record_number(one.id), one.captured_at, header)
        try:
            claims.fits(one)
            part = ""
        except Unreadable as unreadable:
            part = f" ({unreadable.part})"
        number = record_number(one.id)
        self.tell("entry_changed", header.number, one.captured_at,
                  f"{number} numaralı kayıt mühürlendiği gibi değil{part}.",
                  f"Record {number} is not as it was sealed{part}.", number)
        return False

    def _ask_witness(self, found: Iterable[Gone | None]) -> None:
        asked = {one for one in found if one is not None}
        self._lawful = self._witness.told(asked) if asked else set()

    def _erasure(self, gone: Gone, number: str, at: datetime, header: Header) -> bool:
        """What is erased is as it was sealed when a signed line tells of it."""
        if gone in self._lawful:
            return True
        self.tell("erased_unlawfully", header.number, at,
                  f"{number} numaralı kaydın kişisi ya da içeriği silinmiş; imha günlüğünde böyle "
                  "bir silme yok.",
                  f"The person or content of record {number} was erased, and the log of "
                  "destruction knows nothing of it.", number)
        return False

    def _other(self, one: Sealed, header: Header) -> bool:
        kind = one.at.kind
        self.report.others[kind] = self.report.others.get(kind, 0) + 1
        gone = one.gone
        if gone is not None:
            return self._erasure(gone, one.wrong()[0], one.captured_at, header)
        if one.fits:
            return True
        number, tr, en = one.wrong()
        self.tell(f"{_WORDS[kind]}_changed", header.number, one.captured_at, tr, en, number)
        return False

    def _stamps(self, first: int, last: Header | None) -> None:
        for stamp, header in stamping.stamps(first, last.number if last else 0):
            self.report.stamps += 1
            said = header.canonical()
            found = judge(stamping.token_of(stamp),
                          lambda name, said=said: new_hash(name, said).digest(),  # type: ignore[misc]
                          after=header.sealed_at - CLOCKS_DIFFER, before=clock.now(),
                          trusted=trusted()[0])
            if found.verdict.holds:
                self.report.stamped_upto = header.number
            else:
                self.tell("stamp_bad", header.number, found.at,
                          f"{header.number} numaralı mührün zaman damgası geçerli değil "
                          f"({auditwords.WHY[found.verdict][0]}).",
                          f"The time stamp of seal {header.number} does not hold "
                          f"({auditwords.WHY[found.verdict][1]}).")


def _fits(one: Entry, claims: Claims) -> bool:
    try:
        return claims.fits(one)
    except Unreadable:
        return False


def gone_of(one: Entry, claims: Claims) -> Gone | None:
    """What of a prepared entry is erased: the person, or what was taken with the click."""
    if one.erased:
        return Gone("person", one.provider_id, one.recipient_id)
    try:
        erased = claims.said(one).erased
    except Unreadable:
        return None
    return Gone("submission", one.provider_id, one.submission_id) if erased else None


def _before(first: int) -> Header | None:
    if first <= 1:
        return None
    return next(iter(seal.chain(first - 1, first - 1)), None)


def _batches(epoch: int, after: Position, upto: Position) -> Iterator[tuple[list[Entry], Claims]]:
    claims: Claims | None = None
    while True:
        with db.transaction() as conn:
            entries = read_entries(conn, epoch, after, upto, most=_BATCH)
            claims = claims or Claims(conn)
            claims.prepare(entries)
        if entries:
            yield entries, claims
        if len(entries) < _BATCH:
            return
        after = entries[-1].at


def audit(*, first: int = 1, last: int | None = None,
          exported: Mapping[int, str | Collection[str]] | None = None, most: int = 100) -> Report:
    """Check seals ``first`` to ``last`` (None: the newest) and everything below them; ``exported``
    are digests in hex by seal number, as they were carried out: all that any copy holds, since two
    copies that differ cannot both be right. Stops after ``most`` findings."""
    doing = _Audit({number: {told} if isinstance(told, str) else told
                    for number, told in (exported or {}).items()}, most)
    with suppress(_Enough):
        doing.run(first, last)
    return doing.report


def read_export(lines: Iterable[bytes]) -> dict[int, str]:
    """Digests by seal number from an exported file (:mod:`ileti.evidence.export`); ValueError names
    the line that is none."""
    found: dict[int, str] = {}
    for n, line in enumerate(lines, 1):
        if line.strip():
            number, digest = read_line(line, n)
            found[number] = digest
    return found
