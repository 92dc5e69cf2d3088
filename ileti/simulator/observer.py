"""What the simulator saw: counters for test programs, the last requests for people."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

LONGEST_BODY = 6000
_number = re.compile(r"(?<=/)(?:[0-9]+|[0-9a-f-]{32,36})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came and the answer it got; bodies are cut at 6 000 bytes."""

    number: int
    at: str
    method: str
    path: str
    query: str
    status: int
    milliseconds: float
    request: bytes
    request_size: int
    answer: bytes
    answer_size: int
    fault: str | None
    caller: str

    @property
    def codes(self) -> list[str]:
        """The error codes of the answer, each once, in order."""
        found = re.findall(rb'"code":\s*"(H[0-9]+)"', self.answer)
        return [code.decode() for code in dict.fromkeys(found)]


class Observer:
    """Counts every call of the registry's own services."""

    def __init__(self, keep: int) -> None:
        self._lock = threading.Lock()
        self._keep = keep
        self.forget()

    def forget(self) -> None:
        """Count from zero."""
        with self._lock:
            self._requests: Counter[str] = Counter()
            self._statuses: Counter[str] = Counter()
            self._codes: Counter[str] = Counter()
            self._faults: Counter[str] = Counter()
            self._total = 0
            self.last: deque[Seen] = deque(maxlen=self._keep)

    def note(
        self, *, at: str, method: str, path: str, query: str, status: int, milliseconds: float,
        request: bytes, answer: bytes, fault: str | None, caller: str,
    ) -> None:  # fmt: skip
        """Keep one call with its answer."""
        seen_codes = re.findall(rb'"code":"(H[0-9]+)"', answer) if b'"code"' in answer else []
        with self._lock:
            self._total += 1
            self._requests[f"{method} {path_template(path)}"] += 1
            self._statuses[str(status)] += 1
            self._codes.update(code.decode() for code in seen_codes)
            if fault:
                self._faults[fault] += 1
            seen = Seen(
                self._total, at, method, path, query, status, milliseconds,
                request[:LONGEST_BODY], len(request), answer[:LONGEST_BODY], len(answer),
                fault, caller,
            )  # fmt: skip
            self.last.append(seen)

    def newest(self, count: int) -> list[Seen]:
        """The last requests, newest first."""
        with self._lock:
            return list(self.last)[-count:][::-1]

    def counters(self) -> dict[str, Any]:
        """How often which path, status, error code and fault."""
        with self._lock:
            return {
                "requests": self._total,
                "by_path": dict(self._requests),
                "by_status": dict(self._statuses),
                "by_code": dict(self._codes),
                "by_fault": dict(self._faults),
            }


def path_template(path: str) -> str:
    """A path with its numbers taken out, so that calls of one service count together."""
    return _number.sub("{}", path)


def readable(body: bytes, content_type_hint: str = "") -> str:
    """A body for people: JSON indented when it is whole, otherwise as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
