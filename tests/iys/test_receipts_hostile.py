"""Results that come late or never, and refusals that İYS takes for older than they are: in the end
both sides hold the same (rows 22, 23; R-30, R-33)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from iys_house import due_now, forward, how_many, phones, settle, state, take
from test_forward_hostile import may_write
from test_forward_stuck import until_all_is_told

from ileti.consents.deadlines import due_at
from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock, db
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.errors import Kind
from ileti.iys.wire import Outgoing, to_wire
from ileti.outbox import relay

PHONE = "+905997000000"


def told_by_another_system(shop: Any, phone: str, at: Any) -> None:
    client_for(shop.provider_id).add(shop.brand_code, to_wire(Outgoing(
        recipient=phone, channel=Channel.MESAJ, status=Status.ONAY, source=Source.HS_WEB,
        consent_date=at)))


@pytest.mark.parametrize("count", [1, 30])
def test_a_refusal_in_the_second_of_a_consent_we_had_not_heard_of_reaches_iys(
    shop: Any, registry: Any, count: int
) -> None:
    """R-30: İYS wants a later date (H178); a refusal must not be lost for a second."""
    at = clock.whole_second(clock.now() - timedelta(minutes=1))
    people = phones(count)
    for phone in people:
        told_by_another_system(shop, phone, at)
    take(shop, people, status="RET", at=at)
    until_all_is_told(shop, 3)
    assert {registry.holds(phone)["status"] for phone in people} == {"RET"}
    assert {state(shop, phone)["iys"] for phone in people} == {"REGISTERED"}
    assert not may_write(shop)
    assert how_many(shop, "outbox") == 0


def test_a_list_that_waited_for_days_is_not_sent_twice_when_it_goes(
    shop: Any, registry: Any
) -> None:
    """Row 22: a day without a result is counted from the sending, not from the first try."""
    registry.tell("fault", kind="503", path="*/v2/*", count=1)
    take(shop, phones(30))
    forward(shop)
    db.connection().execute("update iys_batch set created_at = now() - interval '2 days' "
                            "where provider_id = %s", (shop.provider_id,))
    registry.tell("delay", batch=3600)
    due_now(shop)
    forward(shop)
    settle(shop)
    assert how_many(shop, "open") == 1
    due_now(shop)
    forward(shop)
    assert registry.calls("consents/request") == 2  # the one that failed, and the one that went


@pytest.mark.parametrize("trouble", [
    IysTrouble(Kind.BATCH, "H199", 422), IysTrouble(Kind.RETRY, "H470", 500),
    IysTrouble(Kind.RETRY, "HTTP_200", 200),
])
def test_a_result_that_can_never_be_read_is_given_up_after_a_day_and_the_list_sent_again(
    shop: Any, registry: Any, monkeypatch: Any, trouble: IysTrouble
) -> None:
    take(shop, phones(30))
    forward(shop)
    real = IysClient.batch_result
    lost = db.connection().execute("select request_id from iys_batch where provider_id = %s",
                                   (shop.provider_id,)).fetchone()[0]

    def unreadable(self: Any, brand: int, request_id: str) -> Any:
        if request_id == lost:
            raise trouble
        return real(self, brand, request_id)

    monkeypatch.setattr(IysClient, "batch_result", unreadable)
    settle(shop, 2)
    assert how_many(shop, "registered") == 0
    with clock.freeze(clock.now() + timedelta(hours=25)):
        until_all_is_told(shop, 2)
    assert how_many(shop, "registered") == 30
    assert registry.tally()["movements"] == 30


def test_while_the_account_is_closed_no_result_is_given_up(shop: Any, registry: Any) -> None:
    take(shop, phones(30))
    forward(shop)
    registry.tell("subscription", state="PAUSED", iysCode=shop.iys_code)
    with clock.freeze(clock.now() + timedelta(hours=25)):
        due_now(shop)
        settle(shop, 2)
    assert (how_many(shop, "open"), registry.calls("consents/request")) == (1, 1)


def test_a_record_sent_again_by_hand_that_iys_may_hold_is_decided_by_iys(
    shop: Any, registry: Any
) -> None:
    """İYS took it, its answer was lost, it was put aside, and its deadline passed."""
    at = clock.whole_second(clock.now() - timedelta(minutes=1))
    entry = take(shop, [PHONE], at=at, due=due_at(at))[0]
    registry.tell("fault", kind="500_after_accept", path="*/v2/*", count=1)
    forward(shop)
    db.connection().execute(
        "update outbox set dead_at = now(), batch_id = null, tries = 20 where provider_id = %s",
        (shop.provider_id,))
    with clock.freeze(clock.now() + timedelta(days=9)):
        relay.revive(db.connection(), topic=1, provider_id=shop.provider_id, ref_ids=[entry])
        forward(shop)
    assert state(shop, PHONE)["iys"] == "REGISTERED"


def test_a_consent_whose_refusal_iys_never_explains_does_not_hold_back_the_next_one(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """H178 again and again while İYS shows no record: a refusal behind it must come to its turn."""
    def older(*_: Any) -> Any:
        raise IysTrouble(Kind.ALREADY, "H178", 400)

    with monkeypatch.context() as m:
        m.setattr(IysClient, "add", older)
        take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
        take(shop, [PHONE], status="RET")
        for _ in range(24):
            due_now(shop)
            forward(shop)
    due_now(shop)
    forward(shop)
    assert state(shop, PHONE)["iys"] == "LOCAL_ONLY"
    assert (how_many(shop, "outbox"), how_many(shop, "dead")) == (0, 1)


def test_a_question_that_always_fails_holds_back_no_other_question(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Three records are in doubt (H178), and İYS cannot be asked about the first of them."""
    people = phones(30)
    now = clock.now()
    for phone in people[:3]:
        told_by_another_system(shop, phone, now - timedelta(minutes=1))
    take(shop, people, at=now - timedelta(minutes=9))
    real = IysClient.status

    def broken(self: Any, brand: int, recipient: str, *rest: Any) -> Any:
        if recipient == people[0]:
            raise IysTrouble(Kind.RETRY, "H103", 500)
        return real(self, brand, recipient, *rest)

    monkeypatch.setattr(IysClient, "status", broken)
    forward(shop)
    settle(shop, 3)
    due_now(shop)
    settle(shop, 3)
    assert how_many(shop, "registered") == 29
    with clock.freeze(clock.now() + timedelta(hours=25)):
        due_now(shop)
        settle(shop, 3)
    assert how_many(shop, "open") == 0  # given back to the queue, where it waits by itself
    assert how_many(shop, "outbox") == 1


def test_a_refused_record_of_an_erased_person_is_settled_without_a_question(
    shop: Any, registry: Any, database: str
) -> None:
    """İYS cannot be asked about an address nobody has any more; nothing waits for ever."""
    take(shop, phones(30), at=clock.now() - timedelta(minutes=2))
    for phone in phones(30):
        told_by_another_system(shop, phone, clock.whole_second(clock.now()))
    forward(shop)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("update recipient set addr_ct = null, addr_hash = null, leaf_key = null "
                      "where provider_id = %s", (shop.provider_id,))
    due_now(shop)
    settle(shop)
    assert (how_many(shop, "outbox"), how_many(shop, "open")) == (0, 0)
    told = db.connection().execute(
        "select detail->>'not_sent', count(*) from iys_receipt where provider_id = %s group by 1",
        (shop.provider_id,)).fetchall()
    assert told == [("erased in doubt", 30)]
