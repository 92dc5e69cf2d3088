"""The only door for acts about personal data: entry, state and leaf, all or nothing.

Why this module exists: the acts of a click belong to the same moment as its commercial consents, so
they are written with them in one call and one transaction (``record_acts``, sql/0200_kvkk.sql), and
yet are entries of their own kind, which no consent shares (R-58). Idempotent by the caller's key as
:mod:`ileti.consents.ledger` is, whose submission they hang on.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from ileti.consents import ledger, packing
from ileti.consents.ledger import NewSubmission, Recorded
from ileti.core.statement import (
    Statement,
    pack_array,
    pack_int2,
    pack_int4,
    pack_time,
)
from ileti.kvkk import claims
from ileti.kvkk.vocabulary import Act, Extent

_KINDS: Final = ("int2[]", "int4[]", "int4[]", "int2[]", "int2[]", "timestamptz[]", "bytea[]")
_ACT: Final = struct.Struct(">qq32s")
_ALL: Final = (*packing.KINDS, *_KINDS)
_RECORD: Final = Statement(
    "record_acts", f"select record_acts({','.join(f'${n}' for n in range(1, len(_ALL) + 1))})",
    _ALL)


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


class RecordedAct(NamedTuple):
    """What an act became; ``recipient_id`` None for nobody known."""

    entry_id: int
    recipient_id: int | None
    leaf: bytes


def record(new: NewSubmission, acts: Sequence[NewAct]) -> tuple[Recorded, list[RecordedAct]]:
    """Record a click's consents (perhaps none) and its acts in one transaction; acts are answered
    in the order given. A click with neither is a submission and nothing more. Two acts of one
    address on one text are a mistake of the caller (ValueError), a consent of nobody too. Raises
    what :func:`ileti.consents.ledger.record` raises.
    """
    _refuse_senseless(new, acts)
    ledger.refuse_malformed_key(new.idem)
    packed = packing.pack(new, [act.address for act in acts if act.address is not None])
    columns = ([*zip(*(_packed(new, act, packed) for act in acts), strict=True)]
               or [()] * len(_KINDS))
    answer = ledger.said_once(_RECORD, [
        *packing.parameters(packed),
        *(pack_array(kind, column) for kind, column in zip(_KINDS, columns, strict=True))])
    items = len(new.items)
    return ledger.unpack(answer, items), [
        RecordedAct(entry, recipient or None, leaf)
        for entry, recipient, leaf in _ACT.iter_unpack(answer[ledger.size_of(items):])]


def _refuse_senseless(new: NewSubmission, acts: Sequence[NewAct]) -> None:
    if new.items and not acts:
        raise ValueError("a click without acts goes through ileti.consents.ledger")
    if len({(act.address, act.document_id) for act in acts}) < len(acts):
        raise ValueError("two acts of one address on one text")
    if any(act.address is None and not act.act.of_notice for act in acts):
        raise ValueError("a consent of nobody")


def _packed(new: NewSubmission, act: NewAct, click: packing.Packed) -> tuple[bytes, ...]:
    said = claims.claim(
        act=act.act, at=act.at, brand=new.place.brand_code, dealer=new.dealer_id,
        evidence=click.evidence, extent=act.extent, idem=new.idem, person=click.person,
        provider=new.place.iys_code, recipient=act.address, source=new.source,
        standing=new.standing, text=act.text_hash)
    place = 0 if act.address is None else click.places[act.address]
    return (pack_int2(place), pack_int4(act.document_id), pack_int4(act.text_id),
            pack_int2(act.act), pack_int2(act.extent), pack_time(act.at), claims.digest(said))
