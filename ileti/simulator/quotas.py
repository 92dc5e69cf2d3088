"""How many calls one address may make (İYS API §1.1), and how many it made.

Ten requests in any second of real time (a sliding second, refused calls not counted), and three
hourly budgets on the simulator's clock. The token budget is the odd one: a call made while it is
used up starts the hour anew (H084).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ileti.simulator.clock import SimulatorClock
from ileti.simulator.codes import refuse
from ileti.simulator.options import Quotas

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Caller:
    taken: deque[float] = field(default_factory=deque)
    arrived: deque[float] = field(default_factory=deque)
    most_in_a_second: int = 0
    most_taken_in_a_second: int = 0
    hours: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    token_blocked_until: datetime | None = None


class Gatekeeper:
    """Counts per caller address and refuses what is over a quota."""

    def __init__(self, quotas: Quotas, clock: SimulatorClock) -> None:
        self.quotas, self.clock = quotas, clock
        self._lock = threading.Lock()
        self._callers: dict[str, _Caller] = defaultdict(_Caller)

    def admit(self, caller: str) -> None:
        """Let a request through or raise `Refused` H124 (429)."""
        now, limit = time.monotonic(), self.quotas.per_second
        with self._lock:
            book = self._callers[caller]
            _slide(book.arrived, now)
            book.arrived.append(now)
            book.most_in_a_second = max(book.most_in_a_second, len(book.arrived))
            _slide(book.taken, now)
            if limit and len(book.taken) >= limit:
                raise refuse("H124")
            book.taken.append(now)
            book.most_taken_in_a_second = max(book.most_taken_in_a_second, len(book.taken))

    def admit_token(self, caller: str) -> None:
        """Let a token request through or raise `Refused` H084; a blocked call renews the hour."""
        now, limit = self.clock.now(), self.quotas.token_per_hour
        if not limit:
            return
        with self._lock:
            book = self._callers[caller]
            blocked = book.token_blocked_until
            if blocked is not None and now < blocked:
                book.token_blocked_until = now + HOUR
                raise refuse("H084")
            if blocked is not None:
                book.token_blocked_until = None
                book.hours.pop("token", None)
            if not _count(book, "token", now, limit):
                book.token_blocked_until = now + HOUR
                raise refuse("H084")

    def admit_status(self, caller: str) -> None:
        """Let a single status query through or raise `Refused` H086."""
        self._admit_hourly(caller, "status", self.quotas.status_per_hour, "H086")

    def admit_history(self, caller: str) -> None:
        """Let a history query through or raise `Refused` H089."""
        self._admit_hourly(caller, "history", self.quotas.history_per_hour, "H089")

    def forget(self) -> None:
        """Start counting anew for everybody."""
        with self._lock:
            self._callers.clear()

    def peaks(self) -> dict[str, dict[str, int]]:
        """Per caller, the most requests that came and that were let through in any second."""
        with self._lock:
            return {
                caller: {
                    "arrived": book.most_in_a_second,
                    "admitted": book.most_taken_in_a_second,
                }
                for caller, book in self._callers.items()
            }

    def _admit_hourly(self, caller: str, name: str, limit: int | None, code: str) -> None:
        if not limit:
            return
        with self._lock:
            if not _count(self._callers[caller], name, self.clock.now(), limit):
                raise refuse(code)


def _slide(moments: deque[float], now: float) -> None:
    while moments and moments[0] <= now - 1:
        moments.popleft()


def _count(book: _Caller, name: str, now: datetime, limit: int) -> bool:
    """Count a call in the hour that began with the first one; false when the hour is full."""
    began, used = book.hours.get(name, (now, 0))
    if now >= began + HOUR or now < began:
        began, used = now, 0
    if used >= limit:
        return False
    book.hours[name] = (began, used + 1)
    return True
