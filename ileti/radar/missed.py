"""What missed its deadline and has left the queue: over the last 30 days, or on one (R-33, R-40).

A consent that İYS did not get in time, by İYS's answer (H467) or because it was not sent any more,
is void. A refusal that comes too late holds here from its first second all the same; that it was
late stays on its record, and it is counted whether İYS took it (:mod:`ileti.iys.late`) or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, union_all

from ileti.consents.models import ConsentEntry
from ileti.consents.vocabulary import Status
from ileti.core import clock, orm
from ileti.iys.models import IysReceipt
from ileti.radar.counts import Wanted
from ileti.tenancy import scope

DAYS = 30
READ = 20_000


@dataclass(frozen=True)
class Missed:
    """Void consents and late refusals; ``capped``: there may be more."""

    consents: int = 0
    refusals: int = 0
    capped: bool = False


def missed(wanted: Wanted, since: datetime | None = None,
           until: datetime | None = None) -> Missed:
    """Counted along the indexes of rejections and of late refusals, at most the newest ``READ`` of
    each. By when İYS answered or it was given up: from ``since`` (30 days ago) to before
    ``until``."""
    entry = ConsentEntry
    newest = union_all(*(_newest(which, since, until) for which in (
        ~IysReceipt.accepted, IysReceipt.late))).subquery()
    late = or_(newest.c.code == "H467", newest.c.kept == "overdue", newest.c.late)
    number = func.count(entry.id.distinct())
    asked = (
        select(number.filter(late, entry.status == int(Status.ONAY)),
               number.filter(late, entry.status == int(Status.RET)), func.count())
        .select_from(newest).join(entry, and_(
            entry.provider_id == newest.c.provider_id, entry.id == newest.c.entry_id)))
    pairs = ((entry.provider_id, wanted.providers), (entry.brand_id, wanted.brands),
             (entry.dealer_id, wanted.dealers), (entry.source, wanted.sources))
    asked = asked.where(scope.taken_here(entry.dealer_id))
    row = orm.db.session.execute(
        asked.where(*(column.in_(values) for column, values in pairs if values))).one()
    return Missed(row[0], row[1], row[2] >= READ)


def _newest(which: Any, since: datetime | None, until: datetime | None) -> Any:
    asked = select(
        IysReceipt.provider_id, IysReceipt.entry_id, IysReceipt.code, IysReceipt.late,
        IysReceipt.detail["not_sent"].astext.label("kept"),
    ).where(IysReceipt.at >= (since or clock.now() - timedelta(days=DAYS)), which)
    if until is not None:
        asked = asked.where(IysReceipt.at < until)
    return select(asked.order_by(IysReceipt.at.desc()).limit(READ).subquery())
