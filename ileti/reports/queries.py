"""What a report asks: one scoped statement over the numbers that were counted.

Why this module exists: pages, files and programs must show the same figures, each reader those of
its own scope and no others. So there is one place that says which table answers, what a line is and
what is added up. A question is asked of the smallest table that knows what it names, a long one by
whole months with the days at both ends; the session's row rules stand on each.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all

from ileti.consents.vocabulary import Status
from ileti.core import orm
from ileti.reports.models import (
    ReportAgentDay,
    ReportAgentMonth,
    ReportBrandDay,
    ReportDay,
    ReportDealerDay,
    ReportDealerMonth,
    ReportMark,
    ReportSiteDay,
    ReportSiteMonth,
)
from ileti.tenancy import scope

#: longer spans are read by the month
BY_DAY: Final = 62
MOST_LINES: Final = 1_000
_NARROW: Final = {"brand": "brand_id", "channel": "channel", "source": "source",
                  "type": "recipient_type", "status": "status"}
_WIDE: Final = {"dealer": "dealer_id", "site": "site_id", "agent": "agent_id"}
# what a question names of the three → the table that knows no more
_TABLES: Final[dict[frozenset[str], Any]] = {
    frozenset(): ReportBrandDay, frozenset({"dealer"}): ReportDealerDay,
    frozenset({"site"}): ReportSiteDay, frozenset({"agent"}): ReportAgentDay}
_MONTHS: Final[dict[Any, Any]] = {
    ReportDealerDay: ReportDealerMonth, ReportSiteDay: ReportSiteMonth,
    ReportAgentDay: ReportAgentMonth}
_SPANS: Final = ("day", "week", "month")
#: what the lines of a report can be
BY: Final = (*_SPANS, *_NARROW, *_WIDE)


@dataclass(frozen=True)
class Wanted:
    """What a report is about: days of Istanbul, both counted, and what they are narrowed to by
    name, as :data:`BY` has it; an empty list narrows nothing."""

    since: date
    until: date
    only: dict[str, Sequence[int]] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.until - self.since).days + 1

    def before(self) -> Wanted:
        """The same of the days before, as many."""
        return replace(self, since=self.since - timedelta(self.days),
                       until=self.since - timedelta(1))


class Numbers(NamedTuple):
    """One line: consents and refusals that took effect; İYS's answers about them; ``waited``
    seconds from taking to acceptance, summed."""

    consents: int = 0
    refusals: int = 0
    accepted: int = 0
    rejected: int = 0
    overdue: int = 0
    same_day: int = 0
    waited: int = 0

    @property
    def taken(self) -> int:
        """Both."""
        return self.consents + self.refusals

    @property
    def acceptance(self) -> float | None:
        """The share İYS accepted of what it answered; None without an answer."""
        answers = self.accepted + self.rejected
        return self.accepted / answers if answers else None

    @property
    def wait(self) -> int | None:
        """Seconds from taking to acceptance on average."""
        return round(self.waited / self.accepted) if self.accepted else None


class Line(NamedTuple):
    """A line of a report by its key: a day (of a week or month the first), or a number."""

    key: Any
    numbers: Numbers


def lines(wanted: Wanted, by: str, *, most: int = MOST_LINES) -> list[Line]:
    """The lines in order: spans of time by date, everything else by how much was taken."""
    source = _source(wanted, by, ())
    key = _key(source, by)
    order = key if by in _SPANS else func.sum(source.c.taken).desc()
    asked = select(key, *_sums(source)).group_by(key).order_by(order, key).limit(most)
    return [Line(row[0], _numbers(row[1:])) for row in orm.db.session.execute(asked)]


def totals(wanted: Wanted) -> Numbers:
    """Everything in one line."""
    source = _source(wanted, "", ())
    return _numbers(orm.db.session.execute(select(*_sums(source))).one())


def how_many(wanted: Wanted, by: str) -> int:
    """How many lines a report has."""
    source = _source(wanted, by, ())
    return int(orm.db.session.scalar(
        select(func.count(func.distinct(_key(source, by))))) or 0)


def courses(wanted: Wanted, by: str, keys: Sequence[Any], span: str) -> dict[Any, dict[date, int]]:
    """What was taken over time of some lines: per key and span (its first day)."""
    if not keys:
        return {}
    source = _source(wanted, by, (span,))
    key, moment = _key(source, by), _key(source, span)
    found: dict[Any, dict[date, int]] = {}
    for one, day, taken in orm.db.session.execute(
            select(key, moment, func.sum(source.c.taken)).where(key.in_(keys))
            .group_by(key, moment)):
        found.setdefault(one, {})[day] = int(taken)
    return found


def cells(wanted: Wanted, *by: str) -> dict[tuple[Any, ...], Numbers]:
    """The numbers by several things at once; keys in the order of ``by``."""
    source = _source(wanted, by[0], by[1:])
    keys = [_key(source, one) for one in by]
    return {tuple(row[:len(keys)]): _numbers(row[len(keys):]) for row in orm.db.session.execute(
        select(*keys, *_sums(source)).group_by(*keys))}


def counted_at() -> datetime | None:
    """The moment up to which everything is counted; None before the first count ended. The mark is
    nobody's, so it is asked past the rules."""
    with scope.system_scope():
        return orm.db.session.scalar(select(ReportMark.counted_at))


