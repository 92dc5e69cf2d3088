"""The barest WSGI application there can be: read JSON, insert one row, commit, answer.

It is the measure of what the machine can do (goal P1), so it has none of what makes a consent worth
something: no origin, no token, no checks, no ledger, no receipt.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import psycopg

_local = threading.local()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """One request, one row, one commit."""
    body = msgspec.json.decode(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    conn = getattr(_local, "conn", None)
    if conn is None:
        conn = _local.conn = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True,
                                             prepare_threshold=2)
    conn.execute("insert into bare (key, phone, body) values (%s, %s, %s)",
                 (body["key"], body["phone"], msgspec.json.encode(body).decode()))
    answer = b'{"state":"recorded"}'
    start("201 Created", [("Content-Type", "application/json"),
                          ("Content-Length", str(len(answer)))])
    return [answer]
