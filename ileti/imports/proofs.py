"""Files that prove what an import brings: to all of it, or row by row by a column of file names.

Why this module exists: a list of signed forms is worth what its scans are worth (R-09). A file for
the whole import belongs to each of its entries by the run, not by a million rows: its digest goes
into the evidence that every entry commits to. A file that a row names is linked to that row's entry
in the transaction that writes it (``import_link``). Names are compared by their last part, NFC,
without case; two files whose names would be the same stand in nobody's place by chance: the second
is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from ileti.core import db
from ileti.core.crypto import QuickMac
from ileti.core.errors import CallerMistake, Conflict, NotFound
from ileti.core.secrets import secrets
from ileti.evidence import kinds
from ileti.evidence.kinds import Role, clean_name, fold_name
from ileti.evidence.vault import NAME_PURPOSE, Kept
from ileti.imports.states import CHANGEABLE, RunState

MOST_FILES: Final = 100_000


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of an import, as it is shown; ``no`` is its number in the import's set."""

    no: int
    file_id: int
    whole: bool
    role: Role
    added_at: datetime
    added_by: int | None
    size: int
    media_type: str
    sha256: bytes
    name: str = field(repr=False)


def attach(run_id: int, file: Kept, name: str, *, whole: bool, by: int | None = None,
           role: Role | None = None) -> int:
    """Add a kept file; its number. The same file by the same name again is the one that is there.

    ``whole``: it proves all of the import, and a dry run before it counts no more, since the
    evidence of every entry changes; a file that rows name may come after the dry run, which is then
    made once more. Raises NotFound, CallerMistake, Conflict when another file has the name or the
    import has moved on.
    """
    with db.transaction() as conn:
        return attach_within(conn, run_id, file, name, whole=whole, by=by, role=role)


def attach_within(conn: Any, run_id: int, file: Kept, name: str, *, whole: bool,
                  by: int | None = None, role: Role | None = None) -> int:
    """The same in a transaction of the caller's."""
    told = role or kinds.role_of(file.media_type)
    if whole and role is None and told is Role.SIGNED_FORM:
        told = Role.DOCUMENT  # that it holds all the forms somebody has to say
    role = kinds.check_role(told, file.media_type)
    name = clean_name(name)
    digest = _name_hash(run_id, name)
    place = _held(conn, run_id)
    if place.provider_id != file.provider_id:
        raise NotFound()
    there = conn.execute(
        "select id, file_id from import_file where import_id = %s and whole = %s "
        "and name_hash = %s", (run_id, whole, digest)).fetchone()
    if there is not None and there[1] == file.id:
        return int(there[0])
    if there is not None:
        raise Conflict(
            f"“{name}” adıyla başka bir dosya zaten var. Önce onu kaldırın ya da adı "
            "değiştirin.",
            f"Another file is called “{name}” already. Remove it first, or change the name.",
            code="name_taken")
    _refuse_too_many(conn, run_id)
    if whole:
        _anew(conn, run_id)
    row = conn.execute(
        "insert into import_file (import_id, provider_id, brand_id, dealer_id, file_id, "
        "added_by, whole, role, name, name_hash) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (run_id, place.provider_id, place.brand_id, place.dealer_id, file.id, by, whole,
         int(role), secrets().keyring.encrypt_text(name, NAME_PURPOSE), digest)).fetchone()
    return int(row[0])


def detach(run_id: int, no: int) -> None:
    """Take a file out before anything is applied; the vault keeps it. A dry run before it counts no
    more. Raises NotFound, Conflict."""
    with db.transaction() as conn:
        _held(conn, run_id)
        if conn.execute("delete from import_file where import_id = %s and id = %s",
                        (run_id, no)).rowcount != 1:
            raise NotFound()
        _anew(conn, run_id)


def copy_set(from_run: int, to_run: int) -> None:
    """The files of one import also for another of the same provider and brand; what is there under
    a name stays."""
    ring = secrets().keyring
    rows = db.connection().execute(
        "select f.provider_id, f.brand_id, f.dealer_id, f.file_id, f.added_by, f.whole, f.role, "
        "f.name from import_file f join import_run a on a.id = f.import_id join import_run b "
        "on b.id = %s and b.provider_id = a.provider_id and b.brand_id = a.brand_id "
        "and b.dealer_id is not distinct from a.dealer_id where f.import_id = %s",
        (to_run, from_run)).fetchall()
    with db.transaction() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "insert into import_file (import_id, provider_id, brand_id, dealer_id, file_id, "
            "added_by, whole, role, name, name_hash) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, "
            "%s) on conflict (import_id, whole, name_hash) do nothing",
            [(to_run, *row, _name_hash(to_run, ring.decrypt_text(row[7], NAME_PURPOSE)))
             for row in rows])


