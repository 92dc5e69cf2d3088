"""What the report of compliance asks: one scoped statement for each of its blocks.

Why this module exists: what an inspector asks of a company's records (were they in time, what did
İYS refuse, how long did it take, what proves them, on which wording do they rest, what has to go)
must be the same on the page, in the file and for programs. Time is read from counted buckets: a
median is told as "no more than", which is true of it, and the slowest by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    cast,
    extract,
    func,
    select,
    union_all,
)

from ileti.consents.vocabulary import Source, Status
from ileti.core import orm
from ileti.documents.models import Document, DocumentVersion
from ileti.reports import queries
from ileti.reports.models import (
    ReportDue,
    ReportReplyDay,
    ReportReplyDealerDay,
    ReportReplyDealerMonth,
    ReportReplyMonth,
    ReportStanding,
    ReportWalk,
)
from ileti.reports.queries import BY_DAY, Wanted
from ileti.reports.rollup import UNDER
from ileti.tenancy import scope

_COLUMNS: Final = {"brand": "brand_id", "channel": "channel", "source": "source",
                   "dealer": "dealer_id"}
_SPANS: Final = ("day", "week", "month")
#: what the lines of this report can be, and what it can be narrowed by
BY: Final = (*_SPANS, *_COLUMNS)
ONLY: Final = tuple(_COLUMNS)
#: what is reported to İYS; what İYS told us is not
OURS: Final = [int(one) for one in Source if not one.is_iys]
MOST: Final = 500


class Times(NamedTuple):
    """How long acceptances took: ``median`` and ``p95`` are "no more than" in seconds, ``longest``
    to the second; None without an acceptance."""

    accepted: int = 0
    median: int | None = None
    p95: int | None = None
    longest: int | None = None


class Code(NamedTuple):
    """A code of İYS that did not accept; 0: an answer without a code."""

    code: int
    number: int


class Proven(NamedTuple):
    """Standing consents of a source proven by one thing
    (:class:`ileti.reports.proven.Proof`)."""

    source: int
    proof: int
    number: int


@dataclass(frozen=True)
class InUse:
    """A version of a text that standing consents rest on; ``version_id`` 0: no text."""

    version_id: int
    name: str
    version: int | None
    language: str
    published_at: datetime | None
    number: int


class Due(NamedTuple):
    """What is to be destroyed of a kind (:class:`ileti.retention.periods.Kind`): now, and within
    twelve months with that."""

    kind: int
    due: int
    year: int


def reported(wanted: Wanted) -> Wanted:
    """The same of what is reported to İYS."""
    asked = wanted.only.get("source")
    ours = [one for one in asked if one in OURS] or [-1] if asked else OURS
    return replace(wanted, only=dict(wanted.only) | {"source": ours})


def late_refusals(wanted: Wanted) -> int:
    """Refusals that reached İYS after three business days, or not in them (R-33)."""
    return queries.totals(replace(wanted, only=dict(wanted.only) | {
        "status": [int(Status.RET)]})).overdue


def times(wanted: Wanted, by: str, keys: Sequence[Any] | None = None) -> dict[Any, Times]:
    """How long acceptances of each line took; without ``by`` one line, called None."""
    source = _replies(wanted, by)
    key = _key(source, by)
    asked = select(key, source.c.bucket, func.sum(source.c.number), func.max(source.c.longest)
                   ).where(source.c.bucket > 0).group_by(key, source.c.bucket)
    if keys is not None:
        asked = asked.where(key.in_(keys))
    found: dict[Any, dict[int, tuple[int, int]]] = {}
    for one, bucket, number, longest in orm.db.session.execute(asked):
        found.setdefault(one, {})[bucket] = (int(number), int(longest))
    return {one: _times(buckets) for one, buckets in found.items()}


def _times(buckets: dict[int, tuple[int, int]]) -> Times:
    accepted = sum(number for number, _longest in buckets.values())
    longest = max(one for _number, one in buckets.values())

    def no_more_than(share: float) -> int:
        seen = 0
        for bucket in sorted(buckets):
            seen += buckets[bucket][0]
            if seen >= share * accepted:
                return min(longest, *UNDER[bucket - 1:bucket])
        return longest

    return Times(accepted, no_more_than(0.5), no_more_than(0.95), longest)


def codes(wanted: Wanted) -> list[Code]:
    """What İYS did not accept, by its code, the most frequent first."""
    source = _replies(wanted, "")
    number = func.sum(source.c.number)
    asked = select(source.c.code, number).where(source.c.bucket == 0).group_by(
        source.c.code).order_by(number.desc(), source.c.code).limit(MOST)
    return [Code(int(code), int(count)) for code, count in orm.db.session.execute(asked)]


def proven(wanted: Wanted) -> list[Proven]:
    """What proves the standing consents, by how they were given; whenever they were taken."""
    one = ReportStanding
    number = func.sum(one.number)
    asked = _narrowed(select(one.source, one.proof, number), wanted).group_by(
        one.source, one.proof).having(number > 0).order_by(number.desc(), one.source, one.proof)
    return [Proven(int(source), int(proof), int(count))
            for source, proof, count in orm.db.session.execute(asked)]


def in_use(wanted: Wanted) -> list[InUse]:
    """The versions that standing consents rest on, the most used first; whenever taken."""
    one, version = ReportStanding, DocumentVersion
    counted = _narrowed(select(one.text_id, func.sum(one.number).label("number")), wanted
                        ).group_by(one.text_id).having(func.sum(one.number) > 0).subquery()
    asked = select(
        counted.c.text_id, Document.name, version.version, version.language, version.published_at,
        counted.c.number).select_from(counted).outerjoin(
            version, version.id == counted.c.text_id).outerjoin(
            Document, Document.id == version.document_id).order_by(
            counted.c.number.desc(), counted.c.text_id).limit(MOST)
    return [InUse(int(number), name or "", at_version, language or "", published, int(count))
            for number, name, at_version, language, published, count
            in orm.db.session.execute(asked)]


def due() -> list[Due]:
    """What is to be destroyed (R-64); of a provider as a whole, so nothing for who sees less."""
    here = scope.current()
    if here.brand_id is not None or here.dealer_id is not None:
        return []
    one = ReportDue
    asked = select(one.kind, func.sum(one.due), func.sum(one.year)).group_by(one.kind).having(
        func.sum(one.year) > 0).order_by(one.kind)
    return [Due(int(kind), int(now), int(year))
            for kind, now, year in orm.db.session.execute(asked)]


def walked_at() -> datetime | None:
    """As of when standing consents were counted: of several providers the oldest; None while one
    was not counted yet. The place of a walk is nobody's below the provider, so it is asked past
    the rules."""
    provider = scope.current().provider_id
    with scope.system_scope():
        asked = select(func.count(), func.count(ReportWalk.counted_at),
                       func.min(ReportWalk.counted_at))
        if provider is not None:
            asked = asked.where(ReportWalk.provider_id == provider)
        all_, counted, oldest = orm.db.session.execute(asked).one()
    return oldest if all_ and all_ == counted else None


# -- the statement ---------------------------------------------------------------------------------


def _narrowed(asked: Any, wanted: Wanted) -> Any:
    for name, only in wanted.only.items():
        if only and name in _COLUMNS:
            asked = asked.where(getattr(ReportStanding, _COLUMNS[name]).in_(only))
    return asked


def _replies(wanted: Wanted, by: str) -> Subquery:
    """The rows that answer, from the smallest tables that know what is asked."""
    dealers = (by == "dealer" or wanted.only.get("dealer")
               or scope.current().dealer_id is not None)
    model, monthly = ((ReportReplyDealerDay, ReportReplyDealerMonth) if dealers
                      else (ReportReplyDay, ReportReplyMonth))
    fine = by in ("day", "week") or wanted.days <= BY_DAY
    columns = {name: one for name, one in _COLUMNS.items() if dealers or name != "dealer"}
    parts = []
    table: Any
    for table, since, until in queries.spans(wanted, model, None if fine else monthly):
        asked = select(table.day, *(getattr(table, one) for one in columns.values()), table.code,
                       table.bucket, table.number, table.longest
                       ).where(table.day >= since, table.day <= until)
        for name, only in wanted.only.items():
            if only and name in columns:
                asked = asked.where(getattr(table, columns[name]).in_(only))
        parts.append(asked)
    return (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()


def _key(source: Subquery, by: str) -> ColumnElement[Any]:
    if not by:
        return func.nullif(1, 1)
    if by == "week":  # of days as numbers, which costs less than of moments
        monday: ColumnElement[Any] = source.c.day - cast(
            extract("isodow", source.c.day), Integer) + 1
        return monday
    if by == "month":
        span: ColumnElement[Any] = func.date(func.date_trunc(by, source.c.day))
        return span
    column: ColumnElement[Any] = source.c["day" if by == "day" else _COLUMNS[by]]
    return column
