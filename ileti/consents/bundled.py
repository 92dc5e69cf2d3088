"""What a proof bundle is made of: records, records beside them, files, and all of it by name.

Why apart from :mod:`ileti.consents.bundle`: rooms that add their part, the files and the pages of a
bundle know these, and the bundle calls them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ileti.consents.claims import Entry, Link
from ileti.core import clock
from ileti.evidence.seal import Header, Position


@dataclass(frozen=True, slots=True)
class Proven:
    """One record with everything that proves it; ``parts`` is its file in the bundle."""

    entry: Entry
    record: str
    parts: dict[str, Any]
    seal: Header


class Sealable(Protocol):
    """A record with a leaf, of another kind than an entry."""

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""

    @property
    def epoch(self) -> int:
        """The epoch of its place."""

    @property
    def text_id(self) -> int | None:
        """The version that was shown."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A record of another kind that belongs to a bundle's records, proven as they are; ``parts`` is
    its file as an entry's, without text and place, which are added here."""

    row: Sealable
    record: str
    parts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Linked:
    """A proof file of a record: its link with everything that proves it, and where it lies."""

    link: Link
    parts: dict[str, Any]
    seal: Header
    name: str


@dataclass
class Bundle:
    """What goes into the file, by name."""

    proven: list[Proven]
    made: datetime = field(default_factory=clock.now)
    files: dict[str, bytes] = field(default_factory=dict)
    stamped: bool = False
    links: list[Linked] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)
