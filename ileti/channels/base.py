"""What every gateway looks like from inside, so that adding one touches no other file.

A gateway speaks one outside system's language and decides what its answers mean: sent, try again,
or never. It keeps no state about messages; :mod:`ileti.channels.send` owns the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from ileti.channels.mail import Mark
from ileti.consents.vocabulary import Channel


class MessageKind(IntEnum):
    """Why we write to the person."""

    CODE = 1
    CONFIRMATION = 2
    ANSWER = 3  # to what the person wrote; its words stand in its content
    TAKEN_BACK = 4
    ACTS = 6  # explicit consents given and withdrawn (channels/actreceipts.py)
    SINGLE = 5  # somebody or a program asked for this one (docs/adr/0056)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; ``media_type`` as ``application/pdf``."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Envelope:
    """One rendered message; ``message_id`` is stable over every try, ``to`` canonical. Messages
    that are not of the table ``message`` name a ``series`` of numbers of their own.
    ``attachments`` are for mails, and so are ``mark``, which names the mail in what comes back, and
    ``sender_name`` (the brand)."""

    message_id: int
    channel: Channel
    to: str
    subject: str
    text: str
    html: str | None = None
    refuse_url: str | None = None
    series: str = ""
    attachments: tuple[Attachment, ...] = ()
    mark: Mark | None = None
    sender_name: str = ""


@dataclass(frozen=True)
class Sent:
    """The other side took it; ``outside_id`` is its name there. ``account_id`` and ``by``: the
    account it went over and its kind, where there was one."""

    outside_id: str | None = None
    account_id: int | None = None
    by: str | None = None


@dataclass(frozen=True)
class Retry:
    """It failed for now; ``after`` seconds when the other side told us. ``doubt``: it may have gone
    out all the same, so that another try may be a second message."""

    reason: str
    after: float | None = None
    doubt: bool = False


@dataclass(frozen=True)
class Refused:
    """It will never go; ``reason`` is read by a person."""

    reason: str


Answer = Sent | Retry | Refused


class Gateway(Protocol):
    """A way to one outside system; called outside of any transaction, may take seconds."""

    @property
    def name(self) -> str:
        """What the message row keeps as its gateway."""
        ...

    def send(self, message: Envelope) -> Answer:
        """Hand one message over; answers instead of raising."""
        ...
