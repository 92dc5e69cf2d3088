"""What entries of the ledger claim, put together again from the database as it is now.

Why this module exists: an entry's leaf commits to a claim that stands nowhere as a whole; its parts
lie in the entry, its submission, the recipient's row, the text shown, provider and brand
(:mod:`ileti.evidence.leaf`). Who changes one of them no longer gets the leaf. Rebuilding is how a
change is found (:mod:`ileti.consents.audit`) and how a claim is shown to a stranger. What an entry
claimed whose person or click is erased nobody can tell any more: its leaf is believed by the seal
alone, and that it was lawful by the signed log (docs/adr/0029).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

import psycopg

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core.crypto import CannotDecrypt, Keyring
from ileti.core.secrets import secrets
from ileti.evidence.leaf import (
    Claim,
    canonical_digest,
    canonical_json,
    claim_parts,
    iso_utc,
    leaf,
)
from ileti.evidence.seal import Position, bound, by_index

_ROWS: Final = """
    select e.xid::text::bigint, e.id, e.leaf, e.captured_at, e.provider_id, e.brand_id,
           e.submission_id, e.consent_date, e.dealer_id, e.text_id, e.recipient_type, e.channel,
           e.status, e.source, e.standing, r.key_no, r.addr_hash, r.addr_ct, r.leaf_key,
           e.epoch, e.recipient_id
      from consent_entry e
      left join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
     where {where}
     order by e.xid, e.id limit %(most)s"""


# Looked up rather than asked of the enumerations: an audit asks for every word of every entry.
_CHANNELS, _TYPES, _SOURCES, _STANDINGS, _STATUSES = (
    {word.value: word.name for word in words}
    for words in (Channel, RecipientType, Source, Standing, Status))
_LINKS: Final = """
    select l.id, l.leaf, l.added_at, l.entry_id, e.leaf, l.added_by, l.role, f.sha256, r.leaf_key,
           coalesce(r.addr_hash is null and r.leaf_key is null and r.id is not null, false),
           l.xid::text::bigint, l.epoch, l.provider_id, l.file_id, f.erased_at is not null,
           e.recipient_id
      from entry_file l
      left join evidence_file f on f.provider_id = l.provider_id and f.id = l.file_id
      left join consent_entry e on e.provider_id = l.provider_id and e.id = l.entry_id
           and e.captured_at = l.entry_at
      left join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
     where {where}
     order by l.xid, l.id"""


class Entry(NamedTuple):
    """An entry's columns with its recipient's, as they are kept."""

    xid: int
    id: int
    leaf: bytes
    captured_at: datetime
    provider_id: int
    brand_id: int
    submission_id: int
    consent_date: datetime
    dealer_id: int | None
    text_id: int | None
    recipient_type: int
    channel: int
    status: int
    source: int
    standing: int
    key_no: int | None
    addr_hash: bytes | None
    addr_ct: bytes | None
    leaf_key: bytes | None
    epoch: int
    recipient_id: int

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""
        return Position(self.xid, 1, self.id)

    @property
    def erased(self) -> bool:
        """Whether the person is erased, so that nobody can put the claim together."""
        return self.addr_hash is None and self.addr_ct is None and self.leaf_key is None


@dataclass(frozen=True, slots=True)
class Said:
    """What a submission says: its evidence and the person's canonical JSON, their digests, and its
    key; ``erased``: it says nothing any more."""

    idem: str
    evidence: str
    person: str | None
    evidence_json: Any
    person_json: bytes
    erased: bool = False


class Gone(NamedTuple):
    """What was erased: a ``person`` (recipient), a ``submission``, a ``file`` or a line of the
    ``trail``, by its number; ``provider_id`` 0: it was of no provider."""

    what: str
    provider_id: int
    id: int


class Unreadable(Exception):
    """A part of the claim is gone or cannot be decrypted; ``part`` names it."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def read_entries(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position, *,
                 most: int) -> list[Entry]:
    """Entries in the sealer's order, behind one place up to another. Inside a transaction."""
    by_index(conn)
    rows = conn.execute(
        _ROWS.format(where="e.epoch = %(epoch)s and (e.xid, e.id) > (%(xid)s::text::xid8, %(id)s) "
                     "and (e.xid, e.id) <= (%(to_xid)s::text::xid8, %(to_id)s)"),
        {"epoch": epoch, "xid": after.xid, "id": bound(after, 1), "to_xid": upto.xid,
         "to_id": bound(upto, 1), "most": most}, binary=True).fetchall()
    return [*map(Entry._make, rows)]


