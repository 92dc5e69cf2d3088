"""How a client behaves: language, times, how often it tries again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """``language``: of the sentences in errors. ``attempts``: of one call, the first among them.
    ``connect``, ``read``, ``write``: seconds of silence on the line. ``total``: seconds for a call
    with all its attempts and pauses; for files that come and go, until their bytes begin to move.
    ``first_pause``, ``longest_pause``: seconds between attempts when the server names none; they
    double, and chance shortens them. ``etags``: so many answers are kept in memory, and asked again
    by their ETag (none by default: answers hold data of people)."""

    language: Literal["tr", "en"] = "tr"
    attempts: int = 5
    connect: float = 5.0
    read: float = 30.0
    write: float = 30.0
    total: float = 60.0
    first_pause: float = 0.3
    longest_pause: float = 10.0
    etags: int = 0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts: one is the least.")
        if min(self.connect, self.read, self.write, self.total) <= 0:
            raise ValueError("Times are more than zero seconds.")
