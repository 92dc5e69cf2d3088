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
import re
import struct
from collections.abc import Iterator, Sequence
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
from ileti.evidence.leaf import Claim, canonical_digest, claim_digest

KEY = re.compile(r"[A-Za-z0-9._:-]{8,120}\Z")
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
    statement, parameters = _call(new)
    for attempt in (1, 2):
        try:
            row = db.connection().execute(statement, parameters, prepare=True).fetchone()
            break
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
    return _answer(row)


def record_chunk(conn: psycopg.Connection[Any], new: NewSubmission) -> Recorded:
    """Record many inside the caller's open transaction; every item names its own source, standing
    and dealer. Raises like :func:`record`; on 40001 or 40P01 the caller repeats its transaction."""
    _refuse_malformed_key(new.idem)
    conn.execute(_CHUNK_TABLE)
    conn.execute("truncate chunk_row")
    with conn.cursor().copy(_CHUNK_COPY) as copy:
        for line in _chunk_lines(new):
            copy.write_row(line)
    conn.execute("analyze chunk_row")
    row = conn.execute(
        "select submission_id, captured_at, replay, same_body, items "
        "from record_chunk(%s::int, %s::int, %s, %s, %s::smallint, %s::int, %s::smallint, "
        "%s::bigint, %s::jsonb)",
        (new.place.provider_id, new.place.brand_id, new.idem, new.body_hash, int(new.source),
         new.dealer_id, int(new.actor), new.actor_id, json.dumps(new.evidence)),
    ).fetchone()
    return _answer(row)


def _refuse_malformed_key(idem: str) -> None:
    if not KEY.match(idem):
        raise CallerMistake(
            "İstek anahtarı 8–120 harf, rakam, nokta, iki nokta, tire ya da alt çizgi olmalı.",
            "The request key must be 8–120 letters, digits, dots, colons, dashes or underscores.",
            code="malformed_key",
        )


def _digest(new: NewSubmission, item: NewConsent, evidence: str, person: str | None) -> bytes:
    return claim_digest(Claim(
        brand=new.place.brand_code, channel=item.channel.name, consent_date=item.consent_date,
        dealer=item.dealer_id if item.dealer_id is not None else new.dealer_id,
        evidence=evidence, idem=new.idem, person=person, provider=new.place.iys_code,
        recipient=item.address, recipient_type=item.recipient_type.name,
        source=(new.source if item.source is None else item.source).name,
        standing=(new.standing if item.standing is None else item.standing).name,
        status=item.status.name, text=item.text_hash,
    ))


def _seal_person(new: NewSubmission) -> tuple[int | None, bytes | None, str | None]:
    """Key number, cipher and digest of name, network address and browser (personal data)."""
    if not new.person:
        return None, None, None
    clear = json.dumps(new.person, ensure_ascii=False, sort_keys=True).encode()
    number, cipher = secrets().keyring.encrypt(clear, new.idem.encode())
    return number, cipher, canonical_digest(new.person)


_HEAD = (
    "%b::int4", "%b::int4", "%s::text", "%b::bytea", "%b::int2", "%b::int4", "%b::int4",
    "%b::int2", "%b::int8", "%b::int2", "%s::jsonb", "%b::int2", "%b::bytea",
)
_statements: dict[tuple[int, int], str] = {}


def _array(count: int, kind: str) -> str:
    return "array[" + ",".join([f"%b::{kind}"] * count) + "]"


def _statement(addresses: int, items: int) -> str:
    """One prepared statement per shape: scalars inside ``array[…]`` cost psycopg a third of what
    lists cost it (facts §3)."""
    kept = _statements.get((addresses, items))
    if kept is None:
        arrays = [_array(addresses, kind) for kind in ("int2", "int2", "bytea", "bytea")]
        arrays += [_array(items, kind) for kind in (
            "int2", "int2", "int2", "int2", "timestamptz", "timestamptz", "int4", "bytea")]
        kept = (
            "select submission_id, captured_at, replay, same_body, items "
            "from record_consents("
            + ", ".join((*_HEAD, *arrays)) + ")"
        )
        _statements[(addresses, items)] = kept
    return kept


def _call(new: NewSubmission) -> tuple[str, list[Any]]:
    box = secrets()
    provider = new.place.provider_id
    hashes = {item.address: b"" for item in new.items}
    for address in hashes:
        hashes[address] = box.addresses.of(provider, address)
    addresses = sorted(hashes, key=hashes.__getitem__)
    place_of = {address: n for n, address in enumerate(addresses, 1)}
    sealed = [box.keyring.encrypt(a.encode(), hashes[a]) for a in addresses]
    evidence = canonical_digest(new.evidence)
    person_key, person_ct, person = _seal_person(new)
    items = new.items
    parameters: list[Any] = [
        provider, new.place.brand_id, new.idem, new.body_hash, int(new.source), new.dealer_id,
        new.site_id, int(new.actor), new.actor_id, int(new.standing), json.dumps(new.evidence),
        person_key, person_ct,
        *(int(_kind(a)) for a in addresses), *(key for key, _ in sealed),
        *(hashes[a] for a in addresses), *(cipher for _, cipher in sealed),
        *(place_of[i.address] for i in items), *(int(i.recipient_type) for i in items),
        *(int(i.channel) for i in items), *(int(i.status) for i in items),
        *(i.consent_date for i in items), *(i.due_at for i in items),
        *(i.text_id for i in items), *(_digest(new, i, evidence, person) for i in items),
    ]
    return _statement(len(addresses), len(items)), parameters


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


def _chunk_lines(new: NewSubmission) -> Iterator[tuple[Any, ...]]:
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
            item.text_id, _digest(new, item, evidence, None),
        )


def _answer(row: Any) -> Recorded:
    submission_id, captured_at, replay, same_body, items = row
    if not same_body:
        raise Conflict()
    return Recorded(
        submission_id=submission_id, captured_at=captured_at, replay=replay,
        items=tuple(
            RecordedItem(entry, recipient, Outcome(outcome), leaf)
            for entry, recipient, outcome, leaf in _ITEM.iter_unpack(items or b"")
        ),
    )
