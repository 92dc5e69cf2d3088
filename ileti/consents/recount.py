"""What higher floors know of an entry, told for the pages of a proof (R-23).

Why this module exists: a bundle's pages tell what became of a record: the code that proved the
address, the confirmation of the same day, İYS's answers. Consents cannot import the rooms that know
them; those register here (``recounts``), without a user, a request or a language: a proof is for a
Turkish court, and who may have it is asked before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ileti.consents.bundled import Proven
from ileti.consents.bundled import Tone as Tone

Duty = Literal["", "code", "confirmed", "verified", "iys"]


class Told(NamedTuple):
    """One thing that happened; ``duty`` names the lawful duty it answers: the confirmation of the
    same day (R-10), the code to the address and its proof (R-21), İYS's acceptance (R-33).
    Turkish."""

    entry_id: int
    at: datetime
    title: str
    facts: str = ""
    tone: Tone = "accent"
    code: str = ""
    duty: Duty = ""


Recounter = Callable[[int, Sequence[Proven]], Iterable[Told]]
_recounters: list[Recounter] = []


def recounts(recounter: Recounter) -> Recounter:
    """Register what a room knows: from a provider and its proven records to what happened."""
    if recounter not in _recounters:
        _recounters.append(recounter)
    return recounter


def recounted(provider_id: int, proven: Sequence[Proven]) -> dict[int, list[Told]]:
    """All that the rooms tell, by entry."""
    found: dict[int, list[Told]] = {one.entry.id: [] for one in proven}
    for recounter in _recounters:
        for told in recounter(provider_id, proven):
            found[told.entry_id].append(told)
    return found
