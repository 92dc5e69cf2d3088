"""What held for an address at a moment: per brand, channel and recipient type, with who took it, on
which text, and what proves it.

Why this module exists: "might you send on the third of May at ten?" is asked of an address, not of
one consent, by inspectors, by programs and by whoever answers a complaint (R-49). The page, the
service and the pack for a complaint answer from here. Bare SQL with the row rule of ADR 0019 by
hand: a dealer learns of a key from the first record on that it sees, and of the record itself only
when it sees that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from ileti.consents import gate
from ileti.consents.gate import Denial
from ileti.consents.past import Held, Key, held_at
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.evidence import seal, stamping
from ileti.evidence.seal import Position

MOST: Final = 200


class Reach(NamedTuple):
    """How far whoever asks may see; None means all below the level above."""

    provider_id: int
    brand_id: int | None = None
    dealer_id: int | None = None


@dataclass(frozen=True)
class File:
    """A proof file that had been linked by the moment."""

    role: int
    sha256: bytes
    added_at: datetime


@dataclass(frozen=True)
class Record:
    """The record a state stood on. ``text`` is title, version, language, digest and number;
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
    row = db.connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return None if row is None else int(row[0])


def at_moment(reach: Reach, recipient_id: int, moment: datetime, *,
              channel: int | None = None, recipient_type: int | None = None) -> list[Standing]:
    """What held for a recipient, by brand, channel and recipient type; keys that did not exist yet
    are left out."""
    found = []
    for brand, code, since, shared, *columns in _keys(reach, recipient_id, channel,
                                                      recipient_type):
        if since is None or since > moment:
            continue
        key = Key(*columns)
        held = held_at(key, moment)
        if held is not None:
            found.append((key, brand, code, shared, held))
    records = _records(reach, [(held.entry_id, shared) for _, _, _, shared, held in found], moment)
    return [Standing(key, brand, code, held,
                     gate.why_not(held.status, held.standing, held.iys_status),
                     records.get(held.entry_id))
            for key, brand, code, _, held in found]


_KEYS: Final = """
select b.name, b.brand_code, k.since, k.shared, s.provider_id, s.brand_id, s.recipient_id,
       s.recipient_type, s.channel, s.entry_id, s.iys_due_at
  from consent_state s join brand b on b.id = s.brand_id, lateral (
    select min(e.captured_at) as since, coalesce(bool_or(a.dealer_id is not null), false) as shared
      from consent_entry e left join consent_access a on a.provider_id = e.provider_id
       and a.brand_id = e.brand_id and a.recipient_id = e.recipient_id
       and a.recipient_type = e.recipient_type and a.channel = e.channel
       and a.dealer_id = %(dealer)s
     where e.provider_id = s.provider_id and e.recipient_id = s.recipient_id
       and e.brand_id = s.brand_id and e.recipient_type = s.recipient_type
       and e.channel = s.channel
       and (%(dealer)s::int is null or e.dealer_id = %(dealer)s or a.dealer_id is not null)) k
 where s.provider_id = %(provider)s and s.recipient_id = %(recipient)s
   and (%(brand)s::int is null or s.brand_id = %(brand)s)
   and (%(channel)s::int is null or s.channel = %(channel)s)
   and (%(type)s::int is null or s.recipient_type = %(type)s)
 order by b.brand_code, s.recipient_type, s.channel limit %(most)s"""


def _keys(reach: Reach, recipient_id: int, channel: int | None, recipient_type: int | None
          ) -> list[Any]:
    """Keys with the moment of the first record the asker sees, and whether an access opens it."""
    return db.connection().execute(_KEYS, {
        "provider": reach.provider_id, "brand": reach.brand_id, "dealer": reach.dealer_id,
        "recipient": recipient_id, "channel": channel, "type": recipient_type, "most": MOST,
    }).fetchall()


_RECORDS: Final = """
select e.id, e.captured_at, e.leaf, s.actor_kind, e.dealer_id, d.retailer_code, d.title,
       v.title, v.version, v.language, v.content_hash, v.id, e.epoch, e.xid::text::bigint
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
  left join dealer d on d.provider_id = e.provider_id and d.id = e.dealer_id
  left join document_version v on v.id = e.text_id
 where e.provider_id = %s and e.id = any(%s)"""


def _records(reach: Reach, wanted: Sequence[tuple[int, bool]], moment: datetime
             ) -> dict[int, Record]:
    shared = dict(wanted)
    rows = [row for row in db.connection().execute(
        _RECORDS, (reach.provider_id, list(shared))).fetchall()
        if reach.dealer_id is None or row[4] == reach.dealer_id or shared[row[0]]]
    seals = seal.seals_of([(row[12], Position(row[13], 1, row[0])) for row in rows])
    stamps = stamping.stamps_over(sorted({one.number for one in seals if one is not None}))
    own = [row[0] for row in rows if reach.dealer_id is None or row[4] == reach.dealer_id]
    files = _files(reach.provider_id, own, moment)
    made = {}
    for row, header in zip(rows, seals, strict=True):
        mine, stamp = row[0] in own, stamps.get(header.number) if header else None
        made[row[0]] = Record(
            entry_id=row[0], captured_at=row[1], leaf=bytes(row[2]), actor_kind=row[3], own=mine,
            dealer=(row[5], row[6]) if mine and row[4] is not None else None,
            text=(*row[7:10], bytes(row[10]), row[11]) if row[11] is not None else None,
            seal=header.number if header else None,
            sealed_at=header.sealed_at if header else None,
            stamped_at=stamp.stamped_at if stamp else None,
            files=tuple(files.get(row[0], ())))
    return made


def _files(provider_id: int, entry_ids: Sequence[int], moment: datetime) -> dict[int, list[File]]:
    found: dict[int, list[File]] = {}
    for entry, role, digest, at in db.connection().execute(
            "select l.entry_id, l.role, f.sha256, l.added_at from entry_file l "
            "join evidence_file f on f.provider_id = l.provider_id and f.id = l.file_id "
            "where l.provider_id = %s and l.entry_id = any(%s) and l.added_at <= %s order by l.id",
            (provider_id, list(entry_ids), moment)):
        found.setdefault(entry, []).append(File(role, bytes(digest), at))
    return found
