"""``GET …/consents/request/{requestId}``: what became of a list, from what the ledger knows.

Why this module exists: a list taken here goes to İYS in other lists and at other times, so İYS's
answers come item by item. What is settled is told with İYS's own number and moment, what the
ledger's rules or İYS refused with its code, and the rest is ``enqueue``: İYS has not answered yet
(İYS API §6.5, §6.6). V2 also names the request in which a repeated consent came first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.compat import book
from ileti.compat.adding import LIST, sub_request_id
from ileti.compat.desk import Answer, Brand, Call, brand_of, iys_time
from ileti.compat.refusals import refuse, sentence
from ileti.consents.vocabulary import Outcome, Status
from ileti.core import clock, db

KEPT: Final = timedelta(days=60)
_OURS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
# Why a record was settled without being sent (ileti/iys/asking.py), as İYS would put it.
_NOT_SENT: Final = {
    "unknown at İYS": "H175", "refused at İYS already": "H174", "superseded": "H178",
    "overdue": "H467",
}
_OTHERWISE: Final = "H092"


def show_batch(call: Call) -> Answer:
    """The result of a list (§6.5); an empty list for a number we do not know."""
    return _show(call, v2=False)


def show_batch_v2(call: Call) -> Answer:
    """The same, with the request in which a repeat came first (§6.6)."""
    return _show(call, v2=True)


@dataclass(frozen=True, slots=True)
class _Item:
    """One recorded item with İYS's last word about it."""

    entry_id: int
    status: Status
    outcome: Outcome
    told: bool
    accepted: bool | None
    code: str | None
    transaction_id: str | None
    creation_date: datetime | None
    not_sent: str | None


def _show(call: Call, *, v2: bool) -> Answer:
    brand = brand_of(call)
    number = call.named["requestId"]
    for wrong, code in ((len(number) > 36, "H198"), (number.isalpha(), "H199"),
                        (number.isdigit(), "H400")):
        if wrong:
            raise refuse(code, ["requestId"], number)
    found = _request(brand, number)
    if found is None:
        return Answer(200, [])
    entry_ids, at, evidence = found
    items = _items(brand, entry_ids, at)
    lacking = {int(place): code for place, code in evidence.get("lacking", {}).items()}
    places = [n for n in range(int(evidence.get("size", len(items)))) if n not in lacking]
    codes = _ledgers_codes(brand, items, at)
    originals = _originals(brand, items, at) if v2 else {}
    lines = {n: _failure(code) for n, code in lacking.items()}
    for n, item in zip(places, items, strict=True):
        line = _line(item, codes.get(item.entry_id), number, at)
        if v2:
            line = _with_original(originals.get(item.entry_id), line, number)
        lines[n] = line
    return Answer(200, [{"index": n, "subRequestId": sub_request_id(number, n)} | lines[n]
                        for n in sorted(lines)])


def _request(brand: Brand, number: str) -> tuple[list[int], datetime, dict[str, Any]] | None:
    if not _OURS.fullmatch(number):
        return None
    row = db.connection().execute(
        "select entry_ids, captured_at, evidence from submission where provider_id = %s "
        "and idem = %s and brand_id = %s and captured_at > %s "
        "and (%s::int is null or dealer_id = %s)",
        (brand.place.provider_id, LIST + number, brand.place.brand_id, clock.now() - KEPT,
         brand.caller.dealer_id, brand.caller.dealer_id)).fetchone()
    return (row[0], row[1], row[2]) if row else None


_ITEMS = """
select e.id, e.status, e.outcome, r.id is not null, r.accepted, r.code, r.transaction_id,
       r.creation_date, r.detail ->> 'not_sent'
  from unnest(%s::bigint[]) with ordinality g(id, n)
  join consent_entry e on e.provider_id = %s and e.id = g.id and e.captured_at = %s
  left join lateral (
       select x.* from iys_receipt x where x.provider_id = e.provider_id and x.entry_id = e.id
        order by x.id desc limit 1) r on true
 order by g.n"""


