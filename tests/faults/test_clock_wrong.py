"""This machine's clock is hours wrong: nothing is buried, nothing valid for ever, no call storm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from iys_house import due_now, forward, how_many, phones, pull, settle, state, take

from ileti.consents.deadlines import due_at
from ileti.core import clock
from ileti.core.errors import Gone
from ileti.core.secrets import secrets

PHONE = phones(1)[0]
AHEAD, BEHIND = timedelta(hours=5), timedelta(hours=-5)


@pytest.mark.parametrize("count", [1, 30])
def test_a_consent_dated_by_a_clock_ahead_waits_until_iys_takes_it(
    shop: Any, registry: Any, count: int
) -> None:
    with clock.freeze(clock.now() + AHEAD):
        take(shop, phones(count))
        forward(shop)
        settle(shop)
    assert how_many(shop, "registered") == 0
    assert state(shop, PHONE)["iys"] == "QUEUED"
    forward(shop)
    assert (registry.tally()["consents"], how_many(shop, "outbox")) == (0, count)
    registry.tell("clock", advance_seconds=AHEAD.total_seconds() + 10)
    with clock.freeze(clock.now() + AHEAD + timedelta(seconds=10)):
        due_now(shop)
        forward(shop)
        due_now(shop)
        settle(shop)
    assert registry.tally()["consents"] == how_many(shop, "registered") == count


@pytest.mark.parametrize("ahead", [AHEAD, timedelta(days=1), timedelta(days=9)])
def test_a_clock_ahead_on_the_last_evening_buries_no_consent(
    shop: Any, registry: Any, ahead: timedelta
) -> None:
    taken = clock.now() - timedelta(minutes=1)
    take(shop, [PHONE], at=taken, due=taken + timedelta(seconds=30))
    with clock.freeze(clock.now() + ahead):
        forward(shop)
    assert state(shop, PHONE)["iys"] == "REGISTERED"


def test_a_clock_behind_reports_on_time_and_iys_orders_by_its_own(
    shop: Any, registry: Any
) -> None:
    with clock.freeze(clock.now() + BEHIND):
        take(shop, [PHONE], due=due_at(clock.now()))
        forward(shop)
        assert state(shop, PHONE)["iys"] == "REGISTERED"
        registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                      brandCode=shop.brand_code)
        pull(shop)
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "CHANGED_THERE")


def test_jumps_of_the_clock_cost_one_token_each_and_no_more(shop: Any, registry: Any) -> None:
    moment = clock.now()
    for jump in (timedelta(), AHEAD, timedelta(), BEHIND, AHEAD):
        with clock.freeze(moment + jump):
            take(shop, phones(1, first=int(jump.total_seconds()) % 9973), at=moment + BEHIND)
            forward(shop)
    assert registry.calls("oauth2/token") <= 5


def test_tokens_made_by_a_clock_ahead_end_and_by_a_clock_behind_are_short(database: str) -> None:
    signer = secrets().tokens("form")
    with clock.freeze(clock.now() + AHEAD):
        ahead = signer.make({"a": 1}, seconds=1800)
    with clock.freeze(clock.now() + BEHIND):
        behind = signer.make({"a": 1}, seconds=1800)
    assert signer.read(ahead)["a"] == 1
    with pytest.raises(Gone):
        signer.read(behind)
    with clock.freeze(clock.now() + AHEAD + timedelta(hours=1)), pytest.raises(Gone):
        signer.read(ahead)
