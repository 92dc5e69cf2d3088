"""Whether İYS keeps records waiting right now, for the pages: how many, and when we try again.

A submission that İYS did not take stays ready and is sent again by the worker; nobody has to act,
but people should read it as one sentence instead of finding it out row by row (look §7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ileti.core import orm
from ileti.iys.batches import BatchState
from ileti.iys.models import IysBatch


@dataclass(frozen=True)
class Silence:
    """``records`` that wait because İYS did not take them, ``next_at`` the coming try."""

    records: int
    next_at: datetime


def silence() -> Silence | None:
    """What the visible submissions say; None when İYS takes what is sent."""
    found = orm.db.session.execute(
        select(func.sum(IysBatch.open_rows), func.min(IysBatch.next_at)).where(
            IysBatch.state == BatchState.PREPARED, IysBatch.problem.is_not(None),
            IysBatch.tries > 0)).one()
    return Silence(int(found[0]), found[1]) if found[0] else None
