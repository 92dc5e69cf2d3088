"""An explicit consent that a person withdraws now: by the preference centre, on the phone, by mail.

Why this module exists: withdrawing is as easy as giving (R-62) and is never too old: a clock that
runs behind must not leave a consent standing. So it is dated by the database's clock, and a second
after what stands where needed. A double click is one withdrawal, because its key names the consents
that it takes back; a consent that was given anew is another one. What one click gave for several
addresses, one click takes back for all of them. And nobody is told "withdrawn" unless it is so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ileti.consents.ledger import ActorKind, NewSubmission, Place, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock, db
from ileti.core.errors import StorageAway
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import NewAct, RecordedAct, record
from ileti.kvkk.vocabulary import Act

_ROUNDS: Final = 3
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Withdrawer:
    """Who withdraws what, and how it reached us. ``address`` is canonical and proven to be the
    person's, or the word is heeded as it is; ``key`` names the occasion. ``taken_by``: only what
    this dealer took; ``given_by``: only what was recorded until this moment."""

    place: Place
    recipient_id: int
    address: str
    source: Source
    actor: ActorKind
    key: str
    evidence: dict[str, Any]
    actor_id: int | None = None
    dealer_id: int | None = None
    person: dict[str, str] | None = None
    taken_by: int | None = None
    given_by: datetime | None = None


class _Standing(NamedTuple):
    """A consent that stands: the person's own, or of another address of the same click."""

    entry_id: int
    recipient_id: int
    document_id: int
    text_id: int
    text_hash: bytes
    at: datetime
    key_no: int
    addr_hash: bytes
    addr_ct: bytes


def withdraw(who: Withdrawer, documents: Sequence[int]) -> list[RecordedAct]:
    """Withdraw what stands as given for these texts (ids of ``document``), also for the other
    addresses of the click that gave it; texts without a consent are left alone. Answers the acts
    of the person's own address.

    Raises StorageAway when it cannot be recorded, or not so that it holds, and what
    :func:`ileti.kvkk.ledger.record` raises.
    """
    done: list[RecordedAct] = []
    for _ in range(_ROUNDS):
        standing = _given(who, documents)
        if not standing:
            return done
        done += _record(who, standing)
    if _given(who, documents):
        raise StorageAway()
    return done


def _record(who: Withdrawer, standing: Sequence[_Standing]) -> list[RecordedAct]:
    moment = clock.whole_second(max(db.database_time(), max(one.at for one in standing) + _SECOND))
    occasion = f"withdraw:{who.key}:{who.recipient_id}"
    what = hash_body(occasion, sorted(one.entry_id for one in standing))
    others = len({one.recipient_id for one in standing} - {who.recipient_id})
    _, acts = record(
        NewSubmission(
            place=who.place, idem=f"{occasion}:{what.hex()}", body_hash=what, source=who.source,
            standing=Standing.VERIFIED, items=(), actor=who.actor, actor_id=who.actor_id,
            dealer_id=who.dealer_id, person=who.person,
            evidence=who.evidence | ({"addressesOfSameClick": others} if others else {})),
        [NewAct(one.document_id, one.text_id, one.text_hash.hex(), Act.WITHDRAWN, moment,
                address=_address(who, one)) for one in standing])
    return [act for act in acts if act.recipient_id == who.recipient_id]


def _address(who: Withdrawer, one: _Standing) -> str:
    if one.recipient_id == who.recipient_id:
        return who.address
    return secrets().keyring.decrypt(one.key_no, one.addr_ct, one.addr_hash).decode()


# What stands, then what the same click gave for other addresses: the click itself, or the record
# that a code made of it (``confirm:<submission>:<recipient>``, capture/verify.py).
_GIVEN: Final = """
with own as (
    select s.entry_id, s.recipient_id, s.document_id,
           case when m.idem ~ '^confirm:[0-9]{1,18}:[0-9]{1,18}$'
                then split_part(m.idem, ':', 2)::bigint else m.id end as click
      from kvkk_state s
      join kvkk_entry k on k.provider_id = s.provider_id and k.id = s.entry_id
      join submission m on m.provider_id = k.provider_id and m.id = k.submission_id
     where s.provider_id = %(provider)s and s.recipient_id = %(recipient)s
       and s.act = %(given)s and s.document_id = any(%(documents)s)
       and (%(dealer)s::int is null or s.dealer_id = %(dealer)s)
       and (%(until)s::timestamptz is null or s.entry_at <= %(until)s)),
of_click as (
    select entry_id, recipient_id, document_id from own
    union
    select s.entry_id, s.recipient_id, s.document_id
      from own
      join kvkk_entry first on first.provider_id = %(provider)s
       and first.submission_id = own.click and first.document_id = own.document_id
      join kvkk_state s on s.provider_id = %(provider)s and s.recipient_id = first.recipient_id
       and s.document_id = first.document_id and s.act = %(given)s
      join kvkk_entry k on k.provider_id = %(provider)s and k.id = s.entry_id
      join submission m on m.provider_id = %(provider)s and m.id = k.submission_id
     where m.id = own.click or m.idem = 'confirm:' || own.click || ':' || s.recipient_id)
select o.entry_id, o.recipient_id, o.document_id, s.text_id, v.content_hash, s.act_at, r.key_no,
       r.addr_hash, r.addr_ct
  from of_click o
  join kvkk_state s on s.provider_id = %(provider)s and s.recipient_id = o.recipient_id
   and s.document_id = o.document_id
  join document_version v on v.id = s.text_id
  join recipient r on r.provider_id = %(provider)s and r.id = o.recipient_id
 where o.recipient_id = %(recipient)s or r.addr_ct is not null
 order by o.document_id, o.recipient_id"""


def _given(who: Withdrawer, documents: Sequence[int]) -> list[_Standing]:
    rows = db.connection().execute(_GIVEN, {
        "provider": who.place.provider_id, "recipient": who.recipient_id,
        "given": int(Act.GIVEN), "documents": list(documents), "dealer": who.taken_by,
        "until": who.given_by}).fetchall()
    return [_Standing(entry, recipient, document, text, bytes(content), at, key,
                      bytes(digest or b""), bytes(cipher or b""))
            for entry, recipient, document, text, content, at, key, digest, cipher in rows]
