"""An answer of İYS that leaves somebody out does not lose a refusal (row 20; R-33, R-42)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from iys_house import due_now, forward, how_many, pull, settle, state, take

from ileti.core import clock

PHONE = "+905997000000"


def finish(shop: Any) -> None:
    for _ in range(2):
        due_now(shop)
        forward(shop)
        settle(shop)


@pytest.mark.parametrize("pulled", ["before the question", "after the answer"])
def test_a_question_whose_answer_left_the_person_out(
    shop: Any, registry: Any, pulled: str
) -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    time.sleep(1.1)
    take(shop, [PHONE], status="RET", at=clock.now())
    registry.tell("fault", kind="fewer", path="*/status/*", count=1)
    if pulled == "before the question":
        pull(shop)
    forward(shop)
    if pulled == "after the answer":
        assert state(shop, PHONE)["iys"] == "LOCAL_ONLY"
        pull(shop)
    finish(shop)
    assert registry.holds(PHONE)["status"] == "RET"
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "REGISTERED")
    assert how_many(shop, "outbox") == 0


def test_a_refusal_iys_really_knows_nothing_of_stays_here(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], status="RET", at=clock.now() - timedelta(minutes=1))
    forward(shop)
    pull(shop)
    finish(shop)
    assert (registry.holds(PHONE), state(shop, PHONE)["iys"]) == ({}, "LOCAL_ONLY")


def test_a_list_that_leaves_out_a_consent_there_does_not_keep_our_refusal_from_iys(
    shop: Any, registry: Any
) -> None:
    """Found by chaos: the citizen refused (heard), consented again (not heard), refused here."""
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
    finish(shop)
    for status in ("RET", "ONAY"):
        registry.tell("citizen", recipient=PHONE, type="MESAJ", status=status,
                      brandCode=shop.brand_code)
        if status == "RET":
            pull(shop)
        time.sleep(1.1)
    assert state(shop, PHONE)["status"] == "RET"
    take(shop, [PHONE], status="RET", at=clock.now())
    registry.tell("fault", kind="fewer", path="*/status/*", count=1)
    finish(shop)
    assert registry.holds(PHONE)["status"] == "RET"
    assert registry.holds(PHONE)["source"].startswith("HS_")
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "REGISTERED")
    assert how_many(shop, "outbox") == 0


def test_the_first_single_question_that_fails_is_the_last_and_all_refusals_wait(
    shop: Any, registry: Any
) -> None:
    """Twenty timeouts in a row would outlive the lease on the batch."""
    phones = [f"+90599700010{n}" for n in range(3)]
    take(shop, phones, at=clock.now() - timedelta(minutes=9))
    finish(shop)
    for phone in phones:
        registry.tell("citizen", recipient=phone, type="MESAJ", status="RET",
                      brandCode=shop.brand_code)
    pull(shop)
    time.sleep(1.1)
    take(shop, phones, status="RET", at=clock.now())
    registry.tell("fault", kind="503", path="*/consents/status", count=20)
    before = registry.calls("/consents/status")
    forward(shop)
    assert registry.calls("/consents/status") - before == 1
    assert how_many(shop, "outbox") == 3
    registry.tell("fault", clear=True)
    finish(shop)
    assert how_many(shop, "outbox") == 0
    assert {state(shop, phone)["iys"] for phone in phones} == {"REGISTERED"}
