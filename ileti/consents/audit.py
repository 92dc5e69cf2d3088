"""The whole ledger against its seals, the seals against each other and against what was exported.

Why this module exists: a seal is worth what is checked against it. Here everything is asked again
from the rows as they are now: whether each entry's leaf is that of its claim, whether the leaves
are those the seal stands on, whether each seal holds the digest of the one before, whether stamps
hold, and whether this database goes on from the seals that were carried out of the house. The first
wrong record is named, with its day; what cannot be named (a row that is gone) is narrowed to its
seal. What was erased must stand in the signed log of destruction, which a higher floor brings
(:func:`vouches`): an erasure nobody signed is named like any other change. Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import new as new_hash
from typing import Final, Protocol

from ileti.consents.claims import Claims, Entry, Link, Unreadable, read_entries, read_links
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence import merkle, seal, stamping
from ileti.evidence.authorities import trusted
from ileti.evidence.export import read_line
from ileti.evidence.seal import Header, Position
from ileti.evidence.stamps import CLOCKS_DIFFER, Verdict, judge

_BATCH: Final = seal.MOST


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
    """What was looked at, and the findings in the order of the ledger."""

    seals: int = 0
    entries: int = 0
    erased: int = 0
    files: int = 0
    stamps: int = 0
    unsealed: bool = False
    stamped_upto: int = 0
    newest: Header | None = None
    findings: list[Finding] = field(default_factory=list)


class _Enough(Exception):
    """As many findings as were wanted."""


Pairs = set[tuple[int, int]]


class Witness(Protocol):
    """Who knows what was lawfully destroyed. Pairs are (provider, number of the row)."""

    faults: list[tuple[str, str]]  # what is wrong with the log itself, tr and en

    def persons(self, asked: Pairs) -> Pairs:
        """Those of these recipients whose erasure is told in a signed line."""

    def submissions(self, asked: Pairs) -> Pairs:
        """Those of these submissions whose erasure is."""

    def files(self, asked: Pairs) -> Pairs:
        """Those of these files whose removal is."""


class Nobody:
    """No log: nothing was lawfully destroyed."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []

    def persons(self, asked: Pairs) -> Pairs:
        """None."""
        return set()

    submissions = files = persons


_witness: list[Callable[[], Witness]] = []


def vouches(witness: Callable[[], Witness]) -> Callable[[], Witness]:
    """Register who knows what was destroyed; it is made anew for each audit."""
    _witness[:] = [witness]
    return witness


