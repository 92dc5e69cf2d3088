"""Mails to users about their own account, sent as every other message: claim, hand over, close.

Why this module exists: whoever got into an account, or changed its password or second step, must
not be able to do it in silence. The mail is written in the transaction of the deed, with its row
in the outbox, and goes to the user alone; it names device, network address and time, and what to
do when it was somebody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from config import settings
from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.registry import gateway_for
from ileti.channels.render import inlined, istanbul_text, render
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.outbox import relay
from ileti.signin.letters import KINDS, words

log = get_logger("ileti.signin")

TOPIC: Final = 7
INSTALLATION: Final = 0  # an account belongs to no provider, the outbox needs a number
LEASE_SECONDS: Final = 90
CLAIMED_AT_ONCE: Final = 4
MOST_TRIES: Final = 12
KEEP: Final = timedelta(days=30)
INVITED: Final = timedelta(days=7)
PURPOSE: Final = "account-mail"

BESIDE = """
select t.provider_id, t.ref_id, t.fence, t.tries, m.kind, m.content, m.created_at, m.sent_at,
       u.email, u.first_name, u.username,
       (select p.alarm_mails from membership x join provider p on p.id = x.provider_id
         where x.user_id = u.id order by x.id limit 1),
       (select p.title from membership x join provider p on p.id = x.provider_id
         where x.user_id = u.id order by x.id limit 1)
  from taken t left join account_mail m on m.id = t.ref_id left join ab_user u on u.id = m.user_id
"""


@dataclass(frozen=True)
class Claimed:
    """One mail in our hands."""

    provider_id: int
    id: int
    fence: int
    tries: int
    kind: int | None
    content: str | None
    created_at: datetime
    sent_at: datetime | None
    email: str | None
    person: str | None
    username: str | None
    language: str | None
    company: str | None


def send_mails(limit: int = 200) -> dict[str, int]:
    """Send what waits, at most ``limit``; answers counts by ``sent``, ``retry``, ``left_out``."""
    return dict(relay.drain(_claim, _send_one, limit=limit))


def forget_old() -> int:
    """Clear away mails of a month ago; how many."""
    return db.connection().execute(
        "delete from account_mail where created_at < %s", (clock.now() - KEEP,)).rowcount


def _claim() -> list[Claimed]:
    return [Claimed(*row) for row in relay.claim_oldest(
        db.connection(), BESIDE, topic=TOPIC, limit=CLAIMED_AT_ONCE, lease=LEASE_SECONDS)]


def _send_one(one: Claimed) -> str:
    if one.kind is None or one.sent_at is not None:  # the user is gone, or it was sent before
        _close(one)
        return "sent"
    try:
        message = letter(one)
    except (CannotDecrypt, ValueError) as error:
        return _left_out(one, f"The mail cannot be opened: {type(error).__name__}")
    gateway = gateway_for(Channel.EPOSTA, settings())
    db.refuse_open_transaction()
    try:
        answer: Answer = gateway.send(message)
    except Exception as error:
        log.exception("gateway_broke", gateway=gateway.name)
        answer = Retry(type(error).__name__)
    if isinstance(answer, Sent):
        with db.transaction() as conn:
            conn.execute("update account_mail set sent_at = now(), gateway = %s where id = %s",
                         (gateway.name, one.id))
            _close(one)
        return "sent"
    if isinstance(answer, Refused) or one.tries >= MOST_TRIES:
        return _left_out(one, answer.reason)
    relay.release(db.connection(), topic=TOPIC, provider_id=INSTALLATION,
                  rows=[(one.id, one.fence)], reason=answer.reason, counted=False,
                  delay=answer.after or relay.delay_after(one.tries, first=5.0))
    log.warning("account_mail_delayed", mail=one.id, tries=one.tries, reason=answer.reason)
    return "retry"


def letter(one: Claimed) -> Envelope:
    """The mail as the user reads it. Raises CannotDecrypt, ValueError."""
    details = json.loads(secrets().keyring.decrypt_text(one.content or "", PURPOSE))
    language = "en" if details.get("lang", one.language) == "en" else "tr"
    said = words(KINDS[one.kind or 0], details, language,
                 until=istanbul_text(one.created_at + INVITED))
    rows = [(key, value) for key, value in (
        (said.user, one.username), (said.when, istanbul_text(one.created_at)),
        (said.device, details.get("device", "")), (said.network, details.get("address", "")),
        (said.by, details.get("by", ""))) if value]
    context = {
        "brand": {"name": "İleti", "initials": "İ",
                  "title": one.company or details.get("company") or "İleti",
                  "mersis": "", "postal": settings().base_url},
        "title": said.title, "paragraphs": said.paragraphs, "rows": rows, "number": "",
        "hello": said.hello(one.person or details.get("person", "")), "quiet": [said.why],
        "button": {"label": said.button, "url": details.get(
            "link") or f"{settings().base_url}/hesabim/guvenlik"}}
    return Envelope(
        one.id, Channel.EPOSTA, details.get("to") or one.email or "", series="hesap-",
        subject=render("mail/request.subject.txt", language, **context).strip(),
        text=render("mail/request.txt", language, **context).strip() + "\n",
        html=inlined(render("mail/request.html", language, **context)))


def _close(one: Claimed) -> None:
    relay.close(db.connection(), topic=TOPIC, provider_id=INSTALLATION,
                rows=[(one.id, one.fence)])


def _left_out(one: Claimed, reason: str) -> str:
    """Not sent and not tried again; the security page says the same to the user."""
    with db.transaction() as conn:
        conn.execute("update account_mail set problem = %s where id = %s", (reason, one.id))
        _close(one)
    log.error("account_mail_left_out", mail=one.id, reason=reason)
    return "left_out"
