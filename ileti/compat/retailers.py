"""Retailers of a brand: from our own dealers, new ones through İYS, which alone gives numbers.

Why this module exists: a retailer code on a consent must be one of our dealers, or its dealer would
not see what it took (R-45). So what a program adds becomes a dealer here as well, checked first as
İYS would check it (İYS API §7.1 to §7.4). Identity numbers come out as at İYS, for an account that
was allowed to read them and for no other; that they were read stands in the audit trail, a line an
hour. A dealer's account sees itself and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ileti.compat.asking import asking
from ileti.compat.desk import Answer, Brand, Call, brand_of, page_of
from ileti.compat.doubt import add_once, forget
from ileti.compat.refusals import Fault, Refused, fault, refuse
from ileti.compat.wellformed import address_code, is_missing
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.iys.retaileranswers import NewRetailer
from ileti.programs import deeds
from ileti.tenancy import limits, places
from ileti.tenancy.identifiers import IdentifierError, parse_mersis, parse_tckn, parse_tin

FIELDS: Final = ("title", "name", "tckn", "tin", "mersis", "alias", "mobile", "city", "town",
                 "status")
_STATES: Final = ("active", "suspended", "passive")
_LONGEST: Final = 255
_SHORT: Final = ("title", "city", "town", "retailerCode", "status")


def add_retailer(call: Call) -> Answer:
    """``POST …/retailers``: 201 with İYS's number of eight digits (§7.1)."""
    brand = _ruled(call)
    wanted = call.object("H014")
    faults = _faults(wanted)
    if faults:
        raise Refused(faults)
    town = _town(wanted)
    if town is None:
        raise refuse("H221", ["town", "code"], wanted["town"].get("code"))
    limits.refuse_full(db.system_connection(), brand.place.provider_id, "dealers")
    code, doubt = add_once(brand.place, NewRetailer(
        title=wanted["title"], name=wanted["name"], tckn=wanted["tckn"], tin=wanted["tin"],
        city=_pair(wanted["city"]), town=_pair(wanted["town"]), mersis=wanted.get("mersis"),
        alias=wanted.get("alias"), mobile=wanted.get("mobile"), status=wanted.get("status")))
    reach("compat.retailer_added")
    _keep(brand, code, wanted, town)
    forget(doubt)
    return Answer(201, {"retailerCode": code})


def list_retailers(call: Call) -> Answer:
    """``GET …/retailers?offset&limit&all&short`` (§7.2)."""
    brand = brand_of(call)
    everything, short = _flag(call, "all", "H184"), _flag(call, "short", "H185")
    page = page_of(call)
    rows = _rows(brand, None, numbers=not short and brand.caller.reads_numbers)
    shown = rows if everything else rows[page.offset:page.offset + page.limit]
    return Answer(200, {
        "pagination": page.described(len(rows)) | {"currentPage": page.offset // page.limit + 1},
        "list": [{name: row[name] for name in _SHORT if name in row} if short else row
                 for row in shown],
    })


def show_retailer(call: Call) -> Answer:
    """``GET …/retailers/{retailerCode}``; an unknown one is 200 with nothing in it (§7.3)."""
    brand = brand_of(call)
    rows = _rows(brand, _code(call), numbers=brand.caller.reads_numbers)
    return Answer(200, rows[0] if rows else {})


def delete_retailer(call: Call) -> Answer:
    """``DELETE …/retailers/{retailerCode}``: only one that never had a consent (§7.4). Our dealer
    stays, passive and without its number: the ledger may name it."""
    brand = _ruled(call)
    code = _code(call)
    dealer = brand.dealers.get(code)
    if dealer is None:
        raise refuse("H058", ["retailerCode"], code)
    if db.connection().execute(
            "select 1 from consent_entry where provider_id = %s and dealer_id = %s limit 1",
            (brand.place.provider_id, dealer)).fetchone():
        raise refuse("H061", ["retailerCode"], code)
    with asking(brand.place.provider_id) as client:
        client.delete_retailer(brand.place.brand_code, code)
    db.connection().execute(
        "update dealer set retailer_code = null, status = 'passive' "
        "where provider_id = %s and id = %s", (brand.place.provider_id, dealer))
    deeds.note(brand.caller, "dealer:change", f"dealer:{dealer}", brand.address,
               columns=["retailer_code", "status"], before={"retailer_code": code},
               after={"retailer_code": None, "status": "passive"})
    return Answer(200, "Başarı")


def _ruled(call: Call) -> Brand:
    """The brand, for an account that may change its retailers; raises Refused H353."""
    brand = brand_of(call)
    if brand.caller.dealer_id is not None:
        raise refuse("H353", ["retailerCode"])
    return brand


def described(brand: Brand) -> dict[int, dict[str, Any]]:
    """The brand's retailers by code, for the list of who may see a consent."""
    rows = _rows(brand, None, numbers=brand.caller.reads_numbers)
    return {row["retailerCode"]: row for row in rows}


def _rows(brand: Brand, code: int | None, *, numbers: bool) -> list[dict[str, Any]]:
    """``numbers``: with identity and tax numbers, which is kept."""
    found = db.connection().execute(
        "select retailer_code, title, alias, name, mersis, mobile, city_code, town_code, status, "
        "tckn, tin "
        "from dealer where provider_id = %(provider)s and brand_id = %(brand)s "
        "and retailer_code is not null and (%(dealer)s::int is null or id = %(dealer)s) "
        "and (%(code)s::bigint is null or retailer_code = %(code)s) order by retailer_code",
        {"provider": brand.place.provider_id, "brand": brand.place.brand_id,
         "dealer": brand.caller.dealer_id, "code": code}).fetchall()
    if not numbers:
        return [_shown(*row[:9]) for row in found]
    if found:
        deeds.note_once_an_hour(brand.caller, "api:numbers", brand.address)
    opened = secrets().keyring.decrypt_text
    return [_shown(*row[:9], tckn=opened(row[9], "dealer-tckn"), tin=opened(row[10], "dealer-tin"))
            for row in found]


def _shown(code: int, title: str, alias: str | None, name: str, mersis: str | None,
           mobile: str | None, city_code: str, town_code: str, status: str,
           **numbers: str) -> dict[str, Any]:
    city, town = places.city(city_code), places.town(town_code)
    body = {
        "title": title, "mersis": mersis, "alias": alias, "name": name, "mobile": mobile,
        "city": {"name": city.name if city else "", "code": city_code},
        "town": {"name": town.name if town else "", "code": town_code},
        "retailerCode": code, "status": status, **numbers,
    }
    return {key: value for key, value in body.items() if value is not None}


def _keep(brand: Brand, code: int, wanted: Mapping[str, Any], town: places.Town) -> None:
    keyring = secrets().keyring
    made = db.connection().execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, mersis, "
        "alias, mobile, city_code, town_code, status) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (provider_id, retailer_code) do nothing returning id",
        (brand.place.provider_id, brand.place.brand_id, code, wanted["title"], wanted["name"],
         keyring.encrypt_text(wanted["tckn"], "dealer-tckn"),
         keyring.encrypt_text(wanted["tin"], "dealer-tin"), wanted.get("mersis"),
         wanted.get("alias"), wanted.get("mobile"), town.city_code, town.code,
         wanted.get("status", "active"))).fetchone()
    if made is not None:  # asked again after a fault it is there already
        deeds.note(brand.caller, "dealer:add", f"dealer:{made[0]}", brand.address,
                   after={"retailer_code": code, "title": wanted["title"], "name": wanted["name"]})


