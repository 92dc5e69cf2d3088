"""Reconciliation (mutabakat, İYS API §8): a brand's day as İYS wrote it down, to be compared.

A day is closed at midnight and worked on for a while (`Delays.reconcile_seconds`: queued, then in
progress); then its summary, the SHA-384 of its file, the file and a time stamp are there until
seven days have passed. Whether the hashed bytes hold the header, how fields are quoted and what an
unfinished day answers is not documented; here the hash is over the file's very bytes, nothing is
quoted, and an unfinished day has no hash, no file and nothing to agree to. A day without a movement
is 204 in every call but the summary.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from hashlib import sha384

from ileti.simulator.brands import brand_for
from ileti.simulator.clock import ISTANBUL, written
from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import RECIPIENT_TYPES, TYPES
from ileti.simulator.records import Brand, Movement
from ileti.simulator.registry import Registry
from ileti.simulator.stamp import stamp

DAYS_KEPT = 7
HEADER = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
SIDES = ("HS", "IYS")


def show_summary(desk: Desk, call: Call) -> Answer:
    """`GET …/changes/{reportDate}/recipients/{recipientType}`: counts per type and side (§8.1)."""
    brand, day = _brand_and_day(desk, call)
    kind = call.named["recipientType"]
    if kind not in RECIPIENT_TYPES:
        raise refuse("H116", ["recipientType"], kind)
    with desk.registry.lock:
        desk.registry.settle()
        counts = _counts(desk.registry, brand, day, kind)
    return answer({"changeStats": [
        {"type": channel, "consents": [
            {"source": side, "approval": n[0], "rejection": n[1], "pending": n[2],
             "total": sum(n)}
            for side in SIDES if (n := counts.get((channel, side)))
        ]}
        for channel in TYPES if any((channel, side) in counts for side in SIDES)
    ]})


def show_agreement(desk: Desk, call: Call) -> Answer:
    """`GET …/agreements/{reportDate}`: how far the day is, its hash, whether agreed (§8.2)."""
    brand, day = _brand_and_day(desk, call)
    with desk.registry.lock:
        desk.registry.settle()
        if not movements_of(desk.registry, brand.code, day):
            return Answer(204)
        status = _process_status(desk, brand, day)
        body: dict[str, object] = {"processStatus": status, "hashMethod": "SHA-384"}
        if status == "completed":
            body["hashValue"] = sha384(file_of(desk.registry, brand.code, day)).hexdigest()
        body["agreementStatus"] = (brand.code, day.isoformat()) in desk.registry.agreements
    return answer(body)


def save_agreement(desk: Desk, call: Call) -> Answer:
    """`PUT …/agreements/{reportDate}` with `{"agreementStatus": true}`, for good (§8.3)."""
    brand, day = _brand_and_day(desk, call)
    wanted = call.object("H014")
    if wanted.get("agreementStatus") is not True:
        raise refuse("H512", ["agreementStatus"], wanted.get("agreementStatus"))
    with desk.registry.lock:
        desk.registry.settle()
        if not _is_there(desk, brand, day):
            return Answer(204)
        desk.registry.agree(brand.code, day.isoformat())
    return answer({"agreementCaptured": True})


def give_file(desk: Desk, call: Call) -> Answer:
    """`GET …/changes/{reportDate}/file`: every movement of the day as CSV (§8.4)."""
    brand, day = _brand_and_day(desk, call)
    with desk.registry.lock:
        desk.registry.settle()
        if not _is_there(desk, brand, day):
            return Answer(204)
        return Answer(200, file_of(desk.registry, brand.code, day), "text/csv; charset=utf-8")


def give_stamp(desk: Desk, call: Call) -> Answer:
    """`GET …/agreements/{reportDate}/timestamp`: a time stamp reply over the file (§8.5)."""
    brand, day = _brand_and_day(desk, call)
    with desk.registry.lock:
        desk.registry.settle()
        if not _is_there(desk, brand, day):
            return Answer(204)
        digest = sha384(file_of(desk.registry, brand.code, day)).digest()
        spoilt = desk.registry.spoilt_stamps.get((brand.code, day.isoformat()))
    return Answer(200, stamp(digest, _done_at(desk, day), spoilt), "application/timestamp-reply")


def movements_of(registry: Registry, brand: int, day: date) -> list[Movement]:
    """Both sides' movements of a day by creationDate, then transactionId; what a test or a demo
    had falsified is falsified."""
    first, end = f"{day} 00:00:00", f"{day + timedelta(days=1)} 00:00:00"
    found = [m for side in SIDES for m in registry.log[brand, side] if first <= m.created < end]
    found += registry.added.get((brand, day.isoformat()), ())
    for edit in registry.edits.get((brand, day.isoformat()), ()):
        found = [one for m in found if (one := edit(m)) is not None]
    return sorted(found, key=lambda m: (m.created, m.transaction))


def file_of(registry: Registry, brand: int, day: date) -> bytes:
    """The day's file, byte for byte; ends with a line feed."""
    lines = [
        f"{m.created},{m.transaction},{m.recipient},{m.recipient_type},{m.type},{m.status},"
        f"{m.date or ''},{m.source or ''}\n"
        for m in movements_of(registry, brand, day)
    ]
    return (HEADER + "".join(lines)).encode()


