"""What other rooms have sent to a person, for whoever has to answer for it (R-48, R-49).

Why this module exists: a complaint names an address, an hour and a title; it does not know whether
a code, a confirmation or a campaign was sent. Rooms that send on their own register a teller here;
the pack of a complaint asks all of them. Each tells what was sent, the record it relied on and
İYS's word at that moment, since that is what has to be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ileti.consents.moments import Reach


@dataclass(frozen=True)
class Told:
    """One message of another room. ``number`` names it to people, ``entry_id`` the record of the
    ledger it relied on (None: it needed none), ``parts`` is all that is known of it, as JSON."""

    number: str
    at: datetime
    channel: int
    brand: str
    titles: tuple[str, ...]
    entry_id: int | None
    parts: dict[str, Any]


#: from whose reach, which recipient, between which moments, at most so many, the newest
Teller = Callable[[Reach, int, datetime, datetime, int], list[Told]]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Register a room's teller."""
    if teller not in _tellers:
        _tellers.append(teller)
    return teller


def near(reach: Reach, recipient_id: int, moment: datetime, since: datetime, until: datetime,
         most: int) -> list[Told]:
    """What all rooms tell of between two moments, the nearest to ``moment`` first."""
    found = [one for teller in _tellers
             for one in teller(reach, recipient_id, since, until, most)]
    return sorted(found, key=lambda one: abs((one.at - moment).total_seconds()))[:most]
