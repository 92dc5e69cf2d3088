"""İYS and numbers for programs: what waits, what İYS's days say, what was taken when.

Why this module exists: a company's own dashboard wants the same figures as the panel, and an alarm
of its own when something waits too long. All of it is the panel's rows, counted; nothing here holds
an address. What is counted is bounded, so that no program can make the database read for minutes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, tuple_

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import query, refuse
from ileti.api.scoped import Declared, brand_codes, brand_ids, page, place, retailer_codes
from ileti.api.shapes import BRANDS, LIMIT, SPAN, many, maybe, midnight, obj
from ileti.capture.api_document import Operation
from ileti.consents.models import ConsentEntry
from ileti.consents.momenttold import iso
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, Outcome, RecipientType, Source, Status
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import IysDay, IysDifference
from ileti.iys.models import IysCursor
from ileti.outbox.models import OutboxRow
from ileti.tenancy import scope
from ileti.tenancy.models import Brand, Provider

STATE: Final = "/api/v1/iys/state"
DAYS: Final = "/api/v1/iys/days"
REPORT: Final = "/api/v1/reports/consents"
COUNTED: Final = 10_000
MOST_DAYS: Final = 366
_EFFECTIVE: Final = (int(Outcome.RECORDED), int(Outcome.LOCAL_ONLY))
_BY: Final = ("day", "channel", "source", "brand", "retailerCode", "recipientType")


def state(call: Call) -> Answer:
    """``GET /iys/state``: per brand what waits and what stopped, and when changes were heard."""
    query(call, {})
    provider = orm.db.session.get(Provider, call.caller.provider_id)
    heard = {one.brand_id: one for one in orm.db.session.scalars(select(IysCursor))}
    some = select(OutboxRow.brand_id, OutboxRow.dead_at, OutboxRow.ref_at).where(
        OutboxRow.topic == 1).limit(COUNTED).subquery()
    waits = {row[0]: row for row in orm.db.session.execute(select(
        some.c.brand_id, func.count().filter(some.c.dead_at.is_(None)),
        func.count().filter(some.c.dead_at.is_not(None)),
        func.min(some.c.ref_at).filter(some.c.dead_at.is_(None))).group_by(some.c.brand_id))}
    rows = orm.db.session.scalars(select(Brand).order_by(Brand.id)).all()
    checked = provider.iys_checked_at if provider else None
    return Answer(200, {
        "checkedAt": iso(checked) if checked else None,
        "problem": provider.iys_problem if provider else None,
        "capped": sum(row[1] + row[2] for row in waits.values()) >= COUNTED,
        "brands": [_brand(one, waits.get(one.id), heard.get(one.id)) for one in rows]})


def _brand(one: Brand, waits: Any, heard: IysCursor | None) -> dict[str, Any]:
    oldest = waits[3] if waits else None
    pulled, gap = (heard.pulled_at, heard.gap_since) if heard else (None, None)
    return {"brand": one.brand_code, "waiting": waits[1] if waits else 0,
            "stopped": waits[2] if waits else 0, "oldest": iso(oldest) if oldest else None,
            "changesHeardAt": iso(pulled) if pulled else None,
            "gapSince": iso(gap) if gap else None}


def days(call: Call) -> Answer:
    """``GET /iys/days``: the reconciliation of each day, newest first."""
    asked = query(call, LIMIT | BRANDS | SPAN)
    start, one = place(call, asked), IysDay
    wanted = select(one)
    if asked["brand"]:
        wanted = wanted.where(one.brand_id.in_(brand_ids(asked["brand"])))
    if asked["since"]:
        wanted = wanted.where(one.day >= asked["since"])
    if asked["until"]:
        wanted = wanted.where(one.day <= asked["until"])
    if start:
        wanted = wanted.where(tuple_(one.day, one.brand_id) < (
            date.fromisoformat(start[0]), int(start[1])))
    rows = orm.db.session.scalars(wanted.order_by(one.day.desc(), one.brand_id.desc())
                                  .limit(asked["limit"] + 1)).all()
    codes = brand_codes()
    return Answer(200, page(call, asked, rows, lambda day: _day(day, codes),
                            lambda day: (day.day.isoformat(), day.brand_id)))


def _day(one: IysDay, codes: dict[int, int]) -> dict[str, Any]:
    moments = {"archivedAt": one.archived_at, "comparedAt": one.compared_at,
               "agreedAt": one.agreed_at, "doneAt": one.done_at}
    return {"brand": codes[one.brand_id], "day": one.day.isoformat(),
            **{name: iso(at) if at else None for name, at in moments.items()},
            "rows": one.rows, "differences": one.differences, "unreadable": one.unreadable,
            "hashFits": one.hash_fits, "problem": one.problem}


def differences(call: Call) -> Answer:
    """``GET /iys/days/{brand}/{day}/differences``."""
    asked = query(call, LIMIT)
    text = call.named["brand"]
    codes = [int(text)] if text.isascii() and text.isdigit() and 0 < len(text) < 10 else [0]
    try:
        day = date.fromisoformat(call.named["day"])
    except ValueError:
        raise NotFound("Böyle bir gün yok.", "There is no such day.") from None
    start, one = place(call, asked), IysDifference
    wanted = select(one).where(one.brand_id.in_(brand_ids(codes)), one.day == day,
                               one.state != int(State.GONE))
    if start:
        wanted = wanted.where(one.id > int(start[0]))
    rows = orm.db.session.scalars(wanted.order_by(one.id).limit(asked["limit"] + 1)).all()
    return Answer(200, page(call, asked, rows, _difference, lambda row: [row.id]))


def _difference(one: IysDifference) -> dict[str, Any]:
    return {
        "id": one.id, "cause": Cause(one.cause).name, "open": one.state == State.OPEN,
        "record": record_number(one.entry_id) if one.entry_id else None,
        "channel": Channel(one.channel).name,
        "recipientType": RecipientType(one.recipient_type).name,
        "theirs": _side(one.their_status, one.their_source, one.their_date),
        "ours": _side(one.our_status, one.our_source, one.our_date)}


def _side(status: int | None, source: int | None, at: Any) -> dict[str, Any] | None:
    if status is None:
        return None
    return {"status": Status(status).name, "source": Source(source or 0).name,
            "consentDate": iso(at) if at else None}


def report(call: Call) -> Answer:
    """``GET /reports/consents``: consents and refusals that were taken in a span, by one thing."""
    asked = query(call, _REPORT)
    until = asked["until"] or clock.today()
    since = asked["since"] or until - timedelta(days=29)
    if since > until:
        raise refuse("since")
    if (until - since).days >= MOST_DAYS:
        raise refuse("until")
    one = ConsentEntry
    by = _column(asked["by"])
    wanted = select(by, *(func.count().filter(one.status == int(word)) for word in Status)).where(
        one.captured_at >= midnight(since),
        one.captured_at < midnight(until + timedelta(days=1)),
        one.outcome.in_(_EFFECTIVE), scope.taken_here(one.dealer_id))
    if asked["brand"]:
        wanted = wanted.where(one.brand_id.in_(brand_ids(asked["brand"])))
    if asked["channel"]:
        wanted = wanted.where(one.channel.in_([int(Channel[name]) for name in asked["channel"]]))
    if asked["source"]:
        wanted = wanted.where(one.source.in_([int(Source[name]) for name in asked["source"]]))
    found = orm.db.session.execute(wanted.group_by(by).order_by(by)).all()
    names = _names(asked["by"], [row[0] for row in found])
    rows = [{"key": names(key), "consents": yes, "refusals": no} for key, yes, no in found]
    return Answer(200, {
        "since": since.isoformat(), "until": until.isoformat(), "by": asked["by"], "rows": rows,
        "consents": sum(row["consents"] for row in rows),
        "refusals": sum(row["refusals"] for row in rows)})


def _column(by: str) -> ColumnElement[Any]:
    one = ConsentEntry
    columns: dict[str, Any] = {
        "day": func.date(func.timezone("Europe/Istanbul", one.captured_at)),
        "channel": one.channel, "source": one.source, "brand": one.brand_id,
        "retailerCode": one.dealer_id, "recipientType": one.recipient_type}
    column: ColumnElement[Any] = columns[by]
    return column


def _names(by: str, keys: list[Any]) -> Any:
    """From a group's key to what stands in the answer: text, or null for "by no retailer"."""
    if by == "brand":
        codes = brand_codes(keys)
        return lambda key: str(codes[key])
    if by == "retailerCode":
        dealers = retailer_codes(keys)
        return lambda key: None if key is None else str(dealers.get(key) or f"#{key}")
    words: dict[str, Any] = {"channel": Channel, "source": Source, "recipientType": RecipientType}
    return (lambda key: words[by](key).name) if by in words else str