def _items(brand: Brand, entry_ids: list[int], at: datetime) -> list[_Item]:
    return [_Item(row[0], Status(row[1]), Outcome(row[2]), *row[3:])
            for row in db.connection().execute(
                _ITEMS, (entry_ids, brand.place.provider_id, at))]


def _ledgers_codes(brand: Brand, items: list[_Item], at: datetime) -> dict[int, str | None]:
    """What the ledger's rules say of items nobody needs to ask İYS about."""
    refusals = [one.entry_id for one in items
                if one.status is Status.RET and one.outcome is not Outcome.RECORDED]
    codes: dict[int, str | None] = {one.entry_id: "H178" for one in items
                                    if one.outcome is Outcome.OUTDATED}
    for entry, code in book.refusal_codes(brand.place.provider_id, refusals, at).items():
        codes[entry] = code or "H174"
    return codes


def _line(item: _Item, ledgers: str | None, request_id: str, at: datetime) -> dict[str, Any]:
    if item.accepted:
        return _success(request_id, item.transaction_id or "", item.creation_date or at)
    if item.told:
        return _failure(item.code or _NOT_SENT.get(item.not_sent or "", _OTHERWISE))
    return _failure(ledgers) if ledgers else {"status": "enqueue"}


def _success(request_id: str, number: str, created: datetime) -> dict[str, Any]:
    return {"status": "success", "requestId": request_id, "transactionId": number,
            "creationDate": iys_time(created)}


def _failure(code: str) -> dict[str, Any]:
    return {"status": "failure", "error": {"code": code, "message": sentence(code)}}


_FIRST = """
select distinct on (n.id) n.id, u.idem, u.entry_ids, e.id, r.transaction_id, r.creation_date,
       u.evidence -> 'lacking'
  from unnest(%s::bigint[]) g(id)
  join consent_entry n on n.provider_id = %s and n.id = g.id and n.captured_at = %s
  join consent_entry e on e.provider_id = n.provider_id and e.recipient_id = n.recipient_id
   and e.brand_id = n.brand_id and e.recipient_type = n.recipient_type and e.channel = n.channel
   and e.status = n.status and e.source = n.source and e.consent_date = n.consent_date
   and e.outcome = 1 and e.id < n.id
  join submission u on u.provider_id = e.provider_id and u.id = e.submission_id
  left join lateral (select x.transaction_id, x.creation_date from iys_receipt x
       where x.provider_id = e.provider_id and x.entry_id = e.id and x.accepted
       order by x.id desc limit 1) r on true
 order by n.id, e.id"""


def _originals(brand: Brand, items: list[_Item], at: datetime) -> dict[int, tuple[Any, ...]]:
    """Where each item that only repeats was recorded first, by entry; one statement for all."""
    repeats = [one.entry_id for one in items
               if one.outcome in (Outcome.OUTDATED, Outcome.UNCHANGED)]
    if not repeats:
        return {}
    return {entry: tuple(first) for entry, *first in db.connection().execute(
        _FIRST, (repeats, brand.place.provider_id, at))}


def _with_original(first_time: tuple[Any, ...] | None, line: dict[str, Any], number: str
                   ) -> dict[str, Any]:
    """The line as V2 has it: a consent that was recorded before, with the same data and date, gets
    the answer of its first time."""
    line = line | {"isAddConsentV2Service": True}
    if first_time is None:
        return line
    idem, entries, entry, transaction_id, created, lacking = first_time
    if transaction_id is None:
        line = {"status": "enqueue", "isAddConsentV2Service": True}
    else:
        line = _success(number, transaction_id, created) | {"isAddConsentV2Service": True}
    if not idem.startswith(LIST):
        return line
    first = idem.removeprefix(LIST)
    return line | {"originalRequestInformation": {
        "requestId": first,
        "subRequestId": sub_request_id(first, _place(entries.index(entry), lacking or {}))}}


def _place(recorded: int, lacking: dict[str, str]) -> int:
    """The place in the list of the n-th item that was recorded."""
    for place in sorted(map(int, lacking)):
        recorded += place <= recorded
    return recorded
