"""A file on its way: who may write to it, and when it is whole.

Why this module exists: a program or a page sends again what got no answer, perhaps while the first
sending is still under way or its web process was killed. So whoever writes a whole file, or closes
one, holds the upload by a lease (``next_at``) under a fence, and each attempt at a whole file goes
into a folder of its own; numbered parts may come side by side, and become parts only while nobody
holds it. What the import's digest was made of can no longer change afterwards. No transaction is
open while bytes come.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, IletiError
from ileti.core.failpoints import reach
from ileti.imports import quota, runs
from ileti.imports.files import PART_BYTES
from ileti.imports.runs import Run
from ileti.imports.states import RunState

#: How long a sender that has died is waited for.
LEASE_SECONDS: Final = 25
_PROLONG_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is here: its size in bytes and its SHA-256."""

    size: int
    digest: bytes


def receive(run_id: int, pieces: Iterable[bytes]) -> tuple[Run, Arrived]:
    """The whole file in one go, in place of whatever an earlier attempt left; the run as it is
    held now. An empty piece says that the sender is still there. Raises Conflict when another
    attempt is under way, TooLarge, and CallerMistake for an empty file; parts that were whole by
    then stay."""
    run = _hold(run_id, anew=True)
    try:
        size, digest = 0, sha256()
        for number, part in enumerate(_parts(_kept(run, pieces)), 1):
            run.file.add(number, [part])
            digest.update(part)
            size += len(part)
            _note_size(run, size)
            reach("import.part")
        if not size:
            raise _empty()
    except BaseException:
        _release(run)
        if not _is_held(run):
            run.file.remove()  # another attempt has a folder of its own
        raise
    return run, Arrived(size, digest.digest())


def add_part(run_id: int, number: int, pieces: Iterable[bytes]) -> int:
    """One part; its size in bytes. Raises Conflict when the upload has ended or is held."""
    run = _open(run_id)
    if _seconds_held(run_id):
        raise _going_on(run_id)

    @contextmanager
    def agreed(size: int) -> Iterator[None]:
        with db.transaction() as conn:
            row = conn.execute(
                "update import_run set next_at = now() where id = %s and state = %s "
                "and fence = %s and next_at <= now() returning id",
                (run_id, RunState.UPLOADING, run.fence)).fetchone()
            if row is None:
                raise _moved_on()
            quota.take_room(conn, run_id, size + sum(
                there for n, there in run.file.parts().items() if n != number))
            yield

    return run.file.add(number, pieces, agreed)


def close(run_id: int) -> tuple[Run, Arrived]:
    """All parts are here: the run as it is held now, and what they are together. Raises
    CallerMistake for a missing part or an empty file, Conflict when somebody holds the upload."""
    run = _hold(run_id, anew=False)
    try:
        size, digest = run.file.whole(lambda pieces: _kept(run, pieces))
        if not size:
            raise _empty()
    except BaseException:
        _release(run)
        raise
    return run, Arrived(size, digest)


def finish(run_id: int) -> Run:
    """All parts are here, and nobody says what they should be: the run, to be mapped. From now on
    no part can change. Raises as :func:`close` and :func:`settle`."""
    return settle(*close(run_id))


def settle(run: Run, arrived: Arrived) -> Run:
    """The file is what it should be: from now on it is the import's. Raises Conflict when another
    attempt was faster."""
    done = db.connection().execute(
        "update import_run set state = %s, size = %s, sha256 = %s, fence = fence + 1, "
        "next_at = now(), problem = null where id = %s and state = %s and fence = %s "
        "and next_at > now()",
        (RunState.MAPPING, arrived.size, arrived.digest, run.id, RunState.UPLOADING, run.fence))
    if done.rowcount != 1:
        raise _moved_on()
    return runs.read_run(run.id)


def leave_open(run: Run, size: int) -> None:
    """Nobody holds the upload any more; ``size`` is what has come so far."""
    db.connection().execute(
        "update import_run set next_at = now(), size = %s where id = %s and state = %s "
        "and fence = %s", (size, run.id, RunState.UPLOADING, run.fence))


def _hold(run_id: int, *, anew: bool) -> Run:
    before = _open(run_id)
    path, key = runs.new_file(before.place, before.path) if anew else (
        before.path, before.file_key)
    row = db.connection().execute(
        "update import_run set fence = fence + 1, path = %s, file_key = %s, "
        "next_at = now() + make_interval(secs => %s) where id = %s and state = %s "
        "and fence = %s and next_at <= now() returning id",
        (path, key, LEASE_SECONDS, run_id, RunState.UPLOADING, before.fence)).fetchone()
    if row is None:
        raise _going_on(run_id)
    if anew:
        before.file.remove()
    return runs.read_run(run_id)


def _kept(run: Run, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces, prolonging the lease; raises Conflict once the run is somebody else's."""
    noted = time.monotonic()
    for piece in pieces:
        if time.monotonic() - noted > _PROLONG_SECONDS:
            noted = time.monotonic()
            if not _prolong(run):
                raise _moved_on()
        yield piece


def _prolong(run: Run) -> bool:
    done = db.connection().execute(
        "update import_run set next_at = now() + make_interval(secs => %s) "
        "where id = %s and state = %s and fence = %s and next_at > now()",
        (LEASE_SECONDS, run.id, RunState.UPLOADING, run.fence))
    return done.rowcount == 1


def _note_size(run: Run, size: int) -> None:
    """Of an upload that is still ours. Raises Conflict when there is no room for so much; then
    nothing of it stays."""
    try:
        with db.transaction() as conn:
            if conn.execute(
                    "select 1 from import_run where id = %s and state = %s and fence = %s "
                    "for no key update", (run.id, RunState.UPLOADING, run.fence)).fetchone():
                quota.take_room(conn, run.id, size)
    except Conflict:
        run.file.remove()
        db.connection().execute("update import_run set size = 0 where id = %s and fence = %s",
                                (run.id, run.fence))
        raise


def _release(run: Run) -> None:
    db.connection().execute(
        "update import_run set next_at = now() where id = %s and state = %s and fence = %s",
        (run.id, RunState.UPLOADING, run.fence))


def _is_held(run: Run) -> bool:
    found = db.connection().execute("select path from import_run where id = %s",
                                    [run.id]).fetchone()
    return found is not None and found[0] == run.path


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    if held:
        yield bytes(held)


def _open(run_id: int) -> Run:
    run = runs.read_run(run_id)
    if run.state is not RunState.UPLOADING:
        raise Conflict("Dosyanın yüklenmesi bitti.", "The upload has ended.", code="moved_on")
    return run


def _seconds_held(run_id: int) -> int:
    row = db.connection().execute(
        "select ceil(extract(epoch from next_at - now()))::int from import_run where id = %s "
        "and next_at > now()", [run_id]).fetchone()
    return int(row[0]) if row else 0


def _going_on(run_id: int) -> IletiError:
    left = _seconds_held(run_id)
    return Conflict(
        "Bu dosya şu anda başka bir bağlantıdan geliyor. Bitmesini ya da kesildiğinin "
        "anlaşılmasını bekleyin.",
        "This file is coming over another connection at this moment. Wait until it has ended or "
        "is known to be broken.", code="upload_going_on", retry_after=max(1, min(left, 30)))


def _moved_on() -> Conflict:
    return Conflict("Yükleme bu arada başka bir bağlantıdan sürdü.",
                    "The upload has gone on over another connection meanwhile.", code="moved_on")


def _empty() -> CallerMistake:
    return CallerMistake("Dosya boş.", "The file is empty.", code="empty_file")
