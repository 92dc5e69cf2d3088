"""Asking: the status of one address or of many, and its history (İYS API §6.7 to §6.9).

Why this module exists: these calls decide whether a message goes out, so they are answered as the
gate would: from the ledger, where a refusal shows at once and a consent only when İYS has it (R-08,
R-32). Only for a key the ledger does not have is İYS asked, within the hour's budgets. A dealer's
account is told of what the dealer took or has access to, and İYS is not asked for it (R-45).
"""

from __future__ import annotations

from typing import Any, Final

from ileti.compat import book
from ileti.compat.asking import asking
from ileti.compat.desk import Answer, Brand, Call, brand_of, iys_time, page_of
from ileti.compat.refusals import Fault, Refused, fault, refuse
from ileti.compat.wellformed import KINDS, TYPES, address_code, is_missing, spelled
from ileti.consents import gate
from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core.logs import get_logger
from ileti.iys.wire import MOST_RECIPIENTS, Movement

log = get_logger("ileti.compat")

_NO_RECORD: Final = 404  # judgement 9


def show_status(call: Call) -> Answer:
    """``POST …/consents/status``: what holds for one address (§6.7); H401 when nothing does. A
    consent the gate does not open for (İYS's changes unheard, R-44; a renewal on its way) is left
    to İYS's own word."""
    brand = brand_of(call)
    address, kind, channel = _key(call.object("H097"), too_long="H166")
    found = book.held(brand.place, brand.caller, address, kind, channel)
    if found is not None and (found.status is Status.RET or _may_send(
            brand, [address], kind, channel)):
        line = found.line(address, kind, channel)
        if found.retailer_code is not None and found.retailer_code in brand.dealers:
            line |= {"retailerCode": found.retailer_code, "retailerTitle": found.retailer_title}
        return Answer(200, line)
    movement = _status_at_iys(brand, address, kind, channel)
    if movement is None:
        raise Refused([fault("H401")], _NO_RECORD)
    return Answer(200, _line(movement))


def show_statuses(call: Call) -> Answer:
    """``POST …/consents/{recipientType}/status/{type}``: which of up to 1 000 may be written to
    (§6.8). For what the ledger has, the gate decides; the others İYS is asked about, and while it
    is away they are simply not in the list."""
    brand = brand_of(call)
    kind, channel = call.named["recipientType"], call.named["type"]
    if kind not in KINDS:
        raise refuse("H116", ["recipientType"], kind)
    if channel not in TYPES:
        raise refuse("H117", ["type"], channel)
    wanted = _recipients(call.object("H014"), TYPES[channel])
    approved = _approved(brand, wanted, KINDS[kind], TYPES[channel])
    return Answer(200, {"requestId": call.request_id, "list": [
        one for one in wanted if one in approved]})


def show_history(call: Call) -> Answer:
    """``POST …/consents/history``: what held for an address, the youngest date first (§6.9)."""
    brand = brand_of(call)
    page = page_of(call)
    address, kind, channel = _key(call.object("H014"), too_long="H121")
    found, total = book.history(brand.place, brand.caller, address, kind, channel, *page)
    lines = [one.line(address, kind, channel) for one in found]
    if not total and brand.caller.dealer_id is None:
        with asking(brand.place.provider_id) as client:
            there = client.history(brand.place.brand_code, address, kind, channel, page.offset)
        lines = [_line(one) for one in there.movements[:page.limit]]
        total = there.total
    return Answer(200, {"list": lines, "pagination": page.described(total)})


# -- İYS's side ----------------------------------------------------------------------------------


def _status_at_iys(brand: Brand, address: str, kind: RecipientType, channel: Channel
                   ) -> Movement | None:
    if brand.caller.dealer_id is not None:
        return None
    with asking(brand.place.provider_id) as client:
        return client.status(brand.place.brand_code, address, kind, channel, by_person=True)


def _approved(brand: Brand, wanted: list[str], kind: RecipientType, channel: Channel) -> set[str]:
    place = brand.place
    known = book.known_keys(place, brand.caller, wanted, kind, channel)
    ours = [one for one in wanted if one in known]
    yes = _may_send(brand, ours, kind, channel)
    others = [one for one in wanted if one not in known]
    if others and brand.caller.dealer_id is None:
        try:
            with asking(place.provider_id) as client:
                yes |= client.approved(place.brand_code, kind, channel, others)
        except Refused as refused:
            log.warning("compat_status_from_ledger_only", code=str(refused), left=len(others))
    return yes


def _may_send(brand: Brand, addresses: list[str], kind: RecipientType, channel: Channel
              ) -> set[str]:
    place = brand.place
    answers = gate.may_send(place.provider_id, place.brand_id, addresses, channel, kind)
    return {one for one, may in zip(addresses, answers, strict=True) if may}


def _line(movement: Movement) -> dict[str, Any]:
    """A movement İYS told, as it tells it."""
    body: dict[str, Any] = {}
    if movement.consent_date is not None:
        body["consentDate"] = iys_time(movement.consent_date)
    if movement.source_word:
        body["source"] = movement.source_word
    return body | {
        "recipient": movement.recipient, "recipientType": movement.recipient_type.name,
        "status": movement.status.name, "type": movement.channel.name,
        "creationDate": iys_time(movement.creation_date),
        "transactionId": movement.transaction_id,
    }


# -- what was asked ------------------------------------------------------------------------------


def _key(body: dict[str, Any], *, too_long: str) -> tuple[str, RecipientType, Channel]:
    faults = head_faults(body) + recipient_faults(body, too_long)
    if faults:
        raise Refused(faults)
    channel = TYPES[body["type"]]
    return spelled(body["recipient"], channel), KINDS[body["recipientType"]], channel


def head_faults(body: dict[str, Any]) -> list[Fault]:
    """What is wrong with recipientType and type of a question."""
    found = []
    for name, missing, wrong, known in (("recipientType", "H170", "H116", KINDS),
                                        ("type", "H111", "H117", TYPES)):
        value = body.get(name)
        if is_missing(value):
            found.append(fault(missing, [name]))
        elif not isinstance(value, str) or value not in known:
            found.append(fault(wrong, [name], value))
    return found


def recipient_faults(body: dict[str, Any], too_long: str = "H166") -> list[Fault]:
    """What is wrong with the one recipient of a question."""
    recipient = body.get("recipient")
    if is_missing(recipient):
        return [fault("H114", ["recipient"])]
    code = address_code(recipient, channel_in(body), too_long=too_long)
    return [fault(code, ["recipient"], recipient)] if code else []


def channel_in(body: dict[str, Any]) -> Channel | None:
    """The channel a body names, or None."""
    value = body.get("type")
    return TYPES.get(value) if isinstance(value, str) else None


def _recipients(body: dict[str, Any], channel: Channel) -> list[str]:
    """The list of a question about many, in our spelling; raises Refused."""
    if "recipients" not in body:
        raise refuse("H168", ["recipients"])
    given = body["recipients"]
    if not isinstance(given, list):
        raise refuse("H478", ["recipients"], given)
    if not given:
        raise refuse("H164", ["recipients"], given)
    if len(given) > MOST_RECIPIENTS:
        raise refuse("H125", ["recipients"])
    faults: list[Fault] = []
    wanted: dict[str, None] = {}
    for at, one in enumerate(given):
        if address_code(one, channel):
            faults.append(fault("H464", ["recipients", at], one))
            continue
        text = spelled(one, channel)
        if text in wanted:
            faults.append(fault("H193", ["recipients", at], one))
        wanted[text] = None
    if faults:
        raise Refused(faults)
    return list(wanted)
