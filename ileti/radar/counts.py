"""How many records wait for İYS, by the time they have left: from one statement, or from two.

Why this module exists: the page must answer at once while a million records wait, and must be
right to the record while a few do. A queue of up to ``LIVE`` rows is counted at that moment. The
queue of a provider that is longer is counted by a job (:mod:`ileti.radar.backlog`), and the page
adds up what it kept; then it says of when that is. Either way PostgreSQL adds up, and Python sees
one line per place, time left and reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Integer, and_, case, cast, func, literal, null, select

from ileti.consents.models import ConsentEntry, ConsentState
from ileti.core import clock, orm
from ileti.iys.batches import IYS_TOPIC
from ileti.outbox.models import OutboxRow
from ileti.radar.limits import DEALER_READ, LIVE
from ileti.radar.models import DeadlineCount
from ileti.tenancy import scope

HOURS = 4


class Left(StrEnum):
    """How much time is left; each record is in one of them. ``NONE``: it has no deadline."""

    LATE = "gecikti"
    HOURS = "saatler"
    TODAY = "bugun"
    TOMORROW = "yarin"
    LATER = "sonra"
    NONE = "suresiz"


ON_TIME = (Left.TOMORROW, Left.LATER, Left.NONE)


class By(StrEnum):
    """What the page adds up by."""

    BRAND = "marka"
    DEALER = "bayi"
    SOURCE = "kaynak"
    PROVIDER = "saglayici"


@dataclass(frozen=True)
class Wanted:
    """What is counted and listed; empty tuples narrow nothing."""

    providers: tuple[int, ...] = ()
    brands: tuple[int, ...] = ()
    dealers: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """So many records of one place, time left and reason. ``key`` is the brand, dealer, source or
    provider; ``stopped`` means that nothing sends them before a person acts."""

    key: int | None
    provider_id: int
    left: Left
    status: int
    stopped: bool
    reason: str | None
    iys_code: int | None
    number: int


@dataclass(frozen=True)
class Counted:
    """``at`` is None for this very moment; ``capped``: only the oldest ``LIVE`` were counted."""

    lines: list[Line]
    at: datetime | None = None
    capped: bool = False


def count(by: By, wanted: Wanted) -> Counted:
    """Everything in view that waits, added up by ``by``."""
    kept = _lines(_kept(), by, wanted)
    at = min((row[-1] for row in kept), default=None)
    lines = [_line(row) for row in kept]
    if kept and scope.current().provider_id is not None:
        return Counted(lines, at)
    live = [_line(row) for row in _lines(_live(wanted), by, wanted)]
    return Counted(lines + live, at, sum(one.number for one in live) >= _most())


def _line(row: Any) -> Line:
    return Line(row[0], row[1], Left(row[2]), *row[3:-1])


def _lines(of: Any, by: By, wanted: Wanted) -> list[Any]:
    key = {By.BRAND: of.c.brand_id, By.DEALER: of.c.dealer_id, By.SOURCE: of.c.source,
           By.PROVIDER: of.c.provider_id}[by]
    groups = (key, of.c.provider_id, bucket(of.c.due_at), of.c.status, of.c.stopped, of.c.reason,
              of.c.iys_code)
    asked = select(*groups, func.sum(of.c.number), func.min(of.c.counted_at)).group_by(*groups)
    return list(orm.db.session.execute(asked.where(*narrowed(of.c, wanted))))


def narrowed(columns: Any, wanted: Wanted) -> list[Any]:
    """The conditions of the page's filters on anything with these four columns."""
    pairs = ((columns.provider_id, wanted.providers), (columns.brand_id, wanted.brands),
             (columns.dealer_id, wanted.dealers), (columns.source, wanted.sources))
    return [column.in_(values) for column, values in pairs if values]


def bucket(due: Any) -> Any:
    """A deadline as :class:`Left`, on the database's side."""
    now = clock.now()
    midnight = next_midnight()
    steps = ((now, Left.LATE), (min(now + timedelta(hours=HOURS), midnight), Left.HOURS),
             (midnight, Left.TODAY), (midnight + timedelta(days=1), Left.TOMORROW))
    # literals in the text: the same expression stands in SELECT and GROUP BY
    return case((due.is_(None), literal(Left.NONE.value, literal_execute=True)), *(
        (due < literal(until, literal_execute=True), literal(key.value, literal_execute=True))
        for until, key in steps), else_=literal(Left.LATER.value, literal_execute=True))