_REPORT: Final[shapes.Declared] = BRANDS | SPAN | {
    "by": ({"type": "string", "enum": list(_BY), "default": "day"},
           ("Neye göre sayılacağı.", "By what it is counted.")),
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas.")),
    "source": (many(shapes.SOURCE), ("Kaynaklar, virgülle.", "Sources, with commas.")),
}
_SIDE: Final = maybe(obj(status=shapes.STATUS, source=shapes.SOURCE,
                         consentDate=maybe(shapes.MOMENT)))
_DAY: Final = obj(
    brand=shapes.WHOLE, day=shapes.DAY, archivedAt=maybe(shapes.MOMENT),
    comparedAt=maybe(shapes.MOMENT), agreedAt=maybe(shapes.MOMENT), doneAt=maybe(shapes.MOMENT),
    rows=maybe(shapes.WHOLE), differences=shapes.WHOLE, unreadable=shapes.WHOLE,
    hashFits=maybe(shapes.BOOL), problem=maybe(shapes.TEXT))
SCHEMAS: Final = {
    "IysState": obj(checkedAt=maybe(shapes.MOMENT), problem=maybe(shapes.TEXT),
                    capped=shapes.BOOL, brands=many(obj(
                        brand=shapes.WHOLE, waiting=shapes.WHOLE, stopped=shapes.WHOLE,
                        oldest=maybe(shapes.MOMENT), changesHeardAt=maybe(shapes.MOMENT),
                        gapSince=maybe(shapes.MOMENT)))),
    "IysDays": shapes.page(_DAY),
    "IysDifferences": shapes.page(obj(
        id=shapes.WHOLE, cause={"type": "string", "enum": [one.name for one in Cause]},
        open=shapes.BOOL, record=maybe(shapes.RECORD), channel=shapes.CHANNEL,
        recipientType=shapes.KIND, theirs=_SIDE, ours=_SIDE)),
    "Report": obj(since=shapes.DAY, until=shapes.DAY, by={"type": "string", "enum": list(_BY)},
                  rows=many(obj(key=maybe(shapes.TEXT), consents=shapes.WHOLE,
                                refusals=shapes.WHOLE)),
                  consents=shapes.WHOLE, refusals=shapes.WHOLE),
}
_AT: Final = "2026-11-30T10:00:00.000+03:00"
EXAMPLES: Final[dict[str, Any]] = {
    "IysState": {"checkedAt": _AT, "problem": None, "capped": False, "brands": [{
        "brand": 731_204, "waiting": 12, "stopped": 0, "oldest": _AT, "changesHeardAt": _AT,
        "gapSince": None}]},
    "IysDays": {"items": [{
        "brand": 731_204, "day": "2026-11-29", "archivedAt": _AT, "comparedAt": _AT,
        "agreedAt": _AT, "doneAt": _AT, "rows": 1_204, "differences": 0, "unreadable": 0,
        "hashFits": True, "problem": None}], "next": None},
    "IysDifferences": {"items": [{
        "id": 5, "cause": next(iter(Cause)).name, "open": True, "record": "IZN-7Q2D-0K4M-XW81",
        "channel": "MESAJ", "recipientType": "BIREYSEL",
        "theirs": {"status": "RET", "source": "IYS_WEB", "consentDate": _AT},
        "ours": {"status": "ONAY", "source": "HS_WEB", "consentDate": _AT}}], "next": None},
    "Report": {"since": "2026-11-01", "until": "2026-11-30", "by": "channel", "consents": 4_711,
               "refusals": 12, "rows": [{"key": "MESAJ", "consents": 4_711, "refusals": 12}]},
}
_ALL: Final = (401, 403, 404, 422, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "iysState", "get", STATE, "registry", ("İYS durumu", "The state at İYS"),
        ("En çok 10.000 satır sayılır; `capped` daha çok olduğunu söyler.",
         "At most 10,000 rows are counted; `capped` says that there are more."), 200,
        ("Markalara göre.", "By brand."), "IysState", faults=(401, 403, 422, 429, 500, 503)),
        state, "iys:read"),
    Declared(Operation(
        "iysDays", "get", DAYS, "registry", ("Mutabakat günleri", "Days of the reconciliation"),
        ("", ""), 200, ("Bir sayfa.", "A page."), "IysDays", query=LIMIT | BRANDS | SPAN,
        faults=_ALL), days, "iys:read"),
    Declared(Operation(
        "iysDifferences", "get", DAYS + "/{brand}/{day}/differences", "registry",
        ("Bir günün farkları", "The differences of a day"), ("", ""), 200,
        ("Bir sayfa.", "A page."), "IysDifferences", query=LIMIT, faults=_ALL),
        differences, "iys:read"),
    Declared(Operation(
        "reportConsents", "get", REPORT, "registry", ("İzin raporu", "A report of consents"),
        ("Alınan onaylar ve retler; en çok 366 gün. Gün verilmezse son 30 gün.",
         "Consents and refusals taken; 366 days at most. Without days the last 30."), 200,
        ("Sayılar.", "The numbers."), "Report", query=_REPORT, faults=_ALL),
        report, "reports:read"),
)
