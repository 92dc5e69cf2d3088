"""The vault: files that prove consents, sealed, once per provider and content, never half there.

Why this module exists: a signed form or a recording is the proof a court asks for (R-09, R-46), and
it holds more of a person than the ledger does. A file comes as a stream (:class:`Spool`), is sealed
while it comes (:mod:`ileti.core.sealedfile`, a key of its own that the keyring wraps, so that
``ileti keys`` changes keys without touching a file), told by its content, scanned, counted against
the provider's quota, and only then kept. It never lies anywhere in clear.

A file is kept in two steps, so that a killed process leaves neither a row without a file nor a file
that nobody sweeps: a row in ``evidence_coming`` names the place before anything lies there, and one
transaction turns it into an ``evidence_file`` when all of it does. The place is a keyed hash of
provider and content: who sees the store cannot tell whether a file they know is in it. The same
content twice at once makes two objects and one file; the loser's object is removed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg

from config import settings
from ileti.core import db
from ileti.core.crypto import CannotDecrypt, QuickMac
from ileti.core.errors import CallerMistake, IletiError, NotFound, TooLarge, TryLater
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.sealedfile import SealedWriter, read_sealed
from ileti.core.secrets import secrets
from ileti.evidence import kinds, scan
from ileti.evidence.stores import (
    Store,
    newest_store,
    remove_left,
    spool_folder,
    store_of,
)

log = get_logger("ileti.evidence")

KEY_PURPOSE: Final = "evidence-key"
NAME_PURPOSE: Final = "evidence-name"
#: that the evidence of a click s names a file f (docs/adr/0029): the scan or the recording of an
#: explicit consent, which has no link of its own
NAMED_BY_CLICK: Final = """jsonb_typeof(s.evidence -> 'file') = 'object'
   and f.provider_id = s.provider_id
   and f.id = substring(s.evidence -> 'file' ->> 'id' from '^[0-9]{1,18}$')::bigint"""
LEFT_HOURS: Final = 6
_CONTROL: Final = bytes(n for n in range(32) if n not in b"\t\n\f\r") + b"\x7f"
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the vault: ``size`` in bytes, ``fresh`` when it was not there before."""

    id: int
    provider_id: int
    sha256: bytes
    size: int
    media_type: str
    name: str = field(repr=False)
    fresh: bool = False


class FileDamaged(IletiError):
    """A kept file is not what was put in, or is gone: bytes, key or place were changed."""

    status = 500
    code = "file_damaged"

    def __init__(self, file_id: int) -> None:
        super().__init__(
            f"{file_id} numaralı kanıt dosyası bozulmuş ya da yerinde değil; verilmedi. Yöneticiye "
            "bildirin.",
            f"Evidence file {file_id} is damaged or missing and was not given out. Tell your "
            "administrator.")


class Spool:
    """A file on its way in: sealed piece by piece while it comes, digest and kind found at once.

    A file object as far as a form's parser needs one. :meth:`close` forgets it.
    """

    def __init__(self) -> None:
        self.key, self.token = os.urandom(32), os.urandom(12).hex()
        self._writer: SealedWriter | None = None
        try:
            self.path = spool_folder() / f"{self.token}.sealed"
            self._writer = SealedWriter(self.path, self.key, bound_to(self.token))
        except OSError as error:
            raise no_room() from error
        self._head, self._tail, self._textual = b"", b"", True
        self.size, self.sha256 = 0, b""

    def write(self, data: bytes) -> int:
        """Take the next bytes; TooLarge beyond VAULT_LONGEST_MB."""
        assert self._writer is not None
        self.size += len(data)
        if self.size > settings().vault_longest_mb * _MB:
            raise too_large()
        if len(self._head) < kinds.HEAD:
            self._head = (self._head + data[:kinds.HEAD])[:kinds.HEAD]
        self._tail = (self._tail + data[-kinds.TAIL:])[-kinds.TAIL:]
        if self._textual and len(data.translate(None, _CONTROL)) != len(data):
            self._textual = False
        try:
            self._writer.write_all([data])
        except OSError as error:
            raise no_room() from error
        return len(data)

    def finish(self) -> str:
        """All is here: the media type. Raises CallerMistake for an empty file or a refused kind."""
        if self._writer is not None:
            try:
                _, self.sha256 = self._writer.close()
            except OSError as error:
                raise no_room() from error
            self._writer = None
        if not self.size:
            raise CallerMistake("Dosya boş.", "The file is empty.", code="empty_file")
        return kinds.tell(self._head, self._tail, textual=self._textual)

    def clear(self) -> Iterator[bytes]:
        """The clear content again, piece by piece."""
        return read_sealed(self.path, self.key, bound_to(self.token))

    def close(self) -> None:
        """Forget it."""
        if self._writer is not None:
            self._writer.give_up()
            self._writer = None
        self.path.unlink(missing_ok=True)

    def read(self, _size: int = -1) -> bytes:
        """Nobody reads it so."""
        return b""

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """A form's parser goes to the start when all is here."""
        return 0


