"""A consent or a refusal by SMS as the ledger takes it: source HS_MESAJ, and its own proof.

Why this module exists: the source follows from the flow (R-43), and each flow has another proof
(R-09, R-23). Here it is the words that were written, sealed with the person's name, the number they
were written to, the gateway's number of the message, the operator's time and ours, and the text the
advertisement showed. The sender's number is the operator's word, so the address is verified (R-21).

Which moment counts: a consent is as old as the operator says, so that it never stands over a
refusal given after it. A refusal counts from its arrival (R-32), unless the person consented well
after having written it: a box that is read for the first time must not refuse what came since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.consents.deadlines import deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    hash_body,
    record,
)
from ileti.consents.refusal import Refuser, consented_after, refuse_now
from ileti.consents.rules import SOURCE_OF_FLOW, Flow, Item, check_item
from ileti.consents.vocabulary import AddressKind, Channel, Standing, Status
from ileti.core import clock
from ileti.inbound.numbers import BrandLine, Number

SOURCE: Final = SOURCE_OF_FLOW[Flow.SMS]


@dataclass(frozen=True)
class Wrote:
    """One message as proof: whose, where, what, when. ``read_by`` is the user who read it where no
    machine understood it; ``before`` the message whose consent a name completes."""

    message_id: int
    number: Number
    outside_id: str
    recipient_id: int
    address: str
    text: str
    said_at: datetime
    received_at: datetime
    word: str = ""
    read_by: int | None = None
    before: tuple[str, str, datetime] | None = None

    @property
    def evidence(self) -> dict[str, Any]:
        """What stands in the submission; nothing personal."""
        said: dict[str, Any] = {
            "flow": "sms", "place": self.number.name, "number": self.number.number,
            "gateway": self.number.gateway, "message": self.outside_id, "sms": self.message_id,
            "sentAt": self.said_at.isoformat(), "receivedAt": self.received_at.isoformat(),
            "language": "tr"}
        if self.word:
            said["word"] = self.word
        if self.before:
            said |= {"firstMessage": self.before[0], "firstSentAt": self.before[2].isoformat()}
        return said

    @property
    def written(self) -> dict[str, str]:
        """The words themselves, which are the person's and sealed."""
        return {"sms": self.text} | ({"firstSms": self.before[1]} if self.before else {})


def too_late(wrote: Wrote, activation: Any, now: datetime) -> bool:
    """Whether a consent of that moment may no longer be recorded (R-33, R-40)."""
    item = Item(channel=Channel.MESAJ, status=Status.ONAY, source=SOURCE, flow=Flow.SMS,
                consent_date=clock.whole_second(wrote.said_at), address_kind=AddressKind.PHONE)
    return any(one.refused for one in check_item(item, now=now, activation_date=activation))


def consent(wrote: Wrote, brand: BrandLine, name: str, now: datetime) -> Recorded:
    """Record the consent, dated by the operator. Inside the caller's transaction."""
    date = clock.whole_second(wrote.said_at)
    idem = f"inbound-sms:{wrote.message_id}:{brand.place.brand_id}"
    return record(NewSubmission(
        place=brand.place, idem=idem, body_hash=hash_body(idem), source=SOURCE,
        standing=Standing.VERIFIED, actor=ActorKind.VISITOR, evidence=wrote.evidence,
        person={"name": name, **wrote.written}, items=[NewConsent(
            address=wrote.address, channel=Channel.MESAJ, status=Status.ONAY, consent_date=date,
            due_at=deadline(date, now=now), text_id=brand.text_id, text_hash=brand.text_hash)]))


@dataclass(frozen=True)
class Refusal:
    """Numbers of submissions, and whether anything was refused that no newer consent outweighs."""

    submissions: tuple[int, ...]
    held: bool


def refuse(conn: psycopg.Connection[Any], wrote: Wrote, place: Place, recipient_id: int,
           address: str, channels: list[Channel]) -> Refusal:
    """Record the refusal of these channels of an address, each by the moment that counts. Inside
    the caller's transaction; raises StorageAway."""
    newer = _consented_after(conn, wrote, place, recipient_id)
    fresh = [one for one in channels if one not in newer]
    made: list[int] = []
    if fresh:
        made.append(refuse_now(Refuser(
            place=place, recipient_id=recipient_id, address=address, channels=fresh, source=SOURCE,
            actor=ActorKind.VISITOR if wrote.read_by is None else ActorKind.USER,
            actor_id=wrote.read_by, key=f"sms{wrote.message_id}", evidence=wrote.evidence,
            person=wrote.written)).submission_id)
    old = [one for one in channels if one in newer]
    if old:
        made.append(_older(wrote, place, recipient_id, address, old).submission_id)
    return Refusal(tuple(made), bool(fresh))


def _older(wrote: Wrote, place: Place, recipient_id: int, address: str,
           channels: list[Channel]) -> Recorded:
    """Kept in the ledger with its own moment, where it changes nothing (H178)."""
    idem = f"inbound-sms:{wrote.message_id}:{place.brand_id}:{recipient_id}:before"
    return record(NewSubmission(
        place=place, idem=idem, body_hash=hash_body(idem), source=SOURCE,
        standing=Standing.VERIFIED, actor=ActorKind.VISITOR, evidence=wrote.evidence,
        person=dict(wrote.written), items=[NewConsent(
            address=address, channel=channel, status=Status.RET,
            consent_date=clock.whole_second(wrote.said_at)) for channel in channels]))


def _consented_after(conn: psycopg.Connection[Any], wrote: Wrote, place: Place,
                     recipient_id: int) -> set[Channel]:
    return consented_after(place, recipient_id, wrote.said_at, conn)
