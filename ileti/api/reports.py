"""Numbers for programs: consents and messages of a span, counted by one thing.

Why this module exists: a company's own dashboard wants the panel's figures for any span and filter.
Consents are the panel's report (:mod:`ileti.reports.queries`), counted within seconds; messages are
counted where they lie. Nothing here holds an address. A span is bounded, so that no program can
make the database read for minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.looking import NARROWED, narrowed
from ileti.api.reading import query, refuse
from ileti.api.scoped import Declared, brand_codes, brand_ids, retailer_codes
from ileti.api.shapes import BRANDS, SPAN, many, maybe, midnight, obj
from ileti.capture.api_document import Operation
from ileti.channels.base import MessageKind
from ileti.channels.models import Message
from ileti.consents import fieldfilter
from ileti.consents.models import ConsentEntry
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, orm
from ileti.reports import queries
from ileti.reports.rollup import EFFECTIVE
from ileti.reports.sentstates import STATES, state_of
from ileti.tenancy import scope
from ileti.tenancy.models import Dealer

CONSENTS: Final = "/api/v1/reports/consents"
SENT: Final = "/api/v1/reports/messages"
MOST_DAYS: Final = 366
MOST_ROWS: Final = 10_000
_UNKNOWN: Final[dict[str, Any]] = dict.fromkeys(
    ("accepted", "rejected", "overdue", "sameDay", "secondsToIys"))
# what a line is called here → there
_PARTS: Final = {"retailerCode": "dealer", "recipientType": "type"}
_SPANS: Final = ("day", "week", "month")
_BY: Final = (*_SPANS, "channel", "source", "status", "brand", "retailerCode", "recipientType")
_BY_SENT: Final = (*_SPANS, "channel", "kind", "state", "brand")


def consents(call: Call) -> Answer:
    """``GET /reports/consents``: consents and refusals that were taken in a span, by one thing."""
    asked = query(call, _CONSENTS)
    since, until = span(asked)
    only: dict[str, Sequence[int]] = {}
    if asked["brand"]:
        only["brand"] = list(brand_ids(asked["brand"]))
    if asked["retailerCode"]:
        only["dealer"] = list(orm.db.session.scalars(
            select(Dealer.id).where(Dealer.retailer_code.in_(asked["retailerCode"])))) or [-1]
    words: dict[str, Any] = {"channel": Channel, "source": Source, "status": Status,
                             "recipientType": RecipientType}
    for name, word in words.items():
        if asked[name]:
            only[_PARTS.get(name, name)] = [int(word[each]) for each in asked[name]]
    wanted = queries.Wanted(since, until, only)
    fields = narrowed(asked["field"])
    if fields:
        return Answer(200, _by_fields(asked["by"], wanted, fields))
    by = _PARTS.get(asked["by"], asked["by"])
    found = sorted(queries.lines(wanted, by, most=MOST_ROWS), key=lambda one: one.key)
    if by == "dealer":
        found = [one._replace(key=one.key or None) for one in found]
    names = names_of(asked["by"], [one.key for one in found])
    total, at = queries.totals(wanted), queries.counted_at()
    return Answer(200, {
        "since": since.isoformat(), "until": until.isoformat(), "by": asked["by"],
        "countedAt": at and at.isoformat(),
        "rows": [{"key": names(one.key)} | _figures(one.numbers) for one in found],
        **_figures(total)})


def _by_fields(by: str, wanted: queries.Wanted, fields: Any) -> dict[str, Any]:
    """The same of records with some values of custom fields: counted where they lie, without what
    İYS said."""
    one = ConsentEntry
    columns: dict[str, Any] = {
        "channel": one.channel, "source": one.source, "status": one.status,
        "brand": one.brand_id, "retailerCode": one.dealer_id,
        "recipientType": one.recipient_type}
    key = _column(by, one.captured_at, columns)
    asked = select(key, *(func.count().filter(one.status == int(word)) for word in Status)).where(
        one.captured_at >= midnight(wanted.since),
        one.captured_at < midnight(wanted.until + timedelta(days=1)),
        one.outcome.in_(EFFECTIVE), scope.taken_here(one.dealer_id))
    parts = {_PARTS.get(name, name): column for name, column in columns.items()} | {
        "dealer": one.dealer_id}
    for name, values in wanted.only.items():
        asked = asked.where(parts[name].in_(values))
    for field, values in fields:
        asked = asked.where(fieldfilter.holds(one, field, values))
    found = orm.db.session.execute(asked.group_by(key).order_by(key)).all()
    names = names_of(by, [row[0] for row in found])
    rows = [{"key": names(one), "consents": yes, "refusals": no} | _UNKNOWN
            for one, yes, no in found]
    return {"since": wanted.since.isoformat(), "until": wanted.until.isoformat(), "by": by,
            "countedAt": clock.now().isoformat(), "rows": rows,
            "consents": sum(row["consents"] for row in rows),
            "refusals": sum(row["refusals"] for row in rows)} | _UNKNOWN


def _figures(one: queries.Numbers) -> dict[str, Any]:
    return {"consents": one.consents, "refusals": one.refusals, "accepted": one.accepted,
            "rejected": one.rejected, "overdue": one.overdue, "sameDay": one.same_day,
            "secondsToIys": one.wait}


def sent(call: Call) -> Answer:
    """``GET /reports/messages``: messages that came to be sent in a span, by one thing."""
    asked = query(call, _SENT)
    since, until = span(asked)
    one = Message
    columns: dict[str, Any] = {"channel": one.channel, "kind": one.kind, "brand": one.brand_id,
                               "state": state_of(one)}
    by = _column(asked["by"], one.created_at, columns)
    wanted = select(by, func.count()).where(
        one.created_at >= midnight(since), one.created_at < midnight(until + timedelta(days=1)))
    if asked["brand"]:
        wanted = wanted.where(one.brand_id.in_(brand_ids(asked["brand"])))
    if asked["channel"]:
        wanted = wanted.where(one.channel.in_([int(Channel[each]) for each in asked["channel"]]))
    if asked["kind"]:
        wanted = wanted.where(one.kind.in_([int(MessageKind[each]) for each in asked["kind"]]))
    if asked["state"]:
        wanted = wanted.where(state_of(one).in_(asked["state"]))
    found = orm.db.session.execute(wanted.group_by(by).order_by(by)).all()
    names = names_of(asked["by"], [row[0] for row in found])
    rows = [{"key": names(key), "messages": count} for key, count in found]
    return Answer(200, {
        "since": since.isoformat(), "until": until.isoformat(), "by": asked["by"], "rows": rows,
        "messages": sum(row["messages"] for row in rows)})


def span(asked: dict[str, Any]) -> tuple[Any, Any]:
    """First and last day; the last thirty when none are said. Raises InvalidInput."""
    until = asked["until"] or clock.today()
    since = asked["since"] or until - timedelta(days=29)
    if since > until:
        raise refuse("since")
    if (until - since).days >= MOST_DAYS:
        raise refuse("until")
    return since, until


def _column(by: str, moment: Any, columns: dict[str, Any]) -> ColumnElement[Any]:
    """What rows are grouped by; spans of time are Istanbul's, by their first day."""
    if by in _SPANS:
        local = func.timezone("Europe/Istanbul", moment)
        spanned: ColumnElement[Any] = func.date(func.date_trunc(by, local))
        return spanned
    column: ColumnElement[Any] = columns[by]
    return column


