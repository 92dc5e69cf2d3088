"""What a test, a demo or a person at the page may do to a simulator beside İYS's own calls.

Each act takes its wish in the JSON form of `/_control/…` and answers in JSON form; the control
calls and the page's forms are two ways in. A wish that cannot be met raises `SettingError` with
a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ileti.simulator.addresses import is_email, is_phone
from ileti.simulator.brands import SUBSCRIPTION_STATES
from ileti.simulator.clock import read
from ileti.simulator.desk import Desk
from ileti.simulator.entries import IYS_SOURCES, RECIPIENT_TYPES, STATUSES, TYPES
from ileti.simulator.identity import seal_password
from ileti.simulator.options import SettingError
from ileti.simulator.records import Brand, Movement, Partner, Provider
from ileti.simulator.stamp import SPOILT


def move_clock(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """`advance_seconds` forward, `set` to a later moment, or `frozen` true or false.

    The log is ordered by İYS's clock, so the clock never goes back while it holds a movement.
    """
    _only(wish, "advance_seconds", "set", "frozen")
    if "advance_seconds" in wish:
        seconds = _number(wish["advance_seconds"], "advance_seconds")
        if seconds < 0 and desk.registry.latest:
            raise SettingError("The clock does not go back; reset first.")
        desk.clock.advance(seconds)
    if "set" in wish:
        try:
            moment = read(str(wish["set"]))
        except ValueError:
            raise SettingError("set has the form YYYY-MM-DD HH:mm:ss.") from None
        if moment < desk.clock.now() and desk.registry.latest:
            raise SettingError("The clock does not go back; reset first.")
        desk.clock.set(moment)
    if "frozen" in wish:
        (desk.clock.freeze if wish["frozen"] else desk.clock.run)()
    desk.registry.note_clock()
    desk.registry.settle()
    return {"now": desk.clock.now_text()}


def act_as_citizen(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """A citizen gives or takes back a consent at İYS itself (İYS API §5 no. 9 of the rules).

    `brandCode` may be left out: then the brand that holds this address, the latest moved first,
    or the master brand of the first provider. `source` defaults to IYS_WEB, and to IYS_WEB_YENI
    (with `citizenName`) for a consent that did not exist.
    """
    _only(wish, "recipient", "type", "recipientType", "status", "brandCode", "source",
          "citizenName")  # fmt: skip
    channel = _one_of(wish, "type", TYPES)
    kind = _one_of({"recipientType": "BIREYSEL", **wish}, "recipientType", RECIPIENT_TYPES)
    status = _one_of(wish, "status", STATUSES)
    recipient = str(wish.get("recipient", "")).strip()
    if channel == "EPOSTA":
        recipient = recipient.lower()
        if not is_email(recipient):
            raise SettingError("recipient is not an e-mail address.")
    elif not is_phone(recipient, **desk.options.rules.phones()):
        raise SettingError("recipient is not an E.164 phone number.")
    with desk.registry.lock:
        desk.registry.settle()
        brand = _brand_of(desk, wish, kind, channel, recipient)
        history = desk.registry.history(brand.code, kind, channel, recipient)
        if history and history[-1].status == status:
            return _done(history[-1], changed=False)
        source = wish.get("source") or (
            "IYS_WEB_YENI" if not history and status == "ONAY" else "IYS_WEB"
        )
        if source not in IYS_SOURCES:
            raise SettingError(f"source is one of {', '.join(IYS_SOURCES)}.")
        now = desk.clock.now_text()
        name = wish.get("citizenName")
        # A closed line carries the date of the consent it ends (İYS API §2).
        closed = source == "IYS_AHS_HAT_KAPATMA" and bool(history)
        movement = Movement(
            brand.code, recipient, kind, channel, status, source,
            history[-1].date if closed and history else now, now, os.urandom(32).hex(),
            citizen_name=str(name) if name and source == "IYS_WEB_YENI" else None,
        )  # fmt: skip
        return _done(desk.registry.act_as_citizen(movement), changed=True)


def falsify_day(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Make a brand's day (`brandCode`, `reportDate`) differ from what really moved, so that a
    client's comparison has something to find: of `recipient` (all, when left out) the rows are left
    out (`drop`), or get another `status`, `source`, `consentDate`, `creationDate`,
    `transactionId`; `add` is a row of the file that moved nowhere else. `processStatus` `error`
    fails the whole day; `stamp` spoils the time stamp in one of the ways of `stamp.SPOILT`. `clear`
    undoes all of it."""
    _only(wish, "brandCode", "reportDate", "recipient", "drop", "add", "processStatus", "stamp",
          "clear", *_FALSIFIED)  # fmt: skip
    day = (_whole(wish.get("brandCode"), "brandCode"), str(wish.get("reportDate", "")))
    with desk.registry.lock:
        if wish.get("clear"):
            desk.registry.edits.pop(day, None)
            desk.registry.added.pop(day, None)
            desk.registry.failed_days.discard(day)
            desk.registry.spoilt_stamps.pop(day, None)
        elif "processStatus" in wish:
            if wish["processStatus"] != "error":
                raise SettingError("processStatus can be set to error only.")
            desk.registry.failed_days.add(day)
        elif "stamp" in wish:
            desk.registry.spoilt_stamps[day] = _one_of(
                wish, "stamp", {name: name for name in SPOILT})
        elif "add" in wish:
            desk.registry.added[day].append(_added(day[0], wish["add"]))
        else:
            desk.registry.edits[day].append(_edit(wish))
    return {"brandCode": day[0], "reportDate": day[1]}


