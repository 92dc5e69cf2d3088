"""``POST /gw/v1/<secret>``: a provider tells what became of messages, answered in front of Flask.

Why this module exists: providers push reports to an address they are given, most without any
signature. So each account has an address of its own whose last part nobody can guess; it is kept
sealed, and found by its hash. Who does not know it gets 404, whatever they send. What cannot be
read is 400, and the log says why without an address in it. A push that comes twice changes nothing
(:mod:`ileti.channels.deliveries`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final

import psycopg

from config import settings
from ileti.channels import accounts, delivered, deliveries  # noqa: F401 (delivered takes reports)
from ileti.channels.sms import Unreadable
from ileti.core import db
from ileti.core.calls import Environ, body_of, is_private
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger

log = get_logger("ileti.gateways")

PATH: Final = "/gw/v1/"
MOST_BYTES: Final = 8 * 1024 * 1024
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_STATUS: Final = {
    200: "200 OK", 400: "400 Bad Request", 403: "403 Forbidden", 404: "404 Not Found",
    405: "405 Method Not Allowed", 413: "413 Content Too Large", 503: "503 Service Unavailable",
}


def hash_of(secret: str) -> bytes:
    """What the secret of an address is found by."""
    return sha256(b"gateway-hook\x1f" + secret.encode()).digest()


def url_of(secret: str) -> str:
    """The address a provider is given."""
    return settings().base_url + PATH + secret


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for what providers push."""
    status = _answered(environ)
    headers = [("Content-Length", "0"), ("Cache-Control", "no-store")]
    if status == 405:
        headers.append(("Allow", "POST"))
    start_response(_STATUS[status], headers)
    return [b""]


def _answered(environ: Environ) -> int:
    secret = str(environ.get("PATH_INFO", "")).removeprefix(PATH)
    if not _SECRET.fullmatch(secret):
        return 404
    if not is_private(environ):
        return 403
    try:
        row = db.system_connection().execute(
            "select id from gateway_account where hook_hash = %s", [hash_of(secret)]).fetchone()
        if row is None:
            return 404
        if environ.get("REQUEST_METHOD") != "POST":
            return 405
        body = body_of(environ, MOST_BYTES)
        return 413 if body is None else take(row[0], body)
    except (StorageAway, psycopg.Error):
        log.warning("reports_put_off")  # it is pushed again, and fetched
        return 503


def take(account_id: int, body: bytes) -> int:
    """Note what was pushed to an account; the HTTP status of the answer."""
    try:
        found = accounts.find(account_id)
        if found is None:
            return 404
        provider_id, _channel, gateway = found
        reports = gateway.pushed(body)
    except Unreadable as error:
        log.warning("reports_unreadable", account=account_id, size=len(body), reason=str(error))
        return 400
    except accounts.Unusable as error:
        log.warning("reports_unreadable", account=account_id, reason=str(error))
        return 503
    try:
        known = deliveries.note(provider_id, account_id, reports)
    except (psycopg.DataError, OverflowError, ValueError) as error:
        log.warning("reports_unreadable", account=account_id, size=len(body),
                    reason=type(error).__name__)
        return 400
    log.info("reports_pushed", account=account_id, reports=len(reports), known=known)
    return 200
