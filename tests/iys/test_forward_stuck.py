"""One record that İYS cannot swallow, a proxy that speaks instead of İYS, a question without an
answer: nothing else waits for it, and nothing is given up for it (rows 16 to 21; R-32, R-33)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
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

from ileti.consents.deadlines import due_at
from ileti.core import clock, db
from ileti.core.http import OutgoingClient
from ileti.iys.client import IysClient, IysTrouble
from ileti.iys.errors import Kind

PHONE = "+905997000000"


def until_all_is_told(shop: Any, rounds: int = 8) -> None:
    for _ in range(rounds):
        due_now(shop)
        forward(shop, 8)
        due_now(shop)
        settle(shop, 8)


def poisoned(monkeypatch: Any, phone: str = PHONE) -> None:
    """İYS answers 500 to every call that carries this number, for ever."""
    real, real_list = IysClient.add, IysClient.add_batch

    def broken() -> IysTrouble:
        return IysTrouble(Kind.RETRY, "H470", 500, in_doubt=True)

    def add(self: Any, brand: int, item: Any) -> Any:
        if item["recipient"] == phone:
            raise broken()
        return real(self, brand, item)

    def add_batch(self: Any, brand: int, items: Any) -> Any:
        if any(item["recipient"] == phone for item in items):
            raise broken()
        return real_list(self, brand, items)

    monkeypatch.setattr(IysClient, "add", add)
    monkeypatch.setattr(IysClient, "add_batch", add_batch)


def answers_instead(monkeypatch: Any, what: Callable[[str, str], httpx.Response | None]) -> None:
    """A proxy before İYS: what ``what`` answers never reaches it."""
    real = OutgoingClient.send

    def send(self: Any, method: str, path: str, **given: Any) -> httpx.Response:
        return what(method, path) or real(self, method, path, **given)

    monkeypatch.setattr(OutgoingClient, "send", send)


def waits(shop: Any) -> list[float]:
    """Seconds until each waiting row is due again."""
    return [float(row[0]) for row in db.connection().execute(
        "select extract(epoch from next_at - now()) from outbox where provider_id = %s "
        "and dead_at is null order by ref_id", (shop.provider_id,)).fetchall()]


@pytest.mark.parametrize("count", [1, 4, 40])
def test_a_record_iys_always_fails_at_holds_back_no_other(
    shop: Any, registry: Any, monkeypatch: Any, count: int
) -> None:
    """A refusal of somebody else must not wait behind it (R-32)."""
    take(shop, phones(1, first=900), at=clock.now() - timedelta(minutes=2))
    forward(shop)
    poisoned(monkeypatch)
    take(shop, phones(count), due=due_at(clock.now()))
    forward(shop)
    take(shop, phones(1, first=900), status="RET")
    until_all_is_told(shop, 3 if count < 40 else 30)
    assert registry.holds(phones(1, first=900)[0])["status"] == "RET"
    assert how_many(shop, "registered") == count
    assert state(shop, PHONE)["iys"] in ("QUEUED", "WAITING")
    assert how_many(shop, "outbox") == 1


def test_while_iys_is_away_a_list_is_not_taken_apart(shop: Any, registry: Any) -> None:
    take(shop, phones(40))
    registry.tell("fault", kind="503", path="*/sps/*", count=None)
    until_all_is_told(shop, 8)
    assert how_many(shop, "open") == 1


def test_a_refusal_that_fails_again_and_again_is_never_put_aside(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """R-33: a late refusal still goes out, whenever İYS can take it."""
    take(shop, [PHONE], at=clock.now() - timedelta(hours=1))
    forward(shop)
    with monkeypatch.context() as broken:
        poisoned(broken)
        at = clock.now() - timedelta(minutes=1)
        take(shop, [PHONE], status="RET", at=at, due=clock.now() - timedelta(seconds=1))
        db.connection().execute("update outbox set tries = 60 where provider_id = %s",
                                (shop.provider_id,))
        forward(shop)
        assert how_many(shop, "dead") == 0
        assert max(waits(shop)) > 600
    until_all_is_told(shop, 1)
    assert registry.holds(PHONE)["status"] == "RET"


def test_a_consent_that_fails_for_hours_is_tried_until_its_deadline(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Row 17: İYS 500 for hours, and it keeps on to the deadline."""
    poisoned(monkeypatch)
    at = clock.whole_second(clock.now() - timedelta(minutes=1))
    take(shop, [PHONE], at=at, due=due_at(at))
    db.connection().execute("update outbox set tries = 60 where provider_id = %s",
                            (shop.provider_id,))
    forward(shop)
    assert (how_many(shop, "dead"), how_many(shop, "outbox")) == (0, 1)
    db.connection().execute(
        "update consent_state set iys_due_at = now() - interval '1 hour' where provider_id = %s",
        (shop.provider_id,))
    due_now(shop)
    forward(shop)
    assert how_many(shop, "dead") == 1


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("status", [400, 405, 422])
def test_a_proxys_page_is_not_iys_word_about_a_record(
    shop: Any, registry: Any, monkeypatch: Any, count: int, status: int
) -> None:
    """For a while every call to add consents is answered 4xx with HTML (row 20)."""
    over: list[int] = []

    def blocked(method: str, path: str) -> httpx.Response | None:
        if over or method != "POST" or "/oauth2/" in path:
            return None
        return httpx.Response(status, html="<html><title>Request rejected</title></html>")

    answers_instead(monkeypatch, blocked)
    take(shop, phones(count))
    until_all_is_told(shop, 6)
    assert (how_many(shop, "dead"), how_many(shop, "registered")) == (0, 0)
    assert state(shop, PHONE)["iys"] == "QUEUED"
    over.append(1)
    until_all_is_told(shop, 2)
    assert how_many(shop, "registered") == count
    assert how_many(shop, "outbox") == 0


