"""A day of İYS laid beside ours, row by row, set by set in SQL.

Why this module exists: a million rows must be compared in less than a minute and no row may decide
in Python what it means. Ours of a day are the entries that İYS took on it, by the newest receipt of
each; theirs are the rows of the file. A row is equal when number, address, recipient type, channel,
status, date and source are; what is left over on either side gets the first cause that fits:

    other status, date, source    the number is known for that address, and something else differs
    other side of midnight        the number is known with a creation date of another day
    unknown transaction           the same consent is ours, İYS's number for it is not
    missing here, missing at İYS  nothing of that kind on the other side

Where a difference is none: a refusal in the very second of a consent is reported one second later
(docs/adr/0006); what we learned from İYS may have a source we cannot spell; a merchant's first
consent and a closed line have no date; two movements of one second share a number and may be one
row (İYS API §3.3 contradicts itself). What a person has accepted as İYS's date or source stands in
the receipt. Differences are found again under the same mark, so comparing twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ileti.consents.ledger import Place
from ileti.core import db
from ileti.core.clock import ISTANBUL
from ileti.core.failpoints import reach
from ileti.iys.dayfile import COPY, Block
from ileti.outbox.relay import Connection

MOST_KEPT = 1_000_000
ROWS_AT_ONCE = 50_000


class Cause(IntEnum):
    """Why a row differs; the smallint in the database."""

    MISSING_AT_IYS = 1
    MISSING_HERE = 2
    OTHER_STATUS = 3
    OTHER_DATE = 4
    OTHER_SOURCE = 5
    OTHER_SIDE_OF_MIDNIGHT = 6
    UNKNOWN_TRANSACTION = 7


class State(IntEnum):
    """Where a difference stands: REPAIRED waits for the next comparison to find it GONE."""

    OPEN = 1
    REPAIRED = 2
    GONE = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison found: rows compared, differences by cause, rows not understood."""

    rows: int
    causes: dict[Cause, int]
    unreadable: int

    @property
    def differences(self) -> int:
        """All of them."""
        return sum(self.causes.values())


class LostDay(Exception):
    """Another worker has taken the day over; nothing was written."""


def stage(place: Place, day: dt.date, fence: int, blocks: Iterator[Block]) -> tuple[int, int]:
    """Bring the file's rows into the work table, some fifty thousand a transaction, each telling
    how far it is; (rows, unreadable). Raises LostDay."""
    done = unreadable = 0
    block: Block | None = next(blocks, None)
    with long_transaction() as conn:
        _hold(conn, place, day, fence, 0)
        conn.execute(_CLEAR, _named(place, day))
    while block is not None:
        with long_transaction() as conn:
            until = done + ROWS_AT_ONCE
            with conn.cursor().copy(COPY) as copy:
                while block is not None and done < until:
                    copy.write(block.text)
                    done, unreadable = done + block.rows, unreadable + block.unreadable
                    block = next(blocks, None)
            _hold(conn, place, day, fence, done)
            reach("days.staged")
    return done, unreadable


def compare(place: Place, day: dt.date, fence: int, *, unreadable: int = 0,
            finish: Callable[[Connection, Found], None] = lambda _, __: None) -> Found:
    """Compare the staged rows with the ledger and write the differences down; ``finish`` is called
    in the same transaction. Raises LostDay."""
    named = _named(place, day) | {"fence": fence, "most": MOST_KEPT}
    with long_transaction() as conn:
        _hold(conn, place, day, fence, None)
        conn.execute("select analyze_day_rows()")
        ours_of(conn, place, day)
        rows = _count(conn, _ROWS, named)
        for statement in (_TABLES, "truncate day_odd, day_alone, day_found", _ODD, _ALONE,
                          "analyze day_odd", "analyze day_alone", _FOUND_THERE, _FOUND_HERE):
            conn.execute(statement, named if "%(" in statement else None)
        causes = {Cause(row[0]): row[1] for row in conn.execute(
            "select cause, count(*) from day_found group by cause order by cause").fetchall()}
        for statement in (_KEEP, _GONE, _NEIGHBOURS, _CLEAR):
            conn.execute(statement, named)
        found = Found(rows, causes, unreadable)
        finish(conn, found)
        reach("days.compared")
    return found


def ours_of(conn: Connection, place: Place, day: dt.date) -> int:
    """Fill the session's table ``day_ours`` with what İYS took on that day; how many."""
    conn.execute(_OURS_TABLE)
    conn.execute("truncate day_ours")
    count = conn.execute(_OURS, _named(place, day)).rowcount
    conn.execute("analyze day_ours")
    return count


@contextmanager
def long_transaction() -> Iterator[Connection]:
    """A transaction for statements over a whole day: minutes instead of seconds, Istanbul time, and
    no plan that reads a million rows one by one."""
    with db.transaction() as conn:
        for setting in ("statement_timeout = '15min'", "timezone = 'Europe/Istanbul'",
                        "work_mem = '64MB'", "jit = off"):
            conn.execute(f"set local {setting}")
        yield conn


def bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The day's first moment in Istanbul and the next day's."""
    first = dt.datetime.combine(day, dt.time(), ISTANBUL)
    return first, dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ISTANBUL)


def _named(place: Place, day: dt.date) -> dict[str, Any]:
    first, end = bounds(day)
    return {"provider": place.provider_id, "brand": place.brand_id, "day": day, "first": first,
            "end": end}


def _hold(conn: Connection, place: Place, day: dt.date, fence: int, done: int | None) -> None:
    """Keep the day ours, and say how far we are."""
    kept = conn.execute(
        "update iys_day set next_at = now() + interval '10 minutes', "
        "rows_done = coalesce(%s, rows_done) "
        "where provider_id = %s and brand_id = %s and day = %s and fence = %s",
        (done, place.provider_id, place.brand_id, day, fence))
    if kept.rowcount != 1:
        raise LostDay(f"{place.brand_id} {day}")


def _count(conn: Connection, statement: str, named: dict[str, Any]) -> int:
    row = conn.execute(statement, named).fetchone()
    return int(row[0]) if row else 0


_OURS_TABLE = """
create temporary table if not exists day_ours (
    entry_id bigint, entry_at timestamptz, recipient_id bigint, creation_date timestamptz,
    consent_date timestamptz, recipient_type smallint, channel smallint, status smallint,
    source smallint, addr_hash bytea, transaction_id text
) on commit delete rows"""

# An entry is told within days, or within months when the package at İYS was used up (H525); what
# came from İYS is captured after its creation. The bounds keep ten years of partitions unread.
_OURS = """
insert into day_ours
select r.entry_id, e.captured_at, e.recipient_id, r.creation_date,
       coalesce((r.detail -> 'reconciled' ->> 'date')::timestamptz, e.consent_date),
       e.recipient_type, e.channel, e.status,
       coalesce((r.detail -> 'reconciled' ->> 'source')::smallint, e.source),
       x.addr_hash, r.transaction_id
  from iys_receipt r
  join consent_entry e on e.provider_id = r.provider_id and e.id = r.entry_id
                      and e.captured_at >= %(first)s - interval '400 days'
                      and e.captured_at < %(end)s + interval '60 days'
  join recipient x on x.provider_id = e.provider_id and x.id = e.recipient_id
 where r.provider_id = %(provider)s and r.accepted and r.transaction_id is not null
   and r.creation_date >= %(first)s and r.creation_date < %(end)s and e.brand_id = %(brand)s
   and not exists (
       select from iys_receipt n
        where n.provider_id = r.provider_id and n.entry_id = r.entry_id and n.id > r.id
          and n.accepted and n.transaction_id is not null)"""

_OF_DAY = "s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.day = %(day)s"
_ROWS = f"select count(*) from iys_day_row s where {_OF_DAY}"  # noqa: S608 (own constants)
_CLEAR = f"delete from iys_day_row s where {_OF_DAY}"  # noqa: S608

_SAME_KEY = """o.transaction_id = s.transaction_id and o.recipient_type = s.recipient_type
   and o.channel = s.channel and (o.addr_hash = s.addr_hash or o.addr_hash is null)"""
_SAME_DATE = """(s.consent_date is null or s.consent_date = o.consent_date
   or (s.status = 2 and s.consent_date = o.consent_date + interval '1 second'))"""
_SAME_SOURCE = "(s.source = o.source or o.source = 40)"

_TABLES = """
create temporary table if not exists day_odd (like iys_day_row) on commit delete rows;
create temporary table if not exists day_alone (like day_ours) on commit delete rows;
create temporary table if not exists day_found (
    cause smallint, line integer, entry_id bigint, entry_at timestamptz, recipient_id bigint,
    recipient_type smallint, channel smallint, their_status smallint, their_source smallint,
    their_date timestamptz, their_creation timestamptz, their_transaction text,
    our_status smallint, our_source smallint, our_date timestamptz, our_creation timestamptz,
    our_transaction text, mark bytea
) on commit delete rows"""

_ODD = f"""
insert into day_odd
select s.* from iys_day_row s
 where {_OF_DAY} and not exists (
       select from day_ours o
        where {_SAME_KEY} and o.status = s.status and {_SAME_DATE} and {_SAME_SOURCE})"""  # noqa: S608

_ALONE = f"""
insert into day_alone
select o.* from day_ours o
 where not exists (select from iys_day_row s where {_OF_DAY} and {_SAME_KEY})"""  # noqa: S608

# Of the partners under one number the one that differs least; else the number on another day; else
# the same consent without the number.
_FOUND_THERE = f"""
insert into day_found
select case when p.entry_id is not null then
            case when p.status <> s.status then 3 when not p.same_date then 4 else 5 end
            when m.entry_id is not null then 6 when t.entry_id is not null then 7 else 2 end,
       s.line, coalesce(p.entry_id, m.entry_id, t.entry_id),
       coalesce(p.entry_at, m.entry_at, t.entry_at),
       coalesce(p.recipient_id, m.recipient_id, t.recipient_id, x.id), s.recipient_type, s.channel,
       s.status, s.source, s.consent_date, s.creation_date, s.transaction_id,
       coalesce(p.status, m.status, t.status), coalesce(p.source, m.source, t.source),
       coalesce(p.consent_date, m.consent_date, t.consent_date),
       coalesce(p.creation_date, m.creation_date), coalesce(p.transaction_id, m.transaction_id),
       sha256(convert_to(s.transaction_id, 'UTF8') || s.addr_hash || int2send(s.recipient_type)
              || int2send(s.channel) || int2send(s.status) || int4send(
                  row_number() over (partition by s.transaction_id, s.addr_hash, s.recipient_type,
                                     s.channel, s.status order by s.line)::int))
  from day_odd s
  left join recipient x on x.provider_id = s.provider_id and x.addr_hash = s.addr_hash
  left join (
       select distinct on (s.line) s.line, o.*, {_SAME_DATE} as same_date
         from day_odd s join day_ours o on {_SAME_KEY}
        order by s.line, o.status <> s.status, not {_SAME_DATE}, o.entry_id) p on p.line = s.line
  left join lateral (
       select r.entry_id, e.captured_at as entry_at, e.recipient_id, e.status, e.source,
              e.consent_date, r.creation_date, r.transaction_id
         from iys_receipt r
         join consent_entry e on e.provider_id = r.provider_id and e.id = r.entry_id
        where p.entry_id is null and x.id is not null
          and r.provider_id = s.provider_id and r.transaction_id = s.transaction_id
          and r.transaction_id is not null and r.accepted and e.brand_id = s.brand_id
          and e.recipient_id = x.id and e.recipient_type = s.recipient_type
          and e.channel = s.channel and e.status = s.status
          and not exists (
              select from iys_receipt n
               where n.provider_id = r.provider_id and n.entry_id = r.entry_id and n.id > r.id
                 and n.accepted and n.transaction_id is not null)
        order by r.id desc limit 1) m on true
  left join lateral (
       select o.id as entry_id, o.captured_at as entry_at, o.recipient_id, o.status, o.source,
              o.consent_date
         from consent_entry o
        where p.entry_id is null and m.entry_id is null
          and o.provider_id = s.provider_id and o.recipient_id = x.id
          and o.brand_id = s.brand_id and o.recipient_type = s.recipient_type
          and o.channel = s.channel and o.status = s.status and o.standing = 1
          and s.consent_date is not null and {_SAME_DATE}
        order by o.id desc limit 1) t on true"""  # noqa: S608

_FOUND_HERE = """
insert into day_found
select case when exists (
            select from iys_difference d
             where d.provider_id = %(provider)s and d.entry_id = o.entry_id and d.cause = 6
               and d.line is not null and d.state <> 3 and d.day <> %(day)s) then 6 else 1 end,
       null, o.entry_id, o.entry_at, o.recipient_id, o.recipient_type, o.channel,
       null, null, null, null, null, o.status, o.source, o.consent_date, o.creation_date,
       o.transaction_id, sha256(int8send(o.entry_id) || convert_to(o.transaction_id, 'UTF8'))
  from day_alone o
 where not exists (select from day_found f where f.entry_id = o.entry_id and f.cause = 7)"""

_KEEP = """
insert into iys_difference (
    provider_id, brand_id, day, fence, cause, line, entry_id, entry_at, recipient_id,
    recipient_type, channel, their_status, their_source, their_date, their_creation,
    their_transaction, our_status, our_source, our_date, our_creation, our_transaction, mark)