def _town(wanted: Mapping[str, Any]) -> places.Town | None:
    """The town of İYS's own list, by its number or by its name in the city; one that is elsewhere
    is none."""
    city, town = _pair(wanted["city"]), _pair(wanted["town"])
    code = city[0].rjust(2, "0")
    found = places.town(town[0].lstrip("0"))
    if found is None or found.city_code != code:
        found = places.town_in(code, town[1])
    return found if found is not None and found.code else None


def _pair(place: Mapping[str, Any]) -> tuple[str, str]:
    return str(place["code"]).strip(), str(place["name"]).strip()


def _code(call: Call) -> int:
    text = call.named["retailerCode"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _flag(call: Call, name: str, code: str) -> bool:
    text = call.args.get(name, "false").lower()
    if text not in ("true", "false"):
        raise refuse(code, [name], call.args[name])
    return text == "true"


# -- what a new one must be ----------------------------------------------------------------------


def _faults(wanted: Mapping[str, Any]) -> list[Fault]:
    found = [fault("H016", [name], wanted[name]) for name in wanted if name not in FIELDS]
    for name, empty in (("title", "H214"), ("name", "H215"), ("alias", "")):
        found += _text_faults(wanted, name, empty)
    for name, parse, empty, otherwise in (
            ("tckn", parse_tckn, "H216", "H226"), ("tin", parse_tin, "H288", "H244"),
            ("mersis", parse_mersis, "", "H228")):
        found += _number_faults(wanted, name, parse, empty, otherwise)
    mobile = wanted.get("mobile")
    if "mobile" in wanted and address_code(mobile, Channel.MESAJ):
        found.append(fault("H224", ["mobile"], mobile))
    for name, absent, no_code, no_name in (("city", "H217", "H218", "H219"),
                                           ("town", "H220", "H221", "H222")):
        found += _place_faults(wanted.get(name), name, absent, no_code, no_name)
    if "status" in wanted and wanted["status"] not in _STATES:
        found.append(fault("H201", ["status"], wanted["status"]))
    return found


def _text_faults(wanted: Mapping[str, Any], name: str, empty: str) -> list[Fault]:
    value = wanted.get(name)
    if not isinstance(value, str) or not value.strip():
        return [fault(empty or "H229", [name])] if empty or name in wanted else []
    if len(value) > _LONGEST:
        return [fault("H017", [name], value)]
    if not all(char.isalnum() or char in " .,&-/'’()" for char in value):
        return [fault("H229", [name], value)]
    return []


def _number_faults(wanted: Mapping[str, Any], name: str, parse: Any, empty: str,
                   otherwise: str) -> list[Fault]:
    value = wanted.get(name)
    if is_missing(value):
        return [fault(empty or otherwise, [name])] if empty or name in wanted else []
    if not isinstance(value, str) or len(value) > 20:
        return [fault(otherwise, [name], value)]
    try:
        return [] if parse(value) == value else [fault(otherwise, [name], value)]
    except IdentifierError as error:
        # İYS calls a sole trader's wrong tax number by the tax number's code
        code = "H243" if name == "tin" and error.iys == "H225" else error.iys
        return [fault(code, [name], value)]


def _place_faults(place: Any, name: str, absent: str, no_code: str, no_name: str) -> list[Fault]:
    if not isinstance(place, dict) or not place:
        return [fault(absent, [name])]
    return [fault(code, [name, key]) for key, code in (("code", no_code), ("name", no_name))
            if isinstance(place.get(key), dict | list) or is_missing(place.get(key))]
