"""Counting the ledger into the tables of reports: each entry and each answer once, in its turn.

Why this module exists: ten million entries cannot be counted while somebody waits, and a counter
that every capture touches would make all captures wait for one row (docs/adr/0057). So a job takes
what has come, in the order in which the sealer takes it, and its place moves in the transaction in
which the numbers do: killed anywhere, nothing is counted twice and nothing left out. Answers of İYS
are noted by the statement that writes them; those that stood before the first count are walked
through by their key.
"""

from __future__ import annotations

import time
from typing import Any, Final

import psycopg

from ileti.consents.ledger import ActorKind
from ileti.consents.vocabulary import Outcome, Source
from ileti.core import db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence.seal import AnotherCluster, by_index, epochs
from ileti.iys.errors import MEANINGS
from ileti.iys.kinds import Kind

log = get_logger("ileti.reports")

MOST: Final = 50_000
#: answers at once: each entry is looked for in every month, and a stretch must end in its time
ANSWERS: Final = 20_000
KEY: Final = ("provider_id", "day", "brand_id", "channel", "source", "status", "recipient_type")
WIDE: Final = (*KEY, "dealer_id", "site_id", "agent_id")
NUMBERS: Final = ("taken", "accepted", "rejected", "overdue", "same_day", "waited")
#: table → its key; the days of a month's are its first
TABLES: Final = {
    "report_brand_day": KEY, "report_dealer_day": (*KEY, "dealer_id"),
    "report_dealer_month": (*KEY, "dealer_id"), "report_site_day": (*KEY, "site_id"),
    "report_site_month": (*KEY, "site_id"), "report_agent_day": (*KEY, "agent_id"),
    "report_agent_month": (*KEY, "agent_id"), "report_day": WIDE}
REPLY: Final = ("provider_id", "day", "brand_id", "channel", "source", "code", "bucket")
#: İYS's answers by code and by how long they took → their keys
REPLIES: Final = {
    "report_reply_day": REPLY, "report_reply_month": REPLY,
    "report_reply_dealer_day": (*REPLY, "dealer_id"),
    "report_reply_dealer_month": (*REPLY, "dealer_id")}
MONTHLY: Final = frozenset(one for one in (*TABLES, *REPLIES) if one.endswith("_month"))
#: lengths of time in seconds that part answers into buckets: the first is under the first of them,
#: the last one over the last; 0 is an answer that did not accept
UNDER: Final = (
    10, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400,
    21_600, 28_800, 43_200, 64_800, 86_400, 129_600, 172_800, 216_000, 259_200, 345_600, 432_000,
    518_400, 604_800, 864_000, 1_209_600)
#: entries that changed what holds; a tick that waits for its proof and a repeat did not
EFFECTIVE: Final = (int(Outcome.RECORDED), int(Outcome.LOCAL_ONLY))

_WHOSE: Final = """
e.provider_id, timezone('Europe/Istanbul', e.captured_at)::date as day, e.brand_id, e.channel,
       e.source, e.status, e.recipient_type, coalesce(e.dealer_id, 0) as dealer_id,
       coalesce(s.site_id, 0) as site_id,
       case when s.actor_kind = %(user)s then coalesce(s.actor_id, 0) else 0 end as agent_id"""
_CLICK: Final = ("left join submission s on s.provider_id = e.provider_id "
                 "and s.id = e.submission_id")
TAKEN: Final = f"""
select {_WHOSE}, count(*) as taken, 0::bigint as accepted, 0::bigint as rejected,
       0::bigint as overdue, 0::bigint as same_day, 0::bigint as waited
  from took e {_CLICK}
 where e.outcome = any(%(effective)s)
 group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"""  # noqa: S608 (names of this house)
