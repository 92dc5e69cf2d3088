"""``/sms/v1/<secret>``: where gateways tell that somebody wrote, answered in front of Flask.

Why this module exists: gateways sign nothing, so the address itself is the secret, one per number
(256 bits, found by its hash). What cannot be read is answered 400 and logged without address or
words; what cannot be kept is answered 503, so that the gateway tells it again; what is kept is 200,
also the tenth time. GET is for gateways that call with a query; nothing is ever read back.
In production only https counts, since the secret travels in the address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg

import ileti.channels.jobs
import ileti.iys.jobs  # noqa: F401 (both: bells can only ring jobs that are known)
from ileti.channels.sms import Unreadable
from ileti.core import db
from ileti.core.calls import is_private
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.inbound import numbers
from ileti.inbound.formats import parse
from ileti.inbound.intake import receive

log = get_logger("ileti.inbound")

PREFIX: Final = "/sms/v1/"
MOST_BYTES: Final = 64 * 1024
_LONGEST_QUERY: Final = 4_096
_STATUS: Final = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found",
                  403: "403 Forbidden", 405: "405 Method Not Allowed", 413: "413 Content Too Large",
                  503: "503 Service Unavailable"}

Environ = dict[str, Any]


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for every path below ``/sms/v1/``."""
    status = _answered(environ)
    body = b"OK" if status == 200 else b""
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))),
               ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    if status == 405:
        headers.append(("Allow", "GET, POST"))
    start_response(_STATUS[status], headers)
    return [body]


def _answered(environ: Environ) -> int:
    if environ.get("REQUEST_METHOD") not in ("POST", "GET"):
        return 405
    if not is_private(environ):
        return 403
    body, query = _read(environ), str(environ.get("QUERY_STRING", ""))
    if body is None or len(query) > _LONGEST_QUERY:
        return 413
    token = str(environ.get("PATH_INFO", "")).removeprefix(PREFIX)
    try:
        number = numbers.find(db.system_connection(), token)
        if number is None:
            return 404
        return _take(number, body, str(environ.get("CONTENT_TYPE", "")), query)
    except (StorageAway, psycopg.Error):
        log.warning("inbound_not_kept")
        return 503


def _take(number: numbers.Number, body: bytes, content_type: str, query: str) -> int:
    try:
        arrived = parse(number.gateway, body, content_type, query)
    except Unreadable as error:
        log.warning("inbound_unreadable", number=number.id, gateway=number.gateway,
                    reason=str(error))
        return 400
    new = receive(number, arrived)
    reach("inbound.answered")
    log.info("inbound", number=number.id, provider=number.provider_id, told=len(arrived), new=new)
    return 200


def _read(environ: Environ) -> bytes | None:
    """The body; None when it is longer than any gateway's."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if not 0 <= length <= MOST_BYTES:
        return None
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return body
