"""The service ``/api/v1/openapi.json``: the document of what this account's provider has.

Why this module exists: the public document tells of the whole product; a program that builds its
client from it should not be offered services that are not there for it. What belongs to a module
its provider lacks is left out: services, their scopes, and the schemas that only they use
(:mod:`ileti.tenancy.modules`).
"""

from __future__ import annotations

from typing import Any, Final

from config import settings
from ileti.api.desk import Answer, Call
from ileti.capture.api_document import document, every_operation
from ileti.tenancy import modules
from ileti.tenancy.modules import Module

PATH: Final = "/api/v1/openapi.json"
_SCHEMA: Final = "#/components/schemas/"


def own_document(call: Call) -> Answer:
    """``GET /openapi.json``, in the language of Accept-Language."""
    management = call.caller.management
    return Answer(200, document_for(document(call.language, settings().base_url), management))


def document_for(whole: dict[str, Any], management: bool) -> dict[str, Any]:
    """The document as a provider gets it that has the second module or not."""
    if management:
        return whole
    out = {(one.path, one.method) for one in every_operation() if not _is_there(one)}
    paths = {path: kept for path, methods in whole["paths"].items()
             if (kept := {method: one for method, one in methods.items()
                          if (path, method) not in out})}
    used = {tag for methods in paths.values() for one in methods.values() for tag in one["tags"]}
    parts = whole["components"]
    schemes = {name: _schemes(scheme) for name, scheme in parts["securitySchemes"].items()}
    return whole | {
        "paths": paths, "tags": [one for one in whole["tags"] if one["name"] in used],
        "components": parts | {"schemas": _reached(paths, parts["schemas"]),
                               "securitySchemes": schemes}}


def _is_there(one: Any) -> bool:
    found = modules.of("scope", one.scope) if one.scope else modules.of("service", one.name)
    return found in (Module.BASE, Module.ACCESS)


def _schemes(scheme: dict[str, Any]) -> dict[str, Any]:
    """Without the scopes that open nothing."""
    if scheme["type"] != "oauth2":
        return scheme
    flow = scheme["flows"]["clientCredentials"]
    kept = {key: words for key, words in flow["scopes"].items()
            if modules.of("scope", key) is not Module.MANAGEMENT}
    return scheme | {"flows": {"clientCredentials": flow | {"scopes": kept}}}


def _reached(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas that these paths name, and those that they name."""
    found: set[str] = set()
    waiting: list[Any] = [paths]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).removeprefix(_SCHEMA)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return {name: schema for name, schema in schemas.items() if name in found}
