"""What the tests of reconciliation say often: a day on both sides, a night, what it found."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from iys_house import forward, phones, reconciled_day, settle, take

from ileti.core import clock, db
from ileti.core.clock import ISTANBUL
from ileti.iys.days import days_due
from ileti.iys.reconcile import Cause

PEOPLE = phones(6)


def told_today(shop: Any, registry: Any, people: list[str] | None = None) -> dt.date:
    """Consents that reach İYS, and the day they did so, once it is over there."""
    take(shop, people or PEOPLE, at=clock.now() - dt.timedelta(seconds=90))
    forward(shop)
    settle(shop)
    return reconciled_day(registry)


def morning_after(day: dt.date, days: int = 1) -> dt.datetime:
    """Three in the morning, so many days after the day."""
    return dt.datetime.combine(day + dt.timedelta(days=days), dt.time(3), ISTANBUL)


def night(shop: Any, day: dt.date, days: int = 1, seconds: float = 30) -> dict[str, int]:
    """One night's work for this provider."""
    db.connection().execute("update iys_day set next_at = now() where provider_id = %s",
                            (shop.provider_id,))
    with clock.freeze(morning_after(day, days)):
        return dict(days_due(time.monotonic() + seconds, shop.provider_id))


def row(shop: Any, day: dt.date) -> dict[str, Any]:
    """How the day stands."""
    cursor = db.connection().execute(
        "select * from iys_day where provider_id = %s and brand_id = %s and day = %s",
        (shop.provider_id, shop.brand_id, day))
    found = cursor.fetchone()
    names = [one.name for one in cursor.description or ()]
    return dict(zip(names, found, strict=True)) if found else {}


def differences(shop: Any, day: dt.date, state: int = 1) -> list[tuple[str, int]]:
    """(cause, id) of the day's differences in this state."""
    return [(Cause(one[0]).name, one[1]) for one in db.connection().execute(
        "select cause, id from iys_difference where provider_id = %s and day = %s and state = %s "
        "order by id", (shop.provider_id, day, state)).fetchall()]


def causes(shop: Any, day: dt.date) -> list[str]:
    return sorted(one[0] for one in differences(shop, day))


def falsify(registry: Any, shop: Any, day: dt.date, **how: Any) -> None:
    registry.tell("day", brandCode=shop.brand_code, reportDate=str(day), **how)


def agreed_there(shop: Any, day: dt.date) -> bool:
    """Whether İYS was told that the day is right."""
    from ileti.iys.client import client_for

    known = client_for(shop.provider_id).day_hash(shop.brand_code, day)
    return known is not None and known.agreed
