"""Emptying the message queue: claim, render, hand over, close.

A row is claimed by moving ``next_at`` and raising ``fence``; nothing is open while a gateway
speaks; the row is closed only by the worker that holds its fence. What has become hopeless is
parked with a reason, never dropped.

What may have gone out and whose answer did not come is another matter. A code is tried again, also
after a worker was killed: it is worth nothing in five minutes, and the same code twice tells the
person nothing new. A confirmation is not: it stands as *in doubt* until somebody looks, and a mark
set before it is handed over (``handing_at``, by the worker that still holds the fence) makes a
killed worker a doubt too, never a second message. Only a gateway without ``once`` may repeat itself
without harm: the demo's.

A single message (:mod:`ileti.channels.single`) asks the gate in the statement that marks it, and is
marked whatever carries it.

Claiming, closing, giving back and parking are the relay's: messages go in the order of their time
over all brands (a code lives five minutes), and one look fetches all that is written in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from config import settings
from ileti.channels import assent, deliveries, single
from ileti.channels.base import Answer, Envelope, MessageKind, Refused, Retry, Sent
from ileti.channels.confirm import content_of
from ileti.channels.messages import TOPIC
from ileti.channels.registry import gateway_for
from ileti.channels.render import envelope, initials
from ileti.channels.single import NotOurs, Single
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.failpoints import reach
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.outbox import relay

log = get_logger("ileti.messages")

LEASE_SECONDS: Final = 90
CLAIMED_AT_ONCE: Final = 4
MOST_TRIES: Final = 10
#: how the reason begins of a message that may have gone out
DOUBT: Final = "In doubt"
#: kinds that are worth nothing when their time is over
_EXPIRE: Final = frozenset({MessageKind.CODE, MessageKind.SINGLE})
FIRST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 900.0

_BESIDE = """
select t.provider_id, t.ref_id, t.fence, t.tries, m.brand_id, m.recipient_id, m.channel, m.kind,
       m.content_key, m.content_ct, m.due_at, m.sent_at, r.key_no, r.addr_hash, r.addr_ct,
       b.name, p.title, p.mersis, p.contact, m.handing_at, m.submission_id, m.declared,
       m.recipient_type, m.sender, m.denied_at
  from taken t
  left join message m on m.id = t.ref_id and m.provider_id = t.provider_id
  left join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
  left join brand b on b.id = m.brand_id left join provider p on p.id = m.provider_id"""


@dataclass(frozen=True)
class Claimed:
    """One message in our hands."""

    provider_id: int
    id: int
    fence: int
    tries: int
    row: tuple[Any, ...]

    @property
    def kind(self) -> MessageKind:
        """Why we write."""
        return MessageKind(self.row[3])

    @property
    def due_at(self) -> Any:
        """When it is too late (code, single message) or late (confirmation, R-10)."""
        return self.row[6]

    @property
    def handing_at(self) -> Any:
        """When somebody began to hand it over and never said how it ended."""
        return self.row[15]

    @property
    def submission_id(self) -> int | None:
        """The form it belongs to."""
        found: int | None = self.row[16]
        return found

    @property
    def single(self) -> Single | None:
        """What a single message is; None for any other kind."""
        if self.kind is not MessageKind.SINGLE:
            return None
        return Single(self.provider_id, self.row[0], self.id, Channel(self.row[2]), self.row[17],
                      RecipientType(self.row[18]), self.row[19])


def send_waiting(limit: int = 500) -> dict[str, int]:
    """Send what waits, at most ``limit``; answers counts by ``sent``, ``retry``, ``parked``,
    and of single messages ``blocked`` and ``waits`` (for the morning)."""
    return {"sent": 0, "retry": 0, "parked": 0} | relay.drain(
        lambda: claim(CLAIMED_AT_ONCE), _send_one, limit=limit)


def claim(limit: int) -> list[Claimed]:
    """Take messages that are due; each stays ours for ``LEASE_SECONDS``."""
    rows = relay.claim_oldest(
        db.connection(), _BESIDE, topic=TOPIC, limit=limit, lease=LEASE_SECONDS)
    return [Claimed(row[0], row[1], row[2], row[3], tuple(row[4:])) for row in rows]


def _send_one(one: Claimed) -> str:
    if one.row[0] is None or one.row[7] is not None:
        _close(one)
        return "sent"
    if one.row[20] is not None:  # denied by a worker that ended before it closed the row
        _close(one)
        return "blocked"
    single_one = one.single
    if one.handing_at is not None and one.kind is not MessageKind.CODE:
        return _park(one, f"{DOUBT}: the worker ended while it was handed over.")
    if one.kind in _EXPIRE and one.due_at < clock.now():
        return _park(one, "It had expired before it could be sent.")
    if single_one is not None and (wait := single.silent_seconds(single_one)):
        return _wait(one, wait)
    try:
        message = compose(one)
    except (CannotDecrypt, TypeError, LookupError) as error:
        return _park(one, f"The message cannot be opened: {type(error).__name__}")
    gateway = _gateway(one, single_one)
    once = single_one is not None or (
        one.kind is not MessageKind.CODE and getattr(gateway, "once", False))
    try:
        if single_one is not None:
            if single.ask(db.connection(), single_one, message.to, fence=one.fence) is not None:
                _close(one)
                return "blocked"
        elif once:
            _mark_handing(one)
    except NotOurs:
        return "retry"  # it overslept its lease: the message is another worker's
    reach("message.handing")
    answer = _hand_over(gateway, message)
    reach("message.handed")
    if isinstance(answer, Sent):
        return _sent(one, message, gateway.name, answer)
    if isinstance(answer, Refused):
        return _park(one, answer.reason)
    if answer.doubt and one.kind is not MessageKind.CODE:
        return _park(one, f"{DOUBT}: {answer.reason}")
    if once:
        _unmark(one)
    return _again(one, answer)


def _gateway(one: Claimed, single_one: Single | None) -> Any:
    more: dict[str, Any] = {} if single_one is None else {
        "commercial": single_one.commercial, "sender": single_one.sender}
    return gateway_for(Channel(one.row[2]), settings(), one.provider_id, one.row[0], **more)


def _wait(one: Claimed, seconds: float) -> str:
    """Until people want to hear from anybody (R-56)."""
    relay.release(db.connection(), topic=TOPIC, provider_id=one.provider_id,
                  rows=[(one.id, one.fence)], delay=seconds, reason="quiet hours", counted=False)
    return "waits"


def _mark_handing(one: Claimed) -> None:
    """Committed by itself, before anything goes out. Raises NotOurs."""
    marked = db.connection().execute(
        "update message set handing_at = now() where id = %s and provider_id = %s "
        "and handing_at is null and exists (select from outbox o where o.topic = %s "
        "and o.provider_id = message.provider_id and o.ref_id = message.id and o.fence = %s)",
        (one.id, one.provider_id, TOPIC, one.fence)).rowcount
    if not marked:
        raise NotOurs()


def _unmark(one: Claimed) -> None:
    """Nothing went out."""
    db.connection().execute("update message set handing_at = null where id = %s "
                            "and provider_id = %s", (one.id, one.provider_id))


def _hand_over(gateway: Any, message: Envelope) -> Answer:
    db.refuse_open_transaction()
    try:
        answer: Answer = gateway.send(message)
    except JobTimeout:
        raise  # the job's time is up: its worker serves everybody
    except Exception as error:
        log.exception("gateway_broke", gateway=gateway.name)
        return Retry(type(error).__name__, doubt=getattr(gateway, "once", False))
    return answer


def compose(one: Claimed) -> Envelope:
    """Open and render a claimed message; raises CannotDecrypt, LookupError for an erased person."""
    (brand_id, recipient_id, channel, kind, _, _, _, _, key_no, digest, address, brand,
     title, mersis, contact) = one.row[:15]
    if address is None:
        raise LookupError("erased")
    to = secrets().keyring.decrypt(key_no, bytes(address), bytes(digest)).decode()
    return envelope(
        message_id=one.id, provider_id=one.provider_id, brand_id=brand_id,
        recipient_id=recipient_id, kind=MessageKind(kind), channel=Channel(channel), to=to,
        content=_content(one), submission_id=one.submission_id,
        brand={"name": brand, "initials": initials(brand), "title": title,
               "mersis": mersis or "", "postal": contact or ""},
    )


def _content(one: Claimed) -> dict[str, Any]:
    _, recipient_id, _, kind, key, cipher, *_ = one.row
    return content_of(one.provider_id, one.submission_id, recipient_id, kind, key, cipher)


def _sent(one: Claimed, message: Envelope, gateway: str, answer: Sent) -> str:
    late = one.kind is MessageKind.CONFIRMATION and one.due_at and clock.now() > one.due_at
    if late:
        log.error("confirmation_late", provider=one.provider_id, message=one.id, rule="R-10")
    # A code is of no use once it is sent; only the demo's phone still shows it.
    keep = one.kind is not MessageKind.CODE or gateway == "demo"
    key, cipher = (None, None) if one.kind is MessageKind.CODE else assent.seal(
        one.provider_id, one.row[1], message)
    after = deliveries.first_after(one.provider_id, answer.by or "")
    with db.transaction() as conn:
        conn.execute(
            "update message set sent_at = now(), gateway = %s, outside_id = %s, account_id = %s, "
            "handing_at = null, problem = %s, content_ct = case when %s then content_ct end, "
            "sent_key = %s, sent_ct = %s "
            "where id = %s and provider_id = %s",
            (answer.by or gateway, answer.outside_id, answer.account_id,
             "R-10: late" if late else None, keep, key, cipher, one.id, one.provider_id),
        )
        if answer.account_id is not None and message.channel is not Channel.EPOSTA:
            deliveries.expect(conn, one.provider_id, answer.account_id, answer.outside_id or "", 1,
                              after=after)
        _close(one)
    return "sent"


def _close(one: Claimed) -> None:
    relay.close(db.connection(), topic=TOPIC, provider_id=one.provider_id,
                rows=[(one.id, one.fence)])


def _again(one: Claimed, answer: Retry) -> str:
    if one.tries >= MOST_TRIES:
        return _park(one, f"Given up after {one.tries} tries: {answer.reason}")
    delay = answer.after or min(LONGEST_DELAY, FIRST_DELAY * 2 ** (one.tries - 1))
    relay.release(db.connection(), topic=TOPIC, provider_id=one.provider_id,
                  rows=[(one.id, one.fence)], delay=delay, reason=answer.reason, counted=False)
    log.warning("message_delayed", message=one.id, tries=one.tries, reason=answer.reason)
    return "retry"


def _park(one: Claimed, reason: str) -> str:
    with db.transaction() as conn:
        relay.park(conn, topic=TOPIC, provider_id=one.provider_id, rows=[(one.id, one.fence)],
                   reason=reason)
        conn.execute("update message set problem = %s where id = %s and provider_id = %s",
                     (reason, one.id, one.provider_id))
    log.error("message_parked", message=one.id, reason=reason)
    return "parked"
