"""Which seals somebody outside has taken, by which way, and what is due.

Why this module exists: a copy that was not made vouches for nothing, and nobody misses it. Each
place (a mail address, a bucket) gets the seals it lacks once a day; what fails is tried again every
few minutes and told by the log and `ileti doctor`. Seals wait, captures never do. The rows say only
what need not be sent again: a lost one costs a copy more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Final

from ileti.core import clock, db
from ileti.core.clock import to_istanbul
from ileti.core.errors import OutsideFinal, OutsideRetryable
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence import export, seal

log = get_logger("ileti.evidence")

MOST: Final = 10_000  # seals of one file; a line has some 400 bytes, a stamp's 8 000


class Way(IntEnum):
    """How seals are carried; the smallint in the database."""

    MAIL = 1
    BUCKET = 2


@dataclass(frozen=True)
class File:
    """A file of seals as it is carried; ``name`` holds their numbers and the content's digest."""

    first: int
    last: int
    name: str
    content: bytes


def place_of(address: str) -> str:
    """What the rows call a place: a digest, since an address is somebody's."""
    return sha256(address.strip().lower().encode()).hexdigest()


def newest(way: Way, address: str) -> tuple[int, datetime | None]:
    """The last seal a place has, and since when; 0 and None for none."""
    row = db.connection().execute(
        "select last, at from seal_export where way = %s and place = %s "
        "order by last desc, id desc limit 1", (int(way), place_of(address))).fetchone()
    return (row[0], row[1]) if row else (0, None)


def due(way: Way, address: str) -> File | None:
    """What a place lacks, when it has got nothing yet today; None when nothing is due. Raises
    :class:`ileti.evidence.seal.Broken`."""
    upto, at = newest(way, address)
    last = seal.newest()
    if last is None or upto >= last.number:
        return None
    if at is not None and to_istanbul(at).date() == clock.today() and last.number - upto < MOST:
        return None
    first, end = upto + 1, min(last.number, upto + MOST)
    content = b"".join(export.lines(first, end))
    mark = sha256(content).hexdigest()[:16]
    return File(first, end, f"seals-{first:09}-{end:09}-{mark}.jsonl", content)


def carry(way: Way, address: str, send: Callable[[File], None]) -> str:
    """Carry what is due to one place: ``sent``, ``failed`` or ``""`` when nothing was. ``send``
    raises OutsideRetryable or OutsideFinal when it could not. Never inside a transaction."""
    try:
        file = due(way, address)
        if file is None:
            return ""
        send(file)
    except seal.Broken as broken:
        log.error("seal_export_failed", way=way.name, why=f"seal {broken.number} was changed")
        return "failed"
    except (OutsideRetryable, OutsideFinal) as error:
        log.error("seal_export_failed", way=way.name, why=error.en)
        return "failed"
    reach("seals.carried")
    db.connection().execute(
        "insert into seal_export (way, place, first, last, name) values (%s, %s, %s, %s, %s)",
        (int(way), place_of(address), file.first, file.last, file.name))
    return "sent"
