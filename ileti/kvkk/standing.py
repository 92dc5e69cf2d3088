"""Who must be told or asked anew because a text has changed (R-61, R-62).

Why this module exists: what a version needs is decided when it is published
(``documents/renewal.py``), whom it concerns is known here alone: people whose last act rests on an
older version. A notice is told anew (INFORM); a consent is asked anew (ASK), and only when the
person comes by, since no message may ask for a consent (R-11). Who withdrew is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.kvkk.vocabulary import Act

COUNTED: Final = 100_000

#: Of two rows of a text's versions, ``r`` tells or asks anew and ``v`` is older. In one language
#: the numbers say so. Turkish is the text and another language its translation, written after it:
#: what was published in another language before a Turkish version that asks says what no longer
#: holds, though its own number is the newest of its language (docs/adr/0026).
_OLDER: Final = """(
    case when {v}.language = {r}.language then {v}.version < {r}.version
         else {r}.language = 'tr' and {v}.effective_from < {r}.effective_from
              and {v}.published_at < {r}.published_at end)"""


def older(v: str, r: str) -> str:
    """The SQL condition that the version ``v`` is older than ``r``, both rows of one text."""
    return _OLDER.format(v=v, r=r)


#: ``newest``: the version in force of each text and language. ``renewing``: versions that tell or
#: ask anew, up to the one in force. Also those that were taken off before it or never came into
#: force: the one in force was compared with the last of them, so what they asked is asked still.
RENEWING: Final = """
with newest as (
    select distinct on (w.document_id, w.language)
           w.document_id, w.language, w.version, w.id, w.effective_from, w.published_at
      from document_version w join document d on d.id = w.document_id
     where w.effective_from <= now()
       and (%(provider)s::int is null and d.twin_of is null or w.provider_id = %(provider)s)
       and not exists (select from document_event e where e.document_id = w.document_id
                          and e.kind = 'RETIRED' and e.at >= w.published_at)
     order by w.document_id, w.language, w.version desc),
