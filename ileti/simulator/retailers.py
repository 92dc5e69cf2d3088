"""Retailers (bayi) of a brand: add, list, show, delete (İYS API §7.1 to §7.4)."""

from __future__ import annotations

import secrets
from typing import Any

from ileti.simulator.addresses import is_phone
from ileti.simulator.brands import brand_for
from ileti.simulator.codes import Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.numbers import is_mersis, is_tax_number, is_tckn
from ileti.simulator.paging import page_of
from ileti.simulator.records import Brand

FIELDS = ("title", "name", "tckn", "tin", "mersis", "alias", "mobile", "city", "town", "status")
STATUSES = ("active", "suspended", "passive")
LONGEST_TEXT = 255
LAST_CODE = 99_999_999
SHORT = ("title", "city", "town", "retailerAccessCount", "retailerCode", "status")


def add_retailer(desk: Desk, call: Call) -> Answer:
    """`POST …/retailers`: 201 with an 8-digit code (§7.1)."""
    brand = brand_for(desk, call)
    wanted = call.object("H014")
    if errors := _faults(wanted, desk):
        raise Refused(errors)
    with desk.registry.lock:
        if errors := _twice(wanted, brand):
            raise Refused(errors)
        retailer = {name: wanted[name] for name in FIELDS if name in wanted}
        retailer.setdefault("status", "active")
        retailer["retailerCode"] = _free_code(desk)
        desk.registry.put_retailer(brand, retailer)
    return answer({"retailerCode": retailer["retailerCode"]}, 201)


def list_retailers(desk: Desk, call: Call) -> Answer:
    """`GET …/retailers?offset&limit&all&short` (§7.2); `all` gives every one on one page."""
    brand = brand_for(desk, call)
    everything = _flag(call, "all", "H184")
    short = _flag(call, "short", "H185")
    page = page_of(call)
    rows = sorted(brand.retailers.values(), key=lambda r: int(r["retailerCode"]))
    shown = rows if everything else page.cut(rows)
    return answer({
        "pagination": page.described(len(rows), with_page=True),
        "list": [_shown(brand, retailer, short) for retailer in shown],
    })


def show_retailer(desk: Desk, call: Call) -> Answer:
    """`GET …/retailers/{retailerCode}`; an unknown one is 200 with nothing in it (§7.3)."""
    brand = brand_for(desk, call)
    retailer = brand.retailers.get(_code(call))
    return answer(_shown(brand, retailer, short=False) if retailer else {})


def delete_retailer(desk: Desk, call: Call) -> Answer:
    """`DELETE …/retailers/{retailerCode}`: only one that never had a consent (§7.4)."""
    brand = brand_for(desk, call)
    code = _code(call)
    with desk.registry.lock:
        desk.registry.settle()
        if code not in brand.retailers:
            raise refuse("H058", ["retailerCode"], code)
        if code in brand.linked:
            raise refuse("H061", ["retailerCode"], code)
        desk.registry.drop_retailer(brand, code)
    return Answer(200, "Başarı".encode(), "text/plain; charset=utf-8")


def _faults(wanted: dict[str, Any], desk: Desk) -> list[dict[str, Any]]:
    found = [error("H016", [name], wanted[name]) for name in wanted if name not in FIELDS]
    for name, empty in (("title", "H214"), ("name", "H215"), ("alias", None)):
        value = wanted.get(name)
        if not isinstance(value, str) or not value.strip():
            if empty or name in wanted:
                found.append(error(empty or "H229", [name]))
        elif len(value) > LONGEST_TEXT:
            found.append(error("H017", [name], value))
        elif not all(c.isalnum() or c in " .,&-/'’()" for c in value):
            found.append(error("H229", [name], value))
    found += _number_faults(wanted)
    mobile = wanted.get("mobile")
    if "mobile" in wanted and not (
        isinstance(mobile, str) and is_phone(mobile, **desk.options.rules.phones())
    ):
        found.append(error("H224", ["mobile"], mobile))
    for name, absent, no_code, no_name in (
        ("city", "H217", "H218", "H219"),
        ("town", "H220", "H221", "H222"),
    ):
        found += _place_faults(wanted.get(name), name, absent, no_code, no_name)
    if "status" in wanted and wanted["status"] not in STATUSES:
        found.append(error("H201", ["status"], wanted["status"]))
    return found


def _number_faults(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    tckn, tin, mersis = wanted.get("tckn"), wanted.get("tin"), wanted.get("mersis")
    if tckn in (None, ""):
        found.append(error("H216", ["tckn"]))
    elif not isinstance(tckn, str) or len(tckn) != 11:
        found.append(error("H226", ["tckn"], tckn))
    elif not is_tckn(tckn):
        found.append(error("H225", ["tckn"], tckn))
    if tin in (None, ""):
        found.append(error("H288", ["tin"]))
    elif not isinstance(tin, str) or len(tin) not in (10, 11):
        found.append(error("H244", ["tin"], tin))
    elif not (is_tax_number(tin) or is_tckn(tin)):
        found.append(error("H243", ["tin"], tin))
    if "mersis" in wanted:
        if not isinstance(mersis, str) or len(mersis) != 16:
            found.append(error("H228", ["mersis"], mersis))
        elif not is_mersis(mersis):
            found.append(error("H227", ["mersis"], mersis))
    return found


def _place_faults(
    place: Any, name: str, absent: str, no_code: str, no_name: str
) -> list[dict[str, Any]]:
    if not isinstance(place, dict) or not place:
        return [error(absent, [name])]
    found = []
    if place.get("code") in (None, ""):
        found.append(error(no_code, [name, "code"]))
    if place.get("name") in (None, ""):
        found.append(error(no_name, [name, "name"]))
    return found


def _twice(wanted: dict[str, Any], brand: Brand) -> list[dict[str, Any]]:
    """H230, H231 for a number another retailer has; H253 when that one is passive."""
    found = []
    for retailer in brand.retailers.values():
        for name, code in (("mersis", "H230"), ("tckn", "H231")):
            if name in wanted and retailer.get(name) == wanted[name]:
                passive = retailer.get("status") == "passive"
                found.append(error("H253" if passive else code, [name], wanted[name]))
    return found


def _free_code(desk: Desk) -> int:
    taken = {code for brand in desk.registry.brands.values() for code in brand.retailers}
    for _ in range(1000):
        code = 10_000_000 + secrets.randbelow(LAST_CODE - 10_000_000)
        if code not in taken:
            return code
    raise refuse("H067")


def _shown(brand: Brand, retailer: dict[str, Any], short: bool) -> dict[str, Any]:
    body = {**retailer, "retailerAccessCount": brand.linked[retailer["retailerCode"]]}
    return {name: body[name] for name in SHORT if name in body} if short else body


def _code(call: Call) -> int:
    text = call.named["retailerCode"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _flag(call: Call, name: str, code: str) -> bool:
    text = call.args.get(name, "false").lower()
    if text not in ("true", "false"):
        raise refuse(code, [name], call.args[name])
    return text == "true"
