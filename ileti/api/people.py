"""Finding recipients by what a company knows of them: ``POST /recipients/search``.

Why this module exists: a CRM has a customer number and wants the person's record. The number may be
somebody's, so it stands in the body and never in an address, and a personal value is looked for by
its keyed hash: nothing is opened to find it. That it was asked is written down before anything is
told, by the field's name and without the value. A dealer finds nobody so (ADR 0045), a brand's
program only people of its brand, and nobody who is kept for the law alone (R-64).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body
from ileti.api.scoped import Declared, page, place, shows_addresses, spoken
from ileti.api.shapes import given, many, maybe
from ileti.capture.api_document import Operation
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import FieldError, InvalidInput, NotAllowed
from ileti.core.secrets import secrets
from ileti.fields import catalogue, kept, reading
from ileti.fields.vocabulary import LONGEST_KEY, LONGEST_TEXT, MOST_CHOICES, Field, Kind, Subject
from ileti.programs import deeds

PATH: Final = "/api/v1/recipients/search"
_WORD: Final = {"type": "string", "maxLength": LONGEST_TEXT}
_WANTED: Final = given(
    ("field", "value"), field={"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    value={"anyOf": [_WORD, {"type": "number"}, {"type": "boolean"},
                     many(_WORD, minItems=1, maxItems=MOST_CHOICES)]},
    addresses={"type": "string", "enum": ["masked", "full"], "default": "masked"},
    limit={"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    cursor={"type": "string", "maxLength": 1_000})
_NOBODYS: Final = ("no_such_field", "Aranabilen böyle bir alıcı alanı yok.",
                   "There is no such recipient field that may be searched.")

_FOUND: Final = """
select r.id, r.key_no, r.addr_hash, r.addr_ct, min(v.at)
  from recipient_value v
  join recipient r on r.provider_id = v.provider_id and r.id = v.recipient_id
 where v.provider_id = %(provider)s and v.field_id = %(field)s and {fits}
   and r.addr_hash is not null and r.id > %(after)s
   and (%(brand)s::int is null or exists (
        select from consent_entry e where e.provider_id = r.provider_id
           and e.recipient_id = r.id and e.brand_id = %(brand)s))
   and not is_restricted(r.provider_id, r.id, %(now)s)
 group by r.provider_id, r.id order by r.id limit %(most)s"""


def search(call: Call) -> Answer:
    """``POST /recipients/search``: who has a value in a field that may be searched."""
    caller = call.caller
    if caller.dealer_id is not None:
        raise NotAllowed("Bu servis bayilere kapalıdır.", "This service is not for dealers.",
                         code="not_for_dealers")
    said = body(call, _WANTED)
    field = _field(caller.provider_id, said["field"])
    value = _value(field, said["value"])
    full = shows_addresses(call, said, "recipient:search")
    start = place(call, said)
    deeds.note(caller, "recipient:search", f"custom_field:{field.id}", call.address)
    fits, wanted = _fits(caller.provider_id, field, value)
    rows = db.connection().execute(_FOUND.format(fits=fits), {
        "provider": caller.provider_id, "field": field.id, "wanted": wanted,
        "after": int(start[0]) if start else 0, "brand": caller.brand_id, "now": clock.now(),
        "most": said["limit"] + 1}).fetchall()
    known = _known(caller.provider_id, [int(row[0]) for row in rows])
    return Answer(200, page(call, said, rows, lambda row: {
        "address": spoken(_address(row), full=full), "fields": known[row[0]]},
        lambda row: [row[0]]))


def _field(provider_id: int, key: str) -> Field:
    fields = catalogue.about(catalogue.fields_of(provider_id), Subject.RECIPIENT)
    found = next((one for one in fields if one.key == key and one.searchable), None)
    if found is None:
        raise InvalidInput(errors=(FieldError("field", *_NOBODYS),))
    return found


def _value(field: Field, said: Any) -> Any:
    """The value as it would be kept; of a field with several answers one or more of them."""
    try:
        found = reading.of_json(field, [said] if field.kind is Kind.CHOICES
                                and isinstance(said, str) else said)
    except reading.Refused as refused:
        raise InvalidInput(errors=(reading.told(field, refused, "value"),)) from None
    if found is None:
        raise InvalidInput(errors=(reading.told(field, reading.MISSING, "value"),))
    return found


def _fits(provider_id: int, field: Field, value: Any) -> tuple[str, Any]:
    """The condition on a row ``v`` of values, and what it compares with."""
    if field.personal:
        return "v.mark = %(wanted)s", kept.mark(provider_id, field, value)
    if field.kind is Kind.CHOICES:
        return "v.value @> %(wanted)s", Jsonb(value)
    return "v.value = %(wanted)s", Jsonb(value)


def _address(row: Any) -> str | None:
    try:
        return secrets().keyring.decrypt(row[1], bytes(row[3]), bytes(row[2])).decode()
    except (CannotDecrypt, TypeError):
        return None


def _known(provider_id: int, recipients: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What is known of each, by the keys of fields in use."""
    fields = {one.id: one for one in catalogue.fields_of(provider_id) if not one.retired}
    found = kept.of_recipients(db.connection(), provider_id, recipients)
    return {recipient: {fields[number].key: fields[number].told(value)
                        for number, value in values.items() if number in fields}
            for recipient, values in found.items()}


_PERSON: Final = shapes.obj(address=maybe(shapes.TEXT), fields={"type": "object"})
SCHEMAS: Final = {"RecipientSearch": _WANTED, "RecipientsFound": shapes.page(_PERSON)}
EXAMPLES: Final[dict[str, Any]] = {
    "RecipientSearch": {"field": "customer_no", "value": "TR-4711"},
    "RecipientsFound": {"items": [{"address": "0599 ••• •• 17",
                                   "fields": {"customer_no": "TR-4711"}}], "next": None},
}
SERVICES: Final = (
    Declared(Operation(
        "searchRecipients", "post", PATH, "fields",
        ("Alıcıları bir alanla ara", "Find recipients by a field"),
        ("Aranabilen bir alıcı alanının değeriyle; kişisel değerler de. Değer gövdede durur, "
         "adreste durmaz; arandığı denetim izine yazılır, değeri yazılmaz.",
         "By the value of a recipient field that may be searched, personal ones too. The value "
         "stands in the body and in no address; that it was asked is kept in the audit trail, the "
         "value is not."),
        200, ("Bulunanlar, eskiden yeniye.", "Those found, the oldest first."),
        "RecipientsFound", "RecipientSearch",
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), search, "recipients:read"),
)
