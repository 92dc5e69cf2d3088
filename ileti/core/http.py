"""The one way out: every outgoing HTTP call of İleti goes through :func:`client`.

Here live the time limits, the rule that no database transaction may be open during a call (it
would hold locks for as long as a stranger takes to answer), and logs without addresses. Whether a
failure may be tried again is decided by the adapter that speaks to the other system; this module
only says whether the request may have arrived (:class:`Outcome`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from ileti.core import db
from ileti.core.logs import get_logger

log = get_logger("ileti.http")

#: what a client sends with; see :class:`ileti.core.target.CheckedTransport`
Transport = httpx.BaseTransport


@dataclass(frozen=True)
class NoAnswer(Exception):
    """The call failed on the way; ``arrived`` tells whether the other side may have acted on it."""

    reason: str
    arrived: bool


class OutgoingClient:
    """A pooled client for one other system; one instance per process and system."""

    def __init__(self, base_url: str, *, connect: float = 3.0, read: float = 20.0,
                 transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(read, connect=connect),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            follow_redirects=False,
            transport=transport,
            headers={"User-Agent": "Ileti/0.1"},
        )

    def send(self, method: str, path: str, *, content: bytes | None = None,
             headers: dict[str, str] | None = None, params: dict[str, Any] | None = None,
             note: str = "") -> httpx.Response:
        """Send and read the whole answer; raises NoAnswer. Never inside a transaction."""
        return self._timed(note, lambda: self._client.request(
            method, path, content=content, headers=headers, params=params))

    def download(self, path: str, *, into: Callable[[Iterator[bytes]], None],
                 headers: dict[str, str], note: str = "") -> httpx.Response:
        """GET a body of any size: of a 200, ``into`` gets the bytes piece by piece and the answer
        holds none of them; any other answer is read whole. Raises NoAnswer, also when the body
        breaks off, and whatever ``into`` raises. Never inside a transaction."""

        def get() -> httpx.Response:
            asked = {"Accept-Encoding": "identity"} | headers
            with self._client.stream("GET", path, headers=asked) as answer:
                if answer.status_code == 200:
                    into(answer.iter_bytes())
                else:
                    answer.read()
            return answer

        return self._timed(note, get)

    def upload(self, path: str, *, content: Callable[[], Iterator[bytes]],
               headers: dict[str, str], note: str = "") -> httpx.Response:
        """PUT a body of any size piece by piece; ``headers`` name its Content-Length. Raises
        NoAnswer. Never inside a transaction."""
        return self._timed(note, lambda: self._client.request(
            "PUT", path, content=content(), headers=headers))

    def knock(self, path: str, *, content: bytes, headers: dict[str, str], name: str,
              seconds: float, note: str = "") -> int:
        """POST to an address that was looked up before, as ``name`` (the certificate's), and read
        nothing of the answer but its status: a stranger's body may have no end. ``seconds`` is the
        longest wait for the head. Raises NoAnswer. Never inside a transaction."""

        def post() -> httpx.Response:
            with self._client.stream("POST", path, content=content, headers=headers,
                                     timeout=httpx.Timeout(seconds, connect=3.0),
                                     extensions={"sni_hostname": name}) as answer:
                return answer

        return self._timed(note, post).status_code

    def glance(self, path: str, *, note: str = "") -> int:
        """GET an address and read nothing of the answer but its status. Raises NoAnswer. Never
        inside a transaction."""

        def get() -> httpx.Response:
            with self._client.stream("GET", path) as answer:
                return answer

        return self._timed(note, get).status_code

    def _timed(self, note: str, call: Callable[[], httpx.Response]) -> httpx.Response:
        """The call's answer, logged without addresses; raises NoAnswer."""
        db.refuse_open_transaction()
        started = time.perf_counter()
        try:
            answer = call()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            log.warning("no_answer", note=note, reason=type(error).__name__, arrived=False,
                        why=str(error)[:80])
            raise NoAnswer(type(error).__name__, arrived=False) from error
        except httpx.HTTPError as error:
            log.warning("no_answer", note=note, reason=type(error).__name__, arrived=True)
            raise NoAnswer(type(error).__name__, arrived=True) from error
        log.info("outgoing", note=note, status=answer.status_code,
                 ms=round((time.perf_counter() - started) * 1000))
        return answer

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()