def next_midnight() -> datetime:
    """The first moment of the next Istanbul day."""
    day = clock.today() + timedelta(days=1)
    return datetime.combine(day, time(), clock.ISTANBUL).astimezone(UTC)


def condition(left: Left) -> Any:
    """The same as :func:`bucket`, as a condition on the state's deadline."""
    due, now, midnight = ConsentState.iys_due_at, clock.now(), next_midnight()
    soon = min(now + timedelta(hours=HOURS), midnight)
    tomorrow = midnight + timedelta(days=1)
    return {
        Left.LATE: due < now, Left.HOURS: and_(due >= now, due < soon),
        Left.TODAY: and_(due >= soon, due < midnight),
        Left.TOMORROW: and_(due >= midnight, due < tomorrow), Left.LATER: due >= tomorrow,
        Left.NONE: due.is_(None),
    }[left]


def _kept() -> Any:
    one = DeadlineCount
    return select(one.provider_id, one.brand_id, one.dealer_id, one.source, one.status, one.due_at,
                  one.stopped, one.reason, one.iys_code, one.number, one.counted_at).subquery()


def _most() -> int:
    return LIVE if scope.current().dealer_id is None else DEALER_READ


def _live(wanted: Wanted) -> Any:
    """The rows themselves, from the oldest end, each with the number 1."""
    asked, entry, state = oldest(wanted, _most()), ConsentEntry, ConsentState
    if scope.current().provider_id is None:  # those that the job counted are in its counts
        asked = asked.where(OutboxRow.provider_id.not_in(select(DeadlineCount.provider_id)))
    some = asked.subquery()
    return (
        select(some.c.provider_id, some.c.brand_id, entry.dealer_id, entry.source, entry.status,
               state.iys_due_at.label("due_at"), some.c.stopped, some.c.reason,
               case((some.c.reason.is_not(None), state.iys_code), else_=null()).label("iys_code"),
               literal(1).label("number"),
               cast(null(), DateTime(timezone=True)).label("counted_at"))
        .select_from(some).join(entry, entry_of(some.c)).outerjoin(state, state_of(some.c))
        .subquery())


def oldest(wanted: Wanted, most: int, *, stopped: bool = False) -> Any:
    """The oldest rows of the queue to İYS in view, and no more of them than ``most``."""
    one = OutboxRow
    asked = select(one.provider_id, one.brand_id, one.ref_id, one.ref_at, one.order_key, one.tries,
                   one.next_at, one.dead_at.is_not(None).label("stopped"), one.reason,
                   ).where(one.topic == IYS_TOPIC)
    if stopped:
        asked = asked.where(one.dead_at.is_not(None))
    if wanted.providers:
        asked = asked.where(one.provider_id.in_(wanted.providers))
    if wanted.brands:
        asked = asked.where(one.brand_id.in_(wanted.brands))
    if scope.current().dealer_id is not None or wanted.dealers:
        own = select(ConsentEntry.provider_id, ConsentEntry.id).where(
            ConsentEntry.dealer_id.is_not(None),
            scope.taken_here(ConsentEntry.dealer_id)).order_by(
                ConsentEntry.captured_at.desc(), ConsentEntry.id.desc()).limit(most)
        if wanted.dealers:
            own = own.where(ConsentEntry.dealer_id.in_(wanted.dealers))
        some = own.subquery()
        return asked.join(some, and_(one.provider_id == some.c.provider_id,
                                     one.ref_id == some.c.id))
    return asked.order_by(one.provider_id, one.topic, one.ref_id).limit(most)


def entry_of(row: Any) -> Any:
    """The entry a row of the queue speaks about."""
    return and_(ConsentEntry.provider_id == row.provider_id, ConsentEntry.id == row.ref_id,
                ConsentEntry.captured_at == row.ref_at)


def state_of(row: Any) -> Any:
    """The state that stands on the row's entry; none when a newer entry has taken its place."""
    kind = case((row.order_key.op("&")(4) == 4, 1), else_=2)
    return and_(ConsentState.provider_id == row.provider_id,
                ConsentState.brand_id == row.brand_id,
                ConsentState.recipient_id == row.order_key.op(">>")(literal(3, Integer)),
                ConsentState.recipient_type == kind,
                ConsentState.channel == row.order_key.op("&")(3),
                ConsentState.entry_id == row.ref_id)

