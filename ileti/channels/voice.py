"""What a provider that calls people looks like from inside: many calls in one order, honest words.

Why this module exists: a voice message is a machine that rings a person, so two things weigh more
than with an SMS. It has hours: the order says until when it may ring, since nobody wants to be
woken by an order that was late (R-56). And it must let the person refuse with one key in the same
call (R-29); what was pressed comes back in the report and is a refusal of ARAMA that works at once
(R-30, R-32; :mod:`ileti.channels.presses`). The words of an answer are those of
:mod:`ileti.channels.sms`: taken, later, never, or in doubt and then never again by itself. A
provider never redials by itself here: whether somebody is called again is asked of the gate anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ileti.channels.sms import Delivery, Handed
from ileti.consents.vocabulary import RecipientType

#: What a person may press; one of them refuses.
KEYS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Call:
    """One person to ring; ``id`` is our number of the message, ``to`` E.164. Either ``words``, said
    by the provider's machine, or ``recording``, the provider's number of a file that lies there."""

    id: int
    to: str
    words: str = ""
    recording: str = ""


@dataclass(frozen=True, kw_only=True)
class CallBatch:
    """Calls of one number of ours (R-54: ``caller`` is one assigned to the subscriber).

    ``commercial`` as in :class:`ileti.channels.sms.Batch`, with the İYS ``brand_code`` for
    providers that want it in the order. ``refuse_key`` is one of :data:`KEYS`, ``refused_words``
    what is said after it. ``until``: aware; nobody is rung later. ``results``: the address at which
    the provider may tell results, empty for none. ``name`` is ours and stable over every try."""

    name: str
    caller: str
    commercial: RecipientType | None
    calls: Sequence[Call]
    refuse_key: str
    refused_words: str
    until: datetime
    brand_code: int | None = None
    results: str = ""


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """What became of one call. ``delivery`` DELIVERED: somebody took it up. ``key``: what was
    pressed, empty for nothing; ``call`` the provider's number of the call itself, ``seconds`` its
    length where told; the rest as in :class:`ileti.channels.sms.Report`."""

    outside_id: str
    to: str
    delivery: Delivery
    key: str = ""
    seconds: int | None = None
    at: datetime | None = None
    own_id: int | None = None
    call: str = ""
    reason: str = ""


class VoiceGateway(Protocol):
    """One account at one provider. Calls go out of any transaction and may take seconds."""

    #: calls in one order, and whether one order may say different things to different people
    most: int
    many_texts: bool

    @property
    def name(self) -> str: ...

    def send(self, batch: CallBatch) -> Handed:
        """Order calls; raises ValueError for a batch that :attr:`many_texts` or the law forbids."""
        ...

    def reports(self, outside_id: str) -> list[VoiceReport]:
        """What became of an order so far; empty when the provider knows nothing yet, is away, or
        only pushes."""
        ...

    def pushed(self, body: bytes) -> list[VoiceReport]:
        """Results a provider pushes; empty for its trial of the address; raises Unreadable."""
        ...


def refuse_unfit(batch: CallBatch, *, many_texts: bool) -> None:
    """Raise ValueError for an order no adapter may speak: no way to refuse (R-29), nothing said."""
    if batch.refuse_key not in KEYS:
        raise ValueError("a call needs a key that refuses")
    if not batch.calls or not all(bool(one.words) != bool(one.recording) for one in batch.calls):
        raise ValueError("each call says words or plays a recording")
    if not many_texts and len({(one.words, one.recording) for one in batch.calls}) > 1:
        raise ValueError("one text for all calls of an order")
