"""Pieces of schemas, so that every chapter of the document is made of the same ones."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final

from ileti.capture.api_schemas import Pair
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Status
from ileti.core import clock

Schema = dict[str, Any]
Declared = dict[str, tuple[Schema, Pair]]

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
BOOL: Final[Schema] = {"type": "boolean"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time", "maxLength": 40}
SHA: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
RECORD: Final[Schema] = {"type": "string", "pattern": "^IZN(-[0-9A-HJKMNP-TV-Z]{4}){3}$"}
ADDRESS: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 400}
CHANNEL: Final[Schema] = {"type": "string", "enum": [one.name for one in Channel]}
STATUS: Final[Schema] = {"type": "string", "enum": [one.name for one in Status]}
SOURCE: Final[Schema] = {"type": "string", "enum": [one.name for one in Source]}
OWN_SOURCE: Final[Schema] = {"type": "string", "enum": [one.name for one in Source if one.is_hs]}
KIND: Final[Schema] = {"type": "string", "enum": [one.name for one in RecipientType]}
IYS: Final[Schema] = {"type": "string", "enum": [one.name for one in IysStatus]}
NUMBER: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


RULE: Final[Schema] = {"type": "string", "pattern": "^R-[0-9]+$"}


def obj(**fields: Schema) -> Schema:
    """An answer's object; open, so that answers may grow."""
    return {"type": "object", "required": list(fields), "properties": fields}


def given(required: tuple[str, ...], **fields: Schema) -> Schema:
    """A body's object: no other fields."""
    return {"type": "object", "required": list(required), "additionalProperties": False,
            "properties": fields}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": schema, **more}


#: what is wrong with a field of an item, with the rule where one says so
FAULT: Final[Schema] = {"type": "object", "required": ["field", "code", "message"], "properties": {
    "field": TEXT, "code": TEXT, "message": TEXT, "rule": RULE}}


def page(schema: Schema) -> Schema:
    """A page of a list."""
    return obj(items=many(schema), next=maybe(TEXT))


def midnight(day: date) -> datetime:
    """The first moment of an Istanbul day."""
    return datetime.combine(day, time(), clock.ISTANBUL)


LIMIT: Final[Declared] = {
    "limit": ({"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
              ("Sayfada kaç tane.", "How many on a page.")),
    "cursor": ({"type": "string", "maxLength": 1_000},
               ("Önceki yanıtın `next` değeri; öteki alanlar aynı kalır.",
                "The `next` of the answer before; the other fields stay the same.")),
}
ADDRESSES: Final[Declared] = {
    "addresses": ({"type": "string", "enum": ["masked", "full"], "default": "masked"},
                  ("`full`: açık adresler; `addresses:read` ister ve denetim izine yazılır.",
                   "`full`: addresses in clear; needs `addresses:read` and is kept in the audit "
                   "trail.")),
}
BRANDS: Final[Declared] = {
    "brand": (many(NUMBER), ("Markaların İYS numaraları, virgülle.",
                             "The brands’ numbers at İYS, with commas.")),
}
SPAN: Final[Declared] = {
    "since": (DAY, ("Bu günden (İstanbul).", "From this day (Istanbul).")),
    "until": (DAY, ("Bu güne dek, gün içinde.", "Up to and with this day.")),
}
IDEMPOTENT: Final[Declared] = {
    "Idempotency-Key": ({"type": "string", "pattern": "^[!-~]{1,80}$"},
                        ("Bu isteğin anahtarı: yinelemede aynısı.",
                         "This request’s key: the same when repeated.")),
}
IF_MATCH: Final[Declared] = {
    "If-Match": ({"type": "string", "maxLength": 200},
                 ("Okunan kaydın ETag değeri; bu arada değiştiyse 412.",
                  "The ETag of what was read; 412 when it has changed.")),
}