#: answers that are counted, with whose they are; what İYS itself told us was not reported there
ANSWER: Final = f"""
select {_WHOSE}, r.accepted, r.late, r.code, r.detail ->> 'not_sent' as not_sent,
       timezone('Europe/Istanbul', r.at)::date as answered_on,
       extract(epoch from r.at - e.captured_at)::bigint as seconds
  from came c
  join iys_receipt r on r.provider_id = c.provider_id and r.entry_id = c.entry_id
   and r.id = c.receipt_id
  join consent_entry e on e.provider_id = c.provider_id and e.id = c.entry_id {_CLICK}
 where e.source < %(iys)s and e.outcome = any(%(effective)s)"""  # noqa: S608 (names of this house)
ANSWERED: Final = """
select provider_id, day, brand_id, channel, source, status, recipient_type, dealer_id, site_id,
       agent_id, 0::bigint as taken, count(*) filter (where accepted) as accepted,
       count(*) filter (where not accepted and not_sent is null) as rejected,
       count(*) filter (where late or not_sent = 'overdue' or code = any(%(overdue)s)) as overdue,
       count(*) filter (where accepted and answered_on = day) as same_day,
       coalesce(sum(seconds) filter (where accepted), 0)::bigint as waited
  from answer group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"""
#: what İYS was never asked is no answer of İYS
REPLIED: Final = """
select provider_id, day, brand_id, channel, source, dealer_id,
       case when accepted then 0
            else coalesce(substring(code from '^H([0-9]{3,4})$')::smallint, 0) end as code,
       case when accepted then 1 + width_bucket(seconds, %(under)s::bigint[]) else 0 end as bucket,
       count(*) as number, max(case when accepted then seconds else 0 end) as longest
  from answer where accepted or not_sent is null
 group by 1, 2, 3, 4, 5, 6, 7, 8"""
_ENTRIES: Final = """
select e.* from consent_entry e
 where e.epoch = %(epoch)s and (e.xid, e.id) > (%(xid)s::text::xid8, %(id)s) {horizon}
 order by e.xid, e.id limit %(most)s"""
_BELOW: Final = "and e.xid < pg_snapshot_xmin(pg_current_snapshot())"
_NOTED: Final = """
delete from report_answer where ctid = any(array(
    select ctid from report_answer limit %(most)s for update skip locked))
returning provider_id, entry_id, receipt_id"""
_OLD: Final = """
select provider_id, entry_id, id as receipt_id from iys_receipt
 where (provider_id, entry_id, id) > (%(provider)s, %(entry)s, %(receipt)s) and id <= %(upto)s
 order by provider_id, entry_id, id limit %(most)s"""


def bound() -> dict[str, Any]:
    """What the statements that count are told."""
    return {"user": int(ActorKind.USER), "effective": list(EFFECTIVE),
            "iys": int(Source.IYS_KISAMESAJ), "under": list(UNDER),
            "overdue": [code for code, one in MEANINGS.items() if one.kind is Kind.OVERDUE]}


def count_due(until: float, most: int = MOST) -> dict[str, int]:
    """Count what has come, ``until`` on the monotonic clock; how many entries and answers."""
    done = {"entries": 0, "answers": 0}
    while time.monotonic() < until:
        try:
            entries, answers = count_once(most)
        except AnotherCluster:
            log.error("report_epoch", remedy="run `ileti setup` after a move to another cluster")
            break
        done["entries"] += entries
        done["answers"] += answers
        if entries < most and answers < min(most, ANSWERS):
            break
    return done


def count_once(most: int = MOST) -> tuple[int, int]:
    """At most so many entries and so many answers, as one: all of it is counted, or nothing. 0, 0
    while another is at it. Raises AnotherCluster, psycopg.Error."""
    with db.transaction(system=True) as conn:
        mark = conn.execute(
            "select epoch, xid, entry_id, old_answers, old_provider_id, old_entry_id, "
            "old_receipt_id from report_mark for update skip locked").fetchone()
        if mark is None:
            return 0, 0
        entries = _entries(conn, mark[:3], most)
        few = min(most, ANSWERS)
        answers = _noted(conn, few)
        if mark[3] is not None and answers < few:
            answers += _old(conn, mark[3], mark[4:], few - answers)
        reach("reports.counted")
    return entries, answers


