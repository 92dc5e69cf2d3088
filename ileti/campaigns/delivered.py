"""Campaigns take what providers report of their messages, and what was pressed in their calls.

Why this module exists: a report names our number of the message, or only the order and the phone;
it comes twice, late, or before its batch is closed. It is matched by the order's number at the
account, so that no provider can speak of another's messages, and what is final stays. A phone is
looked for by its hash; a mail that came back by the signed mark in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ileti.campaigns.handing import batch_of
from ileti.campaigns.running import parts_of
from ileti.channels import deliveries, presses, returned
from ileti.channels.mail import Series
from ileti.channels.sms import Report
from ileti.channels.voice import VoiceReport
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.secrets import secrets

LONGEST_REASON: Final = 120

# What is final stays; only «sent, the phone said nothing» may still become «delivered». What became
# of whom is kept for webhooks that want it, a batch at a time (message_news).
_UPDATE: Final = """
u as (
    update campaign_message m set delivery = k.delivery, delivery_reason = nullif(k.reason, ''),
           delivered_at = case when k.delivery = 1 then null else coalesce(k.at, now()) end
      from k
     where m.provider_id = %(provider)s and m.campaign_id = k.campaign_id and m.no = k.no
       and k.delivery is distinct from m.delivery
       and (m.delivery is null or m.delivery in (1, 9) or (m.delivery = 3 and k.delivery = 2))
    returning m.campaign_id, m.batch_no, m.no, m.permit_id, m.delivery),
told as (
    insert into message_news (provider_id, brand_id, campaign_id, batch_no, state, refs, permits)
    select c.provider_id, c.brand_id, u.campaign_id, u.batch_no, s.state,
           array_agg(u.no order by u.no), array_agg(u.permit_id order by u.no)
      from u join campaign c on c.provider_id = %(provider)s and c.id = u.campaign_id
     cross join lateral (select case when u.delivery = 2 then 2
                                     when u.delivery in (4, 5) then 3 end::smallint as state) s
     where s.state is not null and message_news_wanted(%(provider)s, true)
     group by c.provider_id, c.brand_id, u.campaign_id, u.batch_no, s.state)
select count(*) from k"""
_REPORTS: Final = """
r as (
    select * from unnest(%(batches)s::text[], %(nos)s::int[], %(hashes)s::bytea[],
                         %(deliveries)s::smallint[], %(reasons)s::text[], %(ats)s::timestamptz[],
                         %(campaigns)s::bigint[])
        as r(batch, no, addr_hash, delivery, reason, at, campaign))"""
_BY_ORDER: Final = f"""
with {_REPORTS},
k as (
    select distinct on (b.campaign_id, m.no) b.campaign_id, m.no, r.delivery, r.reason, r.at
      from r
      join campaign_batch b on b.provider_id = %(provider)s and b.outside_id = r.batch
                           and b.account_id = %(account)s
      left join recipient p on r.no is null and p.provider_id = b.provider_id
                           and p.addr_hash = r.addr_hash
      join campaign_message m on m.provider_id = b.provider_id and m.campaign_id = b.campaign_id
       and m.state in (3, 4) and m.batch_no = b.no
       and case when r.no is not null then m.no = r.no else m.recipient_id = p.id end
     order by b.campaign_id, m.no, r.delivery = 1, r.delivery = 3, r.delivery),
{_UPDATE}"""  # noqa: S608 (only texts of this module)
# An order that went in parts has several numbers there and keeps none: its reports name ours.
_BY_OWN: Final = f"""
with {_REPORTS},
k as (
    select distinct on (m.campaign_id, m.no) m.campaign_id, m.no, r.delivery, r.reason, r.at
      from r
      join campaign_message m on m.provider_id = %(provider)s and m.campaign_id = r.campaign
       and m.no = r.no and m.state in (3, 4)
      join campaign_batch b on b.provider_id = m.provider_id and b.campaign_id = m.campaign_id
       and b.no = m.batch_no and b.account_id = %(account)s and b.outside_id is null
       and b.state in (2, 3)
     order by m.campaign_id, m.no, r.delivery = 1, r.delivery = 3, r.delivery),
{_UPDATE}"""  # noqa: S608 (only texts of this module)
_BY_NUMBER: Final = f"""
with {_REPORTS},
k as (
    select distinct on (m.no) m.campaign_id, m.no, r.delivery, r.reason, r.at
      from r
      left join recipient p on r.no is null and p.provider_id = %(provider)s
                           and p.addr_hash = r.addr_hash
      join campaign_message m on m.provider_id = %(provider)s
       and m.campaign_id = %(campaign)s and m.state in (3, 4) and m.batch_no = %(batch)s
       and case when r.no is not null then m.no = r.no else m.recipient_id = p.id end
     order by m.no, r.delivery = 1, r.delivery = 3, r.delivery),
{_UPDATE}"""  # noqa: S608 (only texts of this module)

_BY_MARK: Final = f"""
with k as (
    select distinct on (m.campaign_id, m.no) m.campaign_id, m.no, r.delivery, r.reason, r.at
      from unnest(%(campaigns)s::bigint[], %(nos)s::int[], %(deliveries)s::smallint[],
                  %(reasons)s::text[], %(ats)s::timestamptz[])
           as r(campaign_id, no, delivery, reason, at)
      join campaign_message m on m.provider_id = %(provider)s and m.campaign_id = r.campaign_id
       and m.no = r.no and m.state in (3, 4)
      join campaign c on c.provider_id = m.provider_id and c.id = m.campaign_id
       and c.channel = %(channel)s
     order by m.campaign_id, m.no, r.delivery = 1, r.delivery = 3, r.delivery),
{_UPDATE}"""  # noqa: S608 (only texts of this module)


@deliveries.takes
def take(conn: Any, provider_id: int, account_id: int, reports: Sequence[Report]) -> int:
    """Note reports on the people they are about; how many are a campaign's."""
    phones = [one.to for one in reports]
    said = {"provider": provider_id, "account": account_id,
            "batches": [one.outside_id for one in reports],
            "hashes": secrets().addresses.of_many(provider_id, phones)} | _said(reports)
    found = int(conn.execute(_BY_ORDER, said).fetchone()[0])
    if found < len(reports) and any(one.own_id for one in reports):
        found += int(conn.execute(_BY_OWN, said).fetchone()[0])
    return found


