"""The life of an export: asked for, held by a worker, cancelled, gone.

Why this module exists: a page, a program, a worker and an erasure all change the same row. Each
step is one guarded UPDATE, so that whoever comes second changes nothing and is told so. A worker
holds a run by a lease (``next_at``) under a fence; what it wrote without holding it counts for
nothing. Nothing here commits but the single statements.
"""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from config import settings
from ileti.core import clock, db, jobs
from ileti.core.secrets import secrets
from ileti.exports import kinds
from ileti.exports.kinds import Form, Kind
from ileti.exports.states import OPEN, State

LEASE_SECONDS: Final = 60
MOST_TRIES: Final = 5
#: how long a line of the page stays after its file is gone
LINE_DAYS: Final = 30
_PURPOSE: Final = "export-file"
JOB: Final = "exports.jobs.make"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the work on it needs it."""

    id: int
    provider_id: int
    brand_id: int | None
    dealer_id: int | None
    user_id: int | None
    membership_id: int | None
    account_id: int | None
    key_id: int | None
    restricted: bool
    kind: str
    form: Form
    language: str
    full: bool
    asked: dict[str, Any]
    state: State
    rows: int
    expected: int | None
    size: int
    path: str
    file_key: str = field(repr=False)
    fence: int
    tries: int
    fetched: int
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None

    @property
    def of(self) -> Kind | None:
        """What list it is; None when no room has it any more."""
        return kinds.of(self.kind)

    @property
    def name(self) -> str:
        """What the file is called when it is fetched."""
        kind, day = self.of, clock.to_istanbul(self.created_at)
        word = kind.file[self.language == "en"] if kind else "export"
        return f"{word}-{day:%Y-%m-%d}.{self.form}"

    @property
    def place(self) -> Path:
        """Where the file lies."""
        return settings().export_folder / self.path

    @property
    def bound_to(self) -> bytes:
        """What the file is sealed for."""
        return f"export:{self.path}".encode()

    def key(self) -> bytes:
        """The file's own."""
        return base64.b64decode(secrets().keyring.decrypt_text(self.file_key, _PURPOSE))

    @property
    def ready(self) -> bool:
        """Whether its file may be fetched, as far as time goes."""
        return (self.state is State.READY and self.file_key != ""
                and self.expires_at is not None and self.expires_at > clock.now())


_COLUMNS: Final = ", ".join(f'"{name}"' for name in Run.__dataclass_fields__)
_READ: Final = f"select {_COLUMNS} from export_run"  # noqa: S608 (our own fields' names)


def ring() -> None:
    """Let a worker look."""
    jobs.ring(JOB)


def read(number: int, *, user_id: int | None = None, account_id: int | None = None) -> Run | None:
    """A run of that person or program; None for anybody else's."""
    row = db.connection().execute(
        _READ + " where id = %s and (user_id = %s or account_id = %s)",
        (min(max(number, 0), 2**63 - 1), user_id, account_id)).fetchone()
    return _run(row) if row else None


def of_user(user_id: int, membership_id: int, most: int = 50) -> list[Run]:
    """A person's runs in one work space, the newest first."""
    rows = db.connection().execute(
        _READ + " where user_id = %s and membership_id = %s order by id desc limit %s",
        (user_id, membership_id, most)).fetchall()
    return [_run(row) for row in rows]


def waiting() -> bool:
    """Whether there is anything to make."""
    row = db.system_connection().execute(
        "select exists (select from export_run where state = any(%s) and next_at <= now())",
        [list(OPEN)]).fetchone()
    return bool(row and row[0])


def claim() -> Run | None:
    """Take the oldest run that waits, or whose worker has gone; held until the lease is over.
    What was tried too often is given up."""
    conn = db.system_connection()
    conn.execute(
        "update export_run set state = %s, fence = fence + 1, ended_at = now(), file_key = '' "
        "where state = any(%s) and next_at <= now() and tries >= %s",
        (State.FAILED, list(OPEN), MOST_TRIES))
    row = conn.execute(
        "update export_run set state = %s, fence = fence + 1, tries = tries + 1, rows = 0, "  # noqa: S608 (our own fields' names)
        "size = 0, expected = null, begun_at = now(), next_at = now() + make_interval(secs => %s) "
        "where id = (select id from export_run where state = any(%s) and next_at <= now() "
        f"order by id limit 1 for update skip locked) returning {_COLUMNS}",
        (State.RUNNING, LEASE_SECONDS, list(OPEN))).fetchone()
    if row is None:
        return None
    run = _run(row)
    remove_file(run)  # what a worker that died left; its key goes with the next statement
    return run


