"""Where sealed files lie: a directory, or any store that speaks S3. One interface for both.

Why this module exists: one machine keeps its files in a folder, several share a bucket, and the
vault must not care. A store takes a finished sealed file under a name that nobody used before,
hands it out as a local file, and forgets it. What lies there is sealed already
(:mod:`ileti.core.sealedfile`); a store is trusted with nothing but keeping.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol

from config import settings
from ileti.core import clock
from ileti.core.failpoints import reach

PLACE: Final = re.compile(r"[0-9]+/[0-9a-f]{2}/[0-9a-f]{62}-[0-9a-f]{24}", re.ASCII)
LEFT_SECONDS: Final = 86_400.0


class StoreKind(IntEnum):
    """The smallint beside each file: where it was put, whatever the settings say today."""

    DIRECTORY = 1
    S3 = 2


class Store(Protocol):
    """Keeps sealed files by place. Raises OutsideRetryable when it cannot now, OutsideFinal when it
    will not, FileNotFoundError for what it does not have."""

    @property
    def kind(self) -> StoreKind:
        """Which store it is."""

    def put(self, place: str, sealed: Path) -> None:
        """Keep the file durably; the local one stays. Again the same is no harm."""

    def local(self, place: str) -> AbstractContextManager[Path]:
        """The sealed file as a local one; removed afterwards where it is a copy."""

    def remove(self, place: str) -> None:
        """Forget it; what is not there is no fault."""

    def has(self, place: str) -> bool:
        """Whether something lies there."""

    def trouble(self) -> str:
        """What stands against writing and reading now, as a sentence; empty when nothing does."""


class DirectoryStore:
    """Files below VAULT_DIR, written beside their name and renamed when they are on the disk."""

    kind = StoreKind.DIRECTORY

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, place: str, sealed: Path) -> None:
        """Copy, fsync, rename, fsync the folder; mode 600."""
        path = self._path(place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.coming")
        with sealed.open("rb") as source, os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        reach("vault.beside")
        beside.rename(path)
        for folder in (path.parent, path.parent.parent, self._folder):
            _sync(folder)

    @contextmanager
    def local(self, place: str) -> Iterator[Path]:
        """The file itself."""
        path = self._path(place)
        if not path.is_file():
            raise FileNotFoundError(place)
        yield path

    def remove(self, place: str) -> None:
        """Unlink it and what a killed writer left beside it."""
        path = self._path(place)
        for one in (path, path.with_name(f"{path.name}.coming")):
            one.unlink(missing_ok=True)

    def has(self, place: str) -> bool:
        """Whether it is there."""
        return self._path(place).is_file()

    def trouble(self) -> str:
        """Whether a file can be written and read back."""
        probe = self._folder / f"probe-{os.urandom(6).hex()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe.write_bytes(b"ileti")
            probe.unlink()
        except OSError as error:
            return f"{self._folder}: {error.strerror}"
        return ""

    def _path(self, place: str) -> Path:
        """Raises ValueError for anything but a place the vault made: it never leaves the folder."""
        if PLACE.fullmatch(place) is None:
            raise ValueError("not a place of the vault")
        return self._folder / place


def spool_folder() -> Path:
    """Where sealed files are put together before they are anybody's, made when it is missing."""
    folder = settings().vault_folder / "coming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def remove_left() -> int:
    """Remove what killed processes left while a file was coming: its key died with them."""
    count = 0
    for path in spool_folder().iterdir():
        with suppress(FileNotFoundError):
            if clock.now().timestamp() - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink()
                count += 1
    return count


def store_of(kind: int) -> Store:
    """The store a file was put into. Raises OutsideFinal when it is S3 and not set up here."""
    if kind == StoreKind.S3:
        from ileti.evidence.s3 import S3Store

        return S3Store.from_settings()
    return DirectoryStore(settings().vault_folder)


def newest_store() -> Store:
    """The store that new files go to: S3 when VAULT_S3_URL is set."""
    return store_of(StoreKind.S3 if settings().vault_s3_url else StoreKind.DIRECTORY)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
