"""Posting to an address that somebody named, as İYS does for push (İYS API §6.11).

Over TLS with the certificate checked, with HTTP basic authentication, without following redirects
and without any proxy of the environment, and never for longer than five seconds in all.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from urllib.parse import urlsplit

SECONDS = 5.0


class Late(Exception):
    """No whole answer came within the time allowed."""


class Unreached(Exception):
    """The connection could not be made."""


def is_usable(url: str, *, over_http: bool) -> bool:
    """Whether push may go there: https, or with `over_http` also http to this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (over_http and parts.scheme == "http" and _is_here(host))


def post(
    url: str, body: bytes, login: tuple[str, str] | None, *, seconds: float = SECONDS,
    kind: str = "application/json",
) -> int:
    """Post a body of a media type and answer the HTTP status; raises `Late` and `Unreached`."""
    parts = urlsplit(url)
    way = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = way(parts.hostname or "", parts.port, timeout=seconds)
    headers = {"Content-Type": kind, "User-Agent": "iys-simulator"}
    if login is not None:
        mark = base64.b64encode(f"{login[0]}:{login[1]}".encode()).decode()
        headers["Authorization"] = f"Basic {mark}"
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, give_up)  # the socket's own limit is one per read
    watch.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read(65_536)
        return answer.status
    except TimeoutError:
        raise Late from None
    except (OSError, ssl.SSLError, http.client.HTTPException, ValueError) as problem:
        raise (Late() if late.is_set() else Unreached(type(problem).__name__)) from None
    finally:
        watch.cancel()
        connection.close()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
