"""Who may call at all: İYS's list of addresses, and how one loses its place on it (İYS API §1.1).

A caller with at least 20 000 requests in the last 24 hours, fewer than 70 % of them successful,
gets a notice; if it stands no better 96 hours later its address is taken from the list. What counts
against it is what the client caused: 400, 401, 403, 404, 422. İYS says so of its live system, and
does not say what a removed caller is answered: here 403 without a code. Hours follow the
simulator's clock. The figures are rules that can be set.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ileti.simulator.clock import SimulatorClock, written
from ileti.simulator.options import Rules

FAILED = frozenset({400, 401, 403, 404, 422})
HOURS = 24


@dataclass(slots=True)
class _Standing:
    hours: dict[datetime, list[int]] = field(default_factory=dict)
    noticed_at: datetime | None = None
    removed: bool = False


class Whitelist:
    """Requests and failures of each caller by hour, and who was noticed or removed."""

    def __init__(self, rules: Callable[[], Rules], clock: SimulatorClock) -> None:
        self._rules, self._clock = rules, clock
        self._lock = threading.Lock()
        self._callers: dict[str, _Standing] = defaultdict(_Standing)

    def admits(self, caller: str) -> bool:
        """Whether the caller's address is on the list."""
        with self._lock:
            return not (caller in self._callers and self._callers[caller].removed)

    def count(self, caller: str, status: int) -> None:
        """Count an answered request; notice or remove the caller when the rule says so."""
        rules, now = self._rules(), self._clock.now()
        if not rules.success_requests:
            return
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            standing = self._callers[caller]
            one = standing.hours.setdefault(hour, [0, 0])
            one[0] += 1
            one[1] += status in FAILED
            if one[0] % 100 and standing.noticed_at is None:
                return
            self._judge(standing, now, rules)

    def set(self, caller: str, *, allowed: bool) -> None:
        """Put an address on the list or take it away."""
        with self._lock:
            self._callers[caller] = _Standing(removed=not allowed)

    def forget(self) -> None:
        """Count from zero, with everybody on the list."""
        with self._lock:
            self._callers.clear()

    def listed(self) -> dict[str, dict[str, Any]]:
        """Per caller: requests, failures and success share of 24 hours, notice, removal."""
        now = self._clock.now()
        with self._lock:
            shown = {}
            for caller, standing in self._callers.items():
                requests, failures = _last_day(standing, now)
                noticed = standing.noticed_at
                shown[caller] = {
                    "requests": requests,
                    "failures": failures,
                    "success_percent": round(100 - 100 * failures / max(1, requests), 1),
                    "noticed_at": written(noticed) if noticed else None,
                    "removed": standing.removed,
                }
            return shown

    def _judge(self, standing: _Standing, now: datetime, rules: Rules) -> None:
        requests, failures = _last_day(standing, now)
        poor = (requests >= rules.success_requests
                and 100 * (requests - failures) < rules.success_percent * requests)
        if standing.noticed_at is None:
            standing.noticed_at = now if poor else None
        elif now >= standing.noticed_at + timedelta(hours=rules.success_grace_hours):
            standing.removed = poor
            standing.noticed_at = None if not poor else standing.noticed_at


def _last_day(standing: _Standing, now: datetime) -> tuple[int, int]:
    """Requests and failures since 24 hours ago; older hours are forgotten."""
    for hour in [one for one in standing.hours if one <= now - timedelta(hours=HOURS)]:
        del standing.hours[hour]
    counted = standing.hours.values()
    return sum(one[0] for one in counted), sum(one[1] for one in counted)
