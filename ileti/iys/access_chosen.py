"""Access of the consents that were chosen in the list: ticked one by one, or all a filter shows.

Why this module exists: the list knows what it shows and the wishes are rows, so a selection becomes
wishes in one statement, whatever its size; nothing of it travels through the browser but the ticked
record numbers or the filter itself, and both are read anew through the row rules. Wishes are for
consents İYS holds as given; what is chosen beside them is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Integer, bindparam, func, insert, literal, select, text

from ileti.consents import listing
from ileti.consents.listing import Wanted
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.vocabulary import IysStatus, Status
from ileti.core import orm
from ileti.iys.access import LARGEST_SELECTION, said
from ileti.iys.granted import Act
from ileti.iys.models import IysAccessTask
from ileti.tenancy.models import Brand, Provider

_KEY = (ConsentState.provider_id, ConsentState.brand_id, ConsentState.recipient_id,
        ConsentState.recipient_type, ConsentState.channel)
IN_FORCE = tuple(int(one) for one in IysStatus if one.in_force)


def ticked(entry_ids: Sequence[int]) -> Wanted | None:
    """These entries as a selection; None unless every one of them is in view."""
    wanted = set(entry_ids)
    found = orm.db.session.execute(select(ConsentEntry.provider_id, ConsentEntry.id).where(
        ConsentEntry.provider_id.in_(list(orm.db.session.scalars(select(Provider.id)))),
        ConsentEntry.id.in_(wanted))).all()
    return Wanted(entries=[(one[0], one[1]) for one in found]) if len(found) == len(wanted) else (
        None)


def brands(wanted: Wanted) -> list[Brand]:
    """The brand of a selection, or two when it has several. Of a whole filter those it may have:
    a million rows are not read to learn their brand."""
    asked = select(Brand).order_by(Brand.id).limit(2)
    if wanted.brands:
        asked = asked.where(Brand.id.in_(wanted.brands))
    if wanted.entries is not None:
        asked = asked.where(Brand.id.in_(
            listing.question(wanted).with_only_columns(ConsentEntry.brand_id)))
    return list(orm.db.session.scalars(asked))


def count(wanted: Wanted, brand: Brand) -> int:
    """How many consents the wishes would be about, up to one more than may be wished for at
    once."""
    keys = _keys(wanted, brand, LARGEST_SELECTION + 1)
    return orm.db.session.scalar(select(func.count()).select_from(keys)) or 0


def wish(wanted: Wanted, brand: Brand, act: Act, dealer_ids: Sequence[int]) -> int:
    """Ask for the access of a selection in the session's transaction; how many wishes. The same
    again changes nothing."""
    keys = _keys(wanted, brand, LARGEST_SELECTION)
    # text(): the same words as for every other wish; values are bound
    new = text(f"not {said(':act', ':dealers')}").bindparams(
        bindparam("act", int(act)), bindparam("dealers", list(dealer_ids), type_=ARRAY(Integer)))
    done: Any = orm.db.session.execute(insert(IysAccessTask).from_select(
        [one.name for one in _KEY] + ["act", "dealer_ids"],
        select(keys, literal(int(act)), literal(list(dealer_ids), ARRAY(Integer))).where(new)))
    return int(done.rowcount)


def _keys(wanted: Wanted, brand: Brand, most: int) -> Any:
    """Keys of the consents in force in a selection. The brand is named outright: an INSERT is not
    narrowed by the row rules, and a brand in view is."""
    return listing.question(wanted).where(
        ConsentState.provider_id == brand.provider_id, ConsentState.brand_id == brand.id,
        ConsentState.status == int(Status.ONAY), ConsentState.iys_status.in_(IN_FORCE),
    ).with_only_columns(*_KEY).distinct().limit(most).subquery("s")
