"""Refusals that İYS took, and too late: that stays on the record (R-33).

Why this module exists: a refusal is told to İYS for as long as it takes, and whatever İYS answers
it holds here. But the law gives three business days, and once İYS has it nothing else would show
that they had passed. So the receipt is marked, and the state for as long as it stands on it. A
consent that comes too late is void instead and is not sent (:mod:`ileti.iys.sift`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ileti.consents.deadlines import deadline
from ileti.consents.vocabulary import RecipientType, Source, Status
from ileti.core import clock
from ileti.outbox.relay import Connection


@dataclass(frozen=True, slots=True)
class Standing:
    """What the state of an entry's key says: the entry it stands on, its choice and deadline."""

    entry_id: int
    stands_on: int
    status: int
    due_at: datetime | None


def late_refusals(conn: Connection, provider_id: int, states: Iterable[Standing],
                  taken: Mapping[int, datetime | None]) -> set[int]:
    """Which of the entries that İYS took (``taken``: entry → İYS's moment, None for now) are
    refusals after their deadline. One more statement, only for those the state has left."""
    now = clock.now()
    some = [one for one in states if one.entry_id in taken]
    late = {one.entry_id for one in some
            if one.stands_on == one.entry_id and one.status == Status.RET
            and one.due_at is not None and one.due_at < (taken[one.entry_id] or now)}
    left = [one.entry_id for one in some if one.stands_on != one.entry_id]
    if not left:
        return late
    rows = conn.execute(
        "select e.id, e.consent_date, e.captured_at, e.source, e.recipient_type, "
        "p.activation_date from consent_entry e join provider p on p.id = e.provider_id "
        "where e.provider_id = %s and e.id = any(%s::bigint[]) and e.status = %s",
        (provider_id, left, int(Status.RET))).fetchall()
    for entry, date, captured, source, kind, activation in rows:
        due = deadline(date, now=captured, source=Source(source),
                       recipient_type=RecipientType(kind), activation_date=activation)
        if due is not None and due < (taken[entry] or now):
            late.add(entry)
    return late
