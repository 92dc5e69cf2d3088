"""The only door into the ledger: a consent change is entry, state, evidence leaf and outbox row,
all or nothing.

:func:`record` writes one click in one round trip (``record_consents`` in the database, its own
transaction); :func:`record_together` several clicks of one moment (``record_clicks``, called by
:mod:`ileti.consents.together`); :func:`record_chunk` many inside the caller's transaction, set by
set; :func:`ileti.consents.lists.record_list` a list in one round trip. All are idempotent by the
caller's key: the same key with the same body gives the same answer, with another body a Conflict.
What may follow what is checked inside (R-30, R-34, R-39, R-42; the readable form is
:func:`ileti.consents.rules.judge`).
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
from typing import Any, NamedTuple

import psycopg
from psycopg import errors as pg

from ileti.consents.packing import (
    KINDS,
    KINDS_OF_MANY,
    KINDS_OF_MANY_WITH_ACTS,
    KINDS_WITH_ACTS,
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
_ACT = struct.Struct(">qq32s")
_OUTCOMES = {int(one): one for one in Outcome}


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
    person: dict[str, Any] | None = None


class RecordedItem(NamedTuple):
    """What became of one item, in the order given."""

    entry_id: int
    recipient_id: int
    outcome: Outcome
    leaf: bytes


class RecordedAct(NamedTuple):
    """What an act (:mod:`ileti.kvkk`) became; ``recipient_id`` None for nobody known."""

    entry_id: int
    recipient_id: int | None
    leaf: bytes


@dataclass(frozen=True)
class Recorded:
    """The ledger's answer; the same for every replay. ``acts`` in the order they were packed."""

    submission_id: int
    captured_at: datetime
    replay: bool
    items: tuple[RecordedItem, ...]
    acts: tuple[RecordedAct, ...] = ()


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


def submission_of(provider_id: int, idem: str) -> int | None:
    """The submission that the ledger has under a key; None when nothing was recorded under it."""
    row = db.connection().execute(
        "select id from submission where provider_id = %s and idem = %s",
        (provider_id, idem)).fetchone()
    return int(row[0]) if row else None


def record_packed(click: Packed) -> Recorded:
    """:func:`record` for a click that is packed already, with its acts."""
    function = _RECORD if click.items and not click.acts else _RECORD_ACTS
    packed = parameters(click)
    for attempt in (1, 2):
        try:
            return read_answer(function.value(db.system_connection(), packed), len(click.items))
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
    function = _CLICKS_ACTS if any(click.acts for click in clicks) else _CLICKS
    raw = function.value(db.system_connection(), parameters_of_many(clicks))
    captured_at = unpack_time(unpack_int8(raw, 0)[0])
    numbers = [unpack_int8(raw, 8 * n)[0] for n in range(1, len(clicks) + 1)]
    at = 8 + 8 * len(clicks)
    after = at + _ITEM.size * sum(
        len(click.items) for click, number in zip(clicks, numbers, strict=True) if number)
    answers: list[Recorded | None] = []
    for number, click in zip(numbers, clicks, strict=True):
        if not number:
            answers.append(None)
            continue
        end, acts_end = at + _ITEM.size * len(click.items), after + _ACT.size * len(click.acts)
        answers.append(Recorded(number, captured_at, False, _items(raw[at:end]),
                                _acts(raw[after:acts_end])))
        at, after = end, acts_end
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
    return read_answer(row[0] if row else b"", len(new.items))


def refuse_malformed_key(idem: str) -> None:
    """Raise CallerMistake for a key that is no key."""
    if not KEY.match(idem):
        raise CallerMistake(
            "İstek anahtarı 8–120 harf, rakam, nokta, iki nokta, tire ya da alt çizgi olmalı.",
            "The request key must be 8–120 letters, digits, dots, colons, dashes or underscores.",
            code="malformed_key",
        )


def call_of(name: str, kinds: Sequence[str]) -> Statement:
    """The call of a function of the database with parameters of these types."""
    return Statement(name, f"select {name}({','.join(f'${n}' for n in range(1, len(kinds) + 1))})",
                     kinds)


_RECORD = call_of("record_consents", KINDS)
_RECORD_ACTS = call_of("record_acts", KINDS_WITH_ACTS)
_CLICKS = call_of("record_clicks", KINDS_OF_MANY)
_CLICKS_ACTS = call_of("record_clicks_acts", KINDS_OF_MANY_WITH_ACTS)
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


def read_answer(packed: bytes, items: int) -> Recorded:
    """Unpack what the functions for one click answer; raises Conflict for a key used with another
    body."""
    submission_id, captured_at, flags = _HEAD.unpack_from(packed)
    if not flags & 2:
        raise Conflict()
    end = _HEAD.size + items * _ITEM.size
    return Recorded(
        submission_id=submission_id, captured_at=unpack_time(captured_at), replay=bool(flags & 1),
        items=_items(packed[_HEAD.size:end]), acts=_acts(packed[end:]),
    )


def _acts(packed: bytes) -> tuple[RecordedAct, ...]:
    return tuple([RecordedAct(entry, recipient or None, leaf)
                  for entry, recipient, leaf in _ACT.iter_unpack(packed)])


def _items(packed: bytes) -> tuple[RecordedItem, ...]:
    return tuple([RecordedItem(entry, recipient, _OUTCOMES[outcome], leaf)
                  for entry, recipient, outcome, leaf in _ITEM.iter_unpack(packed)])
