"""Brands, dealers and users for programs: who exists, and dealers added and changed.

Why this module exists: a company keeps its dealers in a program of its own and wants to type none
twice. Rows come through the session, so through the row rules; a dealer is written through it too,
whose guard refuses what is out of sight. Identity and tax numbers are a scope of their own, and
reading them is kept. A change may name the state it was made from (``If-Match``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ileti.api import shapes
from ileti.api.desk import Answer, Call, refuse_changed
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, brand_codes, brand_ids, once, page, place, retailer_codes
from ileti.api.shapes import BRANDS, LIMIT, given, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents.momenttold import iso
from ileti.core import orm
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotFound
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_phone
from ileti.tenancy import places
from ileti.tenancy.identifiers import IdentifierError, parse_mersis, parse_tckn, parse_tin
from ileti.tenancy.models import Brand, Dealer, DealerStatus, Membership

BRANDS_PATH: Final = "/api/v1/brands"
DEALERS_PATH: Final = "/api/v1/dealers"
USERS_PATH: Final = "/api/v1/users"
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 255}
_ID: Final = {"type": "string", "maxLength": 20}
_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "title": _NAME, "name": _NAME, "alias": _NAME, "tckn": _ID, "tin": _ID, "mersis": _ID,
    "mobile": {"type": "string", "maxLength": 40}, "townCode": {"type": "string", "maxLength": 6},
    "status": {"type": "string", "enum": [str(one) for one in DealerStatus]},
}
_NEW: Final = given(("title", "name", "tckn", "tin", "townCode"), brand=shapes.NUMBER,
                    retailerCode=shapes.NUMBER, **_FIELDS)
_CHANGE: Final = given((), **_FIELDS)
_COLUMNS: Final = {"townCode": "town_code"}
_PARSERS: Final[dict[str, Callable[[str], str]]] = {
    "tckn": parse_tckn, "tin": parse_tin, "mersis": parse_mersis, "mobile": parse_phone}


def brands(call: Call) -> Answer:
    """``GET /brands``."""
    asked = query(call, LIMIT)
    start = place(call, asked)
    rows = orm.db.session.scalars(select(Brand).where(Brand.id > (start[0] if start else 0))
                                  .order_by(Brand.id).limit(asked["limit"] + 1)).all()
    return Answer(200, page(call, asked, rows, lambda one: {
        "brand": one.brand_code, "name": one.name, "master": one.master,
        "createdAt": iso(one.created_at)}, lambda one: [one.id]))


def dealers(call: Call) -> Answer:
    """``GET /dealers``."""
    asked = query(call, _LISTED)
    start = place(call, asked)
    wanted = select(Dealer).where(Dealer.id > (start[0] if start else 0))
    if asked["brand"]:
        wanted = wanted.where(Dealer.brand_id.in_(brand_ids(asked["brand"])))
    if asked["status"]:
        wanted = wanted.where(Dealer.status == asked["status"])
    rows = orm.db.session.scalars(wanted.order_by(Dealer.id).limit(asked["limit"] + 1)).all()
    codes, numbers = brand_codes(), _numbers(call, bool(rows))
    return Answer(200, page(call, asked, rows, lambda one: _dealer(one, codes, numbers),
                            lambda one: [one.id]))


def dealer(call: Call) -> Answer:
    """``GET /dealers/{id}``."""
    query(call, {})
    found = _found(call)
    return Answer(200, _dealer(found, brand_codes(), _numbers(call, True)))


def add_dealer(call: Call) -> Answer:
    """``POST /dealers``."""
    said = body(call, _NEW)
    return once(call, said, lambda: _added(call, said))


def _added(call: Call, said: dict[str, Any]) -> Answer:
    made = Dealer(**_values(said))
    where = call.place(said["brand"])
    made.provider_id, made.brand_id = where.provider_id, where.brand_id
    made.retailer_code = said["retailerCode"]
    _keep(made)
    return Answer(201, _dealer(made, brand_codes(), False),
                  (("Location", f"{DEALERS_PATH}/{made.id}"),))


def change_dealer(call: Call) -> Answer:
    """``PATCH /dealers/{id}``: the fields that are named, the others stay."""
    _ = call.idempotency_key
    said = {name: value for name, value in body(call, _CHANGE).items() if value is not None}
    found = _found(call)
    return once(call, {"id": found.id, **said}, lambda: _patched(call, found, said))


def _patched(call: Call, found: Dealer, said: dict[str, Any]) -> Answer:
    # locked, so that of two who saw the same state one is told; a repeat never comes here
    orm.db.session.refresh(found, with_for_update=True)
    numbers = "dealers:numbers" in call.caller.scopes
    refuse_changed(call, lambda: _dealer(found, brand_codes(), numbers))
    values = _values(said)
    for name, value in values.items():
        setattr(found, name, value)
    _keep(found)
    return Answer(200, _dealer(found, brand_codes(), False))


def users(call: Call) -> Answer:
    """``GET /users``: those who work inside the caller's place, with their roles there."""
    asked = query(call, LIMIT)
    start = place(call, asked)
    rows = orm.db.session.scalars(select(User).where(User.id > (start[0] if start else 0))
                                  .order_by(User.id).limit(asked["limit"] + 1)).all()
    own: dict[int, list[Membership]] = {}
    for one in orm.db.session.scalars(select(Membership).where(
            Membership.user_id.in_([user.id for user in rows] or [0])).order_by(Membership.id)):
        own.setdefault(one.user_id, []).append(one)
    codes = brand_codes()
    retailers = retailer_codes(one.dealer_id for some in own.values() for one in some)
    return Answer(200, page(call, asked, rows, lambda user: {
        "id": user.id, "username": user.username, "firstName": user.first_name,
        "lastName": user.last_name, "email": user.email, "active": bool(user.active),
        "memberships": [{"role": one.role, "brand": codes.get(one.brand_id or 0),
                         "retailerCode": retailers.get(one.dealer_id or 0)}
                        for one in own.get(user.id, [])]}, lambda user: [user.id]))


