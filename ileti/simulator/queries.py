"""Asking the registry: status of one address or of many, its history (İYS API §6.7 to §6.9)."""

from __future__ import annotations

from typing import Any

from ileti.simulator.brands import brand_for, refuse_channel
from ileti.simulator.codes import Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer, error_answer
from ileti.simulator.entries import RECIPIENT_TYPES, TYPES, Frame, address_errors
from ileti.simulator.paging import page_of
from ileti.simulator.records import Brand, ConsentKey, Movement

MOST_RECIPIENTS = 1000


def show_status(desk: Desk, call: Call) -> Answer:
    """`POST …/consents/status`: the present consent of one address (§6.7).

    An address without a record is undocumented; `Rules.unknown_status` decides (404 as shipped; the
    table of codes has H401 with 400).
    """
    brand = brand_for(desk, call)
    desk.gatekeeper.admit_status(call.caller)
    history = _history(desk, call, brand, call.object("H097"), too_long="H166")
    if not history:
        if desk.options.rules.unknown_status in ("404", "400"):
            return error_answer(int(desk.options.rules.unknown_status), [error("H401")])
        if desk.options.rules.unknown_status == "204":
            return Answer(204)
        return answer({})
    last = history[-1]
    body = _line(last)
    retailer = next((m.retailer for m in reversed(history) if m.retailer is not None), None)
    if retailer is not None:
        body["retailerCode"] = retailer
        known = brand.retailers.get(retailer)
        if known is not None:
            body["retailerTitle"] = known.get("title", "")
    if seen_by := desk.registry.sight.get(
        ConsentKey(last.brand, last.recipient_type, last.type, last.recipient)
    ):
        body["retailerAccessCount"] = len(seen_by)
    return answer(body)


def show_statuses(desk: Desk, call: Call) -> Answer:
    """`POST …/consents/{recipientType}/status/{type}`: which of these are ONAY (§6.8)."""
    brand = brand_for(desk, call)
    kind, channel = call.named["recipientType"], call.named["type"]
    if kind not in RECIPIENT_TYPES:
        raise refuse("H116", ["recipientType"], kind)
    if channel not in TYPES:
        raise refuse("H117", ["type"], channel)
    recipients = _recipients(call.object("H014"))
    frame = desk.frame(desk.provider_of(brand))
    errors = []
    seen: set[str] = set()
    wanted: list[str] = []
    for place, recipient in enumerate(recipients):
        text = recipient.lower() if isinstance(recipient, str) else ""
        if address_errors(recipient, channel, frame):
            errors.append(error("H464", ["recipients", place], recipient))
        elif text in seen:
            errors.append(error("H193", ["recipients", place], recipient))
        else:
            seen.add(text)
            wanted.append(text)
    if errors:
        raise Refused(errors)
    refuse_channel(call, brand, channel)
    with desk.registry.lock:
        desk.registry.settle()
        book = desk.registry.books.get((brand.code, kind, channel), {})
        approved = [r for r in wanted if (h := book.get(r)) and h[-1].status == "ONAY"]
    return answer({"requestId": desk.new_request_id(), "list": approved})


def show_history(desk: Desk, call: Call) -> Answer:
    """`POST …/consents/history`: all movements of an address, newest date first (§6.9)."""
    brand = brand_for(desk, call)
    desk.gatekeeper.admit_history(call.caller)
    page = page_of(call)
    history = _history(desk, call, brand, call.object("H014"), too_long="H121") or ()
    newest_first = sorted(history, key=lambda m: (m.date or "", m.created), reverse=True)
    return answer({
        "list": [_line(m) for m in page.cut(newest_first)],
        "pagination": page.described(len(history), with_page=False),
    })


def _line(movement: Movement) -> dict[str, Any]:
    """A movement as the queries show it; what a merchant's record lacks is left out."""
    body: dict[str, Any] = {}
    if movement.date is not None:
        body["consentDate"] = movement.date
    if movement.source is not None:
        body["source"] = movement.source
    body.update({
        "recipient": movement.recipient,
        "recipientType": movement.recipient_type,
        "status": movement.status,
        "type": movement.type,
        "creationDate": movement.created,
        "transactionId": movement.transaction,
    })
    return body


def _history(
    desk: Desk, call: Call, brand: Brand, wanted: dict[str, Any], *, too_long: str
) -> tuple[Movement, ...] | None:
    frame = desk.frame(desk.provider_of(brand))
    errors = _address_faults(wanted, frame, too_long=too_long)
    if errors:
        raise Refused(errors)
    channel, recipient = wanted["type"], wanted["recipient"]
    refuse_channel(call, brand, channel)
    if channel == "EPOSTA":
        recipient = recipient.lower()
    with desk.registry.lock:
        desk.registry.settle()
        return desk.registry.history(brand.code, wanted["recipientType"], channel, recipient)


def _address_faults(
    wanted: dict[str, Any], frame: Frame, *, too_long: str
) -> list[dict[str, Any]]:
    """What is wrong with recipient, recipientType and type of a query, all at once."""
    found = []
    kind, channel, recipient = (
        wanted.get(name) for name in ("recipientType", "type", "recipient")
    )
    if kind in (None, ""):
        found.append(error("H170", ["recipientType"]))
    elif not isinstance(kind, str) or kind not in RECIPIENT_TYPES:
        found.append(error("H116", ["recipientType"], kind))
    usable = channel if isinstance(channel, str) and channel in TYPES else None
    if channel in (None, ""):
        found.append(error("H111", ["type"]))
    elif usable is None:
        found.append(error("H117", ["type"], channel))
    if recipient in (None, ""):
        found.append(error("H114", ["recipient"]))
    elif code := address_errors(recipient, usable, frame, too_long=too_long):
        found.append(error(code, ["recipient"], recipient))
    return found


def _recipients(body: dict[str, Any]) -> list[Any]:
    if "recipients" not in body:
        raise refuse("H168", ["recipients"])
    recipients = body["recipients"]
    if not isinstance(recipients, list):
        raise refuse("H478", ["recipients"], recipients)
    if not recipients:
        raise refuse("H164", ["recipients"], recipients)
    if len(recipients) > MOST_RECIPIENTS:
        raise refuse("H125", ["recipients"])
    return recipients
