"""What an SMS provider looks like from inside: many texts in one call, and honest answers.

Why this module exists: providers take thousands of messages in one call, check İYS themselves, and
tell later what became of each. An adapter speaks one provider's wire and says in these words what
was understood: taken, later, never, or **in doubt**: the call went out and no answer came, so the
messages may be on their way. What is in doubt is shown to a person and never sent again by itself,
since a message a person gets twice is worse than one that is late. Adapters keep no state, raise
nothing, and know neither database nor gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from ileti.consents.vocabulary import RecipientType


@dataclass(frozen=True, slots=True)
class Sms:
    """One text; ``id`` is our number of the message, ``to`` E.164."""

    id: int
    to: str
    text: str


@dataclass(frozen=True)
class Batch:
    """Messages of one sender title (R-54). ``commercial`` names the kind of recipient when İYS has
    to be asked by the provider too (R-36); None for what needs no consent (R-02, R-03). ``name`` is
    ours and stable over every try."""

    name: str
    sender: str
    commercial: RecipientType | None
    messages: Sequence[Sms]


@dataclass(frozen=True)
class Taken:
    """The provider queued the batch under a number of its own."""

    outside_id: str


@dataclass(frozen=True)
class Later:
    """Nothing was taken for now; ``after`` in seconds when the provider said so."""

    reason: str
    after: float | None = None


@dataclass(frozen=True)
class Never:
    """Nothing was taken and nothing will be until somebody mends it; ``reason`` is for a person,
    ``account`` true when the fault is the account's and every batch would meet it."""

    reason: str
    account: bool = False


@dataclass(frozen=True)
class InDoubt:
    """The call went out, its answer did not come: the batch may have been taken."""

    reason: str


Handed = Taken | Later | Never | InDoubt


class Delivery(IntEnum):
    """What became of one message."""

    WAITING = 1
    DELIVERED = 2
    SENT = 3  # the operator gave no report of the phone
    NOT_DELIVERED = 4
    BLOCKED_BY_IYS = 5

    @property
    def final(self) -> bool:
        """Whether nothing more is to be expected."""
        return self is not Delivery.WAITING


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says of one message: its number or the batch's and the phone. ``reason``
    is the provider's own word, ``at`` aware when it tells a time."""

    outside_id: str
    to: str
    delivery: Delivery
    reason: str = ""
    at: datetime | None = None
    own_id: int | None = None


@dataclass(frozen=True)
class Page:
    """What one call told of a batch; ``last`` when no page follows. A gateway whose provider counts
    calls has a method ``page(outside_id, number)`` that answers this, or :class:`Later` when the
    page was not told: it is asked for again, and no page before it."""

    reports: Sequence[Report]
    last: bool


@dataclass(frozen=True, slots=True)
class Inbound:
    """An SMS that a person wrote to one of our numbers; ``outside_id`` tells a repeat."""

    outside_id: str
    sender: str
    to: str
    text: str
    at: datetime


class Unreadable(Exception):
    """What came is not what this provider sends; the text says why, without an address."""


class SmsGateway(Protocol):
    """One account at one provider. Calls go out of any transaction and may take seconds. One whose
    provider codes a whole call alike has a method ``apart(text)``: texts for which it answers the
    same may share a call. One whose provider sends from abroad says so by ``abroad``: texts with a
    link take another road (R-52)."""

    #: messages in one call, and whether one call may hold different texts
    most: int
    many_texts: bool

    @property
    def name(self) -> str: ...

    def send(self, batch: Batch) -> Handed:
        """Hand a batch over."""
        ...

    def reports(self, outside_id: str) -> list[Report]:
        """What became of a batch so far; empty when the provider knows nothing yet or is away."""
        ...

    def pushed(self, body: bytes) -> list[Report]:
        """Reports a provider pushes; raises Unreadable."""
        ...

    def senders(self) -> list[str] | None:
        """Titles the account may use; None when the provider does not say."""
        ...
