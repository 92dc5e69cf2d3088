"""Counting everything anew, to see that the numbers of reports are the ledger's.

Why this module exists: numbers that are added up for years must be provable. The whole ledger is
counted once more by the very statements that count what comes, up to the place the counting has
reached, and both are compared line by line, in one statement, so that nothing can come between.
"""

from __future__ import annotations

from typing import Final

from ileti.core import db
from ileti.reports.rollup import (
    ANSWER,
    ANSWERED,
    REPLIED,
    REPLIES,
    TABLES,
    TAKEN,
    adding,
    bound,
    key_of,
    numbers_of,
)

#: every table of numbers
ALL: Final = (*TABLES, *REPLIES)
#: the row that says how far was counted
MARK: Final = 1
_COUNTED: Final = f"""
m as (select * from report_mark),
took as (
    select e.* from consent_entry e, m
     where (e.epoch, e.xid, e.id) <= (m.epoch, m.xid::text::xid8, m.entry_id)),
came as (
    select r.provider_id, r.entry_id, r.id as receipt_id from iys_receipt r, m
     where (m.old_answers is null or r.id > m.old_answers
            or (r.provider_id, r.entry_id, r.id)
               <= (m.old_provider_id, m.old_entry_id, m.old_receipt_id))
       and not exists (select from report_answer a where a.provider_id = r.provider_id
                          and a.entry_id = r.entry_id and a.receipt_id = r.id)),
answer as materialized ({ANSWER}),
fact as materialized ({TAKEN} union all {ANSWERED}),
reply as materialized ({REPLIED})"""  # noqa: S608 (names of this house)


def differing(table: str) -> int:
    """How many lines of a table are not what a full count says. Reads the whole ledger."""
    (key, keys), numbers = key_of(table), numbers_of(table)
    asked = [f"{one} as {name}" for name, one in zip(key, keys, strict=True)]
    sums = ", ".join(f"{how}({one})::bigint as {one}" for one, how in numbers.items())
    rows = ", ".join((*key, *numbers))
    source = "reply" if table in REPLIES else "fact"
    with db.transaction(system=True) as conn:
        conn.execute("set local statement_timeout = 0")
        row = conn.execute(
            f"with {_COUNTED}, told as (select {', '.join(asked)}, {sums} from {source} "  # noqa: S608
            f"group by {', '.join(str(n) for n in range(1, len(key) + 1))}), "
            f"more as (select {rows} from told except all select {rows} from {table}), "
            f"less as (select {rows} from {table} except all select {rows} from told) "
            "select (select count(*) from more) + (select count(*) from less)",
            bound()).fetchone()
    assert row is not None
    return int(row[0])


def compare() -> dict[str, int]:
    """The lines that differ, by table; none when the numbers are the ledger's."""
    return {table: differing(table) for table in ALL}


def mend() -> None:
    """Replace the numbers by a full count up to where the counting is; nobody counts meanwhile, and
    readers see either."""
    with db.transaction(system=True) as conn:
        conn.execute("set local statement_timeout = 0")
        conn.execute("select from report_mark for update")
        for table in ALL:
            conn.execute(f"delete from {table}")  # noqa: S608 (a name of this house)
            conn.execute(f"with {_COUNTED} {adding(table)}", bound())
