"""What İYS tells us in an awkward form: the last word holds, nothing is forgotten, nobody is given
away (rows 28, 30; R-15, R-34)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from iys_house import forward, pull, state, take
from test_forward_hostile import may_write

from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.iys.answers import PullPage, parse_pull
from ileti.iys.client import IysClient, IysTrouble
from ileti.iys.marks import mark_of
from ileti.iys.pull import take_page
from ileti.iys.wire import Movement, from_movement, to_iys_time

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


def unreadable_at_iys(monkeypatch: Any, *rows: dict[str, Any]) -> None:
    """The next pull brings these rows; everything else goes to the simulator."""
    pages = [(200, json.dumps({"after": "7_a", "list": rows}))]
    monkeypatch.setattr(IysClient, "pull", lambda *_a, **_k: parse_pull(
        *(pages.pop() if pages else (204, ""))))


def consent_that_iys_holds(shop: Any) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=5))
    forward(shop)
    pull(shop)
    assert may_write(shop)


def cursor_of(shop: Any) -> str | None:
    return db.connection().execute(
        "select cursor from iys_cursor where provider_id = %s", (shop.provider_id,)).fetchone()[0]


def test_a_refusal_told_without_its_date_holds_here(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    consent_that_iys_holds(shop)
    made = to_iys_time(clock.now())
    unreadable_at_iys(monkeypatch, told(
        "RET", source="IYS_AHS_HAT_KAPATMA", consentDate="", creationDate=made))
    assert pull(shop)["moved"] == 1
    assert (state(shop, PHONE)["status"], may_write(shop)) == ("RET", False)


def test_a_change_we_cannot_read_is_asked_about(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    consent_that_iys_holds(shop)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    unreadable_at_iys(monkeypatch, told("IPTAL", creationDate="bugün"))
    assert pull(shop)["moved"] == 1
    assert (state(shop, PHONE)["status"], may_write(shop)) == ("RET", False)


def test_a_change_we_cannot_read_about_a_consent_that_stands_changes_nothing(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    consent_that_iys_holds(shop)
    unreadable_at_iys(monkeypatch, told("UZATMA"))
    assert pull(shop) == {"moved": 0, "unreadable": 1}
    assert may_write(shop)
    kept = db.connection().execute("select raw_ct from iys_movement where provider_id = %s "
                                   "and source = 'UNREADABLE'", (shop.provider_id,)).fetchone()[0]
    assert PHONE not in kept
    assert PHONE in secrets().keyring.decrypt_text(kept, "iys-movement")


def test_while_iys_cannot_be_asked_the_cursor_waits_before_what_we_cannot_read(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    consent_that_iys_holds(shop)
    other = "+905997000001"
    unreadable_at_iys(monkeypatch, told("RET", recipient=other), told("IPTAL"))
    registry.tell("fault", kind="503", path="*/status/MESAJ", count=None)
    with pytest.raises(IysTrouble):
        pull(shop)
    assert cursor_of(shop) is None
    assert state(shop, other)["status"] == "RET"


def test_pages_that_go_round_in_a_circle_are_left_and_end_the_turn(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Ten calls a second for ever would take them away from everybody else."""
    asked: list[str | None] = []

    def circle(self: Any, brand: int, after: str | None) -> PullPage:
        asked.append(after)
        return replace(page_of(told("RET")), after="2_b" if after == "1_a" else "1_a")

    monkeypatch.setattr(IysClient, "pull", circle)
    assert pull(shop)["moved"] == 1
    assert len(asked) <= 4
    due = db.connection().execute("select next_at > now() + interval '20 seconds' from iys_cursor "
                                  "where provider_id = %s", (shop.provider_id,)).fetchone()
    assert due == (True,)


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_cursor_from_before_iys_window_is_not_asked_with(
    shop: Any, registry: Any, monkeypatch: Any, unit: int
) -> None:
    """R-34, R-44: a quiet brand's cursor names a movement İYS has forgotten; behind it there may
    seem to be nothing for ever."""
    consent_that_iys_holds(shop)
    old = f"{int((clock.now() - timedelta(days=8)).timestamp()) * unit}_{'ab' * 32}"
    db.connection().execute("update iys_cursor set cursor = %s where provider_id = %s",
                            (old, shop.provider_id))
    real = IysClient.pull
    monkeypatch.setattr(IysClient, "pull", lambda self, brand, after: (
        PullPage(movements=(), after=None) if after == old else real(self, brand, after)))
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    pull(shop)
    assert (state(shop, PHONE)["status"], may_write(shop)) == ("RET", False)
    assert cursor_of(shop) != old
    assert pull(shop) == {}


def test_a_page_with_an_impossible_movement_brings_the_others(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    consent_that_iys_holds(shop)
    unreadable_at_iys(
        monkeypatch, told("RET", recipient="+905997000001", consentDate="0001-01-01 00:00:00"),
        told("ONAY", consentDate="0001-01-01 00:00:00"),
        told("X\x00", recipient="+905997000002\x00\ud800", transactionId="\x00\ud800"),
        told("RET", recipient="+905997000003", source="IYS_\x00"))
    assert pull(shop)["moved"] == 2
    assert {state(shop, f"+90599700000{n}")["status"] for n in (1, 3)} == {"RET"}
    assert may_write(shop)


def test_a_closed_line_ends_the_consents_of_its_old_owner(shop: Any, registry: Any) -> None:
    """IYS_AHS_HAT_KAPATMA carries the last consent's date, not its own: it holds from its creation,
    and a consent that was still on its way is not sent after it (R-34; İYS API §2)."""
    registry.tell("rules", business_days=0)
    take(shop, [PHONE], at=clock.now() - timedelta(days=3))
    forward(shop)
    pull(shop)
    assert may_write(shop)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                  source="IYS_AHS_HAT_KAPATMA", brandCode=shop.brand_code)
    assert registry.holds(PHONE)["movements"][-1]["consentDate"] == \
        registry.holds(PHONE)["movements"][0]["consentDate"]
    take(shop, [PHONE], at=clock.now() - timedelta(days=1))
    pull(shop)
    forward(shop)
    assert registry.holds(PHONE)["status"] == "RET"
    assert (state(shop, PHONE)["status"], may_write(shop)) == ("RET", False)
