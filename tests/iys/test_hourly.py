"""The hour's questions: shared by all, kept without Redis, left to the forwarder (İYS API §1.1)."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from iys_house import Registry, no_redis, take

from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core.jobs import redis_client
from ileti.iys.answers import parse_history
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.errors import Kind
from ileti.iys.faults import Unreadable
from ileti.iys.hourly import HOUR, HourlyBudget
from ileti.iys.wire import ConsentKey

PHONE = "+905997000000"
KEY = (PHONE, RecipientType.BIREYSEL, Channel.MESAJ)
ASKED = ConsentKey(PHONE, "BIREYSEL", "MESAJ")


def address() -> str:
    """An İYS that nobody else asks."""
    return f"http://{os.urandom(4).hex()}.ornek.test"


def taken(budget: HourlyBudget, tries: int, keep: int = 0) -> int:
    return sum(budget.take(keep) == 0 for _ in range(tries))


def client_of(shop: Any) -> IysClient:
    return IysClient(account_of(shop.provider_id))


def test_two_processes_share_the_hours_questions(given: Any) -> None:
    where = address()
    first, second = (HourlyBudget(where, "status", 10) for _ in range(2))
    assert taken(first, 6) + taken(second, 6) == 10
    assert first.left() == second.left() == 0
    assert HOUR - 60 < second.take() <= HOUR


def test_one_kind_of_question_does_not_use_up_the_other(given: Any) -> None:
    where = address()
    status, history = HourlyBudget(where, "status", 2), HourlyBudget(where, "history", 2)
    assert taken(status, 3) == 2
    assert history.left() == 2


def test_people_leave_a_part_to_the_forwarder(given: Any) -> None:
    budget = HourlyBudget(address(), "status", 10)
    assert taken(budget, 12, keep=2) == 8
    assert (budget.left(keep=2), budget.left()) == (0, 2)
    assert taken(budget, 5) == 2


def test_without_redis_a_process_allows_itself_half(given: Any) -> None:
    away = no_redis()
    budget = HourlyBudget(address(), "status", 10, store=lambda: away)
    assert taken(budget, 12) == 5
    assert budget.left() == 0


def test_after_a_flush_what_this_process_asked_still_counts(given: Any) -> None:
    budget = HourlyBudget(address(), "history", 4)
    taken(budget, 4)
    redis_client().flushdb()
    assert budget.take() > 0
    assert budget.left() == 0


def test_the_last_question_allowed_is_the_last_one_made(
    shop: Any, registry: Registry, given: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(given, "iys_status_requests_per_hour", 2)
    client = client_of(shop)
    for _ in range(2):
        client.status(shop.brand_code, *KEY)
    with pytest.raises(IysTrouble) as refusal:
        client.status(shop.brand_code, *KEY)
    assert (refusal.value.kind, refusal.value.code) == (Kind.RATE, "H086")
    assert refusal.value.wait is not None
    assert registry.calls("/consents/status") == 2


@pytest.mark.parametrize(("quota", "name", "code"), [
    ({"status_per_hour": 1}, "status", "H086"), ({"history_per_hour": 1}, "history", "H089")])
def test_when_iys_says_the_hour_is_full_nobody_asks_again_at_once(
    shop: Any, registry: Registry, quota: dict[str, int], name: str, code: str
) -> None:
    registry.tell("quota", **quota)
    client = client_of(shop)
    getattr(client, name)(shop.brand_code, *KEY)
    for _ in range(3):
        with pytest.raises(IysTrouble, match=code):
            getattr(client, name)(shop.brand_code, *KEY)
    assert registry.calls(f"/consents/{name}") == 2


# -- the history itself (§6.9) -------------------------------------------------------------------


def test_a_consents_history_is_told_newest_first_with_iys_own_numbers(
    shop: Any, registry: Registry
) -> None:
    from datetime import timedelta

    from iys_house import forward

    from ileti.core import clock

    take(shop, [PHONE], at=clock.now() - timedelta(minutes=2))
    forward(shop)
    take(shop, [PHONE], status="RET")
    forward(shop)
    told = client_of(shop).history(shop.brand_code, *KEY)
    assert [one.status for one in told.movements] == [Status.RET, Status.ONAY]
    assert all(len(one.transaction_id) == 64 for one in told.movements)
    assert (told.total, told.unreadable) == (2, 0)


def test_an_address_iys_never_heard_of_has_an_empty_history(shop: Any) -> None:
    told = client_of(shop).history(shop.brand_code, *KEY)
    assert (told.movements, told.total) == ((), 0)


def body(**changes: Any) -> str:
    line = {"consentDate": "2026-11-23 10:00:00", "creationDate": "2026-11-23 10:00:04",
            "source": "HS_WEB", "recipient": PHONE, "recipientType": "BIREYSEL",
            "status": "ONAY", "type": "MESAJ", "transactionId": "5c0e81f29a"}
    return json.dumps({"list": [{**line, **changes}],
                       "pagination": {"totalCount": 1, "pageSize": 100, "offset": 0}})


def test_a_history_with_somebody_elses_movement_is_not_believed() -> None:
    """Fault row 20: an answer about another key is none."""
    for changes in ({"recipient": "+905997000001"}, {"type": "ARAMA"}, {"recipientType": "TACIR"}):
        with pytest.raises(Unreadable):
            parse_history(body(**changes), ASKED)


@pytest.mark.parametrize("text", [
    "<html>", "[]", "{}", '{"list":[]}', '{"list":{},"pagination":{"totalCount":0}}',
    '{"list":[{},{}],"pagination":{"totalCount":1}}', '{"list":[],"pagination":[]}'])
def test_a_history_of_another_shape_is_unreadable_and_not_empty(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_history(text, ASKED)


def test_a_movement_in_a_form_we_do_not_know_is_counted() -> None:
    told = parse_history(body(status="BEKLIYOR"), ASKED)
    assert (len(told.movements), told.unreadable, told.total) == (0, 1, 1)