def begin(run: Run, *, restricted: bool, expected: int | None) -> Run | None:
    """Give the run a new file; None when somebody else has it, or nobody wants it any more."""
    path = f"{run.provider_id}/{run.id}-{run.fence}-{os.urandom(8).hex()}"
    key = secrets().keyring.encrypt_text(base64.b64encode(os.urandom(32)).decode(), _PURPOSE)
    row = db.system_connection().execute(
        "update export_run set path = %s, file_key = %s, restricted = %s, expected = %s "  # noqa: S608 (our own fields' names)
        f"where id = %s and fence = %s and state = %s returning {_COLUMNS}",
        (path, key, restricted, expected, run.id, run.fence, State.RUNNING)).fetchone()
    return _run(row) if row else None


def go_on(run: Run, rows: int, size: int) -> bool:
    """Tell how far it is and keep the lease; False when the run is no longer this worker's."""
    done = db.system_connection().execute(
        "update export_run set rows = %s, size = %s, next_at = now() + make_interval(secs => %s) "
        "where id = %s and fence = %s and state = %s",
        (rows, size, LEASE_SECONDS, run.id, run.fence, State.RUNNING))
    return done.rowcount == 1


def finish(run: Run, rows: int, size: int) -> bool:
    """The file is whole. False when the run is no longer this worker's."""
    done = db.system_connection().execute(
        "update export_run set state = %s, rows = %s, size = %s, expected = %s, ended_at = now(), "
        "expires_at = %s where id = %s and fence = %s and state = %s",
        (State.READY, rows, size, rows, clock.now() + timedelta(hours=settings().export_keep_hours),
         run.id, run.fence, State.RUNNING))
    return done.rowcount == 1


def try_later(run: Run, seconds: float) -> None:
    """Something went wrong; once more after a while."""
    db.system_connection().execute(
        "update export_run set next_at = now() + make_interval(secs => %s) "
        "where id = %s and fence = %s and state = %s",
        (seconds, run.id, run.fence, State.RUNNING))


def end(run: Run, state: State) -> bool:
    """Bring a run to an end that leaves no file. False when it had ended before."""
    done = db.system_connection().execute(
        "update export_run set state = %s, fence = fence + 1, file_key = '', "
        "ended_at = coalesce(ended_at, now()) where id = %s and state = any(%s)",
        (state, run.id, [*OPEN, State.READY]))
    remove_file(run)
    return done.rowcount == 1


def end_all(conn: psycopg.Connection[Any], provider_id: int) -> int:
    """Somebody in a provider's records is being erased: in the same transaction no file that was
    made of them can be read any more, and what is being made begins anew. How many it concerned."""
    done = conn.execute(
        "update export_run set state = case when state = %(ready)s then %(ended)s "
        "else %(waiting)s end, fence = fence + 1, file_key = '', next_at = now(), "
        "tries = case when state = %(ready)s then tries else 0 end, "
        "ended_at = case when state = %(ready)s then ended_at end "
        "where provider_id = %(provider)s and state = any(%(states)s)",
        {"ready": State.READY, "ended": State.ENDED, "waiting": State.WAITING,
         "provider": provider_id, "states": [State.RUNNING, State.READY]})
    return done.rowcount


def count_fetch(run: Run, conn: psycopg.Connection[Any] | None = None) -> None:
    """Its file was taken once more."""
    (conn or db.connection()).execute(
        "update export_run set fetched = fetched + 1 where id = %s", [run.id])


def sweep() -> dict[str, int]:
    """Destroy what expired, remove files nobody may read, forget old lines."""
    conn = db.system_connection()
    expired = conn.execute(
        "update export_run set state = %s, file_key = '' where state = %s and expires_at <= now()",
        (State.EXPIRED, State.READY)).rowcount
    gone = 0
    for row in conn.execute(_READ + " where path <> '' and not state = any(%s)",
                            [[*OPEN, State.READY]]).fetchall():
        run = _run(row)
        remove_file(run)
        conn.execute("update export_run set path = '', file_key = '' where id = %s and path = %s",
                     (run.id, run.path))
        gone += 1
    forgotten = conn.execute(
        "delete from export_run where path = '' and not state = any(%s) "
        "and created_at < now() - make_interval(days => %s)",
        ([*OPEN, State.READY], LINE_DAYS)).rowcount
    return {"expired": expired, "files_removed": gone, "lines_forgotten": forgotten}


def remove_file(run: Run) -> None:
    """Take its file off the disk."""
    if run.path:
        with suppress(FileNotFoundError):
            run.place.unlink()


def _run(row: Any) -> Run:
    values = dict(zip(Run.__dataclass_fields__, row, strict=True))
    values["form"], values["state"] = Form(values["form"]), State(values["state"])
    return Run(**values)
