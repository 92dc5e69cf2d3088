"""Files whose keys are destroyed leave the disk.

Why this module exists: a database function can destroy a key, which makes the file unreadable at
once and for good, but it cannot remove the file. This does, as often as it is called; a file of the
vault is left to the vault's own sweeper (:func:`ileti.evidence.vault.sweep`).
"""

from __future__ import annotations

import shutil

from config import settings
from ileti.core import db
from ileti.core.failpoints import reach


def remove() -> int:
    """Remove imported lists and İYS's daily files without a key; how many rows named some."""
    lists = db.connection().execute(
        "select id, path from import_run where file_key = '' and path <> ''").fetchall()
    for run_id, path in lists:
        shutil.rmtree(settings().import_folder / path, ignore_errors=True)
        reach("retention.removed")
        db.connection().execute("update import_run set path = '' where id = %s", (run_id,))
    days = db.connection().execute("select path from iys_archive where file_key = ''").fetchall()
    for (path,) in days:
        (settings().archive_folder / path).unlink(missing_ok=True)
    return len(lists)