class Link(NamedTuple):
    """A file's link to an entry, with what its leaf commits to (ileti/evidence/links.py)."""

    id: int
    leaf: bytes
    added_at: datetime
    entry_id: int
    entry_leaf: bytes | None
    added_by: int | None
    role: int
    sha256: bytes | None
    leaf_key: bytes | None
    erased: bool
    xid: int
    epoch: int
    provider_id: int
    file_id: int
    file_erased: bool
    recipient_id: int | None

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""
        return Position(self.xid, 2, self.id)

    @property
    def fits(self) -> bool:
        """Whether its leaf is that of its claim."""
        if self.leaf_key is None or self.sha256 is None or self.entry_leaf is None:
            return False
        return leaf(self.leaf_key, self.id, sha256(canonical_json(self.claim)).digest(),
                    self.added_at) == self.leaf

    @property
    def captured_at(self) -> datetime:
        """When it was linked."""
        return self.added_at

    @property
    def gone(self) -> Gone | None:
        """What of it is erased."""
        if self.erased:
            return Gone("person", self.provider_id, self.recipient_id or 0)
        return Gone("file", self.provider_id, self.file_id) if self.file_erased else None

    def wrong(self) -> tuple[str, str, str]:
        """What an audit says of it when it does not fit: the record's number, Turkish, English."""
        number = record_number(self.entry_id)
        return (number, f"{number} numaralı kaydın kanıt dosyası bağlandığı gibi değil.",
                f"A proof file of record {number} is not as it was linked.")

    @property
    def claim(self) -> dict[str, Any]:
        """What it says: file (SHA-256) and entry (leaf) belong together, as what, by whom."""
        return {"by": self.added_by, "entry": (self.entry_leaf or b"").hex(),
                "file": (self.sha256 or b"").hex(), "role": self.role, "v": 1}


def read_links(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position
               ) -> list[Link]:
    """Links of files in the sealer's order, behind one place up to another. Inside a transaction.
    """
    by_index(conn)
    rows = conn.execute(
        _LINKS.format(where="l.epoch = %s and (l.xid, l.id) > (%s::text::xid8, %s) "
                      "and (l.xid, l.id) <= (%s::text::xid8, %s)"),
        (epoch, after.xid, bound(after, 2), upto.xid, bound(upto, 2)), binary=True).fetchall()
    return [*map(Link._make, rows)]


def links_of(conn: psycopg.Connection[Any], provider_id: int, entry_ids: Sequence[int]
             ) -> list[Link]:
    """The links of a provider's entries, in the sealer's order."""
    rows = conn.execute(
        _LINKS.format(where="l.provider_id = %s and l.entry_id = any(%s)"),
        (provider_id, list(entry_ids)), binary=True).fetchall()
    return [*map(Link._make, rows)]


def read_these(conn: psycopg.Connection[Any], provider_id: int, ids: Sequence[int]
               ) -> list[Entry]:
    """A provider's entries by their ids, in the sealer's order."""
    rows = conn.execute(
        _ROWS.format(where="e.provider_id = %(provider)s and e.id = any(%(ids)s)"),
        {"provider": provider_id, "ids": list(ids), "most": None}, binary=True).fetchall()
    return [*map(Entry._make, rows)]