class _Audit:
    def __init__(self, exported: Mapping[int, str], most: int) -> None:
        self.report = Report()
        self._exported, self._most = exported, most
        self._witness: Witness = (_witness[0] if _witness else Nobody)()
        self._lawful: tuple[Pairs, Pairs, Pairs] = (set(), set(), set())

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
        told = self._exported.get(header.number)
        if told is not None and told != header.digest.hex():
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
            links = read_links(conn, header.epoch, after, header.upto)
        found: list[tuple[Position, bytes]] = [(link.at, link.leaf) for link in links]
        wrong = False
        for entries, claims in _batches(header.epoch, after, header.upto):
            self.report.entries += len(entries)
            self._ask_witness(entries, claims)
            for one in entries:
                found.append((one.at, one.leaf))
                wrong |= not self._entry(one, claims, header)
        self.report.files += len(links)
        self._ask_witness_of_files(links)
        for link in links:
            wrong |= not self._link(link, header)
        leaves = [leaf for _, leaf in (sorted(found) if links else found)]
        if len(leaves) != header.leaves:
            less = len(leaves) < header.leaves
            self.tell("entries_missing" if less else "entries_added", header.number,
                      header.sealed_at,
                      f"{header.number} numaralı mühürde {header.leaves} kayıt vardı, şimdi "
                      f"{len(leaves)}: kayıt {'silinmiş' if less else 'eklenmiş'}.",
                      f"Seal {header.number} stood on {header.leaves} records, now there are "
                      f"{len(leaves)}: records were {'deleted' if less else 'inserted'}.")
        elif not wrong and merkle.root(leaves) != header.root:
            self.tell("root_differs", header.number, header.sealed_at,
                      f"{header.number} numaralı mührün altındaki kayıtlar mühürlendikleri gibi "
                      "değil: kayıt ile taahhüdü birlikte değiştirilmiş.",
                      f"The records below seal {header.number} are not those that were sealed: a "
                      "record and its commitment were changed together.")

    def _entry(self, one: Entry, claims: Claims, header: Header) -> bool:
        if one.erased or _click_erased(one, claims):
            return self._erasure(one, header)
        try:
            if claims.fits(one):
                return True
            part_tr, part_en = "", ""
        except Unreadable as unreadable:
            part_tr, part_en = f" ({unreadable.part})", f" ({unreadable.part})"
        number = record_number(one.id)
        self.tell("entry_changed", header.number, one.captured_at,
                  f"{number} numaralı kayıt mühürlendiği gibi değil{part_tr}.",
                  f"Record {number} is not as it was sealed{part_en}.", number)
        return False

    def _ask_witness(self, entries: list[Entry], claims: Claims) -> None:
        persons = {(one.provider_id, one.recipient_id) for one in entries if one.erased}
        clicks = {(one.provider_id, one.submission_id) for one in entries
                  if not one.erased and _click_erased(one, claims)}
        self._lawful = (self._witness.persons(persons) if persons else set(),
                        self._witness.submissions(clicks) if clicks else set(), set())

    def _ask_witness_of_files(self, links: list[Link]) -> None:
        persons = {(one.provider_id, one.recipient_id or 0) for one in links if one.erased}
        files = {(one.provider_id, one.file_id) for one in links if one.file_erased}
        self._lawful = (self._witness.persons(persons) if persons else set(), set(),
                        self._witness.files(files) if files else set())

    def _erasure(self, one: Entry, header: Header) -> bool:
        """An erased entry is as it was sealed when a signed line tells of it."""
        persons, clicks, _files = self._lawful
        lawful = ((one.provider_id, one.recipient_id) in persons if one.erased
                  else (one.provider_id, one.submission_id) in clicks)
        self.report.erased += 1
        if not lawful:
            number = record_number(one.id)
            self.tell("erased_unlawfully", header.number, one.captured_at,
                      f"{number} numaralı kaydın kişisi ya da içeriği silinmiş; imha günlüğünde "
                      "böyle bir silme yok.",
                      f"The person or content of record {number} was erased, and the log of "
                      "destruction knows nothing of it.", number)
        return lawful

    def _link(self, one: Link, header: Header) -> bool:
        persons, _clicks, files = self._lawful
        if (one.provider_id, one.recipient_id) in persons or one.fits or (
                one.file_erased and (one.provider_id, one.file_id) in files):
            return True
        number = record_number(one.entry_id)
        self.tell("file_changed", header.number, one.added_at,
                  f"{number} numaralı kaydın kanıt dosyası bağlandığı gibi değil.",
                  f"A proof file of record {number} is not as it was linked.", number)
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
                          f"({_WHY[found.verdict][0]}).",
                          f"The time stamp of seal {header.number} does not hold "
                          f"({_WHY[found.verdict][1]}).")


_WHY: Final = {
    Verdict.STRANGER: ("tanınmayan makam", "signed by nobody trusted"),
    Verdict.IMPRINT_DIFFERS: ("başka bir içeriğin damgası", "it stamps something else"),
    Verdict.BAD_SIGNATURE: ("imza tutmuyor", "the signature does not fit"),
    Verdict.WRONG_TIME: ("zamanı tutmuyor", "its time cannot be"),
    Verdict.REFUSED: ("makam reddetmiş", "the authority refused"),
    Verdict.UNREADABLE: ("okunamıyor", "it cannot be read"),
}


def _click_erased(one: Entry, claims: Claims) -> bool:
    try:
        return claims.said(one).erased
    except Unreadable:
        return False


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


def audit(*, first: int = 1, last: int | None = None, exported: Mapping[int, str] | None = None,
          most: int = 100) -> Report:
    """Check seals ``first`` to ``last`` (None: the newest) and everything below them; ``exported``
    are digests in hex by seal number, as they were carried out. Stops after ``most`` findings."""
    doing = _Audit(exported or {}, most)
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
