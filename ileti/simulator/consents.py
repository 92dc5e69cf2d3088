"""Taking consents: one at once, or a thousand to be asked after later (İYS API §6.1 to §6.6).

The batch call is two-faced on purpose: one badly formed item refuses the whole list at once
(422 or 403 with `index`), while what the records forbid (H175, H174, H178, H462, H463, H525)
shows only in the result. V2 of each call is idempotent: the same consent sent again is answered
with the numbers of the first time.
"""

from __future__ import annotations

import uuid
from typing import Any

from ileti.simulator.brands import brand_for, channel_fault, refuse_channel
from ileti.simulator.clock import read
from ileti.simulator.codes import CODES, Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import (
    Entry,
    Frame,
    field_errors,
    is_faultless,
    read_entry,
    retailer_errors,
)
from ileti.simulator.records import Batch, Brand, Repeat
from ileti.simulator.registry import moment_earlier
from ileti.simulator.states import recorded_before

LARGEST_BATCH = 1000
RESULT_KEPT_SECONDS = 60 * 24 * 3600


def add_one(desk: Desk, call: Call) -> Answer:
    """`POST …/consents`: record one consent (§6.1)."""
    return _add_one(desk, call, idempotent=False)


def add_one_v2(desk: Desk, call: Call) -> Answer:
    """`POST /v2/…/consents`: the same, answering a repeat with its first numbers (§6.2)."""
    return _add_one(desk, call, idempotent=True)


def add_batch(desk: Desk, call: Call) -> Answer:
    """`POST …/consents/request`: take up to 1 000 consents, 202 (§6.3)."""
    return _add_batch(desk, call, v2=False)


def add_batch_v2(desk: Desk, call: Call) -> Answer:
    """`POST /v2/…/consents/request`: the same, idempotent (§6.4)."""
    return _add_batch(desk, call, v2=True)


def show_batch(desk: Desk, call: Call) -> Answer:
    """`GET …/consents/request/{requestId}`: what became of a list (§6.5)."""
    return _show_batch(desk, call, v2=False)


def show_batch_v2(desk: Desk, call: Call) -> Answer:
    """`GET /v2/…/consents/request/{requestId}`: the same with the original request (§6.6)."""
    return _show_batch(desk, call, v2=True)


def _add_one(desk: Desk, call: Call, *, idempotent: bool) -> Answer:
    brand = brand_for(desk, call)
    item = call.object("H085")
    if "retailerCode" in item and item["retailerCode"] in (None, ""):
        raise refuse("H267", ["retailerCode"], item["retailerCode"])
    frame = desk.frame(desk.provider_of(brand))
    if not is_faultless(item, frame):
        errors = field_errors(item, frame)
        if idempotent:
            errors = _without_repeats_age(desk, brand, item, errors)
        if errors:
            raise Refused(errors)
        if errors := retailer_errors(item, brand.retailers):
            raise Refused(errors)
    entry = read_entry(item)
    refuse_channel(call, brand, entry.type, write=True)
    outcome = desk.registry.add(brand, entry, idempotent=idempotent)
    return answer({"transactionId": outcome.transaction, "creationDate": outcome.created})


def _add_batch(desk: Desk, call: Call, *, v2: bool) -> Answer:
    brand = brand_for(desk, call)
    items = call.json("H014")
    if not isinstance(items, list) or not items:
        raise refuse("H092")
    if len(items) > LARGEST_BATCH:
        raise refuse("H091")
    frame = desk.frame(desk.provider_of(brand))
    entries = _checked(desk, call, brand, items, frame, v2=v2)
    batch = Batch(
        number=str(uuid.uuid4()),
        brand=brand.code,
        v2=v2,
        sent=frame.now,
        due=desk.registry.due_after(desk.options.delays.batch_seconds),
        size=len(items),
        entries=entries,
    )
    prefix = batch.number[:-4]
    sub_requests = [
        {
            "subRequestId": f"{prefix}{place:04x}",
            "recipient": entry.recipient,
            "type": entry.type,
            "source": entry.source,
            "status": entry.status,
            "consentDate": entry.date,
            "recipientType": entry.recipient_type,
            "creationDate": frame.now,
        }
        for place, entry in enumerate(entries)
    ]
    for row in sub_requests:
        if row["source"] is None:
            del row["source"]
        if row["consentDate"] is None:
            del row["consentDate"]
    desk.registry.take_batch(batch, call.body)
    return answer({"requestId": batch.number, "subRequests": sub_requests}, 202)


