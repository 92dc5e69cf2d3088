"""``/saglik``: whether this process can serve, for load balancers and for ``ileti up``.

Answers 200 when the database answers and 503 with Retry-After when it does not; says nothing else,
since anybody may ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from ileti.core import db
from ileti.core.errors import StorageAway

PATH = "/saglik"


def answer(start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The whole answer, as a WSGI body."""
    try:
        db.system_connection().execute("select 1")
        status, body = "200 OK", b'{"status":"ok"}'
    except (psycopg.Error, StorageAway):
        status, body = "503 Service Unavailable", b'{"status":"database away"}'
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"),
               ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
    if not status.startswith("200"):
        headers.append(("Retry-After", "2"))
    start_response(status, headers)
    return [body]
