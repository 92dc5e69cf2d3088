"""Lists: what is answered at once, what later, and when later is (İYS API §6.3 to §6.6)."""

from __future__ import annotations

import re

import pytest

from ileti.simulator.options import Delays

from .caller import Caller, consent, many


@pytest.fixture
def slow() -> Caller:
    return Caller(delays=Delays(batch_seconds=300, pull_seconds=3600))


def test_a_taken_list_names_every_item_in_order(caller: Caller) -> None:
    answer = caller.send(many(3))

    assert answer.status_code == 202
    assert re.fullmatch("[0-9a-f-]{36}", answer.json["requestId"])
    rows = answer.json["subRequests"]
    assert [row["recipient"] for row in rows] == [item["recipient"] for item in many(3)]
    assert len({row["subRequestId"] for row in rows}) == 3
    assert set(rows[0]) == {
        "subRequestId", "recipient", "type", "source", "status", "consentDate", "recipientType",
        "creationDate",
    }  # fmt: skip


def test_a_result_item_carries_numbers_and_date(caller: Caller) -> None:
    taken = caller.send([consent()]).json
    (row,) = caller.result(taken["requestId"])

    assert re.fullmatch("[0-9a-f]{64}", row.pop("transactionId"))
    assert row == {
        "index": 0,
        "status": "success",
        "subRequestId": taken["subRequests"][0]["subRequestId"],
        "requestId": taken["requestId"],
        "creationDate": "2026-11-23 12:00:00",
    }


def test_result_is_empty_then_enqueued_then_there(slow: Caller) -> None:
    request_id = slow.send(many(2)).json["requestId"]
    assert slow.result(request_id) == []
    slow.control("clock", advance_seconds=150)
    assert [row["status"] for row in slow.result(request_id)] == ["enqueue", "enqueue"]
    assert slow.state()["registry"]["consents"] == 0
    slow.control("clock", advance_seconds=150)
    assert [row["status"] for row in slow.result(request_id)] == ["success", "success"]


@pytest.mark.parametrize(("way", "rows"), [("empty", 0), ("enqueue", 2)])
def test_what_an_unfinished_list_answers_is_a_setting(slow: Caller, way: str, rows: int) -> None:
    slow.control("delay", before_ready=way)
    request_id = slow.send(many(2)).json["requestId"]

    assert len(slow.result(request_id)) == rows


def test_lists_are_worked_off_in_the_order_of_their_times(slow: Caller) -> None:
    first = slow.send([consent()]).json["requestId"]
    slow.control("clock", advance_seconds=1)
    refusal = [consent(status="RET", consentDate="2026-11-23 11:00:00")]
    second = slow.send(refusal).json["requestId"]
    slow.control("clock", advance_seconds=600)

    created = [slow.result(number)[0]["creationDate"] for number in (first, second)]
    assert created == ["2026-11-23 12:05:00", "2026-11-23 12:05:01"]
    assert slow.status().json["status"] == "RET"


def test_a_single_add_waits_for_no_list(slow: Caller) -> None:
    slow.send([consent()])

    assert slow.add().status_code == 200
    slow.control("clock", advance_seconds=300)
    assert slow.state()["registry"]["movements"] == 1


def test_unknown_and_old_lists_are_answered_empty(caller: Caller) -> None:
    request_id = caller.send(many(1)).json["requestId"]
    caller.control("clock", advance_seconds=61 * 86400)
    caller.token = None

    assert caller.result(request_id) == []
    assert caller.result("a1b2c3d4-0000-4000-8000-000000000000") == []


def test_a_list_belongs_to_its_brand(caller: Caller) -> None:
    request_id = caller.send(many(1)).json["requestId"]
    answer = caller.under("GET", f"/consents/request/{request_id}", brand=700002)

    assert answer.json == []


def test_a_thousand_are_taken_with_all_kinds_of_addresses(caller: Caller) -> None:
    items = many(600) + [
        consent(type="EPOSTA", recipient=f"kisi{i}@ornek.com.tr") for i in range(400)
    ]
    request_id = caller.send(items).json["requestId"]

    assert {row["status"] for row in caller.result(request_id)} == {"success"}
    assert caller.state()["registry"]["approval"] == 1000
