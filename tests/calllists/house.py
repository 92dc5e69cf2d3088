"""A brand with people who may be called, and what tests of call lists do with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from ileti.calllists import handing, making, results
from ileti.calllists.handing import Handed, Holder, Seen
from ileti.calllists.results import Outcome
from ileti.calllists.vocabulary import Result
from ileti.consents.ledger import NewConsent, NewSubmission, Place, hash_body, record
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.core import db

#: a Tuesday at noon in Istanbul
NOON = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
BEFORE = NOON - timedelta(days=3)
ANNA, BERK, CEM = "+905992134117", "+905992134118", "+905992134119"


def consent(place: Place, *phones: str, status: Status = Status.ONAY, at: datetime = BEFORE,
            channel: Channel = Channel.ARAMA, in_force: bool = True,
            dealer_id: int | None = None) -> None:
    """Consents (or refusals) as İYS holds them."""
    items = [NewConsent(one, channel, status, at) for one in phones]
    record(NewSubmission(place, f"calls:{uuid4()}", hash_body(items), Source.HS_WEB,
                         Standing.VERIFIED, items, dealer_id=dealer_id))
    if in_force:
        db.system_connection().execute(
            "update consent_state set iys_status = %s where provider_id = %s and status = 1",
            [int(IysStatus.REGISTERED), place.provider_id])


def new(place: Place, **more: Any) -> making.NewList:
    """What a list shall be."""
    given: dict[str, Any] = {"provider_id": place.provider_id, "brand_id": place.brand_id,
                             "name": "Kış çağrıları"}
    return making.NewList(**given | more)


def ask(place: Place, list_id: int | None = None, dealer_id: int | None = None, *,
        user: int = 7, **more: Any) -> Handed | None:
    """The next number for somebody."""
    return handing.next_for(Seen(place.provider_id, None, dealer_id, list_id), Holder(user), **more)


def say(place: Place, handed: Handed, result: Result, **more: Any) -> results.Finished:
    """What a call came to."""
    return results.finish(place.provider_id, handed.attempt_id,
                          Outcome(result=result, user_id=7, **more))


def rows(statement: str, *values: Any) -> list[Any]:
    """What stands in the database."""
    return db.system_connection().execute(statement, values).fetchall()
