"""Consents for programs: the list, one record, its bundle, the history and the state of addresses.

Why this module exists: a CRM compares its own book with ours, and must see no more than its people
would. Everything here is the panel's own question (:mod:`ileti.consents.listing`,
:mod:`ileti.consents.search`), so what somebody may not see does not exist. Whether a message may go
is the gate's word and no second opinion. An address that is asked about stands in the body.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select

from ileti.api import shapes, slots
from ileti.api.desk import Answer, Call
from ileti.api.item import of_address
from ileti.api.reading import body, query
from ileti.api.scoped import (
    Declared,
    brand_codes,
    brand_ids,
    page,
    place,
    retailer_codes,
    shows_addresses,
    spoken,
)
from ileti.api.shapes import ADDRESSES, BRANDS, LIMIT, SPAN, given, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents import bundle, checks, columns, fieldfilter, gate, listing, search
from ileti.consents.detail import entries_of_key
from ileti.consents.gate import Denial
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.momenttold import iso
from ileti.consents.numbers import record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import (
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import orm
from ileti.core.errors import InvalidInput, NotFound
from ileti.core.secrets import secrets
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_address
from ileti.recipients.models import Recipient
from ileti.tenancy import scope
from ileti.tenancy.models import Dealer

PATH: Final = "/api/v1/consents"
MOST: Final = 1_000
MOST_BYTES: Final = 500_000
SHOWN: Final = 200

NARROWED: Final[shapes.Declared] = ADDRESSES | BRANDS | SPAN | {
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas.")),
    "source": (many(shapes.SOURCE), ("Kaynaklar, virgülle.", "Sources, with commas.")),
    "choice": (many({"type": "string", "enum": list(listing.CHOICES)}),
               ("`in_force` geçerli onay, `given` henüz geçerli değil, `refusal`, `unverified`.",
                "`in_force` a consent in force, `given` not yet, `refusal`, `unverified`.")),
    "iys": (many({"type": "string", "enum": [*listing.IYS_KEYS.values(), listing.LATE]}),
            ("İYS’deki durum, virgülle.", "The state at İYS, with commas.")),
    "retailerCode": (many(shapes.NUMBER), ("Bayiler, virgülle.", "Retailers, with commas.")),
    "field": (many({"type": "string", "maxLength": 200, "pattern": "^[a-z][a-z0-9_]{0,39}:."}),
              ("Özel alanlar `anahtar:değer` olarak, virgülle; kişisel olanlar adreste durmaz.",
               "Custom fields as `key:value`, with commas; personal ones stand in no address.")),
}
_FILTERS: Final[shapes.Declared] = LIMIT | NARROWED
_ADDRESSES: Final = given(("addresses",), addresses=many(shapes.ADDRESS, minItems=1, maxItems=MOST),
                          brand=shapes.NUMBER, channel=shapes.CHANNEL, recipientType=shapes.KIND)
_HISTORY: Final = given(("address",), address=shapes.ADDRESS, brand=shapes.NUMBER,
                        channel=shapes.CHANNEL, recipientType=shapes.KIND)


def index(call: Call) -> Answer:
    """``GET /consents``: as the panel's list, narrowed by the same filters."""
    asked = query(call, _FILTERS)
    full = shows_addresses(call, asked, "consent:list")
    wanted = wanted_of(asked)
    start = place(call, asked)
    before = (_moment(start[0]), int(start[1])) if start else None
    rows, more = listing.page(wanted, before=before, size=asked["limit"])
    told = _told(rows, full)
    found = page(call, asked, [*told, None] if more else told, lambda one: one[0],
                 lambda one: one[1])
    return Answer(200, found)


def wanted_of(asked: dict[str, Any]) -> listing.Wanted:
    """What the filters of :data:`NARROWED` ask for. Raises InvalidInput, NotFound."""
    return listing.Wanted(
        channels=[int(Channel[one]) for one in asked["channel"]],
        sources=[int(Source[one]) for one in asked["source"]], choices=asked["choice"],
        iys=asked["iys"], brands=brand_ids(asked["brand"]), since=asked["since"],
        until=asked["until"], dealers=_dealers(asked["retailerCode"]),
        fields=narrowed(asked["field"]))


