"""İleti ViA: start, completion, state and file (İYS API §11; codes H1000 to H1104)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from .caller import IYS, Caller, codes

PHONE, MAIL = "+905992134117", "ayse@ornek.com.tr"
ETK: dict[str, Any] = {"title": "ETK", "brandCodes": [IYS], "types": ["MESAJ", "ARAMA"],
                       "recipientType": "BIREYSEL"}


@pytest.fixture
def caller() -> Caller:
    made = Caller()
    made.control("via", iysCode=IYS, formId="F-1", credit=10)
    made.control("via", iysCode=IYS, formId="F-2", published=False)
    return made


def start(caller: Caller, etk: dict[str, Any] | None = None, **changes: Any) -> Any:
    body = {"formId": "F-1", "recipient": PHONE, "verificationType": "SMS_OTP",
            "consentTypes": [{**ETK, **(etk or {})}], **changes}
    return caller.ask("POST", f"/via/sps/{IYS}/consent", body)


def started(caller: Caller, **changes: Any) -> str:
    return str(start(caller, **changes).json["message"]["requestId"])


def confirm(caller: Caller, number: str, code: str | None = None, **changes: Any) -> Any:
    processes = caller.http.get("/_control/via").json["processes"]
    right = next((one["otpCode"] for one in processes if one["requestId"] == number), "")
    body = {"requestId": number, "verificationType": "SMS_OTP",
            "consentTypes": [{"title": "ETK", "otpCode": right if code is None else code}],
            **changes}
    return caller.ask("POST", f"/via/sps/{IYS}/confirmation", body)


def state(caller: Caller, number: str) -> dict[str, str]:
    answer = caller.ask("GET", f"/via/sps/{IYS}/consent/request/{number}").json
    return dict(answer["lastStatus"])


def test_a_code_gives_the_consent_with_a_source_of_iyss(caller: Caller) -> None:
    number = started(caller)
    assert state(caller, number) == {"stage": "CONSENT_REQUESTED", "status": "PENDING"}
    answer = confirm(caller, number).json
    assert answer["code"] == "OK"
    assert [one["type"] for one in answer["message"]] == ["MESAJ", "ARAMA"]
    held = caller.status().json
    assert (held["status"], held["source"]) == ("ONAY", "IYS_KISAMESAJ")
    assert state(caller, number) == {"stage": "COMPLETED", "status": "SUCCESS"}
    package = caller.ask("GET", f"/sps/{IYS}/subscription").json["viaSubscriptionPackage"]
    assert package["viaCredit"] == 8


def test_a_link_is_pressed_by_the_person(caller: Caller) -> None:
    number = started(caller, recipient=MAIL, verificationType="EPOSTA_SHORTURL",
                     etk={"types": ["EPOSTA"]})
    assert codes(confirm(caller, number, verificationType="EPOSTA_SHORTURL")) == ["H1010"]
    caller.control("via", press=number)
    assert caller.status(type="EPOSTA", recipient=MAIL).json["source"] == "IYS_EPOSTA"
    assert "error" in caller.control("via", press=number)


def test_the_file_of_a_completed_process_is_a_zip(caller: Caller) -> None:
    number = started(caller)
    path = f"/via/sps/{IYS}/via/clarification/{number}/file"
    assert codes(caller.ask("GET", path)) == ["H1072"]
    confirm(caller, number)
    packed = zipfile.ZipFile(io.BytesIO(caller.ask("GET", path).data))
    assert packed.namelist() == [f"{number}.pdf", f"{number}.tsr"]


def test_three_wrong_codes_end_it_even_for_the_right_one(caller: Caller) -> None:
    number = started(caller)
    for _ in range(3):
        assert codes(confirm(caller, number, "yanlis")) == ["H1052"]
    assert codes(confirm(caller, number)) == ["H1050"]


@pytest.mark.parametrize(("seconds", "found"), [(180, []), (181, ["H1051"])])
def test_a_code_is_good_for_three_minutes(caller: Caller, seconds: int, found: list[str]) -> None:
    number = started(caller)
    caller.control("clock", advance_seconds=seconds)
    answer = confirm(caller, number)
    assert (codes(answer) if answer.status_code != 200 else []) == found


def test_a_link_nobody_pressed_runs_out_after_a_day(caller: Caller) -> None:
    number = started(caller, verificationType="SMS_SHORTURL")
    caller.control("clock", advance_seconds=24 * 3600 + 1)
    caller.token = None
    assert state(caller, number)["status"] == "LINK_CLICK_TIMEOUT"


@pytest.mark.parametrize(("code", "changes"), [
    ("H1000", {"formId": "F-2"}), ("H1055", {"formId": "F-9"}), ("H1005", {"recipient": ""}),
    ("H1005", {"etk": {"types": []}}), ("H1012", {"verificationType": "FAKS"}),
    ("H1013", {"etk": {"title": "SADAKAT"}}), ("H1014", {"etk": {"brandCodes": [1]}}),
    ("H1026", {"recipient": "0599"}), ("H1029", {"consentTypes": "ETK"}),
    ("H1029", {"recipient": 5}), ("H1060", {"consentTypes": [ETK, ETK]}),
    ("H1027", {"verificationType": "EPOSTA_OTP"}), ("H1061", {"etk": {"types": ["MESAJ"] * 2}}),
    ("H1063", {"etk": {"recipientType": "X"}}), ("H1085", {"etk": {"types": ["FAKS"]}}),
    ("H1086", {"etk": {"types": ["EPOSTA"]}}),
])
def test_a_faulty_question(caller: Caller, code: str, changes: dict[str, Any]) -> None:
    answer = start(caller, **changes)
    assert (answer.status_code, codes(answer)) == (400, [code])


def test_without_credit_or_room_nobody_is_asked(caller: Caller) -> None:
    caller.control("via", iysCode=IYS, credit=0)
    assert codes(start(caller)) == ["H1015"]
    caller.control("subscription", state="ACTIVE", consentLimit=0)
    assert codes(start(caller)) == ["H1031"]


def test_faulty_completions(caller: Caller) -> None:
    number = started(caller)
    assert codes(confirm(caller, "yok")) == ["H1030"]
    assert codes(confirm(caller, number, verificationType="EPOSTA_OTP")) == ["H1064"]
    assert codes(confirm(caller, number, consentTypes=[])) == ["H1005"]
    assert codes(caller.ask("POST", f"/via/sps/{IYS}/confirmation", b"[")) == ["H1016"]
    confirm(caller, number)
    assert codes(confirm(caller, number)) == ["H1032"]


def test_who_may_not_use_via(caller: Caller) -> None:
    path = f"/via/sps/{IYS}/consent/request/x"
    assert codes(caller.http.get(path)) == ["H1038"]
    assert codes(caller.http.get(path, headers={"Authorization": "Bearer x"})) == ["H1045"]
    assert codes(caller.ask("GET", "/via/sps/999999/consent/request/x")) == ["H1040"]
    caller.control("partner", integratorCode=900001, username="o", password="o",
                   rights=[{"brandCode": IYS, "MESAJ": "write"}])
    login = {"grant_type": "password", "username": "o", "password": "o"}
    caller.token = caller.http.post("/oauth2/token", json=login).json["access_token"]
    answer = caller.ask("GET", path)
    assert (answer.status_code, codes(answer)) == (404, ["H1104"])