def starts(wanted: Wanted, span: str) -> list[date]:
    """The first day of each span that the report touches, the empty ones too."""
    found, at = [], _start(wanted.since, span)
    while at <= wanted.until:
        found.append(at)
        at = at + timedelta(1 if span == "day" else 7) if span != "month" else _start(
            at + timedelta(32), span)
    return found


def _start(day: date, span: str) -> date:
    if span == "week":
        return day - timedelta(day.weekday())
    return day.replace(day=1) if span == "month" else day


# -- the statement ---------------------------------------------------------------------------------


def _source(wanted: Wanted, by: str, more: Sequence[str]) -> Subquery:
    """The rows that answer, from the smallest tables that know what is asked."""
    asked = {by, *more, *(name for name, only in wanted.only.items() if only)}
    if scope.current().dealer_id is not None:
        asked.add("dealer")
    wide = asked & _WIDE.keys()
    fine = not asked.isdisjoint({"day", "week"}) or wanted.days <= BY_DAY
    parts = [_part(model, wanted, since, until, wide)
             for model, since, until in _spans(wanted, wide, fine=fine)]
    return (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()


def _spans(wanted: Wanted, wide: Set[str], *, fine: bool) -> list[tuple[Any, date, date]]:
    model = _TABLES.get(frozenset(wide), ReportDay)
    return spans(wanted, model, None if fine else _MONTHS.get(model))


def spans(wanted: Wanted, model: Any, monthly: Any | None) -> list[tuple[Any, date, date]]:
    """Which table is asked for which days: whole months of the one that stands by the month, when
    there is one, and the days at both ends."""
    since, until = wanted.since, wanted.until
    first = since if since.day == 1 else _start(since.replace(day=1) + timedelta(32), "month")
    end = _start(until + timedelta(1), "month")  # the first day after the last whole month
    if monthly is None or first >= end:
        return [(model, since, until)]
    found: list[tuple[Any, date, date]] = [(monthly, first, end - timedelta(1))]
    if since < first:
        found.append((model, since, first - timedelta(1)))
    if end <= until:
        found.append((model, end, until))
    return found


def _part(model: Any, wanted: Wanted, since: date, until: date, wide: Set[str]) -> Select[Any]:
    columns = _NARROW | {name: _WIDE[name] for name in sorted(wide)}
    asked = select(
        model.day, *(getattr(model, one) for one in columns.values()), model.taken,
        model.accepted, model.rejected, model.overdue, model.same_day, model.waited,
    ).where(model.day >= since, model.day <= until)
    for name, only in wanted.only.items():
        if only:
            asked = asked.where(getattr(model, columns[name]).in_(only))
    return asked


def _key(source: Subquery, by: str) -> ColumnElement[Any]:
    if by in ("week", "month"):
        span: ColumnElement[Any] = func.date(func.date_trunc(by, source.c.day))
        return span
    column: ColumnElement[Any] = source.c["day" if by == "day" else (_NARROW | _WIDE)[by]]
    return column


def _sums(source: Subquery) -> list[ColumnElement[Any]]:
    taken = source.c.taken
    return [*(func.coalesce(func.sum(taken).filter(source.c.status == int(word)), 0)
              for word in (Status.ONAY, Status.RET)),
            *(func.coalesce(func.sum(source.c[one]), 0)
              for one in ("accepted", "rejected", "overdue", "same_day", "waited"))]


def _numbers(row: Sequence[Any]) -> Numbers:
    return Numbers(*(int(one) for one in row))


