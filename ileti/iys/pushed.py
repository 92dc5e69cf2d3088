"""``POST /iys/v1/push``: İYS tells us what citizens changed, answered in front of Flask.

Why this module exists: pull brings a change home an hour later at best (İYS API §6.10), push at
once. Both have one effect, since both go through :func:`ileti.iys.pull.take_movements`: a movement
told twice, doubled or in any order counts once, and the younger date holds. İYS's credentials are
asked for (:mod:`ileti.iys.pushlogin`); a brand counts from the moment İYS has confirmed its
registration: until then, and for any other brand, what arrives is İYS's test record (§6.11), which
is answered and has no effect. What cannot be read is answered too: pull brings it again and asks.
İYS waits for five seconds, so nothing here may take longer.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Status
from ileti.core import db
from ileti.core.calls import Environ, body_of, is_private
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.iys.answers import Unreadable, parse_pull
from ileti.iys.pull import MOST_ATTEMPTS, take_movements
from ileti.iys.pushlogin import Login, check
from ileti.iys.wire import Movement

log = get_logger("ileti.iys")

PATH: Final = "/iys/v1/push"
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_MS: Final = 3_500
_STATUS: Final = {
    200: "200 OK", 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden",
    404: "404 Not Found", 405: "405 Method Not Allowed", 413: "413 Content Too Large",
    503: "503 Service Unavailable",
}


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for what İYS pushes."""
    status = _answered(environ)
    headers = [("Content-Length", "0"), ("Cache-Control", "no-store")]
    if status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="ileti", charset="UTF-8"'))
    if status == 405:
        headers.append(("Allow", "POST"))
    start_response(_STATUS[status], headers)
    return [b""]


def _answered(environ: Environ) -> int:
    if environ.get("PATH_INFO", "") != PATH:
        return 404
    if environ.get("REQUEST_METHOD") != "POST":
        return 405
    if not is_private(environ):
        return 403
    try:
        login = _login(str(environ.get("HTTP_AUTHORIZATION", "")))
        if login is None:
            log.warning("push_login_refused")
            return 401
        body = body_of(environ, MOST_BYTES)
        return 413 if body is None else take(login, body)
    except (StorageAway, psycopg.Error):
        log.warning("push_put_off")  # İYS may try again; pull brings it anyway
        return 503


def take(login: Login, body: bytes) -> int:
    """Let a pushed body into the ledger; the HTTP status of the answer."""
    try:
        page = parse_pull(200, body)
    except Unreadable:
        return 400
    by_brand: dict[int | None, list[Movement]] = defaultdict(list)
    for movement in page.movements:
        if movement.source.is_iys and movement.channel is login.channel:
            by_brand[movement.brand_code].append(movement)
    taken = 0
    for place in _places(login):
        found = by_brand.pop(place.brand_code, [])
        taken += _record(place, [one for one in found if one.iys_code == place.iys_code])
    reach("push.taken")
    log.info("pushed", provider=login.provider_id, taken=taken, unreadable=len(page.unreadable),
             passed_over=sum(len(some) for some in by_brand.values()))
    return 200


def _record(place: Place, movements: list[Movement]) -> int:
    """The movements in İYS's order, which a net may have lost; of one second the refusal is last,
    so that it holds (R-34)."""
    movements.sort(key=lambda one: (one.creation_date, one.status is Status.RET))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with db.transaction() as conn:
                conn.execute("select set_config('statement_timeout', %s, true)", (str(MOST_MS),))
                taken = take_movements(conn, place, movements, learned="push")
                reach("push.recorded")
            return taken
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            if attempt == MOST_ATTEMPTS:
                raise
    return 0


def _places(login: Login) -> list[Place]:
    """The brands İYS has confirmed for these credentials."""
    return [Place(*row) for row in db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code from brand b "
        "join provider p on p.id = b.provider_id where p.id = %s and b.id = any(%s) order by b.id",
        (login.provider_id, list(login.brand_ids)))]


def _login(header: str) -> Login | None:
    scheme, _, mark = header.partition(" ")
    if scheme.lower() != "basic" or len(mark) > 1_000:
        return None
    try:
        username, colon, password = base64.b64decode(mark, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    if not colon or "\0" in username:
        return None
    return check(username, password)
