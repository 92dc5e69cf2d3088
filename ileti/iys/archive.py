"""What İYS gives out about a day is kept: encrypted files outside, their hashes in the ledger.

Why this module exists: İYS keeps a day for a week (İYS API §8), the law asks for proof for ten
years (R-46, R-48), and the daily file with its time stamp is the only thing about a brand's
consents that İYS itself vouches for. Everything is kept as it came, byte for byte; the same content
twice is kept once, other content beside the first. A file gets a random name and is whole on the
disk before its row is written, so that a kill leaves at most a file that no row names; those are
removed after a day. Files are never overwritten, rows never changed (docs/adr/0014).
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from config import settings
from ileti.consents.ledger import Place
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.failpoints import reach
from ileti.core.sealedfile import SealedWriter, read_sealed
from ileti.core.secrets import secrets

PURPOSE = "iys-archive"  # as the column EncryptedText declares it
ORPHANED_AFTER = 86_400.0


class Kind(IntEnum):
    """What of a day is kept; the smallint in the database."""

    SUMMARY_INDIVIDUAL = 1
    SUMMARY_MERCHANT = 2
    HASH = 3
    FILE = 4
    STAMP = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """One archived thing; ``size`` in bytes, digests of the clear content."""

    id: int
    kind: Kind
    size: int
    lines: int
    sha384: bytes
    path: str
    fetched_at: dt.datetime
    file_key: str


class Incoming:
    """Receives one download; ``take`` may be called again when the call is repeated."""

    def __init__(self, place: Place, day: dt.date, kind: Kind) -> None:
        self._place, self._day, self._kind = place, day, kind
        self._writer: SealedWriter | None = None
        self._name, self._key = "", b""

    def take(self, pieces: Iterator[bytes]) -> None:
        """Write a body to a new file."""
        self.drop()
        folder = _folder(self._place, self._day)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._name = f"{self._kind.name.lower()}-{os.urandom(12).hex()}.sealed"
        self._key = os.urandom(32)
        self._writer = SealedWriter(folder / self._name, self._key,
                                    _bound(self._place, self._day, self._kind))
        self._writer.write_all(pieces)

    def drop(self) -> None:
        """Forget what was received."""
        if self._writer is not None:
            self._writer.give_up()
            (_folder(self._place, self._day) / self._name).unlink(missing_ok=True)
            self._writer = None

    def keep(self) -> tuple[Kept, bytes]:
        """Close the file and write its row; what is kept now, and its SHA-256."""
        assert self._writer is not None, "nothing was received"
        writer, self._writer = self._writer, None
        sha384, sha256 = writer.close()
        folder = _folder(self._place, self._day)
        _sync_folder(folder)
        reach("archive.file")
        kept = secrets().keyring.encrypt_text(base64.b64encode(self._key).decode(), PURPOSE)
        made = db.connection().execute(
            "insert into iys_archive (provider_id, brand_id, day, kind, size, lines, sha384, path, "
            "file_key) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            (self._place.provider_id, self._place.brand_id, self._day, int(self._kind),
             writer.size, writer.lines, sha384,
             str((folder / self._name).relative_to(settings().archive_folder)), kept),
        ).rowcount
        reach("archive.row")
        if not made:  # the same content is kept already
            (folder / self._name).unlink(missing_ok=True)
        found = next(one for one in kept_of(self._place, self._day)
                     if one.kind is self._kind and one.sha384 == sha384)
        return found, sha256


def keep(place: Place, day: dt.date, kind: Kind, content: bytes) -> Kept:
    """Keep a small answer as it came."""
    incoming = Incoming(place, day, kind)
    incoming.take(iter((content,)))
    return incoming.keep()[0]


def kept_of(place: Place, day: dt.date) -> list[Kept]:
    """Everything kept of a day, the newest of each kind first."""
    rows = db.connection().execute(
        "select id, kind, size, lines, sha384, path, fetched_at, file_key from iys_archive "
        "where provider_id = %s and brand_id = %s and day = %s order by kind, id desc",
        (place.provider_id, place.brand_id, day)).fetchall()
    return [Kept(row[0], Kind(row[1]), row[2], row[3], bytes(row[4]), *row[5:]) for row in rows]


def newest(place: Place, day: dt.date, kind: Kind) -> Kept | None:
    """The newest of a kind, or None."""
    return next((one for one in kept_of(place, day) if one.kind is kind), None)


def read(place: Place, day: dt.date, kept: Kept) -> Iterator[bytes]:
    """The clear content piece by piece; raises CannotDecrypt (also when it was destroyed), OSError.
    """
    if not kept.file_key:
        raise CannotDecrypt("destroyed")
    key = base64.b64decode(secrets().keyring.decrypt_text(kept.file_key, PURPOSE))
    return read_sealed(settings().archive_folder / kept.path, key, _bound(place, day, kept.kind))


def sweep(place: Place, day: dt.date, *, now: Callable[[], float] = time.time) -> int:
    """Remove files of a day that a killed worker left without a row; how many."""
    named = {Path(one.path).name for one in kept_of(place, day)}
    removed = 0
    folder = _folder(place, day)
    for file in folder.glob("*.sealed") if folder.is_dir() else ():
        with suppress(OSError):
            if file.name not in named and now() - file.stat().st_mtime > ORPHANED_AFTER:
                file.unlink()
                removed += 1
    return removed


def _folder(place: Place, day: dt.date) -> Path:
    return settings().archive_folder / str(place.iys_code) / str(place.brand_code) / str(day)


def _bound(place: Place, day: dt.date, kind: Kind) -> bytes:
    return f"{place.provider_id}:{place.brand_id}:{day}:{int(kind)}".encode()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
