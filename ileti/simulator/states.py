"""Which record may follow which: İYS's state rules for one address (İYS API §3.3).

Key is (brand, recipient, recipient type, type). The order of the checks is a judgement, since
the documents give none: what a merchant's update lacks (H463, H462), refusal on refusal (H174),
then the date (H178, an equal date is refused too).
"""

from __future__ import annotations

from ileti.simulator.entries import Entry
from ileti.simulator.records import Movement


def state_errors(history: tuple[Movement, ...] | None, entry: Entry) -> tuple[str, ...]:
    """The codes that keep `entry` from following `history`; empty when it may."""
    if not history:
        return ("H175",) if entry.status == "RET" else ()
    last = history[-1]
    if entry.source is None or entry.date is None:
        missing = (("H463", entry.source), ("H462", entry.date))
        return tuple(code for code, value in missing if value is None)
    if entry.status == "RET" and last.status == "RET":
        return ("H174",)
    if last.date is not None and entry.date <= last.date:
        return ("H178",)
    return ()


def recorded_before(history: tuple[Movement, ...] | None, entry: Entry) -> Movement | None:
    """The movement that this very entry made once, or `None` (V2's idempotency, §6.2)."""
    if not history:
        return None
    for movement in reversed(history):
        if (
            movement.date == entry.date
            and movement.status == entry.status
            and movement.source == entry.source
            and movement.retailer == entry.retailer
            and movement.access == entry.access
        ):
            return movement
    return None
