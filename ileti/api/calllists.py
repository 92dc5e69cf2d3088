"""Call lists for diallers: the next number, and what a call came to.

Why this module exists: a dialler is a program that asks for one number after the other. It gets
what a person at a screen gets, by the same function: the gate asked in that moment, one lease, the
list's hours. So no dialler holds a list, and who refuses is not called by the next one either. A
repeat of the same request is asked of the gate again before it answers with a number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, brand_codes, brand_ids, once, page, place
from ileti.api.shapes import BRANDS, LIMIT, given, many, maybe, obj
from ileti.calllists import figures
from ileti.calllists.handing import Handed, Holder, Seen, next_for, still_allowed
from ileti.calllists.hours import clock_of
from ileti.calllists.models import CallList
from ileti.calllists.results import Outcome, finish
from ileti.calllists.vocabulary import LEASE, LONGEST_LEASE, EntryState, ListState, Result, Way
from ileti.capture.api_document import Operation
from ileti.consents.momenttold import iso
from ileti.consents.vocabulary import RecipientType
from ileti.core import orm

LISTS: Final = "/api/v1/call-lists"
ENTRIES: Final = "/api/v1/call-lists/entries"
_STATE: Final = {"type": "string", "enum": [one.name for one in ListState]}
_RESULT: Final = {"type": "string", "enum": [one.name for one in Result]}
_SECONDS: Final = {"type": "integer", "minimum": 30, "default": int(LEASE.total_seconds()),
                   "maximum": int(LONGEST_LEASE.total_seconds())}
_WISH: Final = given((), list=shapes.NUMBER, seconds=_SECONDS)
_RESULT_IN: Final = given(
    ("result",), result=_RESULT, callAgainAt=shapes.MOMENT,
    everything={"type": "boolean", "default": False},
    recording={"type": "string", "maxLength": 200})
_LISTED: Final[shapes.Declared] = LIMIT | BRANDS | {
    "state": (many(_STATE), ("Durumlar, virgülle.", "States, with commas."))}


def index(call: Call) -> Answer:
    """``GET /call-lists``: newest first, counts alone."""
    asked = query(call, _LISTED)
    start, one = place(call, asked), CallList
    wanted = select(one)
    if asked["brand"]:
        wanted = wanted.where(one.brand_id.in_(brand_ids(asked["brand"])))
    if asked["state"]:
        wanted = wanted.where(one.state.in_([int(ListState[name]) for name in asked["state"]]))
    if start:
        wanted = wanted.where(one.id < int(start[0]))
    rows = orm.db.session.scalars(wanted.order_by(one.id.desc()).limit(asked["limit"] + 1)).all()
    codes = brand_codes()
    far = figures.progress(call.caller.provider_id, [row.id for row in rows])
    return Answer(200, page(call, asked, rows, lambda row: _list(row, far[row.id], codes),
                            lambda row: [row.id]))


def take(call: Call) -> Answer:
    """``POST /call-lists/entries/next``."""
    said = body(call, _WISH)
    answer = once(call, said, lambda: _taken(call, said))
    handed = answer.body["call"]
    if handed is not None and dict(answer.headers).get("Idempotent-Replayed") and not (
            still_allowed(call.caller.provider_id, handed["id"])):
        return Answer(200, {"call": None}, answer.headers)
    return answer


def _taken(call: Call, said: dict[str, Any]) -> Answer:
    caller = call.caller
    handed = next_for(
        Seen(caller.provider_id, caller.brand_id, caller.dealer_id, said["list"]),
        Holder(account_id=caller.account_id, way=Way.PROGRAM),
        lease=timedelta(seconds=said["seconds"] or LEASE.total_seconds()))
    return Answer(200, {"call": None if handed is None else _call(handed, brand_codes())})


def result(call: Call) -> Answer:
    """``POST /call-lists/entries/{id}/result``: the same again is answered as it was."""
    said = body(call, _RESULT_IN)
    caller, number = call.caller, call.named["id"]
    done = finish(
        caller.provider_id, int(number) if number.isdecimal() and len(number) < 19 else 0,
        Outcome(result=Result[said["result"]], again_at=said["callAgainAt"],
                everything=bool(said["everything"]), recording=said["recording"] or "",
                account_id=caller.account_id),
        brand_id=caller.brand_id, dealer_id=caller.dealer_id)
    return Answer(200, {
        "id": done.attempt_id, "result": done.result.name, "repeated": done.replay,
        "refusalRecorded": done.submission_id is not None,
        "callAgainAt": None if done.again_at is None else iso(done.again_at)})


def _call(one: Handed, codes: dict[int, int]) -> dict[str, Any]:
    return {
        "id": one.attempt_id, "list": one.list_id, "listName": one.list_name,
        "brand": codes.get(one.brand_id), "phone": one.address,
        "recipientType": one.recipient_type.name, "tries": one.tries, "until": iso(one.until)}


def _list(one: CallList, far: figures.Progress, codes: dict[int, int]) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "brand": codes.get(one.brand_id),
        "state": ListState(one.state).name, "recipientType": RecipientType(
            one.recipient_type).name, "opens": clock_of(one.opens), "closes": clock_of(one.closes),
        "madeAt": iso(one.made_at), "endsAt": iso(one.ends_at),
        "people": {state.name: far.states.get(state, 0) for state in EntryState},
        "results": {kind.name: far.results.get(kind, 0) for kind in Result}}


_CALL: Final = obj(
    id=shapes.WHOLE, list=shapes.NUMBER, listName=shapes.TEXT, brand=maybe(shapes.NUMBER),
    phone=shapes.TEXT, recipientType=shapes.KIND, tries=shapes.WHOLE, until=shapes.MOMENT)
_LIST: Final = obj(
    id=shapes.NUMBER, name=shapes.TEXT, brand=maybe(shapes.NUMBER), state=_STATE,
    recipientType=shapes.KIND, opens=shapes.TEXT, closes=shapes.TEXT, madeAt=shapes.MOMENT,
    endsAt=shapes.MOMENT, people=obj(**{one.name: shapes.WHOLE for one in EntryState}),
    results=obj(**{one.name: shapes.WHOLE for one in Result}))
SCHEMAS: Final = {
    "CallList": _LIST, "CallLists": shapes.page(_LIST), "CallWish": _WISH,
    "CallTaken": obj(call=maybe(_CALL)), "CallResultIn": _RESULT_IN,
    "CallResult": obj(id=shapes.WHOLE, result=_RESULT, repeated=shapes.BOOL,
                      refusalRecorded=shapes.BOOL, callAgainAt=maybe(shapes.MOMENT)),
}
_EXAMPLE: Final = {
    "id": 12, "name": "Kış çağrıları", "brand": 607100, "state": "OPEN",
    "recipientType": "BIREYSEL", "opens": "09:00", "closes": "21:00",
    "madeAt": "2026-12-01T09:00:00+00:00", "endsAt": "2026-12-31T09:00:00+00:00",
    "people": {"WAITING": 41, "OUT": 2, "DONE": 7, "TAKEN_AWAY": 1},
    "results": {"REACHED": 5, "NOT_REACHED": 3, "CALL_AGAIN": 1, "REFUSED": 1,
                "WRONG_NUMBER": 1}}
EXAMPLES: Final[dict[str, Any]] = {
    "CallList": _EXAMPLE, "CallLists": {"items": [_EXAMPLE], "next": None},
    "CallWish": {"list": 12, "seconds": 600},
    "CallTaken": {"call": {
        "id": 90071, "list": 12, "listName": "Kış çağrıları", "brand": 607100,
        "phone": "+905992134117", "recipientType": "BIREYSEL", "tries": 1,
        "until": "2026-12-01T09:10:00+00:00"}},
    "CallResultIn": {"result": "REFUSED", "recording": "kayit-17"},
    "CallResult": {"id": 90071, "result": "REFUSED", "repeated": False, "refusalRecorded": True,
                   "callAgainAt": None},
}
_FAULTS: Final = (401, 403, 404, 409, 410, 413, 422, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "listCallLists", "get", LISTS, "call_lists", ("Arama listeleri", "Call lists"),
        ("Yalnız sayılar.", "Counts alone."), 200, ("Bir sayfa.", "A page."), "CallLists",
        query=_LISTED, faults=(401, 403, 404, 422, 429, 500, 503)), index, "calllists:read"),
    Declared(Operation(
        "takeCall", "post", ENTRIES + "/next", "call_lists",
        ("Aranacak sıradaki numara", "The next number to call"),
        ("İzin bu anda sorulur. Numara `until` anına dek sizindir; yoksa `call` boştur. Saatler ve "
         "tatiller listenindir.",
         "The gate is asked in this moment. The number is yours until `until`; `call` is null when "
         "there is none. Hours and holidays are the list’s."),
        200, ("Bir numara, ya da hiç.", "A number, or none."), "CallTaken", "CallWish",
        headers=shapes.IDEMPOTENT, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), take, "calllists:work"),
    Declared(Operation(
        "callResult", "post", ENTRIES + "/{id}/result", "call_lists",
        ("Bir aramanın sonucu", "What a call came to"),
        ("`REFUSED` kanıtıyla ret olarak kaydedilir; `everything` kısa mesajları da kapsar. "
         "`CALL_AGAIN` için `callAgainAt` gerekir. Aynı sonuç yinelenirse aynı yanıt döner, başka "
         "sonuç 409’dur.",
         "`REFUSED` is recorded as a refusal with its proof; `everything` covers text messages "
         "too. `CALL_AGAIN` needs `callAgainAt`. The same again is answered the same, another "
         "result is 409."),
        200, ("Sonuç.", "The result."), "CallResult", "CallResultIn", faults=_FAULTS), result,
        "calllists:work"),
)
