"""Which retailers may use a consent: İYS alone keeps that, so the calls go through to it.

Why this module exists: a faulty call counts against the provider at İYS (§1.1) and another's
retailer must not be named, so lists and codes are checked here first, with İYS's codes (İYS API
§7.5). What İYS has taken is written down here too, since dealers see by it (R-45). A dealer's
account may not give access away, not even its own: that is the brand's to decide.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.compat.asking import asking
from ileti.compat.desk import Answer, Brand, Call, brand_of, iys_time, page_of
from ileti.compat.queries import channel_in, head_faults, recipient_faults
from ileti.compat.refusals import Fault, Refused, fault, refuse
from ileti.compat.retailers import described
from ileti.compat.wellformed import KINDS, TYPES, address_code, is_known, spelled
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.iys.granted import Act, Group, apply

MOST: Final = 100
_SHOWN: Final = ("title", "mersis", "alias", "name", "mobile", "city", "town", "retailerCode")


def give_access(call: Call) -> Answer:
    """``POST …/consents/retailers/access``: add retailers to one consent."""
    brand = _ruled(call)
    wanted = call.object("H090")
    lists, rights = _retailer_faults(wanted, brand)
    _refuse(head_faults(wanted) + recipient_faults(wanted) + lists, rights)
    channel = TYPES[wanted["type"]]
    with asking(brand.place.provider_id) as client:
        done = client.give_access(
            brand.place.brand_code, spelled(wanted["recipient"], channel),
            KINDS[wanted["recipientType"]], channel, wanted["retailerAccess"])[0]
    _written_down(brand, Act.GIVE, wanted, [spelled(wanted["recipient"], channel)])
    return Answer(200, {"transactionId": done.transaction_id,
                        "creationDate": iys_time(done.creation_date or clock.now())})


def replace_access(call: Call) -> Answer:
    """``PUT …/consents/retailers/access``: these retailers only. 202 without a body."""
    brand, wanted, addresses = _many(call, "H171", "H171", named=True)
    with asking(brand.place.provider_id) as client:
        client.replace_access(brand.place.brand_code, addresses, KINDS[wanted["recipientType"]],
                              TYPES[wanted["type"]], wanted["retailerAccess"])
    _written_down(brand, Act.REPLACE, wanted, addresses)
    return Answer(202)


def take_access(call: Call) -> Answer:
    """``POST …/access/remove``: without these retailers. 202 without a body."""
    brand, wanted, addresses = _many(call, "H014", "H172", named=True)
    with asking(brand.place.provider_id) as client:
        client.take_access(brand.place.brand_code, addresses, KINDS[wanted["recipientType"]],
                           TYPES[wanted["type"]], wanted["retailerAccess"])
    _written_down(brand, Act.TAKE, wanted, addresses)
    return Answer(202)


def take_all_access(call: Call) -> Answer:
    """``POST …/access/remove/all``: without any retailer. 202 without a body."""
    brand, wanted, addresses = _many(call, "H014", "H172", named=False)
    with asking(brand.place.provider_id) as client:
        client.take_all_access(brand.place.brand_code, addresses,
                               KINDS[wanted["recipientType"]], TYPES[wanted["type"]])
    _written_down(brand, Act.REPLACE, wanted | {"retailerAccess": []}, addresses)
    return Answer(202)


def list_access(call: Call) -> Answer:
    """``POST …/access/list?offset&limit``: the retailers of one consent, in pages."""
    brand = _ruled(call)
    wanted = call.json("H014")
    if not isinstance(wanted, dict):
        raise refuse("H173")
    page = page_of(call)
    _refuse(head_faults(wanted) + recipient_faults(wanted), [])
    channel = TYPES[wanted["type"]]
    with asking(brand.place.provider_id) as client:
        there = client.access(brand.place.brand_code, spelled(wanted["recipient"], channel),
                              KINDS[wanted["recipientType"]], channel)
    ours = described(brand)
    lines = [ours.get(one.code, {"title": one.title, "retailerCode": one.code})
             for one in sorted(there, key=lambda one: one.code)]
    return Answer(200, {"pagination": page.described(len(lines)), "list": [
        {name: line[name] for name in _SHOWN if name in line}
        for line in lines[page.offset:page.offset + page.limit]]})


def _written_down(brand: Brand, act: Act, wanted: dict[str, Any], addresses: list[str]) -> None:
    """İYS has taken it, so it is so here."""
    place = brand.place
    group = Group(place.provider_id, place.brand_id, KINDS[wanted["recipientType"]],
                  TYPES[wanted["type"]], act,
                  tuple(sorted(brand.dealers[one] for one in wanted["retailerAccess"])))
    with db.transaction() as conn:
        found = conn.execute(
            "select id from recipient where provider_id = %s and addr_hash = any(%s)",
            (place.provider_id, secrets().addresses.of_many(place.provider_id, addresses)))
        apply(conn, group, [one for one, in found])


def _ruled(call: Call) -> Brand:
    brand = brand_of(call)
    if brand.caller.dealer_id is not None:
        raise refuse("H353", ["retailerAccess"])
    return brand


def _many(call: Call, broken: str, otherwise: str, *, named: bool
          ) -> tuple[Brand, dict[str, Any], list[str]]:
    """Brand, body and addresses of a call about many; raises Refused."""
    brand = _ruled(call)
    wanted = call.json(broken)
    if not isinstance(wanted, dict):
        raise refuse(otherwise)
    faults = head_faults(wanted) + _recipients_faults(wanted)
    rights: list[Fault] = []
    if named:
        lists, rights = _retailer_faults(wanted, brand)
        faults += lists
    _refuse(faults, rights)
    channel = TYPES[wanted["type"]]
    return brand, wanted, [spelled(one, channel) for one in wanted["recipients"]]


def _refuse(fields: list[Fault], rights: list[Fault]) -> None:
    """Fields first (422), then retailers (403), as in the add calls."""
    for found in (fields, rights):
        if found:
            raise Refused(found)


def _recipients_faults(wanted: dict[str, Any]) -> list[Fault]:
    if "recipients" not in wanted:
        return [fault("H168", ["recipients"])]
    given = wanted["recipients"]
    if not isinstance(given, list):
        return [fault("H478", ["recipients"], given)]
    if not given:
        return [fault("H164", ["recipients"], given)]
    if len(given) > MOST:
        return [fault("H127", ["recipients"])]
    channel = channel_in(wanted)
    return [fault(code, ["recipients", at], one) for at, one in enumerate(given)
            if (code := address_code(one, channel, too_long="H166"))] or _twice(
                given, "recipients")


def _retailer_faults(wanted: dict[str, Any], brand: Brand) -> tuple[list[Fault], list[Fault]]:
    """Faults of the list (422), and retailers the caller may not name (403)."""
    if "retailerAccess" not in wanted:
        return [fault("H169", ["retailerAccess"])], []
    access = wanted["retailerAccess"]
    if not isinstance(access, list) or not access:
        return [fault("H163", ["retailerAccess"], access)], []
    if len(access) > MOST:
        return [fault("H126", ["retailerAccess"])], []
    return _twice(access, "retailerAccess"), [
        fault("H180", ["retailerAccess", at], code) for at, code in enumerate(access)
        if not is_known(code, brand.dealers)]


def _twice(values: list[Any], name: str) -> list[Fault]:
    seen: set[str] = set()
    found = []
    for at, value in enumerate(values):
        mark = repr(value.lower() if isinstance(value, str) else value)
        if mark in seen:
            found.append(fault("H193", [name, at], value))
        seen.add(mark)
    return found
