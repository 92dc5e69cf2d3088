"""What was written to and by a person, for their copy (KVKK 11): messages, campaigns, SMS, kiosks.

Why apart from ``holdings``: messages come from several rooms, each with words of its own that are
opened here for the person alone.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.capture import kioskheld
from ileti.channels import assent
from ileti.channels.base import MessageKind
from ileti.consents.vocabulary import Channel
from ileti.core.crypto import CannotDecrypt
from ileti.inbound import sealed
from ileti.inbound.vocabulary import Deed
from ileti.mailroom import sealed as mails
from ileti.mailroom.extract import shown
from ileti.mailroom.intake import Outcome
from ileti.requests.holdings import holds, moment, word

Row = dict[str, Any]

_MESSAGES: Final = """
select m.id, m.provider_id, m.recipient_id, m.channel, m.kind, m.created_at, m.sent_at, m.sent_key,
       m.sent_ct, b.name as brand
  from message m join brand b on b.id = m.brand_id
 where m.provider_id = %(provider)s and m.recipient_id = any(%(ids)s) order by m.id"""
_KINDS: Final = {MessageKind.CODE: ("Doğrulama kodu", "Verification code"),
                 MessageKind.CONFIRMATION: ("Onay bildirimi", "Confirmation"),
                 MessageKind.ANSWER: ("Yazdığına yanıt", "Answer to what they wrote"),
                 MessageKind.ACTS: ("Karar makbuzu", "Receipt of decisions"),
                 MessageKind.SINGLE: ("Tek ileti", "Single message"),
                 MessageKind.TAKEN_BACK: ("Onayın geri alındığı bildirimi",
                                          "Notice that a consent was taken back")}


@holds("messages", _MESSAGES)
def messages(r: Row) -> Row:
    """Codes and confirmations that were sent, with the words as they were handed over; of a code
    none are kept (:mod:`ileti.channels.assent`)."""
    said = _sent(r)
    return {"recipient": r["recipient_id"], "brand": r["brand"],
            "channel": word(Channel(r["channel"])), "writtenAt": moment(r["created_at"]),
            "kind": dict(zip(("tr", "en"), _KINDS.get(MessageKind(r["kind"]), ("", "")),
                             strict=True)),
            "sentAt": moment(r["sent_at"]), "subject": said.get("subject") or None,
            "text": said.get("text"), "htmlSha256": said.get("htmlSha256")}


def _sent(r: Row) -> Row:
    if r["sent_ct"] is None or r["sent_key"] is None:
        return {}
    try:
        return assent.opened(r["provider_id"], r["recipient_id"], r["id"], r["sent_key"],
                             bytes(r["sent_ct"]))
    except CannotDecrypt:
        return {"text": None}


_CAMPAIGNS: Final = """
select c.name, c.channel, c.content->>'subject' as subject, c.content->>'text' as text, m.at,
       m.delivered_at, b.name as brand
  from campaign_message m
  join campaign c on c.provider_id = m.provider_id and c.id = m.campaign_id
  join brand b on b.id = c.brand_id
 where m.provider_id = %(provider)s and m.recipient_id = any(%(ids)s) and m.state in (3, 4)
 order by m.at, m.campaign_id"""


@holds("campaigns", _CAMPAIGNS)
def campaigns(r: Row) -> Row:
    """Messages of campaigns that went to the person; merge fields of the text stand in braces."""
    return {"campaign": r["name"], "brand": r["brand"], "channel": word(Channel(r["channel"])),
            "handedOverAt": moment(r["at"]), "deliveredAt": moment(r["delivered_at"]),
            "subject": r["subject"] or None, "text": r["text"]}
_WRITTEN: Final = """
select m.id, m.provider_id, m.recipient_id, m.outside_id, m.text_key, m.text_ct, m.said_at, m.deed,
       n.number, b.name as brand
  from inbound_message m join inbound_number n on n.id = m.number_id
  left join brand b on b.id = m.brand_id
 where m.provider_id = %(provider)s and m.recipient_id = any(%(ids)s) order by m.id"""


@holds("written", _WRITTEN)
def written(r: Row) -> Row:
    """SMS the person wrote to a number of ours, and what was done with them."""
    try:
        text = sealed.unseal(r["provider_id"], r["outside_id"], r["text_key"], r["text_ct"])
    except CannotDecrypt:
        text = None
    return {"recipient": r["recipient_id"], "to": r["number"], "brand": r["brand"],
            "at": moment(r["said_at"]), "text": text,
            "done": word(Deed(r["deed"])) if r["deed"] else None}
_MAILS: Final = """
select m.id, m.mailbox_id, m.recipient_id, m.digest, m.text_key, m.text_ct, m.outcome,
       coalesce(m.said_at, m.came_at) as at, x.address, b.name as brand
  from returned_mail m join mailbox x on x.id = m.mailbox_id
  left join brand b on b.id = m.brand_id
 where m.provider_id = %(provider)s and m.recipient_id = any(%(ids)s) and m.text_ct is not null
 order by m.id"""


@holds("mailed", _MAILS)
def mailed(r: Row) -> Row:
    """Mails the person wrote that somebody had to read, as far as they are kept, and what was done
    with them."""
    try:
        kept = mails.unseal(r["mailbox_id"], bytes(r["digest"]), r["text_key"], r["text_ct"])
    except CannotDecrypt:
        kept = None
    said = shown(kept) if kept is not None else None
    return {"recipient": r["recipient_id"], "to": r["address"], "brand": r["brand"],
            "at": moment(r["at"]), "subject": said.subject if said else None,
            "text": said.words if said else None, "refused": r["outcome"] == Outcome.REFUSED}


_LATE: Final = """
select k.site_id, k.item, k.claimed_at, k.arrived_at, k.content_key, k.content_ct, b.name as brand
  from kiosk_item k join brand b on b.id = k.brand_id
 where k.provider_id = %(provider)s and k.content_ct is not null and exists (
     select from recipient r where r.provider_id = k.provider_id and r.id = any(%(ids)s)
        and r.addr_hash = any(k.marks)) order by k.id"""


@holds("late", _LATE)
def late(r: Row) -> Row:
    """Choices from a kiosk without network that wait for a person's word; one that cannot be opened
    is told of without its words, and keeps nobody from the rest of their copy."""
    try:
        said = kioskheld.said_in(r["site_id"], r["item"], r["content_key"], bytes(r["content_ct"]))
    except CannotDecrypt:
        said = {}
    return {"brand": r["brand"], "givenAt": moment(r["claimed_at"]),
            "arrivedAt": moment(r["arrived_at"]),
            "said": {name: said.get(name) or None for name in ("name", "phone", "email")}
            | {"boxes": [one["box"] for one in said.get("ticks", [])]}}
