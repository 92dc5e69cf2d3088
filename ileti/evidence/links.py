"""Files of an entry: who linked what to it, and when.

Why this module exists: a proof may come with the consent or years later, and both must show. A link
is added and never changed; its leaf commits to entry, file, role and author as an entry's leaf does
(docs/adr/0005, 0024), and is computed by the database (``link_entry_file``).
"""

from __future__ import annotations

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
    kinds.check_role(role, file.media_type)
    try:
        row = db.connection().execute(
            "select link_entry_file(%s, %s, %s, %s::smallint, %s, %s)",
            (file.provider_id, entry_id, file.id, int(role),
             secrets().keyring.encrypt_text(kinds.clean_name(name), NAME_PURPOSE), by)).fetchone()
    except (SerializationFailure, LockNotAvailable) as error:
        raise TryLater("Kişi ya da dosya şu anda imha ediliyor; yeniden deneyin.",
                       "The person or the file is being destroyed now; try again.",
                       code="being_destroyed") from error
    if row is None or row[0] is None:
        raise CallerMistake("Kişinin verileri silindiği için bu kayda kanıt eklenemez.",
                            "The person was erased, so nothing can be added to this record.",
                            code="erased")
    return int(row[0])