class Claims:
    """Puts claims together; keeps what many entries share. For one pass over the ledger."""

    def __init__(self, conn: psycopg.Connection[Any], keyring: Keyring | None = None) -> None:
        self._conn = conn
        self._decrypt: Callable[[int, bytes, bytes], bytes] = (
            keyring or secrets().keyring).decrypt
        self._codes: dict[int, tuple[int, int]] = {
            brand: (iys_code, brand_code) for brand, iys_code, brand_code in conn.execute(
                "select b.id, p.iys_code, b.brand_code from brand b "
                "join provider p on p.id = b.provider_id")}
        self._texts: dict[int, str] = {}
        self._said: dict[tuple[int, int], Said] = {}
        self._parts: dict[tuple[Any, ...], tuple[str, str, str]] = {}

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Fetch what these entries share and is not known yet."""
        wanted = {(one.provider_id, one.submission_id) for one in entries}
        self._parts.clear()
        self._said = {key: said for key, said in self._said.items() if key in wanted}
        missing = [key for key in wanted if key not in self._said]
        if missing:
            providers, ids = zip(*missing, strict=True)
            for provider, number, *parts in self._conn.execute(
                    "select s.provider_id, s.id, s.idem, s.evidence, s.person_key, s.person_ct, "
                    "s.erased_at is not null "
                    "from unnest(%s::int[], %s::bigint[]) w(provider, id) join submission s "
                    "on s.provider_id = w.provider and s.id = w.id",
                    (list(providers), list(ids)), binary=True):
                self._said[provider, number] = self._read(*parts)
        texts = {one.text_id for one in entries if one.text_id is not None} - self._texts.keys()
        if texts:
            self._texts |= {number: bytes(digest).hex() for number, digest in self._conn.execute(
                "select id, content_hash from document_version where id = any(%s)",
                (list(texts),))}

    def _read(self, idem: str, evidence: Any, key: int | None, cipher: bytes | None,
              erased: bool) -> Said:
        person: str | None = None
        clear = b"null"
        if cipher is not None and key is not None:
            try:
                clear = self._decrypt(key, bytes(cipher), idem.encode())
                person = sha256(clear).hexdigest()
            except CannotDecrypt:
                person = "unreadable"  # no digest: the leaf will not be this one
        return Said(idem, canonical_digest(evidence), person, evidence, clear, erased)

    def said(self, one: Entry) -> Said:
        """What a prepared entry's submission says; raises Unreadable."""
        found = self._said.get((one.provider_id, one.submission_id))
        if found is None:
            raise Unreadable("submission")
        return found

    def claim(self, one: Entry) -> Claim:
        """What a prepared entry claims; raises Unreadable."""
        said = self.said(one)
        codes = self._codes.get(one.brand_id)
        if codes is None:
            raise Unreadable("brand")
        if one.text_id is not None and one.text_id not in self._texts:
            raise Unreadable("text")
        address = self._address(one)
        try:
            return Claim(
                brand=codes[1], channel=_CHANNELS[one.channel], consent_date=one.consent_date,
                dealer=one.dealer_id, evidence=said.evidence, idem=said.idem, person=said.person,
                provider=codes[0], recipient=address,
                recipient_type=_TYPES[one.recipient_type], source=_SOURCES[one.source],
                standing=_STANDINGS[one.standing], status=_STATUSES[one.status],
                text=None if one.text_id is None else self._texts[one.text_id])
        except KeyError as error:  # a number no word has
            raise Unreadable(f"unknown number {error}") from None

    def _address(self, one: Entry) -> str:
        if one.key_no is None or one.addr_ct is None or one.addr_hash is None:
            raise Unreadable("recipient")
        try:
            return self._decrypt(one.key_no, one.addr_ct, one.addr_hash).decode()
        except CannotDecrypt:
            raise Unreadable("address") from None

    def fits(self, one: Entry) -> bool:
        """Whether a prepared entry's leaf is that of its claim; raises Unreadable."""
        if one.leaf_key is None:
            raise Unreadable("recipient")
        shared = one[4:7] + one[8:15]  # all of a claim but its date and its person
        parts = self._parts.get(shared)
        if parts is None:
            parts = self._parts[shared] = claim_parts(self.claim(one))
        text = f"{parts[0]}{iso_utc(one.consent_date)}{parts[1]}{self._address(one)}{parts[2]}"
        return leaf(one.leaf_key, one.id, sha256(text.encode()).digest(),
                    one.captured_at) == one.leaf
