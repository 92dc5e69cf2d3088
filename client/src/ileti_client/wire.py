"""From a call to what goes over the line, and nothing else: no socket is opened here."""

from __future__ import annotations

import ipaddress
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from .bodies import Body, Once, digest_header
from .services import PREFIX, Repeat, Service

T = TypeVar("T")
BATCH: Final = 1_000
#: bytes of a list in one call; the server takes two million
BATCH_BYTES: Final = 1_800_000
ASKED_BYTES: Final = 450_000


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of a service, the same in each attempt."""

    service: Service[T]
    path: str
    query: str = ""
    content: bytes | Body | Once | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None

    @property
    def again(self) -> bool:
        """Whether the same may be sent although it may have arrived already."""
        return not (isinstance(self.content, Once) and self.content.begun)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def call(service: Service[T], *named: Any, query: Mapping[str, Any] | None = None,
         body: Mapping[str, Any] | None = None, file: Body | Once | None = None,
         key: str | None = None, **headers: str | None) -> Call[T]:
    """A call; ``named`` is what the path says, in its order. A service that needs an idempotency
    key gets one, unless one is given."""
    found = {name.replace("_", "-"): value for name, value in headers.items() if value}
    content: bytes | Body | Once | None = file
    if body is not None:
        content = to_json(body)
        found["Content-Type"] = "application/json"
    if service.repeat is Repeat.KEYED:
        key = checked_key(key) if key is not None else new_key()
        found["Idempotency-Key"] = key
    if isinstance(content, bytes):
        found["Content-Digest"] = digest_header(sha256(content).digest())
    elif isinstance(content, Body):
        found["Content-Digest"] = digest_header(content.sha256)
    return Call(service, path_of(service, named), query_of(query or {}), content, found, key)


def path_of(service: Service[Any], named: Iterable[Any]) -> str:
    """The path with what stands for its names."""
    path, values = PREFIX + service.path, iter(named)
    while "{" in path:
        before, _, rest = path.partition("{")
        value = _text(next(values))
        if value.strip(".") == "":
            raise ValueError(f"{rest.partition('}')[0]}: write its number.")
        path = before + quote(value, safe="") + rest.partition("}")[2]
    return path


def query_of(asked: Mapping[str, Any]) -> str:
    """What stands behind the question mark: lists with commas, moments with their offset."""
    return urlencode([(plain_name(name), _text(value)) for name, value in asked.items()
                      if value is not None], quote_via=quote, safe=",:")


def plain_name(name: str) -> str:
    """A field's own name: what Python keeps for itself has a ``_`` behind it."""
    return name.removesuffix("_")


def to_json(body: Any) -> bytes:
    """A body; moments and days as ISO 8601."""
    return json.dumps(body, default=_written, ensure_ascii=False, allow_nan=False,
                      separators=(",", ":")).encode()


def new_key() -> str:
    """A key no other request has."""
    return f"py-{uuid.uuid4().hex}"


def checked_key(key: str) -> str:
    """The key; raises ValueError when it is none."""
    if not (0 < len(key) <= 80 and all("!" <= sign <= "~" for sign in key)):
        raise ValueError("An idempotency key has 1 to 80 signs of ASCII without blanks.")
    return key


def checked_base(base: str, *, insecure: bool) -> str:
    """The installation's address without what stands behind it; raises ValueError for one over
    which a key must not be sent."""
    found = urlsplit(base)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError("Write the address of your installation: https://izin.ornek.com.tr")
    if found.username or found.password:
        raise ValueError("The address holds no user name or password; give credentials instead.")
    if found.scheme == "http" and not insecure and not _is_here(found.hostname):
        raise ValueError("A key is sent over https only (insecure=True for a network of your own).")
    return base.rstrip("/").removesuffix(PREFIX)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(_text, value))
    if isinstance(value, date | Enum):
        return str(_written(value))
    return str(value)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError("A moment needs its offset: datetime.now(UTC), or "
                             "datetime(…, tzinfo=ZoneInfo('Europe/Istanbul')).")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset | tuple) or hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON.")
