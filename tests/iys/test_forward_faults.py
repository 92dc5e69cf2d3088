"""Forwarding on bad days: nothing lost, nothing doubled (fault rows 4 to 6, 14 to 27)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from iys_house import (
    due_now,
    forward,
    how_many,
    no_redis,
    phones,
    pull,
    settle,
    state,
    take,
    unmatched_dealer,
)

from ileti.consents.deadlines import due_at
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys import batches
from ileti.iys.batches import BatchState
from ileti.iys.budget import RequestBudget
from ileti.iys.settle import Outcome, refs_of
from ileti.iys.settle import settle as write_down
from ileti.iys.tokens import TokenKeeper

PHONE = "+905997000000"
LIST = "*/v2/*/consents/request"
SINGLE = "*/v2/*/consents"


def everything_arrived_once(shop: Any, registry: Any, count: int) -> bool:
    tally = registry.tally()
    return (
        tally["movements"] == tally["consents"] == count
        and tally["keys_moved_twice"] == 0
        and how_many(shop, "registered") == count
        and how_many(shop, "outbox") == how_many(shop, "open") == how_many(shop, "dead") == 0
    )


def until_all_is_told(shop: Any) -> None:
    for _ in range(8):
        due_now(shop)
        forward(shop)
        due_now(shop)
        settle(shop)
        if not how_many(shop, "outbox"):
            break


@pytest.mark.parametrize(("failpoint", "count"), [
    ("forward.claimed", 1_100), ("forward.sent", 5), ("forward.sent", 1_100),
])
def test_a_killed_worker_loses_and_doubles_nothing(
    shop: Any, registry: Any, worker: Any, failpoint: str, count: int
) -> None:
    take(shop, phones(count))
    killed = worker("forward", shop, failpoint=failpoint)
    killed.communicate(timeout=30)
    assert killed.returncode == 137
    assert how_many(shop, "open") == 1
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, count)


def test_a_worker_killed_with_the_result_in_hand_loses_nothing(
    shop: Any, registry: Any, worker: Any
) -> None:
    take(shop, phones(60))
    forward(shop)
    killed = worker("settle", shop, failpoint="receipts.read")
    killed.communicate(timeout=30)
    assert killed.returncode == 137
    assert how_many(shop, "registered") == 0
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 60)


def test_two_workers_at_once_send_each_consent_once(
    shop: Any, registry: Any, worker: Any
) -> None:
    take(shop, phones(2_600))
    both = [worker("forward", shop), worker("forward", shop)]
    for one in both:
        one.communicate(timeout=50)
    assert [one.returncode for one in both] == [0, 0]
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 2_600)
    assert registry.tally()["repeats_answered"] == 0


@pytest.mark.parametrize(("kind", "path", "count"), [
    ("500_after_accept", LIST, 40), ("half_answer", LIST, 40), ("broken_json", LIST, 40),
    ("html", LIST, 40), ("503", LIST, 40), ("fewer", LIST, 40), ("reorder", LIST, 40),
    ("half_answer", SINGLE, 3), ("500_after_accept", SINGLE, 3), ("429", LIST, 40),
    ("401", LIST, 40), ("401", SINGLE, 3), ("429", SINGLE, 3),
])
def test_a_fault_on_the_way_costs_time_and_nothing_else(
    shop: Any, registry: Any, kind: str, path: str, count: int
) -> None:
    registry.tell("fault", kind=kind, path=path, count=1)
    take(shop, phones(count))
    forward(shop)
    until_all_is_told(shop)
    assert registry.counters()["by_fault"] == {kind: 1}
    assert everything_arrived_once(shop, registry, count)


@pytest.mark.parametrize("kind", ["fewer", "reorder", "broken_json", "500", "html"])
def test_a_fault_in_the_result_settles_nothing_wrongly(
    shop: Any, registry: Any, kind: str
) -> None:
    registry.tell("fault", kind=kind, path="*/consents/request/*", count=1)
    take(shop, phones(40))
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 40)


def test_a_timeout_after_acceptance_is_sent_again_and_counts_once(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    from ileti.core.http import OutgoingClient
    from ileti.iys import client

    monkeypatch.setattr(client, "_outgoing", lambda url: OutgoingClient(url, read=0.3))
    client._client.cache_clear()
    registry.tell("fault", kind="timeout_after_accept", path=LIST, seconds=1)
    take(shop, phones(40))
    assert forward(shop)["held"] == 1
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 40)
    assert registry.tally()["repeats_answered"] == 40


def test_while_a_batch_is_held_up_no_new_one_is_begun(shop: Any, registry: Any) -> None:
    registry.tell("fault", kind="503", path=LIST, count=None)
    take(shop, phones(2_500))
    forward(shop)
    forward(shop)
    assert registry.calls("consents/request") <= 3
    assert how_many(shop, "open") <= 3


def test_faulty_items_are_set_aside_and_the_others_go_once(shop: Any, registry: Any) -> None:
    old = clock.now() - timedelta(days=20)
    take(shop, phones(990))
    take(shop, phones(10, first=990), at=old)
    counts = forward(shop)
    assert (counts["sent"], counts["settled"]) == (990, 10)
    settle(shop)
    assert registry.calls("consents/request") == 2
    assert state(shop, "+905997000995")["iys"] == "OVERDUE"
    assert state(shop, "+905997000995")["code"] == 467
    assert registry.tally()["movements"] == how_many(shop, "registered") == 990


def test_an_unknown_dealer_code_is_parked_with_a_reason(shop: Any, registry: Any) -> None:
    dealer = unmatched_dealer(shop)
    take(shop, [PHONE], dealer_id=dealer)
    take(shop, phones(30, first=1))
    forward(shop)
    settle(shop)
    assert (how_many(shop, "dead"), how_many(shop, "registered")) == (1, 30)
    reason = db.connection().execute(
        "select reason from outbox where provider_id = %s", (shop.provider_id,)).fetchone()[0]
    assert "Bayi" in reason
    assert state(shop, PHONE)["code"] == 180


def test_what_iys_refuses_only_later_is_believed_after_asking(shop: Any, registry: Any) -> None:
    take(shop, phones(30), at=clock.now() - timedelta(minutes=5))
    for phone in phones(2):
        registry.tell("citizen", recipient=phone, type="MESAJ", status="RET",
                      brandCode=shop.brand_code)
    until_all_is_told(shop)
    assert registry.calls("consents/status") == 2
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "CHANGED_THERE")
    assert how_many(shop, "registered") == 28
    assert how_many(shop, "outbox") == 0


def test_a_refusal_already_there_is_registered_with_iys_record(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
    forward(shop)
    take(shop, [PHONE], status="RET", at=clock.now() - timedelta(seconds=1))
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    forward(shop)
    assert registry.calls("consents/status") == 1
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "REGISTERED")


def test_an_unfinished_result_is_asked_for_again_and_settles_nothing(
    shop: Any, registry: Any
) -> None:
    registry.tell("delay", batch=3600)
    take(shop, phones(30))
    forward(shop)
    assert settle(shop) == {}
    assert (how_many(shop, "registered"), how_many(shop, "open")) == (0, 1)
    registry.tell("clock", advance_seconds=4000)
    due_now(shop)
    assert settle(shop) == {"settled": 30}


def test_a_paused_subscription_holds_everything_and_says_so(shop: Any, registry: Any) -> None:
    registry.tell("subscription", state="PAUSED")
    take(shop, phones(30))
    assert forward(shop)["held"] == 1
    problem = db.connection().execute(
        "select iys_problem from provider where id = %s", (shop.provider_id,)).fetchone()[0]
    assert "abonelik" in problem or "aboneliği" in problem
    registry.tell("subscription", state="ACTIVE")
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 30)


def test_redis_flushed_in_the_middle_loses_nothing(shop: Any, registry: Any) -> None:
    take(shop, phones(1_100))
    redis_client().flushdb()
    forward(shop)
    redis_client().flushdb()
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 1_100)


def test_redis_away_slows_and_loses_nothing(
    shop: Any, given: Any, registry: Any, monkeypatch: Any
) -> None:
    away = no_redis()
    for keeper in (RequestBudget, TokenKeeper):
        monkeypatch.setitem(keeper.__init__.__kwdefaults__, "store", lambda: away)
    monkeypatch.setattr(given, "iys_requests_per_second", 40.0)
    take(shop, phones(30))
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 30)


def test_a_late_worker_cannot_write_any_more(shop: Any) -> None:
    take(shop, phones(3))
    mine = batches.open_batch(shop.provider_id, shop.brand_id, shop.brand_code, 10)
    assert mine is not None
    refs = list(refs_of(mine).values())
    due_now(shop)
    assert batches.take_over(BatchState.PREPARED, shop.provider_id) is not None
    with pytest.raises(batches.LateWrite):
        write_down(mine, [Outcome(ref=refs[0], state=None)])
    assert how_many(shop, "outbox") == 3


def test_an_in_doubt_consent_past_its_deadline_is_decided_by_iys(
    shop: Any, registry: Any
) -> None:
    registry.tell("fault", kind="500_after_accept", path=LIST, count=1)
    at = clock.now() - timedelta(seconds=5)
    take(shop, phones(30), at=at, due=due_at(at))
    forward(shop)
    with clock.freeze(clock.now() + timedelta(days=10)):
        until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 30)


def test_a_list_refused_without_a_name_is_split_until_it_goes(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    from ileti.iys import client
    from ileti.iys.errors import Kind

    real = client.IysClient.add_batch

    def narrow(self: Any, brand: int, items: Any) -> Any:
        if len(items) > 25:
            raise client.IysTrouble(Kind.BATCH, "H092", 400)
        return real(self, brand, items)

    monkeypatch.setattr(client.IysClient, "add_batch", narrow)
    take(shop, phones(90))
    until_all_is_told(shop)
    assert everything_arrived_once(shop, registry, 90)


def test_a_citizens_refusal_while_ours_travels_holds_in_the_end(
    shop: Any, registry: Any
) -> None:
    registry.tell("delay", batch=1)
    take(shop, phones(30))
    forward(shop)
    registry.tell("clock", advance_seconds=5)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    pull(shop)
    until_all_is_told(shop)
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "CHANGED_THERE")
