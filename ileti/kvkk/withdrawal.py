"""An explicit consent that a person withdraws now: by the preference centre, on the phone, by mail.

Why this module exists: withdrawing is as easy as giving (R-62) and is never too old: a clock that
runs behind must not leave a consent standing. So it is dated by the database's clock, and a second
after what stands where needed. A double click is one withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.consents.ledger import ActorKind, NewSubmission, Place, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock, db
from ileti.kvkk.ledger import NewAct, RecordedAct, record
from ileti.kvkk.vocabulary import Act

_SECOND: Final = timedelta(seconds=1)
_DOUBLE_CLICK: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Withdrawer:
    """Who withdraws what, and how it reached us. ``address`` is canonical and proven to be the
    person's; ``key`` names the occasion: the same one within a minute is a double click."""

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


def withdraw(who: Withdrawer, documents: Sequence[int]) -> list[RecordedAct]:
    """Withdraw what stands as given for these texts (ids of ``document``); those without a
    consent are left alone. Raises what :func:`ileti.kvkk.ledger.record` raises."""
    standing = _given(who, documents)
    if not standing:
        return []
    now, last = _now(), max(at for *_, at in standing)
    moment = clock.whole_second(max(now, last + _SECOND))
    turn = int(now.timestamp()) // int(_DOUBLE_CLICK.total_seconds())
    texts = hash_body([document for document, *_ in standing], who.address)
    _, acts = record(
        NewSubmission(
            place=who.place, idem=f"withdraw:{who.key}:{who.recipient_id}:{turn}:{texts.hex()}",
            body_hash=texts, source=who.source,
            standing=Standing.VERIFIED, items=(), actor=who.actor, actor_id=who.actor_id,
            dealer_id=who.dealer_id, evidence=who.evidence, person=who.person),
        [NewAct(document, text, digest.hex(), Act.WITHDRAWN, moment, address=who.address)
         for document, text, digest, _ in standing])
    return acts


def _given(who: Withdrawer, documents: Sequence[int]) -> list[tuple[int, int, bytes, datetime]]:
    rows = db.connection().execute(
        "select s.document_id, s.text_id, v.content_hash, s.act_at from kvkk_state s "
        "join document_version v on v.id = s.text_id "
        "where s.provider_id = %s and s.recipient_id = %s and s.act = %s "
        "and s.document_id = any(%s) order by s.document_id",
        (who.place.provider_id, who.recipient_id, int(Act.GIVEN), list(documents))).fetchall()
    return [(document, text, bytes(digest), at) for document, text, digest, at in rows]


def _now() -> datetime:
    row = db.connection().execute("select now()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
