"""When to try again, written once: claim, close, release and park what must be told outside.

Why this module exists: whoever tells something to a stranger needs the same four moves, and each
has a trap. A claim moves ``next_at`` (a lease) and raises ``fence``, so that a worker that died
costs one lease and a worker that slept past its lease cannot write any more (fault rows 5, 26, 27).
A row with an unsettled predecessor of the same key is not claimed (row 24). What failed comes back
after a doubling delay of at most 15 minutes (row 17); what is hopeless is parked with a reason a
person can read. All functions work inside the caller's transaction and never commit.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg

LEASE_SECONDS = 30
LONGEST_DELAY = 900.0

Connection = psycopg.Connection[Any]
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours until its lease ends; ``fence`` proves it."""

    ref_id: int
    ref_at: datetime
    order_key: int
    hint: int
    fence: int
    tries: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits: rows not yet claimed, claimed, parked; age of the oldest in seconds."""

    waiting: int
    in_flight: int
    dead: int
    oldest_seconds: float


def delay_after(tries: int, *, first: float = 2.0, longest: float = LONGEST_DELAY) -> float:
    """Seconds to wait before the next try: doubling, ± 20 % so that workers do not march in step,
    never above ``longest``."""
    doubled = min(first * 2.0 ** min(tries, 20), longest)
    return min(doubled * random.uniform(0.8, 1.2), longest)  # noqa: S311 (no secret)


_CLAIM = """
with open as (
    select o.ref_id, o.order_key
      from outbox o
     where o.topic = %(topic)s and o.provider_id = %(provider)s and o.brand_id = %(brand)s
       and o.batch_id is null and o.dead_at is null and o.next_at <= now()
       and (o.after_id is null or not exists (
                select from outbox p
                 where p.provider_id = o.provider_id and p.topic = o.topic
                   and p.ref_id = o.after_id and p.dead_at is null))
     order by o.next_at, o.ref_id limit %(limit)s
       for update of o skip locked),
first as (select min(ref_id) as ref_id from open group by order_key)
update outbox o
   set next_at = now() + make_interval(secs => %(lease)s), fence = o.fence + 1,
       batch_id = %(batch)s
  from first f
 where o.provider_id = %(provider)s and o.topic = %(topic)s and o.ref_id = f.ref_id
returning o.ref_id, o.ref_at, o.order_key, o.hint, o.fence, o.tries"""


def claim(conn: Connection, *, topic: int, provider_id: int, brand_id: int, limit: int,
          lease: float = LEASE_SECONDS, batch_id: int | None = None) -> list[Claimed]:
    """Take up to ``limit`` due rows of a brand, those that are due longest first, no key twice.

    That order is the index's own, so that neither a backlog nor a crowd of delayed rows is read.

    With ``batch_id`` they stay taken until the batch gives them back; without it they are free
    again when the lease (seconds) is over.
    """
    rows = conn.execute(_CLAIM, {
        "topic": topic, "provider": provider_id, "brand": brand_id, "limit": limit,
        "lease": lease, "batch": batch_id,
    }).fetchall()
    return sorted((Claimed(*row) for row in rows), key=lambda one: one.ref_id)


_OLDEST = """
with due as (
    select provider_id, topic, ref_id from outbox
     where topic = %(topic)s and dead_at is null and next_at <= now()
     order by next_at limit %(limit)s for update skip locked),
taken as (
    update outbox o set next_at = now() + make_interval(secs => %(lease)s), fence = fence + 1,
           tries = least(tries + 1, 32000)
      from due d
     where o.provider_id = d.provider_id and o.topic = d.topic and o.ref_id = d.ref_id
    returning o.provider_id, o.ref_id, o.fence, o.tries)
