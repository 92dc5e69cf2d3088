"""Serving the simulator over HTTP, one thread per connection.

A simulator that can fall silent for minutes, or drop a connection in the middle of an answer,
needs a server where neither hurts the other callers; so a connection has its own thread and no
pool can run dry. Built on the standard library, keep-alive, without Nagle's delay.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from ileti.simulator import authority
from ileti.simulator.app import CutOff, Simulator, create_simulator
from ileti.simulator.faults import parse_fault
from ileti.simulator.mail.smtpserver import MailServer
from ileti.simulator.options import (
    QUOTA_NAMES,
    SettingError,
    SimulatorOptions,
    change_delays,
    change_quotas,
    change_rules,
    read_pairs,
)

IDLE_SECONDS = 120


class SimulatorServer(ThreadingHTTPServer):
    """An HTTP server for one simulator; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, host: str, port: int, simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "iys-simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = 64 * 1024

    def _answer(self) -> None:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            started.append((status, headers))
            return self.wfile.write

        simulator = cast(SimulatorServer, self.server).simulator
        raw = self._body()
        if raw is None:
            return
        try:
            parts: Iterable[bytes] = simulator(self._environ(raw), cast(Any, start_response))
            for place, part in enumerate(parts):
                if place == 0:
                    self._head(*started[-1])
                if self.command != "HEAD":
                    self.wfile.write(part)
            self.wfile.flush()
        except CutOff:
            self.close_connection = True
            self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def _body(self) -> io.BytesIO | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return io.BytesIO(self._chunks())
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            self.send_error(400)
            return None
        if length > 64 * 1024 * 1024:
            self.close_connection = True
            self.send_error(413)
            return None
        return io.BytesIO(self.rfile.read(length) if length > 0 else b"")

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            size = int(self.rfile.readline(64).split(b";")[0].strip() or b"0", 16)
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return b"".join(parts)
            total += size
            if total > 64 * 1024 * 1024:
                raise ConnectionAbortedError
            parts.append(self.rfile.read(size))
            self.rfile.readline(8)

    def _environ(self, raw: io.BytesIO) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = cast(tuple[str, int], self.server.server_address)[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(raw.getbuffer().nbytes),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": raw,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _head(self, status: str, headers: Sequence[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page shows the requests, and paths may hold addresses."""


def options_from(
    *,
    clock: str | None = None,
    faults: Sequence[str] = (),
    quotas: Sequence[str] = (),
    delays: Sequence[str] = (),
    rules: str | None = None,
    provider_file: str | None = None,
    options: SimulatorOptions | None = None,
) -> SimulatorOptions:
    """Settings from the text forms of the command line, on top of `options`.

    `clock` is `YYYY-MM-DD HH:mm:ss`; a fault `half_answer` or
    `kind=500,path=*/consents/request,count=3,probability=0.5,seconds=5,skip=1`; a quota
    `per_second=10,token_per_hour=100` or `off`; a delay `batch=2,pull=0,latency=0.1,
    before_ready=enqueue`; `rules` a JSON object as `/_control/rules` takes it; `provider_file`
    a JSON file with a provider or a list of them. Raises `SettingError` with a sentence.
    """
    settings = options or SimulatorOptions()
    if clock is not None:
        settings.clock = clock
    for text in quotas:
        off = dict.fromkeys(QUOTA_NAMES)
        change_quotas(settings.quotas, off if text == "off" else read_pairs(text))
    for text in delays:
        change_delays(settings.delays, read_pairs(text))
    for text in faults:
        fault = parse_fault(text)
        settings.faults.append({
            "kind": fault.kind, "path": fault.path, "method": fault.method, "count": fault.count,
            "probability": fault.probability, "seconds": fault.seconds, "skip": fault.skip,
            "code": fault.code,
        })  # fmt: skip
    try:
        if rules:
            change_rules(settings.rules, json.loads(rules))
        if provider_file:
            found = json.loads(Path(provider_file).read_text("utf-8"))
            settings.providers += found if isinstance(found, list) else [found]
    except (OSError, ValueError, AttributeError) as problem:
        if isinstance(problem, SettingError):
            raise
        raise SettingError(f"This is not usable JSON: {problem}") from problem
    return settings


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8099,
    database: str | None = None,
    clock: str | None = None,
    faults: Sequence[str] = (),
    quotas: Sequence[str] = (),
    delays: Sequence[str] = (),
    rules: str | None = None,
    provider_file: str | None = None,
    options: SimulatorOptions | None = None,
    announce: Callable[[str], None] = print,
    mail_port: int | None = None,
) -> None:
    """Serve a simulator until SIGTERM or SIGINT; the text forms are those of `options_from`.

    `announce` gets one line with the URL when the port is open. Raises `SettingError` for
    unusable settings, `OSError` when the port is taken, `sqlite3.Error` for the file. The mail
    server listens on `mail_port`, none without; a taken port leaves it out.
    """
    settings = options_from(
        clock=clock, faults=faults, quotas=quotas, delays=delays, rules=rules,
        provider_file=provider_file, options=options,
    )  # fmt: skip
    try:
        simulator = create_simulator(database=database, options=settings)
    except ValueError as problem:
        raise SettingError(str(problem)) from problem
    if database is not None:
        authority.keep(Path(database).with_suffix(".authority.pem"))
    try:
        server = SimulatorServer(host, port, simulator)
    except OSError:
        simulator.close()
        raise

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, stop)
    mails = None
    if mail_port is not None:
        with contextlib.suppress(OSError, OverflowError):
            mails = MailServer(host, mail_port, simulator.desk.mailboxes)
    announce(f"İYS simulator: http://{host}:{server.server_address[1]}/")
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        if mails is not None:
            mails.close()
        server.server_close()
        simulator.close()
