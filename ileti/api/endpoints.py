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
from typing import Any, Final

import msgspec
import psycopg

from ileti.api import consents, imports, mapping, proofs
from ileti.api.desk import Answer, Call
from ileti.core.errors import CallerMistake, IletiError, NotFound, StorageAway
from ileti.core.logs import get_logger

log = get_logger("ileti.api")

PREFIX: Final = "/api/v1/"
Environ = dict[str, Any]
Service = Callable[[Call], Answer]

_ONE = imports.PATH + "/{id}"
ROUTES: Final[tuple[tuple[str, str, Service], ...]] = (
    ("POST", imports.PATH, imports.create),
    ("GET", imports.PATH, imports.index),
    ("GET", _ONE, imports.show),
    ("GET", _ONE + "/parts", imports.parts),
    ("PUT", _ONE + "/parts/{n}", imports.put_part),
    ("POST", _ONE + "/complete", imports.complete),
    ("GET", _ONE + "/mapping", mapping.show),
    ("PUT", _ONE + "/mapping", mapping.put),
    ("GET", _ONE + "/report", imports.rows),
    ("POST", _ONE + "/apply", imports.apply),
    ("POST", _ONE + "/pause", imports.pause),
    ("POST", _ONE + "/resume", imports.resume),
    ("POST", _ONE + "/cancel", imports.cancel),
    ("GET", _ONE + "/undo", imports.show_undo),
    ("POST", _ONE + "/undo", imports.do_undo),
    ("POST", consents.PATH, consents.at_moment),
    ("POST", proofs.PATH, proofs.bring),
)
#: services that need another right of the account than to bring lists
RIGHTS: Final = {consents.PATH: "reads_consents", proofs.PATH: "brings_proofs"}
_COMPILED: Final = tuple(
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), service,
     RIGHTS.get(path, "brings_lists"))
    for method, path, service in ROUTES)
_encode = msgspec.json.Encoder().encode


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
    except Exception:
        log.exception("api_fault")
        answer = _problem(IletiError(), call.language)
    finally:
        call.body.done()
    pieces: Iterable[bytes]
    headers = list(answer.headers)
    if answer.pieces is None:
        raw = _encode(answer.body)
        pieces = [raw]
        if answer.status < 400:
            headers.append(("Content-Type", "application/json"))
        headers.append(("Content-Length", str(len(raw))))
    else:
        pieces = answer.pieces
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [
        *headers, ("Content-Language", call.language), ("Vary", "Accept-Language, Accept"),
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
    return pieces


def _serve(call: Call) -> Answer:
    path = str(call.environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode(
        "utf-8", "replace")
    others = []
    for method, pattern, service, right in _COMPILED:
        match = pattern.fullmatch(path)
        if match is not None and method == call.method:
            call.named, call.right = match.groupdict(), right
            _ = call.caller  # before anything is read, and before anything is told
            return service(call)
        if match is not None:
            others.append(method)
    if others:
        raise WrongMethod(detail={"allowed": sorted(others)})
    raise NotFound("Bu adreste bir servis yok.", "There is no service at this address.",
                   code="no_such_address")


def _problem(error: IletiError, language: str) -> Answer:
    body = error.problem(language)
    headers = [("Content-Type", "application/problem+json")]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    if error.status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="ileti"'))
    if error.status == 405:
        headers.append(("Allow", ", ".join(body["allowed"])))
    return Answer(error.status, body | {"code": error.code}, tuple(headers))
