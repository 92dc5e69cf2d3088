"""What others build upon, readable without an account: the API's document and the receipts' key.

``/api`` is the document as a page, ``/api/openapi.json`` the same for machines, and
``/.well-known/ileti-receipts.json`` the public key with which anybody checks a receipt offline.
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.capture.api_document import chapters, document, every_operation
from ileti.capture.api_document import groups as document_groups
from ileti.capture.page import asked_language, draw, in_language, other_language
from ileti.capture.receipts import UNSIGNED
from ileti.core.secrets import receipt_keys as known_keys
from ileti.core.secrets import secrets

KEYS: str = "/.well-known/ileti-receipts.json"
_HOUR = "public, max-age=3600"


def add_to(blueprint: Blueprint) -> None:
    """Put the three addresses on the public pages."""
    blueprint.add_url_rule("/api", view_func=api)
    blueprint.add_url_rule("/api/openapi.json", view_func=api_document)
    blueprint.add_url_rule(KEYS, view_func=receipt_keys)


def api() -> ResponseReturnValue:
    """The document as a page to read."""
    language = asked_language()
    made = document(language, settings().base_url)
    groups = [(words[language == "en"], [
        _shown(made, one.path, one.method) for one in every_operation() if one.group == name])
        for name, words in document_groups().items()]
    explained = ("SubmissionIn", "ChoiceIn", "ConfirmationIn", "NewCodeIn",
                 *(name for chapter in chapters() for name in chapter.explained))
    schemas = made["components"]["schemas"]
    return draw(
        "api.html", language, "İleti", about=made["info"]["description"],
        title=made["info"]["title"], base_url=settings().base_url, groups=groups,
        fields=[(name, _fields(schemas[name], schemas[name].get("required", [])))
                for name in explained],
        json_url=in_language("/api/openapi.json", language),
        samples=[pair for chapter in chapters() for pair in chapter.samples.items()],
        other=other_language("/api", language),
    )


def _shown(made: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """One operation with its examples written out."""
    one = made["paths"][path][method]
    good = next(answer for status, answer in one["responses"].items() if status < "300")
    return one | {
        "path": path, "method": method.upper(),
        "sent": _example(one.get("requestBody")), "got": _example(good),
        "fields": [name for kind in one.get("requestBody", {}).get("content", {}).values()
                   for name in kind.get("schema", {}).get("properties", {})],
    }


def _example(body: dict[str, Any] | None) -> str:
    for kind in (body or {}).get("content", {}).values():
        if "example" in kind:
            return msgspec.json.format(msgspec.json.encode(kind["example"]), indent=2).decode()
    return ""


def _fields(schema: dict[str, Any], required: list[str]) -> list[tuple[str, bool, str]]:
    return [(name, name in required, body.get("description", ""))
            for name, body in schema["properties"].items()]


def api_document() -> ResponseReturnValue:
    """The OpenAPI document; any page may read it."""
    raw = msgspec.json.encode(document(asked_language(), _own_address()))
    return _open_json(msgspec.json.format(raw, indent=1))


def _own_address() -> str:
    """What people call this installation: the setting, else the address they came by."""
    return settings().public_url or request.host_url.rstrip("/")


def receipt_keys() -> ResponseReturnValue:
    """The public keys of receipts, the present one first; earlier ones stay."""
    return _open_json(msgspec.json.encode({
        "format": 1, "algorithm": "Ed25519", "canonicalization": "RFC 8785",
        "unsigned": list(UNSIGNED), "current": secrets().receipts.key_id,
        "keys": [{"keyId": key_id, "publicKey": public}
                 for key_id, public in known_keys().items()],
    }))


def _open_json(raw: bytes) -> Response:
    return Response(raw, content_type="application/json", headers={
        "Cache-Control": _HOUR, "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin"})
