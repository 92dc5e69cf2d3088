"""The file of an import: comes in parts that may be sent again, lies sealed, stays as proof.

Why this module exists: a list of two gigabytes over a weak line must not start anew at 99 %. It
comes in numbered parts, each a sealed file of its own; a part that is whole is there, one that is
not is sent again, and the parts in their order are the file. Nothing of it is ever on the disk in
clear.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from config import settings
from ileti.core import clock
from ileti.core.errors import CallerMistake, TooLarge
from ileti.core.sealedfile import SealedWriter, read_sealed

PART_BYTES = 8 << 20
MOST_PARTS = 10_000
UNFINISHED_SECONDS = 86_400.0


class PartedFile:
    """One sealed file in parts; ``name`` is its folder below the imports' own."""

    def __init__(self, name: str, key: bytes) -> None:
        self._folder, self._key = settings().import_folder / name, key
        self._name = name

    def add(self, number: int, pieces: Iterable[bytes],
            agreed: Callable[[int], AbstractContextManager[Any]] = nullcontext) -> int:
        """Write part ``number`` (from 1), its size in bytes; the same part again replaces it.
        ``agreed`` gets the size, stands around the moment in which it becomes a part, and may
        refuse. Raises TooLarge beyond IMPORT_LONGEST_MB."""
        if not 1 <= number <= MOST_PARTS:
            raise CallerMistake("Parça numarası geçersiz.", "There is no such part.",
                                code="bad_part")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        left = longest_bytes() - sum(
            size for n, size in self.parts().items() if n != number)
        coming = self._folder / f"coming-{os.urandom(8).hex()}"
        writer = SealedWriter(coming, self._key, self._bound(number))
        try:
            writer.write_all(_at_most(pieces, left))
            writer.close()
        except BaseException:
            writer.give_up()
            coming.unlink(missing_ok=True)
            raise
        try:
            with agreed(writer.size):
                coming.rename(self._path(number, writer.size))
                for other in self._folder.glob(f"part-{number:05}-*"):
                    if other != self._path(number, writer.size):
                        other.unlink(missing_ok=True)
        except BaseException:
            coming.unlink(missing_ok=True)
            raise
        return writer.size

    def parts(self) -> dict[int, int]:
        """Which parts are here, with their sizes in bytes."""
        found = {}
        with suppress(FileNotFoundError):
            for path in self._folder.glob("part-*"):
                _, number, size = path.name.split("-")
                found[int(number)] = int(size)
        return dict(sorted(found.items()))

    def read(self) -> Iterator[bytes]:
        """The whole file, piece by piece. Raises CannotDecrypt, or OSError also for a part that is
        not there: half a list is no list."""
        parts = self.parts()
        if list(parts) != list(range(1, len(parts) + 1)) or not parts:
            raise FileNotFoundError(f"a part of {self._name} is missing")
        for number, size in parts.items():
            yield from read_sealed(self._path(number, size), self._key, self._bound(number))

    def whole(self, through: Callable[[Iterator[bytes]], Iterable[bytes]] = iter,
              ) -> tuple[int, bytes]:
        """Size in bytes and SHA-256 of the whole, whose pieces pass ``through``; CallerMistake when
        a part is missing."""
        parts = self.parts()
        if not parts or list(parts) != list(range(1, len(parts) + 1)):
            missing = next((n for n in range(1, MOST_PARTS) if n not in parts), 1)
            raise CallerMistake(
                f"Dosyanın {missing}. parçası eksik; yükleme sürdürülebilir.",
                f"Part {missing} of the file is missing; the upload can be continued.",
                code="part_missing")
        digest = sha256()
        for piece in through(self.read()):
            digest.update(piece)
        return sum(parts.values()), digest.digest()

    def beside(self, name: str) -> PartedFile:
        """Another file under the same key, in a folder of its own within this one's."""
        return PartedFile(f"{self._name}/{name}", self._key)

    def remove(self) -> None:
        """Delete all of it; for an import that was given up before it was applied."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int, size: int) -> Path:
        return self._folder / f"part-{number:05}-{size}"

    def _bound(self, number: int) -> bytes:
        return f"import:{self._name}:{number}".encode()


def remove_unfinished() -> None:
    """Remove what a request that died left of a file in ``coming``: its key died with it."""
    for folder in (settings().import_folder / "coming").glob("*"):
        with suppress(FileNotFoundError):
            if clock.now().timestamp() - folder.stat().st_mtime > UNFINISHED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _at_most(pieces: Iterable[bytes], left: int) -> Iterator[bytes]:
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise too_long()
        yield piece


def longest_bytes() -> int:
    """The largest file that may be imported."""
    return settings().import_longest_mb * 1_000_000


def too_long() -> TooLarge:
    """What is said of a larger one."""
    most = settings().import_longest_mb
    return TooLarge(f"Dosya {most} MB’den büyük. Bölerek aktarın.",
                    f"The file is larger than {most} MB. Import it in pieces.")
