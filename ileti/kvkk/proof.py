"""Acts about personal data in the proof of a consent (R-60, R-23).

Why this module exists: whoever shows a consent has to show that the person was informed before it.
So a bundle of consents holds what was done with the same click, and the notices the same people
were shown or read before, each with its own leaf, seal and stamp; an explicit consent of another
click is not asked for and stays out. The pages of a proof tell the acts of the click among its
steps. This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.consents.bundle import proves
from ileti.consents.bundled import Beside, Proven
from ileti.consents.claims import Entry
from ileti.consents.numbers import record_number
from ileti.consents.places import not_as_sealed
from ileti.consents.recount import Told, Tone, recounts
from ileti.core import db
from ileti.evidence.leaf import iso_utc, micros_of
from ileti.kvkk.claims import Row, read_of
from ileti.kvkk.vocabulary import Act, Extent

_TITLES: Final[dict[Act, tuple[str, Tone]]] = {
    Act.SHOWN: ("Aydınlatma metni gösterildi", "mute"),
    Act.READ: ("Aydınlatma metni okundu, anlaşıldı", "ok"),
    Act.GIVEN: ("Açık rıza verildi", "accent"),
    Act.WITHDRAWN: ("Açık rıza geri alındı", "ret"),
}


@proves
def acts(conn: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Beside]:
    """What belongs to these entries; raises Conflict for an act that is not as it was sealed."""
    rows = _of(conn, entries)
    return [Beside(one, record_number(one.id), _parts(one)) for one in rows if one.gone is None]


def _of(conn: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Row]:
    return read_of(conn, entries[0].provider_id, list({one.submission_id for one in entries}),
                   list({one.recipient_id for one in entries}),
                   max(one.captured_at for one in entries)) if entries else []


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
            title, tone = _TITLES[Act(row.act)]
            facts = Extent(row.extent).tr if row.extent else ""
            yield Told(one.entry.id, row.act_at, title, facts, tone, record_number(row.id))
