"""Tokens, turns and retries: what the client keeps from everybody else."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from iys_house import no_redis, open_account, phones, take

from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys.answers import Token
from ileti.iys.budget import RequestBudget
from ileti.iys.client import IysClient, IysTrouble, Step, account_of, client_for, next_step
from ileti.iys.errors import Kind
from ileti.iys.tokens import TokenKeeper, TokensBlocked


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()


def client_of(shop: Any) -> IysClient:
    return IysClient(account_of(shop.provider_id))


@pytest.mark.parametrize(("kind", "code", "attempt", "step"), [
    (Kind.AUTH, "H351", 0, Step.RENEW_TOKEN), (Kind.AUTH, "H351", 1, Step.LATER),
    (Kind.RATE, "H124", 0, Step.SEND_AGAIN), (Kind.RATE, "H124", 9, Step.LATER),
    (Kind.RATE, "H084", 0, Step.LATER), (Kind.RETRY, "H470", 0, Step.LATER),
    (Kind.SUBSCRIPTION, "H520", 0, Step.HOLD), (Kind.CONFIG, "H353", 0, Step.HOLD),
    (Kind.BATCH, "H092", 0, Step.SPLIT), (Kind.ALREADY, "H178", 0, Step.VERIFY),
    (Kind.ITEM, "H120", 0, Step.SETTLE), (Kind.OVERDUE, "H467", 0, Step.SETTLE),
])
def test_one_function_decides_what_follows_a_failure(
    kind: Kind, code: str, attempt: int, step: Step
) -> None:
    assert next_step(kind, code, attempt) is step


def test_the_brands_of_the_account_are_listed(shop: Any) -> None:
    found = client_of(shop).brands()
    assert [(one.brand_code, one.master) for one in found] == [(shop.brand_code, True)]


def test_all_workers_share_one_token_and_it_lies_encrypted(shop: Any, registry: Any) -> None:
    client_of(shop).brands()
    client_of(shop).brands()
    assert registry.calls("/oauth2/token") == 1
    kept = [redis_client().get(key) for key in redis_client().keys("ileti:iys:token:*")]
    assert len(kept) == 1
    assert b"access" not in kept[0]


def test_a_token_that_has_ended_is_renewed_once_for_all(shop: Any, registry: Any) -> None:
    both = [client_of(shop), client_of(shop)]
    for one in both:
        one.brands()
    registry.tell("clock", advance_seconds=7_300)
    threads = [threading.Thread(target=one.brands) for one in both * 3]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert registry.calls("/oauth2/token") == 2
    assert registry.counters()["by_status"]["200"] == 10


def test_a_spent_refresh_token_falls_back_to_the_password(shop: Any, registry: Any) -> None:
    client = client_of(shop)
    client.brands()
    registry.tell("clock", advance_seconds=20_000)
    assert client.brands()
    assert registry.calls("/oauth2/token") == 3


def test_after_h084_nobody_calls_for_a_token(shop: Any, registry: Any) -> None:
    registry.tell("quota", token_per_hour=1)
    client_of(shop).brands()
    redis_client().flushdb()
    for _ in range(3):
        with pytest.raises(IysTrouble, match="H084"):
            client_of(shop).brands()
    assert registry.calls("/oauth2/token") == 2


def test_the_hours_token_calls_are_never_exceeded(given: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(given, "iys_token_requests_per_hour", 3)
    calls: list[int] = []

    def log_in() -> Token:
        calls.append(1)
        return Token(access_token=f"a{len(calls)}", refresh_token="r", expires_in=100,
                     refresh_expires_in=1)

    keeper = TokenKeeper("http://iys.ornek.test", "x", log_in=log_in, refresh=lambda _: None)
    for _ in range(3):
        monkeypatch.setattr(keeper, "_pair", None)
        redis_client().delete(*redis_client().keys("ileti:iys:token:*") or ["none"])
        keeper.get()
    with pytest.raises(TokensBlocked):
        keeper.renew("a3")
    assert len(calls) == 3


def test_wrong_credentials_are_the_accounts_problem(shop: Any) -> None:
    db.connection().execute("update provider set iys_username = 'nobody' where id = %s",
                            (shop.provider_id,))
    with pytest.raises(IysTrouble) as failure:
        client_for(shop.provider_id).brands()
    assert failure.value.kind is Kind.CONFIG


def test_a_short_quota_is_waited_for_and_the_call_succeeds(shop: Any, registry: Any) -> None:
    registry.tell("fault", kind="429", path="*/brands", count=1)
    began = time.monotonic()
    assert client_of(shop).brands()
    assert time.monotonic() - began >= 1.0


def test_an_unreadable_answer_leaves_the_call_in_doubt(shop: Any, registry: Any) -> None:
    registry.tell("fault", kind="html", path="*/brands", count=1)
    with pytest.raises(IysTrouble) as failure:
        client_of(shop).brands()
    assert (failure.value.kind, failure.value.in_doubt) == (Kind.RETRY, True)


def test_no_call_is_made_inside_a_transaction(shop: Any) -> None:
    client = client_of(shop)
    client.brands()
    with db.transaction(), pytest.raises(RuntimeError):
        client.brands()


def test_ten_requests_in_any_second_and_most_of_them_used(given: Any) -> None:
    budgets = [RequestBudget("http://tempo.ornek.test", 10.0) for _ in range(2)]
    moments: list[float] = []
    until = time.monotonic() + 2.2

    def knock(budget: RequestBudget) -> None:
        while time.monotonic() < until:
            budget.take()
            moments.append(time.monotonic())

    threads = [threading.Thread(target=knock, args=(budgets[n % 2],)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    moments.sort()
    assert max(sum(m <= other < m + 1 for other in moments) for m in moments) <= 10
    assert (len(moments) - 1) / (moments[-1] - moments[0]) >= 8.5


def test_without_redis_half_of_the_rate_is_kept(given: Any) -> None:
    away = no_redis()
    budget = RequestBudget("http://yalniz.ornek.test", 20.0, store=lambda: away)
    began = time.monotonic()
    for _ in range(11):
        budget.take()
    assert 0.8 <= time.monotonic() - began <= 2.0


def test_logs_name_no_address(shop: Any, capsys: Any) -> None:
    from iys_house import forward

    take(shop, phones(2))
    forward(shop)
    said = capsys.readouterr()
    assert "+90599" not in said.out + said.err


def with_password(shop: Any, password: str) -> IysClient:
    return IysClient(replace(account_of(shop.provider_id), password=password))


def test_a_wrong_password_leaves_the_token_calls_to_the_others(
    shop: Any, registry: Any, given: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(given, "iys_token_requests_per_hour", 3)
    for _ in range(6):  # a new client each time: another process
        with pytest.raises(IysTrouble) as refusal:
            with_password(shop, "yanlis").brands()
        assert (refusal.value.kind, refusal.value.code) == (Kind.CONFIG, "invalid_request")
    assert registry.calls("/oauth2/token") == 1
    assert len(client_of(shop).brands()) == 1


def test_a_corrected_password_is_tried_at_once_and_the_wrong_one_lies_nowhere(
    shop: Any, registry: Any
) -> None:
    with pytest.raises(IysTrouble):
        with_password(shop, "yanlis").brands()
    assert len(client_of(shop).brands()) == 1
    assert registry.calls("/oauth2/token") == 2
    assert not [key for key in redis_client().keys("*") if b"yanlis" in key]


def test_a_person_may_knock_again_but_not_all_the_time(shop: Any, registry: Any) -> None:
    knocker = with_password(shop, "yanlis")
    for after in (300.0, 300.0, -1.0):  # at once, at once, and when the time has passed
        knocker._tokens.knock_again(after)
        with pytest.raises(IysTrouble):
            knocker.brands()
    assert registry.calls("/oauth2/token") == 2


@pytest.mark.parametrize(("status", "body"), [(302, b"{}"), (304, b"[]"), (302, b"")])
def test_an_answer_below_400_that_is_no_success_is_tried_later(
    shop: Any, status: int, body: bytes
) -> None:
    trouble = client_of(shop)._trouble(httpx.Response(status, content=body))
    assert (trouble.kind, trouble.code) == (Kind.RETRY, f"HTTP_{status}")


def test_a_token_count_that_lost_its_end_does_not_block_for_ever(shop: Any) -> None:
    """Killed between counting and setting the hour's end, the count would stand for good."""
    client_of(shop).brands()
    key = redis_client().keys("ileti:iys:token-calls:*")[0]
    redis_client().set(key, 1_000)
    redis_client().delete(*redis_client().keys("ileti:iys:token:*"))
    with pytest.raises(IysTrouble, match="H084"):
        client_of(shop).brands()
    assert 0 < redis_client().ttl(key) <= 3_600


