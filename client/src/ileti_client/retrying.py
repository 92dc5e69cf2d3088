"""Whether a call is made again, and when.

Why this module exists: a repeat after a lost answer must never become a second deed, and a server
that asks for patience must get it. Only what is written in the table of services as repeatable is
repeated, a body that cannot be read twice never is, and no pause outlasts the time of the call.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from .errors import IletiError, NotReached, NotUnderstood, Refused, TimedOut, TryLater
from .options import Options

_PASSING: Final = frozenset((408,))
#: İleti's words for a conflict that passes by itself
_PASSING_CODES: Final = frozenset(("upload_going_on",))
_PROXIES: Final = frozenset((408, 429, 502, 503, 504))


class Rounds:
    """The attempts of one call. ``within``: another call whose time this one is part of."""

    def __init__(self, options: Options, clock: Callable[[], float] = time.monotonic,
                 within: Rounds | None = None) -> None:
        self.options, self._clock = options, clock
        self.attempt = 0
        self._begun = clock()
        self._end: float = self._begun + options.total if within is None else within._end

    @property
    def left(self) -> float:
        """Seconds that are left; raises TimedOut when none are."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimedOut(f"No answer within {self.options.total:g} s.")
        return left

    def begin(self) -> None:
        """One attempt more."""
        self.attempt += 1
        self._begun = self._clock()

    def forgive(self) -> None:
        """The time this attempt took does not count: a file was on its way."""
        self._end += self._clock() - self._begun

    def pause(self, error: IletiError, *, again: bool) -> float | None:
        """Seconds to wait before the next attempt; None when there is none. ``again``: whether the
        same may be sent although this one may have arrived."""
        if self.attempt >= self.options.attempts or not passes(error):
            return None
        if not again and not (isinstance(error, NotReached) and error.unsent):
            return None
        seconds = self._seconds(error)
        return seconds if seconds < self._end - self._clock() else None

    def _seconds(self, error: IletiError) -> float:
        told = error.retry_after if isinstance(error, Refused) else None
        chance = random.random()  # noqa: S311 (spreads callers, hides nothing)
        if told is not None:
            return told + chance * min(1.0, 0.2 * told)
        longest = min(self.options.longest_pause,
                      self.options.first_pause * 2.0 ** (self.attempt - 1))
        return longest * (0.5 + chance / 2)


def passes(error: IletiError) -> bool:
    """Whether waiting may help."""
    if isinstance(error, TryLater | NotReached):
        return True
    if isinstance(error, NotUnderstood):
        return error.status in _PROXIES
    return isinstance(error, Refused) and (
        error.status in _PASSING or error.code in _PASSING_CODES)
