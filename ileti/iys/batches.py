"""A batch: which rows one worker carries to İYS, and who may still write about them.

Why this module exists: between "İYS took it" and "we know that İYS took it" a worker may die. So
the batch is written down before anything is sent (PREPARED), in the transaction that takes its
rows; a worker holds it by a lease and a fence number, and whoever takes it over raises the fence,
so that the one before cannot write any more (fault rows 4, 5, 26, 27). The same rows are then sent
again by V2, which gives the first answer once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ileti.core import db
from ileti.outbox import relay
from ileti.outbox.relay import LEASE_SECONDS, Connection

IYS_TOPIC = 1


class BatchState(IntEnum):
    """PREPARED: rows are ours, the call may or may not have happened; SENT: İYS gave a request id
    and is working; CLOSED: every row has its answer; SPLIT: refused whole, rows were released."""

    PREPARED = 1
    SENT = 2
    CLOSED = 3
    SPLIT = 4


class LateWrite(Exception):
    """Another worker has taken the batch over; what we know is his to find out."""


@dataclass(frozen=True, slots=True)
class Batch:
    """An open batch in our hands; ``fence`` is the proof, ``tries`` counts sendings before;
    ``since`` is when İYS took it, or when it was made while İYS has not."""

    id: int
    provider_id: int
    brand_id: int
    brand_code: int
    fence: int
    tries: int
    polls: int
    request_id: str | None
    entry_ids: list[int]
    sub_ids: list[str] | None
    since: datetime


def open_batch(provider_id: int, brand_id: int, brand_code: int, limit: int) -> Batch | None:
    """Take the brand's oldest due rows and write the batch down; None when nothing is due."""
    with db.transaction() as conn:
        number = conn.execute(
            "select nextval(pg_get_serial_sequence('iys_batch', 'id'))"
        ).fetchone()
        assert number is not None  # nextval always answers
        rows = relay.claim(
            conn, topic=IYS_TOPIC, provider_id=provider_id, brand_id=brand_id, limit=limit,
            batch_id=number[0],
        )
        if not rows:
            return None
        entry_ids = [row.ref_id for row in rows]
        made = conn.execute(
            "insert into iys_batch (id, provider_id, brand_id, state, size, open_rows, next_at, "
            "entry_ids) values (%s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), "
            "%s::bigint[]) returning created_at",
            (number[0], provider_id, brand_id, int(BatchState.PREPARED), len(rows), len(rows),
             LEASE_SECONDS, relay.array(entry_ids)),
        ).fetchone()
        assert made is not None  # returning
    return Batch(number[0], provider_id, brand_id, brand_code, 0, 0, 0, None, entry_ids, None,
                 made[0])


def take_over(state: BatchState, provider_id: int | None = None) -> Batch | None:
    """The batch of that state that is due the longest: a result to ask for (SENT), or a sending
    whose worker is gone or whose time has come again (PREPARED). Its fence and lease are ours."""
    row = db.connection().execute(
        "update iys_batch b set fence = b.fence + 1, "
        "next_at = now() + make_interval(secs => %(lease)s), "
        "tries = least(b.tries + (b.state = 1)::int, 30000), "
        "polls = least(b.polls + (b.state = 2)::int, 30000) "
        "from (select id from iys_batch where state = %(state)s and next_at <= now() "
        "      and (%(provider)s::int is null or provider_id = %(provider)s) "
        "      order by next_at limit 1 for update skip locked) due, brand r "
        "where b.id = due.id and r.id = b.brand_id "
        "returning b.id, b.provider_id, b.brand_id, r.brand_code, b.fence, b.tries, b.polls, "
        "b.request_id, b.entry_ids, b.sub_ids, coalesce(b.sent_at, b.created_at)",
        {"lease": LEASE_SECONDS, "state": int(state), "provider": provider_id},
    ).fetchone()
    return Batch(*row) if row else None


def hold_on(batch: Batch) -> None:
    """Renew the lease before another call; raises LateWrite."""
    _write(batch, "next_at = now() + make_interval(secs => %(lease)s)", lease=LEASE_SECONDS)


def postpone(batch: Batch, delay: float, problem: str | None) -> None:
    """Come back to the same rows in ``delay`` seconds; raises LateWrite."""
    _write(
        batch, "next_at = now() + make_interval(secs => %(delay)s), problem = %(problem)s",
        delay=delay, problem=problem,
    )


def split(batch: Batch, entry_ids: Sequence[int]) -> None:
    """Make two batches of one that İYS refused whole without naming an item (row 21)."""
    half = max(1, len(entry_ids) // 2)
    with db.transaction() as conn:
        lock(conn, batch)
        for part in (list(entry_ids[:half]), list(entry_ids[half:])):
            if not part:
                continue
            made = conn.execute(
                "insert into iys_batch (provider_id, brand_id, state, size, open_rows, next_at, "
                "entry_ids) values (%s, %s, 1, %s, %s, now(), %s) returning id",
                (batch.provider_id, batch.brand_id, len(part), len(part), part),
            ).fetchone()
            assert made is not None  # returning
            conn.execute(
                "update outbox set batch_id = %s where provider_id = %s and topic = %s "
                "and ref_id = any(%s::bigint[]) and batch_id = %s",
                (made[0], batch.provider_id, IYS_TOPIC, part, batch.id),
            )
        conn.execute(
            "update iys_batch set state = %s, open_rows = 0 where id = %s",
            (int(BatchState.SPLIT), batch.id),
        )


def lock(conn: Connection, batch: Batch) -> None:
    """Hold the batch's row until the transaction ends; LateWrite when it is no longer ours."""
    row = conn.execute(
        "select 1 from iys_batch where id = %s and fence = %s and state in (1, 2) for update",
        (batch.id, batch.fence),
    ).fetchone()
    if row is None:
        raise LateWrite(f"batch {batch.id}")


def _write(batch: Batch, what: str, **given: object) -> None:
    done = db.connection().execute(
        f"update iys_batch set {what} where id = %(id)s and fence = %(fence)s "  # noqa: S608
        "and state in (1, 2)",
        {"id": batch.id, "fence": batch.fence, **given},
    )
    if done.rowcount != 1:
        raise LateWrite(f"batch {batch.id}")
