"""Pull: window, cursor, and what a citizen does at İYS (İYS API §6.10)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.simulator.options import Delays

from .caller import Caller, consent, many


def everything(caller: Caller, **args: Any) -> list[dict[str, Any]]:
    """All pages, one after the other."""
    rows: list[dict[str, Any]] = []
    while (answer := caller.pull(**args)).status_code == 200:
        rows += answer.json["list"]
        args["after"] = answer.json["after"]
    assert answer.status_code == 204
    assert answer.data == b""
    return rows


def citizen(caller: Caller, status: str, **more: Any) -> Any:
    wish = {"recipient": "+905992134117", "type": "MESAJ", "recipientType": "BIREYSEL"}
    return caller.control("citizen", **{**wish, "status": status, **more})


def test_nothing_is_204(caller: Caller) -> None:
    assert caller.pull().status_code == 204


def test_a_citizens_refusal_is_the_record_at_once_and_comes_by_pull(caller: Caller) -> None:
    caller.add()
    done = citizen(caller, "RET")
    (row,) = everything(caller)

    assert caller.status().json["status"] == "RET"
    assert row == {
        "consentDate": "2026-11-23 12:00:00",
        "creationDate": "2026-11-23 12:00:00",
        "source": "IYS_WEB",
        "recipient": "+905992134117",
        "recipientType": "BIREYSEL",
        "status": "RET",
        "type": "MESAJ",
        "transactionId": done["transactionId"],
    }


def test_a_first_consent_at_iys_may_carry_the_citizens_name(caller: Caller) -> None:
    citizen(caller, "ONAY", citizenName="A. Ö.")
    (row,) = everything(caller)

    assert (row["source"], row["citizenName"]) == ("IYS_WEB_YENI", "A. Ö.")


def test_the_same_decision_again_moves_nothing(caller: Caller) -> None:
    citizen(caller, "RET")

    assert citizen(caller, "RET")["changed"] is False
    assert len(everything(caller)) == 1


def test_a_stale_consent_loses_against_the_citizen_and_a_newer_one_wins(caller: Caller) -> None:
    caller.add()
    caller.control("clock", advance_seconds=60)
    citizen(caller, "RET")
    caller.control("clock", advance_seconds=60)

    stale = caller.add(consentDate="2026-11-23 11:59:00")
    newer = caller.add(consentDate="2026-11-23 12:01:30")
    assert (stale.json["errors"][0]["code"], newer.status_code) == ("H178", 200)


def test_sides_are_apart_and_each_movement_comes_once(caller: Caller) -> None:
    caller.send(many(25))
    citizen(caller, "RET", recipient="+905990000003")

    assert len(everything(caller, source="HS", limit=10)) == 25
    assert [row["source"] for row in everything(caller)] == ["IYS_WEB"]


def test_the_newest_hour_is_held_back() -> None:
    caller = Caller(delays=Delays(batch_seconds=0, pull_seconds=3600))
    caller.add()
    caller.control("clock", advance_seconds=3599)
    assert caller.pull(source="HS").status_code == 204
    caller.control("clock", advance_seconds=1)
    assert len(caller.pull(source="HS").json["list"]) == 1


def test_movements_older_than_seven_days_are_lost_to_pull(caller: Caller) -> None:
    caller.add()
    cursor = caller.pull(source="HS").json["after"]
    caller.send(many(2))
    caller.control("clock", advance_seconds=7 * 86400)
    caller.token = None
    assert len(caller.pull(source="HS").json["list"]) == 3
    caller.control("clock", advance_seconds=1)
    assert caller.pull(source="HS", after=cursor).status_code == 204


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_movements_that_share_a_number_are_never_torn_apart(caller: Caller, limit: int) -> None:
    caller.add(recipient="+905992130000")
    for minute, status in enumerate(("ONAY", "RET", "ONAY", "RET")):
        caller.add(status=status, consentDate=f"2026-11-23 10:0{minute}:00")
    caller.add(recipient="+905992139999")

    rows = everything(caller, source="HS", limit=limit)
    assert len(rows) == 6
    assert [row["status"] for row in rows[1:5]] == ["ONAY", "RET", "ONAY", "RET"]


def test_the_log_is_ordered_by_creation_across_slow_lists(caller: Caller) -> None:
    caller.control("delay", batch=300)
    caller.send(many(5))
    caller.control("clock", advance_seconds=10)
    caller.add()
    caller.control("clock", advance_seconds=600)
    caller.send([consent(recipient="+905991111111")])
    caller.control("clock", advance_seconds=600)

    created = [row["creationDate"] for row in everything(caller, source="HS")]
    assert len(created) == 7
    assert created == sorted(created)