def names_of(by: str, keys: list[Any]) -> Callable[[Any], str | None]:
    """From a group's key to what stands in the answer: text, or null for "by no retailer"."""
    if by == "brand":
        codes = brand_codes(keys)
        return lambda key: str(codes[key])
    if by == "retailerCode":
        dealers = retailer_codes(keys)
        return lambda key: None if key is None else str(dealers.get(key) or f"#{key}")
    words: dict[str, Any] = {"channel": Channel, "source": Source, "recipientType": RecipientType,
                             "status": Status, "kind": MessageKind}
    return (lambda key: str(words[by](key).name)) if by in words else str


_KIND: Final[shapes.Schema] = {"type": "string", "enum": [one.name for one in MessageKind]}
STATE: Final[shapes.Schema] = {"type": "string", "enum": list(STATES)}
CHANNELS: Final[shapes.Declared] = {
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas."))}


def by_words(words: tuple[str, ...]) -> shapes.Declared:
    """The parameter that says by what is counted."""
    return {"by": ({"type": "string", "enum": list(words), "default": "day"},
                   ("Neye göre sayılacağı; hafta ve ay ilk günüyle yazılır.",
                    "By what it is counted; weeks and months are named by their first day."))}


_CONSENTS: Final[shapes.Declared] = BRANDS | SPAN | by_words(_BY) | CHANNELS | {
    "source": (many(shapes.SOURCE), ("Kaynaklar, virgülle.", "Sources, with commas.")),
    "status": (many(shapes.STATUS), ("Onay, ret ya da ikisi.", "Consents, refusals or both.")),
    "recipientType": (many(shapes.KIND), ("Alıcı tipleri, virgülle.",
                                          "Recipient types, with commas.")),
    "retailerCode": (many(shapes.NUMBER), ("Alan bayilerin İYS numaraları, virgülle.",
                                           "Numbers at İYS of the retailers that took them, with "
                                           "commas.")),
    "field": NARROWED["field"],
}
_SENT: Final[shapes.Declared] = BRANDS | SPAN | by_words(_BY_SENT) | CHANNELS | {
    "kind": (many(_KIND), ("İleti türleri, virgülle.", "Kinds of messages, with commas.")),
    "state": (many(STATE), ("Durumlar, virgülle.", "States, with commas.")),
}
_FIGURES: Final[dict[str, shapes.Schema]] = {
    **dict.fromkeys(("consents", "refusals"), shapes.WHOLE),
    **dict.fromkeys(_UNKNOWN, maybe(shapes.WHOLE))}
SCHEMAS: Final = {
    "Report": obj(since=shapes.DAY, until=shapes.DAY, by={"type": "string", "enum": list(_BY)},
                  countedAt=maybe(shapes.MOMENT),
                  rows=many(obj(key=maybe(shapes.TEXT), **_FIGURES)), **_FIGURES),
    "SentReport": obj(since=shapes.DAY, until=shapes.DAY,
                      by={"type": "string", "enum": list(_BY_SENT)},
                      rows=many(obj(key=maybe(shapes.TEXT), messages=shapes.WHOLE)),
                      messages=shapes.WHOLE),
}
_EXAMPLE: Final = {"consents": 4_711, "refusals": 12, "accepted": 4_690, "rejected": 21,
                   "overdue": 0, "sameDay": 4_690, "secondsToIys": 41}
EXAMPLES: Final[dict[str, Any]] = {
    "Report": {"since": "2026-11-01", "until": "2026-11-30", "by": "channel",
               "countedAt": "2026-11-30T14:02:11+03:00", **_EXAMPLE,
               "rows": [{"key": "MESAJ", **_EXAMPLE}]},
    "SentReport": {"since": "2026-11-01", "until": "2026-11-30", "by": "state", "messages": 812,
                   "rows": [{"key": "SENT", "messages": 812}]},
}
_FAULTS: Final = (401, 403, 404, 422, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "reportConsents", "get", CONSENTS, "reports", ("İzin raporu", "A report of consents"),
        ("Alınan onaylar, retler ve İYS’in yanıtları; en çok 366 gün. Gün verilmezse son 30 gün. "
         "Saniyeler içinde sayılır: `countedAt` anına kadar olanlar sayılmıştır.",
         "Consents, refusals and İYS’s answers; 366 days at most. Without days the last 30. "
         "Counted within seconds: what had come by `countedAt` is counted."), 200,
        ("Sayılar.", "The numbers."), "Report", query=_CONSENTS, faults=_FAULTS),
        consents, "reports:read"),
    Declared(Operation(
        "reportMessages", "get", SENT, "reports", ("İleti raporu", "A report of messages"),
        ("Gönderilmek üzere yazılan iletiler; en çok 366 gün. Gün verilmezse son 30 gün.",
         "Messages that came to be sent; 366 days at most. Without days the last 30."), 200,
        ("Sayılar.", "The numbers."), "SentReport", query=_SENT, faults=_FAULTS),
        sent, "reports:read"),
)
