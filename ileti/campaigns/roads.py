"""Which accounts carry a campaign's batches, which of them rest, and how fast each may go.

Why this module exists: a batch is handed to one account, the first of those that carry it; which
those are, and which rest because their provider blames them, is the room of gateways' affair
(:mod:`ileti.channels.accounts`). One that says "not now" rests here while the next takes over, and
each keeps its pace. That is forgotten with the process: a new worker asks once and learns it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ileti.campaigns.running import Running
from ileti.channels import accounts
from ileti.channels.accounts import Road
from ileti.consents.vocabulary import Channel

__all__ = ["Finder", "Rests", "Road", "found_by", "roads"]

USUAL_REST: Final = 30.0
LONGEST_REST: Final = 900.0

Finder = Callable[..., list[Road]]
_finder: list[Finder] = [accounts.roads]


def found_by(finder: Finder) -> None:
    """Name who knows the roads; the arguments are those of :func:`roads`."""
    _finder[:] = [finder]


def roads(provider_id: int, brand_id: int, channel: Channel, *, commercial: bool,
          sender: str | None = None) -> list[Road]:
    """The roads, best first; ``sender`` asks for one title. Empty when nobody carries it."""
    return _finder[0](provider_id, brand_id, channel, commercial=commercial, sender=sender)


@dataclass
class Rests:
    """Which accounts rest until when, and when one may take the next message. A campaign may have
    a slower pace of its own, which is no reason to hold others back: it is kept beside
    (``next_of``, by provider and campaign). ``doubts``: batches in doubt one after another.
    ``speeds``: mails a second an account's server was seen to take."""

    until: dict[int, float] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)
    free_at: dict[int, float] = field(default_factory=dict)
    next_of: dict[tuple[int, int], float] = field(default_factory=dict)
    doubts: dict[tuple[int, int], int] = field(default_factory=dict)
    speeds: dict[int, float] = field(default_factory=dict)

    def first(self, found: list[Road]) -> Road | None:
        """The first road that does not rest."""
        now = time.monotonic()
        return next((road for road in found if self.until.get(road.account_id, 0.0) <= now), None)

    def rest(self, road: Road, after: float | None) -> float:
        """Let an account rest; how many seconds. Doubles with every time it says no."""
        times = self.times[road.account_id] = self.times.get(road.account_id, 0) + 1
        usual = USUAL_REST * 2 ** (min(times, 10) - 1)
        seconds = min(LONGEST_REST, after if after is not None else usual)
        self.until[road.account_id] = time.monotonic() + seconds
        return seconds

    def took(self, road: Road, campaign: Running, messages: int) -> None:
        """It is handed messages of a campaign: the pace of either is kept."""
        now = time.monotonic()
        begin = max(now, self.free_at.get(road.account_id, 0.0))
        self.free_at[road.account_id] = begin + messages / road.per_second
        if campaign.per_second:
            begin = max(now, self.next_of.get(campaign.key, 0.0))
            self.next_of[campaign.key] = begin + messages / campaign.per_second

    def in_doubt(self, campaign: Running, *, again: bool) -> int:
        """How many batches of a campaign are in doubt one after another, this one counted."""
        if not again:
            self.doubts.pop(campaign.key, None)
            return 0
        self.doubts[campaign.key] = self.doubts.get(campaign.key, 0) + 1
        return self.doubts[campaign.key]

    def saw(self, road: Road, mails: int, seconds: float) -> None:
        """A server took so many mails in so long; the last calls count most."""
        seen = mails / max(seconds, 0.001)
        before = self.speeds.get(road.account_id, seen)
        self.speeds[road.account_id] = (before + seen) / 2

    def fits(self, road: Road, seconds: float, most: int) -> int:
        """How many mails an account takes in so many seconds, at least one; ``most`` as long as
        nothing was seen."""
        speed = self.speeds.get(road.account_id)
        return most if speed is None else max(1, min(most, int(speed * seconds)))

    def well(self, road: Road) -> None:
        """It took them: the next no is a first one."""
        self.times.pop(road.account_id, None)

    def wait_for(self, road: Road, campaign: Running) -> float:
        """Seconds until the account may take messages again by its pace, and the campaign by its
        own."""
        free = max(self.free_at.get(road.account_id, 0.0), self.next_of.get(campaign.key, 0.0))
        return max(0.0, free - time.monotonic())
