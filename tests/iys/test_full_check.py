"""A week without pulling: what İYS's list no longer tells is asked for, address by address."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from iys_house import due_now, forward, phones, pull, settle, state, take

from ileti.consents.gate import Denial, may_send, may_send_now
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.iys import fullcheck
from ileti.iys import pull as pulling
from ileti.iys.pull import pull_due

PEOPLE = phones(60)


@pytest.fixture
def silent_week(shop: Any, registry: Any) -> Any:
    """Sixty registered consents; then İYS forgets what three of them refused there."""
    take(shop, PEOPLE, at=clock.now() - timedelta(minutes=5))
    forward(shop)
    settle(shop)
    pull(shop)
    for phone in PEOPLE[:3]:
        registry.tell("citizen", recipient=phone, type="MESAJ", status="RET",
                      brandCode=shop.brand_code)
    registry.tell("clock", advance_seconds=8 * 86_400)
    db.connection().execute(
        "update iys_cursor set pulled_at = now() - interval '8 days', "
        "next_at = now() where provider_id = %s", (shop.provider_id,))
    return shop


def drain(shop: Any, seconds: float = 20) -> dict[str, int]:
    due_now(shop)
    return dict(pull_due(time.monotonic() + seconds, shop.provider_id))


def test_a_refusal_that_iys_no_longer_lists_is_found(silent_week: Any, registry: Any) -> None:
    counts = drain(silent_week)
    assert (counts["checked"], counts["moved"]) == (60, 3)
    assert {state(silent_week, p)["status"] for p in PEOPLE[:3]} == {"RET"}
    assert {state(silent_week, p)["iys"] for p in PEOPLE[:3]} == {"CHANGED_THERE"}
    assert {state(silent_week, p)["status"] for p in PEOPLE[3:]} == {"ONAY"}
    assert not may_send_now(silent_week.provider_id, silent_week.brand_id, PEOPLE[0],
                            Channel.MESAJ)
    assert registry.calls("consents/status") == 3


def test_the_check_is_made_once_and_pulling_goes_on(silent_week: Any, registry: Any) -> None:
    drain(silent_week)
    asked = registry.calls("status/MESAJ")
    assert "checked" not in drain(silent_week)
    assert registry.calls("status/MESAJ") == asked


def test_too_many_to_ask_one_by_one_are_closed_at_once(
    silent_week: Any, registry: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(fullcheck, "MOST_QUESTIONS", 1)
    assert drain(silent_week)["moved"] == 3
    assert {state(silent_week, p)["status"] for p in PEOPLE[:3]} == {"RET"}
    assert registry.calls("consents/status") == 1


def test_a_check_that_ran_out_of_time_goes_on_where_it_was(
    silent_week: Any, registry: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(fullcheck, "AT_ONCE", 25)
    real, calls = fullcheck._compare, []

    def one_then_late(*given: Any) -> Any:
        calls.append(len(given[-1]))
        return real(*given)

    monkeypatch.setattr(fullcheck, "_compare", one_then_late)
    from ileti.consents.ledger import Place

    place = Place(silent_week.provider_id, silent_week.iys_code, silent_week.brand_id,
                  silent_week.brand_code)
    monkeypatch.setattr(
        fullcheck, "time", SimpleNamespace(monotonic=iter([0.0, 99.0]).__next__))
    assert fullcheck.check_brand(place, 1.0)[0] is False
    monkeypatch.setattr(fullcheck, "time", time)
    done, counts = fullcheck.check_brand(place, time.monotonic() + 20)
    assert done
    assert (calls, counts["checked"]) == ([25, 25, 10], 35)


def may_be_written_to(shop: Any, phone: str) -> Any:
    return may_send_now(shop.provider_id, shop.brand_id, phone, Channel.MESAJ)


def silent_for(shop: Any, days: float) -> None:
    db.connection().execute(
        "update iys_cursor set pulled_at = %s, next_at = now() where provider_id = %s",
        (clock.now() - timedelta(days=days), shop.provider_id))


def test_after_five_silent_days_nobody_is_written_to_until_all_is_compared_r44(
    silent_week: Any, monkeypatch: Any
) -> None:
    assert may_be_written_to(silent_week, PEOPLE[9]).denial is Denial.STALE
    assert may_send(silent_week.provider_id, silent_week.brand_id, PEOPLE, Channel.MESAJ) == (
        [False] * len(PEOPLE))
    monkeypatch.setattr(pulling, "check_brand", lambda *_: (False, Counter()))
    drain(silent_week, 1)  # the check has begun and is not finished
    assert may_be_written_to(silent_week, PEOPLE[9]).denial is Denial.STALE
    monkeypatch.undo()


def test_the_finished_check_opens_the_gate_again_r44(silent_week: Any) -> None:
    drain(silent_week)
    assert may_be_written_to(silent_week, PEOPLE[9])
    assert may_be_written_to(silent_week, PEOPLE[0]).denial is Denial.REFUSED


def test_a_pull_within_five_days_needs_no_check_r44(silent_week: Any, registry: Any) -> None:
    silent_for(silent_week, 4.9)
    assert may_be_written_to(silent_week, PEOPLE[9])
    assert "checked" not in drain(silent_week)
    silent_for(silent_week, 5.1)
    assert drain(silent_week)["checked"] == 60


def test_iys_away_after_five_days_keeps_the_gate_shut_r44(silent_week: Any, registry: Any) -> None:
    registry.tell("fault", kind="503", path="*/status/*", count=20)
    drain(silent_week, 2)
    assert may_be_written_to(silent_week, PEOPLE[9]).denial is Denial.STALE


def test_the_check_goes_on_when_the_hours_questions_are_used_up_r44(
    silent_week: Any, registry: Any
) -> None:
    """H086 is counted for all providers together; what İYS does not hold is closed all the same."""
    registry.tell("quota", status_per_hour=1)
    assert drain(silent_week)["checked"] == 60
    assert {state(silent_week, p)["status"] for p in PEOPLE[:3]} == {"RET"}
    assert may_be_written_to(silent_week, PEOPLE[9])
