"""The simulator's memory across a restart: one SQLite file to which every change is appended.

The registry answers from dictionaries; what changes them is written here first, one SQLite
transaction per call (WAL, so that killing the process loses nothing that was answered). A start
reads the journal from its beginning and does everything again. A batch is one line with the
body as it came, so that a thousand consents cost one insert.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    head TEXT NOT NULL,
    body BLOB
)
"""

Line = tuple[str, dict[str, Any], bytes | None]


class Journal:
    """Appends lines; without a file it keeps nothing and costs nothing."""

    def __init__(self, path: str | None) -> None:
        """Open `path` or make it; `None` keeps nothing. Raises `sqlite3.Error`."""
        self._lock = threading.Lock()
        self._link: sqlite3.Connection | None = None
        if path is not None and path != ":memory:":
            self._link = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._link.execute("PRAGMA journal_mode=WAL")
            self._link.execute("PRAGMA synchronous=NORMAL")
            self._link.execute(SCHEMA)

    def append(self, *lines: Line) -> None:
        """Write the lines of one call, all or nothing."""
        if self._link is None:
            return
        rows = [
            (kind, json.dumps(head, ensure_ascii=False, separators=(",", ":")), body)
            for kind, head, body in lines
        ]
        with self._lock:
            self._link.execute("BEGIN IMMEDIATE")
            try:
                self._link.executemany(
                    "INSERT INTO journal (kind, head, body) VALUES (?, ?, ?)", rows
                )
            except BaseException:
                self._link.execute("ROLLBACK")
                raise
            self._link.execute("COMMIT")

    def lines(self) -> Iterator[Line]:
        """Everything that was written, oldest first."""
        if self._link is None:
            return
        for kind, head, body in self._link.execute(
            "SELECT kind, head, body FROM journal ORDER BY seq"
        ):
            yield kind, json.loads(head), body

    def forget(self) -> None:
        """Start with an empty journal."""
        if self._link is not None:
            with self._lock:
                self._link.execute("DELETE FROM journal")

    def close(self) -> None:
        """Close the file; further appends fail."""
        with self._lock:
            if self._link is not None:
                self._link.close()
