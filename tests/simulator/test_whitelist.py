"""The success share that keeps a caller on İYS's list of addresses (İYS API §1.1)."""

from __future__ import annotations

from .caller import Caller

HOUR = 3600


def busy(good: int, bad: int) -> Caller:
    """A caller with so many requests of each kind, under a rule of 100 requests in a day."""
    caller = Caller()
    caller.control("rules", success_requests=100)
    for _ in range(good):
        caller.pull()
    for _ in range(bad):
        caller.pull(limit="x")
    return caller


def standing(caller: Caller) -> dict[str, object]:
    return caller.state()["callers"]["local"]


def test_a_poor_share_brings_a_notice_and_after_96_hours_the_removal() -> None:
    caller = busy(68, 31)  # and the token call
    assert standing(caller)["noticed_at"] == "2026-11-23 12:00:00"
    assert caller.pull().status_code == 204
    caller.control("clock", advance_seconds=95 * HOUR)
    for _ in range(100):
        caller.pull(limit="x")
    assert standing(caller)["removed"] is False
    caller.control("clock", advance_seconds=HOUR)
    caller.pull(limit="x")
    answer = caller.pull()
    assert (answer.status_code, "errors" in answer.json) == (403, False)


def test_who_does_better_in_time_stays_on_the_list() -> None:
    caller = busy(60, 40)
    caller.control("clock", advance_seconds=96 * HOUR)
    caller.http.post("/oauth2/token")
    assert (standing(caller)["noticed_at"], standing(caller)["removed"]) == (None, False)


def test_few_requests_and_a_good_share_are_nobodys_business() -> None:
    for caller in (busy(10, 80), busy(99, 30), busy(75, 25)):
        assert standing(caller)["noticed_at"] is None


def test_what_the_server_causes_counts_as_a_request_and_not_as_a_failure() -> None:
    caller = busy(10, 0)
    caller.control("fault", kind="500", count=90)
    for _ in range(90):
        caller.pull()
    assert (standing(caller)["requests"], standing(caller)["failures"]) == (101, 0)


def test_an_address_can_be_taken_away_and_given_back_by_hand(caller: Caller) -> None:
    caller.control("whitelist", remove="local")
    assert caller.http.post("/oauth2/token").status_code == 403
    caller.control("whitelist", add="local")
    assert caller.pull().status_code == 204
    assert "error" in caller.control("whitelist")
