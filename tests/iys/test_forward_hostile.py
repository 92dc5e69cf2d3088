"""Forwarding when somebody presses the wrong button, another system has spoken at İYS, or another
provider's quota is gone: what İYS and the gate hold in the end is what the person said last."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from iys_house import (
    due_now,
    forward,
    how_many,
    phones,
    settle,
    state,
    take,
    unmatched_dealer,
)

from ileti.consents import gate
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, db
from ileti.iys import answers
from ileti.iys.answers import parse_status
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.errors import Kind
from ileti.iys.faults import IysError
from ileti.iys.wire import ConsentKey, Outgoing, to_wire
from ileti.outbox import relay

PHONE = "+905997000000"


def may_write(shop: Any, phone: str = PHONE) -> bool:
    return bool(gate.may_send_now(shop.provider_id, shop.brand_id, phone, Channel.MESAJ,
                                  RecipientType.BIREYSEL))


def send_again(shop: Any, entry_id: int) -> None:
    db.connection().execute("update dealer set retailer_code = null where provider_id = %s",
                            (shop.provider_id,))
    relay.revive(db.connection(), topic=1, provider_id=shop.provider_id, ref_ids=[entry_id])


def test_a_parked_consent_sent_again_after_the_refusal_stays_here(
    shop: Any, registry: Any
) -> None:
    parked = take(shop, [PHONE], dealer_id=unmatched_dealer(shop),
                  at=clock.now() - timedelta(minutes=1))[0]
    forward(shop)
    assert state(shop, PHONE)["code"] == 180
    take(shop, [PHONE], status="RET")
    forward(shop)
    send_again(shop, parked)
    forward(shop)
    assert registry.holds(PHONE) == {}
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "LOCAL_ONLY")
    assert how_many(shop, "outbox") == how_many(shop, "dead") == 0


def test_a_parked_consent_sent_again_beside_a_waiting_refusal_stays_here(
    shop: Any, registry: Any
) -> None:
    parked = take(shop, [PHONE], dealer_id=unmatched_dealer(shop),
                  at=clock.now() - timedelta(minutes=1))[0]
    forward(shop)
    take(shop, [PHONE], status="RET")
    send_again(shop, parked)
    for _ in range(3):
        forward(shop)
    assert registry.holds(PHONE) == {}
    assert how_many(shop, "outbox") == 0


def told_by_another_system(shop: Any, phone: str) -> None:
    """Another system of the provider reports a consent of this second."""
    client_for(shop.provider_id).add(shop.brand_code, to_wire(Outgoing(
        recipient=phone, channel=Channel.MESAJ, status=Status.ONAY, source=Source.HS_WEB,
        consent_date=clock.now())))


def use_up_the_questions(shop: Any, registry: Any) -> None:
    registry.tell("quota", status_per_hour=1)
    client_for(shop.provider_id).status(
        shop.brand_code, PHONE, RecipientType.BIREYSEL, Channel.MESAJ)


@pytest.mark.parametrize("count", [1, 30])
def test_when_the_hours_questions_are_used_up_only_the_doubtful_record_waits(
    shop: Any, registry: Any, count: int
) -> None:
    """H086 is counted per address of ours: one provider may use it up for all."""
    told_by_another_system(shop, PHONE)
    use_up_the_questions(shop, registry)
    take(shop, [PHONE], at=clock.now() - timedelta(seconds=30))
    take(shop, phones(count, first=1))
    for _ in range(2):
        forward(shop)
        settle(shop, 3.0)
    take(shop, phones(1, first=500))
    forward(shop)
    assert state(shop, PHONE)["iys"] != "REGISTERED"
    assert how_many(shop, "registered") == count + 1
    assert how_many(shop, "outbox") == 1


def test_a_question_that_fails_inside_a_list_leaves_only_its_record(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """İYS names an item of the list with H178, and then cannot be asked about it."""
    real = IysClient.add_batch

    def names_the_first(self: Any, brand: int, items: Any) -> Any:
        if items[0]["recipient"] == PHONE:
            raise IysTrouble(Kind.ALREADY, "H178", 400, errors=[
                IysError(code="H178", status=400, index=0)])
        return real(self, brand, items)

    monkeypatch.setattr(IysClient, "add_batch", names_the_first)
    registry.tell("fault", kind="503", path="*/consents/status", count=None)
    take(shop, phones(30))
    assert forward(shop) == {"sent": 29, "settled": 1}
    assert settle(shop) == {"settled": 29}
    assert how_many(shop, "outbox") == 1


def test_an_answer_about_somebody_else_registers_nothing(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    other = "+905997000001"
    told_by_another_system(shop, other)
    body = json.dumps({name: value for name, value in registry.holds(other).items()
                       if name != "movements"})
    held = parse_status(body, ConsentKey(other, "BIREYSEL", "MESAJ"))

    def refused(*_: Any) -> Any:
        raise IysTrouble(Kind.ALREADY, "H178", 400)

    monkeypatch.setattr(IysClient, "add", refused)
    monkeypatch.setattr(answers, "from_movement", lambda _: held)
    registry.tell("rules", unknown_status="404")
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    take(shop, [PHONE])
    forward(shop)
    assert state(shop, PHONE)["iys"] == "QUEUED"
    assert not may_write(shop)


@pytest.mark.parametrize("count", [1, 30])
def test_a_consent_iys_took_before_an_outage_is_registered_though_v2_calls_it_late(
    shop: Any, registry: Any, count: int
) -> None:
    """İYS took the list, its answer was lost, and nine days later V2 refuses the repeat (H467)."""
    registry.tell("rules", v2_repeats_at_any_age=False)
    take(shop, phones(count), at=clock.now() - timedelta(minutes=1))
    registry.tell("fault", kind="500_after_accept", path="*/v2/*", count=1)
    forward(shop)
    registry.tell("clock", advance_seconds=9 * 86_400)
    for _ in range(2):  # a list brings twenty questions at a time
        due_now(shop)
        forward(shop)
    assert how_many(shop, "registered") == count
    assert how_many(shop, "outbox") == 0


def test_a_consent_iys_never_took_is_late_after_the_outage(shop: Any, registry: Any) -> None:
    registry.tell("rules", v2_repeats_at_any_age=False)
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=1))
    registry.tell("fault", kind="503", path="*/v2/*", count=1)
    forward(shop)
    registry.tell("clock", advance_seconds=9 * 86_400)
    due_now(shop)
    forward(shop)
    assert (state(shop, PHONE)["iys"], state(shop, PHONE)["code"]) == ("OVERDUE", 467)
    assert not may_write(shop)


def test_a_record_always_left_out_of_the_answer_goes_by_itself(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    real = IysClient.add_batch

    def leaves_the_first_out(self: Any, brand: int, items: Any) -> Any:
        answer = real(self, brand, items)
        place = next((n for n, one in enumerate(items) if one["recipient"] == PHONE), None)
        ids = {n: sub for n, sub in answer.ids.items() if n != place}
        return replace(answer, ids=ids, unmatched=() if place is None else (place,))

    monkeypatch.setattr(IysClient, "add_batch", leaves_the_first_out)
    for again in range(5):
        take(shop, phones(30, first=30 * again))
        due_now(shop)
        forward(shop)
    settle(shop)
    assert state(shop, PHONE)["iys"] == "REGISTERED"
    assert registry.calls("/v2/sps/{}/brands/{}/consents") == 1
    assert how_many(shop, "registered") == 150


def test_a_list_whose_faults_are_counted_from_one_refuses_nobody_wrongly(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Row 20, 21: İYS's old pages counted from 1 elsewhere; a good consent must not end refused."""
    old = clock.now() - timedelta(days=20)
    take(shop, phones(29))
    take(shop, phones(1, first=29), at=old)
    take(shop, phones(10, first=30))
    real = IysClient.add_batch

    def counted_from_one(self: Any, brand: int, items: Any) -> Any:
        try:
            return real(self, brand, items)
        except IysTrouble as trouble:
            trouble.faults = tuple(
                replace(one, index=(one.index or 0) + 1) for one in trouble.faults)
            raise

    monkeypatch.setattr(IysClient, "add_batch", counted_from_one)
    for _ in range(8):
        due_now(shop)
        forward(shop)
        due_now(shop)
        settle(shop)
    assert how_many(shop, "registered") == 39
    assert state(shop, phones(1, first=29)[0])["code"] == 467
