"""The waiting records themselves, those first that have the least time left.

Only the oldest ``LIVE`` rows of the queue are put in order: a queue is taken in the order of its
entries, so the urgent ones are among them. Pages go by number within these, and a list that ends
there says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ileti.consents.models import ConsentEntry, ConsentState
from ileti.core import orm
from ileti.radar.counts import Left, Wanted, condition, entry_of, oldest, state_of
from ileti.radar.limits import DEALER_READ, LIVE
from ileti.tenancy import scope

PAGE = 50
LAST_PAGE = LIVE // PAGE


@dataclass(frozen=True)
class Waiting:
    """One row of the list; ``due_at`` None: it has no deadline. ``held_code`` is İYS's number of
    the reason (178 for H178)."""

    entry: ConsentEntry
    due_at: datetime | None
    stopped: bool
    reason: str | None
    held_code: int | None


def page(wanted: Wanted, *, stopped: bool, left: list[Left], code: int | None,
         number: int) -> tuple[list[Waiting], bool]:
    """Page ``number`` (from 1) of the records and whether there are more; ``left`` and ``code``
    narrow by time left and by İYS's code."""
    most = LIVE if scope.current().dealer_id is None else DEALER_READ
    some = oldest(wanted, most, stopped=stopped).subquery()
    asked = (
        select(ConsentEntry, ConsentState.iys_due_at, some.c.stopped, some.c.reason,
               ConsentState.iys_code)
        .select_from(some).join(ConsentEntry, entry_of(some.c))
        .outerjoin(ConsentState, state_of(some.c)))
    if wanted.sources:
        asked = asked.where(ConsentEntry.source.in_(wanted.sources))
    if left:
        places = [condition(one) for one in left]
        anyone = places[0]
        for one in places[1:]:
            anyone = anyone | one
        asked = asked.where(anyone)
    if code is not None:
        asked = asked.where(ConsentState.iys_code == code, some.c.reason.is_not(None))
    asked = asked.order_by(ConsentState.iys_due_at.asc().nulls_last(), some.c.ref_id).limit(
        PAGE + 1).offset((number - 1) * PAGE)
    found = [Waiting(*row) for row in orm.db.session.execute(asked)]
    return found[:PAGE], len(found) > PAGE
