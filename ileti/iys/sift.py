"""What of a batch may still go to İYS, decided without a call: pure, over rows as they stand now.

A consent whose three business days are over is not sent (R-40), a late refusal still is; what a
citizen has overruled at İYS is not sent (fault row 31), nor a consent its own person has taken
back; a refusal İYS cannot know is asked about first (R-42).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ileti.consents.vocabulary import IysStatus, Status
from ileti.iys.asking import UNKNOWN_FOR_EVER, kept
from ileti.iys.settle import Outcome, Row
from ileti.outbox.relay import LONGEST_DELAY

# Clocks of ours that are hours ahead must not bury a consent İYS would still take: until so long
# after the deadline İYS decides (H467).
CLOCKS_MAY_ERR = timedelta(hours=6)


def sift(rows: list[Row], surely: datetime, now: datetime, *,
         again: bool) -> tuple[list[Outcome], list[Row], list[Row]]:
    """What is settled without a call, what goes, and what İYS is asked about first.

    ``surely`` and ``now``: of two clocks the one behind, by which a deadline has passed, and the
    one ahead, by which a date has come.
    ``again`` and a row's own tries mean that İYS may hold it already; then only İYS's answer
    decides, not our clock and no question, since V2 gives the first answer to a repeat.
    """
    outcomes: list[Outcome] = []
    ready: list[Row] = []
    ask: list[Row] = []
    for row in rows:
        fresh = not again and row.ref.tries == 0
        if row.recipient is None:
            outcomes.append(kept(row, None, "erased" if fresh else UNKNOWN_FOR_EVER))
        elif is_overruled(row) or is_taken_back(row):
            outcomes.append(kept(row, None, "superseded"))
        elif (fresh and row.status is Status.ONAY and row.due_at is not None
              and row.due_at < surely - CLOCKS_MAY_ERR):
            outcomes.append(kept(row, IysStatus.OVERDUE, "overdue"))
        elif row.reported > now and not row.clock_behind:
            wait = min(LONGEST_DELAY, (row.reported - now).total_seconds() + 0.1)
            outcomes.append(Outcome(ref=row.ref, state=None, delay=wait, counted=False))
        elif fresh and row.ref.hint == 1 and row.status is Status.RET:
            ask.append(row)
        else:
            ready.append(row)
    return outcomes, ready, ask


def is_overruled(row: Row) -> bool:
    """Whether a citizen's change at İYS, not older than this entry, holds now (row 31)."""
    return (
        not row.state_is_ours
        and row.state_iys == IysStatus.CHANGED_THERE
        and row.state_date is not None
        and row.state_date >= row.entry_date
    )


def is_taken_back(row: Row) -> bool:
    """Whether a refusal has taken this consent's place and does not wait behind it any more.

    A consent that was parked and is sent again must not reach İYS after the refusal has been
    settled, or it would hold there and at the gate of every sender (R-30, R-42).
    """
    return (
        row.status is Status.ONAY
        and not row.state_is_ours
        and row.state_status is Status.RET
        and row.state_date is not None
        and row.state_date >= row.entry_date
        and not row.followed
    )
