"""İYS for programs: what waits, what İYS's days say, a reconciliation asked for.

Why this module exists: a company's own dashboard wants the same figures as the panel, and an alarm
of its own when something waits too long. All of it is the panel's rows; nothing here holds an
address.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, brand_codes, brand_ids, once, page, place
from ileti.api.shapes import BRANDS, LIMIT, SPAN, given, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents.momenttold import iso
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import jobs, orm
from ileti.core.errors import NotFound
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import IysDay, IysDifference
from ileti.iys.days import ask_for_week
from ileti.iys.models import IysCursor
from ileti.outbox.models import OutboxRow
from ileti.programs import deeds
from ileti.tenancy.models import Brand, Provider

STATE: Final = "/api/v1/iys/state"
DAYS: Final = "/api/v1/iys/days"
RECONCILE: Final = "/api/v1/iys/reconcile"
COUNTED: Final = 10_000


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


def reconcile(call: Call) -> Answer:
    """``POST /iys/reconcile``: fetch what is missing and compare a brand's last week, at once."""
    said = body(call, _RECONCILE)
    where = call.place(said["brand"])

    def ask() -> Answer:
        asked = ask_for_week(where)
        deeds.note(call.caller, "reconciliation:run", f"brand:{where.brand_id}", call.address,
                   days=asked)
        jobs.ring("iys.jobs.reconcile")
        return Answer(202, {"brand": where.brand_code, "days": asked})
    return once(call, said, ask)


_RECONCILE: Final = given((), brand=shapes.NUMBER)
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
    "ReconcileIn": _RECONCILE,
    "Reconcile": obj(brand=shapes.WHOLE, days=shapes.WHOLE),
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
    "ReconcileIn": {"brand": 731_204},
    "Reconcile": {"brand": 731_204, "days": 7},
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
        "reconcile", "post", RECONCILE, "registry", ("Mutabakat iste", "Ask for a reconciliation"),
        ("Markanın son haftası İYS’den yeniden alınır ve karşılaştırılır; `days` kaç gün olduğunu "
         "söyler. Sonuç günlerin listesindedir.",
         "The brand’s last week is fetched from İYS and compared again; `days` says how many days. "
         "What came out stands in the list of days."), 202,
        ("Kuyruğa girdi.", "It is in the queue."), "Reconcile", "ReconcileIn",
        headers=shapes.IDEMPOTENT, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), reconcile, "iys:run"),
)
