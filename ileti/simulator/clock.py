"""The simulator's own clock, which a test or a demo may move.

İYS speaks Turkey time (GMT+3, without daylight saving since 2016) in the form
`YYYY-MM-DD HH:mm:ss` and without saying so. That form sorts like the time it stands for, so the
whole simulator keeps and compares moments as these strings.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

ISTANBUL = timezone(timedelta(hours=3), "GMT+3")
FORM = "%Y-%m-%d %H:%M:%S"


def written(moment: datetime) -> str:
    """A moment as İYS writes it (Istanbul wall time, whole seconds)."""
    return moment.strftime(FORM)


def read(text: str) -> datetime:
    """A moment as İYS writes it, back as Istanbul wall time; raises `ValueError`."""
    return datetime.strptime(text, FORM).replace(tzinfo=ISTANBUL)


class SimulatorClock:
    """Real time plus an offset, or standing still."""

    def __init__(self, start: str | None = None, *, frozen: bool = False) -> None:
        """Start at `start` (Istanbul time) or at the real time; raises `ValueError`."""
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._stands_at: datetime | None = None
        if start is not None:
            self.set(read(start))
        if frozen:
            self.freeze()

    def now(self) -> datetime:
        """The simulated moment, aware, Istanbul."""
        standing = self._stands_at
        return standing if standing is not None else datetime.now(UTC).astimezone(
            ISTANBUL) + self._offset

    def now_text(self) -> str:
        """The simulated moment as İYS writes it."""
        return written(self.now())

    def set(self, moment: datetime) -> None:
        """Make it `moment` now; a standing clock stands there."""
        with self._lock:
            if self._stands_at is not None:
                self._stands_at = moment
            else:
                self._offset = moment - datetime.now(UTC).astimezone(ISTANBUL)

    def advance(self, seconds: float) -> None:
        """Go forward (or back, when negative) by `seconds`."""
        with self._lock:
            if self._stands_at is not None:
                self._stands_at += timedelta(seconds=seconds)
            else:
                self._offset += timedelta(seconds=seconds)

    def freeze(self) -> None:
        """Stand still at the present simulated moment."""
        moment = self.now()
        with self._lock:
            self._stands_at = moment

    def run(self) -> None:
        """Run on from where the clock stands."""
        with self._lock:
            if self._stands_at is not None:
                self._offset = self._stands_at - datetime.now(UTC).astimezone(ISTANBUL)
                self._stands_at = None

    def set_offset(self, seconds: float) -> None:
        """Run `seconds` away from the real time."""
        with self._lock:
            self._stands_at, self._offset = None, timedelta(seconds=seconds)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._stands_at is not None

    @property
    def offset_seconds(self) -> float:
        """Seconds between real and simulated time (0 when the clock was never moved)."""
        if self._stands_at is not None:
            return (self._stands_at - datetime.now(UTC).astimezone(ISTANBUL)).total_seconds()
        return self._offset.total_seconds()
