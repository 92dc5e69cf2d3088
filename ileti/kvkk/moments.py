"""What stood of notices and explicit consents for an address at a moment (R-60, R-62).

Why this module exists: "had this person been informed, and did the consent hold, on the third of
May at ten?" is asked as it is of messages (:mod:`ileti.consents.moments`), and ``kvkk_state`` knows
only now. The acts of a text are replayed up to the moment by the rule the write path used
(:mod:`ileti.kvkk.rules`). A text of the provider is consented to for all its brands (ADR 0027), so
the whole of it is replayed, whoever took an act; whoever asks hears of a text from the first act on
that it sees, and of an act itself only when it sees that, as ADR 0019 has it for consents: a dealer
must learn that a consent it took was withdrawn elsewhere, and not where. What is kept of a person
for the law alone is told to nobody without that right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from ileti.consents.moments import Reach, Record
from ileti.consents.momenttold import iso, record_told
from ileti.consents.vocabulary import Source, Standing
from ileti.core import db
from ileti.evidence import seal, stamping
from ileti.evidence.seal import Position
from ileti.evidence.stamps import Verdict
from ileti.kvkk.claims import KIND
from ileti.kvkk.rules import Stand, replaces
from ileti.kvkk.vocabulary import Act, Extent

MOST: Final = 1_000  # acts of a person that are replayed, the newest


class _Line(NamedTuple):
    """One act, the newest first, with what a record is told by."""

    id: int
    captured_at: datetime
    act_at: datetime
    document_id: int
    text_id: int
    act: int
    extent: int
    source: int
    standing: int
    leaf: bytes
    epoch: int
    xid: int
    seen: bool
    kept: bool
    actor_kind: int
    own: bool
    retailer_code: int | None
    dealer: str | None
    title: str
    version: int
    language: str
    digest: bytes
    kind: str
    document: str
    brand: str | None
    brand_code: int | None

    @property
    def stand(self) -> Stand:
        """As the rule compares it."""
        return Stand(Act(self.act), self.standing == Standing.VERIFIED, self.act_at, self.text_id,
                     Extent(self.extent))


@dataclass(frozen=True)
class Stood:
    """One text at the moment. ``brand`` None: the provider's, for all brands; ``record`` None when
    whoever asks does not see it; ``cut``: older acts were not looked at."""

    document_id: int
    kind: str
    name: str
    brand: tuple[str, int] | None
    act: Act
    extent: Extent
    verified: bool
    act_at: datetime
    source: Source
    record: Record | None
    cut: bool = False

    @property
    def holds(self) -> bool:
        """Whether the person was informed, or the consent held, at a proven address."""
        return self.verified and self.act is not Act.WITHDRAWN


_LINES: Final = """
select k.id, k.captured_at, k.act_at, k.document_id, k.text_id, k.act, k.extent, k.source,
       k.standing, k.leaf, k.epoch, k.xid::text::bigint,
       (%(brand)s::int is null or k.brand_id = %(brand)s)
         and (%(dealer)s::int is null or k.dealer_id is not distinct from %(dealer)s),
       not %(restricted)s and is_restricted(k.provider_id, k.recipient_id, k.captured_at),
       s.actor_kind, %(dealer)s::int is null or k.dealer_id is not distinct from %(dealer)s,
       d.retailer_code, d.title, v.title, v.version, v.language, v.content_hash,
       o.kind, o.name, b.name, b.brand_code
  from kvkk_entry k
  join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
  join document_version v on v.id = k.text_id join document o on o.id = k.document_id
  left join brand b on b.id = o.brand_id
  left join dealer d on d.provider_id = k.provider_id and d.id = k.dealer_id
 where k.provider_id = %(provider)s and k.recipient_id = %(recipient)s
   and k.captured_at <= %(moment)s
 order by k.id desc limit %(most)s"""


def at_moment(reach: Reach, recipient_id: int, moment: datetime) -> list[Stood]:
    """What stood for a recipient, by text; texts without an act by then, or with none that whoever
    asks sees, are left out."""
    lines = [_Line(*row) for row in db.system_connection().execute(_LINES, {
        "provider": reach.provider_id, "recipient": recipient_id, "brand": reach.brand_id,
        "dealer": reach.dealer_id, "restricted": reach.restricted, "moment": moment,
        "most": MOST + 1})]
    cut, lines = len(lines) > MOST, lines[:MOST]
    by_text: dict[int, list[_Line]] = {}
    for line in reversed(lines):
        by_text.setdefault(line.document_id, []).append(line)
    stood = [_replayed(some) for some in by_text.values()
             if any(one.seen and not one.kept for one in some)]
    shown = [one for one in stood if not one.kept]  # else it is kept for the law alone
    records = _records([one for one in shown if one.seen])
    return sorted((_told(one, records.get(one.id), cut) for one in shown), key=lambda one: (
        not one.act.of_notice, one.brand or ("", 0), one.name, one.document_id))


def _replayed(lines: Sequence[_Line]) -> _Line:
    """The act that stands after these, the oldest first."""
    held, *later = lines
    for one in later:
        if replaces(held.stand, one.stand):
            held = one
    return held


def _told(one: _Line, record: Record | None, cut: bool) -> Stood:
    return Stood(
        one.document_id, one.kind, one.document,
        None if one.brand is None else (one.brand, one.brand_code or 0), Act(one.act),
        Extent(one.extent), one.standing == Standing.VERIFIED, one.act_at, Source(one.source),
        record, cut)


def _records(lines: Sequence[_Line]) -> dict[int, Record]:
    seals = seal.seals_of([(one.epoch, Position(one.xid, KIND, one.id)) for one in lines])
    stamps = stamping.stamps_over(sorted({one.number for one in seals if one}))
    found = {}
    for one, header in zip(lines, seals, strict=True):
        stamp = stamps.get(header.number) if header else None
        found[one.id] = Record(
            entry_id=one.id, captured_at=one.captured_at, leaf=bytes(one.leaf),
            actor_kind=one.actor_kind, own=one.own,
            dealer=(one.retailer_code, one.dealer) if one.own and one.dealer else None,
            text=(one.title, one.version, one.language, bytes(one.digest), one.text_id),
            seal=header.number if header else None,
            sealed_at=header.sealed_at if header else None,
            stamped_at=stamp.stamped_at if stamp else None,
            stamp_in_law=stamp is not None and stamp.verdict == Verdict.VALID, files=())
    return found


def told(one: Stood) -> dict[str, Any]:
    """One text at a moment as JSON, in the words of ``/consents/at``."""
    return {
        "document": one.document_id, "textKind": one.kind, "name": one.name,
        "brand": one.brand[1] if one.brand else None, "act": one.act.name,
        "extent": one.extent.name, "verified": one.verified, "at": iso(one.act_at),
        "source": one.source.name, "holds": one.holds,
        "record": record_told(one.record) if one.record else None, "complete": not one.cut,
    }


def all_told(stood: Iterable[Stood]) -> list[dict[str, Any]]:
    """Several."""
    return [told(one) for one in stood]
