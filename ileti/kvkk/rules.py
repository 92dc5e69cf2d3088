"""Which act stands for a person and a text: the readable form of ``kvkk_replaces``.

Why this module exists: the database decides inside the transaction (sql/0200_kvkk.sql), people read
it here; a property test holds both equal. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ileti.kvkk.vocabulary import Act, Extent


class Stand(NamedTuple):
    """What a state and a new act are compared by; ``verified``: the address is the person's
    (R-21); ``text`` is the version's number."""

    act: Act
    verified: bool
    at: datetime
    text: int
    extent: Extent


def replaces(old: Stand, new: Stand) -> bool:
    """Whether the new act takes the old one's place.

    What an unproven address says never replaces what a proven one said (R-21), and always the other
    way round. Of consents the later act stands, of the same moment the withdrawal (R-62). Of a
    notice the later version stands; of the same version whatever shows more: that somebody declared
    to have read it is not undone by seeing the link again.
    """
    if new.verified != old.verified:
        return new.verified
    if not new.act.of_notice:
        return new.at > old.at if new.at != old.at else new.act >= old.act
    if new.text == old.text:
        return (new.act, new.extent) >= (old.act, old.extent)
    return new.at >= old.at
