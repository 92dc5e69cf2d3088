"""The one source of time, because deadlines here are law.

Every moment in İleti is an aware UTC datetime from :func:`now`; people see Europe/Istanbul, which
is UTC+3 the whole year. Tests and the demo replace the clock with :func:`freeze` instead of
patching modules, so that no code can read another clock by accident (a guard test forbids it).

A running process can be put hours wrong from outside (fault row 32): ``ILETI_CLOCK_FILE`` names a
file that holds by how many seconds. Only tests do so; in production the variable has no effect here
and stops the start (``config.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ISTANBUL = ZoneInfo("Europe/Istanbul")
STEPPED_BY = "ILETI_CLOCK_FILE"


def _system_time() -> datetime:
    return datetime.now(UTC)


def _stepped_time(file: Path) -> Callable[[], datetime]:
    """This machine's time, wrong by the seconds in the file as it is at that moment."""
    def read() -> datetime:
        try:
            seconds = float(file.read_text())
        except (OSError, ValueError):  # not there, or just being written
            seconds = 0.0
        return _system_time() + timedelta(seconds=seconds)

    return read


def _machine() -> Callable[[], datetime]:
    file = os.environ.get(STEPPED_BY)
    if not file or os.environ.get("ILETI_ENV", "").lower() == "production":
        return _system_time
    return _stepped_time(Path(file))


_read: Callable[[], datetime] = _machine()


def now() -> datetime:
    """The present moment, aware, UTC."""
    return _read()


def today() -> date:
    """The calendar day in Istanbul."""
    return now().astimezone(ISTANBUL).date()


def to_istanbul(moment: datetime) -> datetime:
    """The same moment on an Istanbul wall clock; refuses naive values with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in İleti")
    return moment.astimezone(ISTANBUL)


def whole_second(moment: datetime) -> datetime:
    """The moment cut to its second, İYS's resolution (iys-api §3.2)."""
    return moment.replace(microsecond=0)


@contextmanager
def freeze(moment: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Let :func:`now` answer ``moment`` (or what the callable says) inside the block."""
    global _read
    before = _read
    _read = moment if callable(moment) else lambda: moment
    try:
        yield
    finally:
        _read = before
