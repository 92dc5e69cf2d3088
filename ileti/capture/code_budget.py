"""What codes may cost in a day: a cap per site and per provider, and the alarm before it.

The rows of sent codes are the truth, so that no crash and no emptied Redis lifts the cap. Each web
process counts them again every few seconds and adds what it sent since: the cap is exact to within
a few seconds of sending, and no request waits for it. A day is a day in Istanbul.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as day_time
from typing import Any, Final

from config import settings
from ileti.capture.limits import counters
from ileti.capture.sites import Site
from ileti.core import clock, db
from ileti.core.errors import TryLater
from ileti.core.logs import get_logger

log = get_logger("ileti.capture")

FRESH_SECONDS: Final = 5.0
_WARN: Final = 0.8

_COUNT: Final = """
select count(*) filter (where site_id = %s), count(*) from verification
 where provider_id = %s and created_at >= %s"""
_BY_SITE: Final = """
select s.id, s.name, count(v.id) from site s
  left join verification v on v.provider_id = s.provider_id and v.site_id = s.id
   and v.created_at >= %(since)s
 where s.provider_id = %(provider)s group by s.id, s.name order by count(v.id) desc, s.id"""


@dataclass
class _Spent:
    until: float
    day: date
    site: int
    provider: int


class CodeBudget:
    """The codes of today as this process knows them."""

    def __init__(self) -> None:
        self._known: dict[int, _Spent] = {}
        self._told: set[tuple[str, int, date]] = set()

    def check(self, site: Site, wanted: int) -> None:
        """Raises TryLater when ``wanted`` more codes would be too many for today."""
        s, spent = settings(), self._spent(site)
        for what, number, used, most in (
            ("site", site.id, spent.site, s.codes_per_site_per_day),
            ("provider", site.place.provider_id, spent.provider, s.codes_per_provider_per_day),
        ):
            if used + wanted > most:
                self._alarm("codes_spent", what, number, used, most)
                raise TryLater(
                    "Şu anda kod gönderemiyoruz. Hiçbir izin kaydedilmedi; daha sonra yeniden "
                    "deneyin.",
                    "We cannot send codes right now. No consent was recorded; try again later.",
                    code="codes_spent", retry_after=3_600,
                )
            if used + wanted >= most * _WARN:
                self._alarm("codes_nearly_spent", what, number, used, most)

    def add(self, site: Site, sent: int) -> None:
        """Count what was just sent, until the rows are counted again."""
        known = self._known.get(site.id)
        if known is not None:
            known.site += sent
            known.provider += sent

    def forget(self) -> None:
        """Count anew at the next use (tests)."""
        self._known.clear()
        self._told.clear()

    def _spent(self, site: Site) -> _Spent:
        known, today = self._known.get(site.id), clock.today()
        if known is None or known.until < time.monotonic() or known.day != today:
            row = db.connection().execute(
                _COUNT, (site.id, site.place.provider_id, _midnight())).fetchone()
            known = _Spent(time.monotonic() + FRESH_SECONDS, today, *(row or (0, 0)))
            self._known[site.id] = known
        return known

    def _alarm(self, event: str, what: str, number: int, used: int, most: int) -> None:
        """Once a day, process and owner; the counter tells how often it was met."""
        counters.note(event)
        key = (event, number if what == "site" else -number, clock.today())
        if key not in self._told:
            self._told.add(key)
            tell = log.error if event == "codes_spent" else log.warning
            tell(event, owner=what, id=number, sent=used, limit=most)


def _midnight() -> datetime:
    return datetime.combine(clock.today(), day_time.min, clock.ISTANBUL)


def spent_today(provider_id: int) -> dict[str, Any]:
    """Codes of today for the panel: ``sent``, ``limit``, ``sites`` with (id, name, sent, limit)."""
    s = settings()
    rows = db.connection().execute(
        _BY_SITE, {"provider": provider_id, "since": _midnight()}).fetchall()
    return {
        "sent": sum(row[2] for row in rows), "limit": s.codes_per_provider_per_day,
        "sites": [{"id": row[0], "name": row[1], "sent": row[2],
                   "limit": s.codes_per_site_per_day} for row in rows],
    }


budget = CodeBudget()
