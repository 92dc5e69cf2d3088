"""What a program asks, read by the schemas its document shows.

Why this module exists: if the document said one thing and the code another, programs would believe
the document. So a query and a body are read by the very schemas that are published: names, kinds,
choices, lengths. What only the matter itself can say is asked afterwards, where it is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from ileti.api.desk import MOST_JSON, Call, unreadable
from ileti.core.clock import to_istanbul
from ileti.core.errors import FieldError, InvalidInput

Schema = Mapping[str, Any]
_SAID: Final = {
    "missing": ("Bu alan gerekli.", "This field is needed."),
    "unknown_field": ("Böyle bir alan yok.", "There is no such field."),
    "invalid": ("Bu değer olmaz.", "This value will not do."),
    "too_long": ("Çok uzun.", "Too long."),
}
_BOOLEANS: Final = {"true": True, "false": False}
_KINDS: Final[dict[str, Any]] = {"string": str, "boolean": bool, "array": list, "object": dict}


class _Wrong(Exception):
    """A value that its schema does not take; says the code."""


def fault(name: str, code: str) -> FieldError:
    """A field and what is wrong with it, in the words every service shares."""
    return FieldError(name[:80], code, *_SAID[code])


def refuse(name: str, code: str = "invalid") -> InvalidInput:
    """One wrong field as the whole answer."""
    return InvalidInput(errors=(fault(name, code),))


def query(call: Call, declared: Mapping[str, tuple[Schema, Any]]) -> dict[str, Any]:
    """What stands behind the question mark, by the declared parameters; raises InvalidInput."""
    found: dict[str, Any] = {}
    faults = [fault(name, "unknown_field") for name in call.args if name not in declared]
    for name, (schema, _words) in declared.items():
        if name not in call.args:
            found[name] = schema.get("default", [] if schema["type"] == "array" else None)
            continue
        try:
            found[name] = _from_text(call.args[name], schema)
        except _Wrong as wrong:
            faults.append(fault(name, str(wrong)))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return found


def body(call: Call, schema: Schema, most: int = MOST_JSON) -> dict[str, Any]:
    """The body by its schema; what is left out and has no default is None. Raises InvalidInput,
    TooLarge."""
    try:
        said = msgspec.json.decode(call.raw(most))
    except (msgspec.DecodeError, RecursionError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise unreadable()
    faults: list[FieldError] = []
    found = _object(said, schema, "", faults)
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return found


def _object(said: dict[str, Any], schema: Schema, prefix: str, faults: list[FieldError]
            ) -> dict[str, Any]:
    declared: Mapping[str, Schema] = schema["properties"]
    faults += [fault(prefix + name, "unknown_field") for name in said if name not in declared]
    found: dict[str, Any] = {}
    for name, one in declared.items():
        if name not in said:
            found[name] = one.get("default")
            if name in schema.get("required", ()):
                faults.append(fault(prefix + name, "missing"))
            continue
        value = said[name]
        if one.get("type") == "object" and "properties" in one:
            if isinstance(value, dict):
                found[name] = _object(value, one, f"{prefix}{name}.", faults)
            else:
                faults.append(fault(prefix + name, "invalid"))
            continue
        try:
            found[name] = _value(value, one)
        except _Wrong as wrong:
            faults.append(fault(prefix + name, str(wrong)))
    return found


def _from_text(text: str, schema: Schema) -> Any:
    if schema["type"] == "array":
        return [_from_text(part, schema["items"]) for part in text.split(",") if part]
    if schema["type"] == "integer":
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise _Wrong("invalid")
        return _value(int(text), schema)
    if schema["type"] == "boolean":
        if text not in _BOOLEANS:
            raise _Wrong("invalid")
        return _BOOLEANS[text]
    return _value(text, schema)


def _value(value: Any, schema: Schema) -> Any:
    """The value itself, dates and moments as such."""
    kind = schema.get("type")
    if kind == "integer":
        if type(value) is not int or not (
                schema.get("minimum", -2**53) <= value <= schema.get("maximum", 2**53)):
            raise _Wrong("invalid")
    elif kind is not None and not isinstance(value, _KINDS[kind]):
        raise _Wrong("invalid")
    if "enum" in schema and value not in schema["enum"]:
        raise _Wrong("invalid")
    if kind == "string":
        return _text(value, schema)
    if kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10_000):
            raise _Wrong("invalid")
        return [_part(one, schema["items"]) for one in value]
    return value


def _part(value: Any, schema: Schema) -> Any:
    if schema.get("type") == "object" and "properties" in schema:
        faults: list[FieldError] = []
        found = _object(value, schema, "", faults) if isinstance(value, dict) else {}
        if faults or not isinstance(value, dict):
            raise _Wrong("invalid")
        return found
    return _value(value, schema)


def _text(value: str, schema: Schema) -> Any:
    if len(value) > schema.get("maxLength", 4_000):
        raise _Wrong("too_long")
    if len(value) < schema.get("minLength", 0) or "\0" in value or (not value.isprintable() and (
            schema.get("format") is None and not schema.get("x-lines"))):
        raise _Wrong("invalid")
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        raise _Wrong("invalid")
    try:
        value.encode()
        if schema.get("format") == "date":
            found = date.fromisoformat(value)
            if len(value) != 10 or not 2000 <= found.year <= 2200:
                raise _Wrong("invalid")
            return found
        if schema.get("format") == "date-time":
            moment = datetime.fromisoformat(value)
            if moment.utcoffset() is None or len(value) > 40 or not 2000 <= moment.year <= 2200:
                raise _Wrong("invalid")
            return to_istanbul(moment)
    except (ValueError, OverflowError):
        raise _Wrong("invalid") from None
    return value
