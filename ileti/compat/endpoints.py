"""``/iys-compat/``: İYS's own protocol, spoken inward, answered in front of Flask.

Why this module exists: software that was written for İYS's API gets ledger, proof, gate, reports,
checks before the call and a queue when İYS is away, by changing nothing but its base URL. Before
Flask, because such software comes without cookies, pages and languages, with lists of a thousand,
and at the rate of a machine: Flask would cost more than the work and bring a session, CSRF and an
ORM that nothing here needs (docs/adr/0018). There is no CORS: a secret has no place in a browser.
Every failure has İYS's form, also those İYS does not know (§1.3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import psycopg

import ileti.iys.jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.compat import (
    access,
    adding,
    brands,
    changes,
    identity,
    queries,
    results,
    retailers,
)
from ileti.compat.desk import Answer, Call
from ileti.compat.refusals import Refused, fault
from ileti.core import reach
from ileti.core.calls import is_private
from ileti.core.errors import IletiError, StorageAway
from ileti.core.logs import get_logger
from ileti.tenancy import twins

log = get_logger("ileti.compat")

PREFIX: Final = "/iys-compat"
Environ = dict[str, Any]
Service = Callable[[Call], Answer]

_SP = r"/sps/(?P<iysCode>[^/]+)"
_BRAND = _SP + r"/brands/(?P<brandCode>[^/]+)"
_REQUEST = r"/consents/request/(?P<requestId>[^/]+)"
# The documents print some paths in two spellings (judgement 10); both are served.
_ACCESS = _BRAND + r"/consents/retailers/access"
_ANY_ACCESS = _BRAND + r"/consents?/retailers?/access"

ROUTES: Final[tuple[tuple[str, str, Service], ...]] = (
    ("POST", "/oauth2/token", identity.give_token),
    ("GET", _SP + "/brands", brands.list_brands),
    ("POST", _BRAND + "/consents", adding.add_one),
    ("POST", "/v2" + _BRAND + "/consents", adding.add_one_v2),
    ("POST", _BRAND + "/consents/request", adding.add_batch),
    ("POST", "/v2" + _BRAND + "/consents/request", adding.add_batch_v2),
    ("GET", _BRAND + _REQUEST, results.show_batch),
    ("GET", "/v2" + _BRAND + _REQUEST, results.show_batch_v2),
    ("POST", _BRAND + "/consents/status", queries.show_status),
    ("POST", _BRAND + r"/consents/(?P<recipientType>[^/]+)/status/(?P<type>[^/]+)",
     queries.show_statuses),
    ("POST", _BRAND + "/consents/history", queries.show_history),
    ("GET", _BRAND + "/consents/changes", changes.pull),
    ("POST", _BRAND + "/retailers", retailers.add_retailer),
    ("GET", _BRAND + "/retailers", retailers.list_retailers),
    ("GET", _BRAND + "/retailers/(?P<retailerCode>[^/]+)", retailers.show_retailer),
    ("DELETE", _BRAND + "/retailers/(?P<retailerCode>[^/]+)", retailers.delete_retailer),
    ("POST", _ACCESS, access.give_access),
    ("PUT", _ACCESS, access.replace_access),
    ("POST", _ANY_ACCESS + "/list", access.list_access),
    ("POST", _ANY_ACCESS + "/remove", access.take_access),
    ("POST", _ANY_ACCESS + "/remove/all", access.take_all_access),
)
_COMPILED = tuple((method, re.compile(path), service) for method, path, service in ROUTES)
_encode = msgspec.json.Encoder().encode
_STATUS: Final = {
    200: "200 OK", 201: "201 Created", 202: "202 Accepted", 204: "204 No Content",
    400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden", 404: "404 Not Found",
    405: "405 Method Not Allowed", 409: "409 Conflict", 413: "413 Content Too Large",
    422: "422 Unprocessable Content", 429: "429 Too Many Requests",
    500: "500 Internal Server Error", 503: "503 Service Unavailable",
}


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for every path below ``/iys-compat/``."""
    headers: list[tuple[str, str]] = []
    try:
        with reach.within(None):  # the caller's, once it is known
            answer = _serve(environ)
            here = reach.current()
            if here is not None and twins.is_twin(here.provider_id):
                headers.append(("Ileti-Sandbox", "true"))
    except Refused as refused:
        answer = Answer(refused.status, {"errors": refused.faults})
        if refused.retry_after is not None:
            headers.append(("Retry-After", str(max(1, round(refused.retry_after)))))
    except (StorageAway, psycopg.OperationalError):
        answer = Answer(503, {"errors": [fault("H192")]})
    except IletiError as error:
        answer = Answer(error.status, {"errors": [fault("H085", message=error.tr)]})
    except Exception:
        log.exception("compat_fault")
        answer = Answer(500, {"errors": [fault("H015")]})
    raw = b""
    if isinstance(answer.body, str):
        raw = answer.body.encode()
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    elif answer.body is not None:
        raw = _as_json(answer.body)
        headers.append(("Content-Type", "application/json; charset=utf-8"))
    if answer.status != 204:
        headers.append(("Content-Length", str(len(raw))))
    start_response(_STATUS.get(answer.status, f"{answer.status} Error"), [
        *headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
    return [raw]


def _as_json(value: Any) -> bytes:
    """Compact JSON; what a caller sent may hold numbers no other encoder takes."""
    try:
        return _encode(value)
    except (OverflowError, ValueError, TypeError):
        return json.dumps(value, default=str, separators=(",", ":")).encode()


def _serve(environ: Environ) -> Answer:
    if not is_private(environ):
        raise Refused([fault("HTTP_403")])
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
    path = path.removeprefix(PREFIX)
    call = Call(environ, str(environ.get("REQUEST_METHOD", "GET")), path)
    fitting = False
    for method, pattern, service in _COMPILED:
        match = pattern.fullmatch(path)
        if match is not None and method == call.method:
            call.named = match.groupdict()
            return service(call)
        fitting = fitting or match is not None
    raise Refused([fault("HTTP_405" if fitting else "HTTP_404")])