def show(call: Call) -> Answer:
    """``GET /consents/{record}``."""
    asked = query(call, ADDRESSES)
    entry, state = _found(call)
    full = shows_addresses(call, asked, f"consent:{record_number(entry.id)}")
    return Answer(200, _told([(entry, state)], full)[0][0])


def proof(call: Call) -> Answer:
    """``GET /consents/{record}/proof``: the bundle that anybody can verify without us."""
    query(call, {})
    entry, _state = _found(call)
    number, ids = record_number(entry.id), [one.id for one in entries_of_key(entry)]
    orm.db.session.rollback()  # nothing is held while pages are drawn
    slot = slots.take(call.caller.account_id)
    try:
        deeds.note(call.caller, "consent:prove", f"consent:{number}", call.address,
                   records=len(ids))
        packed = io.BytesIO()
        bundle.write(bundle.build(call.caller.provider_id, ids), packed)
    finally:
        slot.release()
    raw = packed.getvalue()
    return Answer(200, None, (
        ("Content-Type", "application/zip"), ("Content-Length", str(len(raw))),
        ("Content-Disposition", f'attachment; filename="kanit-{number}.zip"')), iter([raw]))


def history(call: Call) -> Answer:
    """``POST /consents/history``: every record of an address, the newest first."""
    said = body(call, _HISTORY)
    try:
        address = parse_address(said["address"]).value
    except AddressError as error:
        raise InvalidInput(errors=(
            of_address(error),)) from None
    people = list(_recipients(call, [address]).values())
    one = ConsentEntry
    rows = list(orm.db.session.scalars(_keyed(select(one), one, said).where(
        one.provider_id == call.caller.provider_id, one.recipient_id.in_(people or [0]))
        .order_by(one.id.desc()).limit(SHOWN)))
    brands, dealers = brand_codes(), retailer_codes(entry.dealer_id for entry in rows)
    return Answer(200, {"records": [_entry(entry, brands, dealers) for entry in rows]})


def status(call: Call) -> Answer:
    """``POST /consents/status``: what holds for up to a thousand addresses, and whether a message
    may go now."""
    said = body(call, _ADDRESSES, MOST_BYTES)
    spelled: list[str | AddressError] = []
    for text in said["addresses"]:
        try:
            spelled.append(parse_address(text).value)
        except AddressError as error:
            spelled.append(error)
    good = {one for one in spelled if isinstance(one, str)}
    states = _states(call, said, good)
    return Answer(200, {"results": [
        {"index": n, "states": states.get(one, [])} if isinstance(one, str) else
        {"index": n, "errors": [of_address(one).told(call.language)]}
        for n, one in enumerate(spelled)]})


def narrowed(pairs: Sequence[str]) -> fieldfilter.Narrowed:
    """Custom fields as ``key:value``. Raises InvalidInput."""
    try:
        return fieldfilter.named(pairs) if pairs else []
    except fieldfilter.Typed as typed:
        raise InvalidInput(errors=(typed.fault,)) from None


# -- how it is found -------------------------------------------------------------------------------


def _found(call: Call) -> tuple[ConsentEntry, ConsentState]:
    entry = search.entry_by_number(call.named["record"])
    state = entry and orm.db.session.get(ConsentState, (
        entry.provider_id, entry.brand_id, entry.recipient_id, entry.recipient_type,
        entry.channel))
    if entry is None or state is None:
        raise NotFound("Böyle bir kayıt yok.", "There is no such record.", code="no_such_record")
    return entry, state


def _recipients(call: Call, addresses: Sequence[str]) -> dict[str, int]:
    """Those of these canonical addresses that are in sight."""
    provider = call.caller.provider_id
    by_hash = dict(zip(secrets().addresses.of_many(provider, addresses), addresses, strict=True))
    found = orm.db.session.execute(select(Recipient.addr_hash, Recipient.id).where(
        Recipient.provider_id == provider, Recipient.addr_hash.in_(list(by_hash))))
    return {by_hash[bytes(digest)]: number for digest, number in found}


