"""Citizens' changes come home once, in order, whatever happens on the way (rows 28, 30, 31)."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from iys_house import due_now, forward, how_many, phones, pull, state, take

from ileti.core import clock, db
from ileti.iys.answers import PullPage
from ileti.iys.pull import CursorMoved, take_page
from ileti.iys.wire import Movement, from_movement

PHONE = "+905997000000"


def refuse_at_iys(shop: Any, registry: Any, phone: str = PHONE) -> None:
    registry.tell("citizen", recipient=phone, type="MESAJ", status="RET",
                  brandCode=shop.brand_code)


def movement(second: int, status: str = "RET", phone: str = PHONE) -> Movement:
    return from_movement({
        "recipient": phone, "recipientType": "BIREYSEL", "type": "MESAJ", "status": status,
        "source": "IYS_WEB", "consentDate": f"2026-11-20 10:00:{second:02}",
        "creationDate": f"2026-11-20 10:00:{second:02}", "transactionId": f"{second:064x}",
    })


def entries(shop: Any) -> int:
    return db.connection().execute(
        "select count(*) from consent_entry where provider_id = %s",
        (shop.provider_id,)).fetchone()[0]


def test_a_refusal_at_iys_holds_here_after_the_pull(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=5))
    forward(shop)
    refuse_at_iys(shop, registry)
    assert pull(shop)["moved"] == 1
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "CHANGED_THERE")


def test_somebody_we_never_met_is_recorded_too(shop: Any, registry: Any) -> None:
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY", citizenName="Ada",
                  brandCode=shop.brand_code)
    pull(shop)
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["source"]) == ("ONAY", "IYS_WEB_YENI")
    assert how_many(shop, "outbox") == 0


def test_our_own_consents_do_not_come_back(shop: Any, registry: Any) -> None:
    take(shop, phones(3))
    forward(shop)
    assert pull(shop) == {}
    assert entries(shop) == 3


def test_a_second_pull_brings_nothing_twice(shop: Any, registry: Any) -> None:
    refuse_at_iys(shop, registry)
    pull(shop)
    assert pull(shop) == {}
    db.connection().execute("update iys_cursor set cursor = null where provider_id = %s",
                            (shop.provider_id,))
    pull(shop)
    assert entries(shop) == 1


def pages(shop: Any, *told: tuple[Movement, ...], learned_from: str = "") -> None:
    """Take these pages one after the other, from wherever the brand stands."""
    for n, movements in enumerate(told):
        row = db.connection().execute("select cursor from iys_cursor where provider_id = %s",
                                      (shop.provider_id,)).fetchone()
        page = PullPage(movements=movements, unreadable=(), after=f"{learned_from}c{n}")
        take_page(shop, page, row[0] if row else None)


def earlier(minutes: int, status: str = "RET", phone: str = PHONE) -> Movement:
    """A citizen's change so many minutes ago."""
    at = clock.whole_second(clock.now() - timedelta(minutes=minutes))
    return replace(movement(minutes, status, phone), consent_date=at, creation_date=at)


@pytest.mark.parametrize("torn", [False, True])
def test_a_refusal_of_ours_stays_while_older_words_of_iys_come_in_late(
    shop: Any, registry: Any, torn: bool
) -> None:
    """RET and ONAY at İYS, then a refusal here before either was pulled (R-32)."""
    registry.tell("citizen", recipient=PHONE, type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
    db.connection().execute("delete from outbox where provider_id = %s", (shop.provider_id,))
    take(shop, [PHONE], status="RET", at=clock.now() + timedelta(seconds=1))
    late = (earlier(3), earlier(2, "ONAY"))
    pages(shop, *([(one,) for one in late] if torn else [late]))
    assert entries(shop) == 4
    assert (state(shop, PHONE)["status"], state(shop, PHONE)["iys"]) == ("RET", "QUEUED")
    time.sleep(1.1)
    forward(shop)
    assert registry.holds(PHONE)["status"] == "RET"


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_second_of_a_citizen_torn_over_two_pages_ends_as_it_ended_there(
    shop: Any, registry: Any, cut: int
) -> None:
    """RET, ONAY, RET in one second: İYS gives them one number, so first and last are alike."""
    moved = (movement(5), movement(5, "ONAY"), movement(5))
    pages(shop, moved[:cut], moved[cut:])
    assert state(shop, PHONE)["status"] == "RET"
    before = entries(shop)
    pages(shop, moved, learned_from="again-")  # a cursor that was lost repeats all of it
    assert (state(shop, PHONE)["status"], entries(shop)) == ("RET", before)
    pages(shop, moved[:1], (moved[1],), learned_from="third-")
    assert state(shop, PHONE)["status"] == "ONAY"


def test_many_pages_are_pulled_to_the_end(shop: Any, registry: Any, monkeypatch: Any) -> None:
    from ileti.iys import client

    real = client.IysClient.pull
    monkeypatch.setattr(client.IysClient, "pull",
                        lambda self, brand, after: real(self, brand, after, limit=4))
    for phone in phones(11):
        refuse_at_iys(shop, registry, phone)
    assert pull(shop)["moved"] == 11
    assert registry.calls("consents/changes") >= 4
    assert entries(shop) == 11


def test_a_worker_killed_at_a_page_repeats_it_and_skips_none(
    shop: Any, registry: Any, worker: Any
) -> None:
    for phone in phones(5):
        refuse_at_iys(shop, registry, phone)
    killed = worker("pull", shop, failpoint="pull.recorded")
    killed.communicate(timeout=30)
    assert killed.returncode == 137
    assert entries(shop) == 0
    assert pull(shop)["moved"] == 5
    assert entries(shop) == 5


def test_movements_out_of_order_and_twice_end_in_the_newest(shop: Any, registry: Any) -> None:
    pull(shop)
    told = [movement(s, "RET" if s % 2 else "ONAY") for s in range(8)] * 2
    random.Random(3).shuffle(told)
    for place, one in enumerate(told):
        take_page(shop, PullPage(movements=(one,), after=f"1_{place}"), None if place == 0
                  else f"1_{place - 1}")
    assert state(shop, PHONE)["status"] == "RET"
    assert entries(shop) == 8


def test_a_page_taken_by_another_worker_is_not_taken_again(shop: Any, registry: Any) -> None:
    pull(shop)
    page = PullPage(movements=(movement(1),), after="1_a")
    assert take_page(shop, page, None) == 1
    try:
        take_page(shop, page, None)
    except CursorMoved:
        moved = True
    assert moved
    assert entries(shop) == 1


def test_a_movement_we_cannot_read_is_kept_and_shown(shop: Any, registry: Any) -> None:
    pull(shop)
    take_page(shop, PullPage(movements=(), after="1_b",
                             unreadable=({"transactionId": "x", "type": "FAKS"},)), None)
    kept = db.connection().execute(
        "select source from iys_movement where provider_id = %s", (shop.provider_id,)).fetchall()
    problem = db.connection().execute(
        "select problem from iys_cursor where provider_id = %s", (shop.provider_id,)).fetchone()[0]
    assert kept == [("UNREADABLE",)]
    assert problem.startswith("1 movement")


def test_a_pull_that_fails_says_so_and_comes_back(shop: Any, registry: Any) -> None:
    import time

    from ileti.iys.pull import pull_due

    pull(shop)
    due_now(shop)
    registry.tell("fault", kind="503", path="*/changes", count=1)
    refuse_at_iys(shop, registry)
    assert pull_due(time.monotonic() + 0.1, shop.provider_id)["failed"] >= 1
    assert pull(shop)["moved"] == 1
