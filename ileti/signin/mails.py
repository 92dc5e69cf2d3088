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
from ileti.channels.base import Envelope
from ileti.channels.post import Post, Unsendable
from ileti.channels.render import inlined, istanbul_text, render
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.outbox.relay import Connection
from ileti.signin.letters import KINDS, words

TOPIC: Final = 7
INSTALLATION: Final = 0  # an account belongs to no provider, the outbox needs a number
KEEP: Final = timedelta(days=30)
INVITED: Final = timedelta(days=7)
#: how long the link to choose another password is good
FORGOTTEN: Final = timedelta(minutes=60)
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


def forget_old() -> int:
    """Clear away mails of a month ago; how many."""
    return db.connection().execute(
        "delete from account_mail where created_at < %s", (clock.now() - KEEP,)).rowcount


def letter(one: Claimed) -> Envelope:
    """The mail as the user reads it. Raises Unsendable, CannotDecrypt, ValueError."""
    if one.kind is None:
        raise Unsendable("The user is gone.")
    details = json.loads(secrets().keyring.decrypt_text(one.content or "", PURPOSE))
    language = "en" if details.get("lang", one.language) == "en" else "tr"
    kind = KINDS[one.kind]
    said = words(kind, details, language, until=istanbul_text(
        one.created_at + (FORGOTTEN if kind == "forgotten" else INVITED)))
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


def _sent(conn: Connection, one: Claimed, gateway: str, _outside_id: str | None) -> None:
    conn.execute("update account_mail set sent_at = now(), gateway = %s where id = %s",
                 (gateway, one.id))


def _left_out(conn: Connection, one: Claimed, reason: str) -> None:
    """The security page says the same to the user."""
    conn.execute("update account_mail set problem = %s where id = %s", (reason, one.id))


_post: Final = Post(topic=TOPIC, name="account", beside=BESIDE, read=Claimed, compose=letter,
                   sent=_sent, left_out=_left_out)
#: Send what waits.
send_mails: Final = _post.send
