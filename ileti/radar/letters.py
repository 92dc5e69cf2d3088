"""Mails about deadlines, to the users who must act: once per alarm and user (R-33).

Why this module exists: nobody looks at a queue that is usually empty. :mod:`ileti.iys.alarms`
raises an alarm once; here each becomes a mail to every active user of the provider (or of the
brand) whose role has ``radar:alarm``, unless the provider has switched them off. Alarm, mails and
their outbox rows are written in one transaction, so that neither a flushed Redis nor a job that
runs twice mails again; sending claims, hands over and closes as every other message does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from config import settings
from ileti.channels.base import Envelope
from ileti.channels.post import Post, Unsendable
from ileti.channels.render import brand_accent, initials, inlined, istanbul_text, render
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.outbox.relay import Connection
from ileti.tenancy import rolebook

TOPIC: Final = 3
ALARMS_AT_ONCE: Final = 100

_UNTOLD = """
select a.id, a.provider_id, a.brand_id, p.alarm_mails
  from deadline_alarm a join provider p on p.id = a.provider_id
 where a.told_at is null order by a.id limit %s for update of a skip locked"""
_WRITE = """
with told as (
    select distinct u.id from membership m join ab_user u on u.id = m.user_id
     where m.provider_id = %(provider)s and m.dealer_id is null
       and (m.brand_id is null or m.brand_id = %(brand)s)
       and m.suspended_at is null and m.role = any(%(roles)s)
       and u.active and u.email like '%%@%%'),
mail as (
    insert into deadline_mail (provider_id, brand_id, alarm_id, user_id)
    select %(provider)s, %(brand)s, %(alarm)s, id from told
    on conflict do nothing returning id, user_id, created_at),
row as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select %(provider)s, %(topic)s, id, created_at, user_id, %(brand)s from mail returning 1)
select count(*) from row"""
_BESIDE = """
select t.provider_id, t.ref_id, t.fence, t.tries, m.sent_at, u.email, u.active, u.first_name,
       a.brand_id, a.due_at, a.level, a.number, a.stopped, b.name, p.title, p.mersis, p.contact,
       p.alarm_mails
  from taken t
  left join deadline_mail m on m.id = t.ref_id
  left join ab_user u on u.id = m.user_id left join deadline_alarm a on a.id = m.alarm_id
  left join brand b on b.id = a.brand_id left join provider p on p.id = a.provider_id"""


def write_letters() -> dict[str, int]:
    """Write the mails of every alarm nobody was told of; answers how many."""
    written = 0
    with db.transaction() as conn:
        untold = conn.execute(_UNTOLD, (ALARMS_AT_ONCE,)).fetchall()
        for alarm, provider, brand, language in untold:
            if language != "off":
                row = conn.execute(_WRITE, {
                    "provider": provider, "brand": brand, "alarm": alarm, "topic": TOPIC,
                    "roles": rolebook.holding("radar:alarm", provider)}).fetchone()
                written += row[0] if row else 0
            conn.execute("update deadline_alarm set told_at = now() where id = %s", (alarm,))
    return {"written": written}


@dataclass(frozen=True)
class Claimed:
    """One mail in our hands. ``due_at`` is the deadline, ``level`` 50, 80 or 100 per cent."""

    provider_id: int
    id: int
    fence: int
    tries: int
    sent_at: datetime | None
    email: str | None
    active: bool | None
    person: str | None
    brand_id: int
    due_at: datetime
    level: int
    number: int
    stopped: int
    brand: str
    title: str
    mersis: str | None
    contact: str | None
    language: str


def letter(one: Claimed) -> Envelope:
    """The mail as its recipient reads it. Raises Unsendable."""
    if not one.email or not one.active or one.language == "off":
        raise Unsendable("The user is switched off or wants no mails any more.")
    language = "en" if one.language == "en" else "tr"
    place = f"{settings().base_url}/sureler/?marka={one.brand_id}"
    context: dict[str, Any] = {
        "brand": {"name": one.brand, "initials": initials(one.brand), "title": one.title,
                  "mersis": one.mersis or "", "postal": one.contact or ""},
        "person": one.person or "", "due": istanbul_text(one.due_at), "level": one.level,
        "number": one.number, "stopped": one.stopped, "radar_url": place,
    }
    if colours := brand_accent(one.brand_id):
        context["accent"] = colours
    return Envelope(
        one.id, Channel.EPOSTA, one.email, series="sure-",
        subject=render("mail/deadline.subject.txt", language, **context).strip(),
        text=render("mail/deadline.txt", language, **context).strip() + "\n",
        html=inlined(render("mail/deadline.html", language, **context)),
    )


def _sent(conn: Connection, one: Claimed, gateway: str, outside_id: str | None) -> None:
    conn.execute("update deadline_mail set sent_at = now(), gateway = %s, outside_id = %s "
                 "where id = %s", (gateway, outside_id, one.id))


def _left_out(conn: Connection, one: Claimed, reason: str) -> None:
    """A mail about a deadline is of no use tomorrow, and the page and the log say it too."""
    conn.execute("update deadline_mail set problem = %s where id = %s", (reason, one.id))


_post: Final = Post(topic=TOPIC, name="deadline", beside=_BESIDE, read=Claimed, compose=letter,
                   sent=_sent, left_out=_left_out)
#: Send what waits.
send_letters: Final = _post.send
