"""Forwarding when somebody presses the wrong button, another system has spoken at İYS, or another
provider's quota is gone: what İYS and the gate hold in the end is what the person said last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iys_house import due_now, forward, how_many, phones, settle, state, take

from ileti.consents import gate
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.outbox import relay

PHONE = "+905997000000"


def may_write(shop: Any, phone: str = PHONE) -> bool:
    return bool(gate.may_send_now(shop.provider_id, shop.brand_id, phone, Channel.MESAJ,
                                  RecipientType.BIREYSEL))


def unmatched_dealer(shop: Any) -> int:
    return db.connection().execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code) values (%s, %s, 12345678, 'Ornek Bayi', 'Ayse Ornek', 'x', "
        "'1234567890', '34', '400') returning id", (shop.provider_id, shop.brand_id)).fetchone()[0]


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