def bound_to(token: str) -> bytes:
    """What a file's seal is bound to."""
    return f"vault:{token}".encode()


def put(provider_id: int, pieces: Iterable[bytes], name: str, *, by: int | None = None) -> Kept:
    """Keep a stream of bytes; see :func:`keep`."""
    spool = Spool()
    try:
        for piece in pieces:
            spool.write(piece)
        return keep(provider_id, spool, name, by=by)
    finally:
        spool.close()


def keep(provider_id: int, spool: Spool, name: str, *, by: int | None = None) -> Kept:
    """Keep a file that has come; the same content again is the file that is here, under its first
    name. Never inside a transaction.

    Raises CallerMistake for an empty, refused or infected file, TooLarge beyond the quota, TryLater
    when scanner or store do not answer; then nothing is kept.
    """
    db.refuse_open_transaction()
    media_type = spool.finish()
    name = kinds.clean_name(name)
    found = find(provider_id, spool.sha256)
    if found is not None:
        return found
    scan.look(spool.clear())
    store = newest_store()
    place = _place(provider_id, spool)
    coming = _reserve(provider_id, spool.size, store, place)
    reach("vault.reserved")
    try:
        store.put(place, spool.path)
    except OSError as error:
        _drop(coming)
        raise no_room() from error
    except BaseException:
        _drop(coming)
        raise
    reach("vault.stored")
    kept = _settle(coming, provider_id, spool, media_type, name, store, place, by)
    reach("vault.kept")
    if not kept.fresh:
        _forget(coming, store, place)
    return kept


_FILES: Final = "select id, provider_id, sha256, size, media_type, name from evidence_file "


def find(provider_id: int, digest: bytes) -> Kept | None:
    """The provider's file of this SHA-256."""
    return next(iter(find_all(provider_id, [digest])), None)


def find_all(provider_id: int, digests: Sequence[bytes]) -> list[Kept]:
    """The provider's files of these SHA-256, in one statement."""
    return [_kept(row) for row in db.system_connection().execute(
        _FILES + "where provider_id = %s and sha256 = any(%s) order by id",
        (provider_id, list(digests))).fetchall()]


def describe(provider_id: int, file_ids: Iterable[int]) -> dict[int, Kept]:
    """What files are, by number, in one statement; those that are not the provider's, or that are
    destroyed, are left out."""
    rows = db.system_connection().execute(
        _FILES + "where provider_id = %s and id = any(%s) and erased_at is null",
        (provider_id, list(file_ids))).fetchall()
    return {row[0]: _kept(row) for row in rows}


@contextmanager
def opened(provider_id: int, file_id: int) -> Iterator[Iterator[bytes]]:
    """The clear content piece by piece, after all of it was verified by its seal and its digest: a
    changed file gives out no byte. Raises NotFound, FileDamaged (named in the log),
    OutsideRetryable when the store does not answer."""
    row = db.system_connection().execute(
        "select sha256, file_key, store, place from evidence_file where provider_id = %s "
        "and id = %s and erased_at is null", (provider_id, file_id)).fetchone()
    if row is None:
        raise NotFound()
    digest, cipher, kind, place = row
    db.refuse_open_transaction()
    try:
        key = base64.b64decode(secrets().keyring.decrypt_text(cipher, KEY_PURPOSE))
        with store_of(kind).local(place) as path:
            _verify(path, key, place, bytes(digest))
            yield read_sealed(path, key, bound_to(_token_of(place)))
    except (CannotDecrypt, FileNotFoundError, ValueError) as error:
        log.error("vault_file_damaged", provider=provider_id, file=file_id,
                  reason=type(error).__name__)
        raise FileDamaged(file_id) from error


def verify(provider_id: int, file_id: int) -> None:
    """Read a whole file against its seal and digest; raises as :func:`opened`."""
    with opened(provider_id, file_id):
        return


def used(provider_id: int) -> tuple[int, int]:
    """Bytes kept and on their way, and the quota in bytes."""
    return _use(db.system_connection(), provider_id)


def sweep() -> dict[str, int]:
    """Remove what killed processes left: objects that became nobody's file, and half-come ones. A
    process that is merely slow finds its place dropped and keeps nothing."""
    conn = db.system_connection()
    rows = conn.execute(
        "update evidence_coming set dropped = true where dropped "
        "or started_at < now() - make_interval(hours => %s) returning id, store, place",
        [LEFT_HOURS]).fetchall()
    count = 0
    for coming, kind, place in rows:
        try:
            _forget(coming, store_of(kind), place)
            count += 1
        except IletiError as error:
            log.warning("vault_sweep", reason=error.code)
    return {"dropped": count, "left": remove_left()}


