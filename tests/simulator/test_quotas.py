"""Limits per caller (İYS API §1.1)."""

from __future__ import annotations

import pytest

from ileti.simulator.options import Quotas

from .caller import LOGIN, Caller, codes


def test_h124_ten_requests_in_any_second_and_no_more() -> None:
    caller = Caller(quotas=Quotas(10, None, None, None))
    answers = [caller.pull() for _ in range(14)]  # with the login the fifteenth request

    assert [answer.status_code for answer in answers].count(204) == 9
    assert {code for a in answers if a.status_code == 429 for code in codes(a)} == {"H124"}
    (peak,) = caller.state()["per_second_peak"].values()
    assert peak == {"arrived": 15, "admitted": 10}


def test_control_calls_and_the_page_are_outside_the_quota() -> None:
    caller = Caller(quotas=Quotas(1, None, None, None))
    for _ in range(5):
        assert caller.http.get("/_control/state").status_code == 200
        assert caller.http.get("/").status_code == 200


def test_h084_calling_while_blocked_starts_the_hour_anew() -> None:
    caller = Caller(quotas=Quotas(None, 3, None, None))

    def login() -> int:
        return int(caller.http.post("/oauth2/token", json=LOGIN).status_code)

    assert [login() for _ in range(4)] == [200, 200, 200, 429]
    caller.control("clock", advance_seconds=3599)
    assert login() == 429
    caller.control("clock", advance_seconds=3599)
    assert login() == 429
    caller.control("clock", advance_seconds=3600)
    assert login() == 200


@pytest.mark.parametrize(
    ("code", "path", "quotas"),
    [
        ("H086", "/consents/status", Quotas(None, None, 2, None)),
        ("H089", "/consents/history", Quotas(None, None, None, 2)),
    ],
)
def test_hourly_query_budgets(code: str, path: str, quotas: Quotas) -> None:
    caller = Caller(quotas=quotas)
    caller.add()
    body = {"recipient": "+905992134117", "recipientType": "BIREYSEL", "type": "MESAJ"}
    answers = [caller.under("POST", path, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert codes(answers[2]) == [code]
    caller.control("clock", advance_seconds=3600)
    assert caller.under("POST", path, body).status_code == 200


def test_quotas_change_while_running(caller: Caller) -> None:
    assert caller.control("quota", per_second=1)["per_second"] == 1
    statuses = [caller.pull().status_code for _ in range(2)]
    assert 429 in statuses
    caller.control("quota", off=True)
    assert caller.pull().status_code == 204
