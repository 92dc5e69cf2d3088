"""Rows in PostgreSQL's binary COPY form: addresses hashed and sealed, claims digested, by blocks.

Why this module exists: what cannot repeat from row to row (address hash, cipher, claim) is made for
a whole block at once, and what repeats within a claim is made once per chunk (facts §6). The claim
is the same text :func:`ileti.evidence.leaf.canonical_claim` gives; a test compares both.
"""

from __future__ import annotations

import os
import struct
from hashlib import sha256
from typing import Final, NamedTuple

from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core.crypto import AddressHash, Keyring
from ileti.evidence.leaf import FORMAT
from ileti.imports.fates import NEVER, Fates
from ileti.imports.terms import (
    HAS_DATE,
    HAS_PROOF,
    Moment,
    Shape,
    Terms,
    chunk_key,
    moment_of,
    person_of,
)
from ileti.imports.verdicts import FIRST_REFUSED

# First what differs from row to row, then what a kind of rows shares, then what differs again.
COLUMNS: Final = (
    "line", "chunk",
    "part", "reason", "repairs", "kind", "key_no", "recipient_type", "channel", "status", "source",
    "flags", "dealer_id", "file_no", "due_at",
    "consent_date", "addr_hash", "claim", "leaf_key", "addr_ct",
)
# Each column's width before its value; the cipher is as long as its address.
_SHARED: Final = struct.Struct(">" + "ih" * 10 + "ii" * 2 + "iq")
_ROW: Final = struct.Struct(f">h" f"iiii{_SHARED.size}siq" "i16s" "i32s" "i32s" "i")
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_NO_HASH: Final = bytes(16)
_NO_CLAIM: Final = bytes(32)


class Frame:
    """A claim's text around its date and its address (:mod:`ileti.evidence.leaf`), as it is in one
    chunk."""

    __slots__ = ("channel", "chunk", "head", "middle", "shape", "status", "tail")

    def __init__(self, channel: int, status: int, shape: Shape) -> None:
        self.channel, self.status, self.shape = channel, status, shape
        self.chunk, self.head, self.middle, self.tail = -1, b"", b"", b""


class Kind(NamedTuple):
    """What rows share that differ in line, moment and address only: their columns in COPY's form,
    and the frame of their claims (None where there is none); ``absent``: they wait for a file."""

    columns: bytes
    frame: Frame | None
    absent: bool = False


#: One consent of a row: line, address, its moment's text and microseconds, kind.
Item = tuple[int, str, bytes, int, Kind]


class Sealing:
    """Makes the COPY form of blocks under one set of terms."""

    def __init__(self, terms: Terms, fates: Fates, keyring: Keyring, hashes: AddressHash,
                 chunk_lines: int) -> None:
        self._terms, self._fates, self._keyring, self._hashes = terms, fates, keyring, hashes
        self._chunk_lines = chunk_lines
        #: What a merchant's record without a date counts from (R-06).
        self.arrival = moment_of(terms.now.replace(microsecond=0), 0)
        self._frames: dict[tuple[int, ...], Frame] = {}

    def kind(self, part: int, reason: int, repairs: int, mail: bool, channel: int, status: int,
             shape: Shape, moment: Moment | None, file: int = 0, *,
             absent: bool = False) -> Kind:
        """The kind of a consent; ``moment``: any of its day, None for a row without a date;
        ``file``: number of the file its row names, 0 for none that is here."""
        claimed = reason < FIRST_REFUSED
        due = self._fates.due(shape, moment or self.arrival) if claimed else NEVER
        flags = (HAS_PROOF if file else 0) | (0 if moment is None else HAS_DATE)
        columns = _SHARED.pack(
            2, part, 2, reason, 2, repairs, 2, 2 if mail else 1, 2, self._keyring.newest,
            2, shape.kind, 2, channel, 2, status, 2, shape.source, 2, flags,
            4, shape.dealer_id, 4, file, 8, due)
        return Kind(columns, self._frame(channel, status, shape) if claimed else None, absent)

    def of(self, items: list[Item]) -> bytes:
        """COPY's binary rows; hashes and ciphers once per address."""
        lines, pack, out, at = self._chunk_lines, _ROW.pack, [_COPY_HEAD], 0
        sealed = self._sealed(items)
        keys = os.urandom(32 * len(items))
        for line, address, iso, micros, (columns, frame, _) in items:
            one, digest, cipher = sealed[address]
            chunk = line // lines
            if frame is None:
                claim = _NO_CLAIM
            else:
                if frame.chunk != chunk:
                    self._reframe(frame, chunk)
                claim = sha256(b"".join((frame.head, iso, frame.middle, one, frame.tail))).digest()
            out.append(pack(20, 4, line, 4, chunk, columns, 8, micros, 16, digest, 32, claim,
                            32, keys[at:at + 32], len(cipher)))
            out.append(cipher)
            at += 32
        out.append(_COPY_END)
        return b"".join(out)

    def _sealed(self, items: list[Item]) -> dict[str, tuple[bytes, bytes, bytes]]:
        """Each address with its bytes, hash and cipher."""
        clear = list(dict.fromkeys([item[1] for item in items]))
        hashes = self._hashes.of_many(self._terms.provider_id, clear)
        encoded = [address.encode() for address in clear]
        ciphers = self._keyring.encrypt_many(encoded, hashes)
        sealed = dict(zip(clear, zip(encoded, hashes, ciphers, strict=True), strict=True))
        sealed[""] = (b"", _NO_HASH, b"")
        return sealed

    def _frame(self, channel: int, status: int, shape: Shape) -> Frame:
        key = (channel, status, shape.dealer_id, shape.kind, shape.source)
        found = self._frames.get(key)
        if found is None:
            if len(self._frames) > 10_000:
                self._frames.clear()
            found = self._frames[key] = Frame(channel, status, shape)
        return found

    def _reframe(self, frame: Frame, chunk: int) -> None:
        terms, shape = self._terms, frame.shape
        person = sha256(person_of(terms.person_secret, terms.key, chunk)).hexdigest()
        frame.chunk = chunk
        frame.head = (f'{{"brand":{terms.brand_code},"channel":"{Channel(frame.channel).name}",'
                      f'"consentDate":"').encode()
        frame.middle = (
            f'","dealer":{shape.dealer_id or "null"},"evidence":"{terms.evidence}",'
            f'"idem":"{chunk_key(terms.key, chunk)}","person":"{person}",'
            f'"provider":{terms.iys_code},"recipient":"').encode()
        frame.tail = (
            f'","recipientType":"{RecipientType(shape.kind).name}",'
            f'"source":"{Source(shape.source).name}","standing":"{Standing.VERIFIED.name}",'
            f'"status":"{Status(frame.status).name}","text":null,"v":{FORMAT}}}').encode()