def test_an_account_whose_fresh_tokens_are_refused_leaves_the_hours_calls_to_the_others(
    shop: Any, registry: Any, new_place: Any
) -> None:
    """§1.1: token calls are counted per address, for all providers together."""
    registry.tell("quota", token_per_hour=20)
    registry.tell("fault", kind="401", path=f"*/sps/{shop.iys_code}/*", count=None)
    client = client_of(shop)
    for _ in range(30):
        with pytest.raises(IysTrouble) as failure:
            client.brands()
    assert failure.value.kind is Kind.CONFIG
    assert registry.calls("/oauth2/token") <= 10
    other = new_place()
    open_account(other, registry)
    assert client_of(other).brands()


def test_a_token_refused_now_and_then_is_renewed_at_once(shop: Any, registry: Any) -> None:
    client = client_of(shop)
    for _ in range(3):
        registry.tell("fault", kind="401", path="*/brands", count=1)
        assert client.brands()


def test_an_hour_that_iys_has_blocked_is_known_to_who_comes_after_a_flush(
    shop: Any, registry: Any
) -> None:
    """One call more would start the hour anew (H084); a fresh process knows only PostgreSQL."""
    registry.tell("quota", token_per_hour=1)
    client_of(shop).brands()
    redis_client().flushdb()
    with pytest.raises(IysTrouble, match="H084"):
        client_of(shop).brands()
    redis_client().flushdb()
    with pytest.raises(IysTrouble, match="H084") as failure:
        client_of(shop).brands()
    assert 3_500 < (failure.value.wait or 0) <= 3_600
    assert registry.calls("/oauth2/token") == 2
    db.connection().execute("update iys_block set until = now()")
    registry.tell("quota", token_per_hour=100, forget=True)
    assert client_of(shop).brands()
