"""A copy of a person's data is complete (KVKK 11/1-b): every table that has a recipient is told in
it, or has a reason not to be."""

from __future__ import annotations

import re
from typing import Any, Final

import ileti.factory  # noqa: F401 (every room that registers a part)
from ileti.requests import holdings

#: tables with a recipient that are no part of a copy, each with why
NOT_TOLD: Final = {
    "kvkk_state": "what stands of acts that are all told (acknowledgements)",
    "verification": "a code's hash and limits for minutes; what it proved is the records' standing",
    "iys_access_task": "work on its way to İYS; who has access is told (passedOn)",
    "report_walk": "how far a walk through everybody has come, for minutes; tells of nobody",
    "legal_hold": "a claim that is being prepared or defended; telling of it would hurt it "
                  "(KVKK 28/2, Code of Civil Procedure), and no more is known of the person by it",
}


def _named() -> set[str]:
    return {name for part in holdings._parts for name in re.findall(r"\w+", part.statement)}


def test_every_table_with_a_recipient_is_told_in_a_copy_or_says_why_not(conn: Any) -> None:
    tables = {row[0] for row in conn.execute(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
        "and not c.relispartition and a.attname = 'recipient_id' and not a.attisdropped")}
    assert len(tables) > 20
    assert tables - _named() == set(NOT_TOLD)
    assert all(len(why) > 20 for why in NOT_TOLD.values())