renewing as (
    select w.document_id, w.language, w.version, w.renewal, w.effective_from, w.published_at
      from document_version w
      join newest n on n.document_id = w.document_id and n.language = w.language
       and n.version >= w.version
     where w.renewal <> 'NONE')
{what}"""
#: for a version ``v`` that ``r`` asks anew: the one in force that is read instead, in the language
#: of ``v`` where there is one that is not as old itself
NEWEST: Final = f"""(
       select n.id from newest n
        where n.document_id = r.document_id and n.language in (v.language, r.language)
          and not {older("n", "r")}
        order by n.language = v.language desc limit 1)"""  # noqa: S608 - parts of this module
#: that ``r`` tells or asks anew whoever acted on ``v``
ASKS: Final = f"r.document_id = v.document_id and {older('v', 'r')}"
_DUE: Final = f"""
select s.provider_id, s.recipient_id, s.document_id, s.text_id, s.act, s.act_at, s.entry_id,
       s.brand_id, n.newest_id, n.renewal
  from kvkk_state s
  join document_version v on v.id = s.text_id
  join lateral (
       select {NEWEST} as newest_id, r.renewal from renewing r
        where {ASKS}
          and r.renewal = case when s.act <= 2 then 'INFORM' else 'ASK' end
        order by r.published_at desc, r.version desc limit 1) n on true
 where s.act <> %(withdrawn)s and s.standing = 1
   and (%(provider)s::int is null or s.provider_id = %(provider)s)
   and (%(brand)s::int is null or s.brand_id = %(brand)s)
   and (%(dealer)s::int is null or s.dealer_id = %(dealer)s)
   and (%(recipient)s::bigint is null or s.recipient_id = %(recipient)s)
   and (%(document)s::int is null or s.document_id = %(document)s)
   and (%(restricted)s or not is_restricted(s.provider_id, s.recipient_id, s.entry_at))
   and (s.recipient_id, s.document_id) > (%(after)s::bigint, %(after_document)s::int)
 order by s.recipient_id, s.document_id limit %(most)s"""  # noqa: S608 - parts of this module
_COUNTS: Final = """, due as ({due})
select document_id, renewal, count(*) from due group by 1, 2 order by 3 desc, 1"""
_RENEWED: Final = f"""
select distinct on (v.id) v.id, {NEWEST} from document_version v
  join renewing r on {ASKS}
 where v.id = any(%(texts)s) order by v.id, r.published_at desc, r.version desc"""  # noqa: S608 - parts of this module
_SINCE: Final = f"""
select w.id, (select max(r.renewal) from renewing r where {ASKS})
  from document_version v join document_version w on w.document_id = v.document_id
 where v.id = %(text)s and exists (
       select from renewing r where {ASKS} and not {older("w", "r")}
          and r.language in (w.language, 'tr'))
 order by w.published_at desc, w.id desc"""  # noqa: S608 - parts of this module


@dataclass(frozen=True)
class Due:
    """Somebody whose act rests on an older version than the one on show: ``text_id`` the version
    it rests on, ``newest_id`` the one in force, ``renewal`` INFORM or ASK."""

    provider_id: int
    recipient_id: int
    document_id: int
    text_id: int
    act: int
    act_at: datetime
    entry_id: int
    brand_id: int
    newest_id: int
    renewal: str


@dataclass(frozen=True)
class Whose:
    """Whose people are looked at; None means all below the level above. ``restricted``: also those
    who are kept for the law alone (R-64)."""

    provider_id: int | None = None
    brand_id: int | None = None
    dealer_id: int | None = None
    recipient_id: int | None = None
    document_id: int | None = None
    restricted: bool = False

    def values(self, after: tuple[int, int], most: int) -> dict[str, Any]:
        """As the parameters of a statement."""
        return {"provider": self.provider_id, "brand": self.brand_id, "dealer": self.dealer_id,
                "recipient": self.recipient_id, "document": self.document_id, "after": after[0],
                "after_document": after[1], "most": most, "withdrawn": int(Act.WITHDRAWN),
                "restricted": self.restricted}


def due(conn: psycopg.Connection[Any], whose: Whose, *, after: tuple[int, int] = (0, 0),
        most: int = 50) -> Sequence[Due]:
    """Who must be told or asked anew, by recipient and text; ``after`` is (recipient, document) of
    the last line of the page before. With a ``recipient_id`` that person's texts alone."""
    rows = conn.execute(RENEWING.format(what=_DUE), whose.values(after, most)).fetchall()
    return [Due(*row) for row in rows]


def counts(conn: psycopg.Connection[Any], whose: Whose) -> Sequence[tuple[int, str, int]]:
    """Per text (id of ``document``) what is due and for how many people, counted to ``COUNTED`` in
    all."""
    rows = conn.execute(RENEWING.format(what=_COUNTS.format(due=_DUE)),
                        whose.values((0, 0), COUNTED)).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def renewed(conn: psycopg.Connection[Any], text_ids: Iterable[int], *,
            provider_id: int | None = None) -> dict[int, int]:
    """Of these versions those that a later one in force tells or asks anew, with that one's id; a
    sandbox's own texts only where its provider is named."""
    wanted = list(text_ids)
    if not wanted:
        return {}
    return dict(conn.execute(RENEWING.format(what=_RENEWED),
                             {"provider": provider_id, "texts": wanted}).fetchall())


def since(conn: psycopg.Connection[Any], text_id: int, *, provider_id: int | None = None
          ) -> tuple[list[int], str | None]:
    """Versions from the first that tells or asks anew whoever acted on this one, the newest first,
    and which of both (INFORM, ASK); none at all and None where no later one does."""
    rows = conn.execute(RENEWING.format(what=_SINCE),
                        {"provider": provider_id, "text": text_id}).fetchall()
    return [row[0] for row in rows], rows[0][1] if rows else None
