"""What the agent does next: a call that the telephone system handed over, or one from a list.

Why this module exists: calls that came by the API and have nobody yet come first. Numbers of lists
come one after the other, each asked of the gate when it is handed out (ADR 0050): taking one is a
deed, never a page that is looked at, and who has one gets no second until its result is written or
its time is over. It is asked of the gate again whenever it is shown, since the person may have
refused meanwhile (R-36). Such a call is an outbound one and asks nothing unless the provider
allowed that (R-20).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ileti.callcentre.calls import address_of
from ileti.callcentre.models import Call
from ileti.calllists import handing, results
from ileti.calllists.handing import Holder, Seen
from ileti.calllists.results import Finished, Outcome
from ileti.calllists.vocabulary import Way
from ileti.consents.gate import Permit
from ileti.core import clock, db, orm
from ileti.core.errors import NotFound

MOST_SHOWN = 5


@dataclass(frozen=True)
class Held:
    """A number that is out to somebody: canonical, whose list it is, which try it is, until when,
    and whether it may still be called."""

    attempt_id: int
    brand_id: int
    number: str = field(repr=False)
    list_name: str
    tries: int
    until: datetime
    permit: Permit


_HELD: Final = """
select a.id, a.brand_id, a.recipient_id, l.name, e.tries, a.until
  from call_attempt a join call_list l on l.id = a.list_id
  join call_list_entry e on e.id = a.entry_id
 where a.provider_id = %s and a.user_id = %s and a.way = %s and a.result is null and a.until > %s
 order by a.id desc limit 1"""


def held(provider_id: int, user_id: int) -> Held | None:
    """The number somebody has taken and whose result is not written; None when its time is over or
    the person was erased."""
    row: Any = db.system_connection().execute(
        _HELD, (provider_id, user_id, int(Way.PERSON), clock.now())).fetchone()
    number = address_of(provider_id, row[2]) if row else None
    if row is None or number is None:
        return None
    return Held(row[0], row[1], number, row[3], row[4], row[5],
                handing.still_allowed(provider_id, row[0]))


def take(seen: Seen, user_id: int) -> bool:
    """Take the next number of these lists, or keep the one that is out; False when there is none
    now. Raises TryLater. No transaction may be open."""
    if held(seen.provider_id, user_id) is not None:
        return True
    return handing.next_for(seen, Holder(user_id=user_id)) is not None


def finish(seen: Seen, attempt_id: int, said: Outcome) -> Finished:
    """Write what a call of one's own came to. Raises as :func:`ileti.calllists.results.finish`;
    NotFound for an attempt of somebody else."""
    own = db.system_connection().execute(
        "select from call_attempt where provider_id = %s and id = %s and user_id = %s",
        (seen.provider_id, attempt_id, said.user_id)).fetchone()
    if own is None:
        raise NotFound()
    return results.finish(seen.provider_id, attempt_id, said, brand_id=seen.brand_id,
                          dealer_id=seen.dealer_id)


@dataclass(frozen=True)
class Waiting:
    """A call of the telephone system that nobody has taken."""

    id: int
    since: datetime


def waiting() -> list[Waiting]:
    """Such calls that whoever is at work may see, the oldest first."""
    rows = orm.db.session.scalars(
        select(Call).where(Call.ended_at.is_(None), Call.agent_id.is_(None))
        .order_by(Call.id).limit(MOST_SHOWN))
    return [Waiting(one.id, one.started_at) for one in rows]
