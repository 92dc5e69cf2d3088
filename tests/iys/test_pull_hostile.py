"""What İYS tells us in an awkward form: the last word holds, nothing is forgotten, nobody is given
away (rows 28, 30; R-15, R-34)."""

from __future__ import annotations

from typing import Any

from iys_house import forward, pull, state, take
from test_forward_hostile import may_write

from ileti.core import db
from ileti.iys.answers import PullPage
from ileti.iys.marks import mark_of
from ileti.iys.pull import take_page
from ileti.iys.wire import Movement, from_movement

PHONE = "+905997000000"


def told(status: str, **changes: Any) -> dict[str, Any]:
    return {
        "recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ", "status": status,
        "source": "IYS_WEB", "consentDate": "2026-11-20 10:00:00",
        "creationDate": "2026-11-20 10:00:00", "transactionId": "ab" * 32, **changes,
    }


def page_of(*rows: dict[str, Any]) -> PullPage:
    return PullPage(movements=tuple(from_movement(row) for row in rows), after="1_a")


def test_of_changes_in_one_second_the_last_holds(shop: Any, registry: Any) -> None:
    pull(shop)
    take_page(shop, page_of(told("RET"), told("ONAY"), told("RET")), None)
    assert state(shop, PHONE)["status"] == "RET"
    assert not may_write(shop)


def test_a_pulled_phone_cannot_be_found_by_trying_numbers(shop: Any, registry: Any) -> None:
    """The mark beside number, source and date is keyed; so is the mark of a status answer."""
    from hashlib import sha256

    pull(shop)
    one: Movement = from_movement(told("RET"))
    take_page(shop, page_of(told("RET")), None)
    kept = bytes(db.connection().execute(
        "select digest from iys_movement where provider_id = %s",
        (shop.provider_id,)).fetchone()[0])
    assert kept == mark_of(shop.provider_id, one) != sha256(one.said).digest()
    assert mark_of(shop.provider_id + 1, one) != kept


def test_a_status_answers_mark_does_not_name_the_phone(shop: Any, registry: Any) -> None:
    from hashlib import sha256

    from ileti.iys.client import client_for

    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    take(shop, [PHONE])
    one = client_for(shop.provider_id).status(
        shop.brand_code, PHONE, from_movement(told("RET")).recipient_type,
        from_movement(told("RET")).channel)
    forward(shop)
    keys = [row[0] for row in db.connection().execute(
        "select idem from submission where provider_id = %s", (shop.provider_id,)).fetchall()]
    assert one is not None
    assert [key for key in keys if key.startswith("iys:status:")]
    assert not [key for key in keys if sha256(one.said).hexdigest() in key]
