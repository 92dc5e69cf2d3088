"""Which retailers may use a consent: give, replace, list, take away (İYS API §7.5).

The documents print some paths in two spellings (`consent` and `consents`, `retailer` and
`retailers`); both are served. İYS answers the calls about many addresses with 202 and works later;
here the effect is there at once. An address without a consent is H401 where one consent is named,
and passed over in a list, which is a judgement: the documents show no code for it there.
"""

from __future__ import annotations

import uuid
from typing import Any

from ileti.simulator.brands import brand_for, refuse_channel
from ileti.simulator.codes import Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import (
    RECIPIENT_TYPES,
    TYPES,
    Frame,
    address_errors,
    is_known_retailer,
)
from ileti.simulator.paging import page_of
from ileti.simulator.records import Brand, ConsentKey

MOST = 100
SHOWN = ("title", "mersis", "alias", "name", "tckn", "mobile", "city", "town", "retailerCode")

Faults = list[dict[str, Any]]


def give_access(desk: Desk, call: Call) -> Answer:
    """`POST …/consents/retailers/access`: add retailers to one consent; the others stay."""
    brand = brand_for(desk, call)
    wanted = call.object("H090")
    frame = desk.frame(desk.provider_of(brand))
    faults, rights = _head_faults(wanted), _retailer_faults(wanted, brand)
    faults += _recipient_faults(wanted, frame) + rights[0]
    _refuse(faults, rights[1])
    refuse_channel(call, brand, wanted["type"], write=True)
    key = _key(brand, wanted, wanted["recipient"])
    with desk.registry.lock:
        desk.registry.settle()
        if desk.registry.history(*key) is None:
            raise refuse("H401", ["recipient"], wanted["recipient"])
        now = desk.registry.sight.get(key, frozenset())
        desk.registry.set_sight({key: now | set(wanted["retailerAccess"])})
    return answer({"transactionId": str(uuid.uuid4()), "creationDate": desk.clock.now_text()})


def replace_access(desk: Desk, call: Call) -> Answer:
    """`PUT …/consents/retailers/access`: these retailers only; the one that took the consent loses
    its access too. 202 without a body."""
    return _change_many(desk, call, "H171", lambda _, named: named)


def take_access(desk: Desk, call: Call) -> Answer:
    """`POST …/access/remove`: without these retailers. 202 without a body."""
    return _change_many(desk, call, "H172", lambda now, named: now - named)


def take_all_access(desk: Desk, call: Call) -> Answer:
    """`POST …/access/remove/all`: without any retailer. 202 without a body."""
    return _change_many(desk, call, "H172", None)


def list_access(desk: Desk, call: Call) -> Answer:
    """`POST …/access/list?offset&limit`: the retailers of one consent, in pages."""
    brand = brand_for(desk, call)
    wanted = call.json("H014")
    if not isinstance(wanted, dict):
        raise refuse("H173")
    page = page_of(call)
    frame = desk.frame(desk.provider_of(brand))
    _refuse(_head_faults(wanted) + _recipient_faults(wanted, frame))
    refuse_channel(call, brand, wanted["type"])
    with desk.registry.lock:
        desk.registry.settle()
        codes = sorted(desk.registry.sight.get(_key(brand, wanted, wanted["recipient"]), ()))
        known = [brand.retailers[code] for code in codes if code in brand.retailers]
    return answer({
        "pagination": page.described(len(known), with_page=False),
        "list": [{name: one[name] for name in SHOWN if name in one} for one in page.cut(known)],
    })


