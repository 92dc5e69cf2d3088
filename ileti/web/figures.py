"""The numbers of the first page, each from one statement that stops early on a big ledger.

The first page is opened most and must not read a month of a big provider. Entries are read per
brand from the newest back, along ``ix_consent_entry_brand`` (or ``…_dealer``), and only so many:
days that were not reached whole are left out, so that what is shown is true. Rejections come from
an index of rejections alone, open rows from the oldest end of the queue.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from flask import g, has_request_context
from sqlalchemy import Integer, case, func, literal, select, true

from ileti.consents.listing import along_the_index
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.vocabulary import Outcome, Status
from ileti.core import clock, orm
from ileti.iys.models import IysReceipt
from ileti.outbox.models import OutboxRow
from ileti.tenancy import scope
from ileti.tenancy.models import Brand

# What moved a state; an unverified tick or a repeat did not.
EFFECTIVE = (int(Outcome.RECORDED), int(Outcome.LOCAL_ONLY))
DAYS, WEEK = 30, 7
ENTRIES_READ = 200_000
REJECTIONS_READ = 20_000
OPEN_READ = 10_000
DEALER_READ = 2_000
Day = tuple[date, list[int]]


@dataclass
class Rejections:
    """İYS's rejections: per day, and per code in the last week."""

    by_day: Counter[date] = field(default_factory=Counter)
    by_code: Counter[str] = field(default_factory=Counter)


@dataclass
class OpenRows:
    """What İYS has not got yet: on its way, stopped, due today or before, of these stopped, due
    on the next day; when the oldest was taken and the earliest limit. ``capped``: there are more.
    """

    waiting: int = 0
    stopped: int = 0
    due: int = 0
    due_stopped: int = 0
    due_tomorrow: int = 0
    oldest: datetime | None = None
    earliest: datetime | None = None
    capped: bool = False


def midnight(day: date) -> datetime:
    """The first moment of an Istanbul day."""
    return datetime.combine(day, time(), clock.ISTANBUL)


def by_day(brands: int, rejected: Rejections) -> list[Day]:
    """Consents, refusals and İYS's rejections of at most the last 30 days, oldest first.

    ``brands`` is how many are in view: each is read back from now so far that all together stay
    below ``ENTRIES_READ``. Fewer days come back when that did not reach 30.
    """
    first = clock.today() - timedelta(days=DAYS - 1)
    most = max(1_000, ENTRIES_READ // max(1, brands))
    table: dict[date, list[int]] = {first + timedelta(days=n): [0, 0, 0] for n in range(DAYS)}
    per_brand: Counter[int] = Counter()
    oldest: dict[int, date] = {}
    with along_the_index():
        taken = orm.db.session.execute(_taken(midnight(first), most)).all()
    for brand, day, status, number in taken:
        table[day][0 if status == Status.ONAY else 1] += number
        per_brand[brand] += number
        oldest[brand] = min(day, oldest.get(brand, day))
    for day, number in rejected.by_day.items():
        if day in table:
            table[day][2] = number
    whole = max([first, *(oldest[one] + timedelta(days=1)
                          for one, number in per_brand.items() if number >= most)])
    return [(day, numbers) for day, numbers in table.items() if day >= min(whole, clock.today())]


def _taken(since: datetime, most: int) -> Any:
    newest = (
        select(ConsentEntry.captured_at, ConsentEntry.status)
        .where(ConsentEntry.provider_id == Brand.provider_id, ConsentEntry.brand_id == Brand.id,
               ConsentEntry.captured_at >= since, ConsentEntry.outcome.in_(EFFECTIVE),
               scope.taken_here(ConsentEntry.dealer_id))
        .order_by(ConsentEntry.captured_at.desc(), ConsentEntry.id.desc())
        .limit(most).lateral())
    day = func.date(func.timezone("Europe/Istanbul", newest.c.captured_at))
    return (select(Brand.id, day, newest.c.status, func.count())
            .select_from(Brand).join(newest, true())
            .group_by(Brand.id, day, newest.c.status))


def rejections() -> Rejections:
    """What İYS refused in the last 30 days, by the day of its answer."""
    since = midnight(clock.today() - timedelta(days=DAYS - 1))
    newest = (
        select(IysReceipt.at, IysReceipt.code)
        .where(IysReceipt.at >= since, ~IysReceipt.accepted,
               IysReceipt.code.is_not(None))
        .order_by(IysReceipt.at.desc()).limit(REJECTIONS_READ).subquery())
    day = func.date(func.timezone("Europe/Istanbul", newest.c.at))
    week = clock.today() - timedelta(days=WEEK - 1)
    found = Rejections()
    for when, code, number in orm.db.session.execute(
            select(day, newest.c.code, func.count()).group_by(day, newest.c.code)):
        found.by_day[when] += number
        if when >= week:
            found.by_code[code] += number
    return found


def open_rows(most: int | None = None) -> OpenRows:
    """The queue to İYS in one statement, from its oldest end; for a dealer from its newest
    records, since its rows are few among everybody's. At most ``most`` rows are read; what a page
    has read already is not read again for its menu."""
    read = OPEN_READ if most is None else most
    held = g.get("open_rows") if has_request_context() else None
    if held is not None and held[0] >= read:
        return cast(OpenRows, held[1])
    some = _some_open(read).subquery()
    today, tomorrow = (midnight(clock.today() + timedelta(days=n)) for n in (1, 2))
    due, dead = ConsentState.iys_due_at, some.c.dead_at
    on_its_way = dead.is_(None)
    count = func.count
    row = orm.db.session.execute(select(
        count().filter(on_its_way), count().filter(dead.is_not(None)), count().filter(due < today),
        count().filter(due < today, dead.is_not(None)),
        count().filter(due >= today, due < tomorrow),
        func.min(some.c.ref_at).filter(on_its_way), func.min(due).filter(on_its_way),
        count() >= read,
    ).select_from(some).outerjoin(ConsentState, _state_of(some))).one()
    found: Any = row
    answer = OpenRows(*found)
    if has_request_context():
        g.open_rows = (read, answer)
    return answer


def _some_open(most: int) -> Any:
    one = OutboxRow
    asked = select(one.provider_id, one.brand_id, one.order_key, one.dead_at, one.ref_at)
    if scope.current().dealer_id is None:
        return asked.where(one.topic == 1).order_by(
            one.provider_id, one.topic, one.ref_id).limit(most)
    own = (select(ConsentEntry.provider_id, ConsentEntry.id)
           .where(scope.taken_here(ConsentEntry.dealer_id))
           .order_by(ConsentEntry.captured_at.desc(), ConsentEntry.id.desc())
           .limit(min(most, DEALER_READ)).subquery())
    return asked.join(own, (one.provider_id == own.c.provider_id) & (one.ref_id == own.c.id)).where(
        one.topic == 1)


def _state_of(some: Any) -> Any:
    """The state an outbox row speaks about; its order key is recipient, type and channel
    (migrations/sql/0002_ledger.sql)."""
    kind = case((some.c.order_key.op("&")(4) == 4, 1), else_=2)
    return ((ConsentState.provider_id == some.c.provider_id)
            & (ConsentState.brand_id == some.c.brand_id)
            & (ConsentState.recipient_id == some.c.order_key.op(">>")(literal(3, Integer)))
            & (ConsentState.recipient_type == kind)
            & (ConsentState.channel == some.c.order_key.op("&")(3)))
