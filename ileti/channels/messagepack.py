"""The proof of one message: what was sent, when, by whom, and what it stood on (R-46, R-48).

Why this module exists: a complaint names a message, not a consent. Its file holds what was handed
over, the gateway's own number and times, the records it told of, and what held for the address on
its channel when it went, with İYS's word (time travel, :mod:`ileti.consents.moments`). The records
come as in every bundle, each proven by its leaf; the message itself is our own word: no seal stands
over it, and its file says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ileti.channels import assent
from ileti.channels.base import MessageKind
from ileti.channels.confirm import content_of
from ileti.channels.render import envelope, initials
from ileti.channels.sms import Delivery
from ileti.consents import bundle, moments
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Question, Reach
from ileti.consents.momenttold import iso, told
from ileti.consents.numbers import record_number
from ileti.consents.places import readable
from ileti.consents.vocabulary import Channel, IysStatus
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import NotFound
from ileti.core.numbers import Numbers
from ileti.core.secrets import secrets

MESSAGES: Final = Numbers("ILT", "message-number")
_ROWS: Final = """
select m.id, m.brand_id, m.recipient_id, m.submission_id, m.channel, m.kind, m.content_key,
       m.content_ct, m.created_at, m.due_at, m.sent_at, m.gateway, m.outside_id, m.problem,
       m.sent_key, m.sent_ct, r.key_no, r.addr_hash, r.addr_ct, b.name, p.title, p.mersis,
       p.contact, m.delivery, m.delivered_at, m.delivery_reason, m.declaration, m.denial,
       m.permit_id, m.iys_status
  from message m join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
  join brand b on b.id = m.brand_id join provider p on p.id = m.provider_id
 where m.provider_id = %(provider)s and m.id = any(%(ids)s)
   and (%(brand)s::int is null or m.brand_id = %(brand)s)
   and (%(restricted)s or not is_restricted(m.provider_id, m.recipient_id, m.created_at))
 order by m.id"""


class Row(NamedTuple):
    """A message with its recipient's and sender's columns."""

    id: int
    brand_id: int
    recipient_id: int
    submission_id: int | None
    channel: int
    kind: int
    content_key: int
    content_ct: bytes | None
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    gateway: str | None
    outside_id: str | None
    problem: str | None
    sent_key: int | None
    sent_ct: bytes | None
    key_no: int
    addr_hash: bytes | None
    addr_ct: bytes | None
    brand: str
    title: str
    mersis: str | None
    contact: str | None
    delivery: int | None
    delivered_at: datetime | None
    delivery_reason: str | None
    declaration: dict[str, Any] | None
    denial: int | None
    permit_id: int | None
    iys_status: int | None

    @property
    def moment(self) -> datetime:
        """When it went; when it was written, for one that did not go."""
        return self.sent_at or self.created_at


def number_of(message_id: int) -> str:
    """``ILT-XXXX-XXXX-XXXX`` of a message."""
    return MESSAGES.of(message_id)


def message_of(number: str) -> int | None:
    """The message of a number as people type it; None when it is none."""
    return MESSAGES.read(number) if MESSAGES.starts(number) else None


def rows_of(reach: Reach, ids: Sequence[int]) -> list[Row]:
    """Messages of a provider (and brand) by their ids."""
    return [Row(*row) for row in db.connection().execute(_ROWS, {
        "provider": reach.provider_id, "brand": reach.brand_id, "restricted": reach.restricted,
        "ids": list(ids)}).fetchall()]


def build(reach: Reach, message_id: int) -> Bundle:
    """The bundle of one message. Raises NotFound, and as :func:`ileti.consents.bundle.build`."""
    rows = rows_of(reach, [message_id])
    if not rows:
        raise NotFound()
    files, entries = files_of(reach, rows)
    if not entries:
        raise NotFound("Bu iletinin dayandığı bir kayıt yok.",
                       "There is no record this message stands on.", code="no_record")
    return bundle.build(reach.provider_id, entries, files)


def files_of(reach: Reach, rows: Sequence[Row]) -> tuple[dict[str, bytes], list[int]]:
    """The files of some messages by name, and the entries they stand on."""
    files, entries = {}, set()
    confirmed = _confirmed(reach, rows)
    held = moments.at_moments(reach, [
        Question(one.recipient_id, one.moment, one.brand_id, one.channel) for one in rows])
    for n, (one, states) in enumerate(zip(rows, held, strict=True), 1):
        tells_of = confirmed.get(one.id, [])
        entries |= {*tells_of, *(state.held.entry_id for state in states)}
        if one.permit_id is not None:
            entries.add(one.permit_id)
        files[f"messages/{n:04}.json"] = readable(parts(reach.provider_id, one) | {
            "tellsOf": [record_number(entry) for entry in tells_of],
            "stateWhenSent": [told(state) for state in states]})
    return files, sorted(entries)


_CONFIRMED: Final = """
select m.id, e.id
  from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) m(id, submission_id, recipient_id)
  join submission s on s.provider_id = %s and s.id = m.submission_id
  join consent_entry e on e.provider_id = s.provider_id and e.id = any(s.entry_ids)
   and e.captured_at = s.captured_at and e.recipient_id = m.recipient_id
   and (%s or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))
 order by m.id, e.id"""


def _confirmed(reach: Reach, rows: Sequence[Row]) -> dict[int, list[int]]:
    """By message the records of the act that it was written for."""
    found: dict[int, list[int]] = {}
    for message, entry in db.connection().execute(_CONFIRMED, (
            [one.id for one in rows], [one.submission_id for one in rows],
            [one.recipient_id for one in rows], reach.provider_id, reach.restricted)):
        found.setdefault(message, []).append(entry)
    return found


def parts(provider_id: int, one: Row) -> dict[str, Any]:
    """What is known of a message by itself."""
    return {
        "message": number_of(one.id), "kind": MessageKind(one.kind).name,
        "channel": Channel(one.channel).name, "to": _address(one), "brand": one.brand,
        "sender": one.title, "writtenAt": iso(one.created_at),
        "dueAt": iso(one.due_at) if one.due_at else None,
        "sentAt": iso(one.sent_at) if one.sent_at else None, "gateway": one.gateway,
        "gatewayNumber": one.outside_id, "problem": one.problem,
        "delivery": Delivery(one.delivery).name if one.delivery else None,
        "deliveredAt": iso(one.delivered_at) if one.delivered_at else None,
        "deliveryReason": one.delivery_reason, **_relied(one),
        "content": _content(provider_id, one),
        "sealed": False,  # no leaf of the ledger stands over a message
    }


def _relied(one: Row) -> dict[str, Any]:
    """What a single message was declared to be, and what it relied on when it went (R-04, R-36)."""
    if one.declaration is None:
        return {}
    return {"declaration": {key: value for key, value in one.declaration.items() if key != "mark"},
            "denial": one.denial,
            "reliedOn": record_number(one.permit_id) if one.permit_id is not None else None,
            "iysStatus": IysStatus(one.iys_status).name if one.iys_status is not None else None}


def _address(one: Row) -> str | None:
    if one.addr_ct is None or one.addr_hash is None:
        return None
    return secrets().keyring.decrypt(one.key_no, bytes(one.addr_ct), bytes(one.addr_hash)).decode()


def _content(provider_id: int, one: Row) -> dict[str, Any] | None:
    """The words as they were sent; rendered anew (``asSent`` False) where they were not kept; None
    for a code and where nothing is left."""
    if one.kind == MessageKind.CODE:
        return None
    try:
        if one.sent_ct is not None and one.sent_key is not None:
            return assent.opened(provider_id, one.recipient_id, one.id, one.sent_key,
                                 bytes(one.sent_ct)) | {"asSent": True}
        address = _address(one)
        if address is None:
            return None
        said = content_of(provider_id, one.submission_id, one.recipient_id, one.kind,
                          one.content_key, one.content_ct)
    except (CannotDecrypt, LookupError):
        return None
    message = envelope(
        message_id=one.id, provider_id=provider_id, brand_id=one.brand_id,
        recipient_id=one.recipient_id, kind=MessageKind(one.kind), channel=Channel(one.channel),
        to=address, content=said, submission_id=one.submission_id,
        brand={"name": one.brand, "initials": initials(one.brand), "title": one.title,
               "mersis": one.mersis or "", "postal": one.contact or ""})
    return {"subject": message.subject, "text": message.text, "asSent": False, "htmlSha256":
            sha256(message.html.encode()).hexdigest() if message.html else None}
