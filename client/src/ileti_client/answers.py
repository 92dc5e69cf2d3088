"""From what came over the line to an answer or an error of the tree.

An answer is a plain dict, as the API gives it. What its headers said is asked with :func:`about`.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote

from .errors import IletiError, NotUnderstood, TokenRefused, refused

_NUMBER: Final = re.compile(r";\s*([a-z]+)=(\d+)")
_LONGEST_WAIT: Final = 86_400.0


@dataclass(frozen=True)
class RateLimit:
    """How often the account may call: ``limit`` in ``window`` seconds, ``remaining`` of it."""

    limit: int | None
    remaining: int | None
    window: int | None


@dataclass(frozen=True)
class About:
    """What the headers of an answer said. ``replayed``: it was recorded by an earlier request under
    the same key. ``attempts``: of the call, with the good one."""

    status: int
    etag: str | None = None
    location: str | None = None
    language: str | None = None
    replayed: bool = False
    idempotency_key: str | None = None
    rate_limit: RateLimit = RateLimit(None, None, None)
    attempts: int = 1


class Said(dict[str, Any]):
    """An answer, with what its headers said beside it."""

    about: About


def about(answer: Mapping[str, Any]) -> About:
    """What the headers said of an answer of this client: ETag, limits, whether it is a repeat."""
    found = getattr(answer, "about", None)
    if not isinstance(found, About):
        raise TypeError("This is no answer of the client, or a copy of one.")
    return found


def read(status: int, headers: Mapping[str, str], raw: bytes, *, attempts: int = 1,
         key: str | None = None) -> Said:
    """A good answer; raises NotUnderstood for what is no JSON object."""
    said = Said(_object(status, raw))
    said.about = facts(status, headers, attempts=attempts, key=key)
    return said


def facts(status: int, headers: Mapping[str, str], *, attempts: int = 1,
          key: str | None = None) -> About:
    """What the headers say."""
    return About(status, headers.get("etag"), headers.get("location"),
                 headers.get("content-language"),
                 headers.get("idempotent-replayed") == "true", key, rate_limit(headers), attempts)


def rate_limit(headers: Mapping[str, str]) -> RateLimit:
    """From ``RateLimit`` and ``RateLimit-Policy``."""
    policy = dict(_NUMBER.findall(headers.get("ratelimit-policy", "")))
    now = dict(_NUMBER.findall(headers.get("ratelimit", "")))
    limit, left, window = policy.get("q"), now.get("r"), policy.get("w")
    return RateLimit(*(None if one is None else int(one) for one in (limit, left, window)))


def failure(status: int, headers: Mapping[str, str], raw: bytes, *, service: str,
            key: str | None = None) -> IletiError:
    """The error for an answer that is no good one."""
    try:
        said = _object(status, raw)
    except NotUnderstood as error:
        return error
    if "error" in said and "type" not in said:
        return TokenRefused(str(said["error"]), str(said.get("error_description") or ""), status)
    if "title" not in said and "code" not in said:
        return NotUnderstood(f"The answer {status} is none of İleti's.", status)
    return refused(status, said, retry_after=retry_after(headers), service=service,
                   idempotency_key=key)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, whichever way they are said (RFC 9110)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT)


def file_name(headers: Mapping[str, str]) -> str:
    """The name a file came with, without any path; "" when it has none."""
    disposition = headers.get("content-disposition", "")
    found = re.search(r"filename\*=[\w-]+''([^;]+)", disposition)
    name = unquote(found[1]) if found else ""
    if not name:
        found = re.search(r'filename="?([^";]+)', disposition)
        name = found[1] if found else ""
    name = re.split(r"[\\/]", name.strip())[-1].replace("\0", "")
    return "" if name in (".", "..") else name


def _object(status: int, raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotUnderstood(f"The answer {status} is no JSON object; is this address İleti's?",
                            status)
    return found


class Kept:
    """Answers that are asked again by their ETag; the longest unasked makes room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def known(self, target: str) -> tuple[str, bytes] | None:
        """ETag and bytes of what was read there last."""
        with self._lock:
            found = self._answers.get(target)
            if found is not None:
                self._answers.move_to_end(target)
            return found

    def keep(self, target: str, etag: str | None, raw: bytes) -> None:
        """What was read there."""
        if not self._most or etag is None:
            return
        with self._lock:
            self._answers[target] = (etag, raw)
            self._answers.move_to_end(target)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def __repr__(self) -> str:
        return f"Kept({len(self._answers)} of {self._most})"
