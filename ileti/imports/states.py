"""The steps of an import, without tables, for the work that carries no ORM."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class RunState(IntEnum):
    """How far an import is; the smallint in the database."""

    UPLOADING = 1
    MAPPING = 2
    CHECKING = 3
    CHECKED = 4
    APPROVAL = 5
    APPLYING = 6
    PAUSED = 7
    APPLIED = 8
    CANCELLED = 9
    UNDOING = 10
    UNDONE = 11
    FAILED = 12


#: States in which it may still be said how a list is read, where it comes from and what proves it.
CHANGEABLE: Final = (RunState.MAPPING, RunState.CHECKED, RunState.FAILED)
#: States of a list that is here, or coming, and goes on only when somebody does something.
ON_ITS_WAY: Final = (RunState.UPLOADING, RunState.MAPPING, RunState.CHECKING, RunState.CHECKED,
                     RunState.APPROVAL, RunState.FAILED)


class Undo(IntEnum):
    """How an import is undone: as if it had not been, or by refusals that follow it."""

    TAKE_BACK = 1
    COUNTER = 2
