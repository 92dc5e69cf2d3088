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
from ileti.core.secrets import secrets

TOPIC: Final = 2
_COLUMNS: Final = ("int4", "int4", "int8", "int8", "int2", "int2", "int2", "bytea", "timestamptz")

_ENQUEUE: Final = """
with m as (
    insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind,
                         content_key, content_ct, due_at)
    values ROWS returning provider_id, id, created_at, recipient_id, brand_id),
o as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select provider_id, 2, id, created_at, recipient_id, brand_id from m returning 1)
select count(*)COMMIT from o"""


@dataclass(frozen=True)
class NewMessage:
    """One message to be sent; ``content`` is what its template needs, ``due_at`` aware."""

    provider_id: int
    brand_id: int
    recipient_id: int
    submission_id: int
    channel: Channel
    kind: MessageKind
    content: dict[str, Any]
    due_at: datetime


def end_of_day(moment: datetime) -> datetime:
    """23:59:59 in Istanbul of that day: the last second of R-10's "same day"."""
    day = clock.to_istanbul(moment).date()
    return datetime.combine(day, time(23, 59, 59), clock.ISTANBUL)


def enqueue(
    conn: psycopg.Connection[Any], messages: Sequence[NewMessage], *, wait_for_disk: bool = True
) -> None:
    """Write messages with their outbox rows in one statement.

    ``wait_for_disk`` False lets the commit return before it is on disk: only for messages that a
    sweeper would write again after a crash.
    """
    if not messages:
        return
    parameters: list[Any] = []
    for m in messages:
        key, cipher = seal_content(m.provider_id, m.recipient_id, m.kind, m.content)
        parameters += [m.provider_id, m.brand_id, m.recipient_id, m.submission_id, int(m.channel),
                       int(m.kind), key, cipher, m.due_at]
    conn.execute(_statement(len(messages), wait_for_disk), parameters, prepare=True)


@lru_cache(maxsize=16)
def _statement(count: int, wait_for_disk: bool) -> str:
    row = "(" + ", ".join(f"%b::{kind}" for kind in _COLUMNS) + ")"
    commit = "" if wait_for_disk else ", set_config('synchronous_commit', 'off', true)"
    return _ENQUEUE.replace("ROWS", ", ".join([row] * count)).replace("COMMIT", commit)


def _bound(provider_id: int, recipient_id: int, kind: int) -> bytes:
    return f"message:{provider_id}:{recipient_id}:{int(kind)}".encode()


def seal_content(
    provider_id: int, recipient_id: int, kind: int, content: dict[str, Any]
) -> tuple[int, bytes]:
    """Key number and cipher of a message's content, bound to its recipient and kind."""
    clear = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return secrets().keyring.encrypt(clear, _bound(provider_id, recipient_id, kind))


def open_content(
    provider_id: int, recipient_id: int, kind: int, key: int, cipher: bytes
) -> dict[str, Any]:
    """Inverse of :func:`seal_content`; raises CannotDecrypt."""
    clear = secrets().keyring.decrypt(key, cipher, _bound(provider_id, recipient_id, kind))
    content: dict[str, Any] = json.loads(clear)
    return content
