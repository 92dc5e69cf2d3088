"""Proof and past of notices and explicit consents, and everything of a person, for programs.

Why this module exists: a company's own desk answers authorities from its own software, and has to
show that somebody was informed and what they gave, as it shows a consent to messages (R-23, R-60).
Everything is the panel's own: the bundles (:mod:`ileti.kvkk.proof`,
:mod:`ileti.channels.personpack`) and what stood at a moment (:mod:`ileti.kvkk.moments`). An address
that is asked about stands in the body; that it was asked is written down before anything is told. A
dealer's program gets what its dealer took.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from ileti.api import shapes, slots
from ileti.api.acts import PATH
from ileti.api.desk import Answer, Call
from ileti.api.item import of_address
from ileti.api.reading import body, query
from ileti.api.scoped import Declared
from ileti.api.shapes import given, many, maybe, obj
from ileti.api.texts import TEXT_KIND
from ileti.capture.api_document import Operation
from ileti.channels import personpack
from ileti.consents import bundle, moments
from ileti.consents.bundled import Bundle
from ileti.consents.ledger import ActorKind
from ileti.consents.moments import Reach
from ileti.consents.momenttold import iso
from ileti.consents.numbers import entry_of, record_number
from ileti.core import clock, orm
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.kvkk import moments as act_moments
from ileti.kvkk import proof
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.vocabulary import Act, Extent
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_address

PERSON: Final = "/api/v1/consents/proof"
_FIRST_YEAR: Final = 2000
_AT: Final = given(("address", "at"), address=shapes.ADDRESS, at=shapes.MOMENT,
                   brand=shapes.NUMBER)
_WHO: Final = given(("address",), address=shapes.ADDRESS, brand=shapes.NUMBER)


def act_proof(call: Call) -> Answer:
    """``GET /acts/{record}/proof``: the bundle of one act that anybody can verify without us."""
    query(call, {})
    number = call.named["record"]
    entry_id = entry_of(number)
    found = None if entry_id is None else orm.db.session.scalars(select(KvkkEntry).where(
        KvkkEntry.provider_id == call.caller.provider_id, KvkkEntry.id == entry_id)).first()
    if found is None:
        raise NotFound("Böyle bir kayıt yok.", "There is no such record.", code="no_such_record")
    act_id = found.id
    return _packed(call, f"kvkk:{record_number(act_id)}", f"kanit-{record_number(act_id)}",
                   lambda: proof.build(_reach(call, None), act_id))


def person_proof(call: Call) -> Answer:
    """``POST /consents/proof``: everything of an address in one bundle."""
    said = body(call, _WHO)
    reach = _reach(call, said["brand"])
    recipient = moments.recipient_of(reach.provider_id, _address(said["address"]))
    if recipient is None:
        raise NotFound("Böyle bir kayıt yok.", "There is no such record.", code="no_such_record")
    return _packed(call, f"recipient:{recipient}", "kisi",
                   lambda: personpack.build(reach, recipient))


def at_moment(call: Call) -> Answer:
    """``POST /acts/at``. An address nobody knows has no states."""
    said = body(call, _AT)
    reach, moment = _reach(call, said["brand"]), _moment(said["at"])
    recipient = moments.recipient_of(reach.provider_id, _address(said["address"]))
    if recipient is not None:
        deeds.note(call.caller, "consent:at", f"recipient:{recipient}", call.address,
                   at=iso(moment))
    return Answer(200, {"at": iso(moment), "states": [] if recipient is None else
                        act_moments.all_told(act_moments.at_moment(reach, recipient, moment))})


def _reach(call: Call, brand: int | None) -> Reach:
    caller = call.caller
    number = caller.brand_id if brand is None else call.place(brand).brand_id
    return Reach(caller.provider_id, number, caller.dealer_id)


def _packed(call: Call, subject: str, name: str, build: Callable[[], Bundle]) -> Answer:
    """A bundle as a file; that it was taken is written down first."""
    orm.db.session.rollback()  # nothing is held while pages are drawn
    slot = slots.take(call.caller.account_id)
    try:
        deeds.note(call.caller, "consent:prove", subject, call.address)
        packed = io.BytesIO()
        bundle.write(build(), packed)
    finally:
        slot.release()
    raw = packed.getvalue()
    return Answer(200, None, (
        ("Content-Type", "application/zip"), ("Content-Length", str(len(raw))),
        ("Content-Disposition", f'attachment; filename="{name}.zip"')), iter([raw]))


def _address(text: str) -> str:
    try:
        return parse_address(text).value
    except AddressError as error:
        raise InvalidInput(errors=(of_address(error),)) from None


def _moment(said: datetime) -> datetime:
    if said.year < _FIRST_YEAR or said > clock.now():
        raise InvalidInput(errors=(FieldError("at", "invalid", "Geçmiş bir an yazın.",
                                              "Write a moment that has passed."),))
    return clock.to_istanbul(said)


_TEXT: Final = {"type": "object", "required": ["title", "version", "language", "sha256", "path"],
                "properties": {"title": shapes.TEXT, "version": shapes.WHOLE,
                               "language": shapes.TEXT, "sha256": shapes.SHA, "path": shapes.TEXT}}
_RECORD: Final = obj(
    number=shapes.RECORD, takenAt=shapes.MOMENT,
    takenBy=maybe({"type": "string", "enum": [one.name for one in ActorKind]}),
    retailerCode=maybe(shapes.WHOLE), text=maybe(_TEXT), commitment=shapes.SHA,
    seal=maybe(shapes.WHOLE), sealedAt=maybe(shapes.MOMENT), stampedAt=maybe(shapes.MOMENT),
    files=many({"type": "object"}))
_STOOD: Final = obj(
    document=shapes.WHOLE, textKind=TEXT_KIND,
    name=shapes.TEXT, brand=maybe(shapes.WHOLE),
    act={"type": "string", "enum": [one.name for one in Act]},
    extent={"type": "string", "enum": [one.name for one in Extent]}, verified=shapes.BOOL,
    at=shapes.MOMENT, source=shapes.SOURCE, holds=shapes.BOOL, record=maybe(_RECORD),
    complete=shapes.BOOL)
_WHEN: Final = "2026-11-30T10:00:00.000+03:00"
SCHEMAS: Final = {"ActsAtIn": _AT, "ActsAt": obj(at=shapes.MOMENT, states=many(_STOOD)),
                  "PersonProofIn": _WHO}
EXAMPLES: Final[dict[str, Any]] = {
    "ActsAtIn": {"address": "0599 213 41 17", "at": _WHEN},
    "PersonProofIn": {"address": "0599 213 41 17"},
    "ActsAt": {"at": _WHEN, "states": [{
        "document": 4, "textKind": "ACIK_RIZA", "name": "Kişiye özel öneri", "brand": 731_204,
        "act": "GIVEN", "extent": "UNKNOWN", "verified": True, "at": _WHEN, "source": "HS_WEB",
        "holds": True, "complete": True, "record": {
            "number": "IZN-7Q2D-0K4M-XW81", "takenAt": _WHEN, "takenBy": "VISITOR",
            "retailerCode": None, "text": {
                "title": "Kişiye özel öneri", "version": 2, "language": "tr",
                "sha256": "9f2c" * 16, "path": "/n/17"},
            "commitment": "4b1e" * 16, "seal": 12, "sealedAt": _WHEN, "stampedAt": _WHEN,
            "files": []}}]},
}
_FAULTS: Final = (401, 403, 404, 409, 410, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "actsAt", "post", PATH + "/at", "acts",
        ("Bir anda ne geçerliydi", "What stood at a moment"),
        ("Adresin aydınlatma ve açık rızaları, metin metin: kim aldı, hangi metin, hangi kanıt. "
         "`holds` rızanın o anda geçerli, aydınlatmanın yapılmış olduğudur. Kimin geçmişinin "
         "sorulduğu yazılır.",
         "The address’s notices and explicit consents, text by text: who took it, which text, "
         "which proof. `holds`: the consent held, the person had been informed. Whose past was "
         "asked for is kept."),
        200, ("Durumlar.", "The states."), "ActsAt", "ActsAtIn",
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), at_moment, "acts:read"),
    Declared(Operation(
        "actProof", "get", PATH + "/{record}/proof", "acts",
        ("Bir kaydın kanıt paketi", "The proof bundle of one record"),
        ("Kişinin o metinle ilgili bütün kayıtları ve rızadan önceki aydınlatmalar; bize sormadan "
         "doğrulanır ve denetim izine yazılır.",
         "All the person did about that text and the notices before a consent; verified without "
         "asking us, and that it was taken is kept."),
        200, ("Paket.", "The bundle."), gives=("application/zip",), faults=_FAULTS),
        act_proof, "proofs:read"),
    Declared(Operation(
        "personProof", "post", PERSON, "consents",
        ("Bir kişinin kanıt paketi", "The proof bundle of a person"),
        ("Adresin her şeyi: izinler, aydınlatmalar, açık rızalar, gönderilen iletiler. Bayi yalnız "
         "kendi aldıklarını alır; denetim izine yazılır.",
         "Everything of the address: consents, notices, explicit consents, messages sent. A dealer "
         "gets what it took itself; that it was taken is kept."),
        200, ("Paket.", "The bundle."), "", "PersonProofIn", gives=("application/zip",),
        faults=(401, 403, 404, 409, 410, 413, 422, 429, 500, 503)), person_proof, "proofs:read"),
)
