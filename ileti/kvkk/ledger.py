"""The only door for acts about personal data: entry, state and leaf, all or nothing.

Why this module exists: the acts of a click belong to the same moment as its commercial consents, so
they are written with them in one call and one transaction (``record_acts``, sql/0200_kvkk.sql), and
yet are entries of their own kind, which no consent shares (R-58). Idempotent by the caller's key as
:mod:`ileti.consents.ledger` is, whose submission they hang on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ileti.consents import together
from ileti.consents.ledger import (
    NewSubmission,
    Recorded,
    RecordedAct,
    record_packed,
    refuse_malformed_key,
)
from ileti.consents.packing import Packed, pack
from ileti.core.statement import pack_int2, pack_int4, pack_time
from ileti.kvkk import claims
from ileti.kvkk.vocabulary import Act, Extent

__all__ = ["NewAct", "RecordedAct", "record"]


@dataclass(frozen=True)
class NewAct:
    """One act to be recorded: which version of which text, how far it was shown, when. ``address``
    is canonical, None when nobody knows whose act it is (a notice's only). ``text_hash`` is hex and
    belongs to ``text_id``; ``at`` is aware, in whole seconds."""

    document_id: int
    text_id: int
    text_hash: str
    act: Act
    at: datetime
    extent: Extent = Extent.UNKNOWN
    address: str | None = None


def record(new: NewSubmission, acts: Sequence[NewAct], *, company: bool = False
           ) -> tuple[Recorded, list[RecordedAct]]:
    """Record a click's consents (perhaps none) and its acts in one transaction; acts are answered
    in the order given. A click with neither is a submission and nothing more.

    ``company``: of somebody who may be new, so that it may go together with its neighbours
    (:mod:`ileti.consents.together`). Known people go alone whoever asks, and would wait in vain.

    Raises ValueError for what no caller may ask: two acts of one address on one text, a consent of
    nobody; and what :func:`ileti.consents.ledger.record` raises.
    """
    _refuse_senseless(new, acts)
    refuse_malformed_key(new.idem)
    packed = pack(new, [act.address for act in acts if act.address is not None])
    packed = packed._replace(acts=[_packed(new, act, packed) for act in acts])
    company = company and bool(new.items) and all(act.address is not None for act in acts)
    done = together.record_with_acts(packed) if company else record_packed(packed)
    return done, list(done.acts)


def _refuse_senseless(new: NewSubmission, acts: Sequence[NewAct]) -> None:
    if new.items and not acts:
        raise ValueError("a click without acts goes through ileti.consents.ledger")
    if len({(act.address, act.document_id) for act in acts}) < len(acts):
        raise ValueError("two acts of one address on one text")
    if any(act.address is None and not act.act.of_notice for act in acts):
        raise ValueError("a consent of nobody")


def _place(act: NewAct, click: Packed) -> int:
    return 0 if act.address is None else click.places[act.address]


def _packed(new: NewSubmission, act: NewAct, click: Packed) -> tuple[int, *tuple[bytes, ...]]:
    said = claims.claim(
        act=act.act, at=act.at, brand=new.place.brand_code, dealer=new.dealer_id,
        evidence=click.evidence, extent=act.extent, idem=new.idem, person=click.person,
        provider=new.place.iys_code, recipient=act.address, source=new.source,
        standing=new.standing, text=act.text_hash)
    return (_place(act, click), pack_int4(act.document_id), pack_int4(act.text_id),
            pack_int2(act.act), pack_int2(act.extent), pack_time(act.at), claims.digest(said))