def _checked(
    desk: Desk, call: Call, brand: Brand, items: list[Any], frame: Frame, *, v2: bool
) -> list[Entry]:
    """The items as entries, or `Refused` with all their faults, each with its `index`."""
    entries: list[Entry] = []
    shape: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    rights: list[dict[str, Any]] = []
    seen: set[tuple[str, str, str]] = set()
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            shape.append(error("H092", value=item, index=index))
            continue
        if not is_faultless(item, frame):
            if "retailerCode" in item and item["retailerCode"] in (None, ""):
                shape.append(error("H266", ["retailerCode"], item["retailerCode"], index))
                continue
            errors = field_errors(item, frame, index=index)
            if v2:
                errors = _without_repeats_age(desk, brand, item, errors)
            if errors:
                fields += errors
                continue
            if errors := retailer_errors(item, brand.retailers, index=index):
                rights += errors
                continue
        entry = read_entry(item)
        if errors := channel_fault(call, brand, entry.type, write=True, index=index):
            rights += errors
            continue
        key = (entry.recipient_type, entry.type, entry.recipient)
        if key in seen:
            fields.append(error("H194", ["recipient"], item["recipient"], index))
        else:
            seen.add(key)
            entries.append(entry)
    for errors in (shape, fields, rights):
        if errors:
            raise Refused(errors)
    return entries


def _without_repeats_age(
    desk: Desk, brand: Brand, item: dict[str, Any], errors: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """V2 answers a repeat at any age: H467 does not count for what is recorded already (a reading
    of ours, and a switch)."""
    if not desk.options.rules.v2_repeats_at_any_age:
        return errors
    if [fault["code"] for fault in errors] != ["H467"]:
        return errors
    entry = read_entry(item)
    with desk.registry.lock:
        desk.registry.settle()
        history = desk.registry.history(
            brand.code, entry.recipient_type, entry.type, entry.recipient
        )
    return [] if recorded_before(history, entry) else errors


def _show_batch(desk: Desk, call: Call, *, v2: bool) -> Answer:
    brand = brand_for(desk, call)
    number = call.named["requestId"]
    if len(number) > 36:
        raise refuse("H198", ["requestId"], number)
    if number.isalpha():
        raise refuse("H199", ["requestId"], number)
    if number.isdigit():
        raise refuse("H400", ["requestId"], number)
    with desk.registry.lock:
        desk.registry.settle()
        batch = desk.registry.batches.get(number)
    oldest = moment_earlier(desk.clock, RESULT_KEPT_SECONDS)
    if batch is None or batch.brand != brand.code or batch.sent < oldest:
        return answer([])
    if batch.settled is None:
        return answer(_unfinished(desk, batch))
    return answer([_result(batch, place, v2) for place in range(batch.size)])


def _unfinished(desk: Desk, batch: Batch) -> list[dict[str, Any]]:
    """What is answered before the result is there: nothing, or `enqueue` for every item."""
    way = desk.options.delays.before_ready
    sent, due = read(batch.sent), read(batch.due)
    if way == "empty" or (way == "mixed" and desk.clock.now() < sent + (due - sent) / 2):
        return []
    return [
        {"index": place, "status": "enqueue", "subRequestId": batch.sub_request(place)}
        for place in range(batch.size)
    ]


def _result(batch: Batch, place: int, v2: bool) -> dict[str, Any]:
    result, sub_request = batch.results[place], batch.sub_request(place)
    if isinstance(result, str) and result[0] == "H":
        row: dict[str, Any] = {
            "index": place,
            "status": "failure",
            "subRequestId": sub_request,
            "error": {"code": result, "message": CODES[result][1]},
        }
        if v2:
            row["isAddConsentV2Service"] = batch.v2
        return row
    repeat = result if isinstance(result, Repeat) else None
    row = {
        "index": place,
        "status": "success",
        "subRequestId": sub_request,
        "requestId": batch.number,
        "transactionId": repeat.transaction if repeat else result,
        "creationDate": repeat.created if repeat else batch.settled,
    }
    if v2:
        row["isAddConsentV2Service"] = batch.v2
        if repeat and repeat.request is not None and repeat.place is not None:
            row["originalRequestInformation"] = {
                "requestId": repeat.request,
                "subRequestId": f"{repeat.request[:-4]}{repeat.place:04x}",
            }
    return row
