"""What waiting means here: the thread waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from ..bodies import Body, Once

T = TypeVar("T")
Lock = threading.Lock
sleep: Final = time.sleep


def pieces(body: Body | Once) -> Iterator[bytes]:
    """The bytes of a file."""
    if isinstance(body, Body):
        yield from body.pieces()
        return
    body.begun = True
    if not isinstance(body.source, Iterable):
        raise TypeError("Pieces that come asynchronously go with AsyncClient.")
    yield from body.source


def hashed(body: Body) -> bytes:
    """SHA-256 of a file, read for it once."""
    return body.sha256


def within(seconds: float, waiting: T) -> T:
    """What has come already; the line's own times bound it."""
    return waiting
