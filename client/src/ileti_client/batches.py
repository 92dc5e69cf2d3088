"""Long lists in calls of a thousand, and what became of each item.

Why this module exists: a program that comes again after a fault must not record anything twice, so
the n-th call of a list always has the same key and the same items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import types as t
from .answers import About
from .errors import FieldError
from .wire import to_json

#: what a key may be long so that the number of the call fits behind it
LONGEST_KEY: Final = 70


@dataclass(frozen=True)
class Taken:
    """One item of a list. ``index`` counts over the whole list from 0; exactly one of ``record``
    (with outcome, commitment, receipt) and ``errors`` is there."""

    index: int
    record: str | None = None
    outcome: t.Outcome | None = None
    commitment: str | None = None
    receipt: str | None = None
    errors: tuple[FieldError, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether it is in the ledger."""
        return self.record is not None


@dataclass
class Batch:
    """What became of a list. ``receipts``: one for each call it was sent in, in their order;
    ``count``: how many items were answered; ``replayed``: some had been recorded earlier."""

    idempotency_key: str
    results: list[Taken] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    replayed: bool = False
    count: int = 0

    @property
    def recorded(self) -> int:
        """How many are in the ledger."""
        return sum(one.recorded for one in self.results)

    @property
    def refused(self) -> list[Taken]:
        """Those that are not, with their errors."""
        return [one for one in self.results if not one.recorded]

    def add(self, answer: t.ConsentsTaken, said: About) -> list[Taken]:
        """The items of one call's answer, in their order."""
        first = self.count
        self.count += len(answer["results"])
        self.receipts.append(answer["receipt"])
        self.replayed = self.replayed or said.replayed
        found = [_taken(first, one, answer["receipt"]) for one in answer["results"]]
        self.results += found
        return found

    def forget(self) -> None:
        """Drop what was told already."""
        self.results.clear()
        self.receipts.clear()


def _taken(first: int, one: t.ConsentsTakenResult, receipt: str) -> Taken:
    faults = tuple(FieldError.of(fault) for fault in one.get("errors", ()))
    return Taken(first + one["index"], one.get("record"), one.get("outcome"),
                 one.get("commitment"), receipt if "record" in one else None, faults)


def chunks(items: Iterable[Any], most: int, most_bytes: int) -> Iterator[list[Any]]:
    """The items in lists of at most so many, and so many bytes as JSON; read as they are needed."""
    found: list[Any] = []
    size = 0
    for item in items:
        one = len(to_json(item)) + 1
        if found and size + one > most_bytes:
            yield found
            found, size = [], 0
        found.append(item)
        size += one
        if len(found) == most:
            yield found
            found, size = [], 0
    if found:
        yield found


def key_of(key: str, number: int) -> str:
    """The key of the n-th call (from 0) of a list."""
    if len(key) > LONGEST_KEY:
        raise ValueError(f"The idempotency key of a list has {LONGEST_KEY} signs at most.")
    return f"{key}-{number + 1}"


def body_of(items: list[Any], brand: int | None) -> Mapping[str, Any]:
    """The body of one call."""
    return {"items": items} if brand is None else {"brand": brand, "items": items}
