"""What tests of ``/api/v1/`` share: accounts, a program that calls in-process, a live server."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy import event
from werkzeug.test import Client

from config import settings
from ileti.api.endpoints import application
from ileti.core import clock, db, orm
from ileti.imports import apply, follow, staging, undo
from ileti.programs import accounts, keys
from tests.imports.import_house import STATEMENT
from tests.running import free_port

ROOT = Path(__file__).resolve().parents[2]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def account(place: Any, *, brings: bool = True, brand: int | None = None,
            dealer: int | None = None, rights: bool = False,
            scopes: Iterable[str] = ()) -> tuple[str, str]:
    """User name and key of a new account of this place."""
    name = accounts.new_username()
    given = [*scopes, *(["imports:write"] if brings else []),
             *(["consents:ask", "proofs:write"] if rights else [])]
    row = db.connection().execute(
        "insert into api_account (provider_id, brand_id, dealer_id, name, username, scopes) "
        "values (%s, %s, %s, 'CRM', %s, %s) returning id",
        (place.provider_id, brand, dealer, name, given)).fetchone()
    assert row is not None
    return name, keys.make(db.connection(), place.provider_id, row[0]).text


def basic(login: tuple[str, str]) -> str:
    """The header's value for user name and secret."""
    return "Basic " + base64.b64encode(":".join(login).encode()).decode()


def digest(data: bytes) -> str:
    """A Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(sha256(data).digest()).decode()}:"


def ndjson(count: int, first: int = 0, **more: Any) -> bytes:
    """A list of people as a program writes it, a consent each."""
    day = f"{clock.to_istanbul(clock.now()):%Y-%m-%d 00:00:01}"
    return b"".join(json.dumps({
        "telefon": f"+90599{n:07}", "izin türü": "MESAJ", "durum": "ONAY", "kaynak": "HS_WEB",
        "tarih": day, **more}).encode() + b"\n" for n in range(first, first + count))


class Program:
    """Calls in-process, for one account."""

    def __init__(self, place: Any, login: tuple[str, str] | None = None) -> None:
        self.place = place
        self.login = login or account(place)
        self.http = Client(application)

    def call(self, method: str, path: str = "", *, query: dict[str, Any] | None = None,
             stream: Any = None, length: int | None = None, **more: Any) -> Any:
        """``stream``: a body that is read as a server gives it, of this length or chunked."""
        headers = {"Authorization": basic(self.login)} | more.pop("headers", {})
        base = "" if path.startswith("/api/") else "/api/v1/imports"
        url = f"{base}{path}" + (f"?{urlencode(query)}" if query else "")
        if stream is not None:
            more["environ_overrides"] = {
                "wsgi.input": stream, "wsgi.input_terminated": True,
                "CONTENT_LENGTH": "" if length is None else str(length)}
        more.setdefault("environ_base", {"REMOTE_ADDR": "127.0.0.1"})
        return self.http.open(url, method=method, headers=headers, **more)

    def bring(self, data: bytes | None, key: str = "gece-1", *,
              headers: dict[str, str] | None = None, **asked: Any) -> Any:
        """The list in one go with its description in the query; ``...`` leaves a field out."""
        query = {"brand": self.place.brand_code, "name": "crm.ndjson", **STATEMENT, **asked}
        return self.call("POST", query={k: v for k, v in query.items() if v is not ...},
                         data=data, headers={"Idempotency-Key": key, **(headers or {})},
                         content_type="application/x-ndjson")

    def describe(self, key: str = "gece-1", **asked: Any) -> Any:
        """The description alone, as JSON."""
        body = {"brand": self.place.brand_code, "name": "crm.ndjson", **STATEMENT, **asked}
        return self.call("POST", json={k: v for k, v in body.items() if v is not ...},
                         headers={"Idempotency-Key": key})

    def put(self, run: int, number: int, data: bytes, **headers: str) -> Any:
        return self.call("PUT", f"/{run}/parts/{number}", data=data, headers=headers)

    def see(self, run: int) -> Any:
        answer = self.call("GET", f"/{run}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def do(self, run: int, deed: str, **more: Any) -> Any:
        return self.call("POST", f"/{run}/{deed}", **more)


@contextmanager
def heard(app: Any) -> Iterator[list[str]]:
    """Every statement inside the block, of bare connections and of the ORM."""
    statements: list[str] = []
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        statements.append(str(query))
        return real(self, query, *more, **named)

    def note(_conn: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        statements.append(sql)

    with app.app_context():
        engine = orm.db.engine
    event.listen(engine, "before_cursor_execute", note)
    psycopg.Connection.execute = execute  # type: ignore[assignment]
    try:
        yield statements
    finally:
        psycopg.Connection.execute = real  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", note)


def work(run: int) -> None:
    """What the workers do in the background, for one import."""
    until = time.monotonic() + 60
    staging.check_due(until, run)
    follow.follow_up()
    apply.apply_due(until, run)
    undo.undo_due(until, run)


@dataclass
class Server:
    """A real web server on the test's own database."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **more: str) -> None:
        """Start and wait until it serves."""
        environment = dict(os.environ) | {
            "PORT": str(self.port), "WEB_WORKERS": "1", "LANG": "C.UTF-8",
            "DATABASE_URL": settings().database_url, "REDIS_URL": settings().redis_url} | more
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "ileti", "web"], cwd=ROOT,
                                            env=environment, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.base}/saglik", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "web.log").read_text()[-3000:])

    def workers(self) -> Iterable[Any]:
        """The processes that answer."""
        import psutil

        assert self.process is not None
        return [one for one in psutil.Process(self.process.pid).children(recursive=True)
                if one.num_threads() > 2]

    def kill(self) -> None:
        """``kill -9`` of all of it, at this moment."""
        import psutil

        assert self.process is not None
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        for one in family:
            one.kill()
        psutil.wait_procs(family, 10)
        self.process.wait(10)

    def stop(self) -> None:
        """Politely."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
