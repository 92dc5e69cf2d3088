"""Anlık mutabakat: one address on both sides, while somebody waits (İYS API §6.7; R-34, R-42)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from iys_house import forward, how_many, settle, state, take

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.iys.instant import Verdict, ask_now, mend_now

PHONE = "+905997000000"
KEY = (RecipientType.BIREYSEL, Channel.MESAJ)


def registered(shop: Any) -> None:
    take(shop, [PHONE], at=clock.now() - dt.timedelta(seconds=90))
    forward(shop)
    settle(shop)


def verdicts(shop: Any) -> list[str]:
    return [one.verdict.value for one in ask_now(shop, PHONE)]


def citizen(registry: Any, shop: Any, status: str) -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status=status,
                  brandCode=shop.brand_code)


def test_what_both_hold_is_the_same(shop: Any) -> None:
    registered(shop)
    assert verdicts(shop) == [Verdict.SAME]


def test_a_stranger_is_held_by_nobody(shop: Any) -> None:
    assert ask_now(shop, "+905997000099") == []


def test_a_citizens_refusal_of_a_minute_ago_is_seen_and_taken(shop: Any, registry: Any) -> None:
    registered(shop)
    citizen(registry, shop, "RET")
    assert verdicts(shop) == [Verdict.OTHER_STATUS]
    after = mend_now(shop, PHONE, *KEY)
    assert after is not None
    assert after.verdict is Verdict.SAME
    assert state(shop, PHONE)["status"] == "RET"


def test_a_consent_only_iys_knows_is_taken(shop: Any, registry: Any) -> None:
    citizen(registry, shop, "ONAY")
    assert verdicts(shop) == [Verdict.MISSING_HERE]
    mend_now(shop, PHONE, *KEY)
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("ONAY", "CHANGED_THERE")


def test_what_iys_has_lost_is_reported_again(shop: Any, registry: Any) -> None:
    registered(shop)
    registry.tell("reset")
    assert verdicts(shop) == [Verdict.MISSING_AT_IYS]
    mend_now(shop, PHONE, *KEY)
    assert how_many(shop, "outbox") == 1
    forward(shop)
    assert verdicts(shop) == [Verdict.SAME]


def test_a_refusal_iys_has_not_got_goes_there_and_is_not_overruled(
    shop: Any, registry: Any
) -> None:
    registered(shop)
    take(shop, [PHONE], status="RET", at=clock.now() - dt.timedelta(seconds=5))
    assert verdicts(shop) == [Verdict.ON_ITS_WAY]
    db.connection().execute("delete from outbox where provider_id = %s", (shop.provider_id,))
    db.connection().execute("update consent_state set iys_status = 6, pending_id = null "
                            "where provider_id = %s", (shop.provider_id,))
    assert verdicts(shop) == [Verdict.OURS_IS_NEWER]
    mend_now(shop, PHONE, *KEY)
    assert state(shop, PHONE)["status"] == "RET"
    forward(shop)
    assert registry.holds(PHONE)["status"] == "RET"


def test_a_first_refusal_blocks_here_and_iys_need_not_know_r42(shop: Any) -> None:
    take(shop, [PHONE], status="RET")
    forward(shop)
    assert verdicts(shop) == [Verdict.BLOCKED_HERE]


def test_mending_twice_changes_nothing_more(shop: Any, registry: Any) -> None:
    registered(shop)
    citizen(registry, shop, "RET")
    mend_now(shop, PHONE, *KEY)
    before = how_many(shop, "receipts")
    mend_now(shop, PHONE, *KEY)
    assert how_many(shop, "receipts") == before
