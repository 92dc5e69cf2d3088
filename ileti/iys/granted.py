"""Who may use a consent now, beside who took it: our copy of what İYS was told (R-45).

Why this module exists: a dealer sees the consents it has access to, in every list and search, and
İYS can be asked about one consent a call only. So each change İYS has taken is written down here in
the transaction that calls it done, by İYS's own words (İYS API §7.5): giving adds, replacing leaves
the named alone, taking takes. Where İYS names other dealers than we, İYS is right. The dealer that
took a consent sees it by having taken it, whatever stands here. Rows are written in the order of
their key, as every writer of states does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core import db

Connection = psycopg.Connection[Any]


class Act(IntEnum):
    """What is wished: these dealers too, these alone, or not these."""

    GIVE = 1
    REPLACE = 2
    TAKE = 3


@dataclass(frozen=True, slots=True)
class Group:
    """What a list of wishes shares."""

    provider_id: int
    brand_id: int
    recipient_type: RecipientType
    channel: Channel
    act: Act
    dealer_ids: tuple[int, ...]


_THESE: Final = """
 provider_id = %(provider)s and brand_id = %(brand)s
   and recipient_id = any(%(recipients)s::bigint[]) and recipient_type = %(kind)s
   and channel = %(channel)s"""
_TAKE: Final = f"""
delete from consent_access where {_THESE} and case when %(act)s = 2
       then dealer_id <> all(%(dealers)s::int[]) else dealer_id = any(%(dealers)s::int[]) end"""  # noqa: S608
_GIVE: Final = f"""
insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel, dealer_id,
                            entry_id, entry_at)
select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel, d, s.entry_id,
       s.entry_at
  from (select * from consent_state where {_THESE}) s cross join unnest(%(dealers)s::int[]) d
 order by s.recipient_id, d
on conflict do nothing"""  # noqa: S608 (own texts)
# İYS took these consents with the dealers that their submission named.
_BROUGHT: Final = """
insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel, dealer_id,
                            entry_id, entry_at)
select e.provider_id, e.brand_id, e.recipient_id, e.recipient_type, e.channel, d.id, e.id,
       e.captured_at
  from unnest(%(entries)s::bigint[], %(taken)s::timestamptz[]) g(id, at)
  join consent_entry e on e.provider_id = %(provider)s and e.id = g.id and e.captured_at = g.at
                      and e.status = %(onay)s
  join submission u on u.provider_id = e.provider_id and u.id = e.submission_id
                   and u.evidence ? 'retailer_access'
  cross join lateral jsonb_array_elements_text(u.evidence -> 'retailer_access'
            -> (array_position(u.entry_ids, e.id) - 1)::text) c
  join dealer d on d.provider_id = e.provider_id and d.brand_id = e.brand_id
               and d.retailer_code = c::int
 order by e.recipient_id, e.recipient_type, e.channel, d.id
on conflict do nothing"""
_NEWER_WISHES: Final = """
select id from iys_access_task
 where provider_id = %(provider)s and brand_id = %(brand)s and recipient_id = any(%(recipients)s)
   and recipient_type = %(kind)s and channel = %(channel)s
   and (done_at is null or done_at >= %(asked)s) for update"""


def apply(conn: Connection, group: Group, recipient_ids: Sequence[int]) -> None:
    """Write down what İYS has taken of ``group`` for these consents, in the caller's transaction.
    The same again changes nothing."""
    given = _named(group, recipient_ids)
    if group.act is not Act.GIVE:
        conn.execute(_TAKE, given)
    if group.act is not Act.TAKE and group.dealer_ids:
        conn.execute(_GIVE, given)


def brought(conn: Connection, provider_id: int, entries: Sequence[tuple[int, datetime]]) -> None:
    """Write down the dealers that consents İYS has just taken name themselves (``retailerAccess``,
    İYS API §6.1), in the caller's transaction; entries by id and time."""
    conn.execute(_BROUGHT, {
        "provider": provider_id, "entries": [one for one, _at in entries],
        "taken": [at for _one, at in entries], "onay": int(Status.ONAY)})


def correct(group: Group, recipient_id: int, codes: Sequence[int], asked: datetime) -> None:
    """Make our copy of one consent what İYS said at ``asked``, by the database's clock; a
    transaction of its own. ``group`` says which consent; its act and dealers do not count. A wish
    that is open or was carried out since is newer than the answer, which then changes nothing."""
    with db.transaction() as conn:
        given = _named(group, [recipient_id]) | {"asked": asked}
        if conn.execute(_NEWER_WISHES, given).fetchone() is not None:
            return
        dealers = tuple(one for one, in conn.execute(
            "select id from dealer where provider_id = %s and brand_id = %s "
            "and retailer_code = any(%s) order by id",
            (group.provider_id, group.brand_id, list(codes))))
        apply(conn, Group(group.provider_id, group.brand_id, group.recipient_type, group.channel,
                          Act.REPLACE, dealers), [recipient_id])


def _named(group: Group, recipient_ids: Sequence[int]) -> dict[str, Any]:
    return {"provider": group.provider_id, "brand": group.brand_id, "act": int(group.act),
            "recipients": list(recipient_ids), "kind": int(group.recipient_type),
            "channel": int(group.channel), "dealers": list(group.dealer_ids)}
