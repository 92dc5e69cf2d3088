"""Adding a retailer at İYS so that a program may repeat it: once in effect, one number.

Why this module exists: İYS refuses a retailer it has (H231), also when it was added by the very
call whose answer got lost. A program that repeats would be told that its retailer is somebody
else's, and would never learn the number. So what is to be added is noted before İYS is asked, and
forgotten when the answer is sure. Who asks for the same while it is in doubt, be it after our 503
or after a crash, is answered from İYS's own list: the retailer that says the same, and was no
dealer here before, is the one that was added. Outside a doubt the second call gets H231, as at İYS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from ileti.compat.asking import asking
from ileti.consents.ledger import Place
from ileti.core import db
from ileti.core.crypto import QuickMac
from ileti.core.secrets import secrets
from ileti.iys.client import IysClient, IysTrouble
from ileti.iys.retaileranswers import NewRetailer, RegisteredRetailer

# A doubt that nobody asked about for so long is a matter for the panel, which compares both sides.
LONGEST: Final = timedelta(days=7)
_TWICE: Final = frozenset({"H230", "H231", "H253"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """A retailer that İYS is asked to add; ``since`` when it was asked first, ``again`` whether
    that was an earlier call."""

    place: Place
    digest: bytes
    since: datetime
    again: bool


def add_once(place: Place, wanted: NewRetailer) -> tuple[int, Doubt]:
    """İYS's number for the retailer, and what :func:`forget` closes when it is kept here. Raises
    Refused."""
    doubt = _open(place, wanted)
    with asking(place.provider_id) as client:
        code = _found(client, doubt, wanted) if doubt.again else None
        return code or _added(client, doubt, wanted), doubt


def forget(doubt: Doubt) -> None:
    """The answer is sure."""
    db.connection().execute(
        "delete from api_retailer_doubt where provider_id = %s and brand_id = %s and digest = %s",
        (doubt.place.provider_id, doubt.place.brand_id, doubt.digest))


def _added(client: IysClient, doubt: Doubt, wanted: NewRetailer) -> int:
    try:
        return client.add_retailer(doubt.place.brand_code, wanted)
    except IysTrouble as trouble:
        twice = not _TWICE.isdisjoint({trouble.code, *(one.code for one in trouble.faults)})
        if not trouble.in_doubt and not doubt.again:
            forget(doubt)
            raise
        # Asked again while the first call was still on its way there: İYS has it by now.
        code = _found(client, doubt, wanted) if trouble.in_doubt or twice else None
        if code is None:
            if twice:
                forget(doubt)
            raise
        return code


def _found(client: IysClient, doubt: Doubt, wanted: NewRetailer) -> int | None:
    """The number under which İYS has just this retailer, unless it was a dealer here before."""
    same = [one for one in client.retailers(doubt.place.brand_code) if _is(one, wanted)]
    if len(same) != 1:
        return None
    known = db.connection().execute(
        "select 1 from dealer where provider_id = %s and retailer_code = %s and created_at < %s",
        (doubt.place.provider_id, same[0].code, doubt.since)).fetchone()
    return None if known else same[0].code


def _is(one: RegisteredRetailer, wanted: NewRetailer) -> bool:
    return all((getattr(one, name) or "") == (getattr(wanted, name) or "")
               for name in ("tckn", "tin", "title", "name", "mersis"))


def _open(place: Place, wanted: NewRetailer) -> Doubt:
    digest, conn = _digest(place, wanted), db.connection()
    conn.execute("delete from api_retailer_doubt where provider_id = %s and at < now() - %s",
                 (place.provider_id, LONGEST))
    row: Any = conn.execute(
        "insert into api_retailer_doubt as d (provider_id, brand_id, digest) values (%s, %s, %s) "
        "on conflict (provider_id, brand_id, digest) do update set digest = d.digest "
        "returning at, at < now()", (place.provider_id, place.brand_id, digest)).fetchone()
    return Doubt(place, digest, row[0], row[1])


def _digest(place: Place, wanted: NewRetailer) -> bytes:
    """What the retailer says, kept without an identity number."""
    said = msgspec.json.encode([place.brand_code, wanted.to_wire()], order="deterministic")
    return QuickMac(secrets().key_for("compat-retailer")).of(said)