_FALSIFIED = {"status": "status", "source": "source", "consentDate": "date",
              "creationDate": "created", "transactionId": "transaction"}  # fmt: skip


def _added(brand: int, row: Any) -> Movement:
    wish: dict[str, Any] = dict(row) if isinstance(row, dict) else {}
    _only(wish, "recipient", "recipientType", "type", "status", "source", "consentDate",
          "creationDate", "transactionId")  # fmt: skip
    return Movement(
        brand, str(wish.get("recipient", "")),
        _one_of({"recipientType": "BIREYSEL", **wish}, "recipientType", RECIPIENT_TYPES),
        _one_of(wish, "type", TYPES), _one_of(wish, "status", STATUSES),
        wish.get("source"), wish.get("consentDate"), str(wish.get("creationDate", "")),
        str(wish.get("transactionId") or os.urandom(32).hex()),
    )  # fmt: skip


def _edit(wish: Mapping[str, Any]) -> Callable[[Movement], Movement | None]:
    changes: dict[str, Any] = {
        field: str(wish[name]) for name, field in _FALSIFIED.items() if name in wish
    }
    recipient, drop = wish.get("recipient"), bool(wish.get("drop"))

    def edit(movement: Movement) -> Movement | None:
        if recipient is not None and movement.recipient != recipient:
            return movement
        return None if drop else movement._replace(**changes)

    return edit