# -- dealers ---------------------------------------------------------------------------------------


def _found(call: Call) -> Dealer:
    text = call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = orm.db.session.scalars(select(Dealer).where(Dealer.id == number)).first()
    if found is None:
        raise NotFound("Böyle bir bayi yok.", "There is no such dealer.", code="no_such_dealer")
    return found


def _numbers(call: Call, any_there: bool) -> bool:
    """Whether numbers are told; that they are is kept."""
    if "dealers:numbers" not in call.caller.scopes:
        return False
    if any_there:
        deeds.note(call.caller, "api:numbers", f"api_account:{call.caller.account_id}",
                   call.address)
    return True


def _values(said: dict[str, Any]) -> dict[str, Any]:
    """Columns of what was said, numbers in their one spelling; raises InvalidInput."""
    faults, values = [], {}
    for name in _FIELDS:
        value = said.get(name)
        if value is None:
            continue
        try:
            values[_COLUMNS.get(name, name)] = _PARSERS[name](value) if name in _PARSERS else value
        except (IdentifierError, AddressError) as error:
            faults.append(FieldError(name, getattr(error, "code", "invalid"), error.tr, error.en))
    if "town_code" in values:
        town = places.town(values["town_code"])
        if town is None or not town.code:
            faults.append(FieldError("townCode", "no_such_town", "Böyle bir ilçe kodu yok.",
                                     "There is no such town code."))
        else:
            values["city_code"] = town.city_code
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return values


def _keep(one: Dealer) -> None:
    try:
        orm.db.session.add(one)
        orm.db.session.flush()
    except IntegrityError as error:
        state = getattr(error.orig, "sqlstate", "")
        if state == "23505":
            raise Conflict("Bu numarayla bir bayi zaten var.",
                           "A dealer with this number is there already.",
                           code="dealer_exists") from None
        raise
    orm.db.session.refresh(one)


def _dealer(one: Dealer, codes: dict[int, int], numbers: bool) -> dict[str, Any]:
    return {
        "id": one.id, "brand": codes[one.brand_id], "retailerCode": one.retailer_code,
        "title": one.title, "name": one.name, "alias": one.alias, "mersis": one.mersis,
        "mobile": one.mobile, "cityCode": one.city_code, "townCode": one.town_code,
        "status": one.status, "createdAt": iso(one.created_at)} | (
            {"tckn": one.tckn, "tin": one.tin} if numbers else {})


_LISTED: Final[shapes.Declared] = LIMIT | BRANDS | {
    "status": ({"type": "string", "enum": [str(one) for one in DealerStatus]},
               ("Durum.", "The state.")),
}
_BRAND: Final = obj(brand=shapes.WHOLE, name=shapes.TEXT, master=shapes.BOOL,
                    createdAt=shapes.MOMENT)
_DEALER: Final = obj(
    id=shapes.WHOLE, brand=shapes.WHOLE, retailerCode=maybe(shapes.WHOLE), title=shapes.TEXT,
    name=shapes.TEXT, alias=maybe(shapes.TEXT), mersis=maybe(shapes.TEXT),
    mobile=maybe(shapes.TEXT), cityCode=shapes.TEXT, townCode=shapes.TEXT,
    status=_FIELDS["status"], createdAt=shapes.MOMENT)
