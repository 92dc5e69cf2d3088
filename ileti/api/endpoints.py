"""The door for programs: a WSGI callable in front of Flask for every path below ``/api/v1/``.

Why this module exists: a program has no session, no cookie and no form token, and its body may be
gigabytes that nobody may lay into a temporary folder (docs/adr/0025). Failures are
``application/problem+json`` (RFC 9457) with stable codes, in the language of Accept-Language. There
is no CORS: a secret has no place in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from ileti.api import consents, identity, imports, mapping, owndocument, proofs, taking
from ileti.api.desk import SANDBOX, Answer, Call, etag, marked, no_such_address
from ileti.core import reach
from ileti.core.errors import CallerMistake, IletiError, StorageAway
from ileti.core.logs import get_logger
from ileti.programs import usage
from ileti.tenancy import limits

log = get_logger("ileti.api")

PREFIX: Final = "/api/v1/"
Environ = dict[str, Any]
Service = Callable[[Call], Answer]
#: the scope of a service that asks itself who calls
OPEN: Final = "open"



class Route(NamedTuple):
    """A service: how it is called, and the scope an account needs for it ("" for none)."""

    method: str
    path: str
    service: Service
    scope: str


_ONE = imports.PATH + "/{id}"
_LISTS: Final = "imports:write"
ROUTES: Final[list[Route]] = [
    Route("POST", imports.PATH, imports.create, _LISTS),
    Route("GET", imports.PATH, imports.index, _LISTS),
    Route("GET", _ONE, imports.show, _LISTS),
    Route("GET", _ONE + "/parts", imports.parts, _LISTS),
    Route("PUT", _ONE + "/parts/{n}", imports.put_part, _LISTS),
    Route("POST", _ONE + "/complete", imports.complete, _LISTS),
    Route("GET", _ONE + "/mapping", mapping.show, _LISTS),
    Route("PUT", _ONE + "/mapping", mapping.put, _LISTS),
    Route("GET", _ONE + "/report", imports.rows, _LISTS),
    Route("POST", _ONE + "/apply", imports.apply, _LISTS),
    Route("POST", _ONE + "/pause", imports.pause, _LISTS),
    Route("POST", _ONE + "/resume", imports.resume, _LISTS),
    Route("POST", _ONE + "/cancel", imports.cancel, _LISTS),
    Route("GET", _ONE + "/undo", imports.show_undo, _LISTS),
    Route("POST", _ONE + "/undo", imports.do_undo, _LISTS),
    Route("POST", consents.PATH, consents.at_moment, "consents:ask"),
    Route("POST", proofs.PATH, proofs.bring, "proofs:write"),
    Route("POST", taking.PATH, taking.take_one, "consents:write"),
    Route("POST", taking.BATCH, taking.take_many, "consents:write"),
    Route("POST", identity.PATH, identity.give_token, OPEN),
    Route("GET", owndocument.PATH, owndocument.own_document, OPEN),
]
#: names in paths that stand beside fixed words, and so have a form of their own
_FORMS: Final = {"record": "IZN-[^/]+", "case": "BSV-[^/]+"}
_plain: dict[tuple[str, str], Route] = {}
_patterns: list[tuple[re.Pattern[str], Route]] = []
_encode = msgspec.json.Encoder().encode


def add(*routes: Route) -> None:
    """Put more services behind the door; the same again changes nothing."""
    for route in routes:
        if route not in ROUTES:
            ROUTES.append(route)
        if "{" not in route.path:
            _plain[route.method, route.path] = route
            continue
        pattern = re.compile(re.sub(r"\{(\w+)\}", lambda found: (
            f"(?P<{found[1]}>{_FORMS.get(found[1], '[^/]+')})"), route.path))
        if (pattern, route) not in _patterns:
            _patterns.append((pattern, route))


add(*ROUTES)


class WrongMethod(CallerMistake):
    """The address is called in other ways."""

    status = 405
    code = "wrong_method"
    tr = "Bu adres bu yöntemle çağrılmaz."
    en = "This address is not called in this way."


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable."""
    call = Call(environ, str(environ.get("REQUEST_METHOD", "GET")))
    try:
        answer = _serve(call)
    except IletiError as error:
        answer = _problem(error, call.language)
    except psycopg.OperationalError:
        answer = _problem(StorageAway(), call.language)
    except Exception as error:
        full = limits.refused(error)
        if full is None:
            log.exception("api_fault")
        answer = _problem(full or IletiError(), call.language)
    finally:
        call.body.done()
    pieces: Iterable[bytes]
    headers = list(answer.headers)
    status = answer.status
    if answer.pieces is None:
        raw = b"" if answer.body is None else _encode(marked(call, answer.body))
        if status == 200 and call.method == "GET":
            mark = etag(raw)
            headers.append(("ETag", mark))
            if _has(call.header("If-None-Match"), mark):
                status, raw = 304, b""
        pieces = [raw]
        if raw and status < 400:
            headers.append(("Content-Type", "application/json"))
        if status not in (204, 304):
            headers.append(("Content-Length", str(len(raw))))
    else:
        pieces = answer.pieces
    if call.quota is not None:
        headers += [("RateLimit-Policy", f'"account";q={call.quota.limit};w=1'),
                    ("RateLimit", f'"account";r={call.quota.left};t=1')]
    if call.known is not None:
        usage.note(call.known, status)
        if call.known.sandbox:
            headers.append((SANDBOX, "true"))
    start_response(f"{status} {HTTPStatus(status).phrase}", [
        *headers, ("Content-Language", call.language), ("Vary", "Accept-Language, Accept"),
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
    return pieces


def _has(header: str, mark: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in header[:2_000].split(",")]
    return mark in known or "*" in known


def _serve(call: Call) -> Answer:
    route = _plain.get((call.method, call.path))
    if route is not None:
        return _enter(call, route, {})
    others = {method for method, path in _plain if path == call.path}
    for pattern, found in _patterns:
        match = pattern.fullmatch(call.path)
        if match is not None and found.method == call.method:
            return _enter(call, found, match.groupdict())
        if match is not None:
            others.add(found.method)
    if others:
        raise WrongMethod(detail={"allowed": sorted(others)})
    raise no_such_address()


def _enter(call: Call, route: Route, named: dict[str, str]) -> Answer:
    call.named = named
    if route.scope == OPEN:
        return route.service(call)
    call.scope = route.scope
    with reach.within(call.caller.reach):  # before anything is read, and before anything is told
        answer = route.service(call)
        return answer if answer.pieces is None else answer._replace(
            pieces=reach.Carried(answer.pieces))


def _problem(error: IletiError, language: str) -> Answer:
    body = error.problem(language)
    headers = [("Content-Type", "application/problem+json")]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    if error.status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="ileti"'))
    if error.status == 405:
        headers.append(("Allow", ", ".join(body["allowed"])))
    return Answer(error.status, body, tuple(headers))
