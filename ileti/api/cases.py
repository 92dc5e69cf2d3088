"""Data subjects' requests for programs: the list, and a request that reached another system.

Why this module exists: people also write to the shop's help desk, and the 30 days run from the day
it reached the company, not from the day somebody typed it here (Tebliğ m. 5/4). A case is opened by
the one function that opens cases. The list says nothing of the person; working on a case, above all
answering and erasing, is people's alone.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, brand_codes, brand_ids, once, page, place
from ileti.api.shapes import BRANDS, LIMIT, given, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents.momenttold import iso
from ileti.core import clock, orm
from ileti.core.errors import FieldError, InvalidInput, NotAllowed, NotFound
from ileti.programs import deeds
from ileti.requests import cases, people, rules
from ileti.requests.desk.newcase import OLDEST
from ileti.requests.models import DataRequest
from ileti.requests.numbers import case_number, case_of
from ileti.requests.people import LONGEST, LONGEST_WISH
from ileti.requests.vocabulary import Decision, Right, State, Way

PATH: Final = "/api/v1/requests"
_STATE: Final = {"type": "string", "enum": [one.name for one in State]}
_RIGHT: Final = {"type": "string", "enum": [one.name for one in Right]}
_WAY: Final = {"type": "string", "enum": [one.name for one in Way if one is not Way.FORM]}
_PERSON: Final = given((), **{
    name: {"type": "string", "maxLength": most} for name, most in LONGEST.items()}, **{
    "tckn": {"type": "string", "maxLength": 40}, "email": {"type": "string", "maxLength": 320},
    "phone": {"type": "string", "maxLength": 40}})
_IN: Final = given(
    ("way", "receivedAt", "person"), brand=shapes.NUMBER, way=_WAY, receivedAt=shapes.MOMENT,
    person=_PERSON, rights=many(_RIGHT, maxItems=len(Right)),
    wish={"type": "string", "maxLength": LONGEST_WISH, "x-lines": True},
    language={"type": "string", "enum": ["tr", "en"], "default": "tr"},
    signed={"type": "boolean", "default": False})
_LISTED: Final[shapes.Declared] = LIMIT | BRANDS | {
    "state": (many(_STATE), ("Durumlar, virgülle.", "States, with commas.")),
}


def index(call: Call) -> Answer:
    """``GET /requests``: newest first, nothing of the person."""
    asked = query(call, _LISTED)
    start, one = place(call, asked), DataRequest
    wanted = select(one)
    if asked["brand"]:
        wanted = wanted.where(one.brand_id.in_(brand_ids(asked["brand"])))
    if asked["state"]:
        wanted = wanted.where(one.state.in_([int(State[name]) for name in asked["state"]]))
    if start:
        wanted = wanted.where(one.id < int(start[0]))
    rows = orm.db.session.scalars(wanted.order_by(one.id.desc()).limit(asked["limit"] + 1)).all()
    codes = brand_codes()
    return Answer(200, page(call, asked, rows, lambda row: _case(row, codes),
                            lambda row: [row.id]))


def show(call: Call) -> Answer:
    """``GET /requests/{case}``."""
    query(call, {})
    number = case_of(call.named["case"][:40])
    found = orm.db.session.scalars(select(DataRequest).where(
        DataRequest.id == (number or 0))).first() if number is None or number < 2**62 else None
    if found is None:
        raise NotFound("Böyle bir başvuru yok.", "There is no such request.",
                       code="no_such_request")
    return Answer(200, _case(found, brand_codes()))


def add(call: Call) -> Answer:
    """``POST /requests``."""
    said = body(call, _IN)
    if call.caller.dealer_id is not None:
        raise NotAllowed("Başvurulara bayiler bakmaz.", "Dealers do not handle requests.",
                         code="not_for_dealers")
    return once(call, said, lambda: _opened(call, said))


def _opened(call: Call, said: dict[str, Any]) -> Answer:
    where = call.place(said["brand"])
    person, faults = people.read_person({k: v for k, v in said["person"].items() if v})
    faults = [FieldError(f"person.{one.field}", one.code, one.tr, one.en) for one in faults]
    now = clock.now()
    if not now - OLDEST < said["receivedAt"] <= now:
        faults.append(FieldError("receivedAt", "invalid", "Geçmiş, yakın bir an yazın.",
                                 "Write a moment that has passed, not long ago."))
    if not faults and not (person.name or person.email or person.phone):
        faults.append(FieldError("person.name", "missing", "Ad ya da adres yazın.",
                                 "Write a name or an address."))
    rights = [str(Right[name]) for name in said["rights"] or []]
    wish = people.clean_text(said["wish"] or "")
    if not rights and not wish:
        faults.append(FieldError("rights", "missing", "Talebi seçin ya da yazın.",
                                 "Choose what is asked, or write it."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    number, _new = cases.open_case(orm.db.session.connection().connection.driver_connection, (
        cases.NewCase(
            provider_id=where.provider_id, brand_id=where.brand_id, way=Way[said["way"]],
            idem=f"api:{call.caller.account_id}:{call.idempotency_key}"[:80],
            received_at=said["receivedAt"], person=person, wish=wish,
            rights=people.read_rights(rights), language=said["language"],
            signed=said["signed"], detail={"program": call.caller.name})))
    found = orm.db.session.get(DataRequest, number)
    if found is None:
        raise NotFound()
    deeds.note(call.caller, "request:add", f"data_request:{case_number(number)}", call.address)
    return Answer(201, _case(found, brand_codes()),
                  (("Location", f"{PATH}/{case_number(number)}"),))


def _case(one: DataRequest, codes: dict[int, int]) -> dict[str, Any]:
    closed = one.closed_at
    return {
        "number": case_number(one.id), "brand": codes.get(one.brand_id),
        "way": Way(one.way).name, "state": State(one.state).name,
        "rights": [Right(word).name for word in one.rights], "receivedAt": iso(one.received_at),
        "dueAt": iso(one.due_at), "daysLeft": None if closed else rules.days_left(
            one.due_at, clock.now()),
        "closedAt": iso(closed) if closed else None,
        "decision": Decision(one.decision).name if one.decision else None}


_CASE: Final = obj(
    number={"type": "string", "pattern": "^BSV-"}, brand=maybe(shapes.WHOLE),
    way={"type": "string", "enum": [one.name for one in Way]}, state=_STATE, rights=many(_RIGHT),
    receivedAt=shapes.MOMENT, dueAt=shapes.MOMENT, daysLeft=maybe({"type": "integer"}),
    closedAt=maybe(shapes.MOMENT),
    decision=maybe({"type": "string", "enum": [one.name for one in Decision]}))
_AT: Final = "2026-11-30T10:00:00.000+03:00"
_EXAMPLE: Final = {
    "number": "BSV-7Q2D-0K4M-XW81", "brand": 731_204, "way": "EMAIL", "state": "OPEN",
    "rights": ["LEARN"], "receivedAt": _AT, "dueAt": "2026-12-30T23:59:59.000+03:00",
    "daysLeft": 30, "closedAt": None, "decision": None}
SCHEMAS: Final = {"Request": _CASE, "Requests": shapes.page(_CASE), "RequestIn": _IN}
EXAMPLES: Final[dict[str, Any]] = {
    "Request": _EXAMPLE, "Requests": {"items": [_EXAMPLE], "next": None},
    "RequestIn": {"brand": 731_204, "way": "EMAIL", "receivedAt": _AT,
                  "person": {"name": "Ayşe Örnek", "email": "ayse@ornek.com.tr"},
                  "rights": ["LEARN"], "wish": "Hakkımda hangi veriler var?"},
}
_IDEM: Final = {"Idempotency-Key": ({"type": "string", "pattern": "^[!-~]{1,60}$"},
                                    ("Bu isteğin anahtarı: yinelemede aynısı.",
                                     "This request’s key: the same when repeated."))}
_ALL: Final = (401, 403, 404, 422, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "listRequests", "get", PATH, "requests", ("Başvurular", "Requests"),
        ("Kişiye dair bir şey söylemez.", "Says nothing of the person."), 200,
        ("Bir sayfa.", "A page."), "Requests", query=_LISTED, faults=_ALL), index,
        "requests:read"),
    Declared(Operation(
        "addRequest", "post", PATH, "requests", ("Başvuru ekle", "Add a request"),
        ("Süre, başvurunun size ulaştığı andan işler (`receivedAt`).",
         "The clock runs from when it reached you (`receivedAt`)."), 201,
        ("Başvuru kaydedildi.", "The request is recorded."), "Request", "RequestIn",
        headers=_IDEM, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), add, "requests:write"),
    Declared(Operation(
        "showRequest", "get", PATH + "/{case}", "requests", ("Bir başvuru", "One request"),
        ("", ""), 200, ("Başvuru.", "The request."), "Request", faults=_ALL), show,
        "requests:read"),
)