# -- steps ----------------------------------------------------------------------------------------


def _place(provider_id: int, spool: Spool) -> str:
    mac = QuickMac(secrets().key_for("vault-place"))
    digest = mac.of(provider_id.to_bytes(8, "big") + spool.sha256).hex()
    return f"{provider_id}/{digest[:2]}/{digest[2:]}-{spool.token}"


def _token_of(place: str) -> str:
    return place.rpartition("-")[2]


def _reserve(provider_id: int, size: int, store: Store, place: str) -> int:
    """Take the room before anything is written; two at once stand in a line (at the provider's
    row)."""
    with db.transaction(system=True) as conn:
        conn.execute("select from provider where id = %s for no key update", [provider_id])
        taken, quota = _use(conn, provider_id)
        if taken + size > quota:
            raise TooLarge(
                f"Kanıt kasasının kotası doldu: {quota // _MB} MB’nin {taken // _MB} MB’si dolu.",
                f"The evidence vault’s quota is used up: {taken // _MB} of {quota // _MB} MB are "
                "taken.", code="quota")
        row = conn.execute(
            "insert into evidence_coming (provider_id, size, store, place) values (%s, %s, %s, %s) "
            "returning id", (provider_id, size, store.kind, place)).fetchone()
    assert row is not None
    return int(row[0])


def _use(conn: Any, provider_id: int) -> tuple[int, int]:
    row = conn.execute(
        "select (select coalesce(sum(size), 0) from evidence_file where provider_id = p.id) + "
        "(select coalesce(sum(size), 0) from evidence_coming where provider_id = p.id "
        "and not dropped), p.vault_quota_mb from provider p where p.id = %s",
        [provider_id]).fetchone()
    if row is None:
        raise NotFound()
    quota = settings().vault_quota_mb if row[1] is None else row[1]
    return int(row[0]), quota * _MB


def _settle(coming: int, provider_id: int, spool: Spool, media_type: str, name: str, store: Store,
            place: str, by: int | None) -> Kept:
    """What lies there becomes the provider's file; of two of the same content the first."""
    ring = secrets().keyring
    key = ring.encrypt_text(base64.b64encode(spool.key).decode(), KEY_PURPOSE)
    with db.transaction(system=True) as conn:
        ours = conn.execute("select from evidence_coming where id = %s and not dropped for update",
                            [coming]).fetchone()
        if ours is None:
            raise TryLater("Yükleme çok uzun sürdü; yeniden yükleyin.",
                           "The upload took too long; upload it again.", code="swept")
        row = conn.execute(
            "insert into evidence_file (provider_id, created_by, size, sha256, media_type, name, "
            "file_key, store, place) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "on conflict (provider_id, sha256) do nothing returning id",
            (provider_id, by, spool.size, spool.sha256, media_type,
             ring.encrypt_text(name, NAME_PURPOSE), key, store.kind, place)).fetchone()
        if row is None:
            conn.execute("update evidence_coming set dropped = true where id = %s", [coming])
        else:
            conn.execute("delete from evidence_coming where id = %s", [coming])
    if row is not None:
        return Kept(row[0], provider_id, spool.sha256, spool.size, media_type, name, fresh=True)
    found = find(provider_id, spool.sha256)
    assert found is not None
    return found


def _drop(coming: int) -> None:
    """Something may lie there: the sweeper looks; also when this cannot be written, later."""
    with suppress(IletiError, psycopg.Error):
        db.system_connection().execute("update evidence_coming set dropped = true where id = %s",
                                [coming])


def _forget(coming: int, store: Store, place: str) -> None:
    """First the object, then the row that names it."""
    store.remove(place)
    reach("vault.removed")
    db.system_connection().execute(
        "delete from evidence_coming where id = %s and dropped", [coming])


def _verify(path: Path, key: bytes, place: str, digest: bytes) -> None:
    found = sha256()
    for piece in read_sealed(path, key, bound_to(_token_of(place))):
        found.update(piece)
    if found.digest() != digest:
        raise CannotDecrypt("the content is another one")


def _kept(row: Any) -> Kept:
    return Kept(row[0], row[1], bytes(row[2]), row[3], row[4],
                secrets().keyring.decrypt_text(row[5], NAME_PURPOSE))


def no_room() -> TryLater:
    """The sentence for a disk or folder that takes nothing."""
    log.error("vault_no_room")
    return TryLater("Dosya alınamadı: kanıt kasasının diskine yazılamıyor. Yöneticiye bildirin.",
                    "The file was not taken: the evidence vault’s disk cannot be written to. Tell "
                    "your administrator.", code="no_room")


def too_large() -> TooLarge:
    """The sentence for a file beyond the longest."""
    most = settings().vault_longest_mb
    return TooLarge(f"Dosya {most} MB’den büyük.", f"The file is larger than {most} MB.")
