"""How many long transfers a web process does at a time, so that visitors always find a thread.

Why this module exists: a list may take minutes to come in and a report to go out, and each keeps a
thread of a process whose first duty are the people who give or refuse consents. A sender that falls
silent keeps its place until its connection ends, whatever we answered it. So half of the threads
at most, and of these half at most for one account, may be under way; the next one is told to wait.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Final

from config import settings
from ileti.core.errors import TooMany

WAIT_SECONDS: Final = 5
_lock = threading.Lock()
_taken: Counter[int] = Counter()


class Slot:
    """A place that was taken; given back once, however often it is asked to be."""

    def __init__(self, account_id: int) -> None:
        self._account_id: int | None = account_id

    def release(self) -> None:
        """Give it back."""
        with _lock:
            if self._account_id is not None:
                _taken[self._account_id] -= 1
                if not _taken[self._account_id]:
                    del _taken[self._account_id]
                self._account_id = None


class Sent:
    """Pieces on their way out, which give their place back when they end or are broken off."""

    def __init__(self, pieces: Iterator[bytes], slot: Slot) -> None:
        self._pieces, self._slot = pieces, slot

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self._slot.release()
            raise

    def close(self) -> None:
        """The server is done with it, or its client has gone."""
        closing = getattr(self._pieces, "close", None)
        if closing is not None:
            closing()
        self._slot.release()


def take(account_id: int) -> Slot:
    """A place for a long transfer; raises TooMany when the account or the process has none left."""
    most = max(2, settings().web_threads // 2)
    with _lock:
        if _taken.total() >= most or _taken[account_id] >= max(1, most // 2):
            raise TooMany(
                "Aynı anda daha çok aktarım alınamıyor. Biri bitince yeniden deneyin.",
                "No more transfers fit at the same time. Try again when one has ended.",
                code="too_many_transfers", retry_after=WAIT_SECONDS)
        _taken[account_id] += 1
    return Slot(account_id)
