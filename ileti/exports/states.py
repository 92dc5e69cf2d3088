"""The life of a large export, in numbers that the database keeps.

    waiting → running → ready → expired
                 |  ↘ failed      ↘ ended (somebody was erased, or the right was withdrawn)
                 ↘ cancelled, refused
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """Where an export stands."""

    WAITING = 1
    RUNNING = 2
    READY = 3
    CANCELLED = 4
    FAILED = 5
    #: whoever asked for it may no longer have it
    REFUSED = 6
    EXPIRED = 7
    #: destroyed before its time, since somebody in the provider's records was erased
    ENDED = 8

    @property
    def open(self) -> bool:
        """Whether it is still being made."""
        return self in OPEN


OPEN: Final = (State.WAITING, State.RUNNING)
