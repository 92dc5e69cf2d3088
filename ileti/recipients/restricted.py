"""Whether a record is kept of a person for the law alone (R-64).

Why this module exists: pages hide such records by :mod:`ileti.tenancy.scope`; who may see them all
the same (``restricted:read``) still opens no address, so the pages have to know.
"""

from __future__ import annotations

from datetime import datetime

from ileti.core import db


def is_restricted(provider_id: int, recipient_id: int, at: datetime) -> bool:
    """Whether what came about the recipient at that moment is restricted now."""
    row = db.system_connection().execute("select is_restricted(%s, %s, %s)",
                                  (provider_id, recipient_id, at)).fetchone()
    return bool(row and row[0])
