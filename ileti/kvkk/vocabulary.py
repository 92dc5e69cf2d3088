"""The words of acts about personal data, each with its smallint in the database.

Why this module exists: a privacy notice is shown and read, never accepted; an explicit consent is
given and withdrawn (R-57, R-58). Neither is a commercial consent, so neither shares its words. The
numbers are part of the database format and of the leaf: never renumber, only append. Their order
is meant: of acts about the same text the higher one stands.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ileti.consents.vocabulary import Source
from ileti.evidence.kinds import Role


class Act(IntEnum):
    """What happened. ``SHOWN`` and ``READ`` are a notice's (R-60): put before the person, and
    declared as read and understood. ``GIVEN`` and ``WITHDRAWN`` are an explicit consent's (R-62).
    """

    SHOWN = 1
    READ = 2
    GIVEN = 3
    WITHDRAWN = 4

    @property
    def of_notice(self) -> bool:
        """Whether it is about a notice, not about a consent."""
        return self <= Act.READ

    @property
    def tr(self) -> str:
        """The Turkish words people read."""
        return _ACTS[self][0]

    @property
    def en(self) -> str:
        """The English words people read."""
        return _ACTS[self][1]


class Extent(IntEnum):
    """How far a notice was put before the person: a sentence with a link (layered, R-60), opened,
    looked at to its end, read aloud on the phone, on the paper that was signed."""

    UNKNOWN = 0
    LINKED = 1
    OPENED = 2
    TO_THE_END = 3
    ALOUD = 4
    ON_PAPER = 5

    @property
    def tr(self) -> str:
        """The Turkish words people read."""
        return _EXTENTS[self][0]

    @property
    def en(self) -> str:
        """The English words people read."""
        return _EXTENTS[self][1]


_ACTS: Final = {
    Act.SHOWN: ("Gösterildi", "Shown"),
    Act.READ: ("Okundu, anlaşıldı", "Read and understood"),
    Act.GIVEN: ("Rıza verildi", "Consent given"),
    Act.WITHDRAWN: ("Rıza geri alındı", "Consent withdrawn"),
}
_EXTENTS: Final = {
    Extent.UNKNOWN: ("Bilinmiyor", "Unknown"),
    Extent.LINKED: ("Kısa bilgi ve bağlantı", "Short notice with a link"),
    Extent.OPENED: ("Açıldı", "Opened"),
    Extent.TO_THE_END: ("Sonuna dek görüldü", "Looked at to the end"),
    Extent.ALOUD: ("Sesli okundu", "Read aloud"),
    Extent.ON_PAPER: ("Kâğıt üzerinde", "On paper"),
}


def proven_as(media_type: str, source: Source) -> Role:
    """As what the file of an act proves it: a voice, a signature, or a paper without one."""
    if media_type.startswith("audio/"):
        return Role.RECORDING
    return Role.SIGNED_FORM if source is Source.HS_ISLAK_IMZA else Role.DOCUMENT
