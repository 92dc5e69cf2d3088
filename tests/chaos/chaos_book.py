"""What was really said, by whom and when: the record kept outside the system under test.

Everything that is judged in the end is judged against this book, which is written by the clients
themselves: what they asked for, when, and whether they got an answer.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

US, CITIZEN, UNVERIFIED, FAULTY = "us", "citizen", "unverified", "faulty"


@dataclass
class Word:
    """One thing one person said about one channel. ``by``: at ours (US), at İYS (CITIZEN), at
    ours without proof of the address (UNVERIFIED) or with one İYS never takes (FAULTY). ``date`` is
    İYS's spelling of the consent date where the speaker chose it; ``began`` and ``acked`` are
    moments of this machine, ``acked`` None when nobody ever answered."""

    address: str
    channel: str
    status: str
    by: str
    began: datetime
    date: str = ""
    key: str = ""
    acked: datetime | None = None

    @property
    def about(self) -> tuple[str, str]:
        """Address and channel."""
        return self.address, self.channel


@dataclass
class Book:
    """All words, in the order in which they began; what happened is counted beside them."""

    words: dict[tuple[str, str], list[Word]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    receipts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    odd_answers: Counter[str] = field(default_factory=Counter)
    live_yes: list[str] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, *words: Word) -> None:
        """Note words before they are sent."""
        with self._lock:
            for word in words:
                self.words[word.about].append(word)

    def unsay(self, word: Word) -> None:
        """It turned out that this changed nothing."""
        with self._lock:
            self.words[word.about].remove(word)

    def heard(self, *words: Word) -> None:
        """Note that somebody answered for them."""
        now = datetime.now(UTC)
        for word in words:
            word.acked = now

    def count(self, fault: str) -> None:
        """One more of a kind of fault."""
        with self._lock:
            self.faults[fault] += 1

    def waited(self, since: float) -> None:
        """An answer, or none, came after so long (``since``: monotonic)."""
        self.slowest = max(self.slowest, time.monotonic() - since)

    def last_words(self) -> dict[tuple[str, str], Word]:
        """What each said last."""
        with self._lock:
            return {about: words[-1] for about, words in self.words.items() if words}
