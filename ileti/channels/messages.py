"""Writing a message into the queue: its row and its outbox row, together or not at all.

A message keeps only what it is rendered from, encrypted; the address stays in its one home and is
looked up when the message goes out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Final

import psycopg

from ileti.channels.base import MessageKind
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.core.errors import StorageAway
from ileti.core.secrets import secrets
from ileti.core.statement import (
    Statement,
    pack_array,
    pack_int2,
    pack_int4,
    pack_int8,
    pack_time,
)

TOPIC: Final = 2
_COLUMNS: Final = ("int4", "int4", "int8", "int8", "int2", "int2", "int2", "bytea", "timestamptz",
                   "timestamptz")

_ENQUEUE: Final = """
with m as (
    insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind,
                         content_key, content_ct, due_at, told_upto)
    values ROWS returning provider_id, id, created_at, recipient_id, brand_id),
o as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select provider_id, 2, id, created_at, recipient_id, brand_id from m returning 1),
k as (
    select pin_persons(provider_id, array_agg(recipient_id)) as pinned from m group by provider_id)
select (select count(*) from o), (select sum(pinned) from k)"""


@dataclass(frozen=True)
class NewMessage:
    """One message to be sent; ``content`` is what its template needs, ``due_at`` aware.
    ``submission_id`` None: a code of the preference centre belongs to no form. ``told_upto``: when
    the last act was recorded of which a receipt of acts tells."""

    provider_id: int
    brand_id: int
    recipient_id: int
    submission_id: int | None
    channel: Channel
    kind: MessageKind
    content: dict[str, Any]
    due_at: datetime
    told_upto: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A confirmation that has to be written (R-10), by what names it; its words are made from the
    ledger when it goes out. ``at`` is the capture's moment."""

    provider_id: int
    brand_id: int
    recipient_id: int
    submission_id: int
    channel: Channel
    at: datetime


_KINDS: Final = ("int4[]", "int4[]", "int8[]", "int8[]", "int2[]", "timestamptz[]")
_ENQUEUE_DUE: Final = Statement("enqueue_due", """
with m as (
    insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind,
                         content_key, due_at)
    select p, b, r, s, c, 2, 0, due from unnest($1, $2, $3, $4, $5, $6) u(p, b, r, s, c, due)
    returning provider_id, id, created_at, recipient_id, brand_id),
o as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select provider_id, 2, id, created_at, recipient_id, brand_id from m returning 1)
select int8send(count(*)) from o, set_config('synchronous_commit', 'off', true)""", _KINDS)


def enqueue_due(conn: psycopg.Connection[Any], due: Sequence[Due]) -> None:
    """Write many confirmations with their outbox rows in one statement that does not wait for the
    disk: a sweeper writes again what a crash takes away."""
    _ENQUEUE_DUE.value(conn, (
        pack_array("int4[]", [pack_int4(d.provider_id) for d in due]),
        pack_array("int4[]", [pack_int4(d.brand_id) for d in due]),
        pack_array("int8[]", [pack_int8(d.recipient_id) for d in due]),
        pack_array("int8[]", [pack_int8(d.submission_id) for d in due]),
        pack_array("int2[]", [pack_int2(d.channel) for d in due]),
        pack_array("timestamptz[]", [pack_time(end_of_day(d.at)) for d in due]),
    ))


def end_of_day(moment: datetime) -> datetime:
    """23:59:59 in Istanbul of that day: the last second of R-10's "same day"."""
    day = clock.to_istanbul(moment).date()
    return datetime.combine(day, time(23, 59, 59), clock.ISTANBUL)


def enqueue(conn: psycopg.Connection[Any], messages: Sequence[NewMessage]) -> None:
    """Write messages with their outbox rows in one statement, which pins whom they are for
    (docs/adr/0029); of :func:`enqueue_due` the capture just recorded keeps its person. Raises
    StorageAway when somebody was erased meanwhile: again, nobody is known."""
    if not messages:
        return
    parameters: list[Any] = []
    for m in messages:
        key, cipher = seal_content(m.provider_id, m.recipient_id, m.kind, m.content)
        parameters += [m.provider_id, m.brand_id, m.recipient_id, m.submission_id, int(m.channel),
                       int(m.kind), key, cipher, m.due_at, m.told_upto]
    try:
        conn.execute(_statement(len(messages)), parameters, prepare=True)
    except psycopg.errors.SerializationFailure as error:
        raise StorageAway() from error


@lru_cache(maxsize=16)
def _statement(count: int) -> str:
    row = "(" + ", ".join(f"%b::{kind}" for kind in _COLUMNS) + ")"
    return _ENQUEUE.replace("ROWS", ", ".join([row] * count))


def bound_to(provider_id: int, recipient_id: int, kind: int) -> bytes:
    """What a message's cipher is bound to, so that it opens nowhere else."""
    return f"message:{provider_id}:{recipient_id}:{int(kind)}".encode()


def seal_content(
    provider_id: int, recipient_id: int, kind: int, content: dict[str, Any]
) -> tuple[int, bytes]:
    """Key number and cipher of a message's content, bound to its recipient and kind."""
    clear = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return secrets().keyring.encrypt(clear, bound_to(provider_id, recipient_id, kind))


def open_content(
    provider_id: int, recipient_id: int, kind: int, key: int, cipher: bytes
) -> dict[str, Any]:
    """Inverse of :func:`seal_content`; raises CannotDecrypt."""
    clear = secrets().keyring.decrypt(key, cipher, bound_to(provider_id, recipient_id, kind))
    content: dict[str, Any] = json.loads(clear)
    return content