"""


def claim_oldest(conn: Connection, beside: str, *, topic: int, limit: int,
                 lease: float) -> list[tuple[Any, ...]]:
    """Claim rows of a topic that goes in the order of its time over all brands (messages, mails
    about deadlines, webhooks), for ``lease`` seconds.

    ``beside`` selects from ``taken`` (provider_id, ref_id, fence, tries) what is needed with each
    row, so that one look fetches all. A try counts from the claim, because the other side may have
    been spoken to.
    """
    return conn.execute(_OLDEST + beside, {
        "topic": topic, "limit": limit, "lease": lease}).fetchall()


def drain(claim: Callable[[], Sequence[One]], tell: Callable[[One], str], *,
          limit: int) -> Counter[str]:
    """Claim and tell one after the other until nothing is due or ``limit`` are done; counts by the
    words that ``tell`` answered."""
    counts: Counter[str] = Counter()
    while sum(counts.values()) < limit:
        claimed = claim()
        if not claimed:
            break
        counts.update(tell(one) for one in claimed)
    return counts


_OURS = """
  from unnest(%(refs)s::bigint[], %(fences)s::int[]) as given(ref_id, fence)
 where o.provider_id = %(provider)s and o.topic = %(topic)s
   and o.ref_id = given.ref_id and o.fence = given.fence"""


def close(conn: Connection, *, topic: int, provider_id: int,
          rows: Sequence[tuple[int, int]]) -> int:
    """Delete rows that are told, named by (ref_id, fence); returns how many were still ours."""
    statement = "delete from outbox o using " + _OURS.lstrip().removeprefix("from ")  # noqa: S608
    return conn.execute(statement, _named(topic, provider_id, rows)).rowcount


def release(conn: Connection, *, topic: int, provider_id: int, rows: Sequence[tuple[int, int]],
            delay: float, reason: str | None = None, counted: bool = True) -> int:
    """Give rows back, due again after ``delay`` seconds; ``counted`` raises their tries."""
    given = _named(topic, provider_id, rows)
    given |= {"delay": delay, "reason": reason, "step": int(counted)}
    return conn.execute(
        "update outbox o set batch_id = null, fence = o.fence + 1, "  # noqa: S608
        "next_at = now() + make_interval(secs => %(delay)s), reason = %(reason)s, "
        "tries = least(o.tries + %(step)s, 30000)" + _OURS, given,
    ).rowcount


def park(conn: Connection, *, topic: int, provider_id: int, rows: Sequence[tuple[int, int]],
         reason: str) -> int:
    """Put hopeless rows aside with a reason for people; they no longer hold up their followers."""
    given = _named(topic, provider_id, rows) | {"reason": reason}
    return conn.execute(
        "update outbox o set batch_id = null, fence = o.fence + 1, dead_at = now(), "  # noqa: S608
        "reason = %(reason)s" + _OURS, given,
    ).rowcount


def revive(conn: Connection, *, topic: int, provider_id: int, ref_ids: Sequence[int]) -> int:
    """Put parked rows back into the queue, after somebody repaired what was wrong. What was tried
    before still counts as tried: the other side may hold it (fault rows 4, 18)."""
    return conn.execute(
        "update outbox set dead_at = null, reason = null, tries = least(tries, 1), next_at = now() "
        "where provider_id = %s and topic = %s and ref_id = any(%s::bigint[]) "
        "and dead_at is not null", (provider_id, topic, list(ref_ids)),
    ).rowcount


def depth(conn: Connection, *, topic: int, provider_id: int | None = None) -> Depth:
    """Counts and age of a topic, for the operations page and the alarms; what waits in sandboxes
    alarms nobody."""
    row = conn.execute(
        "select count(*) filter (where batch_id is null and dead_at is null), "
        "count(*) filter (where batch_id is not null and dead_at is null), "
        "count(*) filter (where dead_at is not null), "
        "coalesce(extract(epoch from now() - min(ref_at) filter (where dead_at is null)), 0) "
        "from outbox where topic = %s and case when %s::int is null then provider_id <> all("
        "array(select id from provider where sandbox_of is not null)) else provider_id = %s end",
        (topic, provider_id, provider_id),
    ).fetchone()
    assert row is not None  # an aggregate always answers
    return Depth(row[0], row[1], row[2], max(0.0, float(row[3])))


def _named(topic: int, provider_id: int, rows: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return {
        "topic": topic, "provider": provider_id,
        "refs": array([ref for ref, _ in rows]), "fences": array([fence for _, fence in rows]),
    }


def array(numbers: Sequence[int | None]) -> str:
    """An array literal: psycopg takes longer to write a list than PostgreSQL to use it."""
    return "{" + ",".join(["NULL" if n is None else str(n) for n in numbers]) + "}"
