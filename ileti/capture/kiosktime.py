"""When a choice was made on a device whose clock nobody may believe (R-33, R-40).

Why this module exists: the date of a consent decides whether it may ever be used, and the device
that tells it stands at a stranger's counter. What can be proven are two bounds: the last moment the
device had from us, in a token we signed, and the arrival. Between them the device tells the same
moment twice, counted by the browser's steady counter (``t``) and by its clock (``w``); and how far
its clock stood from ours at that contact and at the delivery. Where these part, its clock was
changed: that is told in the proof, and the earliest of the possible moments counts, for an early
date can only bring a deadline nearer. A moment outside the bounds is nobody's word: a person looks.
Pure; times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

#: how far two counts of one moment may differ: a slow answer, a tablet that slept
TOLERANCE: Final = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Offset:
    """How a device's clock stood at a delivery, in milliseconds: ``now`` by how much it was ahead
    of ours, ``back`` by how much it had been set back since the contact in all."""

    now: int
    back: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is proven: ``contact`` signed by us, ``arrival`` by our clock. ``drift``: by how much
    the device's clock moved against ours in between; ``back``: by how much it was seen to go back
    on the way, which with no drift means that it had been set forward before."""

    contact: datetime
    arrival: datetime
    drift: timedelta = timedelta(0)
    back: timedelta = timedelta(0)

    @property
    def moved(self) -> timedelta:
        """By how much somebody set the device's clock between contact and arrival; zero for what
        clocks do by themselves."""
        found = self.drift if abs(self.drift) > TOLERANCE else self.back
        return found if abs(found) > TOLERANCE else timedelta(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` the moment that counts, within the bounds; ``claimed`` what the device said;
    ``inside`` is false when that lies outside of them, and ``at`` then the earliest possible."""

    at: datetime
    claimed: datetime
    inside: bool
    clock_changed: bool


def true_moment(steady_ms: int, clock_ms: int, bounds: Bounds) -> Moment:
    """Judge one moment by both counts (milliseconds since 1970 on our clock)."""
    claimed, by_clock = _moment(steady_ms), _moment(clock_ms)
    changed = bool(bounds.moved) or abs(claimed - by_clock) > TOLERANCE
    possible = {claimed, by_clock}
    if bounds.moved:
        shifted = {_moment(one - round(by / timedelta(milliseconds=1)))
                   for one in (steady_ms, clock_ms)
                   for by in (bounds.drift, bounds.drift + bounds.back)}
        # a clock that was moved by more than has passed leaves every moment since the contact open
        possible |= {max(one, bounds.contact) if _inside(claimed, bounds) else one
                     for one in shifted}
    within = [one for one in possible if _inside(one, bounds)]
    if not within:
        return Moment(bounds.contact, claimed, False, changed)
    chosen = min(within) if changed else claimed
    if chosen not in within:
        chosen = min(within)
    return Moment(min(max(chosen, bounds.contact), bounds.arrival), claimed, True, changed)


def _inside(moment: datetime, bounds: Bounds) -> bool:
    return bounds.contact - TOLERANCE <= moment <= bounds.arrival + TOLERANCE


def _moment(ms: int) -> datetime:
    """Bounded, so that no number is an error: what is absurd lies outside the bounds anyway."""
    return datetime.fromtimestamp(min(max(ms, 0), 7_258_118_400_000) / 1_000, UTC)
