"""Rows in PostgreSQL's binary COPY form: addresses hashed and sealed, claims digested, by blocks.

Why this module exists: what cannot repeat from row to row (address hash, cipher, claim) is made for
a whole block at once, and what repeats within a claim is made once per chunk (facts §6). The claim
is the same text :func:`ileti.evidence.leaf.canonical_claim` gives; a test compares both.
"""

from __future__ import annotations

import os
import struct
from hashlib import sha256
from typing import Any, Final

from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core.crypto import AddressHash, Keyring
from ileti.evidence.leaf import FORMAT
from ileti.imports.fates import NEVER, Fates
from ileti.imports.terms import (
    HAS_DATE,
    HAS_PROOF,
    Item,
    Shape,
    Terms,
    chunk_key,
    moment_of,
    person_of,
)
from ileti.imports.verdicts import FIRST_REFUSED

COLUMNS: Final = (
    "line", "part", "chunk", "reason", "repairs", "kind", "key_no", "recipient_type", "channel",
    "status", "source", "flags", "dealer_id", "file_no", "consent_date", "due_at", "addr_hash",
    "claim", "leaf_key", "addr_ct",
)
# Each column's width before its value; the cipher is as long as its address.
_FIXED: Final = struct.Struct(">h" + "ii" + "ih" + "ii" + "ih" * 9 + "ii" * 2 + "iq" * 2 + "i16s"
                              + "i32s" * 2 + "i")
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_NO_HASH: Final = bytes(16)
_NO_CLAIM: Final = bytes(32)


class Sealing:
    """Makes the COPY form of blocks under one set of terms."""

    def __init__(self, terms: Terms, fates: Fates, keyring: Keyring, hashes: AddressHash,
                 chunk_lines: int) -> None:
        self._terms, self._fates, self._keyring, self._hashes = terms, fates, keyring, hashes
        self._chunk_lines = chunk_lines
        self._arrival = moment_of(terms.now.replace(microsecond=0), 0)
        self._claims: dict[tuple[Any, ...], tuple[bytes, bytes, bytes]] = {}

    def of(self, items: list[Item]) -> bytes:
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
        for line, part, reason, repairs, address, channel, status, shape, moment, file in items:
            one, digest, cipher = sealed[address]
            chunk, flags = line // lines, shape.flags | HAS_PROOF if file else shape.flags
            if moment is None:
                moment = self._arrival  # a merchant's record without a date
            else:
                flags |= HAS_DATE
            if reason < FIRST_REFUSED and address:
                head, middle, tail = self._frame(channel, status, shape, chunk)
                claim = sha256(b"".join((head, moment.iso, middle, one, tail))).digest()
                due = self._fates.due(shape, moment)
            else:
                claim, due = _NO_CLAIM, NEVER
            out.append(pack(
                20, 4, line, 2, part, 4, chunk, 2, reason, 2, repairs,
                2, 2 if "@" in address else 1, 2, number, 2, shape.kind, 2, channel,
                2, status, 2, shape.source, 2, flags,
                4, shape.dealer_id, 4, file, 8, moment.micros, 8, due, 16, digest, 32, claim,
                32, keys[at:at + 32], len(cipher)))
            out.append(cipher)
            at += 32
        out.append(_COPY_END)
        return b"".join(out)

    def _frame(self, channel: int, status: int, shape: Shape,
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
