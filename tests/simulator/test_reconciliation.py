"""Reconciliation: a brand's day, its states, its codes and its very bytes (İYS API §8)."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha384
from pathlib import Path
from typing import Any

import pytest

from ileti.simulator.app import create_simulator
from ileti.simulator.options import Delays

from .caller import IYS, SUB_BRAND, Caller, codes, consent, many, settings

DAY, NEXT = "2026-11-23", 86_400
SUMMARY = f"/changes/{DAY}/recipients/BIREYSEL"
AGREEMENT, FILE = f"/agreements/{DAY}", f"/changes/{DAY}/file"
STAMP = f"{AGREEMENT}/timestamp"
AGREE = {"agreementStatus": True}


def tomorrow(caller: Caller, seconds: float = NEXT) -> Caller:
    caller.control("clock", advance_seconds=seconds)
    caller.token = None
    return caller


def citizen(caller: Caller, status: str, **more: Any) -> Any:
    wish = {"recipient": "+905992134117", "type": "MESAJ", "status": status, **more}
    return caller.control("citizen", **wish)


@pytest.fixture
def day(caller: Caller) -> Caller:
    """The day after one consent, one merchant, and a citizen who took the consent back."""
    caller.add()
    caller.control("clock", advance_seconds=60)
    caller.add(recipient="firma@ornek.com.tr", type="EPOSTA", recipientType="TACIR", source=...,
               consentDate=...)
    caller.control("clock", advance_seconds=60)
    citizen(caller, "RET")
    return tomorrow(caller)


@pytest.mark.parametrize(("code", "path", "body"), [
    ("H501", "/agreements/23.11.2026", None), ("H501", "/agreements/2026-11-31", None),
    ("H501", "/changes/2026-1-3/file", None), ("H501", "/changes/x/recipients/BIREYSEL", None),
    ("H501", "/agreements/x/timestamp", None), ("H502", "/agreements/2026-11-24", None),
    ("H502", "/changes/2026-11-25/file", None), ("H502", "/agreements/2026-11-16/timestamp", None),
    ("H502", "/changes/2026-11-24/recipients/TACIR", None),
    ("H116", f"/changes/{DAY}/recipients/KURUMSAL", None),
    ("H501", "/agreements/x", AGREE), ("H502", "/agreements/2026-11-24", AGREE),
    ("H512", AGREEMENT, {"agreementStatus": False}), ("H512", AGREEMENT, {}),
    ("H512", AGREEMENT, {"agreementStatus": "true"}), ("H014", AGREEMENT, b"{"),
])
def test_every_code_of_reconciliation(day: Caller, code: str, path: str, body: Any) -> None:
    answer = day.under("GET" if body is None else "PUT", path, body)
    assert codes(answer) == [code]
    assert answer.status_code == (400 if code == "H014" else 422)


@pytest.mark.parametrize("path", [SUMMARY, AGREEMENT, FILE, STAMP])
def test_another_providers_day_is_nobodys_business(day: Caller, path: str) -> None:
    assert codes(day.under("GET", path, brand=999)) == ["H353"]
    day.control("subscription", state="PAUSED")
    assert codes(day.under("GET", path)) == ["H520"]
    day.token = "no"
    assert codes(day.under("GET", path)) == ["H351"]


def test_seven_days_back_is_still_kept_and_eight_are_not(day: Caller) -> None:
    assert tomorrow(day, 6 * NEXT).under("GET", FILE).status_code == 200
    assert codes(tomorrow(day).under("GET", FILE)) == ["H502"]


def test_the_file_is_every_movement_of_the_day_in_iys_order(day: Caller) -> None:
    answer = day.under("GET", FILE)
    lines = answer.data.decode().split("\n")
    assert answer.content_type.startswith("text/csv")
    assert lines[0] == ("creationDate,transactionId,recipient,recipientType,type,status,"
                        "consentDate,source")
    rows = [line.split(",") for line in lines[1:-1]]
    assert lines[-1] == ""
    assert [row[0] + row[2] + ",".join(row[3:]) for row in rows] == [
        "2026-11-23 12:00:00+905992134117BIREYSEL,MESAJ,ONAY,2026-11-23 10:00:00,HS_WEB",
        "2026-11-23 12:01:00firma@ornek.com.trTACIR,EPOSTA,ONAY,,",
        "2026-11-23 12:02:00+905992134117BIREYSEL,MESAJ,RET,2026-11-23 12:02:00,IYS_WEB",
    ]
    assert {len(row[1]) for row in rows} == {64}


def test_rows_of_one_second_are_ordered_by_their_number(caller: Caller) -> None:
    caller.send(many(50))
    rows = tomorrow(caller).under("GET", FILE).data.decode().splitlines()[1:]
    assert rows == sorted(rows)
    assert len(rows) == 50


def test_the_hash_is_over_the_files_very_bytes(day: Caller) -> None:
    told = day.under("GET", AGREEMENT).json
    assert told == {
        "processStatus": "completed", "hashMethod": "SHA-384", "agreementStatus": False,
        "hashValue": sha384(day.under("GET", FILE).data).hexdigest(),
    }


def test_a_day_is_queued_then_in_progress_then_done() -> None:
    caller = Caller(delays=Delays(batch_seconds=0, pull_seconds=0, reconcile_seconds=600))
    caller.add()
    tomorrow(caller, 12 * 3600 + 1)
    seen = []
    for _ in range(3):
        told = caller.under("GET", AGREEMENT)
        seen.append((told.json["processStatus"], "hashValue" in told.json,
                     caller.under("GET", FILE).status_code,
                     caller.under("GET", STAMP).status_code,
                     caller.under("PUT", AGREEMENT, AGREE).status_code))
        caller.control("clock", advance_seconds=300)
    assert seen == [("queued", False, 204, 204, 204), ("inprogress", False, 204, 204, 204),
                    ("completed", True, 200, 200, 200)]


def test_a_day_that_failed_at_iys_says_so(day: Caller) -> None:
    day.control("day", brandCode=IYS, reportDate=DAY, processStatus="error")
    assert day.under("GET", AGREEMENT).json["processStatus"] == "error"
    assert day.under("GET", FILE).status_code == 204
    day.control("day", brandCode=IYS, reportDate=DAY, clear=True)
    assert day.under("GET", AGREEMENT).json["processStatus"] == "completed"


def test_the_summary_counts_by_type_side_and_kind(day: Caller) -> None:
    assert day.under("GET", SUMMARY).json == {"changeStats": [{"type": "MESAJ", "consents": [
        {"source": "HS", "approval": 1, "rejection": 0, "pending": 0, "total": 1},
        {"source": "IYS", "approval": 0, "rejection": 1, "pending": 0, "total": 1}]}]}
    merchants = day.under("GET", f"/changes/{DAY}/recipients/TACIR").json["changeStats"]
    assert [one["type"] for one in merchants] == ["EPOSTA"]


def test_a_list_not_yet_worked_off_is_pending_in_the_summary() -> None:
    caller = Caller(delays=Delays(batch_seconds=2 * NEXT, pull_seconds=0))
    caller.send(many(3))
    stats = tomorrow(caller).under("GET", SUMMARY).json["changeStats"]
    assert stats[0]["consents"][0]["pending"] == 3


@pytest.mark.parametrize("path", [AGREEMENT, FILE, STAMP])
def test_a_day_without_movements_is_204(day: Caller, path: str) -> None:
    answer = day.under("GET", path, brand=SUB_BRAND)
    assert (answer.status_code, answer.data) == (204, b"")
    assert day.under("PUT", AGREEMENT, AGREE, brand=SUB_BRAND).status_code == 204
    assert day.under("GET", SUMMARY, brand=SUB_BRAND).json == {"changeStats": []}


def test_an_agreement_is_for_good_and_survives_a_restart(tmp_path: Path) -> None:
    file = str(tmp_path / "iys.sqlite")
    caller = Caller(create_simulator(database=file, options=settings()))
    caller.add()
    tomorrow(caller)
    assert caller.under("PUT", AGREEMENT, AGREE).json == {"agreementCaptured": True}
    assert caller.under("PUT", AGREEMENT, AGREE).json == {"agreementCaptured": True}
    caller.simulator.close()
    again = Caller(create_simulator(database=file, options=settings(clock="2026-11-24 12:00:00")))
    assert again.under("GET", AGREEMENT).json["agreementStatus"] is True


def test_the_stamp_names_the_file(day: Caller) -> None:
    assert sha384(day.under("GET", FILE).data).digest() in day.under("GET", STAMP).data


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl reads the reply")
def test_the_stamp_is_a_reply_that_openssl_reads(day: Caller, tmp_path: Path) -> None:
    answer = day.under("GET", STAMP)
    reply = tmp_path / "day.tsr"
    reply.write_bytes(answer.data)
    shown = subprocess.run(["openssl", "ts", "-reply", "-in", str(reply), "-text"],
                           capture_output=True, text=True, check=False)
    assert "Hash Algorithm: sha384" in shown.stdout, shown.stderr
    assert "Nov 23 21:00:00 2026 GMT" in shown.stdout


def test_a_day_can_be_falsified_for_a_clients_sake(day: Caller) -> None:
    day.control("day", brandCode=IYS, reportDate=DAY, recipient="firma@ornek.com.tr", drop=True)
    day.control("day", brandCode=IYS, reportDate=DAY, recipient="+905992134117", status="RET")
    text = day.under("GET", FILE).data.decode()
    assert "firma" not in text
    assert "ONAY" not in text
    assert day.under("GET", AGREEMENT).json["hashValue"] == sha384(text.encode()).hexdigest()
    assert "error" in day.control("day", brandCode=IYS, reportDate=DAY, name="x")


def test_a_summary_does_not_count_a_consent_over_a_consent(caller: Caller) -> None:
    caller.add()
    caller.control("clock", advance_seconds=60)
    caller.add(**consent(consentDate="2026-11-23 12:00:30"))
    told = tomorrow(caller).under("GET", SUMMARY).json["changeStats"][0]["consents"][0]
    assert (told["approval"], told["total"]) == (1, 1)
    assert caller.under("GET", FILE).data.count(b"\n") == 3


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl judges the reply")
@pytest.mark.parametrize(("how", "good"), [
    (None, True), ("imprint", False), ("signature", False), ("content", False),
    ("stranger", False), ("refused", False), ("broken", False),
])
def test_the_stamp_is_signed_by_the_authority_that_openssl_is_given(
    day: Caller, tmp_path: Path, how: str | None, good: bool
) -> None:
    if how:
        day.control("day", brandCode=IYS, reportDate=DAY, stamp=how)
    (tmp_path / "file").write_bytes(day.under("GET", FILE).data)
    (tmp_path / "day.tsr").write_bytes(day.under("GET", STAMP).data)
    (tmp_path / "ca.pem").write_text(day.http.get("/_control/authority").json["pem"])
    judged = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "file", "-in", "day.tsr", "-CAfile", "ca.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (judged.returncode == 0) is good, judged.stderr


def test_a_way_to_spoil_a_stamp_that_is_none_is_refused(day: Caller) -> None:
    assert "error" in day.control("day", brandCode=IYS, reportDate=DAY, stamp="anders")
    assert "error" not in day.control("day", brandCode=IYS, reportDate=DAY, stamp="late")
