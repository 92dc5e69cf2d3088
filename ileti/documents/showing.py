"""What text is on show, was on show at a moment, and how one is taken off.

Why one module: forms, pages and the question of a court ("what did she read on 3 May?") must get
the same answer. The rule itself is the database's function ``texts_on_show`` (ADR 0026); capture
asks it directly. Nothing here edits: retiring and putting on forms are events with a moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ileti.core import db
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.documents.publish import note


@dataclass(frozen=True)
class OnShow:
    """A wording on show for a brand; ``inherited``: it is the provider's."""

    document_id: int
    name: str
    inherited: bool
    kind: str
    channel: int | None
    language: str
    version_id: int
    version: int
    title: str
    body: str
    content_hash: bytes
    effective_from: datetime


_ON_SHOW = """
select document_id, name, brand_id is null, kind, channel, language, version_id, version, title,
       body, content_hash, effective_from
  from texts_on_show(%s, %s, %s)
 order by kind, channel nulls first, name, language desc"""


def on_show(provider_id: int, brand_id: int | None, at: datetime) -> list[OnShow]:
    """All wordings on show for a brand at a moment (aware); for None the provider's own alone."""
    rows = db.connection().execute(_ON_SHOW, (provider_id, brand_id, at)).fetchall()
    return [OnShow(*row) for row in rows]


def retire(document_id: int, *, user_id: int | None, reason: str) -> bool:
    """Take a text off from now on; False when nothing of it is on show or planned.

    What was published stays readable, and consents taken on it stay what they are (R-18).
    """
    reason = reason.strip()[:400]
    if len(reason) < 3:
        raise InvalidInput(errors=(FieldError(
            "reason", "missing", "Metni neden kaldırdığınızı yazın.",
            "Write why the text is taken off."),))
    return _happened(document_id, "RETIRED", "document:retire", user_id, reason)


def put_on_forms(document_id: int, *, user_id: int | None) -> bool:
    """Let forms show this text instead of another of its kind; False when nothing of it is
    published."""
    return _happened(document_id, "ON_FORMS", "document:on_forms", user_id, "")


def _happened(document_id: int, kind: str, action: str, user_id: int | None, reason: str) -> bool:
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(170, %s)", (document_id,))
        row: Any = conn.execute(
            "select d.provider_id, exists (select from document_version v "
            "where v.document_id = d.id and not exists (select from document_event e "
            "where e.document_id = d.id and e.kind = 'RETIRED' and e.at >= v.published_at)) "
            "from document d where d.id = %s", (document_id,)).fetchone()
        if row is None:
            raise NotFound()
        if not row[1]:
            return False
        event: Any = conn.execute(
            'insert into document_event (provider_id, document_id, kind, at, "by", reason) '
            "values (%s, %s, %s, clock_timestamp(), %s, %s) "
            "returning id, text_event_digest(document_event)",
            (row[0], document_id, kind, user_id, reason)).fetchone()
        note(conn, row[0], user_id, action, f"document:{document_id}",
             ({"reason": reason} if reason else {}) | {"event": event[0], "digest": event[1]})
        return True
