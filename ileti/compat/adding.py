"""Taking consents: one with its answer at once, or up to a thousand to be asked after later.

Why this module exists: a program that spoke to İYS now speaks to the ledger. What İYS would refuse
is refused here with its codes (İYS API §6.1 to §6.4); what it would take goes through the ledger's
one door and from there, by the ordinary jobs, to İYS. A request is known by what it says: the same
again, however often, is in the ledger once. A refusal is never lost, even when the answer has to be
İYS's no: a first record (H175), one that comes too late (H467), or one in a list that is refused
for another item, is kept and blocks (R-33, R-42).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.compat import book
from ileti.compat.desk import Answer, Brand, Call, brand_of, iys_time
from ileti.compat.refusals import Fault, Refused, fault, refuse
from ileti.compat.wellformed import Checked, Frame, Wanted, check, is_missing
from ileti.consents.deadlines import deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Recorded,
    hash_body,
    record_chunk,
    submission_of,
)
from ileti.consents.together import record
from ileti.consents.vocabulary import Outcome, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.crypto import QuickMac
from ileti.core.jobs import ring
from ileti.core.secrets import secrets
from ileti.iys.wire import MOST_IN_BATCH

FORWARD: Final = "iys.jobs.forward"
ONE, LIST = "compat:one:", "compat:list:"
_MOST_ATTEMPTS: Final = 4


def add_one(call: Call) -> Answer:
    """``POST …/consents``: record one consent (§6.1)."""
    return _add_one(call, v2=False)


def add_one_v2(call: Call) -> Answer:
    """``POST /v2/…/consents``: the same; a repeat gets its first answer (§6.2)."""
    return _add_one(call, v2=True)


def add_batch(call: Call) -> Answer:
    """``POST …/consents/request``: take up to 1 000 consents, 202 (§6.3)."""
    return _add_batch(call, v2=False)


def add_batch_v2(call: Call) -> Answer:
    """``POST /v2/…/consents/request``: the same (§6.4)."""
    return _add_batch(call, v2=True)


# -- one -----------------------------------------------------------------------------------------


def _add_one(call: Call, *, v2: bool) -> Answer:
    brand = brand_of(call)
    item = call.object("H085")
    if "retailerCode" in item and is_missing(item["retailerCode"]):
        raise refuse("H267", ["retailerCode"], item["retailerCode"])
    checked = check(item, _frame(brand))
    if checked.wanted is None:
        late = [checked.late] if checked.late else []
        raise Refused(checked.faults + late)
    if checked.late and not (v2 and _is_repeat(brand, checked.wanted)):
        _keep_late(brand, [checked])
        raise Refused([checked.late])
    if checked.rights:
        raise Refused(checked.rights)
    return _answer_one(brand, checked.wanted, v2=v2)


def _answer_one(brand: Brand, wanted: Wanted, *, v2: bool) -> Answer:
    idem = ONE + _mark(brand, [wanted])
    if wanted.recipient_type is RecipientType.TACIR and not _is_recorded(brand, idem):
        lacking = _lacking(wanted)
        if lacking and book.with_record(brand.place, [wanted]):
            raise Refused(lacking)
    if v2 and (first := book.original_of(brand.place, wanted)) is not None:
        code = _code_of(brand, wanted, first.entry_id, first.captured_at, Outcome.RECORDED)
        if code is None:
            return _taken(first.leaf, first.captured_at)
    done = record(_submission(brand, idem, [wanted], wanted.source, v2=v2))
    ring(FORWARD)
    item = done.items[0]
    code = _code_of(brand, wanted, item.entry_id, done.captured_at, item.outcome)
    if code is None and done.replay and not v2:
        if missing := _lacking(wanted):
            raise Refused(missing)
        code = "H174" if wanted.status is Status.RET else "H178"
    if code is not None:
        raise refuse(code)
    return _taken(item.leaf, done.captured_at)


def _taken(leaf: bytes, at: datetime) -> Answer:
    """İYS's yes. The number is the ledger's commitment to the entry until İYS has given its own."""
    return Answer(200, {"transactionId": leaf.hex(), "creationDate": iys_time(at)})


def _code_of(brand: Brand, wanted: Wanted, entry_id: int, at: datetime,
             outcome: Outcome) -> str | None:
    """What İYS's rules say of one recorded item (§3.3); the same for every replay."""
    if wanted.status is Status.RET:
        return book.refusal_codes(brand.place.provider_id, [entry_id], at)[entry_id]
    return "H178" if outcome is Outcome.OUTDATED else None


