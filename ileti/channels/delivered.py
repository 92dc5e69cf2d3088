"""The product's own messages take their reports (codes and confirmations sent over an account).

Why apart from who sends: a report may come while the message is still being closed, or twice, or in
the wrong order. What is final stays; only "sent, the phone said nothing" may still become
"delivered".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ileti.channels import deliveries, returned
from ileti.channels.mail import Series
from ileti.channels.sms import Delivery, Report

_TAKE: Final = """
with r as (
    select * from unnest(%(outside)s::text[], %(own)s::bigint[], %(delivery)s::smallint[],
                         %(reason)s::text[], %(at)s::timestamptz[])
        as r(outside_id, own_id, delivery, reason, at)),
k as (
    select distinct on (m.id) m.id, m.created_at, m.delivery as before, r.delivery, r.reason, r.at
      from r join message m on m.provider_id = %(provider)s and MATCHED
     order by m.id, r.delivery = %(waiting)s, r.delivery = %(sent)s, r.delivery),
u as (
    update message m set delivery = k.delivery, delivery_reason = nullif(k.reason, ''),
           delivered_at = case when k.delivery = %(waiting)s then null
                               else coalesce(k.at, now()) end
      from k where m.id = k.id and m.provider_id = %(provider)s
       and k.delivery is distinct from k.before
       and (k.before is null or k.before = %(waiting)s
            or (k.before = %(sent)s and k.delivery = %(delivered)s))
    returning m.provider_id, m.brand_id, m.id, m.delivery),
told as (
    insert into message_news (provider_id, brand_id, state, refs)
    select u.provider_id, u.brand_id, case u.delivery when %(delivered)s then 2 else 3 end,
           array_agg(u.id order by u.id)
      from u where u.delivery in (%(delivered)s, %(failed)s, %(blocked)s)
       and message_news_wanted(%(provider)s, false)
     group by u.provider_id, u.brand_id, 3)
select count(*) from k"""
_BY_ACCOUNT: Final = _TAKE.replace("MATCHED", """m.account_id = %(account)s
       and m.outside_id = r.outside_id and (r.own_id is null or r.own_id = m.id)""")
_BY_MARK: Final = _TAKE.replace("MATCHED", "m.id = r.own_id and m.channel = 3")


@deliveries.takes
def take(conn: Any, provider_id: int, account_id: int, reports: Sequence[Report]) -> int:
    """Note reports on the messages they are about; how many are ours."""
    return _take(conn, _BY_ACCOUNT, provider_id, reports, account=account_id)


@returned.takes(Series.MESSAGE)
@returned.takes(Series.SINGLE)
def take_returned(conn: Any, provider_id: int, reports: Sequence[Report]) -> int:
    """Note what mails that came back say; each names our number of its mail by a mark of ours."""
    return _take(conn, _BY_MARK, provider_id, reports)


def _take(conn: Any, statement: str, provider_id: int, reports: Sequence[Report], **more: Any
          ) -> int:
    row = conn.execute(statement, more | {
        "provider": provider_id,
        "outside": [one.outside_id for one in reports], "own": [one.own_id for one in reports],
        "delivery": [int(one.delivery) for one in reports],
        "reason": [one.reason[:120] for one in reports], "at": [one.at for one in reports],
        "waiting": int(Delivery.WAITING), "sent": int(Delivery.SENT),
        "delivered": int(Delivery.DELIVERED), "failed": int(Delivery.NOT_DELIVERED),
        "blocked": int(Delivery.BLOCKED_BY_IYS)}).fetchone()
    return int(row[0])
