"""Files whose keys are destroyed leave the disk.

Why this module exists: a database function can destroy a key, which makes the file unreadable at
once and for good, but it cannot remove the file. This does, as often as it is called: what cannot
be removed now is named and tried again, and stops nothing else. A file of the vault is left to the
vault's own sweeper (:func:`ileti.evidence.vault.sweep`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config import settings
from ileti.core import db
from ileti.core.failpoints import reach
from ileti.core.inside import inside
from ileti.core.logs import get_logger

log = get_logger("ileti.retention")


def remove() -> int:
    """Remove imported lists and İYS's daily files without a key; how many lists went."""
    gone = 0
    lists = db.connection().execute(
        "select id, path from import_run where file_key = '' and path <> '' order by id").fetchall()
    for run_id, path in lists:
        if not _removed(settings().import_folder, path, shutil.rmtree):
            continue
        reach("retention.removed")
        db.connection().execute("update import_run set path = '' where id = %s", (run_id,))
        gone += 1
    days = db.connection().execute(
        "select path from iys_archive where file_key = '' order by id").fetchall()
    for (path,) in days:
        _removed(settings().archive_folder, path, Path.unlink)
    return gone


def _removed(folder: Path, path: str, how: Callable[[Path], object]) -> bool:
    """Whether nothing of it is left."""
    try:
        with suppress(FileNotFoundError):
            how(inside(folder, path))
    except (OSError, ValueError) as error:
        log.error("destroyed_file_stays", path=path, reason=str(error))
        return False
    return True