def names_of(run_id: int) -> dict[str, tuple[int, bool]]:
    """Number of each file that rows may name, and whether it is a scan (R-09), by folded name."""
    ring = secrets().keyring
    return {fold_name(ring.decrypt_text(name, NAME_PURPOSE)): (no, role == Role.SIGNED_FORM)
            for no, name, role in db.connection().execute(
                "select id, name, role from import_file where import_id = %s and not whole",
                [run_id])}


def count(run_id: int, *, since: datetime | None = None) -> int:
    """Files that rows may name; those added after a moment."""
    row = db.connection().execute(
        "select count(*) from import_file where import_id = %s and not whole "
        "and (%s::timestamptz is null or added_at > %s)", (run_id, since, since)).fetchone()
    assert row is not None
    return int(row[0])


def listed(run_id: int, *, whole: bool, limit: int = 200) -> list[RunFile]:
    """The files of an import, newest first."""
    ring = secrets().keyring
    rows = db.connection().execute(
        "select f.id, f.file_id, f.whole, f.role, f.added_at, f.added_by, v.size, v.media_type, "
        "v.sha256, f.name from import_file f join evidence_file v "
        "on v.provider_id = f.provider_id and v.id = f.file_id "
        "where f.import_id = %s and f.whole = %s and v.erased_at is null "
        "order by f.id desc limit %s",
        (run_id, whole, limit)).fetchall()
    return [RunFile(row[0], row[1], row[2], Role(row[3]), row[4], row[5], row[6], row[7],
                    bytes(row[8]), ring.decrypt_text(row[9], NAME_PURPOSE)) for row in rows]


def evidence_of(conn: Any, run_id: int) -> list[dict[str, Any]]:
    """What the evidence of each entry says of the files of the whole import, in order of their
    digests."""
    rows = conn.execute(
        "select distinct f.role, v.sha256 from import_file f join evidence_file v "
        "on v.provider_id = f.provider_id and v.id = f.file_id where f.import_id = %s and f.whole "
        "order by v.sha256, f.role", [run_id])
    return [{"role": Role(role).name, "sha256": bytes(digest).hex()} for role, digest in rows]


def scanned_as_a_whole(origin: dict[str, Any]) -> bool:
    """Whether the origin names a scan of the signed forms for all rows (R-09)."""
    return any(one.get("role") == Role.SIGNED_FORM.name for one in origin.get("files", ()))


@dataclass(frozen=True)
class _Owner:
    provider_id: int
    brand_id: int
    dealer_id: int | None


def _held(conn: Any, run_id: int) -> _Owner:
    """The run's row, locked; files change only while it may be mapped anew."""
    row = conn.execute("select provider_id, brand_id, dealer_id, state from import_run "
                       "where id = %s for no key update", [run_id]).fetchone()
    if row is None:
        raise NotFound()
    if row[3] not in CHANGEABLE:
        raise Conflict("Aktarma bu arada ilerledi; sayfayı yenileyin.",
                       "The import has moved on meanwhile; reload the page.", code="moved_on")
    return _Owner(*row[:3])


def _anew(conn: Any, run_id: int) -> None:
    conn.execute("update import_run set state = %s, fence = fence + 1, checked_at = null, "
                 "counts = '{}', problem = null where id = %s", (RunState.MAPPING, run_id))


def _refuse_too_many(conn: Any, run_id: int) -> None:
    row = conn.execute("select count(*) from import_file where import_id = %s",
                       [run_id]).fetchone()
    if row[0] >= MOST_FILES:
        raise CallerMistake(f"Bir aktarmaya en çok {MOST_FILES} dosya eklenebilir.",
                            f"An import can have {MOST_FILES} files at most.", code="many_files")


def _name_hash(run_id: int, name: str) -> bytes:
    mac = QuickMac(secrets().key_for("import-file-name"))
    return mac.of(run_id.to_bytes(8, "big") + fold_name(name).encode())[:16]


def missing_as_text(names: Sequence[str]) -> str:
    """Names as the run keeps them, encrypted like its key."""
    return secrets().keyring.encrypt_text(msgspec.json.encode(list(names)).decode(),
                                          MISSING_PURPOSE)


MISSING_PURPOSE: Final = "import-missing"  # as the column EncryptedText declares it
