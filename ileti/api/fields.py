"""Custom fields for programs: what there is, what a value may be, what is known of a recipient.

Why this module exists: every account's provider has fields of its own, so the public document can
only say that there are some. ``/fields`` tells which, each with the JSON Schema of its values, and
``/fields/openapi.json`` is the whole document with these schemas in their places. What is known of
a recipient is read and written by its address, which stands in the body; reading it is written down
first, as opening an address is.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from config import settings
from ileti.api import people, shapes
from ileti.api.desk import Answer, Call
from ileti.api.item import of_address
from ileti.api.reading import body, query
from ileti.api.scoped import Declared
from ileti.api.shapes import given, many, obj
from ileti.capture.api_document import Operation, document
from ileti.core import clock, db
from ileti.core.errors import InvalidInput, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.fields import catalogue, kept, reading
from ileti.fields.vocabulary import LONGEST_TEXT, MOST_FIELDS, Field, Kind, Subject, Where
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_address
from ileti.recipients.restricted import is_restricted

PATH: Final = "/api/v1/fields"
DOCUMENT: Final = PATH + "/openapi.json"
KNOWN: Final = "/api/v1/recipients/fields"
_VALUES: Final = {"type": "object", "maxProperties": MOST_FIELDS}
_ASKED: Final = given(("address",), address=shapes.ADDRESS)
_SET: Final = given(("address", "fields"), address=shapes.ADDRESS, fields=_VALUES)


def index(call: Call) -> Answer:
    """``GET /fields``: those in use, in their order."""
    query(call, {})
    fields = [one for one in catalogue.fields_of(call.caller.provider_id) if not one.retired]
    return Answer(200, {"fields": [_told(one) for one in fields]})


def whole(call: Call) -> Answer:
    """``GET /fields/openapi.json``: the API's document as it is for this account."""
    query(call, {})
    made = document(call.language, settings().base_url)
    fields = catalogue.fields_of(call.caller.provider_id)
    schemas = made["components"]["schemas"]
    for name, subject in (("ConsentIn", Subject.CONSENT), ("ConsentItem", Subject.CONSENT),
                          ("RecipientFieldsIn", Subject.RECIPIENT)):
        schemas[name] = narrowed(schemas[name], catalogue.about(fields, subject), call.language)
    raw = msgspec.json.encode(made)
    return Answer(200, None, (("Content-Type", "application/vnd.oai.openapi+json"),
                              ("Content-Length", str(len(raw)))), iter([raw]))


def narrowed(schema: dict[str, Any], fields: list[Field], language: str) -> dict[str, Any]:
    """A body's schema with the account's own fields in it."""
    own = {one.key: value_schema(one) | {"description": one.name(language)} for one in fields}
    needed = [one.key for one in fields if Where.API in one.required]
    said = schema["properties"]["fields"] | {"properties": own, "additionalProperties": False} | (
        {"required": needed} if needed and "items" not in schema else {})
    return schema | {"properties": schema["properties"] | {"fields": said}}


def value_schema(one: Field) -> dict[str, Any]:
    """What a value of the field may be."""
    if one.kind is Kind.YES_NO:
        return {"type": "boolean"}
    if one.kind is Kind.DATE:
        return {"type": "string", "format": "date"}
    if one.kind is Kind.NUMBER:
        bounds = {"minimum": one.least, "maximum": one.most}
        return {"type": "number" if one.decimals else "integer"} | {
            name: float(text) if "." in text else int(text)
            for name, text in bounds.items() if text}
    if one.kind is Kind.TEXT:
        return {"type": "string", "minLength": int(one.least or 1),
                "maxLength": int(one.most or LONGEST_TEXT)} | (
                    {"pattern": f"^{reading.mask_regex(one.mask)}$"} if one.mask else {})
    word = {"type": "string", "enum": [each.key for each in one.offered]}
    return word if one.kind is Kind.CHOICE else {"type": "array", "items": word,
                                                 "uniqueItems": True}


def ask(call: Call) -> Answer:
    """``POST /recipients/fields``: what is known of an address."""
    said = body(call, _ASKED)
    recipient = _recipient(call, said["address"])
    deeds.note(call.caller, "recipient:fields_read", f"recipient:{recipient}", call.address)
    return Answer(200, {"fields": _known(call, recipient)})


def change(call: Call) -> Answer:
    """``PUT /recipients/fields``: the fields that are named, the others stay; null forgets one."""
    said = body(call, _SET)
    recipient = _recipient(call, said["address"])
    fields = catalogue.about(catalogue.fields_of(call.caller.provider_id), Subject.RECIPIENT)
    given_ = {str(key): value for key, value in said["fields"].items()}
    values, faults = reading.all_of(fields, given_, Where.API, typed=True, needed=False)
    if faults:
        raise InvalidInput(errors=tuple(faults))
    forgotten = {key: None for key in given_ if key not in values}
    with db.transaction() as conn:
        changed = kept.know(conn, call.caller.provider_id, recipient, fields, values | forgotten)
    if changed:
        deeds.note(call.caller, "recipient:fields", f"recipient:{recipient}", call.address,
                   fields=changed)
    return Answer(200, {"fields": _known(call, recipient)})