def _states(call: Call, said: dict[str, Any], addresses: Iterable[str]
            ) -> dict[str, list[dict[str, Any]]]:
    people = _recipients(call, sorted(addresses))
    names = {number: address for address, number in people.items()}
    one = ConsentState
    rows = list(orm.db.session.scalars(_keyed(select(one), one, said).where(
        one.provider_id == call.caller.provider_id, one.recipient_id.in_(list(names) or [0]))
        .order_by(one.brand_id, one.recipient_type, one.channel))) if names else []
    brands, no = brand_codes(), _may_go(call, rows, names)
    found: dict[str, list[dict[str, Any]]] = {}
    for state in rows:
        denial = gate.why_not(state.status, state.standing, state.iys_status)
        if denial is None:
            denial = no[_key(state)]
        found.setdefault(names[state.recipient_id], []).append(
            _state(state, brands) | {"mayBeSent": denial is None,
                                     "why": denial and denial.value})
    return found


def _may_go(call: Call, rows: Sequence[ConsentState], names: dict[int, str]
            ) -> dict[tuple[int, ...], Denial | None]:
    """The gate's word, one call per brand, type and channel; of those the rule lets through."""
    groups: dict[tuple[int, int, int], list[ConsentState]] = {}
    for one in rows:
        groups.setdefault((one.brand_id, one.recipient_type, one.channel), []).append(one)
    found: dict[tuple[int, ...], Denial | None] = {}
    for (brand, kind, channel), some in groups.items():
        asked = checks.Asked(call.caller.provider_id, brand, Channel(channel), RecipientType(kind))
        addresses = [names[one.recipient_id] for one in some]
        law = gate.by_law(asked.provider_id, brand, addresses, asked.channel, asked.recipient_type)
        answers, dead = checks.judged(asked, addresses, law)
        for n, (one, lawful, may) in enumerate(zip(some, law, answers, strict=True)):
            no = Denial.UNDELIVERABLE if n in dead else Denial.PLUGIN
            found[_key(one)] = None if may else no if lawful else Denial.STALE
    return found


def _key(state: ConsentState) -> tuple[int, ...]:
    return state.brand_id, state.recipient_id, state.recipient_type, state.channel


def _keyed(asked: Any, model: Any, said: dict[str, Any]) -> Any:
    if said["brand"] is not None:
        asked = asked.where(model.brand_id.in_(brand_ids([said["brand"]])))
    if said["channel"] is not None:
        asked = asked.where(model.channel == int(Channel[said["channel"]]))
    if said["recipientType"] is not None:
        asked = asked.where(model.recipient_type == int(RecipientType[said["recipientType"]]))
    return asked


def _dealers(codes: Sequence[int]) -> list[int]:
    if not codes:
        return []
    found = list(orm.db.session.scalars(select(Dealer.id).where(Dealer.retailer_code.in_(codes))))
    if len(found) < len(set(codes)):
        raise NotFound("Böyle bir bayi yok.", "There is no such retailer.",
                       code="no_such_retailer")
    return found


def _moment(micros: Any) -> datetime:
    whole, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


# -- how it is told --------------------------------------------------------------------------------

_STATE: Final = {
    "brand": shapes.WHOLE, "channel": shapes.CHANNEL, "recipientType": shapes.KIND,
    "status": shapes.STATUS, "verified": shapes.BOOL, "source": shapes.SOURCE,
    "consentDate": shapes.MOMENT, "iys": obj(status=shapes.IYS, code=maybe(shapes.TEXT),
                                             due=maybe(shapes.MOMENT)),
}
_CONSENT: Final = obj(**{
    "record": shapes.RECORD, "address": maybe(shapes.TEXT), **_STATE,
    "retailerCode": maybe(shapes.WHOLE), "recordedAt": shapes.MOMENT, "inForce": shapes.BOOL,
    "late": shapes.BOOL, "fields": {"type": "object"}})
