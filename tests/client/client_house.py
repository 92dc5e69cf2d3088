"""What tests of the Python client share: both halves behind one face, and a line with faults."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import socket
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from ileti_client import AsyncClient, Client, Options

QUICK = Options(language="en", first_pause=0.01, longest_pause=0.05, total=20)


class OwnLoop:
    """An event loop on a thread of its own.

    A worker that ran a browser test before keeps that browser's loop running on its main thread,
    and Python allows one loop a thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()

    def run(self, wanted: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._loop.run_until_complete, wanted).result()

    def close(self) -> None:
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()


def run_apart(wanted: Coroutine[Any, Any, Any]) -> Any:
    """What ``asyncio.run`` does, whatever already runs on this thread."""
    loop = OwnLoop()
    try:
        return loop.run(wanted)
    finally:
        loop.close()


class Speaker:
    """A client of either half; what it is asked to do, it does to the end."""

    def __init__(self, kind: str, base: str, credentials: Any, options: Options = QUICK) -> None:
        self.kind = kind
        self.loop = OwnLoop() if kind == "async" else None
        made: Any = AsyncClient if self.loop else Client
        self.client: Any = made(base, credentials, options=options)

    def __call__(self, act: Callable[[Any], Any]) -> Any:
        """The value of ``act(client)``: awaited, and all of it when it comes piece by piece."""
        found = act(self.client)
        if self.loop is None:
            return list(found) if _comes_in_pieces(found) else found
        if hasattr(found, "__aiter__"):
            return self.loop.run(_all(found))
        return self.loop.run(found) if inspect.isawaitable(found) else found

    def close(self) -> None:
        if self.loop is None:
            self.client.close()
        else:
            self.loop.run(self.client.aclose())
            self.loop.close()


def _comes_in_pieces(found: Any) -> bool:
    return hasattr(found, "pages") or inspect.isgenerator(found)


async def _all(found: Any) -> list[Any]:
    return [one async for one in found]


@dataclass
class Line:
    """A proxy before the server. Each fault is for one request, in their order: ``lose`` lets the
    server do it and breaks before its answer, ``cut`` breaks within the answer, a number answers
    with that status and ``Retry-After``."""

    port: int
    faults: deque[Any] = field(default_factory=deque)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    retry_after: str = "0"
    base: str = ""

    def paths(self, ending: str) -> int:
        """How many requests had a path that ends so."""
        return sum(path.partition("?")[0].endswith(ending) for _, path, _ in self.seen)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to the server at a port."""
    line = Line(port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def _pass(self) -> None:
            line.seen.append((self.command, self.path, dict(self.headers.items())))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = line.faults.popleft() if line.faults else None
            if isinstance(fault, int):
                self._deny(fault)
                return
            other = http.client.HTTPConnection("127.0.0.1", line.port, timeout=30)
            other.request(self.command, self.path, body, {
                name: value for name, value in self.headers.items() if name != "Host"})
            answer = other.getresponse()
            raw = answer.read()
            other.close()
            if fault == "lose":
                self._break()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw[:len(raw) // 2] if fault == "cut" else raw)
            if fault == "cut":
                self._break()

        def _deny(self, status: int) -> None:
            raw = (b'{"type":"urn:ileti:problem:storage_away","code":"storage_away",'
                   b'"title":"Later.","status":503,"detail":"Later."}')
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Retry-After", line.retry_after)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _break(self) -> None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PUT = do_PATCH = _pass  # noqa: N815

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    line.base = f"http://127.0.0.1:{httpd.server_address[1]}"
    Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield line
    finally:
        httpd.shutdown()
        httpd.server_close()
