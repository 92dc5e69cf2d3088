"""What a campaign sent to a person, told to whoever answers for it (R-48, R-49).

Why this module exists: years after a campaign somebody asks why this address was written to. The
row of the person holds it: the words as released, who declared them to be what, the record of the
ledger the message relied on and İYS's word at that moment, by which account it went, and what
became of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ileti.campaigns.running import number_of
from ileti.campaigns.settling import DOUBT
from ileti.channels import othersent
from ileti.channels.othersent import Told
from ileti.channels.sms import Delivery
from ileti.consents.moments import Reach
from ileti.consents.momenttold import iso
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, IysStatus
from ileti.core import db
from ileti.core.numbers import Numbers
from ileti.templates.vocabulary import MessageClass

MESSAGES: Final = Numbers("KMP", "campaign-message-number")
_SENT: Final = """
select c.id, m.no, m.at, c.channel, c.class, c.name, c.content, c.digest, c.released_at,
       m.permit_id, m.iys_status, m.delivery, m.delivered_at, m.delivery_reason, x.gateway,
       x.sender, x.outside_id, b.name, p.title, m.state = 3 and x.state in (1, 5)
  from campaign_message m
  join campaign c on c.provider_id = m.provider_id and c.id = m.campaign_id
  join campaign_batch x on x.provider_id = m.provider_id and x.campaign_id = m.campaign_id
                       and x.no = m.batch_no
  join brand b on b.id = c.brand_id
  join provider p on p.id = m.provider_id
 where m.provider_id = %(provider)s and m.recipient_id = %(recipient)s
   and (m.state = 4 or m.state = 3 and x.state in (1, 2, 5))
   and m.at between %(since)s and %(until)s
   and (%(brand)s::int is null or c.brand_id = %(brand)s)
   and (%(restricted)s or not is_restricted(m.provider_id, m.recipient_id, m.at))
 order by m.at desc limit %(most)s"""


@othersent.tells
def of_person(reach: Reach, recipient_id: int, since: datetime, until: datetime, most: int
              ) -> list[Told]:
    """Messages of campaigns to a recipient between two moments."""
    return [_told(row) for row in db.connection().execute(_SENT, {
        "provider": reach.provider_id, "recipient": recipient_id, "brand": reach.brand_id,
        "restricted": reach.restricted, "since": since, "until": until, "most": most})]


def _told(row: tuple[Any, ...]) -> Told:
    (campaign, no, at, channel, declared, name, content, digest, released_at, permit, iys, delivery,
     delivered_at, reason, gateway, sender, outside, brand, title, doubt) = row
    number = MESSAGES.of(number_of(campaign, no))
    known = {one.value for one in Delivery}
    titles = tuple(one for one in (brand, title, sender) if one)
    return Told(number, at, channel, brand, titles, permit, {
        "message": number, "kind": "CAMPAIGN", "campaign": name, "channel": Channel(channel).name,
        "class": MessageClass(declared).code, "brand": brand, "sender": title,
        "senderTitle": sender, "handedOverAt": iso(at), "gateway": gateway,
        "gatewayNumber": outside,
        "reliedOn": record_number(permit) if permit else None,
        "iysWhenSent": IysStatus(iys).name if iys else None,
        "delivery": "IN_DOUBT" if doubt or delivery == DOUBT else (
            Delivery(delivery).name if delivery in known else None),
        "deliveredAt": iso(delivered_at) if delivered_at else None, "deliveryReason": reason,
        "content": {"subject": content.get("subject") or None, "text": content.get("text"),
                    "template": content.get("version"), "templateSha256": content.get("hash"),
                    "declaredBy": content.get("declaredBy"),
                    "declaredAt": content.get("declaredAt")},
        "releasedAt": iso(released_at) if released_at else None,
        "campaignSha256": bytes(digest).hex() if digest else None,
        "sealed": False})
