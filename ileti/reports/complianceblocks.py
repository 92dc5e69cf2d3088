"""The report of compliance as a whole: its blocks asked once, with what they may cost (R-50).

Why this module exists: page, file and programs tell the same blocks. What a fine is estimated from
is decided here: refusals that İYS had late are acts one by one; a proof that is missing is a record
withheld, fined once however many; a consent whose time ran out costs nothing while nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ileti.reports import compliance, fines, queries
from ileti.reports.compliance import Times
from ileti.reports.proven import MISSING
from ileti.reports.queries import Numbers, Wanted
from ileti.tenancy import scope


@dataclass(frozen=True)
class Exposure:
    """A row of the estimate: so many acts counted, and what they may cost in lira."""

    fine: fines.Fine
    number: int
    least: int
    most: int


@dataclass(frozen=True)
class Report:
    """All blocks. ``lines``: key, numbers, times; ``walked_at``: as of when what stands was
    counted, None: not yet; ``exposures`` None for who has no such estimate."""

    wanted: Wanted
    by: str
    total: Numbers
    before: Numbers
    whole: Times
    lines: list[tuple[Any, Numbers, Times]]
    codes: list[compliance.Code]
    proven: list[compliance.Proven]
    in_use: list[compliance.InUse]
    due: list[compliance.Due]
    walked_at: datetime | None
    year: fines.Year | None
    exposures: list[Exposure] | None

    @property
    def standing(self) -> int:
        """Consents that stand."""
        return sum(one.number for one in self.proven)

    @property
    def missing(self) -> int:
        """Those of them that nothing known proves."""
        return sum(one.number for one in self.proven if one.proof in MISSING)


def late_share(numbers: Numbers) -> float | None:
    """The share of records that were late, of all that were taken (R-40); None without any."""
    return numbers.overdue / numbers.taken if numbers.taken else None


def report(asked_for: Wanted, by: str, *, most: int) -> Report:
    """Ask all blocks, each by one statement; ``most`` lines."""
    wanted = compliance.reported(asked_for)
    total = queries.totals(wanted)
    found = queries.lines(wanted, by, most=most)
    times = compliance.times(wanted, by, [one.key for one in found])
    proven = compliance.proven(asked_for)
    made = Report(
        asked_for, by, total, queries.totals(wanted.before()),
        compliance.times(wanted, "").get(None, Times()),
        [(one.key, one.numbers, times.get(one.key, Times())) for one in found],
        compliance.codes(wanted), proven, compliance.in_use(asked_for), compliance.due(),
        compliance.walked_at(), fines.of_year(wanted.until.year), None)
    if scope.current().dealer_id is not None:
        return made
    late = compliance.late_refusals(wanted) if total.overdue else 0
    return Report(**vars(made) | {"exposures": _exposures(made, late)})


def _exposures(made: Report, late_refusals: int) -> list[Exposure]:
    if made.year is None:
        return []
    refusal, consent, records = (
        made.year.of(one) for one in ("refusal", "no_consent", "records"))
    return [
        Exposure(refusal, late_refusals, late_refusals * refusal.least,
                 late_refusals * refusal.most),
        # an inspector asks once, for however many
        Exposure(records, made.missing, records.least if made.missing else 0,
                 records.most if made.missing else 0),
        # costs nothing as long as nothing is sent on them, and the gate lets nothing go
        Exposure(consent, made.total.overdue - late_refusals, 0, 0)]
