"""Large files at rest: whole or not at all."""

from __future__ import annotations

import os
from hashlib import sha256, sha384
from pathlib import Path

import pytest

from ileti.core.crypto import CannotDecrypt
from ileti.core.sealedfile import MAGIC, PIECE, TAG, SealedWriter, read_sealed

KEY = os.urandom(32)


def write(path: Path, content: bytes, piece: int = 10_000) -> tuple[bytes, bytes]:
    writer = SealedWriter(path, KEY, b"place")
    writer.write_all(content[n:n + piece] for n in range(0, len(content), piece))
    return writer.close()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_written_is_read(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    digests = write(tmp_path / "one", content)
    assert digests == (sha384(content).digest(), sha256(content).digest())
    assert b"".join(read_sealed(tmp_path / "one", KEY, b"place")) == content


@pytest.mark.parametrize("harm", [
    lambda raw: raw[:-1], lambda raw: raw[:len(MAGIC) + PIECE + TAG], lambda raw: b"x" + raw[1:],
    lambda raw: raw[:100] + bytes((raw[100] ^ 1,)) + raw[101:], lambda raw: raw + b"more",
    lambda raw: MAGIC + raw[len(MAGIC) + PIECE + TAG:],
])
def test_a_file_that_was_cut_or_changed_is_not_read(tmp_path: Path, harm: object) -> None:
    path = tmp_path / "one"
    write(path, os.urandom(3 * PIECE))
    path.write_bytes(harm(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(CannotDecrypt):
        b"".join(read_sealed(path, KEY, b"place"))


def test_another_key_or_place_does_not_open_it(tmp_path: Path) -> None:
    write(tmp_path / "one", b"x")
    for key, place in ((os.urandom(32), b"place"), (KEY, b"elsewhere")):
        with pytest.raises(CannotDecrypt):
            b"".join(read_sealed(tmp_path / "one", key, place))


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "one", b"first")
    with pytest.raises(FileExistsError):
        SealedWriter(tmp_path / "one", KEY, b"place")


def test_a_file_that_was_given_up_is_not_whole(tmp_path: Path) -> None:
    writer = SealedWriter(tmp_path / "one", KEY, b"place")
    writer.write_all([os.urandom(2 * PIECE)])
    writer.give_up()
    with pytest.raises(CannotDecrypt):
        b"".join(read_sealed(tmp_path / "one", KEY, b"place"))
