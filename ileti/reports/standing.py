"""Counting what standing consents rest on: their text and their proof, and what is to be destroyed.

Why this module exists: which consents stand changes with every entry, what proves them with every
file, and neither can be counted while somebody waits. So a job walks through a provider's states
every few hours, some thousand at a time; each stretch and the place after it are one transaction,
and the numbers are shown when the walk has ended. Killed anywhere, it goes on where it was.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Source, Standing, Status
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.reports.proven import JUDGED, SCANNED
from ileti.retention import plan

log = get_logger("ileti.reports")

MOST: Final = 10_000
#: a provider is walked through anew after so long
EVERY: Final = timedelta(hours=6)
#: for counting what is to be destroyed, which reads what is old alone
_SECONDS: Final = 60.0
_MARKS: Final = """
insert into report_walk (provider_id)
select id from provider p where not exists (select from report_walk w where w.provider_id = p.id)
on conflict do nothing"""
_NEXT: Final = """
select provider_id, brand_id, recipient_id, recipient_type, channel, begun_at is null
  from report_walk
 where begun_at is not null or counted_at is null or counted_at < now() - %(every)s
 order by begun_at is null, counted_at nulls first, provider_id limit 1
   for update skip locked"""
_KEY: Final = "brand_id, recipient_id, recipient_type, channel"
# `offset 0` makes each table asked by its key, state by state; as joins they could be read whole,
# and again for every state, when statistics are older than the tables. The first submission "from
# this one on" is found by the key alone, while "this one" could be sought among all of a provider.
_STRETCH: Final = f"""
with s as materialized (
    select * from consent_state
     where provider_id = %(provider)s
       and ({_KEY}) > (%(brand)s, %(recipient)s, %(type)s, %(channel)s)
     order by {_KEY} limit %(most)s),
counted as (
    select s.provider_id, s.brand_id, coalesce(e.dealer_id, 0) as dealer_id, s.channel, s.source,
           coalesce(e.text_id, 0) as text_id, {JUDGED} as proof, count(*) as number
      from s
      cross join lateral (
        select * from consent_entry e
         where e.provider_id = s.provider_id and e.id = s.entry_id and e.captured_at = s.entry_at
        offset 0) e
      join lateral (
        select * from submission u
         where u.provider_id = e.provider_id and u.id >= e.submission_id
         order by u.id limit 1) u on u.id = e.submission_id
      left join lateral (
        select * from call c
         where c.id = case when u.evidence ->> 'call' ~ '^[0-9]{{1,18}}$'
                           then (u.evidence ->> 'call')::bigint end
        offset 0) c on c.provider_id = u.provider_id
     where s.status = %(yes)s and s.standing = %(verified)s and s.source < %(iys)s
     group by 1, 2, 3, 4, 5, 6, 7),
added as (
    insert into report_standing as t (provider_id, brand_id, dealer_id, channel, source, text_id,
                                      proof, coming)
    select * from counted order by 1, 2, 3, 4, 5, 6, 7
    on conflict (provider_id, brand_id, dealer_id, channel, source, text_id, proof)
    do update set coming = t.coming + excluded.coming)
select {_KEY}, count(*) over () from s
 order by 1 desc, 2 desc, 3 desc, 4 desc limit 1"""  # noqa: S608 (words of this house)


def count_due(until: float, most: int = MOST) -> dict[str, int]:
    """Walk on ``until`` on the monotonic clock, or to the end; how many states and walks."""
    done = {"states": 0, "walks": 0}
    with db.transaction(system=True) as conn:
        conn.execute(_MARKS)
    while time.monotonic() < until:
        went = walk_once(most)
        if went is None:
            break
        provider_id, states = went
        done["states"] += states
        if states < most:
            done["walks"] += 1
            _due(provider_id)
    return done


def walk_once(most: int = MOST) -> tuple[int, int] | None:
    """The next stretch of the next provider: whose, and how many states; fewer than ``most`` ends
    the walk. None when nobody's turn has come. All of it is counted, or nothing."""
    with db.transaction(system=True) as conn:
        row = conn.execute(_NEXT, {"every": EVERY}).fetchone()
        if row is None:
            return None
        provider_id, *place, fresh = row
        if fresh:
            _begin(conn, provider_id)
            place = [0, 0, 0, 0]
        last = conn.execute(_STRETCH, {
            "provider": provider_id, "most": most, "scanned": SCANNED,
            "yes": int(Status.ONAY), "verified": int(Standing.VERIFIED),
            "iys": int(Source.IYS_KISAMESAJ),
            **dict(zip(("brand", "recipient", "type", "channel"), place, strict=True)),
        }, prepare=False).fetchone()  # a plan made for tables as they are now
        states = int(last[4]) if last else 0
        if last:
            conn.execute("update report_walk set brand_id = %s, recipient_id = %s, "
                         "recipient_type = %s, channel = %s where provider_id = %s",
                         (*last[:4], provider_id))
        if states < most:
            _end(conn, provider_id)
        reach("reports.walked")
    return int(provider_id), states


def _begin(conn: psycopg.Connection[Any], provider_id: int) -> None:
    conn.execute("update report_standing set coming = 0 where provider_id = %s and coming <> 0",
                 (provider_id,))
    conn.execute("update report_walk set begun_at = now(), brand_id = 0, recipient_id = 0, "
                 "recipient_type = 0, channel = 0 where provider_id = %s", (provider_id,))


def _end(conn: psycopg.Connection[Any], provider_id: int) -> None:
    """What was counted is what is shown."""
    conn.execute("delete from report_standing where provider_id = %s and coming = 0",
                 (provider_id,))
    conn.execute("update report_standing set number = coming, coming = 0 where provider_id = %s",
                 (provider_id,))
    conn.execute("update report_walk set counted_at = begun_at, begun_at = null "
                 "where provider_id = %s", (provider_id,))


def _due(provider_id: int) -> None:
    """What is to be destroyed; what could not be counted in time stays as it was counted last."""
    try:
        found = plan.count(provider_id, seconds=_SECONDS)
    except StorageAway:
        log.warning("report_due_not_counted", provider=provider_id)
        return
    with db.transaction(system=True) as conn:
        conn.execute("delete from report_due where provider_id = %s", (provider_id,))
        for kind, one in found.items():
            if not one.year:
                continue
            conn.execute("insert into report_due (provider_id, kind, due, year) "
                         "values (%s, %s, %s, %s)", (provider_id, int(kind), one.now, one.year))
        conn.execute("update report_walk set due_at = now() where provider_id = %s",
                     (provider_id,))
