"""The only door into the ledger: a consent change is entry, state, evidence leaf and outbox row,
all or nothing.

:func:`record` writes one click in one round trip (``record_consents`` in the database, its own
transaction); :func:`record_chunk` writes many inside the caller's transaction, set by set. Both
are idempotent by the caller's key: the same key with the same body gives the same answer, with
another body a Conflict. What may follow what is checked inside (R-30, R-34, R-39, R-42; the
readable form is :func:`ileti.consents.rules.judge`).
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import errors as pg

from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, StorageAway
from ileti.core.secrets import secrets
from ileti.core.statement import (
    Statement,
    pack_array,
    pack_int2,
    pack_int4,
    pack_int8,
    pack_jsonb,
    pack_time,
    unpack_time,
)
from ileti.evidence.leaf import Claim, canonical_digest, canonical_json, claim_digest

KEY = re.compile(r"[A-Za-z0-9._:-]{8,120}\Z")
_HEAD = struct.Struct(">qqh")
_ITEM = struct.Struct(">qqh32s")


class ActorKind(IntEnum):
    """Who caused an entry."""

    VISITOR = 1
    USER = 2
    API = 3
    IYS = 4
    SYSTEM = 5


@dataclass(frozen=True)
class Place:
    """For whom a consent is taken: provider and brand with their İYS numbers."""

    provider_id: int
    iys_code: int
    brand_id: int
    brand_code: int


@dataclass(frozen=True)
class NewConsent:
    """One choice to be recorded. ``address`` is canonical; ``consent_date`` and ``due_at`` aware,
    the first in whole seconds; ``text_hash`` is hex and belongs to ``text_id``."""

    address: str
    channel: Channel
    status: Status
    consent_date: datetime
    recipient_type: RecipientType = RecipientType.BIREYSEL
    due_at: datetime | None = None
    text_id: int | None = None
    text_hash: str | None = None
    # the next three differ per row only in chunks; record() takes them from the submission
    source: Source | None = None
    standing: Standing | None = None
    dealer_id: int | None = None


@dataclass(frozen=True)
class NewSubmission:
    """What one click, call or chunk shares. ``idem`` is the caller's key, unique per provider;
    ``body_hash`` tells a replay from another request under the same key."""

    place: Place
    idem: str
    body_hash: bytes
    source: Source
    standing: Standing
    items: Sequence[NewConsent]
    actor: ActorKind = ActorKind.SYSTEM
    actor_id: int | None = None
    dealer_id: int | None = None
    site_id: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    person: dict[str, str] | None = None


@dataclass(frozen=True)
class RecordedItem:
    """What became of one item, in the order given."""

    entry_id: int
    recipient_id: int
    outcome: Outcome
    leaf: bytes


@dataclass(frozen=True)
class Recorded:
    """The ledger's answer; the same for every replay."""

    submission_id: int
    captured_at: datetime
    replay: bool
    items: tuple[RecordedItem, ...]


def hash_body(*parts: object) -> bytes:
    """16 bytes that tell one body from another under the same key."""
    return sha256(repr(parts).encode()).digest()[:16]


def record(new: NewSubmission) -> Recorded:
    """Record one click in its own transaction.

    Raises Conflict (key used with another body), CallerMistake (malformed key, ONAY by HS_KARAR),
    StorageAway (nothing was recorded, or the answer was lost: send again with the same key).
    """
    _refuse_malformed_key(new.idem)
    parameters = _packed(new)
    for attempt in (1, 2):
        try:
            return _answer(_RECORD.value(db.connection(), parameters))
        except (pg.DeadlockDetected, pg.SerializationFailure):
            if attempt == 2:
                raise
        except pg.InvalidParameterValue as error:
            raise CallerMistake(
                "HS_KARAR yalnız ret için kullanılır.", "HS_KARAR is for refusals only.",
                code="H408",
            ) from error
        except psycopg.OperationalError as error:
            if db.is_storage_away(error):
                raise StorageAway() from error
            raise
    raise AssertionError("unreachable")


