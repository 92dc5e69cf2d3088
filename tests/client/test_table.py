"""Client and API cannot drift: each service has one method in both halves, and what it sends is
what the API's document says."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Unpack, get_origin, get_type_hints, is_typeddict

import httpx
import ileti_client
import pytest
from ileti_client import AsyncClient, Client, ClientCredentials
from ileti_client.services import PREFIX, SERVICES, Repeat

from ileti.api.endpoints import ROUTES
from tools import client as writer
from tools.client_types import api_document, query_of, services

from .client_house import run_apart

DOCUMENT = api_document()
SAID = services(DOCUMENT)
BY_NAME = {one.operation: one for one in SERVICES}
NAMED = {"record": "IZN-7Q2D-0K4M-XW81", "case": "BSV-7Q2D-0K4M", "id": 5, "n": 1,
         "brand": 731_204, "day": "2026-11-29"}
#: beside what the document says: how the client behaves
_OWN = {"self", "idempotency_key", "media_type", "file", "data", "items", "form", "if_match"}
_FILES = {"addProof", "createImport", "putPart", "putRecording"}
_LISTS = ("items", "imports", "results", "records", "states")


def test_the_table_holds_every_service_of_the_api_and_no_other() -> None:
    assert {(one.verb, PREFIX + one.path) for one in SERVICES} == {
        (route.method, route.path) for route in ROUTES}
    assert {one.operation: (one.verb, PREFIX + one.path) for one in SERVICES} == {
        name: (verb, path) for name, (verb, path, _) in SAID.items()}


def test_what_asks_for_a_key_gets_one_and_nothing_else_that_writes_is_called_safe() -> None:
    for one in SERVICES:
        needed = any(parameter["name"] == "Idempotency-Key" and parameter["required"]
                     for parameter in SAID[one.operation][2].get("parameters", []))
        assert (one.repeat is Repeat.KEYED) == needed, one.operation
    safe = {one.operation for one in SERVICES if one.repeat is Repeat.SAFE and one.verb != "GET"}
    assert safe == {"giveToken", "askStatus", "askHistory", "consentsAt", "actsAt", "personProof",
                    "askRecipientFields", "previewTemplate", "searchRecipients"}


def test_types_and_the_half_that_does_not_wait_are_as_they_are_written() -> None:
    assert writer.old() == [], "python -m tools.client --write"


def test_both_halves_have_the_same_rooms_methods_and_parameters() -> None:
    sync, other = (rooms(made("https://x.org", "k")) for made in (Client, AsyncClient))
    assert set(sync) == set(other)
    for name, method in sync.items():
        assert [str(one).replace("Async", "").replace("_async", "_sync")
                for one in inspect.signature(other[name]).parameters.values()] == [
                    str(one) for one in inspect.signature(method).parameters.values()], name
    called = {one.method for one in SERVICES} - {"token"}
    helpers = {"imports.upload", "imports.describe", "imports.follow", "imports.wait",
               "consents.take_each"}
    assert set(sync) == called | helpers


def rooms(client: Any) -> dict[str, Any]:
    return {f"{room}.{name}": method for room, found in vars(client).items()
            if not room.startswith("_")
            for name, method in inspect.getmembers(found, callable) if not name.startswith("_")}


@pytest.mark.parametrize("operation", sorted(SAID))
def test_a_method_takes_what_the_document_says_and_nothing_else(operation: str) -> None:
    client = Client("https://x.org", ClientCredentials("u", "k"))
    method = method_of(client, operation)
    _, path, page = SAID[operation]
    taken = set()
    hints = get_type_hints(method, include_extras=True)
    for name, one in inspect.signature(method).parameters.items():
        if one.kind is inspect.Parameter.VAR_KEYWORD:
            assert get_origin(hints[name]) is Unpack
            inner = hints[name].__args__[0]
            assert is_typeddict(inner)
            taken |= {field.removesuffix("_") for field in inner.__annotations__}
        elif name not in _OWN:
            taken.add(name)
    said = {one for one in query_of(page) if "." not in one} | set(re.findall(r"{(\w+)}", path))
    body = body_of(page)
    if operation not in ("giveToken", "takeConsents"):
        said |= set(body.get("properties", {}))
    assert taken == (said | {"brand"} if operation == "takeConsents" else said)


@pytest.mark.parametrize("operation", sorted(SAID))
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_a_method_sends_is_what_the_document_says(operation: str, kind: str) -> None:
    verb, path, page = SAID[operation]
    sent: list[httpx.Request] = []
    query = {name: sample(one) for name, one in query_of(page).items() if "." not in name}
    ask(kind, operation, page, query, sent)
    request = sent[-1]
    wanted = re.sub(r"{(\w+)}", lambda found: str(NAMED[found[1]]), path)
    assert (request.method, request.url.path) == (verb, wanted)
    if operation == "createImport":
        query = example(page) | {"column.phone": "gsm"}
        query.pop("columns", None)
    assert set(dict(request.url.params)) == set(query)
    headers = {one["name"] for one in page.get("parameters", []) if one["in"] == "header"}
    assert {one for one in headers - {"If-Match"} if one not in request.headers} == set()
    assert ("idempotency-key" in request.headers) == ("Idempotency-Key" in headers)
    if operation not in _FILES and operation != "giveToken" and body_of(page):
        assert json.loads(request.content) == example(page)


def ask(kind: str, operation: str, page: dict[str, Any], query: dict[str, Any],
        sent: list[httpx.Request]) -> None:
    """Call the method with everything the document says it takes."""
    answer = answers_for(operation, sent)
    line: Any = httpx.MockTransport(answer)
    credentials = ClientCredentials("u", "k") if operation == "giveToken" else "k"
    act = calling(operation, page, query)
    if kind == "sync":
        client = Client("https://x.org", credentials, http=httpx.Client(transport=line))
        found = act(client)
        if hasattr(found, "first"):
            found.first()
        elif hasattr(found, "save"):
            found.read()
        return

    async def wait() -> None:
        client = AsyncClient("https://x.org", credentials,
                             http=httpx.AsyncClient(transport=line))
        found = act(client)
        if hasattr(found, "first"):
            await found.first()
        elif hasattr(found, "save"):
            await found.read()
        else:
            await found

    run_apart(wait())


def calling(operation: str, page: dict[str, Any], query: dict[str, Any]) -> Callable[[Any], Any]:
    named = [NAMED[one] for one in re.findall(r"{(\w+)}", SAID[operation][1])]
    more = {name + "_" * (name == "import"): value for name, value in query.items()}
    body = example(page)
    if operation == "takeConsents":
        return lambda c: c.consents.take_many(body["items"], brand=body["brand"])
    if operation == "createImport":
        return lambda c: c.imports.create(b"x", **body | {"columns": {"phone": "gsm"}})
    if operation == "giveToken":
        return lambda c: c.token()
    if operation in _FILES:
        return lambda c: method_of(c, operation)(*named, b"x", **more)
    return lambda c: method_of(c, operation)(*named, **more, **body)


def answers_for(operation: str, sent: list[httpx.Request]) -> Callable[..., httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        found = {name: [] for name in _LISTS} | {"next": None, "receipt": "MKB-1"}
        return httpx.Response(200, json=found)
    return answer


def method_of(client: Any, operation: str) -> Any:
    room, _, name = BY_NAME[operation].method.rpartition(".")
    return getattr(getattr(client, room), name) if room else getattr(client, name)


def body_of(page: dict[str, Any]) -> dict[str, Any]:
    said = page.get("requestBody", {}).get("content", {}).get("application/json")
    name = said["schema"]["$ref"].rpartition("/")[2] if said else ""
    found: dict[str, Any] = DOCUMENT["components"]["schemas"].get(name, {})
    return found


def example(page: dict[str, Any]) -> dict[str, Any]:
    return dict(body_of(page).get("examples", [{}])[0])


def sample(schema: dict[str, Any]) -> Any:
    """A value a parameter may have, as a program has it."""
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "array":
        return [sample(schema["items"])]
    if schema.get("format") == "date":
        return date(2026, 11, 30)
    if schema.get("format") == "date-time":
        return datetime(2026, 11, 30, tzinfo=UTC)
    return {"integer": 5, "boolean": True}.get(str(kind), "x")


@pytest.mark.parametrize("name", ["README.md", "README.tr.md"])
def test_the_readme_names_every_room_and_no_other(name: str) -> None:
    text = (Path(writer.__file__).parents[1] / "client" / name).read_text("utf-8")
    table = "\n".join(line for line in text.splitlines() if line.startswith("| `client."))
    there = {name.partition(".")[0] for name in rooms(Client("https://x.org", "k"))
             if "." in name}
    assert set(re.findall(r"`client\.(\w+)`", table)) == there
    assert set(re.findall(r"client\.(fields|recipients|account)\.\w+", text)) == {
        "fields", "recipients", "account"}


def test_everything_that_is_exported_is_there() -> None:
    assert all(hasattr(ileti_client, name) for name in ileti_client.__all__)