def set_subscription(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """`state` for all providers, for the one with `iysCode` or the partner with `integratorCode`;
    `consentLimit` and `consentLimitExceed` may go with it."""
    _only(wish, "state", "iysCode", "integratorCode", "consentLimit", "consentLimitExceed")
    state = str(wish.get("state", ""))
    if state not in SUBSCRIPTION_STATES:
        raise SettingError(f"state is one of {', '.join(SUBSCRIPTION_STATES)}.")
    codes = list(desk.registry.providers)
    if wish.get("iysCode") not in (None, ""):
        codes = [_whole(wish["iysCode"], "iysCode")]
    if wish.get("integratorCode") not in (None, ""):
        codes = [_whole(wish["integratorCode"], "integratorCode")]
    limit = _whole(wish["consentLimit"], "consentLimit") if "consentLimit" in wish else None
    exceed = wish.get("consentLimitExceed")
    if exceed is not None and not isinstance(exceed, bool):
        raise SettingError("consentLimitExceed is true or false.")
    for code in codes:
        if code not in desk.registry.providers and code not in desk.registry.partners:
            raise SettingError(f"No provider has the number {code}.")
        desk.registry.set_subscription(code, state, limit, exceed)
    return {"state": state, "iysCodes": codes}


def put_provider(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Add a provider with account, brands and retailers, or change the one with its number."""
    _only(wish, "iysCode", "title", "username", "password", "activationDate", "brands",
          "retailers", "role", "consentLimit")  # fmt: skip
    code = _whole(wish.get("iysCode"), "iysCode")
    for name in ("username", "password"):
        if not isinstance(wish.get(name), str) or not wish[name]:
            raise SettingError(f"{name} is missing.")
    activation = wish.get("activationDate") or None
    if activation is not None:
        try:
            read(f"{activation} 00:00:00")
        except ValueError:
            raise SettingError("activationDate has the form YYYY-MM-DD.") from None
    title = str(wish.get("title") or f"Sağlayıcı {code}")
    brands = [_brand(item, code) for item in wish.get("brands") or ()]
    if not any(brand.master for brand in brands):
        brands.insert(0, Brand(code, title, True, code))
    for item in wish.get("retailers") or ():
        retailer = {"title": "", "status": "active", **item}
        where = _whole(retailer.pop("brandCode", code), "brandCode")
        number = _whole(retailer.get("retailerCode"), "retailerCode")
        retailer["retailerCode"] = number
        for brand in brands:
            if brand.code == where:
                brand.retailers[number] = retailer
    if any(other.username == wish["username"] and other is not desk.registry.providers.get(code)
           for other in desk.registry.accounts()):
        raise SettingError("Another provider has this username.")
    if code in desk.registry.partners:
        raise SettingError("A partner has this number.")
    for other in desk.registry.providers.values():
        if other.iys_code != code and {b.code for b in brands} & set(other.brands):
            raise SettingError("Another provider has one of these brands.")
    provider = Provider(
        iys_code=code,
        title=title,
        username=wish["username"],
        secret=seal_password(wish["password"]),
        role=str(wish.get("role") or "API_USER"),
        activation_date=activation,
        brands=[brand.code for brand in brands],
        consent_limit=_whole(wish.get("consentLimit", 1_000_000), "consentLimit"),
    )
    desk.registry.put_provider(provider, brands)
    return {"iysCode": code, "brands": desk.registry.providers[code].brands}


def put_partner(desk: Desk, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Add a business partner with account and `rights` (one object per brand: `brandCode`, per
    channel `write` or `read`, `agreementControl`, `viaControl`), or change the one with its
    number."""
    _only(wish, "integratorCode", "title", "username", "password", "rights")
    code = _whole(wish.get("integratorCode"), "integratorCode")
    if code in desk.registry.providers:
        raise SettingError("A provider has this number.")
    for name in ("username", "password"):
        if not isinstance(wish.get(name), str) or not wish[name]:
            raise SettingError(f"{name} is missing.")
    if any(other.username == wish["username"] and other is not desk.registry.partners.get(code)
           for other in desk.registry.accounts()):
        raise SettingError("Another account has this username.")
    partner = Partner(code, str(wish.get("title") or f"İş ortağı {code}"), wish["username"],
                      seal_password(wish["password"]),
                      rights=[_right(desk, item) for item in wish.get("rights") or ()])
    desk.registry.put_partner(partner)
    return {"integratorCode": code, "brands": [one["brandCode"] for one in partner.rights]}


def _right(desk: Desk, item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise SettingError("rights is a list of objects with brandCode.")
    _only(item, "brandCode", *TYPES, "agreementControl", "viaControl")
    brand = desk.registry.brands.get(_whole(item.get("brandCode"), "brandCode"))
    if brand is None:
        raise SettingError("rights names a brand that nobody has.")
    for channel in TYPES:
        if item.get(channel) not in (None, "read", "write"):
            raise SettingError(f"{channel} is read or write.")
    return {**item, "brandCode": brand.code, "iysCode": brand.iys_code}


def _brand(item: Any, iys_code: int) -> Brand:
    if not isinstance(item, dict):
        raise SettingError("brands is a list of objects with brandCode and name.")
    code = _whole(item.get("brandCode"), "brandCode")
    name = str(item.get("name") or f"Marka {code}")
    return Brand(code, name, bool(item.get("master", code == iys_code)), iys_code)


def _brand_of(
    desk: Desk, wish: Mapping[str, Any], kind: str, channel: str, recipient: str
) -> Brand:
    brands = desk.registry.brands
    if not brands:
        raise SettingError("The simulator has no brand yet.")
    if wish.get("brandCode") not in (None, ""):
        code = _whole(wish["brandCode"], "brandCode")
        if code not in brands:
            raise SettingError(f"No brand has the number {code}.")
        return brands[code]
    holding = [
        (history[-1].created, code)
        for code in brands
        if (history := desk.registry.history(code, kind, channel, recipient))
    ]
    if holding:
        return brands[max(holding)[1]]
    first = next(iter(desk.registry.providers.values()))
    return next((brands[c] for c in first.brands if brands[c].master), brands[first.brands[0]])


def _done(movement: Movement, *, changed: bool) -> dict[str, Any]:
    return {
        "changed": changed,
        "brandCode": movement.brand,
        "status": movement.status,
        "source": movement.source,
        "transactionId": movement.transaction,
        "creationDate": movement.created,
    }


def _only(wish: Mapping[str, Any], *names: str) -> None:
    unknown = set(wish) - set(names)
    if unknown:
        raise SettingError(f"Unknown field: {', '.join(sorted(unknown))}.")


def _one_of(wish: Mapping[str, Any], name: str, allowed: dict[str, str]) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise SettingError(f"{name} is one of {', '.join(allowed)}.")
    return allowed[value]


def _whole(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SettingError(f"{name} is a whole number.") from None


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise SettingError(f"{name} is a number.") from None
    if not abs(number) < 1e10:
        raise SettingError(f"{name} is out of range.")
    return number
