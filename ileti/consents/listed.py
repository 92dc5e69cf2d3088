"""What clicks list of themselves, against the entries there are.

Why this module exists: a seal counts its leaves, but an entry that is taken away before its seal
was never counted. The click that made it lists it all the same, so an entry is missed without any
seal, and one that no click lists is named. A long list's chunk lists nothing; its entries are
counted by its import.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

_MOST: Final = 20
#: an entry is written within hours of its seal
BEFORE: Final = timedelta(hours=6)
EVER: Final = datetime.min.replace(tzinfo=UTC)
_LOST: Final = """
select x.id, s.captured_at from submission s cross join unnest(s.entry_ids) x(id)
 where s.captured_at between %(from)s and %(to)s
   and not exists (select from consent_entry e where e.provider_id = s.provider_id
                      and e.id = x.id and e.captured_at = s.captured_at)
 order by x.id limit %(most)s"""
_SLIPPED_IN: Final = """
select e.id, e.captured_at from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
 where (%(epoch)s::int is null or e.epoch = %(epoch)s)
   and e.captured_at between %(from)s and %(to)s
   and s.entry_ids <> '{}' and e.id <> all(s.entry_ids)
 order by e.id limit %(most)s"""

Listed = list[tuple[int, datetime]]


def lost(conn: psycopg.Connection[Any], since: datetime, until: datetime) -> Listed:
    """Entries that clicks of that time list and the ledger has not: number and time, some."""
    return conn.execute(_LOST, {"from": _back(since), "to": until + timedelta(seconds=1),
                                "most": _MOST}).fetchall()


def slipped_in(conn: psycopg.Connection[Any], since: datetime, until: datetime,
               epoch: int | None = None) -> Listed:
    """Entries of that time that their clicks do not list: number and time, some."""
    return conn.execute(_SLIPPED_IN, {"from": _back(since), "to": until + timedelta(seconds=1),
                                      "epoch": epoch, "most": _MOST}).fetchall()


def _back(since: datetime) -> datetime:
    return since if since == EVER else since - BEFORE


def told(number: str, *, gone: bool) -> tuple[str, str]:
    """In Turkish and in English."""
    if gone:
        return (f"{number} numaralı kaydı yapan tıklama onu sayıyor; defterde yok.",
                f"The click that made record {number} lists it; the ledger has it no more.")
    return (f"{number} numaralı kaydı, ait olduğu tıklama saymıyor.",
            f"The click that record {number} belongs to does not list it.")
