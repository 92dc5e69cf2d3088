"""Looking into archived time stamps, and remembering what each is worth.

Why this module exists: a stamp is judged when it comes and again when somebody names other
authorities (STAMP_CA_FILE); the archive's rows are proof and never changed, so the verdict stands
beside them. One that does not hold is an alarm: İYS gives out a day for a week, afterwards nobody
can ask for another stamp (R-46).
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import new as new_hash
from typing import Any

import psycopg

from ileti.consents.ledger import Place
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence.authorities import trusted
from ileti.evidence.stamps import Judged, Verdict, judge
from ileti.iys import archive
from ileti.iys.archive import Kept, Kind
from ileti.iys.compare import bounds

log = get_logger("ileti.iys")

AT_ONCE = 200
MOST_BYTES = 1 << 20  # a stamp has a few thousand
# As long as a missing day is told of (ileti/iys/alarms.py).
TOLD_FOR_DAYS = 14


@dataclass(frozen=True, slots=True)
class BadStamp:
    """A day whose time stamp does not hold."""

    provider_id: int
    brand_id: int
    brand_name: str
    brand_code: int
    iys_code: int
    day: dt.date
    verdict: Verdict
    seen_at: dt.datetime


def check_stamp(place: Place, day: dt.date, stamp: Kept) -> Verdict | None:
    """Judge a stamp and keep the verdict; None when it or the day's file cannot be read now."""
    file = archive.newest(place, day, Kind.FILE)
    if file is None:
        return None
    seen_at = _seen_at(place, stamp.id) or clock.now()
    try:
        content = _whole(place, day, stamp)
        found = judge(content, _digest_of(place, day, file), after=bounds(day)[1], before=seen_at,
                      trusted=trusted()[0])
    except (CannotDecrypt, OSError) as error:
        log.error("stamp_not_checked", brand=place.brand_id, day=str(day),
                  reason=type(error).__name__)
        return None
    _keep(place, day, stamp, found, seen_at)
    reach("stamps.checked")
    if not found.verdict.holds:
        log.error("stamp_does_not_hold", brand=place.brand_id, day=str(day),
                  verdict=found.verdict.name, why=found.why)
    return found.verdict


def checks_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Judge the stamps nobody has looked into with the authorities named now."""
    counts: Counter[str] = Counter()
    after = (0, 0)
    while time.monotonic() < until and (some := _unchecked(after, provider_id)):
        for place, day, stamp in some:
            verdict = check_stamp(place, day, stamp)
            counts["unread" if verdict is None else "checked"] += 1
            after = (place.provider_id, stamp.id)
    return counts


def bad_stamps(provider_id: int | None = None,
               conn: psycopg.Connection[Any] | None = None) -> list[BadStamp]:
    """Days of the last two weeks whose stamp does not hold, the oldest first."""
    rows = (conn or db.connection()).execute(
        "select c.provider_id, c.brand_id, b.name, b.brand_code, p.iys_code, c.day, c.verdict, "
        "c.seen_at from iys_stamp_check c join brand b on b.id = c.brand_id "
        "join provider p on p.id = c.provider_id where p.sandbox_of is null and c.verdict > 2 "
        "and c.day >= %s and (%s::int is null or c.provider_id = %s) "
        "order by c.day, c.brand_id, c.archive_id",
        (clock.today() - dt.timedelta(days=TOLD_FOR_DAYS), provider_id, provider_id)).fetchall()
    return [BadStamp(provider, brand, name, code, iys, day, Verdict(verdict), seen)
            for provider, brand, name, code, iys, day, verdict, seen in rows]


def _whole(place: Place, day: dt.date, stamp: Kept) -> bytes:
    """Its bytes; none of one that is no stamp by its size."""
    return b"" if stamp.size > MOST_BYTES else b"".join(archive.read(place, day, stamp))


def _digest_of(place: Place, day: dt.date, file: Kept) -> Callable[[str], bytes]:
    """The file's digest by a digest's name; only SHA-384 is known beforehand."""
    def digest(name: str) -> bytes:
        if name == "sha384":
            return file.sha384
        made = new_hash(name)
        for piece in archive.read(place, day, file):
            made.update(piece)
        return made.digest()

    return digest


def _seen_at(place: Place, archive_id: int) -> dt.datetime | None:
    row = db.connection().execute(
        "select seen_at from iys_stamp_check where provider_id = %s and archive_id = %s",
        (place.provider_id, archive_id)).fetchone()
    return row[0] if row else None


def _keep(place: Place, day: dt.date, stamp: Kept, found: Judged, seen_at: dt.datetime) -> None:
    db.connection().execute(
        "insert into iys_stamp_check (provider_id, archive_id, brand_id, day, seen_at, checked_at, "
        "stamped_at, verdict, signer, trusted) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (provider_id, archive_id) do update set checked_at = excluded.checked_at, "
        "stamped_at = excluded.stamped_at, verdict = excluded.verdict, signer = excluded.signer, "
        "trusted = excluded.trusted",
        (place.provider_id, stamp.id, place.brand_id, day, seen_at, clock.now(), found.at,
         int(found.verdict), found.signer, trusted()[1]))


def _unchecked(after: tuple[int, int], provider_id: int | None
               ) -> list[tuple[Place, dt.date, Kept]]:
    rows = db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code, a.day, a.id, a.kind, a.size, a.lines, "
        "a.sha384, a.path, a.fetched_at, a.file_key from iys_archive a "
        "join brand b on b.id = a.brand_id join provider p on p.id = a.provider_id "
        "where a.kind = 5 and (a.provider_id, a.id) > (%s, %s) "
        "and (%s::int is null or a.provider_id = %s) and not exists (select from iys_stamp_check c "
        "where c.provider_id = a.provider_id and c.archive_id = a.id and c.trusted = %s) "
        "order by a.provider_id, a.id limit %s",
        (*after, provider_id, provider_id, trusted()[1], AT_ONCE)).fetchall()
    return [(Place(*row[:4]), row[4], Kept(row[5], Kind(row[6]), row[7], row[8], bytes(row[9]),
                                           *row[10:])) for row in rows]
