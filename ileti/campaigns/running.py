"""What a worker has in its hands: a campaign that runs, and a stretch of its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.templates.vocabulary import MessageClass


@dataclass(frozen=True)
class Running:
    """A campaign in our hands. ``quiet`` minutes of the day."""

    provider_id: int
    id: int
    brand_id: int
    channel: Channel
    recipient_type: RecipientType
    declared: MessageClass
    sender: str | None
    content: dict[str, Any]
    per_second: int | None
    quiet: tuple[int, int] | None
    on_holidays: bool
    #: values of fields that promote and that a second person agreed to (R-03)
    agreed: frozenset[tuple[str, str]] = frozenset()

    @property
    def key(self) -> tuple[int, int]:
        """Provider and campaign."""
        return self.provider_id, self.id

    @property
    def commercial(self) -> RecipientType | None:
        """For the gateway: the kind of recipient when İYS is to be asked there too."""
        return None if self.declared.exempt else self.recipient_type


@dataclass(frozen=True)
class Person:
    """One person of a stretch: the number in the campaign, the recipient, the canonical address;
    ``tries``: how often the mailbox has said "later"."""

    no: int
    recipient_id: int
    to: str
    tries: int = 0


@dataclass(frozen=True)
class Taken:
    """A stretch that is ours to hand over; ``fence`` proves it, ``tries`` counts from 1. ``part``:
    others of it were answered for before."""

    no: int
    fence: int
    tries: int
    people: list[Person]
    part: bool = False
    #: what fields say of them, by recipient, where it was read to be judged
    said: dict[int, dict[str, str]] | None = None


#: people of one campaign: more, and the number of one would be another campaign's
MOST_PEOPLE: Final = 0xFFFFFF


def number_of(campaign_id: int, no: int) -> int:
    """Our number of one message, as gateways repeat it: the campaign above, the person below."""
    return campaign_id << 24 | no


def parts_of(number: int) -> tuple[int, int]:
    """Campaign and person of a number."""
    return number >> 24, number & MOST_PEOPLE
