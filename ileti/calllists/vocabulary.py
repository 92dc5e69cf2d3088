"""The words of call lists: how far a list and a person on it are, what a call came to.

The numbers are part of the database: never renumber, never reuse, only append.
"""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum
from typing import Final


class ListState(IntEnum):
    """How far a list is."""

    OPEN = 1
    PAUSED = 2
    CLOSED = 3


class EntryState(IntEnum):
    """How far one person on a list is. ``TAKEN_AWAY``: the gate said no since, and nobody calls."""

    WAITING = 1
    OUT = 2
    DONE = 3
    TAKEN_AWAY = 4


class Way(IntEnum):
    """How a number was handed out: to a person at a screen, to a program, in a file."""

    PERSON = 1
    PROGRAM = 2
    FILE = 3


class Result(IntEnum):
    """What a call came to."""

    REACHED = 1
    NOT_REACHED = 2
    CALL_AGAIN = 3
    REFUSED = 4
    WRONG_NUMBER = 5

    @property
    def tr(self) -> str:
        """What people read in Turkish."""
        return _LABELS[self][0]

    @property
    def en(self) -> str:
        """What people read in English."""
        return _LABELS[self][1]

    @property
    def final(self) -> bool:
        """Whether nobody calls again from this list."""
        return self not in (Result.NOT_REACHED, Result.CALL_AGAIN)


_LABELS: Final = {
    Result.REACHED: ("Ulaşıldı", "Reached"), Result.NOT_REACHED: ("Ulaşılamadı", "Not reached"),
    Result.CALL_AGAIN: ("Yeniden aranacak", "Call again"), Result.REFUSED: ("Ret", "Refused"),
    Result.WRONG_NUMBER: ("Yanlış numara", "Wrong number")}
#: how long somebody who takes a number has for the call, and how long a file lasts
LEASE: Final = timedelta(minutes=10)
LONGEST_LEASE: Final = timedelta(hours=1)
FILE_LASTS: Final = timedelta(hours=8)
#: how late somebody may wish to be called again
LONGEST_WISH: Final = timedelta(days=90)
MOST_ON_A_LIST: Final = 200_000
MOST_IN_A_FILE: Final = 5_000
LONGEST_NAME: Final = 80
