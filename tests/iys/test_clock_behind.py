"""Our clock, or one host's, is hours wrong: a refusal still holds (fault row 32, R-32)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from iys_house import due_now, forward, how_many, pull, settle, state, take

from ileti.consents.gate import may_send_now
from ileti.consents.ledger import ActorKind
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, db

PHONE = "+905997000000"


def consents_at_iys(shop: Any, registry: Any, status: str = "ONAY") -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status=status,
                  brandCode=shop.brand_code)


def refuse(shop: Any) -> None:
    recipient, = db.connection().execute(
        "select id from recipient where provider_id = %s", (shop.provider_id,)).fetchone()
    refuse_now(Refuser(place=shop, recipient_id=recipient, address=PHONE, channels=[Channel.MESAJ],
                       source=Source.HS_WEB, actor=ActorKind.VISITOR, key="link", evidence={}))


def finish(shop: Any) -> None:
    for _ in range(3):
        due_now(shop)
        forward(shop)
        settle(shop)
        if not how_many(shop, "outbox"):
            return
        time.sleep(1.1)  # İYS takes no date that has not come yet


def refused_on_both_sides(shop: Any, registry: Any) -> bool:
    return (registry.holds(PHONE)["status"] == "RET" == state(shop, PHONE)["status"]
            and state(shop, PHONE)["iys"] == "REGISTERED" and how_many(shop, "outbox") == 0
            and not may_send_now(shop.provider_id, shop.brand_id, PHONE, Channel.MESAJ))


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("pulled", ["before sending", "after sending", "before refusing"])
def test_a_refusal_after_a_consent_at_iys_whose_clock_is_two_hours_ahead(
    shop: Any, registry: Any, pulled: str, known: bool
) -> None:
    if known:
        take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
        finish(shop)
        consents_at_iys(shop, registry, "RET")
    registry.tell("clock", advance_seconds=7_200)
    consents_at_iys(shop, registry)
    if pulled == "before refusing":
        pull(shop)
        refuse(shop)
    else:
        take(shop, [PHONE], status="RET", at=clock.now())
    if pulled == "before sending":
        pull(shop)
        assert state(shop, PHONE)["status"] == "RET"
    finish(shop)
    pull(shop)
    assert refused_on_both_sides(shop, registry)
    consents_at_iys(shop, registry)  # and who consents at İYS after that has consented
    pull(shop)
    assert may_send_now(shop.provider_id, shop.brand_id, PHONE, Channel.MESAJ)


def test_a_refusal_on_a_host_whose_clock_is_behind_counts_from_the_databases_clock(
    shop: Any, registry: Any
) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(hours=5))
    finish(shop)
    consents_at_iys(shop, registry, "RET")
    consents_at_iys(shop, registry)  # not pulled yet
    with clock.freeze(clock.now() - timedelta(hours=3)):
        refuse(shop)
    assert clock.now() - state(shop, PHONE)["date"] < timedelta(minutes=1)
    pull(shop)
    assert state(shop, PHONE)["status"] == "RET"
    finish(shop)
    assert refused_on_both_sides(shop, registry)


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=1)])
def test_a_refusal_on_a_host_whose_clock_is_ahead_reaches_iys_now_and_blocks_no_later_consent(
    shop: Any, registry: Any, ahead: timedelta
) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(hours=5))
    finish(shop)
    with clock.freeze(clock.now() + ahead):
        refuse(shop)
    assert clock.now() - state(shop, PHONE)["date"] < timedelta(minutes=1)
    finish(shop)
    assert refused_on_both_sides(shop, registry)
    time.sleep(1.1)
    take(shop, [PHONE], at=clock.now())
    finish(shop)
    assert may_send_now(shop.provider_id, shop.brand_id, PHONE, Channel.MESAJ)


def test_what_a_host_ahead_finds_missing_at_iys_blocks_no_later_consent_there(
    shop: Any, registry: Any
) -> None:
    from ileti.iys.fullcheck import check_brand

    take(shop, [PHONE], at=clock.now() - timedelta(hours=5))
    finish(shop)
    registry.tell("reset")
    with clock.freeze(clock.now() + timedelta(days=1)):
        done, found = check_brand(shop, time.monotonic() + 20)
    assert (done, found["moved"]) == (True, 1)
    assert clock.now() - state(shop, PHONE)["date"] < timedelta(minutes=1)
    time.sleep(1.1)
    consents_at_iys(shop, registry)
    pull(shop)
    assert may_send_now(shop.provider_id, shop.brand_id, PHONE, Channel.MESAJ)