def _change_many(desk: Desk, call: Call, otherwise: str, change: Any) -> Answer:
    """`change` makes the new set of the present and the named one; None empties it."""
    brand = brand_for(desk, call)
    wanted = call.json("H171" if otherwise == "H171" else "H014")
    if not isinstance(wanted, dict):
        raise refuse(otherwise)
    frame = desk.frame(desk.provider_of(brand))
    faults, rights = _head_faults(wanted) + _recipients_faults(wanted, frame), list[Any]()
    if change is not None:
        found, rights = _retailer_faults(wanted, brand)
        faults += found
    _refuse(faults, rights)
    refuse_channel(call, brand, wanted["type"], write=True)
    named = frozenset(wanted["retailerAccess"]) if change is not None else frozenset()
    with desk.registry.lock:
        desk.registry.settle()
        keys = [_key(brand, wanted, recipient) for recipient in wanted["recipients"]]
        desk.registry.set_sight({
            key: change(desk.registry.sight.get(key, frozenset()), named) if change else frozenset()
            for key in keys if desk.registry.history(*key) is not None
        })
    return Answer(202)


def _key(brand: Brand, wanted: dict[str, Any], recipient: str) -> ConsentKey:
    channel = wanted["type"]
    return ConsentKey(brand.code, wanted["recipientType"], channel,
                      recipient.lower() if channel == "EPOSTA" else recipient)


def _refuse(faults: Faults, rights: Faults | None = None) -> None:
    """Fields first (422), then retailers (403), as in the add calls."""
    for found in (faults, rights or []):
        if found:
            raise Refused(found)


def _head_faults(wanted: dict[str, Any]) -> Faults:
    found: Faults = []
    for name, missing, wrong, known in (
        ("recipientType", "H170", "H116", RECIPIENT_TYPES),
        ("type", "H111", "H117", TYPES),
    ):
        value = wanted.get(name)
        if value in (None, ""):
            found.append(error(missing, [name]))
        elif not isinstance(value, str) or value not in known:
            found.append(error(wrong, [name], value))
    return found


def _channel(wanted: dict[str, Any]) -> str | None:
    channel = wanted.get("type")
    return channel if isinstance(channel, str) and channel in TYPES else None


def _recipient_faults(wanted: dict[str, Any], frame: Frame) -> Faults:
    recipient = wanted.get("recipient")
    if recipient in (None, ""):
        return [error("H114", ["recipient"])]
    code = address_errors(recipient, _channel(wanted), frame, too_long="H166")
    return [error(code, ["recipient"], recipient)] if code else []


def _recipients_faults(wanted: dict[str, Any], frame: Frame) -> Faults:
    if "recipients" not in wanted:
        return [error("H168", ["recipients"])]
    recipients = wanted["recipients"]
    if not isinstance(recipients, list):
        return [error("H478", ["recipients"], recipients)]
    if not recipients:
        return [error("H164", ["recipients"], recipients)]
    if len(recipients) > MOST:
        return [error("H127", ["recipients"])]
    channel = _channel(wanted)
    return [
        error(code, ["recipients", place], one)
        for place, one in enumerate(recipients)
        if (code := address_errors(one, channel, frame, too_long="H166"))
    ] or _twice(recipients, "recipients")


def _retailer_faults(wanted: dict[str, Any], brand: Brand) -> tuple[Faults, Faults]:
    """Faults of the list (422) and retailers the brand does not have (403)."""
    if "retailerAccess" not in wanted:
        return [error("H169", ["retailerAccess"])], []
    access = wanted["retailerAccess"]
    if not isinstance(access, list) or not access:
        return [error("H163", ["retailerAccess"], access)], []
    if len(access) > MOST:
        return [error("H126", ["retailerAccess"])], []
    return _twice(access, "retailerAccess"), [
        error("H180", ["retailerAccess", place], code)
        for place, code in enumerate(access) if not is_known_retailer(code, brand.retailers)
    ]


def _twice(values: list[Any], name: str) -> Faults:
    seen: set[str] = set()
    found: Faults = []
    for place, value in enumerate(values):
        mark = repr(value.lower() if isinstance(value, str) else value)
        if mark in seen:
            found.append(error("H193", [name, place], value))
        seen.add(mark)
    return found
