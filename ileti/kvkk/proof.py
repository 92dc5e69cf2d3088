"""Acts about personal data in proofs: beside a consent, and asked for themselves (R-60, R-23).

Why this module exists: whoever shows a consent has to show that the person was informed before it.
So a bundle of consents holds what was done with the same click, and the notices the same people
were shown or read before, each with its own leaf, seal and stamp; an explicit consent of another
click is not asked for and stays out. An explicit consent may have to be shown by itself: its bundle
holds all acts of the person on that text, since a consent without its withdrawal would tell half,
and the notices before it. Whose acts are in reach is said by hand as in
:mod:`ileti.consents.moments`: bundles are made where no ORM narrows anything. The pages of a proof
tell the acts of the click among its steps. This room registers by being imported
(ileti/factory.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.consents import bundle
from ileti.consents.bundle import proves
from ileti.consents.bundled import Bundle, Found, Proven
from ileti.consents.claims import Entry
from ileti.consents.moments import Reach
from ileti.consents.numbers import record_number
from ileti.consents.places import not_as_sealed
from ileti.consents.recount import Told, recounts
from ileti.core import db, reach
from ileti.core.errors import Gone, NotFound
from ileti.evidence.leaf import iso_utc, micros_of
from ileti.kvkk import proofwords
from ileti.kvkk.claims import Row, read_of, read_these
from ileti.kvkk.vocabulary import Act, Extent

# What of acts whoever asks may see: a dealer its own (ADR 0019), nobody what was destroyed.
_IN_REACH: Final = """
       exists (select from submission s where s.provider_id = k.provider_id
                  and s.id = k.submission_id and s.erased_at is null) and
       (%(brand)s::int is null or k.brand_id = %(brand)s)
   and (%(dealer)s::int is null or k.dealer_id = %(dealer)s)
   and (%(restricted)s or k.recipient_id is null
        or not is_restricted(k.provider_id, k.recipient_id, k.captured_at))"""
_OF_ACT: Final = f"""
select k.id, k.id = a.id from kvkk_entry a join kvkk_entry k on k.provider_id = a.provider_id
   and (k.id = a.id or k.recipient_id = a.recipient_id and (
        k.document_id = a.document_id
        or k.act in (1, 2) and a.act in (3, 4) and k.captured_at <= a.captured_at))
 where a.provider_id = %(provider)s and a.id = %(act)s and {_IN_REACH}
 order by k.id"""  # noqa: S608 - a constant of this module
_OF_PERSON: Final = f"""
select k.id from kvkk_entry k
 where k.provider_id = %(provider)s and k.recipient_id = %(recipient)s and {_IN_REACH}
 order by k.id limit %(most)s"""  # noqa: S608


def build(whose: Reach, act_id: int) -> Bundle:
    """The bundle of one act: all of the person's acts on its text, and the notices before it.
    Raises NotFound, and as :func:`ileti.consents.bundle.build`."""
    rows = db.connection().execute(_OF_ACT, _values(whose) | {"act": act_id}).fetchall()
    if not any(asked for _, asked in rows):
        raise NotFound()
    return bundle.build(whose.provider_id, [], others=these(whose.provider_id, [
        number for number, _ in rows]))


def of_person(whose: Reach, recipient_id: int) -> list[int]:
    """The acts of a person, at most one more than a bundle holds."""
    return [row[0] for row in db.connection().execute(_OF_PERSON, _values(whose) | {
        "recipient": recipient_id, "most": bundle.MOST + 1})]


def _values(whose: Reach) -> dict[str, Any]:
    return {"provider": whose.provider_id, "brand": whose.brand_id, "dealer": whose.dealer_id,
            "restricted": whose.restricted}


def these(provider_id: int, ids: Sequence[int]) -> bundle.Others:
    """Acts by their ids, for a bundle they are asked for in."""
    def found(conn: psycopg.Connection[Any]) -> list[Found]:
        rows = read_these(conn, provider_id, ids)
        if len(rows) != len(set(ids)):
            raise NotFound()
        if any(one.gone is not None for one in rows):
            raise Gone("Bu kaydın sahibi silinmiş; kanıtı artık kurulamaz.", "The person of this "
                       "record is erased; its proof can no longer be put together.", code="erased")
        return [_found(one) for one in rows]
    return found


@proves
def acts(conn: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Found]:
    """What belongs to these entries; raises Conflict for an act that is not as it was sealed."""
    return [_found(one) for one in _of(conn, entries) if one.gone is None]


def _found(row: Row) -> Found:
    return Found(row, record_number(row.id), _parts(row), partial(proofwords.page, row))


def _of(conn: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Row]:
    """Whoever works for a brand or a dealer is told of its own acts alone, as in ``_IN_REACH``."""
    here = reach.current()
    return read_of(conn, entries[0].provider_id, list({one.submission_id for one in entries}),
                   list({one.recipient_id for one in entries}),
                   max(one.captured_at for one in entries),
                   brand_id=here.brand_id if here else None,
                   dealer_id=here.dealer_id if here else None) if entries else []


def _parts(one: Row) -> dict[str, Any]:
    said = one.said()
    if said is None or not one.fits:
        raise not_as_sealed(record_number(one.id), "act")
    return {
        "record": record_number(one.id), "claim": said, "captured": iso_utc(one.captured_at),
        "capturedMicros": micros_of(one.captured_at), "evidence": one.evidence,
        "person": json.loads(one.person()),
        "salt": sha256(one.salt_key + one.id.to_bytes(8, "big")).hexdigest(),
        "leaf": one.leaf.hex()}


@recounts
def told(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """The acts of the same click and the same person, among a record's steps."""
    found: dict[tuple[int, int | None], list[Row]] = defaultdict(list)
    with db.transaction() as conn:
        for row in _of(conn, [one.entry for one in proven]):
            found[row.submission_id, row.recipient_id].append(row)
    for one in proven:
        for row in found.get((one.entry.submission_id, one.entry.recipient_id), ()):
            title, tone = proofwords.TITLES[Act(row.act)]
            facts = Extent(row.extent).tr if row.extent else ""
            yield Told(one.entry.id, row.act_at, title, facts, tone, record_number(row.id))