#: what the provider's plug-ins add, by their columns' keys; absent without
_CONSENT["properties"]["columns"] = {
    "type": "object", "additionalProperties": maybe(shapes.TEXT)}
_ENTRY: Final = obj(
    record=shapes.RECORD, recordedAt=shapes.MOMENT, consentDate=shapes.MOMENT,
    brand=shapes.WHOLE, channel=shapes.CHANNEL, recipientType=shapes.KIND, status=shapes.STATUS,
    verified=shapes.BOOL, source=shapes.SOURCE,
    outcome={"type": "string", "enum": [one.name for one in Outcome]},
    retailerCode=maybe(shapes.WHOLE), textId=maybe(shapes.WHOLE), commitment=shapes.SHA)


def _told(rows: Sequence[tuple[ConsentEntry, ConsentState]], full: bool) -> list[Any]:
    """Each row with its place in the order."""
    people = listing.recipients_of(rows)
    brands, dealers = brand_codes(), retailer_codes(entry.dealer_id for entry, _ in rows)
    own, said = scope.current().dealer_id, fieldfilter.told(rows, full=full)
    more = columns.added(rows)
    return [({
        "record": record_number(entry.id),
        "address": spoken(address_of(people.get((entry.provider_id, entry.recipient_id))),
                          full=full),
        **_state(state, brands),
        "retailerCode": dealers.get(entry.dealer_id or 0) if own in (None, entry.dealer_id)
        else None,
        "recordedAt": iso(entry.captured_at),
        "inForce": listing.choice_key(state) == "in_force", "late": listing.is_late(state),
        "fields": said[entry.id],
        **({"columns": more.of_row(place)} if more.titles else {}),
    }, (round(entry.captured_at.timestamp() * 1_000_000), entry.id))
        for place, (entry, state) in enumerate(rows)]


def _state(state: ConsentState, brands: dict[int, int]) -> dict[str, Any]:
    return {
        "brand": brands[state.brand_id], "channel": Channel(state.channel).name,
        "recipientType": RecipientType(state.recipient_type).name,
        "status": Status(state.status).name, "verified": state.standing == Standing.VERIFIED,
        "source": Source(state.source).name, "consentDate": iso(state.consent_date),
        "iys": {"status": IysStatus(state.iys_status).name, "code": listing.iys_code(state),
                "due": iso(state.iys_due_at) if state.iys_due_at else None}}


def _entry(entry: ConsentEntry, brands: dict[int, int], dealers: dict[int, int | None]
           ) -> dict[str, Any]:
    own = scope.current().dealer_id
    return {
        "record": record_number(entry.id), "recordedAt": iso(entry.captured_at),
        "consentDate": iso(entry.consent_date), "brand": brands[entry.brand_id],
        "channel": Channel(entry.channel).name,
        "recipientType": RecipientType(entry.recipient_type).name,
        "status": Status(entry.status).name, "verified": entry.standing == Standing.VERIFIED,
        "source": Source(entry.source).name, "outcome": Outcome(entry.outcome).name,
        "retailerCode": dealers.get(entry.dealer_id or 0) if own in (None, entry.dealer_id)
        else None,
        "textId": entry.text_id, "commitment": bytes(entry.leaf).hex()}


_MOMENT: Final = "2026-11-30T10:00:00.000+03:00"
_STATE_EXAMPLE: Final = {
    "brand": 731_204, "channel": "MESAJ", "recipientType": "BIREYSEL", "status": "ONAY",
    "verified": True, "source": "HS_WEB", "consentDate": _MOMENT,
    "iys": {"status": "REGISTERED", "code": None, "due": None}}
_CONSENT_EXAMPLE: Final = {
    "record": "IZN-7Q2D-0K4M-XW81", "address": "0599 ••• •• 17", **_STATE_EXAMPLE,
    "retailerCode": None, "recordedAt": _MOMENT, "inForce": True, "late": False,
    "fields": {"shop": "izmir"}}
