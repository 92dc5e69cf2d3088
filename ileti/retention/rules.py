"""How long a record must be kept: the one rule, pure (R-46, R-47).

Why this module exists: Law 6563 art. 11/3 keeps every record ten years from its event, the
regulation's art. 13 a consent three years from its end, and a message may be shown only with the
consent it relied on. So a record is kept until the latest of

    its own event + 10 years, the end of its validity + 3 years,
    the last message that relied on it + 10 years,

and a consent that lives is not destroyed at all, however old. The database's form of the same rule
is the view ``consent_due`` (ileti/migrations/sql/0220_retention.sql); a property test holds both
equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ileti.consents.vocabulary import IysStatus, Outcome, Standing, Status

EVENT_YEARS: Final = 10  # R-46, Law 6563 art. 11/3
ENDED_YEARS: Final = 3  # R-47, regulation art. 13
#: states at İYS of a consent that is in force or may still come into force
LIVING: Final = (IysStatus.QUEUED, IysStatus.WAITING, IysStatus.REGISTERED,
                 IysStatus.CHANGED_THERE)
_EFFECTIVE: Final = (Outcome.RECORDED, Outcome.LOCAL_ONLY)


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the ledger; moments are aware."""

    captured_at: datetime
    consent_date: datetime
    status: Status
    outcome: Outcome = Outcome.RECORDED

    @property
    def event(self) -> datetime:
        """When it happened to us: a consent may be older than its arrival, not the record of it."""
        return max(self.captured_at, self.consent_date)


def years_later(moment: datetime, years: int) -> datetime:
    """The same day of a later year, 29 February becoming the 28th, as PostgreSQL counts in UTC."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def keep_until(event: datetime, *, ended: datetime | None, relied: datetime | None = None
               ) -> datetime | None:
    """Until when a record is kept: ``event`` its own moment, ``ended`` when its validity ended,
    ``relied`` the last message that relied on it. None while its consent lives (``ended`` None)."""
    if ended is None:
        return None
    due = max(years_later(event, EVENT_YEARS), years_later(ended, ENDED_YEARS))
    return due if relied is None else max(due, years_later(relied, EVENT_YEARS))


def lives(status: Status, standing: Standing, there: IysStatus) -> bool:
    """Whether the state of a key is a consent that is or may come into force (R-18)."""
    return status is Status.ONAY and standing is Standing.VERIFIED and there in LIVING


def due_of(records: Sequence[Record], *, living: bool, messages: Sequence[datetime] = ()
           ) -> list[datetime | None]:
    """Until when each record of one key (brand, recipient, type, channel) is kept, in the order of
    the ledger; ``living``: the key's state is a consent in force. A consent ends with the first
    refusal after it that took effect; one that never became valid ended when it came."""
    found = []
    for place, one in enumerate(records):
        refused = [later.event for later in records[place + 1:]
                   if later.status is Status.RET and later.outcome in _EFFECTIVE
                   and one.status is Status.ONAY]
        end = min(refused, default=None)
        relied = max((moment for moment in messages
                      if moment >= one.event and (end is None or moment <= end)), default=None)
        lasting = one.status is Status.ONAY and end is None and living
        found.append(keep_until(one.event, ended=None if lasting else end or one.event,
                                relied=relied))
    return found
