"""The only door into the ledger: a consent change is entry, state, evidence leaf and outbox row,
all or nothing.

:func:`record` writes one click in one round trip (``record_consents`` in the database, its own
transaction); :func:`record_together` several clicks of one moment (``record_clicks``, called by
:mod:`ileti.consents.together`); :func:`record_chunk` many inside the caller's transaction, set by
set. All are idempotent by the caller's key: the same key with the same body gives the same answer,
with another body a Conflict. What may follow what is checked inside (R-30, R-34, R-39, R-42; the
readable form is :func:`ileti.consents.rules.judge`).
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import errors as pg

from ileti.consents.packing import (
    KINDS,
    KINDS_OF_MANY,
    Packed,
    chunk_lines,
    pack,
    parameters,
    parameters_of_many,
    seal_person,
)
from ileti.consents.vocabulary import Channel, Outcome, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, StorageAway
from ileti.core.statement import Statement, unpack_int8, unpack_time

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
    refuse_malformed_key(new.idem)
    return record_packed(pack(new))


def record_packed(click: Packed) -> Recorded:
    """:func:`record` for a click that is packed already."""
    return unpack(said_once(_RECORD, parameters(click)))


def said_once(function: Statement, packed: Sequence[bytes | None]) -> bytes:
    """What one of the database's write functions answers; once more after a deadlock. Raises like
    :func:`record`."""
    for attempt in (1, 2):
        try:
            return function.value(db.connection(), packed)
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


def record_together(clicks: Sequence[Packed]) -> list[Recorded | None]:
    """Record several clicks in one call and one transaction, set by set; None for each that has to
    be recorded by itself, because its key or an address of it is known already.

    No two may share a key, nor an address within a provider (``Packed.names``). Raises psycopg's
    errors: then nothing is recorded, or the answer was lost; either way :func:`record_packed` may
    follow for each, since it knows a replay.
    """
    raw = _CLICKS.value(db.connection(), parameters_of_many(clicks))
    captured_at = unpack_time(unpack_int8(raw, 0)[0])
    at = 8 + 8 * len(clicks)
    answers: list[Recorded | None] = []
    for n, click in enumerate(clicks, 1):
        submission_id = unpack_int8(raw, 8 * n)[0]
        if not submission_id:
            answers.append(None)
            continue
        end = at + _ITEM.size * len(click.items)
        answers.append(Recorded(submission_id, captured_at, False, _items(raw[at:end])))
        at = end
    return answers


def record_chunk(conn: psycopg.Connection[Any], new: NewSubmission) -> Recorded:
    """Record many inside the caller's open transaction; every item names its own source, standing
    and dealer. Raises like :func:`record`; on 40001 or 40P01 the caller repeats its transaction."""
    refuse_malformed_key(new.idem)
    person_key, person_ct, person = seal_person(new)
    conn.execute(_CHUNK_TABLE)
    conn.execute("truncate chunk_row")
    with conn.cursor().copy(_CHUNK_COPY) as copy:
        for line in chunk_lines(new, person):
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
    return unpack(row[0] if row else b"")


def refuse_malformed_key(idem: str) -> None:
    """Raise CallerMistake for a key that is no key."""
    if not KEY.match(idem):
        raise CallerMistake(
            "İstek anahtarı 8–120 harf, rakam, nokta, iki nokta, tire ya da alt çizgi olmalı.",
            "The request key must be 8–120 letters, digits, dots, colons, dashes or underscores.",
            code="malformed_key",
        )


_RECORD = Statement(
    "record_consents",
    f"select record_consents({','.join(f'${n}' for n in range(1, len(KINDS) + 1))})", KINDS)
_CLICKS = Statement(
    "record_clicks",
    f"select record_clicks({','.join(f'${n}' for n in range(1, len(KINDS_OF_MANY) + 1))})",
    KINDS_OF_MANY)
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


def unpack(packed: bytes, items: int | None = None) -> Recorded:
    """Unpack what the write functions answer (of a longer answer that many items); raises Conflict
    for a key used with another body."""
    submission_id, captured_at, flags = _HEAD.unpack_from(packed)
    if not flags & 2:
        raise Conflict()
    end = None if items is None else size_of(items)
    return Recorded(
        submission_id=submission_id, captured_at=unpack_time(captured_at), replay=bool(flags & 1),
        items=_items(packed[_HEAD.size:end]),
    )


def size_of(items: int) -> int:
    """Bytes of an answer with that many items."""
    return _HEAD.size + items * _ITEM.size


def _items(packed: bytes) -> tuple[RecordedItem, ...]:
    return tuple([RecordedItem(entry, recipient, Outcome(outcome), leaf)
                  for entry, recipient, outcome, leaf in _ITEM.iter_unpack(packed)])
