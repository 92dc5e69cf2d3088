"""The phones behind the simulated SMS providers: what was taken, what became of it, what came back.

Why this module exists: three providers with three wires end in the same phones. Here is what they
share: accounts with their titles and their İYS brand, the check of commercial messages at the very
registry this process simulates, the fate of each message, and the texts that people write back.

A fate is decided when a message is taken and told after a delay, as an operator does. Numbers that
end in ``0001`` do not exist, those in ``0002`` are switched off until the message expires.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ileti.simulator.gateways.switchboard import Switchboard

ON_THE_WAY, DELIVERED, UNKNOWN_NUMBER, EXPIRED, IYS_SAYS_NO = range(5)

#: messages a phone shows
SHOWN = 50
#: jobs that are remembered
JOBS = 20_000


@dataclass(slots=True)
class Message:
    """One SMS in the air or on a phone; ``fate`` is told from ``settled`` on."""

    number: int
    job: str
    own: str
    to: str
    sender: str
    text: str
    taken: datetime
    settled: datetime
    fate: int

    def state(self, now: datetime) -> int:
        """What the provider knows at a moment."""
        return self.fate if now >= self.settled else ON_THE_WAY


@dataclass(slots=True)
class Reply:
    """What a person wrote to a number of ours."""

    number: int
    provider: str
    sender: str
    to: str
    text: str
    at: datetime
    listed: bool = False
    told: int = 0  # how often the customer's address was told
    status: int = 0  # what it answered last


@dataclass
class Account:
    """A customer of a provider. ``brand`` is its İYS brand, None when none is set there;
    ``iys`` false when it may not send İYS-controlled messages at all."""

    user: str
    password: str
    titles: set[str] = field(default_factory=lambda: {"DEFNE EV", "ILETI"})
    brand: int | None = None
    iys: bool = True
    balance: int = 10_000_000


class Phones:
    """Everything the simulated providers know. ``allowed`` asks the registry about a brand, a kind
    of recipient and a phone."""

    def __init__(self, now: Callable[[], datetime],
                 allowed: Callable[[int, str, str], bool], calls: Switchboard) -> None:
        self.lock = threading.Lock()
        self.now, self.allowed, self.calls = now, allowed, calls
        self.delay_seconds = 0.0
        self.accounts: dict[str, dict[str, Account]] = {}
        self.jobs: dict[str, list[Message]] = {}
        self.phones: dict[str, deque[Message]] = {}
        self.replies: list[Reply] = []
        self.lines: dict[str, Any] = {}  # a customer's number → gateways.lines.Line
        self.taken = 0
        self.minute: tuple[int, Counter[str]] = (0, Counter())
        self._numbers = itertools.count(1)

    def put(self, provider: str, account: Account) -> None:
        """Open or change an account."""
        self.accounts.setdefault(provider, {})[account.user] = account

    def take(self, account: Account, sender: str, messages: Iterable[tuple[str, str, str]], *,
             commercial: str | None) -> str:
        """Take a job of (own id, phone, text); answers its number. ``commercial`` names the kind
        of recipient for whom İYS is asked; informational messages are not checked."""
        now = self.now()
        settled = datetime.fromtimestamp(now.timestamp() + self.delay_seconds, now.tzinfo)
        with self.lock:
            job = f"{now:%y%m%d%H%M%S}{next(self._numbers):010d}"
            found = [self._message(job, account, sender, one, now, settled, commercial)
                     for one in messages]
            self.jobs[job] = found
            if len(self.jobs) > JOBS:
                self.jobs.pop(next(iter(self.jobs)))
            self.taken += len(found)
        return job

    def _message(self, job: str, account: Account, sender: str, one: tuple[str, str, str],
                 now: datetime, settled: datetime, commercial: str | None) -> Message:
        own, to, text = one
        fate = DELIVERED
        if commercial is not None and not self.allowed(account.brand or 0, commercial, to):
            fate = IYS_SAYS_NO
        elif to.endswith("0001"):
            fate = UNKNOWN_NUMBER
        elif to.endswith("0002"):
            fate = EXPIRED
        made = Message(next(self._numbers), job, own, to, sender, text, now, settled, fate)
        if fate == DELIVERED:
            self.phones.setdefault(to, deque(maxlen=SHOWN)).append(made)
        return made

    def write(self, provider: str, sender: str, to: str, text: str) -> Reply:
        """A person writes an SMS to a number of ours."""
        with self.lock:
            made = Reply(next(self._numbers), provider, sender, to, text, self.now())
            self.replies.append(made)
        return made


def national(phone: str) -> str:
    """E.164 of what providers take: ten digits of a Turkish mobile, or digits with a country."""
    digits = "".join(one for one in phone if one.isdigit())
    if len(digits) == 10 and digits.startswith("5"):
        return f"+90{digits}"
    if len(digits) == 11 and digits.startswith("05"):
        return f"+9{digits}"
    return f"+{digits.removeprefix('00')}"


def is_phone(phone: str) -> bool:
    """Whether a provider would try it."""
    found = national(phone)
    return 9 <= len(found) <= 16 and (not found.startswith("+90") or len(found) == 13)