_ENTRY_EXAMPLE: Final = {
    "record": "IZN-7Q2D-0K4M-XW81", "recordedAt": _MOMENT, "consentDate": _MOMENT,
    "brand": 731_204, "channel": "MESAJ", "recipientType": "BIREYSEL", "status": "ONAY",
    "verified": True, "source": "HS_WEB", "outcome": "RECORDED", "retailerCode": None,
    "textId": None, "commitment": "4b1e" * 16}
SCHEMAS: Final = {
    "Consent": _CONSENT, "Consents": shapes.page(_CONSENT), "HistoryIn": _HISTORY,
    "History": obj(records=many(_ENTRY)), "StatusIn": _ADDRESSES,
    "Statuses": obj(results=many({
        "type": "object", "required": ["index"], "properties": {
            "index": shapes.WHOLE, "errors": many(shapes.FAULT),
            "states": many(obj(**_STATE, mayBeSent=shapes.BOOL, why=maybe(
                {"type": "string", "enum": [one.value for one in Denial]})))}})),
}
EXAMPLES: Final = {
    "Consent": _CONSENT_EXAMPLE, "Consents": {"items": [_CONSENT_EXAMPLE], "next": None},
    "HistoryIn": {"address": "0599 213 41 17"}, "History": {"records": [_ENTRY_EXAMPLE]},
    "StatusIn": {"addresses": ["0599 213 41 17", "ayse@ornek.com.tr"], "channel": "MESAJ"},
    "Statuses": {"results": [
        {"index": 0, "states": [_STATE_EXAMPLE | {"mayBeSent": True, "why": None}]},
        {"index": 1, "states": []}]},
}
_PAGE: Final = ("Bir sayfa; `next` sonrakinin `cursor` değeridir.",
                "A page; `next` is the `cursor` of the next.")
SERVICES: Final = (
    Declared(Operation(
        "listConsents", "get", PATH, "consents", ("İzinleri listele", "List consents"),
        ("Yeniden eskiye, panelin süzgeçleriyle. Adresler gizlidir.",
         "Newest first, with the panel’s filters. Addresses are masked."),
        200, _PAGE, "Consents", query=_FILTERS, faults=(401, 403, 404, 422, 429, 500, 503)),
        index, "consents:list"),
    Declared(Operation(
        "askStatus", "post", PATH + "/status", "consents",
        ("Adreslerin durumu", "The state of addresses"),
        ("En çok 1.000 adres. `mayBeSent` ticari elektronik ileti gönderilip gönderilemeyeceğidir "
         "(R-08); `why` nedenidir. Bilinmeyen adresin durumu yoktur.",
         "Up to 1,000 addresses. `mayBeSent` says whether a commercial message may go (R-08), "
         "`why` why not. An address nobody knows has no states."),
        200, ("Her adres için durumlar, sırasıyla.", "States per address, in order."), "Statuses",
        "StatusIn", faults=(401, 403, 404, 413, 422, 429, 500, 503)), status, "consents:ask"),
    Declared(Operation(
        "askHistory", "post", PATH + "/history", "consents",
        ("Bir adresin geçmişi", "The history of an address"),
        ("En yeni 200 kayıt.", "The newest 200 records."),
        200, ("Kayıtlar.", "The records."), "History", "HistoryIn",
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), history, "consents:ask"),
    Declared(Operation(
        "showConsent", "get", PATH + "/{record}", "consents", ("Bir kayıt", "One record"),
        ("Şimdiki durumuyla.", "With its present state."), 200, ("Kayıt.", "The record."),
        "Consent", query=ADDRESSES, faults=(401, 403, 404, 422, 429, 500, 503)),
        show, "consents:list"),
    Declared(Operation(
        "proofBundle", "get", PATH + "/{record}/proof", "consents",
        ("Kanıt paketi", "The proof bundle"),
        ("Bize sormadan doğrulanır; kişisel veri içerir ve denetim izine yazılır. Kayıt mühür "
         "beklerken 409.",
         "Verified without asking us; holds personal data, and that it was taken is kept. 409 "
         "while the record waits for its seal."),
        200, ("Paket.", "The bundle."), gives=("application/zip",),
        faults=(401, 403, 404, 409, 410, 429, 500, 503)), proof, "proofs:read"),
)
