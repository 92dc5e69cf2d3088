"""What is told of each person of a campaign: how far their message is, in one word.

Why this module exists: what became of a message stands in three rows, its own, its batch's and its
campaign's, and in one that a gateway reports. Programs (:mod:`ileti.api.campaigns`) need one word
for it. Addresses stay where they are; who may see them is asked by whoever asks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ileti.campaigns.reasons import Reason
from ileti.campaigns.settling import DOUBT
from ileti.channels.sms import Delivery
from ileti.core import db


class Word(StrEnum):
    """How far one message is. CANCELLED: the campaign was given up before it went."""

    WAITING = "WAITING"
    HANDING = "HANDING"
    SENT = "SENT"
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"
    IN_DOUBT = "IN_DOUBT"
    CANCELLED = "CANCELLED"


#: the word of a person ``m`` of the batch ``b`` (or none) of the campaign ``c``
WORD: Final = """case
    when m.state = 2 then 'BLOCKED'
    when m.state = 1 or m.state = 3 and b.state = 3 then
        case when c.state = 8 then 'CANCELLED' else 'WAITING' end
    when m.state = 3 and b.state = 1 then 'HANDING'
    when m.state = 3 and b.state = 4 then 'FAILED'
    when m.state = 3 and b.state = 5 or m.delivery = 9 then 'IN_DOUBT'
    when m.state = 4 and m.delivery = 4 and m.delivered_at is null then 'FAILED'
    else 'SENT' end"""
_PEOPLE: Final = f"""
select m.no, m.recipient_id, {WORD}, m.reason, m.at, m.delivery, m.delivery_reason,
       m.delivered_at, m.permit_id, b.gateway, (
           select s.consent_date from consent_state s
            where s.provider_id = m.provider_id and s.brand_id = c.brand_id
              and s.recipient_id = m.recipient_id and s.recipient_type = c.recipient_type
              and s.channel = c.channel and s.status = 2 and s.consent_date > m.at)
  from campaign c
  join campaign_message m on m.provider_id = c.provider_id and m.campaign_id = c.id
  left join campaign_batch b on b.provider_id = m.provider_id and b.campaign_id = m.campaign_id
       and b.no = m.batch_no
 where c.provider_id = %(provider)s and c.id = %(campaign)s and m.no > %(after)s
   and (%(words)s::text[] is null or {WORD} = any(%(words)s))
   and (%(reasons)s::smallint[] is null or m.state = 2 and m.reason = any(%(reasons)s))
   and (%(deliveries)s::smallint[] is null or m.delivery = any(%(deliveries)s))
 order by m.no limit %(most)s"""  # noqa: S608 (only texts of this module)


@dataclass(frozen=True)
class Told:
    """One person of a campaign. ``at``: when it was handed over; ``refused_at``: they refused
    after that, and have not consented again."""

    no: int
    recipient_id: int
    word: Word
    reason: Reason | None
    at: datetime | None
    delivery: Delivery | None
    delivery_reason: str | None
    delivered_at: datetime | None
    permit_id: int | None
    gateway: str | None
    refused_at: datetime | None


def people(provider_id: int, campaign_id: int, *, after: int, most: int,
           words: Sequence[Word] = (), reasons: Sequence[Reason] = (),
           deliveries: Sequence[Delivery] = ()) -> list[Told]:
    """People behind a number in their order; empty filters let everybody through. The caller has
    seen that the campaign is in sight."""
    def said(some: Sequence[Any], kind: type) -> list[Any] | None:
        return [kind(one) for one in some] or None

    return [_told(*row) for row in db.connection().execute(_PEOPLE, {
        "provider": provider_id, "campaign": campaign_id, "after": after, "most": most,
        "words": said(words, str), "reasons": said(reasons, int),
        "deliveries": said(deliveries, int)})]


def _told(no: int, recipient: int, word: str, reason: int | None, at: datetime | None,
          delivery: int | None, why: str | None, delivered_at: datetime | None,
          permit: int | None, gateway: str | None, refused_at: datetime | None) -> Told:
    return Told(no, recipient, Word(word), Reason(reason) if reason else None, at,
                None if delivery in (None, DOUBT) else Delivery(delivery), why, delivered_at,
                permit, gateway, refused_at)