def _entries(conn: psycopg.Connection[Any], mark: tuple[Any, ...], most: int) -> int:
    """The next entries; the mark says that all were counted when fewer came than were asked for."""
    began, number, closed = mark[0], 0, False
    by_index(conn)
    for epoch, _system, closed in epochs(conn, began):
        after = mark[1:] if epoch == began else (0, 0)
        rows = conn.execute(
            _into(f"took as materialized ({_ENTRIES.format(horizon='' if closed else _BELOW)})",
                  TAKEN, "select xid::text::bigint, id, count(*) over () from took "
                  "order by 1 desc, 2 desc limit 1"),
            bound() | {"epoch": epoch, "xid": after[0], "id": after[1],
                       "most": most}).fetchall()
        if rows:
            number = int(rows[0][2])
            conn.execute("update report_mark set epoch = %s, xid = %s, entry_id = %s",
                         (epoch, *rows[0][:2]))
        if number:
            break
    if number < most and not closed:  # after an epoch that ended comes another
        conn.execute("update report_mark set counted_at = now()")
    return number


def _noted(conn: psycopg.Connection[Any], most: int) -> int:
    row = conn.execute(_into(f"came as ({_NOTED})", ANSWERED, "select count(*) from came",
                             replies=True),
                       bound() | {"most": most}).fetchone()
    return int(row[0]) if row else 0


def _old(conn: psycopg.Connection[Any], upto: int, after: tuple[int, int, int], most: int) -> int:
    """The next answers of those that stood before."""
    row = conn.execute(
        _into(f"came as materialized ({_OLD})", ANSWERED,
              "select provider_id, entry_id, receipt_id, count(*) over () from came "
              "order by 1 desc, 2 desc, 3 desc limit 1", replies=True),
        bound() | {"upto": upto, "most": most, "provider": after[0], "entry": after[1],
                   "receipt": after[2]}).fetchone()
    number = int(row[3]) if row else 0
    if number < most:
        conn.execute("update report_mark set old_answers = null")
    elif row:
        conn.execute("update report_mark set old_provider_id = %s, old_entry_id = %s, "
                     "old_receipt_id = %s", row[:3])
    return number


def _into(source: str, facts: str, last: str, *, replies: bool = False) -> str:
    """One statement that adds facts of a source to all tables."""
    parts = [source, f"fact as materialized ({facts})"]
    if replies:
        parts[1:] = [f"answer as materialized ({ANSWER})", *parts[1:],
                     f"reply as materialized ({REPLIED})"]
    tables = (*TABLES, *REPLIES) if replies else tuple(TABLES)
    return f"with {', '.join((*parts, *(f'in_{one} as ({adding(one)})' for one in tables)))} {last}"


def key_of(table: str) -> tuple[tuple[str, ...], list[str]]:
    """The columns of a table's key, and what they are asked as."""
    key = (TABLES | REPLIES)[table]
    return key, [f"date_trunc('month', {one}::timestamp)::date"
                 if one == "day" and table in MONTHLY else one for one in key]


def numbers_of(table: str) -> dict[str, str]:
    """The numbers of a table, and how two of them become one."""
    return {"number": "sum", "longest": "max"} if table in REPLIES else dict.fromkeys(
        NUMBERS, "sum")


def adding(table: str) -> str:
    """The statement that adds ``fact``, or ``reply``, to a table, in the order of its key."""
    (key, asked), numbers = key_of(table), numbers_of(table)
    named, places = ", ".join(key), ", ".join(str(n) for n in range(1, len(key) + 1))
    both = {"sum": "{0} = t.{0} + excluded.{0}", "max": "{0} = greatest(t.{0}, excluded.{0})"}
    return (f"insert into {table} as t ({named}, {', '.join(numbers)}) "  # noqa: S608
            f"select {', '.join(asked)}, {', '.join(f'{how}({n})' for n, how in numbers.items())} "
            f"from {'reply' if table in REPLIES else 'fact'} group by {places} order by {places} "
            f"on conflict ({named}) do update set "
            + ", ".join(both[how].format(one) for one, how in numbers.items()))
