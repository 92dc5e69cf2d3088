"""What becomes of each row of a list before it is done: new, changed, same or refused.

Why this module exists: dealers and users are judged by their own rules and told in one way; the
page of the trial and the deed after it must never say two things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What a row comes to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """A row's fate. ``name``: how the row is called on the page; ``reasons``: pairs of a sentence
    in Turkish and English; ``changes``: names of columns; ``deed``: what applying needs."""

    line: int
    name: str
    fate: Fate
    reasons: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()
    deed: Any = field(default=None, compare=False)


def counts(verdicts: Sequence[Verdict]) -> dict[Fate, int]:
    """How many rows of each fate."""
    found = Counter(one.fate for one in verdicts)
    return {fate: found.get(fate, 0) for fate in Fate}


def refused(line: int, name: str, *reasons: tuple[str, str]) -> Verdict:
    """A row that is not taken, with all that is wrong with it."""
    return Verdict(line, name, Fate.REFUSED, reasons)
