"""The daily report for programs: the panel's numbers of one day, in the account's scope.

Why this module exists: a company that has its own screen on the wall wants the page's figures and
not another count of them. They come from the same functions (:mod:`ileti.reports.daily.numbers`);
nothing here holds an address. What waits is of this moment, whatever the day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import query, refuse
from ileti.api.scoped import Declared, brand_codes
from ileti.api.shapes import many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.iys import dayshow
from ileti.radar.counts import Left
from ileti.reports import queries
from ileti.reports.daily import numbers
from ileti.reports.queries import Numbers

DAILY: Final = "/api/v1/reports/daily"
#: how the radar's times are called here
_LEFT: Final = {Left.LATE: "late", Left.HOURS: "withinHours", Left.TODAY: "today",
                Left.TOMORROW: "tomorrow", Left.LATER: "later", Left.NONE: "withoutDeadline"}
_RESULTS: Final = {"matched": "MATCHED", "no_movement": "NO_MOVEMENT", "lost": "LOST",
                   "awaiting_file": "AWAITING_FILE", "difference": "DIFFERENT"}


def daily(call: Call) -> Answer:
    """``GET /reports/daily``: the numbers of one day."""
    day = query(call, _QUERY)["day"] or clock.today()
    if day > clock.today() or day < clock.today() - timedelta(3_660):
        raise refuse("day")
    taken, lines = numbers.taken(day), numbers.waiting()
    left, gone = numbers.left(lines), numbers.missed_on(day)
    brands, at = numbers.by_brand(day), queries.counted_at()
    compared = numbers.reconciled(day)
    codes = brand_codes(list({*brands, *(one.brand_id for one in compared)}))
    total = taken.total(day)
    return Answer(200, {
        "day": day.isoformat(), "soFar": day == clock.today(), "countedAt": at and at.isoformat(),
        **_pair(total), "accepted": total.accepted, "rejected": total.rejected,
        "dayBefore": _pair(taken.total(day - timedelta(1))),
        "weekBefore": _pair(taken.total(day - timedelta(numbers.WEEK))),
        "channels": [{"channel": one.name} | _pair(taken.days.get(day, {}).get(one, Numbers()))
                     for one in Channel],
        "brands": [{"brand": str(codes[key])} | _pair(one) | {
            "accepted": one.accepted, "rejected": one.rejected} for key, one in brands.items()],
        "reasons": [{"code": code, "records": count}
                    for code, count in numbers.refusals(day).items()],
        "waiting": {word: left[one] for one, word in _LEFT.items()} | {
            "forPerson": numbers.stuck(lines, numbers.held())},
        "missed": {"consents": gone.consents, "refusals": gone.refusals},
        "changes": [{"channel": one.name} | _pair(taken.changed.get(one, Numbers()))
                    for one in Channel],
        "reconciliation": [{"brand": str(codes[one.brand_id]), "differences": one.row.differences,
                            "result": _RESULTS[dayshow.state_of(one.row)]} for one in compared],
        "messages": numbers.sent(day)._asdict(), "campaigns": numbers.campaigned(day)._asdict(),
        "complaints": numbers.complaints(day), "imports": _imports(day)})


def _pair(one: Numbers) -> dict[str, int]:
    return {"consents": one.consents, "refusals": one.refusals}


def _imports(day: Any) -> dict[str, int]:
    one = numbers.imported(day)
    return {"came": one.came, "applied": one.applied, "written": one.written,
            "leftOut": one.left_out, "failed": one.failed}


def _whole(*names: str) -> dict[str, shapes.Schema]:
    return dict.fromkeys(names, shapes.WHOLE)


_QUERY: Final[shapes.Declared] = {
    "day": (shapes.DAY, ("Gün (İstanbul); verilmezse bugün, şu ana kadar.",
                         "The day (Istanbul); without one today, so far."))}
_BOTH: Final = _whole("consents", "refusals")
_MESSAGES: Final = obj(**_whole("sent", "failed", "blocked", "waiting"))
SCHEMAS: Final = {"DailyReport": obj(
    day=shapes.DAY, soFar={"type": "boolean"}, countedAt=maybe(shapes.MOMENT), **_BOTH,
    **_whole("accepted", "rejected"), dayBefore=obj(**_BOTH), weekBefore=obj(**_BOTH),
    channels=many(obj(channel=shapes.CHANNEL, **_BOTH)),
    brands=many(obj(brand=shapes.TEXT, **_BOTH, **_whole("accepted", "rejected"))),
    reasons=many(obj(code=shapes.TEXT, records=shapes.WHOLE)),
    waiting=obj(**_whole(*_LEFT.values(), "forPerson")), missed=obj(**_BOTH),
    changes=many(obj(channel=shapes.CHANNEL, **_BOTH)),
    reconciliation=many(obj(brand=shapes.TEXT, differences=shapes.WHOLE,
                            result={"type": "string", "enum": list(_RESULTS.values())})),
    messages=_MESSAGES, campaigns=_MESSAGES, complaints=shapes.WHOLE,
    imports=obj(**_whole("came", "applied", "written", "leftOut", "failed")))}
_SOME: Final = {"consents": 118, "refusals": 4}
_NONE: Final = {"sent": 0, "failed": 0, "blocked": 0, "waiting": 0}
EXAMPLES: Final[dict[str, Any]] = {"DailyReport": {
    "day": "2026-11-29", "soFar": False, "countedAt": "2026-11-30T04:00:02+00:00", **_SOME,
    "accepted": 119, "rejected": 2, "dayBefore": {"consents": 97, "refusals": 3},
    "weekBefore": {"consents": 110, "refusals": 5},
    "channels": [{"channel": "MESAJ", **_SOME}],
    "brands": [{"brand": "698124", **_SOME, "accepted": 119, "rejected": 2}],
    "reasons": [{"code": "H180", "records": 2}],
    "waiting": {"late": 0, "withinHours": 0, "today": 1, "tomorrow": 0, "later": 12,
                "withoutDeadline": 0, "forPerson": 1},
    "missed": {"consents": 0, "refusals": 0},
    "changes": [{"channel": "MESAJ", "consents": 0, "refusals": 2}],
    "reconciliation": [{"brand": "698124", "differences": 0, "result": "MATCHED"}],
    "messages": {"sent": 240, "failed": 1, "blocked": 0, "waiting": 0}, "campaigns": _NONE,
    "complaints": 0,
    "imports": {"came": 1, "applied": 1, "written": 5_120, "leftOut": 31, "failed": 0}}}
SERVICES: Final = (Declared(Operation(
    "reportDaily", "get", DAILY, "reports", ("Günlük rapor", "The daily report"),
    ("Panelin günlük raporundaki sayılar. `waiting` şu anı, geri kalanı günü anlatır; "
     "`rejected` bu günün kayıtları içindir, `reasons` o gün gelen yanıtlardır.",
     "The numbers of the panel’s daily report. `waiting` is of this moment, all else of the day; "
     "`rejected` is about this day’s records, `reasons` are of answers that came on it."), 200,
    ("Sayılar.", "The numbers."), "DailyReport", query=_QUERY,
    faults=(401, 403, 404, 422, 429, 500, 503)), daily, "reports:read"),)
