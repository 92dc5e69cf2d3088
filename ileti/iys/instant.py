"""Anlık mutabakat of one address: what İYS holds at this moment beside what we hold.

Why this module exists: somebody is on the phone and asks "do you still have my consent?". The
night's file is hours old then; the single status query is İYS's word of now (İYS API §6.7, 1 000 an
hour). Who wins is the same as at night (:mod:`ileti.iys.reconcile`): İYS's record enters the ledger
by the road of pull, except where it is we who hold the newer word and İYS has not got it yet; then
that is reported again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Status
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.iys.client import IysClient, client_for
from ileti.iys.pull import take_movements
from ileti.iys.reconcile import report_again
from ileti.iys.wire import Movement

_ON_ITS_WAY = (IysStatus.QUEUED, IysStatus.WAITING)
_THERE = (IysStatus.REGISTERED, IysStatus.CHANGED_THERE)


class Verdict(StrEnum):
    """How one key stands."""

    SAME = "same"
    ON_ITS_WAY = "on-its-way"
    BLOCKED_HERE = "blocked-here"
    MISSING_AT_IYS = "missing-at-iys"
    MISSING_HERE = "missing-here"
    OTHER_STATUS = "other-status"
    OURS_IS_NEWER = "ours-is-newer"

    @property
    def differs(self) -> bool:
        """Something is to be mended."""
        return self not in (Verdict.SAME, Verdict.ON_ITS_WAY, Verdict.BLOCKED_HERE)


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold for one key."""

    recipient_id: int
    status: Status
    date: datetime
    iys: IysStatus


@dataclass(frozen=True, slots=True)
class KeyNow:
    """One key on both sides at this moment."""

    recipient_type: RecipientType
    channel: Channel
    verdict: Verdict
    here: Held | None
    there: Movement | None = field(repr=False)


def ask_now(place: Place, address: str) -> list[KeyNow]:
    """Every key of a canonical address that İYS or we hold, on both sides. Raises IysTrouble."""
    client, held = client_for(place.provider_id), _held(place, address)
    channels = ((Channel.MESAJ, Channel.ARAMA) if address.startswith("+") else (Channel.EPOSTA,))
    found = []
    for kind in RecipientType:
        for channel in channels:
            here = held.get((kind, channel))
            if here is None and kind is RecipientType.TACIR and held:
                continue  # a merchant is asked for when we know it, or know nothing at all
            now = _now(client, place, address, kind, channel, here)
            if now is not None:
                found.append(now)
    return found


def mend_now(place: Place, address: str, kind: RecipientType, channel: Channel) -> KeyNow | None:
    """Mend one key by İYS's word of this moment, and how it stands then. Raises IysTrouble."""
    client = client_for(place.provider_id)
    here = _held(place, address).get((kind, channel))
    now = _now(client, place, address, kind, channel, here)
    if now is None or not now.verdict.differs:
        return now
    if now.verdict in (Verdict.OTHER_STATUS, Verdict.MISSING_HERE) and now.there is not None:
        with db.transaction() as conn:
            take_movements(conn, place, [now.there], learned="asked")
    elif now.here is not None:
        report_again(place, now.here.recipient_id, kind, channel)
    here = _held(place, address).get((kind, channel))
    return KeyNow(kind, channel, _verdict(here, now.there), here, now.there)


def _now(client: IysClient, place: Place, address: str, kind: RecipientType, channel: Channel,
         here: Held | None) -> KeyNow | None:
    there = client.status(place.brand_code, address, kind, channel)
    if here is None and there is None:
        return None
    return KeyNow(kind, channel, _verdict(here, there), here, there)


def _verdict(here: Held | None, there: Movement | None) -> Verdict:
    if here is None:
        return Verdict.MISSING_HERE
    if here.iys in _ON_ITS_WAY:
        return Verdict.ON_ITS_WAY
    if there is None:
        return Verdict.MISSING_AT_IYS if here.status is Status.ONAY else Verdict.BLOCKED_HERE
    if here.status is there.status:
        return Verdict.SAME if here.iys in _THERE else Verdict.OTHER_STATUS
    told = there.consent_date or there.creation_date
    newer = here.iys not in _THERE and here.status is Status.RET and here.date >= told
    return Verdict.OURS_IS_NEWER if newer else Verdict.OTHER_STATUS


def _held(place: Place, address: str) -> dict[tuple[RecipientType, Channel], Held]:
    rows = db.connection().execute(
        "select s.recipient_type, s.channel, s.recipient_id, s.status, s.consent_date, "
        "s.iys_status from consent_state s join recipient r on r.provider_id = s.provider_id "
        "and r.id = s.recipient_id where s.provider_id = %s and s.brand_id = %s "
        "and r.addr_hash = %s and s.standing = 1",
        (place.provider_id, place.brand_id, secrets().addresses.of(place.provider_id, address)),
    ).fetchall()
    return {(RecipientType(row[0]), Channel(row[1])):
            Held(row[2], Status(row[3]), row[4], IysStatus(row[5])) for row in rows}
