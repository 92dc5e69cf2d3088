"""The phones that ring behind the simulated voice providers: what is said, what is pressed.

Why this module exists: two providers with two wires ring the same phones. A call rings until
somebody takes it up on the page ``/calls`` or by the control call ``call``, or until its time is
over; whoever took it up hears the words and may press a key or hang up. Commercial calls are
checked at the registry this process simulates (ARAMA). Results are told by report, and pushed as a
form to the address the order named, tried three times. Numbers that end in ``0001`` do not exist,
those in ``0002`` are switched off, those in ``0003`` are busy.
"""

from __future__ import annotations

import itertools
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

RINGING, TALKING, ANSWERED, UNANSWERED, UNREACHABLE, BUSY, UNKNOWN, IYS_SAYS_NO = range(8)
_FATES = {"0001": UNKNOWN, "0002": UNREACHABLE, "0003": BUSY}
RING_SECONDS = 30
#: calls that are remembered
SHOWN = 2_000
_TRIES = 3


@dataclass(slots=True)
class Line:
    """One call. ``keys``: what is said after each; ``heard`` what was said so far."""

    number: int
    provider: str
    order: str
    to: str
    caller: str
    said: str
    keys: dict[str, str]
    began: datetime
    state: int
    results: str = ""
    key: str = ""
    wrong: str = ""
    heard: list[str] = field(default_factory=list)
    ended: datetime | None = None
    told: bool = False

    @property
    def uuid(self) -> str:
        """The call's own number."""
        return f"{self.number:08x}-364b-11e7-8bed-c9aec7093786"


@dataclass(frozen=True)
class Order:
    """What an adapter's order comes to; ``commercial`` the kind of recipient İYS is asked for."""

    provider: str
    caller: str
    commercial: str | None
    brand: int
    keys: dict[str, str]
    results: str
    calls: Sequence[tuple[str, str]]


class Switchboard:
    """All calls of one simulator."""

    def __init__(self, now: Callable[[], datetime],
                 allowed: Callable[[int, str, str], bool]) -> None:
        self.lock = threading.RLock()
        self.now, self.allowed = now, allowed
        self.lines: deque[Line] = deque(maxlen=SHOWN)
        self._numbers = itertools.count(1)
        self._tell: Callable[[Line], bytes] | None = None

    def tells_by(self, form: Callable[[Line], bytes]) -> None:
        """How a pushed result is written."""
        self._tell = form

    def take(self, order: Order) -> str:
        """Take an order; answers its number. Every phone of it rings at once."""
        with self.lock:
            number = f"{self.now():%y%m%d%H%M%S}{next(self._numbers):06d}"
            made = [self._line(order, number, to, said) for to, said in order.calls]
            self.lines.extend(made)
        self._push([one for one in made if one.state != RINGING])
        return number

    def _line(self, order: Order, number: str, to: str, said: str) -> Line:
        state = _FATES.get(to[-4:], RINGING)
        if order.commercial is not None and not self.allowed(order.brand, order.commercial, to):
            state = IYS_SAYS_NO
        now = self.now()
        return Line(next(self._numbers), order.provider, number, to, order.caller, said,
                    order.keys, now, state, order.results,
                    ended=None if state == RINGING else now)

    def settle(self) -> None:
        """Whoever did not take up in time has not answered."""
        now = self.now()
        with self.lock:
            late = [one for one in self.lines if one.state == RINGING
                    and (now - one.began).total_seconds() >= RING_SECONDS]
            for one in late:
                one.state, one.ended = UNANSWERED, now
        self._push(late)

    def of(self, order: str) -> list[Line]:
        """The calls of an order."""
        self.settle()
        with self.lock:
            return [one for one in self.lines if one.order == order]

    def act(self, number: int, act: str, key: str = "") -> Line | None:
        """What a person does: ``answer``, ``press`` a key, ``hangup``; None when that cannot be
        done with this call now."""
        self.settle()
        with self.lock:
            one = next((line for line in self.lines if line.number == number), None)
            if one is None or not self._done(one, act, key):
                return None
        if one.ended is not None:
            self._push([one])
        return one

    def _done(self, one: Line, act: str, key: str) -> bool:
        if act == "answer" and one.state == RINGING:
            one.state = TALKING
            one.heard.append(one.said)
            return True
        if act == "hangup" and one.state in (RINGING, TALKING):
            one.state = ANSWERED if one.state == TALKING else BUSY
        elif act == "press" and one.state == TALKING and len(key) == 1 and key in "0123456789*#":
            one.state = ANSWERED
            if key in one.keys:
                one.key = key
                one.heard.append(one.keys[key])
            else:
                one.wrong = key
        else:
            return False
        one.ended = self.now()
        return True

    def _push(self, ended: Sequence[Line]) -> None:
        waiting = [one for one in ended if one.results and not one.told]
        if waiting and self._tell is not None:
            threading.Thread(target=self._carry, args=(waiting, self._tell), daemon=True).start()

    def _carry(self, waiting: list[Line], form: Callable[[Line], bytes]) -> None:
        for one in waiting:
            for _ in range(_TRIES):
                if post_form(one.results, form(one)) == 200:
                    one.told = True
                    break


def post_form(url: str, body: bytes) -> int:
    """POST a form; the status, 0 for no answer."""
    if not url.startswith(("http://", "https://")):
        return 0
    wanted = urllib.request.Request(url, body, {  # noqa: S310
        "Content-Type": "application/x-www-form-urlencoded"})
    try:
        with urllib.request.urlopen(wanted, timeout=5) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError):
        return 0


def as_form(fields: dict[str, str]) -> bytes:
    """A form's body."""
    return urlencode(fields).encode()
