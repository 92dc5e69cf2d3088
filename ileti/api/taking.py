"""The services ``/api/v1/consents`` (POST) and ``/api/v1/consents/batch``: consents are recorded.

Why this module exists: a shop, a call centre or a CRM writes one choice at the moment it is made,
or a thousand at once. Both end at the ledger's one door. The Idempotency-Key is the ledger's own: a
repeat is a replay, whatever died in between, and gets the first answer, though meanwhile an item
may be too old to be taken anew. Of a list each item is judged by itself; what is fit is written in
one call (``record_list``), set by set, and what is not is told with its place in the list.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from ileti.api.desk import Answer, Call, unreadable
from ileti.api.item import Checked, Fault, Frame, check, told
from ileti.api.judging import Judge
from ileti.capture.limits import FORWARD, counters
from ileti.consents import ledger, together
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    RecordedItem,
)
from ileti.consents.lists import record_list
from ileti.consents.momenttold import iso
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, FieldError, InvalidInput
from ileti.core.secrets import secrets
from ileti.fields import catalogue, kept

PATH: Final = "/api/v1/consents"
BATCH: Final = PATH + "/batch"
MOST: Final = 1_000
MOST_BYTES: Final = 2_000_000
_encode = msgspec.json.Encoder(order="sorted").encode


class KeyReused(CallerMistake):
    """The Idempotency-Key was used with another body."""

    status = 422
    code = "key_reused"
    tr = "Bu anahtarla başka bir istek gönderilmişti. Yeni bir anahtar kullanın."
    en = "Another request was sent with this key. Take a new key."


def take_one(call: Call) -> Answer:
    """``POST /consents``: one choice."""
    key, said = call.idempotency_key, call.json()
    mark = body_mark(call, said)
    place = call.place(said.pop("brand", None))
    checked = check(said, _frame(call, place, [said]))
    idem = idem_of(call, key)
    if checked.new is not None:
        try:
            done = together.record(_submission(
                call, place, idem, mark, [checked.new], {}, checked.said))
        except Conflict:
            raise KeyReused() from None
        counters.bell(FORWARD)
    elif _first_time(place, idem) is None:
        raise InvalidInput(errors=tuple(told(one) for one in checked.faults))
    elif not _same(place, idem, mark):
        raise KeyReused()
    else:
        done = _replay(place, idem)
    return Answer(201, _recorded(done.items[0]) | {
        "receipt": receipt_number(done.submission_id), "recordedAt": iso(done.captured_at)},
        _replayed(done))


def take_many(call: Call) -> Answer:
    """``POST /consents/batch``: up to a thousand."""
    key = call.idempotency_key
    said = _list(call)
    items = said["items"]
    mark = body_mark(call, said)
    place = call.place(said.get("brand"))
    idem = idem_of(call, key)
    first = _first_time(place, idem)
    checked = Judge(_frame(call, place, items)).all(items)
    refused = {n: one.faults for n, one in enumerate(checked) if one.new is None}
    if first is not None:
        if not _same(place, idem, mark):
            raise KeyReused()
        refused = {int(n): [(name, code) for name, code in faults]
                   for n, faults in first.get("refused", {}).items()}
    apart = [int(n) for n in first.get("apart", ())] if first is not None else [
        n for n, one in enumerate(checked) if one.said and n not in refused]
    alone = {n: _alone(call, place, f"{idem}:{n}", mark, checked[n], again=first is not None)
             for n in apart}
    fit = [one.new for n, one in enumerate(checked)
           if n not in refused and n not in alone and one.new is not None]
    kept_beside = {"refused": {str(n): faults for n, faults in refused.items()}, "apart": apart}
    done = _replay(place, idem) if first is not None else _record(_submission(
        call, place, idem, mark, fit, {name: said for name, said in kept_beside.items() if said}))
    counters.bell(FORWARD)
    return Answer(200, {
        "receipt": receipt_number(done.submission_id), "recordedAt": iso(done.captured_at),
        "recorded": len(items) - len(refused), "refused": len(refused),
        "results": _results(len(items), done, refused, alone, call.language)}, _replayed(done))


# -- what was asked --------------------------------------------------------------------------------


def _list(call: Call) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(call.raw(MOST_BYTES))
    except (msgspec.DecodeError, RecursionError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise unreadable()
    faults = [FieldError(name[:80], "unknown_field", "Böyle bir alan yok.",
                         "There is no such field.") for name in said
              if name not in ("brand", "items")]
    items = said.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        faults.append(FieldError("items", "missing" if items is None else "invalid",
                                 "1–1.000 izinlik bir liste yazın.",
                                 "Write a list of 1 to 1,000 consents."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return said


def body_mark(call: Call, said: dict[str, Any]) -> bytes:
    """What tells one body from another; keyed, since the address could be guessed from a plain
    hash, and blind to the order of its fields."""
    whole = _canonical([call.path, call.caller.brand_id, call.caller.dealer_id, said])
    return hmac.digest(secrets().key_for("api-body"), whole, "sha256")[:16]


def _canonical(value: Any) -> bytes:
    """JSON with sorted names; numbers that no fast encoder takes may stand in what was sent."""
    try:
        return _encode(value)
    except (OverflowError, ValueError):
        return json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass")


def idem_of(call: Call, key: str) -> str:
    """The ledger's key of an account's Idempotency-Key."""
    return f"api:{call.caller.account_id}:{sha256(key.encode()).hexdigest()[:40]}"


def _frame(call: Call, place: Place, items: Iterable[Any]) -> Frame:
    """What items are judged by; dealers and texts are asked for only when some are named."""
    items = [one for one in items if isinstance(one, dict)]
    codes = {one["retailerCode"] for one in items if type(one.get("retailerCode")) is int}
    texts = {one["textId"] for one in items if type(one.get("textId")) is int}
    return Frame(clock.now(), call.caller.activation_date, call.caller.dealer_id,
                 _dealers(call, place, codes) if codes else {},
                 _texts(place, texts) if texts else {},
                 catalogue.of_consents(place.provider_id))


def _dealers(call: Call, place: Place, codes: Iterable[int]) -> dict[int, int]:
    own = call.caller.dealer_id
    return dict(db.connection().execute(
        "select retailer_code, id from dealer where provider_id = %s and brand_id = %s "
        "and retailer_code = any(%s::bigint[]) and (%s::int is null or id = %s)",
        (place.provider_id, place.brand_id, [one for one in codes if 0 < one < 2**31], own,
         own)).fetchall())


def _texts(place: Place, numbers: Iterable[int]) -> dict[int, str]:
    return dict(db.connection().execute(
        "select v.id, encode(v.content_hash, 'hex') from document_version v "
        "join document d on d.id = v.document_id where d.provider_id = %s "
        "and (d.brand_id is null or d.brand_id = %s) and d.kind = 'ETK_ONAYI' "
        "and v.id = any(%s::bigint[])",
        (place.provider_id, place.brand_id, [one for one in numbers if 0 < one < 2**31])
    ).fetchall())


# -- recording -------------------------------------------------------------------------------------


def _submission(call: Call, place: Place, idem: str, mark: bytes, items: list[NewConsent],
                beside: dict[str, Any], said: Mapping[str, Any] | None = None) -> NewSubmission:
    """``beside``: what is kept for a repeat; ``said``: custom fields of a single consent."""
    caller = call.caller
    single = len(items) == 1 and (call.path == PATH or bool(said))
    more = kept.parts(
        catalogue.of_consents(place.provider_id), said, place.provider_id) if said else kept.NOTHING
    return NewSubmission(
        place=place, idem=idem, body_hash=mark, standing=Standing.VERIFIED, items=items,
        source=(items[0].source or Source.NONE) if single else Source.NONE,
        actor=ActorKind.API, actor_id=caller.account_id,
        dealer_id=items[0].dealer_id if single else caller.dealer_id,
        evidence={"kind": "api", "key": caller.key_id} | beside | more.evidence,
        person=more.person or None)


def _alone(call: Call, place: Place, idem: str, mark: bytes, one: Checked, *, again: bool
           ) -> RecordedItem:
    """An item of a list that has custom fields: they belong to it alone, and go with its person, so
    it has a submission of its own, under a key that follows from the list's."""
    if again:
        return _replay(place, idem).items[0]
    assert one.new is not None
    try:
        return together.record(_submission(call, place, idem, mark, [one.new], {}, one.said)
                               ).items[0]
    except Conflict:
        raise KeyReused() from None


