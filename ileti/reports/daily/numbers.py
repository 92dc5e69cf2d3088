"""The numbers of one day: one scoped statement per block, each rule where it stands already.

Why this module exists: page, mail, PDF and API must tell the same day. What was taken and what İYS
said to it comes from the counted reports (:mod:`ileti.reports.queries`, in one question for the day
and the two it is set beside); deadlines from the radar, differences from reconciliation, and so on.
Nothing here knows rights or words: who reads sees the rows of the scope, and no number is a person.
A day is Istanbul's; deadlines and what waits for people are of this moment, whatever the day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, func, or_, select

from ileti.campaigns.vocabulary import Batch
from ileti.channels.models import Message
from ileti.consents.vocabulary import Source
from ileti.core import clock, db, orm
from ileti.imports.models import ImportRun
from ileti.imports.states import RunState
from ileti.inbound import listpage as inbound_list
from ileti.iys.daymodels import IysDay
from ileti.iys.days import Result
from ileti.iys.models import IysReceipt
from ileti.mailroom import deciding
from ileti.mailroom.models import ReturnedMail
from ileti.mailroom.reading import Kind
from ileti.radar import causes
from ileti.radar.counts import By, Left, Line
from ileti.radar.counts import Wanted as Waiting
from ileti.radar.counts import count as count_waiting
from ileti.radar.missed import Missed, missed
from ileti.reports import queries
from ileti.reports.queries import Numbers, Wanted
from ileti.reports.sentstates import state_of
from ileti.requests.desk import listpage as requests_list
from ileti.tenancy import scope
from ileti.tenancy.models import Provider

#: the same weekday stands a week before
WEEK: Final = 7
#: days of the picture
DAYS: Final = 28
REFUSALS_READ: Final = 20_000
REASONS: Final = 50
BRANDS: Final = 200
#: days whose differences are looked for
RECONCILED: Final = 14
HERE: Final = tuple(int(one) for one in Source if one is not Source.NONE and not one.is_iys)


class Sent(NamedTuple):
    """Messages of the day by what became of them."""

    sent: int = 0
    failed: int = 0
    blocked: int = 0
    waiting: int = 0


class Imported(NamedTuple):
    """Lists of the day: how many came and were applied, consents they wrote and left out, how many
    failed."""

    came: int = 0
    applied: int = 0
    written: int = 0
    left_out: int = 0
    failed: int = 0


class People(NamedTuple):
    """What waits for a person now: requests that are due within ten days or over (and when the
    first is due), messages and mails to be read, days that differ from İYS."""

    requests: int = 0
    first_due: datetime | None = None
    inbound: int = 0
    mails: int = 0
    differing: int = 0


@dataclass(frozen=True)
class Reconciled:
    """What came of comparing a brand's day with İYS; ``result`` None while nothing is known."""

    brand_id: int
    row: IysDay


@dataclass(frozen=True)
class Taken:
    """What was taken on the day and the days it is set beside: ``days`` per day and channel, of
    what was taken here; ``changed`` per channel, of what citizens did at İYS on the day."""

    days: dict[date, dict[int, Numbers]] = field(default_factory=dict)
    changed: dict[int, Numbers] = field(default_factory=dict)

    def total(self, day: date) -> Numbers:
        """All channels of a day."""
        return added(self.days.get(day, {}).values())


def added(some: Any) -> Numbers:
    """Numbers added up."""
    return Numbers(*(sum(one) for one in zip(*some, strict=True))) if some else Numbers()


def span(day: date) -> tuple[datetime, datetime]:
    """The first moment of an Istanbul day and that of the next."""
    first, after = (datetime.combine(one, time(), clock.ISTANBUL).astimezone(UTC)
                    for one in (day, day + timedelta(1)))
    return first, after


def taken(day: date, until: date | None = None) -> Taken:
    """What was taken in the four weeks up to the day and on to ``until``; one statement."""
    wanted = Wanted(day - timedelta(DAYS - 1), max(day, until or day))
    days: dict[date, dict[int, Numbers]] = {}
    changed: dict[int, Numbers] = {}
    for (when, channel, source), numbers in queries.cells(
            wanted, "day", "channel", "source").items():
        if source in HERE:
            of_day = days.setdefault(when, {})
            of_day[channel] = added([of_day.get(channel, Numbers()), numbers])
        elif when == day:
            changed[channel] = added([changed.get(channel, Numbers()), numbers])
    return Taken(days, changed)


def by_brand(day: date) -> dict[int, Numbers]:
    """What was taken here on the day, by brand, the most first."""
    return {one.key: one.numbers for one in queries.lines(
        Wanted(day, day, {"source": HERE}), "brand", most=BRANDS)}


def refusals(day: date) -> Counter[str]:
    """Records İYS refused on the day, by its code, whenever they were taken; of a record the same
    answer counts once."""
    since, until = span(day)
    newest = select(IysReceipt.entry_id, IysReceipt.code).where(
        IysReceipt.at >= since, IysReceipt.at < until, ~IysReceipt.accepted,
        IysReceipt.code.is_not(None)).order_by(IysReceipt.at.desc()).limit(REFUSALS_READ).subquery()
    many = func.count(newest.c.entry_id.distinct())
    return Counter({row[0]: row[1] for row in orm.db.session.execute(
        select(newest.c.code, many).group_by(newest.c.code)
        .order_by(many.desc(), newest.c.code).limit(REASONS))})


