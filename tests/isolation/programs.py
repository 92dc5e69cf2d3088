"""Every service for programs, called with a stranger's numbers: ``/api/v1/`` and İYS's protocol.

The services come from the tables of routes, their filters from the document; what a body says
stands in :func:`_bodies`, and a service that needs one and has none fails the walk.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from ileti.api import chapters
from ileti.api.endpoints import OPEN, ROUTES
from ileti.capture.api_document import add_chapter, document
from ileti.compat.endpoints import ROUTES as IYS_ROUTES
from ileti.core import clock, db
from ileti.programs import keys
from ileti.programs.scopes import SCOPES
from tests.api.api_house import Program, account
from tests.compat.house import Program as IysProgram
from tests.isolation.addresses import Ask
from tests.isolation.furnish import DAY
from tests.isolation.world import World

for _chapter in chapters.CHAPTERS:
    add_chapter(_chapter)
_keys = itertools.count(1)
_PATHS: Final = {"calls": "call", "imports": "import_run", "documents": "document_version",
                 "dealers": "dealer", "messages": "message",
                 "call-lists": "call_attempt", "templates": "message_template",
                 "campaigns": "campaign", "exports": "export_run"}
_BAYI: Final = {"title": "Ele Geçti", "name": "Ele Geçti", "tckn": "10000000146",
                "tin": "1234567890"}


def _bodies(world: World) -> dict[str, Any]:
    """What the services that need a body are told, by method and path."""
    brand, phone, n = world.place.brand_code, world.phone, world.numbers()
    at = f"{clock.now():%Y-%m-%dT%H:%M:%S}+00:00"
    item = {"address": phone, "channel": "MESAJ", "status": "ONAY", "source": "HS_WEB"}
    return {
        "POST /imports": {"brand": brand, "name": "x.ndjson", "origin": "customers",
                          "ground": "Form", "proof": "Arşiv", "notice": "Bildirildi"},
        "POST /consents/at": {"brand": brand, "address": phone, "at": at},
        "POST /acts/at": {"brand": brand, "address": phone, "at": at},
        "POST /consents/proof": {"brand": brand, "address": phone},
        "POST /consents": {"brand": brand, **item, "textId": n.get("document_version", 0)},
        "POST /consents/batch": {"brand": brand, "items": [item]},
        "POST /consents/status": {"brand": brand, "addresses": [phone]},
        "POST /consents/history": {"brand": brand, "address": phone},
        "POST /iys/reconcile": {"brand": brand},
        "PUT /recipients/fields": {"address": phone, "fields": {"alan": "x"}},
        "POST /recipients/fields": {"address": phone},
        "POST /calls": {"brand": brand, "number": phone},
        "POST /calls/{id}/recording": {"link": "https://ele.ornek.com.tr/1.wav",
                                       "sha256": "ab" * 32},
        "PUT /calls/{id}/recording": {}, "POST /calls/{id}/end": {},
        "POST /call-lists/entries/next": {"list": n.get("call_list", 0)},
        "POST /call-lists/entries/{id}/result": {"result": "REFUSED"},
        "POST /recipients/search": {"field": "alan", "value": "x"},
        "POST /acts": {"brand": brand, "address": phone, "source": "HS_WEB",
                       "notice": {"textId": n.get("document_version", 0)}},
        "POST /templates/{id}/preview": {"brand": brand, "values": {"ad": "Ele Geçti"}},
        "POST /messages": {"brand": brand, "channel": "MESAJ", "address": phone,
                           "template": n.get("message_template", 0), "values": {"ad": "Ele"}},
        "POST /campaigns/{id}/pause": {},
        "POST /exports": {"kind": "consents", "filters": {"brand": [brand]}},
        "POST /exports/{id}/cancel": {},
        "POST /dealers": {"brand": brand, "townCode": "400", **_BAYI},
        "PATCH /dealers/{id}": {"title": "Ele Geçti"},
        "POST /requests": {"brand": brand, "way": "PAPER", "rights": ["B"], "wish": "x",
                           "name": "Ele Geçti", "email": "ele@ornek.com.tr"},
        "PUT /imports/{id}/mapping": {"columns": {}}, "PUT /imports/{id}/parts/{n}": {},
        **{f"POST /imports/{{id}}/{deed}": {} for deed in (
            "complete", "apply", "pause", "resume", "cancel", "undo")}, "POST /proofs": {},
    }


def asks(world: World, nobody: World) -> Iterator[Ask]:
    """Every service of ``/api/v1/``, with each filter the document knows."""
    known = document("en", "http://localhost")["paths"]
    for route in ROUTES:
        if route.scope == OPEN or (world.level == "dealer" and "{brand}" in route.path):
            continue  # the brand is the caller's own there
        short = route.path.removeprefix("/api/v1")
        paths = [_path(route.path, one) for one in (world, nobody)]
        if route.method != "GET":
            bodies = [_bodies(one)[f"{route.method} {short}"] for one in (world, nobody)]
            yield Ask(f"{route.method} api {short}", paths[0], paths[1], route.method, "",
                      *((("json", json.dumps(one)),) for one in bodies))
            continue
        kind = "one" if "{" in short else "all"
        yield Ask(f"GET {kind} api {short}", *paths)
        for one in known[route.path]["get"].get("parameters", ()):
            values = [_filter(one["name"], some) for some in (world, nobody)]
            if one["in"] == "query" and None not in values:
                yield Ask(f"GET filter api {short} {one['name']}", *(
                    f"{path}?{urlencode({one['name']: value})}"
                    for path, value in zip(paths, values, strict=True)))


def _path(path: str, world: World) -> str:
    n, first = world.numbers(), path.split("/")[3]
    values = {"record": n["record"], "case": n["case"], "brand": world.place.brand_code,
              "day": DAY.isoformat(), "n": 1, "id": n.get(_PATHS.get(first, ""), 0)}
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), path)


def _filter(name: str, world: World) -> Any:
    found = {"retailerCode": world.retailer, "dealer": world.ids["dealer"]}
    if world.level != "dealer":  # else the brand is the caller's own, and has no text of its own
        found |= {"brand": world.place.brand_code, "document": world.ids.get("document", 0)}
    return found.get(name)


def iys_asks(world: World, nobody: World) -> Iterator[Ask]:
    """Every service of İYS's protocol, under a stranger's codes."""
    for method, pattern, _service in IYS_ROUTES:
        if "oauth2" in pattern:
            continue
        paths, bodies = [], []
        for one in (world, nobody):
            values = {"iysCode": one.place.iys_code, "brandCode": one.place.brand_code,
                      "requestId": "x", "recipientType": "BIREYSEL", "type": "MESAJ",
                      "retailerCode": one.retailer}
            path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found, v=values: str(v[found[1]]), pattern)
            paths.append("/iys-compat" + path.replace("s?", "s"))
            bodies.append(json.dumps({
                "recipient": one.phone, "recipients": [one.phone], "type": "MESAJ",
                "recipientType": "BIREYSEL", "retailerCode": one.retailer,
                "retailerAccess": [one.retailer]}))
        yield Ask(f"{method} iys {pattern}", paths[0], paths[1], method, "",
                  *((("json", one),) for one in bodies))


def _opened(world: World, scopes: list[str]) -> tuple[str, str]:
    """User name and a new key of the account that brought the world's list, for all of its
    provider."""
    number = world.ids["api_account"]
    row = db.system_connection().execute(
        "update api_account set scopes = %s, brand_id = null, dealer_id = null where id = %s "
        "returning username", (scopes, number)).fetchone()
    assert row is not None
    return row[0], keys.make(db.system_connection(), world.place.provider_id, number).text


class Caller:
    """A program with an account of a level that may everything, or with the world's own."""

    def __init__(self, place: Any, level: str, dealer: int | None,
                 world: World | None = None) -> None:
        own = {"brand": None if level == "provider" else place.brand_id,
               "dealer": dealer if level == "dealer" else None}
        scopes = [one.key for one in SCOPES]
        login = account(place, scopes=scopes, **own, brings=False) if world is None else _opened(
            world, scopes)
        self.program = Program(place, login)
        self.iys = IysProgram(place, login)

    def ask(self, one: Ask) -> tuple[int, str, str]:
        """Status, text, and where it leads."""
        data = dict(one.data).get("json", "{}").encode() if one.method != "GET" else None
        if one.path.startswith("/iys-compat"):
            answer = self.iys.ask(one.method, one.path.removeprefix("/iys-compat"), data)
        else:
            answer = self.program.call(one.method, one.path, data=data, headers={
                "Idempotency-Key": f"ayri-{next(_keys)}", "Accept-Encoding": "identity"},
                content_type="application/json")
        return answer.status_code, answer.get_data(as_text=True), answer.headers.get("Location", "")
