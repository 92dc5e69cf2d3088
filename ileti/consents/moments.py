"""What held for an address at a moment: per brand, channel and recipient type, with who took it, on
which text, and what proves it.

Why this module exists: "might you send on the third of May at ten?" is asked of an address, not of
one consent, by inspectors, by programs and by whoever answers a complaint (R-49). The page, the
service and the pack for a complaint answer from here. Bare SQL with the row rule of ADR 0019 by
hand: a dealer learns of a key from the first record on that it sees, and of the record itself only
when it sees that. What is kept of a person for the law alone is asked for by the database's own
``is_restricted``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from ileti.consents import gate
from ileti.consents.gate import Denial
from ileti.consents.past import Held, Key, held_at_many
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.evidence import seal, stamping
from ileti.evidence.seal import Position
from ileti.evidence.stamps import Verdict


class Reach(NamedTuple):
    """How far whoever asks may see; None means all below the level above. ``restricted``: also
    what is kept of a person for the law alone (R-64, ADR 0029)."""

    provider_id: int
    brand_id: int | None = None
    dealer_id: int | None = None
    restricted: bool = False


class Question(NamedTuple):
    """A recipient and a moment; brand, channel and recipient type where only one of each is meant.
    """

    recipient_id: int
    moment: datetime
    brand_id: int | None = None
    channel: int | None = None
    recipient_type: int | None = None


@dataclass(frozen=True)
class File:
    """A proof file that had been linked by the moment."""

    role: int
    sha256: bytes
    added_at: datetime


@dataclass(frozen=True)
class Record:
    """The record a state stood on. ``text`` is title, version, language, digest and number;
    ``stamp_in_law`` whether the stamp is by an authority that was named (R-68);
    ``dealer`` its code at İYS and title. ``own`` False hides who took it (ADR 0019)."""

    entry_id: int
    captured_at: datetime
    leaf: bytes
    actor_kind: int
    own: bool
    dealer: tuple[int | None, str] | None
    text: tuple[str, int, str, bytes, int] | None
    seal: int | None
    sealed_at: datetime | None
    stamped_at: datetime | None
    stamp_in_law: bool
    files: tuple[File, ...]


@dataclass(frozen=True)
class Standing:
    """One key at the moment. ``denial`` is why no message might go, None when one might;
    ``record`` None when the asker does not see it."""

    key: Key
    brand: str
    brand_code: int
    held: Held
    denial: Denial | None
    record: Record | None


def recipient_of(provider_id: int, address: str) -> int | None:
    """The recipient of a canonical address; None when nothing is known of it."""
    row = db.system_connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return None if row is None else int(row[0])


def at_moment(reach: Reach, recipient_id: int, moment: datetime, *,
              channel: int | None = None, recipient_type: int | None = None) -> list[Standing]:
    """What held for a recipient, by brand, channel and recipient type; keys that did not exist yet
    are left out."""
    return at_moments(reach, [Question(recipient_id, moment, None, channel, recipient_type)])[0]


def at_moments(reach: Reach, asked: Sequence[Question]) -> list[list[Standing]]:
    """The same for many questions, in as many statements as for one."""
    open_keys = [(one, asked[one.n - 1].moment) for one in _keys(reach, asked)]
    held = held_at_many([(one.key, moment) for one, moment in open_keys])
    found = [(one, moment, then) for (one, moment), then in zip(open_keys, held, strict=True)
             if then is not None]
    records = _Records(reach, {then.entry_id for _, _, then in found})
    answers: list[list[Standing]] = [[] for _ in asked]
    for one, moment, then in found:
        if then.entry_id in records:  # else it is kept for the law alone
            answers[one.n - 1].append(Standing(
                one.key, one.brand, one.code, then,
                gate.why_not(then.status, then.standing, then.iys_status),
                records.at(then.entry_id, moment, shared=one.shared)))
    return answers


class _OpenKey(NamedTuple):
    """A key of question ``n`` that the asker had seen something of by then; ``shared``: an access
    opens it to the dealer who asks."""

    n: int
    brand: str
    code: int
    shared: bool
    key: Key


_KEYS: Final = """
select a.n, b.name, b.brand_code, k.shared, s.provider_id, s.brand_id, s.recipient_id,
       s.recipient_type, s.channel, s.entry_id, s.iys_due_at
  from unnest(%(recipients)s::bigint[], %(moments)s::timestamptz[], %(brands)s::int[],
              %(channels)s::int[], %(types)s::int[])
       with ordinality a(recipient, moment, brand, channel, type, n)
  join brand b on b.provider_id = %(provider)s and (%(brand)s::int is null or b.id = %(brand)s)
   and (a.brand is null or b.id = a.brand)
  join consent_state s on s.provider_id = b.provider_id and s.brand_id = b.id
   and s.recipient_id = a.recipient and (a.channel is null or s.channel = a.channel)
   and (a.type is null or s.recipient_type = a.type),