def test_a_proxys_page_at_the_login_is_no_wrong_password(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Or the provider would be shut out for an hour."""
    pages = [1]
    answers_instead(monkeypatch, lambda _, path: (
        httpx.Response(400, html="<html></html>") if "/oauth2/" in path and pages and pages.pop()
        else None))
    take(shop, [PHONE])
    forward(shop)
    due_now(shop)
    forward(shop)
    assert state(shop, PHONE)["iys"] == "REGISTERED"


def test_refusals_whose_question_is_not_answered_ask_less_and_less_often(
    shop: Any, registry: Any
) -> None:
    """Row 17: hours without an answer; asking every two seconds costs our place at İYS."""
    registry.tell("fault", kind="503", path="*/status/MESAJ", count=None)
    take(shop, phones(30), status="RET")
    forward(shop)
    assert max(waits(shop)) < 4
    with clock.freeze(clock.now() + timedelta(hours=1)):
        due_now(shop)
        forward(shop)
        assert min(waits(shop)) > 500


def test_refusals_wait_for_a_paused_subscription_and_somebody_is_told(
    shop: Any, registry: Any
) -> None:
    registry.tell("subscription", state="PAUSED", iysCode=shop.iys_code)
    take(shop, phones(30), status="RET")
    forward(shop)
    assert min(waits(shop)) > 600
    problem = db.connection().execute(
        "select iys_problem from provider where id = %s", (shop.provider_id,)).fetchone()[0]
    assert problem is not None
    registry.tell("subscription", state="ACTIVE", iysCode=shop.iys_code)
    due_now(shop)
    forward(shop)
    assert state(shop, PHONE)["iys"] == "LOCAL_ONLY"


@pytest.mark.parametrize("count", [1, 30])
def test_a_refusal_reaches_iys_though_its_dealer_is_unknown_there(
    shop: Any, registry: Any, count: int
) -> None:
    """R-33: the dealer's code is an optional field; a refusal does not wait for its repair."""
    people = phones(count)
    take(shop, people, at=clock.now() - timedelta(minutes=2))
    until_all_is_told(shop, 1)
    take(shop, people, status="RET", dealer_id=unmatched_dealer(shop))
    until_all_is_told(shop, 2)
    assert {registry.holds(phone)["status"] for phone in people} == {"RET"}
    assert how_many(shop, "dead") == how_many(shop, "outbox") == 0
    assert how_many(shop, "registered") == count


def test_a_full_package_that_refuses_the_list_holds_back_neither_refusals_nor_renewals(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """H525 stands among the answers of the list call too; only new records are meant by it."""
    known, new = phones(30), phones(30, first=100)
    take(shop, known, at=clock.now() - timedelta(hours=2))
    until_all_is_told(shop, 1)
    real = IysClient.add_batch

    def full(self: Any, brand: int, items: Any) -> Any:
        if any(item["recipient"] in new for item in items):
            raise IysTrouble(Kind.SUBSCRIPTION, "H525", 422)
        return real(self, brand, items)

    monkeypatch.setattr(IysClient, "add_batch", full)
    take(shop, known[:15], status="RET", at=clock.now() - timedelta(minutes=1))
    take(shop, known[15:], at=clock.now() - timedelta(minutes=1))
    take(shop, new)
    forward(shop)
    settle(shop)
    assert {registry.holds(phone)["status"] for phone in known[:15]} == {"RET"}
    assert {len(registry.holds(phone)["movements"]) for phone in known[15:]} == {2}
    assert {state(shop, phone)["code"] for phone in new} == {525}
    assert how_many(shop, "outbox") == 30
    assert min(waits(shop)) > 600


def test_records_that_fail_alone_leave_none_behind_when_the_list_goes(
    shop: Any, registry: Any, monkeypatch: Any
) -> None:
    """Records that were left out of a list three times go alone first; some of them fail."""
    bad = phones(4)
    for phone in bad:
        poisoned(monkeypatch, phone)
    take(shop, phones(40), due=due_at(clock.now()))
    db.connection().execute("update outbox set tries = 3 where provider_id = %s",
                            (shop.provider_id,))
    until_all_is_told(shop, 12)
    assert how_many(shop, "registered") == 36
    assert how_many(shop, "outbox") == 4
    orphans = db.connection().execute(
        "select count(*) from outbox o join iys_batch b on b.id = o.batch_id where "
        "o.provider_id = %s and not o.ref_id = any(b.entry_ids)", (shop.provider_id,)).fetchone()
    assert orphans == (0,)


def test_a_worker_whose_clock_runs_hours_behind_sends_at_once(shop: Any, registry: Any) -> None:
    """Row 32: what another host took "in the future" must not wait until this one gets there."""
    take(shop, phones(1, first=900), at=clock.now() - timedelta(minutes=1))
    take(shop, phones(30))
    with clock.freeze(clock.now() - timedelta(hours=5)):
        forward(shop)
        settle(shop)
    assert how_many(shop, "registered") == 31
