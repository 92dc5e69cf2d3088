"""Asking İYS to report citizens' changes here, and asking it to stop (İYS API §6.11).

Why this module exists: İYS calls our address while our call to it still runs, so the credentials
must stand before, and what is called then must have no effect; only when İYS has answered does a
brand count (:mod:`ileti.iys.pushed`). No transaction is open meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from config import settings
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.pushcalls import PushTarget
from ileti.iys.pushed import PATH
from ileti.iys.pushlogin import login_for, mark_registered


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What came of one brand and channel; ``trouble`` None when İYS did it."""

    brand_code: int
    channel: Channel
    trouble: IysTrouble | None


def register_push(provider_id: int, *, url: str = "") -> list[PushOutcome]:
    """Register every brand and channel of a provider; ``url`` in place of our public address."""
    return [_ask(provider_id, *brand, channel, url or settings().base_url + PATH, on=True)
            for brand in _brands(provider_id) for channel in Channel]


def unregister_push(provider_id: int, *, url: str = "") -> list[PushOutcome]:
    """Take the registrations away that İYS confirmed."""
    return [_ask(provider_id, *brand, channel, url or settings().base_url + PATH, on=False)
            for channel, brand_ids in _registered(provider_id)
            for brand in _brands(provider_id) if brand[0] in brand_ids]


def registered(provider_id: int) -> int:
    """How many channels of brands İYS confirmed."""
    return sum(len(brand_ids) for _channel, brand_ids in _registered(provider_id))


def _ask(provider_id: int, brand_id: int, brand_code: int, channel: Channel, url: str, *,
         on: bool) -> PushOutcome:
    username, password = login_for(provider_id, channel)
    target = PushTarget(url=url, channel=channel, username=username, password=password)
    try:
        client = client_for(provider_id)
        if on:
            client.register_push(brand_code, [target])
        else:
            client.unregister_push(brand_code, target)
    except IysTrouble as trouble:
        return PushOutcome(brand_code, channel, trouble)
    mark_registered(provider_id, channel, brand_id, on=on)
    return PushOutcome(brand_code, channel, None)


def _brands(provider_id: int) -> list[tuple[int, int]]:
    return db.connection().execute(
        "select id, brand_code from brand where provider_id = %s order by id", (provider_id,)
    ).fetchall()


def _registered(provider_id: int) -> list[tuple[Channel, set[int]]]:
    return [(Channel(channel), set(brand_ids)) for channel, brand_ids in db.connection().execute(
        "select channel, brand_ids from iys_push where provider_id = %s order by channel",
        (provider_id,))]
