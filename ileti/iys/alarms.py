"""How much of their three business days the waiting records have used up (R-33, R-40).

Why this module exists: a consent that İYS did not get in time is void, and nobody looks at a queue
that is usually empty. So waiting records are put into groups by brand and deadline day, and each
group speaks when half of its time is gone, when four fifths are, and when it is over; once each
(fault row 17). The groups are read from the queue, so the first page, ``ileti doctor`` and the
metrics show what is so at that moment. The same for days of İYS's files that are not archived in
time; that a line was written about one stands in Redis, whose loss costs one line more.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

import psycopg
import redis

from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger
from ileti.iys.stampcheck import bad_stamps

log = get_logger("ileti.iys")

# The oldest so many of each provider are looked at: enough to see every group of a backlog.
LOOKED_AT = 20_000
REMEMBERED_SECONDS = 14 * 86_400


class Level(IntEnum):
    """How late it is, in per cent of the span from the consent to its deadline."""

    HALF = 50
    FOUR_FIFTHS = 80
    OVERDUE = 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """Records of one brand with one deadline that have reached the same level; ``count`` of those
    looked at, ``stopped`` of them wait for a person. ``due_at`` is the last second at which İYS
    takes them."""

    provider_id: int
    brand_id: int
    brand_name: str
    due_at: datetime
    level: Level
    count: int
    stopped: int = 0


_GROUPS = """
select o.provider_id, o.brand_id, b.name, s.iys_due_at,
       case when s.iys_due_at < %(now)s then 100
            when %(now)s - s.consent_date >= 0.8 * (s.iys_due_at - s.consent_date) then 80
            else 50 end, count(*), count(o.dead_at)
  from provider p
 cross join lateral (
       select provider_id, brand_id, ref_id, order_key, dead_at from outbox
        where provider_id = p.id and topic = 1 order by ref_id limit %(most)s) o
  join consent_state s
    on s.provider_id = o.provider_id and s.brand_id = o.brand_id
   and s.recipient_id = o.order_key >> 3
   and s.recipient_type = case when o.order_key & 4 > 0 then 1 else 2 end
   and s.channel = o.order_key & 3 and s.entry_id = o.ref_id
  join brand b on b.id = o.brand_id
 where (%(provider)s::int is null or p.id = %(provider)s) and p.sandbox_of is null
   and %(now)s - s.consent_date >= 0.5 * (s.iys_due_at - s.consent_date)
 group by 1, 2, 3, 4, 5 order by 5 desc, 4, 2"""


def open_alarms(provider_id: int | None = None,
                conn: psycopg.Connection[Any] | None = None) -> list[Alarm]:
    """What waits too long at this moment, the most urgent first; of one provider or of all."""
    asked = (conn or db.connection()).execute(
        _GROUPS, {"now": clock.now(), "most": LOOKED_AT, "provider": provider_id})
    return [Alarm(row[0], row[1], row[2], row[3], Level(row[4]), row[5], row[6])
            for row in asked.fetchall()]


def raise_alarms() -> dict[str, int]:
    """Write down every group that has reached a level it had not spoken of before, and say it in
    the log; the table's key lets only one of many workers do so."""
    raised = 0
    for alarm in open_alarms():
        if not _is_new(alarm):
            continue
        tell = log.warning if alarm.level is Level.HALF else log.error
        tell("iys_deadline", level=int(alarm.level), provider=alarm.provider_id,
             brand=alarm.brand_id, due=alarm.due_at.isoformat(), count=alarm.count, rule="R-33")
        raised += 1
    return {"alarms": raised}


def _is_new(alarm: Alarm) -> bool:
    return db.connection().execute(
        "insert into deadline_alarm (provider_id, brand_id, due_at, level, number, stopped) "
        "values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (alarm.provider_id, alarm.brand_id, alarm.due_at, int(alarm.level), alarm.count,
         alarm.stopped)).rowcount == 1


def metrics(conn: psycopg.Connection[Any] | None = None) -> dict[str, int]:
    """Records per level, by names fit for a metrics page; 0 where there are none."""
    found: dict[Level, int] = defaultdict(int)
    for alarm in open_alarms(conn=conn):
        found[alarm.level] += alarm.count
    return {f"ileti_iys_deadline_{int(level)}_percent": found[level] for level in Level}


# İYS keeps a day for seven days (İYS API §8): on the fifth there is still time to mend things.
ALARM_AFTER_DAYS = 5
DAYS_KEPT = 7


@dataclass(frozen=True, slots=True)
class MissingDay:
    """A brand's day of which not everything is archived; ``days_left`` until İYS drops it, 0 on its
    last one, negative when it is gone."""

    provider_id: int
    brand_id: int
    brand_name: str
    day: dt.date
    days_left: int
    problem: str | None


_MISSING = """
select b.provider_id, b.id, b.name, g.day::date, d.problem
  from brand b
  join provider p on p.id = b.provider_id and p.iys_username is not null
       and p.iys_password is not null and p.sandbox_of is null
 cross join generate_series(%(oldest)s::date, %(alarm)s::date, interval '1 day') g(day)
  left join iys_day d on d.provider_id = b.provider_id and d.brand_id = b.id and d.day = g.day::date
 where d.archived_at is null and (%(provider)s::int is null or p.id = %(provider)s)
   and g.day::date >= (b.created_at at time zone 'Europe/Istanbul')::date
 order by g.day, b.id"""


def missing_days(provider_id: int | None = None,
                 conn: psycopg.Connection[Any] | None = None) -> list[MissingDay]:
    """Days of the fifth day and older that are not wholly archived, the oldest first; those that
    were lost for good stay for another week, so that somebody sees it."""
    today = clock.today()
    rows = (conn or db.connection()).execute(_MISSING, {
        "oldest": today - dt.timedelta(days=2 * DAYS_KEPT),
        "alarm": today - dt.timedelta(days=ALARM_AFTER_DAYS), "provider": provider_id}).fetchall()
    return [MissingDay(provider, brand, name, day, DAYS_KEPT - (today - day).days, problem)
            for provider, brand, name, day, problem in rows]


def raise_day_alarms() -> dict[str, int]:
    """Write a log line for every missing day, once a day, and for every stamp that does not hold,
    once."""
    raised = 0
    for stamp in bad_stamps():
        if _first_time(f"stamp:{stamp.provider_id}:{stamp.brand_id}:{stamp.day}:"
                       f"{int(stamp.verdict)}"):
            log.error("iys_stamp_bad", provider=stamp.provider_id, brand=stamp.brand_id,
                      day=str(stamp.day), verdict=stamp.verdict.name, rule="R-46")
            raised += 1
    for one in missing_days():
        if _first_time(f"day:{one.provider_id}:{one.brand_id}:{one.day}:{one.days_left}"):
            log.error("iys_day_missing", provider=one.provider_id, brand=one.brand_id,
                      day=str(one.day), days_left=one.days_left, rule="R-46")
            raised += 1
    return {"alarms": raised}


_said: set[str] = set()


def _first_time(what: str) -> bool:
    """Whether nobody has said this yet, as far as this process and Redis know."""
    name = f"ileti:iys:alarm:{what}"
    if name in _said:
        return False
    _said.add(name)
    try:
        return bool(redis_client().set(name, 1, nx=True, ex=REMEMBERED_SECONDS))
    except redis.RedisError:
        return True