@returned.takes(Series.CAMPAIGN)
def take_returned(conn: Any, provider_id: int, reports: Sequence[Report]) -> int:
    """Note what mails that came back say; each names our number of its mail by a mark of ours."""
    numbers = [parts_of(one.own_id) for one in reports if one.own_id]
    if len(numbers) != len(reports):
        return 0
    row = conn.execute(_BY_MARK, {
        "provider": provider_id, "channel": int(Channel.EPOSTA),
        "campaigns": [campaign for campaign, _ in numbers],
        "nos": [no for _, no in numbers]} | _said(reports)).fetchone()
    return int(row[0])


@presses.takes
def take_calls(provider_id: int, order_name: str, reports: Sequence[VoiceReport]) -> None:
    """Note what became of the calls of one order; voice providers name the phone alone."""
    found = batch_of(order_name)
    if found is None or not reports:
        return
    db.system_connection().execute(_BY_NUMBER, {
        "provider": provider_id, "campaign": found[0], "batch": found[1],
        "batches": [order_name] * len(reports),
        "hashes": secrets().addresses.of_many(provider_id, [one.to for one in reports]),
        } | _said(reports))


_ORDERS: Final = """
select b.outside_id, b.campaign_id, b.no, c.brand_id, coalesce(c.content ->> 'refuseKey', ''),
       b.gateway
  from campaign_batch b join campaign c on c.provider_id = b.provider_id and c.id = b.campaign_id
 where b.provider_id = %s and b.account_id = %s and b.outside_id = any(%s)"""


@deliveries.takes
def take_keys(conn: Any, provider_id: int, account_id: int, reports: Sequence[Report]) -> int:
    """What was pressed in calls whose results were fetched: a refusal as much as a pushed one
    (R-29, R-32). Counts nothing; the reports are :func:`take`'s."""
    pressed: dict[str, list[VoiceReport]] = {}
    for one in reports:
        if isinstance(one, VoiceReport) and one.key:
            pressed.setdefault(one.outside_id, []).append(one)
    if not pressed:
        return 0
    for outside_id, campaign, no, brand, key, kind in conn.execute(
            _ORDERS, (provider_id, account_id, list(pressed))).fetchall():
        place = presses.place_of(provider_id, brand)
        if place is not None:
            presses.note(presses.Order(place, kind or "", key, f"k{campaign}-{no}-0"),
                         pressed[outside_id])
    return 0


def _said(reports: Sequence[Report] | Sequence[VoiceReport]) -> dict[str, Any]:
    own = [parts_of(one.own_id) if one.own_id else (None, None) for one in reports]
    return {"campaigns": [one[0] for one in own], "nos": [one[1] for one in own],
            "deliveries": [int(one.delivery) for one in reports],
            "reasons": [one.reason[:LONGEST_REASON] for one in reports],
            "ats": [one.at for one in reports]}

