"""Which seals somebody outside has taken, by which way, and what is due.

Why this module exists: a copy that was not made vouches for nothing, and nobody misses it. Each
place (a mail address, a bucket) gets the seals it lacks once a day; what fails is tried again every
few minutes and told by the log and `ileti doctor`. Seals wait, captures never do. The rows say only
what was begun and what need not be sent again: a lost one costs a copy more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple

from ileti.core import clock, db
from ileti.core.clock import to_istanbul
from ileti.core.crypto import QuickMac
from ileti.core.errors import OutsideFinal, OutsideRetryable
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
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


def place_of(way: Way, address: str) -> str:
    """What the rows call a place: a keyed hash, since an address is somebody's and could be found
    by trying. Mail addresses are the same in small letters, buckets and folders are not."""
    text = address.strip()
    mac = QuickMac(secrets().key_for("seal-place"))
    return mac.of((text.lower() if way is Way.MAIL else text).encode()).hex()


def newest(way: Way, address: str) -> tuple[int, datetime | None]:
    """The last seal a place has, and since when; 0 and None for none."""
    row = db.system_connection().execute(
        "select last, at from seal_export where way = %s and place = %s and there "
        "order by last desc, id desc limit 1", (int(way), place_of(way, address))).fetchone()
    return (row[0], row[1]) if row else (0, None)


class Begun(NamedTuple):
    """A file that was begun to be carried, and nobody knows yet whether it came."""

    first: int
    last: int
    name: str
    at: datetime


def begun(way: Way, address: str) -> Begun | None:
    """What was tried last beyond what a place has; a retry carries the same seals again, so that a
    mail is the same mail and a locked copy is looked for before another one is made."""
    row = db.system_connection().execute(
        "select first, last, name, at from seal_export where way = %s and place = %s and not there "
        "and last > %s order by id desc limit 1",
        (int(way), place_of(way, address), newest(way, address)[0])).fetchone()
    return Begun(*row) if row else None


def due(way: Way, address: str) -> File | None:
    """What a place lacks, when it has got nothing yet today; None when nothing is due. Raises
    :class:`ileti.evidence.seal.Broken`."""
    upto, at = newest(way, address)
    last = seal.newest()
    if last is None or upto >= last.number:
        return None
    if at is not None and to_istanbul(at).date() == clock.today() and last.number - upto < MOST:
        return None
    return _file(upto + 1, min(last.number, upto + MOST))


def _file(first: int, last: int) -> File:
    content = b"".join(export.lines(first, last))
    mark = sha256(content).hexdigest()[:16]
    return File(first, last, f"seals-{first:09}-{last:09}-{mark}.jsonl", content)


def carry(way: Way, address: str, send: Callable[[File], None],
          has: Callable[[str, datetime], bool] | None = None) -> str:
    """Carry what is due to one place: ``sent``, ``failed`` or ``""`` when nothing was. ``send``
    raises OutsideRetryable or OutsideFinal when it could not; ``has`` tells, where it can be asked,
    whether a place has a file of that name that was sent then. Never inside a transaction."""
    try:
        old = begun(way, address)
        if old is not None and has is not None and has(old.name, old.at):
            _note(way, address, old, there=True)
            return "sent"
        file = due(way, address) if old is None else _file(old.first, old.last)
        if file is None:
            return ""
        if old is None or old.name != file.name:
            _note(way, address, file, there=False)
        send(file)
    except seal.Broken as broken:
        log.error("seal_export_failed", way=way.name, why=f"seal {broken.number} was changed")
        return "failed"
    except (OutsideRetryable, OutsideFinal) as error:
        log.error("seal_export_failed", way=way.name, why=error.en)
        return "failed"
    reach("seals.carried")
    _note(way, address, file, there=True)
    return "sent"


def _note(way: Way, address: str, file: File | Begun, *, there: bool) -> None:
    db.system_connection().execute(
        "insert into seal_export (way, place, first, last, name, there) "
        "values (%s, %s, %s, %s, %s, %s)",
        (int(way), place_of(way, address), file.first, file.last, file.name, there))
