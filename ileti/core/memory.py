"""How much memory there is to use, and how often Python looks for garbage in what it has.

Reference counting frees nearly all that a request leaves; the collector is there for cycles. With
Python's own thresholds it walks what a web process loaded once and keeps for good (Flask, the
models, the rules) again and again; that was a sixth of a capture's CPU. Objects that are left out
of the looks are not written to by them either, so that processes forked from one share them.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Objects made since the last look; a capture leaves none behind, a page of the panel some thousand.
YOUNG, MIDDLE, OLD = 50_000, 20, 50


@contextmanager
def loading() -> Iterator[None]:
    """Around the imports of a long-lived process: nothing they make is garbage, so nothing is
    looked for meanwhile (a fifth of their time) nor afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def spare_collections() -> None:
    """Call once, when everything is loaded: what lives now is left out of every later look."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def memory_bytes(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """The memory this installation may use: the machine's, or less where a container says so."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        said = limit.read_text().strip()
    except OSError:
        return physical
    return min(physical, int(said)) if said.isdigit() else physical


def page_cache_megabytes(memory: int) -> int:
    """PostgreSQL's ``shared_buffers``: an eighth of the memory, 128 MB at least, 2 GB at most.

    The gate looks up addresses all over its tables; each page that is not here costs it ten
    microseconds. Half of what PostgreSQL's manual advises, since the machine is shared with web
    and workers; taken page by page as data comes, so that a small installation stays small.
    """
    return max(128, min(2048, memory // 8 // 1_048_576))
