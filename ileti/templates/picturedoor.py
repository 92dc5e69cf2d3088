"""``GET /resim/KEY-WIDTH.EXT``: a mail's picture for whoever opens the mail, in front of Flask.

Why this module exists: mail programs have no session, and a million of them ask within an hour. The
address holds nobody's mark and is the same for every recipient, so loading it says nothing of
anybody (R-28); nothing is counted and nothing noted here. A name stands for its bytes for ever, so
whoever has them once needs not ask again. What is answered is never a page: it is of the kind its
ending says, in a sandbox, whatever a browser would rather make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import psycopg

from ileti.core import db
from ileti.core.calls import Environ
from ileti.core.errors import StorageAway
from ileti.templates.picturenames import FILE, PATH

_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
_STATUS: Final = {200: "200 OK", 304: "304 Not Modified", 404: "404 Not Found",
                  405: "405 Method Not Allowed", 503: "503 Service Unavailable"}
_ALWAYS: Final = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "cross-origin"), ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex"),
]
_FOR_EVER: Final = ("Cache-Control", "public, max-age=31536000, immutable")


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for every path below ``/resim/``."""
    status, headers, body = _answered(environ)
    if status not in (200, 304):
        headers = [*headers, ("Cache-Control", "no-store")]
    start_response(_STATUS[status], [*_ALWAYS, *headers, *(
        [] if status == 304 else [("Content-Length", str(len(body)))])])
    return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]


def _answered(environ: Environ) -> tuple[int, list[tuple[str, str]], bytes]:
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        return 405, [("Allow", "GET, HEAD")], b""
    found = FILE.fullmatch(str(environ.get("PATH_INFO", "")).removeprefix(PATH))
    if found is None:
        return 404, [], b""
    try:
        row = db.system_connection().execute(
            "select case %(width)s when small_width then small when large_width then large end "
            "from mail_picture where key = %(key)s and ext = %(ext)s",
            {"key": found[1], "width": int(found[2]), "ext": found[3]}).fetchone()
    except (StorageAway, psycopg.Error):
        return 503, [("Retry-After", "30")], b""
    if row is None or row[0] is None:
        return 404, [], b""
    tag = f'"{found[0]}"'
    if tag in str(environ.get("HTTP_IF_NONE_MATCH", "")):
        return 304, [("ETag", tag), _FOR_EVER], b""
    return 200, [("Content-Type", _TYPES[found[3]]), ("ETag", tag), _FOR_EVER,
                 ("Content-Disposition", "inline")], bytes(row[0])
