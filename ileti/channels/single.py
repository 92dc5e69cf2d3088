"""A single message between request and gateway: written down once, and asked about at the last.

Why this module exists: somebody may refuse between the request and the hand-over. So the gate is
asked (``message_gate``) in the very statement that marks the message as being handed over, with the
record it relied on (R-36); what it denies is closed with the reason and never tried again, since
whoever asked must decide anew. A commercial one keeps the quiet hours (R-56) and waits; an order
notice, a debt or a duty of the law goes at any hour. What outlived its time is not sent at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from ileti.channels import quiet
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, seal_content
from ileti.consents import checks
from ileti.consents.gate import SILENT_AFTER
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock
from ileti.core.errors import StorageAway

COMMERCIAL: Final = 1
#: of ileti.campaigns.reasons.Reason, whose first twelve are the database's own words
PLUGIN: Final = 8
UNREADABLE: Final = 13

_ASK: Final = """
update message m set denial = g.denial, permit_id = g.permit_id, permit_at = g.permit_at,
       iys_status = g.iys_status, denied_at = case when g.denial is not null then now() end,
       handing_at = case when g.denial is null then now() end
  from message_gate(%(provider)s, %(id)s, %(heard_since)s) g
 where m.provider_id = %(provider)s and m.id = %(id)s and m.handing_at is null
   and m.sent_at is null and exists (select from outbox o where o.topic = 2
       and o.provider_id = m.provider_id and o.ref_id = m.id and o.fence = %(fence)s)
returning m.denial"""
_DENY: Final = """
update message set denial = %s, denied_at = now(), handing_at = null, permit_id = null,
       permit_at = null
 where provider_id = %s and id = %s"""


@dataclass(frozen=True)
class Single:
    """What a claimed single message is: its provider and brand, its number, the class it was
    declared to be, the kind of recipient, and the title that was asked for."""

    provider_id: int
    brand_id: int
    id: int
    channel: Channel
    declared: int
    recipient_type: RecipientType
    sender: str | None

    @property
    def commercial(self) -> RecipientType | None:
        """The kind of recipient when it needs a consent; None when it is exempt."""
        return self.recipient_type if self.declared == COMMERCIAL else None


def silent_seconds(one: Single) -> float:
    """How long it has to wait for the morning; 0 when it may go now."""
    if one.commercial is None:
        return 0.0
    now = clock.now()
    return max(0.0, (quiet.speaks_from(now, quiet.USUAL, quiet.holiday) - now).total_seconds())


class NotOurs(Exception):
    """Another worker has the message."""


def ask(conn: psycopg.Connection[Any], one: Single, to: str, *, fence: int) -> int | None:
    """Ask the gate and mark the message as being handed over, or with the reason why not; the
    reason. Plug-ins are asked last, about a commercial one that would go. Raises NotOurs for
    whoever holds its ``fence`` no more."""
    row = conn.execute(_ASK, {"provider": one.provider_id, "id": one.id,
                              "heard_since": clock.now() - SILENT_AFTER, "fence": fence}).fetchone()
    if row is None:
        raise NotOurs()
    denial = row[0]
    if denial is None and one.commercial is not None and checks.refused(checks.Asked(
            one.provider_id, one.brand_id, one.channel, one.recipient_type), [to]):
        deny(conn, one, PLUGIN)
        return PLUGIN
    return None if denial is None else int(denial)


def deny(conn: psycopg.Connection[Any], one: Single, reason: int) -> None:
    """Keep the reason why it does not go."""
    conn.execute(_DENY, (reason, one.provider_id, one.id))


# -- writing it down ------------------------------------------------------------------------------

_WRITE: Final = """
with m as (
    insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key,
                         content_ct, due_at, declared, recipient_type, sender, version_id,
                         declaration, idem, dealer_id)
    values (%(provider)s, %(brand)s, %(recipient)s, %(channel)s, 5, %(key)s, %(cipher)s, %(due)s,
            %(declared)s, %(type)s, %(sender)s, %(version)s, %(declaration)s, %(idem)s,
            %(dealer)s)
    on conflict (provider_id, idem) where idem is not null do nothing
    returning provider_id, id, created_at, recipient_id, brand_id),
o as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select provider_id, 2, id, created_at, recipient_id, brand_id from m returning 1)
select m.id, (select count(*) from o), pin_persons(m.provider_id, array[m.recipient_id]) from m"""


@dataclass(frozen=True)
class NewSingle:
    """A single message to be sent. ``declaration`` is who said what it is and why (R-04), as JSON;
    ``idem`` tells a repeat of the request, None when nobody repeats it; ``dealer_id``: the dealer
    who sends it."""

    message: NewMessage
    declared: int
    recipient_type: RecipientType
    sender: str | None
    version_id: int | None
    declaration: dict[str, Any]
    idem: str | None
    dealer_id: int | None = None


def write(conn: psycopg.Connection[Any], new: NewSingle) -> int | None:
    """Write it with its outbox row in one statement, which pins whom it is for; its number, None
    when a message of this ``idem`` stands. Raises StorageAway when the person was erased meanwhile.
    """
    one = new.message
    key, cipher = seal_content(one.provider_id, one.recipient_id, MessageKind.SINGLE, one.content)
    try:
        row = conn.execute(_WRITE, {
            "provider": one.provider_id, "brand": one.brand_id, "recipient": one.recipient_id,
            "channel": int(one.channel), "key": key, "cipher": cipher, "due": one.due_at,
            "declared": new.declared, "type": int(new.recipient_type), "sender": new.sender,
            "version": new.version_id, "declaration": json.dumps(new.declaration),
            "idem": new.idem, "dealer": new.dealer_id}).fetchone()
    except psycopg.errors.SerializationFailure as error:
        raise StorageAway() from error
    return None if row is None else int(row[0])


def standing(conn: psycopg.Connection[Any], provider_id: int, idem: str
             ) -> tuple[int, dict[str, Any]] | None:
    """Number and declaration of the message of a request that came before."""
    row = conn.execute("select id, declaration from message where provider_id = %s and idem = %s",
                       (provider_id, idem)).fetchone()
    return None if row is None else (int(row[0]), row[1])