def record_chunk(conn: psycopg.Connection[Any], new: NewSubmission) -> Recorded:
    """Record many inside the caller's open transaction; every item names its own source, standing
    and dealer. Raises like :func:`record`; on 40001 or 40P01 the caller repeats its transaction."""
    _refuse_malformed_key(new.idem)
    person_key, person_ct, person = _seal_person(new)
    conn.execute(_CHUNK_TABLE)
    conn.execute("truncate chunk_row")
    with conn.cursor().copy(_CHUNK_COPY) as copy:
        for line in _chunk_lines(new, person):
            copy.write_row(line)
    conn.execute("analyze chunk_row")
    row = conn.execute(
        "select record_chunk(%s::int, %s::int, %s, %s, %s::smallint, %s::int, %s::smallint, "
        "%s::bigint, %s::jsonb, %s::smallint, %s::bytea)",
        (new.place.provider_id, new.place.brand_id, new.idem, new.body_hash, int(new.source),
         new.dealer_id, int(new.actor), new.actor_id, json.dumps(new.evidence), person_key,
         person_ct),
        binary=True,
    ).fetchone()
    return _answer(row[0] if row else b"")


def _refuse_malformed_key(idem: str) -> None:
    if not KEY.match(idem):
        raise CallerMistake(
            "İstek anahtarı 8–120 harf, rakam, nokta, iki nokta, tire ya da alt çizgi olmalı.",
            "The request key must be 8–120 letters, digits, dots, colons, dashes or underscores.",
            code="malformed_key",
        )


def _digest(new: NewSubmission, item: NewConsent, evidence: str, person: str) -> bytes:
    return claim_digest(Claim(
        brand=new.place.brand_code, channel=item.channel.name, consent_date=item.consent_date,
        dealer=item.dealer_id if item.dealer_id is not None else new.dealer_id,
        evidence=evidence, idem=new.idem, person=person, provider=new.place.iys_code,
        recipient=item.address, recipient_type=item.recipient_type.name,
        source=(new.source if item.source is None else item.source).name,
        standing=(new.standing if item.standing is None else item.standing).name,
        status=item.status.name, text=item.text_hash,
    ))


def _seal_person(new: NewSubmission) -> tuple[int, bytes, str]:
    """Key number, cipher and digest of name, network address and browser (personal data).

    A random value is always among them: without it, whoever has the database but not its keys
    could find the address behind a leaf by trying all numbers (docs/adr/0005).
    """
    clear = canonical_json((new.person or {}) | {"blind": os.urandom(16).hex()})
    number, cipher = secrets().keyring.encrypt(clear, new.idem.encode())
    return number, cipher, sha256(clear).hexdigest()


_RECORD = Statement("record_consents", """
select record_consents($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,
                       $14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26)""", (
    "int4", "int4", "text", "bytea", "int2", "int4", "int4", "int2", "int8", "int2", "jsonb",
    "int2", "bytea",
    "int2[]", "int2[]", "bytea[]", "bytea[]", "bytea[]",
    "int2[]", "int2[]", "int2[]", "int2[]", "timestamptz[]", "timestamptz[]", "int4[]", "bytea[]",
))