select %(provider)s, %(brand)s, %(day)s, %(fence)s, f.cause, f.line, f.entry_id, f.entry_at,
       f.recipient_id, f.recipient_type, f.channel, f.their_status, f.their_source, f.their_date,
       f.their_creation, f.their_transaction, f.our_status, f.our_source, f.our_date,
       f.our_creation, f.our_transaction, f.mark
  from (select *, row_number() over (partition by cause order by line, entry_id) as place
          from day_found) f
 where f.place <= %(most)s
 order by f.mark
on conflict (provider_id, brand_id, day, mark) do update set
    fence = excluded.fence, cause = excluded.cause, line = excluded.line,
    entry_id = excluded.entry_id, entry_at = excluded.entry_at,
    recipient_id = excluded.recipient_id,
    our_status = excluded.our_status, our_source = excluded.our_source,
    our_date = excluded.our_date, our_creation = excluded.our_creation,
    our_transaction = excluded.our_transaction,
    state = case when iys_difference.state = 3 or iys_difference.cause <> excluded.cause then 1
                 else iys_difference.state end"""

_GONE = """
update iys_difference set state = 3
 where provider_id = %(provider)s and brand_id = %(brand)s and day = %(day)s
   and fence <> %(fence)s and state <> 3"""

# What the day before or after took for missing at İYS was found on this one.
_NEIGHBOURS = """
update iys_difference d set cause = 6
  from day_found f
 where f.cause = 6 and f.line is not null and d.provider_id = %(provider)s
   and d.entry_id = f.entry_id and d.day <> %(day)s and d.cause = 1 and d.state = 1"""
