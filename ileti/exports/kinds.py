"""What lists may leave as a file made by a job: one declaration each.

Why this module exists: who may take a list, how its filters are kept, what a row says, belongs to
the room that has the list; that it is made in pieces, waits, expires and is fetched by nobody else
is the same for all. A room declares its list here and is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

Cell = str | int | datetime


class Form(StrEnum):
    """As what a list leaves; also the end of its file's name."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA: Final = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Some(Protocol):
    """Some rows as the database tells them, and how many."""

    @property
    def lines(self) -> bytes:
        """As :attr:`Table.csv` and :attr:`Table.cells` read them."""

    @property
    def rows(self) -> int:
        """How many."""


@dataclass(frozen=True)
class Table:
    """A list as it is asked for, in the scope at hand. ``blocks`` walks it, ``count`` says how many
    rows are to be expected (None: not known); ``csv`` names (``module:name``) what makes of
    ``task`` what turns a block into lines, ``cells`` is the same for a workbook."""

    heads: Sequence[str]
    blocks: Callable[[], Iterator[Some]]
    count: Callable[[], int | None]
    csv: str
    cells: Callable[[Any], Callable[[bytes], list[list[Any]]]]
    task: Any
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Kind:
    """A list that may be taken. ``right`` and ``full_right`` are people's, ``scope`` and
    ``full_scope`` programs'; ``table`` opens what was kept of its filters, and raises NotFound when
    one of them means nothing any more."""

    name: str
    title: tuple[str, str]
    file: tuple[str, str]
    right: str
    full_right: str
    scope: str
    full_scope: str
    table: Callable[[dict[str, Any], bool, str], Table]

    def needs(self, *, full: bool) -> frozenset[str]:
        """The rights of people."""
        return frozenset({self.right, self.full_right} if full else {self.right})

    def needs_scopes(self, *, full: bool) -> frozenset[str]:
        """The scopes of programs."""
        return frozenset({self.scope, self.full_scope} if full else {self.scope})


_KINDS: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Let a list be taken."""
    _KINDS[kind.name] = kind
    return kind


def of(name: str) -> Kind | None:
    """The list of that name."""
    return _KINDS.get(name)


def names() -> list[str]:
    """All that were declared."""
    return sorted(_KINDS)