def _packed(new: NewSubmission) -> list[bytes | None]:
    """The parameters of ``record_consents``; addresses sorted by hash (facts §5)."""
    box, provider, items = secrets(), new.place.provider_id, new.items
    sorted_hashes = sorted((box.addresses.of(provider, address), address)
                           for address in {item.address for item in items})
    place_of = {address: pack_int2(n) for n, (_, address) in enumerate(sorted_hashes, 1)}
    hashes = [digest for digest, _ in sorted_hashes]
    sealed = [box.keyring.encrypt(address.encode(), digest) for digest, address in sorted_hashes]
    said = canonical_json(new.evidence)
    evidence = sha256(said).hexdigest()
    person_key, person_ct, person = _seal_person(new)
    return [
        pack_int4(provider), pack_int4(new.place.brand_id), new.idem.encode(), new.body_hash,
        pack_int2(new.source), _maybe(pack_int4, new.dealer_id), _maybe(pack_int4, new.site_id),
        pack_int2(new.actor), _maybe(pack_int8, new.actor_id), pack_int2(new.standing),
        pack_jsonb(said), pack_int2(person_key), person_ct,
        pack_array("int2[]", [pack_int2(_kind(address)) for _, address in sorted_hashes]),
        pack_array("int2[]", [pack_int2(key) for key, _ in sealed]),
        pack_array("bytea[]", hashes),
        pack_array("bytea[]", [cipher for _, cipher in sealed]),
        pack_array("bytea[]", [os.urandom(32) for _ in sealed]),
        pack_array("int2[]", [place_of[i.address] for i in items]),
        pack_array("int2[]", [pack_int2(i.recipient_type) for i in items]),
        pack_array("int2[]", [pack_int2(i.channel) for i in items]),
        pack_array("int2[]", [pack_int2(i.status) for i in items]),
        pack_array("timestamptz[]", [pack_time(i.consent_date) for i in items]),
        pack_array("timestamptz[]", [_maybe(pack_time, i.due_at) for i in items]),
        pack_array("int4[]", [_maybe(pack_int4, i.text_id) for i in items]),
        pack_array("bytea[]", [_digest(new, i, evidence, person) for i in items]),
    ]


def _maybe(pack: Callable[[Any], bytes], value: Any) -> bytes | None:
    return None if value is None else pack(value)


def _kind(address: str) -> AddressKind:
    return AddressKind.PHONE if address.startswith("+") else AddressKind.EMAIL


_CHUNK_COLUMNS = (
    "ordinal, kind, key_no, addr_hash, addr_ct, recipient_type, channel, status, source, "
    "standing, consent_date, due_at, dealer_id, text_id, claim"
)
_CHUNK_TABLE = """
create temporary table if not exists chunk_row (
    ordinal integer primary key, kind smallint, key_no smallint, addr_hash bytea, addr_ct bytea,
    recipient_type smallint, channel smallint, status smallint, source smallint,
    standing smallint, consent_date timestamptz, due_at timestamptz, dealer_id integer,
    text_id integer, claim bytea
) on commit delete rows"""
_CHUNK_COPY = f"copy chunk_row ({_CHUNK_COLUMNS}) from stdin"


def _chunk_lines(new: NewSubmission, person: str) -> Iterator[tuple[Any, ...]]:
    box = secrets()
    evidence = canonical_digest(new.evidence)
    for ordinal, item in enumerate(new.items, 1):
        digest = box.addresses.of(new.place.provider_id, item.address)
        key_no, cipher = box.keyring.encrypt(item.address.encode(), digest)
        yield (
            ordinal, int(_kind(item.address)), key_no, digest, cipher, int(item.recipient_type),
            int(item.channel), int(item.status),
            int(new.source if item.source is None else item.source),
            int(new.standing if item.standing is None else item.standing),
            item.consent_date, item.due_at,
            item.dealer_id if item.dealer_id is not None else new.dealer_id,
            item.text_id, _digest(new, item, evidence, person),
        )


def _answer(packed: bytes) -> Recorded:
    """Unpack what both functions answer; raises Conflict for a key used with another body."""
    submission_id, captured_at, flags = _HEAD.unpack_from(packed)
    if not flags & 2:
        raise Conflict()
    return Recorded(
        submission_id=submission_id, captured_at=unpack_time(captured_at), replay=bool(flags & 1),
        items=tuple([
            RecordedItem(entry, recipient, Outcome(outcome), leaf)
            for entry, recipient, outcome, leaf in _ITEM.iter_unpack(packed[_HEAD.size:])
        ]),
    )
