"""Forwarding on a good day: once, in order, and only what may go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iys_house import due_now, forward, how_many, phones, pull, settle, state, take

from ileti.consents.deadlines import due_at
from ileti.core import clock, db
from ileti.outbox import relay

PHONE = "+905997000000"


def test_a_single_consent_is_answered_and_settled_at_once(shop: Any, registry: Any) -> None:
    take(shop, [PHONE])
    assert forward(shop) == {"settled": 1}
    assert state(shop, PHONE)["iys"] == "REGISTERED"
    assert state(shop, PHONE)["pending"] is None
    assert registry.calls("/v2/sps/{}/brands/{}/consents") == 1
    assert how_many(shop, "outbox") == 0


def test_the_receipt_carries_iys_own_number(shop: Any, registry: Any) -> None:
    entry = take(shop, [PHONE])[0]
    forward(shop)
    kept = db.connection().execute(
        "select accepted, transaction_id, creation_date from iys_receipt where provider_id = %s "
        "and entry_id = %s", (shop.provider_id, entry)).fetchone()
    assert kept[:2] == (True, registry.holds(PHONE)["transactionId"])
    assert kept[2] is not None


def test_many_consents_travel_as_lists_and_are_settled_set_by_set(
    shop: Any, registry: Any
) -> None:
    take(shop, phones(2_300))
    assert forward(shop)["sent"] == 2_300
    assert state(shop, PHONE)["iys"] == "WAITING"
    assert settle(shop) == {"settled": 2_300}
    assert how_many(shop, "registered") == how_many(shop, "receipts") == 2_300
    assert registry.tally()["movements"] == 2_300
    assert how_many(shop, "outbox") == how_many(shop, "open") == 0


def test_another_providers_rows_stay_where_they_are(
    shop: Any, place_b: Any, registry: Any
) -> None:
    take(shop, phones(3))
    forward(shop)
    assert how_many(place_b, "outbox") == 1
    assert registry.tally()["movements"] == 3


def test_consent_and_refusal_of_one_key_go_in_order(shop: Any, registry: Any) -> None:
    now = clock.now()
    take(shop, phones(30), at=now - timedelta(minutes=2))
    take(shop, phones(30), status="RET", at=now - timedelta(minutes=1))
    forward(shop)
    assert registry.holds(PHONE)["status"] == "ONAY"
    settle(shop)
    forward(shop)
    settle(shop)
    assert [m["status"] for m in registry.holds(PHONE)["movements"]] == ["ONAY", "RET"]
    assert state(shop, PHONE)["iys"] == "REGISTERED"
    assert registry.counters()["by_code"] == {}


def test_a_refusal_in_the_second_of_the_consent_goes_one_second_later(
    shop: Any, registry: Any
) -> None:
    at = clock.now() - timedelta(minutes=1)
    take(shop, [PHONE], at=at)
    take(shop, [PHONE], status="RET", at=at)
    forward(shop)
    forward(shop)
    first, second = registry.holds(PHONE)["movements"]
    assert (first["status"], second["status"]) == ("ONAY", "RET")
    assert int(second["consentDate"][-2:]) - int(first["consentDate"][-2:]) in (1, -59)


def test_a_date_still_to_come_waits_for_its_second(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], at=clock.now() + timedelta(seconds=30))
    forward(shop)
    assert registry.calls("consents") == 0
    assert how_many(shop, "outbox") == 1


def test_a_first_refusal_iys_does_not_know_is_kept_here_and_never_sent(
    shop: Any, registry: Any
) -> None:
    take(shop, phones(25), status="RET")
    forward(shop)
    assert state(shop, PHONE)["iys"] == "LOCAL_ONLY"
    assert registry.calls("/status/MESAJ") == 1
    assert registry.calls("consents/request") == registry.calls("/consents") == 0
    assert how_many(shop, "outbox") == 0


def test_a_first_refusal_of_what_iys_holds_as_consent_is_sent(shop: Any, registry: Any) -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    take(shop, [PHONE], status="RET", at=clock.now() + timedelta(seconds=1))
    with clock.freeze(clock.now() + timedelta(seconds=2)):
        registry.tell("clock", advance_seconds=2)
        forward(shop)
    assert registry.holds(PHONE)["status"] == "RET"
    assert state(shop, PHONE)["iys"] == "REGISTERED"


def test_an_overdue_consent_is_not_sent(shop: Any, registry: Any) -> None:
    at = clock.now() - timedelta(days=14)
    take(shop, phones(25), at=at, due=due_at(at))
    forward(shop)
    assert state(shop, PHONE)["iys"] == "OVERDUE"
    assert registry.calls("request") == 0
    assert how_many(shop, "outbox") == 0


def test_a_late_refusal_is_still_sent(shop: Any, registry: Any) -> None:
    now = clock.now()
    take(shop, [PHONE], at=now - timedelta(hours=1))
    forward(shop)
    take(shop, [PHONE], status="RET", at=now - timedelta(minutes=5), due=now - timedelta(minutes=1))
    forward(shop)
    assert registry.holds(PHONE)["status"] == "RET"


def test_a_consent_overruled_at_iys_is_not_sent(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(hours=1))
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    pull(shop)
    assert state(shop, PHONE)["status"] == "RET"
    forward(shop)
    assert registry.calls("/v2/sps/{}/brands/{}/consents") == 0
    assert state(shop, PHONE) | {"date": None} == {
        "status": "RET", "iys": "CHANGED_THERE", "code": None, "pending": None,
        "source": "IYS_WEB", "date": None}


def test_a_consent_newer_than_the_change_at_iys_takes_its_place(shop: Any, registry: Any) -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    registry.tell("clock", advance_seconds=60)
    with clock.freeze(clock.now() + timedelta(seconds=60)):
        take(shop, [PHONE], at=clock.now() - timedelta(seconds=5))
        pull(shop)
        assert state(shop, PHONE)["status"] == "RET"
        forward(shop)
    assert registry.holds(PHONE)["status"] == "ONAY"
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("ONAY", "REGISTERED")


def test_rows_without_a_living_batch_are_swept_back(shop: Any) -> None:
    from ileti.iys.forward import sweep

    take(shop, [PHONE])
    db.connection().execute(
        "update outbox set batch_id = -1, next_at = now() - interval '1 hour' "
        "where provider_id = %s", (shop.provider_id,))
    assert sweep()["given_back"] >= 1  # other tests may have left rows of their own
    due_now(shop)
    assert forward(shop)["settled"] == 1


def test_refusals_go_before_consents_and_short_deadlines_before_long_ones(shop: Any) -> None:
    """R-32, R-33: whoever has refused does not wait behind a backlog."""
    now, people = clock.now(), phones(4)
    young = take(shop, [people[0]], at=now - timedelta(minutes=1))
    old = take(shop, [people[1]], at=now - timedelta(hours=20))
    ahead = take(shop, [people[2]], at=now + timedelta(minutes=3))
    refusal = take(shop, [people[3]], status="RET", at=now - timedelta(seconds=30))
    order = []
    for _ in range(4):
        with db.transaction() as conn:
            order += [row.ref_id for row in relay.claim(
                conn, topic=1, provider_id=shop.provider_id, brand_id=shop.brand_id, limit=1)]
    assert order == [*refusal, *old, *young, *ahead]


def test_a_login_that_carried_a_batch_counts_as_tried(shop: Any, registry: Any) -> None:
    take(shop, [PHONE])
    db.connection().execute("update provider set iys_checked_at = null, iys_problem = null "
                            "where id = %s", (shop.provider_id,))
    forward(shop)
    assert registry.holds(PHONE)
    assert db.connection().execute(
        "select iys_checked_at is not null, iys_problem from provider where id = %s",
        (shop.provider_id,)).fetchone() == (True, None)
