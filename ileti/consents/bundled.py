"""What a proof bundle is made of: records, records beside them, files, and all of it by name.

Why apart from :mod:`ileti.consents.bundle`: rooms that add their part, the files and the pages of a
bundle know these, and the bundle calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from ileti.consents.claims import Entry, Link
from ileti.core import clock
from ileti.evidence.seal import Header, Position

#: the colour in which the pages tell a step
Tone = Literal["accent", "ok", "bad", "ret", "seal", "mute"]


@dataclass(frozen=True, slots=True)
class Proven:
    """One record with everything that proves it; ``parts`` is its file in the bundle."""

    entry: Entry
    record: str
    parts: dict[str, Any]
    seal: Header


class Recorded(Protocol):
    """A record of a bundle of either kind, as far as its words need it."""

    @property
    def parts(self) -> dict[str, Any]:
        """Its file in the bundle."""

    @property
    def record(self) -> str:
        """Its number as people see it."""

    @property
    def seal(self) -> Header:
        """The seal it stands below."""


class Sealable(Protocol):
    """A record with a leaf, of another kind than an entry."""

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""

    @property
    def epoch(self) -> int:
        """The epoch of its place."""

    @property
    def id(self) -> int:
        """Its number in the ledgers' common sequence."""

    @property
    def text_id(self) -> int | None:
        """The version that was shown."""

    @property
    def submission_id(self) -> int:
        """The click it was done with."""

    @property
    def dealer_id(self) -> int | None:
        """The dealer that took it."""

    @property
    def brand_id(self) -> int:
        """The brand it was done with."""

    @property
    def captured_at(self) -> datetime:
        """When it was written."""


class Paged(NamedTuple):
    """What the pages of a proof tell of a record of another kind than a consent, in Turkish:
    ``choice`` and ``kind`` are the words of its badges, ``title`` and ``facts`` its step in the
    story, ``at`` when the person acted; ``duties`` as a consent has them (rule, article, what
    answers it, whether it is answered)."""

    sentence: str
    subject: str
    choice: str
    tone: Tone
    kind: str
    at: datetime
    title: str
    facts: str
    particulars: list[tuple[str, str]]
    duties: list[tuple[str, str, str, bool]]


#: from the file of a record, its text among it, and the brand's name to what the pages tell
Teller = Callable[[Mapping[str, Any], str], Paged]


@dataclass(frozen=True, slots=True)
class Found:
    """A record of another kind that belongs into a bundle; ``parts`` is its file as an entry's,
    without text and place, which the bundle adds."""

    row: Sealable
    record: str
    parts: dict[str, Any]
    tell: Teller


@dataclass(frozen=True, slots=True)
class Beside:
    """A record of another kind, proven as an entry is."""

    row: Sealable
    record: str
    parts: dict[str, Any]
    tell: Teller
    seal: Header


@dataclass(frozen=True, slots=True)
class Linked:
    """A proof file of a record: its link with everything that proves it, and where it lies."""

    link: Link
    parts: dict[str, Any]
    seal: Header
    name: str


@dataclass
class Bundle:
    """What goes into the file, by name; ``texts`` are wordings that stood on the records' forms, by
    their digest; ``left`` says why a file or text that records name is not here, by digest:
    ``size``, ``gone``, or ``foreign`` (a program named it, nothing of ours)."""

    provider_id: int
    proven: list[Proven]
    made: datetime = field(default_factory=clock.now)
    files: dict[str, bytes] = field(default_factory=dict)
    stamped: bool = False
    links: list[Linked] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)
    texts: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> list[Proven | Beside]:
        """All records in the order of their files."""
        return [*self.proven, *self.beside]
