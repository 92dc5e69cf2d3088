"""Whether published texts are what was published, for the audit of the ledger (R-17, R-69).

Why this module exists: what was on show at a moment follows from rows that no record's leaf covers
where nobody consented: the wording itself, from when it counted, of which purposes it spoke, that
it was taken off. A wording's hash is made anew from its words; of all the rest the sealed line of
the trail that tells of the deed holds a digest (``text_digest`` in SQL). A text no line of its day
tells of was slipped in, a line whose text is gone tells which was taken out. What is older than the
trail keeps its lines is asked for its wording alone. Reads only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from ileti.documents.facts import CHANNELS
from ileti.documents.publish import content_hash

_BATCH: Final = 500
_TEXTS: Final = """
select v.id, v.published_at, d.kind, d.channel, v.language, v.title, v.body, v.content_hash, d.name,
       v.version
  from document_version v join document d on d.id = v.document_id
 where v.id > %s order by v.id limit %s"""
# the trail keeps a line for ten years; a text that is nearly as old may have lost its own. A
# sandbox's texts are copies that nobody published.
_LINES: Final = """
with told as materialized (
    select l.subject, l.detail ->> 'digest' as digest, l.detail ->> 'event' as event, l.at,
           l.action = 'document:sealed' and l.id <= texts_before_seals() as before
      from audit_entry l
     where l.action = any(array['document:publish', 'document:retire', 'document:on_forms',
                                'document:sealed']) and l.detail ? 'digest'),
texts as materialized (
    select 'document_version:' || v.id as subject, null::text as event, text_digest(v) as digest,
           v.published_at as at, d.name || ' ' || v.language || ' v' || v.version as name,
           p.sandbox_of is null as proof
      from document_version v join document d on d.id = v.document_id
      join provider p on p.id = v.provider_id
    union all
    select 'document:' || e.document_id, e.id::text, text_event_digest(e), e.at,
           d.name || ' ' || lower(e.kind), p.sandbox_of is null
      from document_event e join document d on d.id = e.document_id
      join provider p on p.id = e.provider_id)
select 'changed', x.name, x.at from texts x
 where exists (select from told t where t.subject = x.subject
                  and t.event is not distinct from x.event and t.digest <> x.digest)
union all
select 'unknown', x.name, x.at from texts x
 where x.proof and x.at > now() - interval '9 years 11 months' and not exists (
       select from told t where t.subject = x.subject and t.event is not distinct from x.event
          and (t.before or t.at between x.at - interval '1 day' and x.at + interval '1 day'))
union all
select distinct 'gone', t.subject || coalesce(' #' || t.event, ''), null::timestamptz from told t
 where not exists (select from texts x where x.subject = t.subject
                      and x.event is not distinct from t.event)
order by 1, 2"""


class Fault(NamedTuple):
    """A text that is not as it was published; ``kind``: ``wording`` (its words do not have its
    hash), ``changed``, ``unknown`` (no line tells of it) or ``gone`` (its row is missing)."""

    kind: str
    name: str
    at: datetime | None


def faults(conn: psycopg.Connection[Any]) -> tuple[int, list[Fault]]:
    """How many texts there are, and what is wrong with any; inside a transaction."""
    count, found, after = 0, list[Fault](), 0
    words = {channel: word for channel, (word, _) in CHANNELS.items()}
    while rows := conn.execute(_TEXTS, (after, _BATCH)).fetchall():
        for number, at, kind, channel, language, title, body, kept, name, version in rows:
            if content_hash(kind, words.get(channel), language, title, body) != bytes(kept):
                found.append(Fault("wording", f"{name} {language} v{version}", at))
            after = number
        count += len(rows)
    return count, found + [Fault(*row) for row in conn.execute(_LINES).fetchall()]