def _brand_and_day(desk: Desk, call: Call) -> tuple[Brand, date]:
    """The brand and the day of the path; raises `Refused` H501, H502."""
    brand = brand_for(desk, call)
    text = call.named["reportDate"]
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ISTANBUL).date()
    except ValueError:
        raise refuse("H501", ["reportDate"], text) from None
    if day.isoformat() != text:
        raise refuse("H501", ["reportDate"], text)
    today = desk.clock.now().date()
    if not today - timedelta(days=DAYS_KEPT) <= day < today:
        raise refuse("H502", ["reportDate"], text)
    return brand, day


def _done_at(desk: Desk, day: date) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ISTANBUL)
    return midnight + timedelta(seconds=desk.options.delays.reconcile_seconds)


def _process_status(desk: Desk, brand: Brand, day: date) -> str:
    if (brand.code, day.isoformat()) in desk.registry.failed_days:
        return "error"
    left = (_done_at(desk, day) - desk.clock.now()).total_seconds()
    if left <= 0:
        return "completed"
    return "queued" if left > desk.options.delays.reconcile_seconds / 2 else "inprogress"


def _is_there(desk: Desk, brand: Brand, day: date) -> bool:
    return _process_status(desk, brand, day) == "completed" and bool(
        movements_of(desk.registry, brand.code, day))


def _counts(
    registry: Registry, brand: Brand, day: date, kind: str
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(approval, rejection, pending) by type and side. A consent over a consent is a movement of
    the file and neither of the three (§8: approval is a first ONAY or one after a RET)."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for m in movements_of(registry, brand.code, day):
        if m.recipient_type != kind:
            continue
        side = "IYS" if (m.source or "").startswith("I") else "HS"
        history = registry.history(brand.code, kind, m.type, m.recipient) or ()
        place = next((n for n, one in enumerate(history) if one is m), 0)
        before = history[place - 1].status if place else None
        one = counts[m.type, side]
        if m.status == "RET":
            one[1] += 1
        elif before != "ONAY":
            one[0] += 1
    midnight = written(datetime.combine(day + timedelta(days=1), datetime.min.time(), ISTANBUL))
    for _, _, number in registry.waiting:
        batch = registry.batches[number]
        if batch.brand == brand.code and f"{day} 00:00:00" <= batch.sent < midnight:
            for entry in batch.entries:
                if entry.recipient_type == kind:
                    counts[entry.type, "HS"][2] += 1
    return {key: (n[0], n[1], n[2]) for key, n in counts.items()}
