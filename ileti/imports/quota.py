"""How much may be on its way at once: files of a provider that are not whole or not applied yet.

Why this module exists: a list that never gets finished costs room on the disk of everybody, whether
its upload was left or nobody applies it. So a provider's unfinished uploads are bounded by number
(IMPORT_OPEN_UPLOADS) and given up when nothing came for :data:`QUIET_DAYS`; together with lists
that wait to be applied they are bounded by bytes (IMPORT_OPEN_MB). Who meets a bound is told what
would end it. The command line is not bounded: whoever has it has the disk.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import Any, Final

from config import settings
from ileti.core import clock, db
from ileti.core.errors import Conflict
from ileti.imports.files import UNFINISHED_SECONDS
from ileti.imports.states import ON_ITS_WAY, RunState

#: Days after which an upload that nothing came for is given up.
QUIET_DAYS: Final = 7
#: Between the folder an import began with and what sets another attempt's apart.
ATTEMPT: Final = "-"
#: Two at once would each count without the other.
_ONE_BY_ONE: Final = "select pg_advisory_xact_lock(hashtext('import_uploads'), %s)"


def admit(conn: Any, provider_id: int) -> None:
    """Let one more upload begin, which is in the table already. Raises Conflict when there were as
    many as may be; the caller's transaction is rolled back then."""
    conn.execute(_ONE_BY_ONE, [provider_id])
    row = conn.execute("select count(*) from import_run where provider_id = %s and state = %s",
                       (provider_id, RunState.UPLOADING)).fetchone()
    most = settings().import_open_uploads
    if row[0] > most:
        raise Conflict(
            f"{most} dosyanın yüklemesi yarım duruyor; daha fazlası açılmaz. Birini bitirin ya da "
            "ondan vazgeçin.",
            f"{most} uploads are unfinished; no more can be opened. Finish one, or give it up.",
            code="too_many_uploads")


def take_room(conn: Any, run_id: int, size: int) -> None:
    """Note how many bytes of the run's file are here, the run's row being held. Raises Conflict
    when the provider's files on their way are more together than may be."""
    provider_id = conn.execute("select provider_id from import_run where id = %s",
                               [run_id]).fetchone()[0]
    conn.execute(_ONE_BY_ONE, [provider_id])
    row = conn.execute(
        "select coalesce(sum(size), 0) from import_run "
        "where provider_id = %s and state = any (%s) and id <> %s",
        (provider_id, list(ON_ITS_WAY), run_id)).fetchone()
    if row[0] + size > settings().import_open_mb * 1_000_000:
        raise Conflict(
            "Yarım duran yüklemeler ve uygulanmayı bekleyen listeler birlikte "
            f"{settings().import_open_mb} MB’yi aşıyor. Birini uygulayın ya da ondan vazgeçin.",
            "Unfinished uploads and lists that wait to be applied are more than "
            f"{settings().import_open_mb} MB together. Apply one, or give it up.",
            code="uploads_too_large")
    conn.execute("update import_run set size = %s where id = %s", (size, run_id))


def sweep() -> dict[str, int]:
    """Give up uploads nothing came for, unless a legal hold is on them (ADR 0029), and remove what
    attempts that died left on the disk: a folder goes only when its import is known and does not
    stand in it."""
    conn = db.connection()
    quiet = conn.execute(
        "update import_run set state = %s, fence = fence + 1, ended_at = now() where state = %s "
        "and next_at < now() - make_interval(days => %s) "
        "and not under_hold(provider_id, brand_id, null, created_at, now()) returning id",
        (RunState.CANCELLED, RunState.UPLOADING, QUIET_DAYS)).fetchall()
    return {"uploads_given_up": len(quiet), "folders": _remove_folders()}


def _remove_folders() -> int:
    root, gone = settings().import_folder, 0
    old = clock.now().timestamp() - UNFINISHED_SECONDS
    there = {}
    for folder in root.glob("[0-9]*/*"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < old:
                there[str(folder.relative_to(root))] = folder
    for (path,) in db.connection().execute(
            "select t.path from unnest(%s::text[]) t(path) "
            "where exists (select from import_run r where split_part(r.path, %s, 1) "
            "= split_part(t.path, %s, 1) and (r.path <> t.path or r.state = %s and not exists "
            "(select from import_chunk c where c.import_id = r.id)))",
            (list(there), ATTEMPT, ATTEMPT, RunState.CANCELLED)).fetchall():
        shutil.rmtree(there[path], ignore_errors=True)
        gone += 1
    return gone
