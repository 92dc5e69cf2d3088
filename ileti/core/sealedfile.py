"""Files that hold personal data lie on disk encrypted, however large they are.

Why this module exists: a day's file from İYS holds addresses in clear and may be hundreds of
megabytes, so it can neither be encrypted as one value nor lie there as it came. It is written in
pieces of a quarter of a megabyte, each AES-256-GCM under a key of the file's own; the piece's
number and whether it is the last are part of its nonce, so that pieces cannot be left out, moved or
cut off unnoticed. The file's key is kept by the caller, encrypted under ``ENCRYPTION_KEYS``, and so
follows the change of keys (docs/adr/0013) without the file being touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256, sha384
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ileti.core.crypto import CannotDecrypt

MAGIC = b"ILETI-SEALED-1\n"
PIECE = 1 << 18
TAG = 16


class SealedWriter:
    """Writes one new file; never an existing one (FileExistsError). Size in bytes, lines and
    digests are of the clear content."""

    def __init__(self, path: Path, key: bytes, bound_to: bytes) -> None:
        self._cipher, self._bound = AESGCM(key), bound_to
        self.size = self.lines = self._number = 0
        self._sha384, self._sha256 = sha384(), sha256()
        self._rest = bytearray()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._write(MAGIC)

    def write_all(self, pieces: Iterable[bytes]) -> None:
        """Write what comes, in pieces of any size."""
        for piece in pieces:
            self.size += len(piece)
            self.lines += piece.count(b"\n")
            self._sha384.update(piece)
            self._sha256.update(piece)
            self._rest += piece
            # one piece is held back: only the end tells which is the last
            while len(self._rest) > PIECE:
                self._seal(bytes(self._rest[:PIECE]), last=False)
                del self._rest[:PIECE]

    def close(self) -> tuple[bytes, bytes]:
        """Write the last piece, bring all to the disk; SHA-384 and SHA-256 of the content."""
        self._seal(bytes(self._rest), last=True)
        os.fsync(self._handle)
        os.close(self._handle)
        return self._sha384.digest(), self._sha256.digest()

    def give_up(self) -> None:
        """Close without an end; what was written cannot be read."""
        os.close(self._handle)

    def _seal(self, clear: bytes, *, last: bool) -> None:
        self._write(self._cipher.encrypt(_nonce(self._number, last), clear, self._bound))
        self._number += 1

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view):]


def read_sealed(path: Path, key: bytes, bound_to: bytes) -> Iterator[bytes]:
    """The clear content piece by piece; raises CannotDecrypt when the file is not whole, OSError
    when it is not there."""
    cipher = AESGCM(key)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise CannotDecrypt("not a sealed file")
        number, piece = 0, file.read(PIECE + TAG)
        while True:
            following = file.read(PIECE + TAG)
            try:
                yield cipher.decrypt(_nonce(number, not following), piece, bound_to)
            except (InvalidTag, ValueError) as error:
                raise CannotDecrypt(f"piece {number} was changed") from error
            if not following:
                return
            number, piece = number + 1, following


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))