# -- many ----------------------------------------------------------------------------------------


def _add_batch(call: Call, *, v2: bool) -> Answer:
    brand = brand_of(call)
    items = call.json("H014")
    if not isinstance(items, list) or not items:
        raise refuse("H092")
    if len(items) > MOST_IN_BATCH:
        raise refuse("H091")
    wanted = _checked(brand, items, v2=v2)
    mark = _mark(brand, wanted)
    request_id = str(uuid.UUID(mark[:32], version=4))
    done = _record_list(brand, LIST + request_id, wanted, v2=v2)
    ring(FORWARD)
    created = iys_time(done.captured_at)
    return Answer(202, {"requestId": request_id, "subRequests": [
        _echo(one, sub_request_id(request_id, at), created) for at, one in enumerate(wanted)]})


def sub_request_id(request_id: str, at: int) -> str:
    """The number of one item of a list, by its place from 0."""
    return f"{request_id[:-4]}{at:04x}"


def _checked(brand: Brand, items: list[Any], *, v2: bool) -> list[Wanted]:
    """The items as consents; Refused with all faults of one class, each with its ``index``: first
    what is no consent, then fields, then retailers. One faulty item refuses the whole list."""
    frame = _frame(brand)
    shape: list[Fault] = []
    fields: list[Fault] = []
    rights: list[Fault] = []
    late: list[Checked] = []
    wanted: list[Wanted] = []
    seen: set[Any] = set()
    checked: list[tuple[int, Any, Checked]] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            shape.append(fault("H092", value=item, index=index))
        elif "retailerCode" in item and is_missing(item["retailerCode"]):
            shape.append(fault("H266", ["retailerCode"], item["retailerCode"], index))
        else:
            checked.append((index, item, check(item, frame, index)))
    repeats = book.repeated(brand.place, [
        one.wanted for _, _, one in checked if v2 and one.late and one.wanted])
    for index, item, one in checked:
        found = list(one.faults)
        if one.late and one.wanted not in repeats:
            found.append(one.late)
            late.append(one)
        if found or one.wanted is None:
            fields += found
        elif one.rights:
            rights += one.rights
        elif one.wanted.key in seen:
            fields.append(fault("H194", ["recipient"], item["recipient"], index))
        else:
            seen.add(one.wanted.key)
            wanted.append(one.wanted)
    for faults in (shape, fields, rights):
        if faults:
            _keep_late(brand, late)
            raise Refused(faults)
    return wanted


def _record_list(brand: Brand, idem: str, wanted: list[Wanted], *, v2: bool) -> Recorded:
    """The list into the ledger, in one transaction. A merchant's update that lacks source or date
    is not recorded; its result says so (H463, H462)."""
    lacking: dict[int, str] = {}
    if not _is_recorded(brand, idem):
        lacks = {at: found for at, one in enumerate(wanted)
                 if one.recipient_type is RecipientType.TACIR and (found := _lacking(one))}
        updates = book.with_record(brand.place, [wanted[at] for at in lacks])
        lacking = {at: str(found[0]["code"]) for at, found in lacks.items()
                   if wanted[at] in updates}
    rest = [one for at, one in enumerate(wanted) if at not in lacking]
    new = _submission(brand, idem, rest, Source.NONE, v2=v2)
    evidence = new.evidence | {"size": len(wanted), "lacking": {
        str(at): code for at, code in lacking.items()}}
    return _chunk(replace(new, evidence=evidence))