lateral (
    select min(e.captured_at) as since, coalesce(bool_or(x.dealer_id is not null), false) as shared
      from consent_entry e left join consent_access x on x.provider_id = e.provider_id
       and x.brand_id = e.brand_id and x.recipient_id = e.recipient_id
       and x.recipient_type = e.recipient_type and x.channel = e.channel
       and x.dealer_id = %(dealer)s
     where e.provider_id = s.provider_id and e.recipient_id = s.recipient_id
       and e.brand_id = s.brand_id and e.recipient_type = s.recipient_type
       and e.channel = s.channel
       and (%(dealer)s::int is null or e.dealer_id = %(dealer)s or x.dealer_id is not null)
       and (%(restricted)s
            or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))) k
 where k.since <= a.moment
 order by a.n, b.brand_code, s.recipient_type, s.channel"""


def _keys(reach: Reach, asked: Sequence[Question]) -> list[_OpenKey]:
    """The keys of each question from the first record on that the asker sees."""
    rows = db.system_connection().execute(_KEYS, {
        "provider": reach.provider_id, "brand": reach.brand_id, "dealer": reach.dealer_id,
        "restricted": reach.restricted, "recipients": [one.recipient_id for one in asked],
        "moments": [one.moment for one in asked], "brands": [one.brand_id for one in asked],
        "channels": [one.channel for one in asked],
        "types": [one.recipient_type for one in asked]}).fetchall()
    return [_OpenKey(row[0], row[1], row[2], row[3], Key(*row[4:])) for row in rows]


_RECORDS: Final = """
select e.id, e.captured_at, e.leaf, s.actor_kind, e.dealer_id, d.retailer_code, d.title,
       v.title, v.version, v.language, v.content_hash, v.id, e.epoch, e.xid::text::bigint
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
  left join dealer d on d.provider_id = e.provider_id and d.id = e.dealer_id
  left join document_version v on v.id = e.text_id
 where e.provider_id = %s and e.id = any(%s)
   and (%s or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))"""


class _Records:
    """The records that states stood on, read at once; those that are kept for the law alone are
    not in it."""

    def __init__(self, reach: Reach, entry_ids: Collection[int]) -> None:
        rows = db.system_connection().execute(_RECORDS, (
            reach.provider_id, sorted(entry_ids), reach.restricted)).fetchall()
        self._rows = {row[0]: row for row in rows}
        self._own = {row[0] for row in rows if reach.dealer_id in (None, row[4])}
        seals = seal.seals_of([(row[12], Position(row[13], 1, row[0])) for row in rows])
        self._seals = dict(zip(self._rows, seals, strict=True))
        self._stamps = stamping.stamps_over(sorted({one.number for one in seals if one}))
        self._files = _files(reach.provider_id, self._own)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._rows

    def at(self, entry_id: int, moment: datetime, *, shared: bool) -> Record | None:
        """A record as it was proven by the moment; None for one of another dealer that no access
        opens."""
        own, row, header = entry_id in self._own, self._rows[entry_id], self._seals[entry_id]
        if not (own or shared):
            return None
        stamp = self._stamps.get(header.number) if header else None
        return Record(
            entry_id=row[0], captured_at=row[1], leaf=bytes(row[2]), actor_kind=row[3], own=own,
            dealer=(row[5], row[6]) if own and row[4] is not None else None,
            text=(*row[7:10], bytes(row[10]), row[11]) if row[11] is not None else None,
            seal=header.number if header else None,
            sealed_at=header.sealed_at if header else None,
            stamped_at=stamp.stamped_at if stamp else None,
            stamp_in_law=stamp is not None and stamp.verdict == Verdict.VALID,
            files=tuple(one for one in self._files.get(entry_id, ()) if one.added_at <= moment))


def _files(provider_id: int, entry_ids: Collection[int]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = {}
    for entry, role, digest, at in db.system_connection().execute(
            "select l.entry_id, l.role, f.sha256, l.added_at from entry_file l "
            "join evidence_file f on f.provider_id = l.provider_id and f.id = l.file_id "
            "where l.provider_id = %s and l.entry_id = any(%s) and f.erased_at is null "
            "order by l.id", (provider_id, list(entry_ids))):
        found.setdefault(entry, []).append(File(role, bytes(digest), at))
    return found
