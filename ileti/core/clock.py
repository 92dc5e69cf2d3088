"""The one source of time, because deadlines here are law.

Every moment in İleti is an aware UTC datetime from :func:`now`; people see Europe/Istanbul, which
is UTC+3 the whole year. Tests and the demo replace the clock with :func:`freeze` instead of
patching modules, so that no code can read another clock by accident (a guard test forbids it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ISTANBUL = ZoneInfo("Europe/Istanbul")


def _system_time() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _system_time


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
