"""The daily report by mail: who is due is written once, and each mail goes at most once.

Why this module exists: a mail each morning is worth much when it comes and little when it comes
twice. One statement per provider writes a row for each subscription and day, with its outbox row;
whatever runs beside it or again finds them. A machine that was off at the hour writes later the
same day; what is still here the next morning is left out, since the next report tells the day
before anyway. A row is marked before it is handed over: what a killed worker held then may have
gone out, and is left out rather than sent twice.

The mail itself is made inside the panel's application, with the reader's own rights and rows
(:mod:`ileti.reports.daily.mail`), which this lean module knows by name only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from ileti.channels.base import Envelope
from ileti.channels.post import Post, Unsendable
from ileti.consents.deadlines import is_business_day
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.outbox.relay import Connection
from ileti.tenancy import rolebook

TOPIC: Final = 8
#: how long it is kept that a mail went
KEEP: Final = timedelta(days=90)
#: who may have it
RIGHT: Final = "daily:read"
SERIES: Final = "gunluk-"

_DUE: Final = """
select distinct s.provider_id from daily_subscription s
  join membership m on m.id = s.membership_id
 where s.closed_at is null and s.hour <= %(hour)s and s.first_on <= %(today)s
   and (%(business)s or not s.business_days) and m.suspended_at is null
   and not exists (select from daily_mail d
                    where d.subscription_id = s.id and d.due_on = %(today)s)
 order by 1"""
_CLOSE: Final = """
update daily_subscription s set closed_at = now()
 where s.provider_id = %(provider)s and s.closed_at is null and not exists (
   select from membership m join ab_user u on u.id = m.user_id
    where m.id = s.membership_id and m.role = any(%(roles)s) and u.active)"""
_WRITE: Final = """
with mail as (
    insert into daily_mail (provider_id, brand_id, dealer_id, subscription_id, user_id, due_on, day)
    select s.provider_id, s.brand_id, s.dealer_id, s.id, s.user_id, %(today)s,
           case when s.business_days then %(worked)s else %(yesterday)s end
      from daily_subscription s join membership m on m.id = s.membership_id
      join ab_user u on u.id = s.user_id
     where s.provider_id = %(provider)s and s.closed_at is null and s.hour <= %(hour)s
       and s.first_on <= %(today)s and (%(business)s or not s.business_days)
       and m.suspended_at is null and u.email like '%%@%%'
    on conflict on constraint uq_daily_mail_subscription_id_due_on do nothing
    returning id, provider_id, brand_id, user_id, created_at),
row as (
    insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
    select provider_id, %(topic)s, id, created_at, user_id, coalesce(brand_id, 0) from mail
    returning 1)
select count(*) from row"""
_BESIDE: Final = """
select t.provider_id, t.ref_id, t.fence, t.tries, d.sent_at, d.due_on, d.day, s.id, s.membership_id,
       s.user_id, s.language, s.closed_at, u.email, u.active
  from taken t left join daily_mail d on d.id = t.ref_id
  left join daily_subscription s on s.id = d.subscription_id left join ab_user u on u.id = d.user_id
"""
_WAITS: Final = ("select from outbox where topic = %s and dead_at is null and next_at <= now() "
                 "limit 1")
_house: list[Callable[[], AbstractContextManager[Any]]] = []
_composer: list[Callable[[Claimed], Envelope]] = []


@dataclass(frozen=True)
class Claimed:
    """One mail in our hands: written on ``due_on`` about ``day``."""

    provider_id: int
    id: int
    fence: int
    tries: int
    sent_at: datetime | None
    due_on: date | None
    day: date | None
    subscription_id: int | None
    membership_id: int | None
    user_id: int | None
    language: str | None
    closed_at: datetime | None
    email: str | None
    active: bool | None


def house_is(opened: Callable[[], AbstractContextManager[Any]]) -> None:
    """Name what mails are made in: the panel's application with all rooms."""
    _house[:] = [opened]


def composes(composer: Callable[[Claimed], Envelope]) -> None:
    """Name who makes the mails; raises Unsendable for one that is not to go."""
    _composer[:] = [composer]


def last_business_day(before: date) -> date:
    """The newest business day before a day (R-40's calendar)."""
    day = before - timedelta(1)
    while not is_business_day(day):
        day -= timedelta(1)
    return day


def first_on(hour: int) -> date:
    """The first day a mail of somebody who asks for it now is due: today while its hour is yet to
    come, else tomorrow."""
    now = clock.to_istanbul(clock.now())
    return now.date() if now.hour < hour else now.date() + timedelta(1)


def write_due() -> dict[str, int]:
    """Write the mails whose hour has come and that are not written yet; how many, and how many
    subscriptions ended because their role no longer shows the report."""
    now = clock.to_istanbul(clock.now())
    today = now.date()
    asked: dict[str, Any] = {
        "today": today, "hour": now.hour, "business": is_business_day(today), "topic": TOPIC,
        "yesterday": today - timedelta(1), "worked": last_business_day(today)}
    written = closed = 0
    for (provider,) in db.connection().execute(_DUE, asked).fetchall():
        asked |= {"provider": provider, "roles": rolebook.holding(RIGHT, provider)}
        with db.transaction() as conn:
            closed += conn.execute(_CLOSE, asked).rowcount
            row = conn.execute(_WRITE, asked).fetchone()
            written += int(row[0]) if row else 0
            reach("reports.daily_written")
    return {"written": written, "closed": closed}


def forget_old() -> int:
    """Clear away that mails went, three months later; how many."""
    return db.connection().execute("delete from daily_mail where due_on < %s",
                                   (clock.today() - KEEP,)).rowcount


def send_letters() -> dict[str, int]:
    """Send what waits."""
    if db.connection().execute(_WAITS, (TOPIC,)).fetchone() is None:
        return {}
    with _house[0]() if _house else nullcontext():
        return _post.send()


def letter(one: Claimed) -> Envelope:
    """The mail as its reader gets it. Raises Unsendable."""
    if one.day is None or one.closed_at is not None or not one.active or not one.email:
        raise Unsendable("The reader wants no daily mail any more.")
    if one.due_on != clock.today():
        raise Unsendable("The day it was for is over.")
    return _composer[0](one)


def close(subscription_id: int) -> bool:
    """End a subscription; whether it was open."""
    return db.system_connection().execute(
        "update daily_subscription set closed_at = now() where id = %s and closed_at is null",
        (subscription_id,)).rowcount == 1


def _handing(one: Claimed) -> bool:
    marked = db.connection().execute(
        "update daily_mail set handing_at = clock_timestamp() where id = %s and handing_at is null",
        (one.id,)).rowcount == 1
    reach("reports.daily_handing")
    return marked


def _kept(one: Claimed) -> None:
    db.connection().execute("update daily_mail set handing_at = null where id = %s", (one.id,))


def _sent(conn: Connection, one: Claimed, gateway: str, outside_id: str | None) -> None:
    reach("reports.daily_sent")
    conn.execute("update daily_mail set sent_at = now(), gateway = %s, outside_id = %s "
                 "where id = %s", (gateway, outside_id, one.id))


def _left_out(conn: Connection, one: Claimed, reason: str) -> None:
    conn.execute("update daily_mail set problem = %s where id = %s", (reason, one.id))


_post: Final = Post(topic=TOPIC, name="daily", beside=_BESIDE, read=Claimed, compose=letter,
                   sent=_sent, left_out=_left_out, handing=_handing, kept=_kept)
