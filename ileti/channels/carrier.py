"""One message at a time over a company's accounts: codes, confirmations, answers, single messages.

Why this module exists: a campaign hands batches over; everything else is one message to one person.
What needs no consent (R-02) goes over accounts that are open for it and its batch asks İYS nothing;
a commercial single message goes over commercial accounts and its batch names the kind of recipient,
so that the provider asks İYS too (R-36). What an account did not take is tried over the next one;
what may have gone out is not: the answer says so, and who sends decides by the kind of message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from ileti.channels import accounts
from ileti.channels.accounts import Road
from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.mail import Mail, nobody_there
from ileti.channels.sms import Batch, Handed, InDoubt, Later, Never, Sms, Taken
from ileti.consents import trouble
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger

log = get_logger("ileti.messages")

#: a row of rests is looked at again after at most so many seconds
_SOON = 300.0


@dataclass(frozen=True)
class Accounts:
    """A brand's roads for one message. ``commercial``: the kind of recipient of a message that
    needs a consent, None for all others. ``once``: nobody may get a message twice that is no code,
    so who sends marks it before it is handed over."""

    roads: tuple[Road, ...]
    commercial: RecipientType | None = None
    name: str = "accounts"
    once: bool = True

    def send(self, message: Envelope) -> Answer:
        """Hand one message over, to the first account that takes it."""
        last = Later("no account")
        for road in self.roads:
            if not accounts.carries(road, message.text):
                last = Later(f"{road.name}: a link does not go abroad (R-52)")
                continue
            told = self._handed(road, message)
            accounts.note(road.account_id, told)
            if isinstance(told, Taken):
                return Sent(told.outside_id or None, road.account_id, road.kind[:30])
            if isinstance(told, InDoubt):
                return Retry(f"{road.name}: {told.reason}", doubt=True)
            if isinstance(told, Never) and not told.account:
                if nobody_there(told):
                    _note_dead(message, told)
                return Refused(f"{road.name}: {told.reason}")
            last = told if isinstance(told, Later) else Later(told.reason)
        return Retry(last.reason, last.after)

    def _handed(self, road: Road, message: Envelope) -> Handed:
        gateway: Any = road.gateway
        if message.channel is not Channel.EPOSTA:
            told: Handed = gateway.send(Batch(
                f"{message.series or 'm'}{message.message_id}", road.sender, self.commercial,
                [Sms(message.message_id, message.to, message.text)]))
            return told
        answers: list[Handed] = gateway.send([Mail(
            message.message_id, message.to, message.subject, message.text, message.html,
            unsubscribe_url=message.refuse_url, mark=message.mark,
            sender_name=message.sender_name,
            list_name=message.sender_name if self.commercial is not None else "")])
        return answers[0] if len(answers) == 1 else InDoubt("answers do not fit the mail")


def _note_dead(message: Envelope, told: Never) -> None:
    """A server refused the recipient because there is none: as a bounce that comes later."""
    if message.mark is None:
        return
    try:
        trouble.note(db.system_connection(), message.mark.provider_id, trouble.Trouble(
            message.mark.recipient_id, trouble.Kind.HARD, told.reason.rpartition(" ")[2]))
    except psycopg.Error:
        log.exception("bounce_not_noted", message=message.message_id)


@dataclass(frozen=True)
class Waiting:
    """Stands where a brand has accounts and none carries now: no other way takes its messages."""

    reason: str
    name: str = "accounts"

    def send(self, message: Envelope) -> Answer:
        """Try again later."""
        return Retry(self.reason, _SOON)


def carrier(provider_id: int, brand_id: int, channel: Channel, *,
            commercial: RecipientType | None = None, sender: str | None = None
            ) -> Accounts | Waiting | None:
    """What carries one message of a brand: SMS or mail; None where it has no account for it.
    ``sender``: the title that was asked for (R-54); without an account for it nothing goes."""
    if channel is Channel.ARAMA:
        return None
    needs = commercial is not None
    try:
        roads = accounts.roads(provider_id, brand_id, channel, commercial=needs, sender=sender)
        if roads:
            return Accounts(tuple(roads), commercial)
        resting = accounts.resting(provider_id, brand_id, channel, commercial=needs)
    except (psycopg.Error, StorageAway) as error:
        return Waiting(type(error).__name__)
    if resting:
        return Waiting(f"{resting[0].name} rests: {resting[0].reason}")
    return Waiting(f"no account carries the title {sender} now") if sender else None
