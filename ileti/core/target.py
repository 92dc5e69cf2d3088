"""Where an address that somebody typed may lead: to public ones by https, and nowhere into our own
network (SSRF).

Whoever may enter an address in the panel (a webhook's, a gateway's) must not reach with it what
only our servers can reach: databases, metadata services, other people's panels. So the name is
resolved at every call, each address it has must be public, and the connection goes to the very
address that was looked at; a name that changes its mind in between (DNS rebinding) changes nothing.
Redirects are answers like any other and never followed. WEBHOOK_NETWORKS lets in networks of one's
own. Outside of production a gateway may live on this machine: that is where the simulator is.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from config import settings

LONGEST = 500
LONGEST_ANSWER = 16_000_000
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

look_up = socket.getaddrinfo

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class WrongAddress(ValueError):
    """An address that cannot be a webhook's, in both languages."""

    def __init__(self, tr: str, en: str) -> None:
        self.tr, self.en = tr, en
        super().__init__(en)


class Closed(Exception):
    """The name leads nowhere we may go, now; the reason in English, for the list of deliveries."""


@dataclass(frozen=True)
class Target:
    """A parsed address: ``host`` in small ASCII letters, ``path`` with its query."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def parse(text: str) -> Target:
    """The target of a typed address; raises WrongAddress. Numbers that are private are refused
    here already; what a name leads to is looked at when it is called."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port or 443
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (
            parts.hostname or "") else str(parts.hostname)
    except ValueError:
        raise _unreadable() from None
    if parts.scheme != "https" or parts.username or parts.password or parts.fragment:
        raise _unreadable()
    if len(text) > LONGEST or not text.isascii() or any(one.isspace() for one in text.strip()):
        raise _unreadable()
    number = _number(host)
    if number is None and not _HOST.match(host):
        raise _unreadable()
    if (number is not None and not allowed(number)) or (
            number is None and ("." not in host or host.endswith((".local", ".internal")))
            and not settings().webhook_networks):
        raise WrongAddress("Bu adres kendi ağımızı gösteriyor; herkese açık bir adres yazın.",
                           "This address points into our own network; write a public one.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, path)


def check(text: str) -> str:
    """The typed address as it is kept; raises WrongAddress."""
    parse(text)
    return text.strip()


def check_gateway(text: str) -> str:
    """The typed address of a gateway as it is kept; raises WrongAddress. As a webhook's, and
    outside of production also one on this machine, where the simulator is."""
    if _on_this_machine(text.strip()):
        return text.strip()
    return check(text)


def _on_this_machine(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    number = _number(host)
    here = host == "localhost" or (number is not None and number.is_loopback)
    return (here and not settings().production and parts.scheme in ("http", "https")
            and not parts.username and not parts.fragment)


class _Bounded(httpx.SyncByteStream):
    """A body that breaks off where no honest answer ends."""

    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._inner:
            size += len(piece)
            if size > LONGEST_ANSWER:
                raise httpx.ReadError("The answer has no end.")
            yield piece

    def close(self) -> None:
        self._inner.close()


class CheckedTransport(httpx.BaseTransport):
    """Connects to where it may and to the very number that was looked up, as the name that was
    asked for; what may not be reached is told as a connection that could not be made."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport(limits=httpx.Limits(
            max_connections=20, max_keepalive_connections=10))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call."""
        host = request.url.host
        if not _on_this_machine(str(request.url)):
            if request.url.scheme != "https":
                raise httpx.ConnectError("Only https leads out.", request=request)
            try:
                number = open_address(Target(host.lower(), request.url.port or 443, "/"))
            except Closed as error:
                raise httpx.ConnectError(str(error), request=request) from error
            request.url = request.url.copy_with(host=number)
            request.extensions = {**request.extensions, "sni_hostname": host}
        answer = self._inner.handle_request(request)
        if isinstance(answer.stream, httpx.SyncByteStream):
            answer.stream = _Bounded(answer.stream)
        return answer

    def close(self) -> None:
        """Give the sockets back."""
        self._inner.close()


def _unreadable() -> WrongAddress:
    return WrongAddress("https://kayit.ornek.com.tr/ileti gibi bir adres yazın.",
                        "Write an address like https://kayit.ornek.com.tr/ileti.")


def open_address(target: Target) -> str:
    """The number to connect to; raises Closed when the name has none, or one we may not reach."""
    try:
        found = look_up(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Closed("The name is not known to the DNS.") from error
    numbers = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not numbers:
        raise Closed("The name has no address.")
    for number in numbers:
        if not allowed(number):
            raise Closed("The name leads to an address that is not public.")
    return str(numbers[0])


def open_host(host: str, port: int) -> str:
    """The number to connect to where it is no web page that is asked (a mailbox); raises Closed.
    Outside of production also this machine's, where the simulator is."""
    number = _number(host)
    if not settings().production and (
            host == "localhost" or (number is not None and number.is_loopback)):
        return host
    return open_address(Target(host, port, "/"))


def allowed(number: Address) -> bool:
    """Whether a call may go there: public, or in a network of WEBHOOK_NETWORKS."""
    inner = _inner(number)
    if any(one.version == networks.version and one in networks
           for one in {number, inner} for networks in own_networks()):
        return True
    return all(one.is_global and not one.is_multicast and not one.is_reserved
               and not one.is_unspecified for one in (number, inner))


def _inner(number: Address) -> Address:
    """The IPv4 address that an IPv6 one carries; itself when it carries none."""
    if isinstance(number, ipaddress.IPv4Address):
        return number
    if number in _NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    teredo = number.teredo[1] if number.teredo else None
    return number.ipv4_mapped or number.sixtofour or teredo or number


def own_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks an operator has let in."""
    return [ipaddress.ip_network(one.strip())
            for one in settings().webhook_networks.split(",") if one.strip()]


def _number(host: str) -> Address | None:
    """The number a host is written as, also in the old spellings that C libraries take (``0x7f.1``,
    ``2130706433``); None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    last = host.rstrip(".").rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
        except OSError:
            return ipaddress.IPv4Address("0.0.0.0")  # noqa: S104 (nowhere: refused)
    return None