def _chunk(new: NewSubmission) -> Recorded:
    """A chunk of its own transaction; writers that met another's order are repeated."""
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            with db.transaction(system=True) as conn:
                return record_chunk(conn, new)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            if attempt == _MOST_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _echo(one: Wanted, number: str, created: str) -> dict[str, Any]:
    body = {"subRequestId": number, "recipient": one.address, "type": one.channel.name}
    if one.source is not Source.NONE:
        body["source"] = one.source.name
    body["status"] = one.status.name
    if one.date is not None:
        body["consentDate"] = iys_time(one.date)
    return body | {"recipientType": one.recipient_type.name, "creationDate": created}


# -- both ----------------------------------------------------------------------------------------


def _frame(brand: Brand) -> Frame:
    return Frame(clock.now(), brand.caller.activation_date, brand.dealers)


def _mark(brand: Brand, wanted: Sequence[Wanted]) -> str:
    """What tells one request from another: brand, dealer, and all that was said. Keyed, since it
    stands in the ledger in clear."""
    said = b"\x1e".join((f"{brand.place.brand_id}:{brand.caller.dealer_id}".encode(),
                         *(one.said() for one in wanted)))
    return QuickMac(secrets().key_for("compat-request")).of(said).hex()[:40]


def _is_recorded(brand: Brand, idem: str) -> bool:
    return submission_of(brand.place.provider_id, idem) is not None


def _is_repeat(brand: Brand, wanted: Wanted) -> bool:
    """Whether V2 has an answer for it already, whatever its age is by now."""
    return book.original_of(brand.place, wanted) is not None or _is_recorded(
        brand, ONE + _mark(brand, [wanted]))


def _lacking(wanted: Wanted) -> list[Fault]:
    """H463, H462: what a merchant's update would lack (§3.3)."""
    return [fault(code) for code, there in (
        ("H463", wanted.source is not Source.NONE), ("H462", wanted.date is not None))
        if not there]


def _keep_late(brand: Brand, found: Sequence[Checked]) -> None:
    """Refusals that İYS will not take any more hold here all the same (R-33)."""
    kept = [one.wanted for one in found
            if one.wanted is not None and one.wanted.status is Status.RET and not one.rights]
    for wanted in kept:
        record(_submission(brand, ONE + _mark(brand, [wanted]), [wanted], wanted.source, v2=False))
    if kept:
        ring(FORWARD)


def _submission(brand: Brand, idem: str, wanted: Sequence[Wanted], source: Source, *,
                v2: bool) -> NewSubmission:
    now = clock.whole_second(clock.now())
    dealers = [_dealer_of(brand, one) for one in wanted]
    items = [NewConsent(
        address=one.address, channel=one.channel, status=one.status,
        consent_date=one.date or now, recipient_type=one.recipient_type, source=one.source,
        standing=Standing.VERIFIED, dealer_id=dealer,
        due_at=deadline(one.date or now, now=now, activation_date=brand.caller.activation_date,
                        source=one.source, recipient_type=one.recipient_type))
        for one, dealer in zip(wanted, dealers, strict=True)]
    access = {str(at): list(one.access) for at, one in enumerate(wanted) if one.access}
    single = dealers[0] if idem.startswith(ONE) else brand.caller.dealer_id
    return NewSubmission(
        place=brand.place, idem=idem, body_hash=hash_body(idem), source=source,
        standing=Standing.VERIFIED, items=items, actor=ActorKind.API,
        actor_id=brand.caller.account_id, dealer_id=single,
        evidence={"kind": "iys-compat", "v": 2 if v2 else 1} | (
            {"retailer_access": access} if access else {}))


def _dealer_of(brand: Brand, wanted: Wanted) -> int | None:
    """The dealer who took it; a dealer's own account takes for itself."""
    return brand.dealers[wanted.retailer] if wanted.retailer is not None \
        else brand.caller.dealer_id
