"""Mails of the house itself on their way: claimed, composed, handed over, closed.

Why this module exists: mails about deadlines, data subjects' requests and accounts are no messages
of a brand to its recipients; each room keeps rows of its own. How such a mail goes out is the same
for all of them, and each step has a trap: no transaction may be open while the other side is spoken
to; what it took is marked in the transaction that closes the outbox row; what cannot be composed or
is refused for good is left out with its reason and never tried again. A room writes row and outbox
row in the transaction of the deed, and names here its topic, how a claimed row reads, what the mail
says and what its end means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from config import settings
from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.registry import gateway_for
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger
from ileti.outbox import relay
from ileti.outbox.relay import Connection
from ileti.tenancy import twins

log = get_logger("ileti.channels")


#: tries of a mail that may have gone out each time: a letter that is owed had better come twice
#: than not at all (its Message-ID stays the same), and not twelve times
MOST_DOUBTFUL: Final = 2


class Unsendable(Exception):
    """It cannot or need not be sent any more; the text is the reason, for a person."""


class Mail(Protocol):
    """A claimed row of a room: the first four fields are those of ``taken``, in this order."""

    @property
    def provider_id(self) -> int: ...
    @property
    def id(self) -> int: ...
    @property
    def fence(self) -> int: ...
    @property
    def tries(self) -> int: ...
    @property
    def sent_at(self) -> datetime | None: ...


One = TypeVar("One", bound=Mail)


@dataclass(frozen=True, kw_only=True)
class Post(Generic[One]):
    """The mails of one topic.

    ``beside`` selects from ``taken`` what :func:`relay.claim_oldest` describes, ``read`` makes a
    row of it. ``compose`` raises Unsendable, CannotDecrypt or ValueError for what is left out, and
    an IletiError for what is tried again. ``sent`` (with the gateway's name and the other side's
    name of the mail) and ``left_out`` (with the reason) write in the transaction that closes the
    row. ``lease`` in seconds. ``theirs``: mails a company owes to people, which its own gateway
    carries where a plug-in brings one; all others are about the product itself. ``handing``: of
    mails that must not come twice, marks that one is handed over now and says False where that was
    marked before, so that what a killed worker held is left out; ``kept`` takes the mark away when
    it surely did not go.
    """

    topic: int
    name: str
    beside: str
    read: Callable[..., One]
    compose: Callable[[One], Envelope]
    sent: Callable[[Connection, One, str, str | None], None]
    left_out: Callable[[Connection, One, str], None]
    lease: float = 90
    at_once: int = 4
    most_tries: int = 12
    theirs: bool = False
    handing: Callable[[One], bool] | None = None
    kept: Callable[[One], None] | None = None

    def send(self, limit: int = 200) -> dict[str, int]:
        """Send what waits, at most ``limit``; counts by ``sent``, ``retry``, ``left_out``."""
        return dict(relay.drain(self._claim, self._send_one, limit=limit))

    def _claim(self) -> list[One]:
        return [self.read(*row) for row in relay.claim_oldest(
            db.connection(), self.beside, topic=self.topic, limit=self.at_once, lease=self.lease)]

    def _send_one(self, one: One) -> str:
        if one.sent_at is not None:  # a crash came between the mail and its closing
            self._close(db.connection(), one)
            return "sent"
        try:
            message = self.compose(one)
        except Unsendable as why:
            return self._leave_out(one, str(why))
        except (CannotDecrypt, ValueError) as error:
            return self._leave_out(one, f"The mail cannot be opened: {type(error).__name__}")
        except IletiError as error:  # the vault's store is away
            return self._again(one, Retry(error.code))
        if self.handing is not None and not self.handing(one):
            return self._leave_out(one, "In doubt: a worker ended while it was handed over.")
        gateway, answer = _hand_over(
            message, one.provider_id if self.theirs or twins.is_twin(one.provider_id) else None)
        if isinstance(answer, Sent):
            outside_id = answer.outside_id
            self._end(one, lambda conn: self.sent(conn, one, gateway, outside_id))
            return "sent"
        if isinstance(answer, Refused):
            return self._leave_out(one, answer.reason)
        return self._again(one, answer)

    def _again(self, one: One, answer: Retry) -> str:
        if answer.doubt and (self.handing is not None or one.tries >= MOST_DOUBTFUL):
            return self._leave_out(one, f"In doubt: {answer.reason}")
        if self.kept is not None:
            self.kept(one)
        if one.tries >= self.most_tries:
            return self._leave_out(one, answer.reason)
        relay.release(db.connection(), topic=self.topic, provider_id=one.provider_id,
                      rows=[(one.id, one.fence)], reason=answer.reason, counted=False,
                      delay=answer.after or relay.delay_after(one.tries, first=5.0))
        log.warning("mail_delayed", kind=self.name, mail=one.id, tries=one.tries,
                    reason=answer.reason)
        return "retry"

    def _leave_out(self, one: One, reason: str) -> str:
        self._end(one, lambda conn: self.left_out(conn, one, reason))
        log.error("mail_left_out", kind=self.name, mail=one.id, reason=reason)
        return "left_out"

    def _end(self, one: One, write: Callable[[Connection], None]) -> None:
        """Note how it ended and close the row. What hangs on the mail may be sealed with a key that
        is gone: then the row is closed all the same, or the mail would go out again each lease."""
        try:
            with db.transaction() as conn:
                write(conn)
                self._close(conn, one)
        except (CannotDecrypt, ValueError):
            log.exception("mail_end_not_noted", kind=self.name, mail=one.id)
            self._close(db.connection(), one)

    def _close(self, conn: Connection, one: One) -> None:
        relay.close(conn, topic=self.topic, provider_id=one.provider_id,
                    rows=[(one.id, one.fence)])


def _hand_over(message: Envelope, provider_id: int | None) -> tuple[str, Answer]:
    """The gateway's name and what it answered; a gateway that breaks is asked again."""
    gateway: Any = gateway_for(message.channel, settings(), provider_id)
    db.refuse_open_transaction()
    try:
        return gateway.name, gateway.send(message)
    except JobTimeout:
        raise
    except Exception as error:
        log.exception("gateway_broke", gateway=gateway.name)
        return gateway.name, Retry(type(error).__name__)