def _record(new: NewSubmission) -> Recorded:
    """A list, or the memory of one without a fit item."""
    try:
        return record_list(new) if new.items else ledger.record(new)
    except Conflict:
        raise KeyReused() from None


def _first_time(place: Place, idem: str) -> dict[str, Any] | None:
    """What was kept beside a list that was recorded under the key; None when none was."""
    row = db.connection().execute(
        "select evidence from submission where provider_id = %s and idem = %s",
        (place.provider_id, idem)).fetchone()
    return None if row is None else dict(row[0])


def _same(place: Place, idem: str, mark: bytes) -> bool:
    return db.connection().execute(
        "select 1 from submission where provider_id = %s and idem = %s and body_hash = %s",
        (place.provider_id, idem, mark)).fetchone() is not None


def _replay(place: Place, idem: str) -> Recorded:
    """What was recorded under the key, as it was answered then."""
    rows = db.connection().execute(
        "select s.id, s.captured_at, e.id, e.recipient_id, e.outcome, e.leaf "
        "from submission s left join lateral unnest(s.entry_ids) with ordinality u(id, n) on true "
        "left join consent_entry e on e.provider_id = s.provider_id and e.id = u.id "
        "and e.captured_at = s.captured_at "
        "where s.provider_id = %s and s.idem = %s order by u.n",
        (place.provider_id, idem)).fetchall()
    return Recorded(rows[0][0], rows[0][1], True, tuple(
        RecordedItem(row[2], row[3], ledger.Outcome(row[4]), bytes(row[5]))
        for row in rows if row[2] is not None))


# -- what is answered ------------------------------------------------------------------------------


def _recorded(item: RecordedItem) -> dict[str, Any]:
    return {"record": record_number(item.entry_id), "outcome": item.outcome.name,
            "commitment": item.leaf.hex()}


def _results(count: int, done: Recorded, refused: dict[int, list[Fault]],
             alone: dict[int, RecordedItem], language: str) -> list[dict[str, Any]]:
    left = iter(done.items)
    found = []
    for n in range(count):
        if n in refused:
            found.append({"index": n, "errors": [
                told(one).told(language) for one in refused[n]]})
        else:
            found.append({"index": n} | _recorded(alone[n] if n in alone else next(left)))
    return found


def _replayed(done: Recorded) -> tuple[tuple[str, str], ...]:
    return (("Idempotent-Replayed", "true"),) if done.replay else ()
