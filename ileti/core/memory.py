"""How often Python looks for garbage in a process that has started.

Reference counting frees nearly all that a request leaves; the collector is there for cycles. With
Python's own thresholds it walks what a web process loaded once and keeps for good (Flask, the
models, the rules) again and again; that was a sixth of a capture's CPU. Objects that are left out
of the looks are not written to by them either, so that processes forked from one share them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

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