_DEALER["properties"] |= {"tckn": shapes.TEXT, "tin": shapes.TEXT}
_USER: Final = obj(
    id=shapes.WHOLE, username=shapes.TEXT, firstName=shapes.TEXT, lastName=shapes.TEXT,
    email=shapes.TEXT, active=shapes.BOOL, memberships=many(obj(
        role=shapes.TEXT, brand=maybe(shapes.WHOLE), retailerCode=maybe(shapes.WHOLE))))
_AT: Final = "2026-11-30T10:00:00.000+03:00"
_DEALER_EXAMPLE: Final = {
    "id": 12, "brand": 731_204, "retailerCode": 20_000_001, "title": "Akasya Ev Ltd. Şti.",
    "name": "Ayşe Örnek", "alias": "Bornova", "mersis": None, "mobile": "+905992134117",
    "cityCode": "35", "townCode": "400", "status": "active", "createdAt": _AT}
SCHEMAS: Final = {
    "Brands": shapes.page(_BRAND), "Dealer": _DEALER, "Dealers": shapes.page(_DEALER),
    "DealerIn": _NEW, "DealerChange": _CHANGE, "Users": shapes.page(_USER)}
EXAMPLES: Final[dict[str, Any]] = {
    "Brands": {"items": [{"brand": 731_204, "name": "Defne Ev", "master": True,
                          "createdAt": _AT}], "next": None},
    "Dealer": _DEALER_EXAMPLE, "Dealers": {"items": [_DEALER_EXAMPLE], "next": None},
    "DealerIn": {"brand": 731_204, "title": "Akasya Ev Ltd. Şti.", "name": "Ayşe Örnek",
                 "alias": "Bornova", "tckn": "10000000146", "tin": "1234567890",
                 "mobile": "0599 213 41 17", "townCode": "400"},
    "DealerChange": {"status": "passive"},
    "Users": {"items": [{
        "id": 3, "username": "ayse", "firstName": "Ayşe", "lastName": "Örnek",
        "email": "ayse@ornek.com.tr", "active": True,
        "memberships": [{"role": "brand_manager", "brand": 731_204, "retailerCode": None}]}],
        "next": None},
}
_IDEM: Final = {"Idempotency-Key": ({"type": "string", "pattern": "^[!-~]{1,80}$"},
                                    ("Bu isteğin anahtarı: yinelemede aynısı.",
                                     "This request’s key: the same when repeated."))}
_READ: Final = (401, 403, 422, 429, 500, 503)
_ONE_PAGE: Final = ("Bir sayfa.", "A page.")
SERVICES: Final = (
    Declared(Operation(
        "listBrands", "get", BRANDS_PATH, "places", ("Markalar", "Brands"), ("", ""), 200,
        _ONE_PAGE, "Brands", query=LIMIT, faults=_READ), brands, "brands:read"),
    Declared(Operation(
        "listDealers", "get", DEALERS_PATH, "places", ("Bayiler", "Dealers"),
        ("TCKN ve vergi numarası `dealers:numbers` ile gelir; okunması yazılır.",
         "TCKN and tax number come with `dealers:numbers`; that they were read is kept."), 200,
        _ONE_PAGE, "Dealers", query=_LISTED, faults=(401, 403, 404, 422, 429, 500, 503)),
        dealers, "dealers:read"),
    Declared(Operation(
        "addDealer", "post", DEALERS_PATH, "places", ("Bayi ekle", "Add a dealer"),
        ("`townCode` İYS’nin ilçe kodudur.", "`townCode` is İYS’s code of the town."), 201,
        ("Bayi eklendi.", "The dealer is added."), "Dealer", "DealerIn", headers=_IDEM,
        needed=("Idempotency-Key",), faults=(401, 403, 404, 409, 413, 422, 429, 500, 503)),
        add_dealer, "dealers:write"),
    Declared(Operation(
        "showDealer", "get", DEALERS_PATH + "/{id}", "places", ("Bir bayi", "One dealer"),
        ("", ""), 200, ("Bayi.", "The dealer."), "Dealer",
        faults=(401, 403, 404, 422, 429, 500, 503)), dealer, "dealers:read"),
    Declared(Operation(
        "changeDealer", "patch", DEALERS_PATH + "/{id}", "places",
        ("Bayiyi değiştir", "Change a dealer"),
        ("Yalnız yazılan alanlar değişir.", "Only the fields that are written change."), 200,
        ("Değişmiş bayi.", "The dealer as it is now."), "Dealer", "DealerChange",
        headers=_IDEM | shapes.IF_MATCH, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 409, 412, 413, 422, 429, 500, 503)),
        change_dealer, "dealers:write"),
    Declared(Operation(
        "listUsers", "get", USERS_PATH, "places", ("Kullanıcılar", "Users"), ("", ""), 200,
        _ONE_PAGE, "Users", query=LIMIT, faults=_READ), users, "users:read"),
)
