"""Where a campaign, its people and its calls to a gateway stand.

Why this module exists: these numbers stand in tables and in functions of the database; each has its
name here and nowhere else.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """Where a campaign stands; the smallint in the database. A release that waits for a second
    person is a ready one with a request about it."""

    DRAFT = 1
    PREPARING = 2
    READY = 3
    RUNNING = 5
    PAUSED = 6
    DONE = 7
    CANCELLED = 8


class Fate(IntEnum):
    """What became of one person of it."""

    WAITING = 1
    BLOCKED = 2
    HANDED = 3
    THROUGH = 4  # handed over, and answered for by itself


class Batch(IntEnum):
    """What became of one call."""

    HANDING = 1
    TAKEN = 2
    RETURNED = 3
    REFUSED = 4
    IN_DOUBT = 5
    NOBODY = 6

