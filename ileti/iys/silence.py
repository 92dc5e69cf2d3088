"""Whether İYS keeps records waiting right now, for the pages: how many, and when we try again; and
whether its changes are unheard for so long that nobody may be written to.

A submission that İYS did not take stays ready and is sent again by the worker; nobody has to act,
but people should read it as one sentence instead of finding it out row by row (look §7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request
from flask_babel import ngettext
from sqlalchemy import func, or_, select

from ileti.consents.gate import SILENT_AFTER
from ileti.core import clock, formats, orm
from ileti.iys.batches import IYS_TOPIC, BatchState
from ileti.iys.models import IysBatch, IysCursor
from ileti.outbox.models import OutboxRow

COUNTED = 10_000


@dataclass(frozen=True)
class Silence:
    """``records`` that wait behind it (counted up to 10 000), ``next_at`` the coming try."""

    records: int
    next_at: datetime

    def told(self) -> str:
        """The second sentence: how many wait and when we try again."""
        number = formats.number(self.records) + ("+" if self.records >= COUNTED else "")
        if self.next_at <= clock.now():
            return ngettext("%(n)s record waits; it is being tried again.",
                            "%(n)s records wait; they are being tried again.", self.records,
                            n=number)
        return ngettext("%(n)s record waits; the next try is at %(at)s.",
                        "%(n)s records wait; the next try is at %(at)s.", self.records,
                        n=number, at=formats.clock(self.next_at))


@dataclass(frozen=True)
class Hearing:
    """What the visible brands' pulls say: a problem's words, when İYS was last heard, and since
    when the longest unheard brand's changes are unknown, when the gate is shut for it (R-44)."""

    problem: str | None
    heard_at: datetime | None
    unheard_since: datetime | None


def hearing() -> Hearing:
    """Asked once a request: the head of every page and the first page both speak of it."""
    kept: Hearing | None = request.environ.get("ileti.hearing")
    if kept is None:
        one = IysCursor
        shut = or_(one.gap_since.is_not(None), one.pulled_at < clock.now() - SILENT_AFTER)
        row = orm.db.session.execute(select(
            func.max(one.problem), func.max(one.pulled_at),
            func.min(func.coalesce(one.gap_since, one.pulled_at)).filter(shut))).one()
        kept = request.environ["ileti.hearing"] = Hearing(*row)
    return kept


def silence() -> Silence | None:
    """What the visible submissions say; None when İYS takes what is sent."""
    next_at = orm.db.session.scalar(select(func.min(IysBatch.next_at)).where(
        IysBatch.state == BatchState.PREPARED, IysBatch.problem.is_not(None), IysBatch.tries > 0))
    if next_at is None:
        return None
    some = select(OutboxRow.ref_id).where(
        OutboxRow.topic == IYS_TOPIC, OutboxRow.dead_at.is_(None)).limit(COUNTED).subquery()
    waiting = orm.db.session.scalar(select(func.count()).select_from(some)) or 0
    return Silence(waiting, next_at) if waiting else None
