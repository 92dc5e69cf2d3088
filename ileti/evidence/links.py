"""Files of an entry: who linked what to it, and when.

Why this module exists: a proof may come with the consent or years later, and both must show. A link
is added and never changed; its leaf commits to entry, file, role and author as an entry's leaf does
(docs/adr/0005, 0024), and is computed by the database (``link_entry_file``).
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.errors import LockNotAvailable, SerializationFailure

from ileti.core import db
from ileti.core.errors import CallerMistake, TryLater
from ileti.core.secrets import secrets
from ileti.evidence import kinds
from ileti.evidence.kinds import Role
from ileti.evidence.vault import NAME_PURPOSE, Kept


def link(entry_id: int, file: Kept, role: Role, name: str, *, by: int | None) -> int:
    """Link a kept file to an entry of its provider; the link's number. The same again is the link
    that is there. Raises CallerMistake for a role the content cannot have, or when the person of
    the entry was erased, TryLater while person or file are being destroyed."""
    return link_all([entry_id], file, role, name, by=by)[0]


def link_all(entry_ids: Sequence[int], file: Kept, role: Role, name: str, *, by: int | None
             ) -> list[int]:
    """The same for several entries in one statement: all are linked or none."""
    kinds.check_role(role, file.media_type)
    ring, name = secrets().keyring, kinds.clean_name(name)
    try:
        rows = db.connection().execute(
            "select link_entry_file(%s, e.id, %s, %s::smallint, e.name, %s) "
            "from unnest(%s::bigint[], %s::text[]) with ordinality e(id, name, n) order by e.n",
            (file.provider_id, file.id, int(role), by, list(entry_ids),
             [ring.encrypt_text(name, NAME_PURPOSE) for _ in entry_ids])).fetchall()
    except (SerializationFailure, LockNotAvailable) as error:
        raise TryLater("Kişi ya da dosya şu anda imha ediliyor; yeniden deneyin.",
                       "The person or the file is being destroyed now; try again.",
                       code="being_destroyed") from error
    if not rows or any(row[0] is None for row in rows):
        raise CallerMistake("Kişinin verileri silindiği için bu kayda kanıt eklenemez.",
                            "The person was erased, so nothing can be added to this record.",
                            code="erased")
    return [int(row[0]) for row in rows]
