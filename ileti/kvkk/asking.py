"""Whose commercial consents rest on a text that has to be asked anew (R-17).

Why apart from ``standing``: these consents stand in the other ledger, whose entries have no index
by text (it would cost every capture). So the few versions that ask are found first, and where none
does, which is most days, the ledger is not read at all. Counting stops as it does for a version's
page (:mod:`ileti.kvkk.seen`), and reading after some seconds. Whoever refused is asked nothing;
nobody is written to (R-11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from ileti.core import db
from ileti.documents.vocabulary import ETK
from ileti.kvkk.standing import ASKS, COUNTED, NEWEST, RENEWING, Whose

#: provider, brand, recipient, kind and channel: a state's own key
Place = tuple[int, int, int, int, int]
START: Final[Place] = (0, 0, 0, 0, 0)
#: how long somebody at a page waits for a ledger that has to be gone through
SECONDS: Final = 8.0

_OLDER: Final = f"""
select distinct on (v.id) v.id, v.document_id, {NEWEST}, v.effective_from
  from document_version v join document d on d.id = v.document_id
  join renewing r on {ASKS} and r.renewal = 'ASK'
 where d.kind = %(etk)s and (%(document)s::int is null or d.id = %(document)s)
 order by v.id, r.published_at desc, r.version desc"""  # noqa: S608 - of this package
# Whether somebody is restricted is asked of those alone who have a restriction at all: a call per
# row would cost more than the rest.
_RESTING: Final = """
select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel, s.entry_id,
       s.consent_date, e.text_id
  from consent_state s
  join consent_entry e on e.provider_id = s.provider_id and e.captured_at = s.entry_at
   and e.id = s.entry_id
 where s.status = 1 and s.standing = 1 and e.text_id = any(%(texts)s)
   and e.captured_at >= %(since)s
   and (%(provider)s::int is null or s.provider_id = %(provider)s)
   and (%(brand)s::int is null or s.brand_id = %(brand)s)
   and (%(dealer)s::int is null or e.dealer_id = %(dealer)s)
   and (%(restricted)s
        or (e.provider_id, e.recipient_id) not in (
            select x.provider_id, x.recipient_id from restriction x)
        or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))
   and (s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel)
       > (%(after)s::int, %(b)s::int, %(r)s::bigint, %(k)s::smallint, %(c)s::smallint)
 {order} limit %(most)s"""
_PAGE: Final = _RESTING.format(order="order by 1, 2, 3, 4, 5")
_COUNTS: Final = "with one as (RESTING) select text_id, count(*) from one group by 1".replace(
    "RESTING", _RESTING.format(order=""))


class Resting(NamedTuple):
    """A consent in force that rests on an older version: ``text_id`` the one it was given on,
    ``newest_id`` the one that asks."""

    provider_id: int
    brand_id: int
    recipient_id: int
    recipient_type: int
    channel: int
    entry_id: int
    consent_date: datetime
    text_id: int
    document_id: int
    newest_id: int

    @property
    def place(self) -> Place:
        """Behind what the next page begins."""
        return (self.provider_id, self.brand_id, self.recipient_id, self.recipient_type,
                self.channel)


class Older(NamedTuple):
    """A version that a later one asks anew."""

    document_id: int
    newest_id: int
    since: datetime


def older(whose: Whose) -> dict[int, Older]:
    """Versions of commercial texts that a later one in force asks anew, by their ids."""
    rows = db.connection().execute(RENEWING.format(what=_OLDER), {
        "provider": whose.provider_id, "document": whose.document_id, "etk": ETK}).fetchall()
    return {row[0]: Older(*row[1:]) for row in rows}


def resting(whose: Whose, *, after: Place = START, most: int = 50, seconds: float | None = None
            ) -> Sequence[Resting]:
    """Consents that must be asked anew, in the order of their keys. Raises StorageAway, by
    QueryCanceled when the seconds were not enough."""
    known = older(whose)
    rows = _read(_PAGE, whose, known, after, most, seconds or SECONDS)
    return [Resting(*[*row, known[row[-1]].document_id, known[row[-1]].newest_id]) for row in rows]


def counts(whose: Whose) -> dict[int, int]:
    """Per text (id of ``document``) how many consents are to be asked anew, counted to ``COUNTED``
    in all. Raises StorageAway as :func:`resting`."""
    known, found = older(whose), dict[int, int]()
    for text_id, count in _read(_COUNTS, whose, known, START, COUNTED, SECONDS):
        document = known[text_id].document_id
        found[document] = found.get(document, 0) + count
    return found


def _read(statement: str, whose: Whose, known: Mapping[int, Older], after: Place, most: int,
          seconds: float) -> list[Any]:
    """Where no text asks anew, nothing is read."""
    if not known:
        return []
    with db.transaction() as conn:
        conn.execute(f"set local statement_timeout = {round(seconds * 1_000)}")
        return conn.execute(statement, _values(whose, known, after, most)).fetchall()


def _values(whose: Whose, known: Mapping[int, Older], after: Place, most: int) -> dict[str, Any]:
    return {"provider": whose.provider_id, "brand": whose.brand_id, "dealer": whose.dealer_id,
            "restricted": whose.restricted, "texts": list(known), "most": most,
            "since": min(one.since for one in known.values()), "after": after[0], "b": after[1],
            "r": after[2], "k": after[3], "c": after[4]}