def waiting() -> list[Line]:
    """What waits for İYS at this moment, by the time that is left (R-40)."""
    return count_waiting(By.BRAND, Waiting()).lines


def left(lines: list[Line]) -> Counter[Left]:
    """The same as numbers by the time that is left."""
    found: Counter[Left] = Counter()
    for one in lines:
        found[one.left] += one.number
    return found


def held() -> dict[int, Provider]:
    """Providers in view whose connection to İYS does not work, which holds up all they have."""
    return causes.held(causes.special_providers())


def stuck(lines: list[Line], stopped: dict[int, Provider]) -> int:
    """How many of these wait for somebody to act; ``stopped`` is :func:`held`."""
    return sum(one.number for one in lines if causes.waits_for_a_person(one, stopped))


def missed_on(day: date) -> Missed:
    """What missed its deadline and was given up, or was answered so, on the day (R-33)."""
    return missed(Waiting(), *span(day))


def reconciled(day: date) -> list[Reconciled]:
    """The day's comparison with İYS, by brand."""
    return [Reconciled(one.brand_id, one) for one in orm.db.session.scalars(
        select(IysDay).where(IysDay.day == day).order_by(IysDay.brand_id).limit(BRANDS))]


def sent(day: date) -> Sent:
    """Messages to single people that came to be sent on the day, and what became of them."""
    since, until = span(day)
    state = state_of(Message)
    found = {row[0]: row[1] for row in orm.db.session.execute(select(
        state, func.count()).where(
            Message.created_at >= since, Message.created_at < until).group_by(state))}
    return Sent(found.get("SENT", 0), found.get("FAILED", 0), found.get("BLOCKED", 0),
                found.get("WAITING", 0))


_CAMPAIGNS: Final = """
select coalesce(sum(b.handed) filter (where b.state = any(%(gone)s)), 0),
       coalesce(sum(b.handed) filter (where b.state = %(refused)s), 0),
       coalesce(sum(b.blocked), 0)
  from campaign c join campaign_batch b on b.provider_id = c.provider_id and b.campaign_id = c.id
 where c.released_at < %(until)s and (c.ended_at is null or c.ended_at >= %(since)s)
   and b.begun_at >= %(since)s and b.begun_at < %(until)s
   and (%(all)s or c.provider_id = %(provider)s)
   and (%(brand)s::int is null or c.brand_id = %(brand)s)
   and (%(dealer)s::int is null or c.dealer_id = %(dealer)s)"""


def campaigned(day: date) -> Sent:
    """Messages of campaigns that were handed over on the day. Batches have no brand of their own,
    so the place stands in the statement, besides the wall that stands behind it."""
    since, until = span(day)
    here = scope.current()
    row = db.connection().execute(_CAMPAIGNS, {
        "since": since, "until": until, "all": here.everything, "provider": here.provider_id,
        "brand": here.brand_id, "dealer": here.dealer_id, "refused": int(Batch.REFUSED),
        "gone": [int(Batch.TAKEN), int(Batch.IN_DOUBT)]}).fetchone()
    return Sent(*(int(one) for one in row)) if row else Sent()


def complaints(day: date) -> int:
    """Mails of ours that somebody reported as spam, told on the day."""
    since, until = span(day)
    return int(orm.db.session.scalar(select(func.count()).select_from(ReturnedMail).where(
        ReturnedMail.came_at >= since, ReturnedMail.came_at < until,
        ReturnedMail.kind == int(Kind.COMPLAINT))) or 0)


def imported(day: date) -> Imported:
    """Lists that came or ended on the day."""
    since, until = span(day)
    one = ImportRun
    came = and_(one.created_at >= since, one.created_at < until)
    ended = and_(one.ended_at >= since, one.ended_at < until)
    applied = and_(ended, one.state == int(RunState.APPLIED))
    row = orm.db.session.execute(select(
        func.count().filter(came), func.count().filter(applied),
        func.coalesce(func.sum(one.written).filter(applied), 0),
        func.coalesce(func.sum(one.left_out).filter(applied), 0),
        func.count().filter(ended, one.state == int(RunState.FAILED)),
    ).where(or_(came, ended))).one()
    return Imported(*(int(number) for number in row))


def people() -> People:
    """What waits for somebody now, one statement; nothing of it is a dealer's."""
    if scope.current().dealer_id is not None:
        return People()
    requests, first = requests_list.waiting()
    mails = select(ReturnedMail.id).where(
        ReturnedMail.outcome.in_([int(one) for one in deciding.OPEN]),
        ReturnedMail.decided_at.is_(None)).limit(requests_list.COUNTED).subquery()
    differing = select(func.count()).select_from(IysDay).where(
        IysDay.day >= clock.today() - timedelta(RECONCILED), IysDay.differences > 0,
        IysDay.result == int(Result.DIFFERENT))
    row = orm.db.session.execute(select(
        requests, first, inbound_list.waiting(),
        select(func.count()).select_from(mails).scalar_subquery(),
        differing.scalar_subquery())).one()
    return People(row[0], row[1], row[2], row[3], row[4])
