"""A connection to a mail server that ends: in time, and in letters.

Why this module exists: where a mailbox lies is what somebody typed. So the name leads where a
webhook's may (:mod:`ileti.core.target`) and the connection goes to the very number that was looked
at; and a server that answers a letter a minute, or without end, holds one worker for a minute and
no memory beyond a mail's. The standard library has a limit for each read and none for all of them.
"""

from __future__ import annotations

import contextlib
import imaplib
import io
import socket
import ssl
import time
from typing import Any, Final

from ileti.core.target import open_host

_TIMEOUT: Final = 30.0
_LONGEST_LINE: Final = 1_000_000


class TooSlow(OSError):
    """The time for the whole of it is over."""


class _Bounded(io.RawIOBase):
    """Reads from a socket while there is time, and letters may come."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes. Raises TooSlow, and OSError where too much comes."""
        line = self._line
        left = line.until - time.monotonic()
        if left <= 0:
            raise TooSlow
        line.sock.settimeout(min(_TIMEOUT, left))
        count = line.sock.recv_into(buffer)
        line.letters -= count
        if line.letters < 0:
            raise OSError("the answer has no end")
        return count


class Line(imaplib.IMAP4):
    """An IMAP connection. ``tls``: ``tls``, ``starttls`` or ``none``; ``seconds`` for all of it,
    ``letters`` that may come until :meth:`allow` says anew. Raises Closed, TooSlow, OSError and
    IMAP4.error."""

    def __init__(self, host: str, port: int, tls: str, *, seconds: float, letters: int) -> None:
        self.until, self.letters, self._most = time.monotonic() + seconds, letters, letters
        self._tls, self._context = tls, ssl.create_default_context()
        super().__init__(host, port, timeout=_TIMEOUT)
        if tls == "starttls":
            self.starttls()

    @property
    def spent(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self.until

    def allow(self) -> None:
        """Let as many letters come again."""
        self.letters = self._most

    def open(self, host: str = "", port: int = 993, timeout: float | None = None) -> None:
        """Connect to the number the name has."""
        self.host, self.port = host, port
        sock = socket.create_connection((open_host(host, port), port), timeout)
        try:
            self._talk_over(self._context.wrap_socket(sock, server_hostname=host)
                            if self._tls == "tls" else sock)
        except OSError:
            sock.close()
            raise

    def _talk_over(self, sock: socket.socket) -> None:
        self.sock = sock
        self._reader = io.BufferedReader(_Bounded(self))

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """Go on encrypted; what was said before is not read any more."""
        if "STARTTLS" not in self.capabilities:
            raise self.abort("TLS not supported by server")
        answer, data = self._simple_command("STARTTLS")  # type: ignore[attr-defined]
        if answer != "OK":
            raise self.error("Couldn't establish TLS session")
        context = ssl_context or self._context
        self._talk_over(context.wrap_socket(self.sock, server_hostname=self.host))
        self._tls_established = True
        self._get_capabilities()  # type: ignore[attr-defined]
        return answer, data

    def read(self, size: int) -> bytes:
        """A literal; none is longer than what may still come."""
        if size > self.letters + len(self._reader.peek()):
            raise self.abort("a literal that is too long")
        return self._reader.read(size)

    def readline(self) -> bytes:
        """A line."""
        line = self._reader.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise self.error("a line that is too long")
        return line

    def shutdown(self) -> None:
        """Close it."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