def _recipient(call: Call, address: str) -> int:
    """The recipient of an address; raises InvalidInput for none, NotFound for one nobody knows and
    for one that is kept for the law alone."""
    caller = call.caller
    if caller.dealer_id is not None:
        raise NotAllowed("Bu servis bayilere kapalıdır.", "This service is not for dealers.",
                         code="not_for_dealers")
    try:
        spelled = parse_address(address).value
    except AddressError as error:
        raise InvalidInput(errors=(
            of_address(error),)) from None
    row = db.connection().execute(
        "select r.id from recipient r where r.provider_id = %s and r.addr_hash = %s and (%s::int "
        "is null or exists (select from consent_entry e where e.provider_id = r.provider_id "
        "and e.recipient_id = r.id and e.brand_id = %s))",
        (caller.provider_id, secrets().addresses.of(caller.provider_id, spelled),
         caller.brand_id, caller.brand_id)).fetchone()
    if row is None or is_restricted(caller.provider_id, row[0], clock.now()):
        raise NotFound("Böyle bir alıcı yok.", "There is no such recipient.",
                       code="no_such_recipient")
    return int(row[0])


def _known(call: Call, recipient: int) -> dict[str, Any]:
    provider = call.caller.provider_id
    fields = {one.id: one for one in catalogue.fields_of(provider) if not one.retired}
    found = kept.of_recipient(db.connection(), provider, recipient)
    return {fields[number].key: fields[number].told(value) for number, value in found.items()
            if number in fields}


def _told(one: Field) -> dict[str, Any]:
    return {
        "key": one.key, "subject": one.subject.name.lower(), "valueType": one.kind.value,
        "name": {"tr": one.tr, "en": one.en}, "personal": one.personal,
        "searchable": one.searchable, "required": sorted(one.required),
        "choices": [{"key": each.key, "tr": each.tr, "en": each.en} for each in one.offered],
        "schema": value_schema(one)}


_FIELD: Final = obj(
    key=shapes.TEXT,
    subject={"type": "string", "enum": [one.name.lower() for one in Subject]},
    valueType={"type": "string", "enum": [one.value for one in Kind]},
    name=obj(tr=shapes.TEXT, en=shapes.TEXT), personal=shapes.BOOL, searchable=shapes.BOOL,
    required=many({"type": "string", "enum": [one.value for one in Where]}),
    choices=many(obj(key=shapes.TEXT, tr=shapes.TEXT, en=shapes.TEXT)),
    schema={"type": "object"})
SCHEMAS: Final = {
    "Fields": obj(fields=many(_FIELD)), "RecipientIn": _ASKED, "RecipientFieldsIn": _SET,
    "RecipientFields": obj(fields={"type": "object"}), **people.SCHEMAS,
}
EXAMPLES: Final[dict[str, Any]] = {
    "Fields": {"fields": [{
        "key": "customer_no", "subject": "recipient", "valueType": "text",
        "name": {"tr": "Müşteri no", "en": "Customer no"}, "personal": True, "searchable": True,
        "required": ["import"], "choices": [],
        "schema": {"type": "string", "minLength": 1, "maxLength": 12}}]},
    "RecipientIn": {"address": "0599 213 41 17"},
    "RecipientFieldsIn": {"address": "0599 213 41 17", "fields": {"customer_no": "TR-4711"}},
    "RecipientFields": {"fields": {"customer_no": "TR-4711"}}, **people.EXAMPLES,
}
_FAULTS: Final = (401, 403, 404, 413, 422, 429, 500, 503)
SERVICES: Final = (
    Declared(Operation(
        "listFields", "get", PATH, "fields", ("Özel alanları listele", "List custom fields"),
        ("Kullanımda olanlar; `schema` değerin JSON şemasıdır.",
         "Those in use; `schema` is the JSON Schema of a value."),
        200, ("Alanlar.", "The fields."), "Fields", faults=(401, 403, 404, 422, 429, 500, 503)),
        index, "fields:read"),
    Declared(Operation(
        "accountDocument", "get", DOCUMENT, "fields",
        ("Hesabın kendi belgesi", "The account’s own document"),
        ("Bu belge, hesabın özel alanlarının şemalarıyla.",
         "This document, with the schemas of the account’s custom fields."),
        200, ("OpenAPI 3.1.", "OpenAPI 3.1."), gives=("application/vnd.oai.openapi+json",),
        faults=(401, 403, 404, 422, 429, 500, 503)), whole, "fields:read"),
    Declared(Operation(
        "askRecipientFields", "post", KNOWN, "fields",
        ("Bir alıcı için bilinenler", "What is known of a recipient"),
        ("Kişisel değerler de; sorulduğu denetim izine yazılır.",
         "Personal values too; that it was asked is kept in the audit trail."),
        200, ("Değerler.", "The values."), "RecipientFields", "RecipientIn", faults=_FAULTS),
        ask, "recipients:read"),
    Declared(Operation(
        "setRecipientFields", "put", KNOWN, "fields",
        ("Bir alıcı için bilinenleri yaz", "Write what is known of a recipient"),
        ("Yalnız adı geçen alanlar değişir; `null` unutur. Alıcının bir kaydı olmalıdır.",
         "Only the fields that are named change; `null` forgets one. The recipient must have a "
         "record."),
        200, ("Değerler.", "The values."), "RecipientFields", "RecipientFieldsIn",
        faults=_FAULTS), change, "recipients:write"),
    *people.SERVICES,
)
