"""Which entries were taken back with their list, and when, for whoever looks back in time.

It registers by being imported (:mod:`ileti.consents.past`); carries no web framework, since
programs ask too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ileti.consents import past
from ileti.core import db
from ileti.imports.states import Undo


@past.forgets
def withdrawn(provider_id: int, entry_ids: Sequence[int]) -> dict[int, datetime]:
    """Entries of lists that were taken back, and when."""
    return dict(db.connection().execute(
        "select e.id, r.undone_at from consent_entry e join submission s "
        "on s.provider_id = e.provider_id and s.id = e.submission_id "
        "join import_run r on r.provider_id = s.provider_id "
        "and r.id = (s.evidence ->> 'import')::bigint "
        "where e.provider_id = %s and e.id = any(%s) and jsonb_typeof(s.evidence -> 'import') "
        "= 'number' and r.undone_at is not null and r.undo_kind = %s",
        (provider_id, list(entry_ids), int(Undo.TAKE_BACK))).fetchall())
