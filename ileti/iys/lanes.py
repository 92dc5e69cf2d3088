"""A drain in several threads, so that one list travels while the next is made.

Why this module exists: İYS answers in a tenth of a second and we work for as long; one after the
other would use half of what İYS allows. Each thread has its own database connection, given back at
its end.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from ileti.core import db
from ileti.core.logs import get_logger

log = get_logger("ileti.iys")

LANES = 3
_LOOK_AGAIN = 0.1

Step = Callable[[], "Counter[str] | None"]


def drain(step: Step, *, until: float, lanes: int = LANES) -> Counter[str]:
    """Repeat ``step`` until it answers None (nothing is due) or ``until`` (monotonic) has come.

    Once there was something to do, ``lanes`` − 1 more threads help for as long as this one finds
    work. An error here is raised after they have ended; one of theirs is logged, since the lease of
    its batch runs out and the next run takes over.
    """
    total: Counter[str] = Counter()
    first = step() if time.monotonic() < until else None
    if first is None:
        return total
    total += first
    guard, over = threading.Lock(), threading.Event()

    def help_out() -> None:
        try:
            while not over.is_set() and time.monotonic() < until:
                counts = step()
                if counts is None:
                    over.wait(_LOOK_AGAIN)
                    continue
                with guard:
                    total.update(counts)
        except Exception as error:  # a thread's error must not vanish with it
            log.exception("lane_ended", reason=type(error).__name__)
        finally:
            db.connection().close()

    helpers = [threading.Thread(target=help_out, daemon=True) for _ in range(lanes - 1)]
    mine: Counter[str] = Counter()
    try:
        second = step() if time.monotonic() < until else None
        if second is not None:
            mine += second
            for one in helpers:
                one.start()
        while second is not None and time.monotonic() < until:
            second = step()
            mine += second or Counter()
    finally:
        over.set()
        for one in helpers:
            if one.is_alive():
                one.join()
    return total + mine
