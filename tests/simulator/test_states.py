"""Which record may follow which (İYS API §3.3), single and in a list."""

from __future__ import annotations

from typing import Any

import pytest

from .caller import IYS, RETAILER, SUB_BRAND, Caller, codes, consent, many

LATER = "2026-11-23 11:00:00"
LAST = "2026-11-23 11:30:00"

STATE_CODES: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    ("H175", [], {"status": "RET"}),
    ("H175", [], {"status": "RET", "source": "HS_KARAR"}),
    ("H175", [], {"status": "RET", "recipientType": "TACIR"}),
    ("H174", [{}, {"status": "RET", "consentDate": LATER}], {"status": "RET", "consentDate": LAST}),
    ("H174", [{}, {"status": "RET", "consentDate": LATER}], {"status": "RET"}),
    ("H178", [{}], {}),
    ("H178", [{}], {"status": "RET"}),
    ("H178", [{}], {"consentDate": "2026-11-23 09:59:59"}),
    ("H463", [{"recipientType": "TACIR"}], {"recipientType": "TACIR", "source": ...}),
    ("H462", [{"recipientType": "TACIR"}], {"recipientType": "TACIR", "consentDate": ...}),
]


@pytest.mark.parametrize(("code", "before", "changes"), STATE_CODES)
def test_single_add_refuses_what_the_record_forbids(
    caller: Caller, code: str, before: list[dict[str, Any]], changes: dict[str, Any]
) -> None:
    for earlier in before:
        assert caller.add(**earlier).status_code == 200
    answer = caller.add(**changes)

    assert (answer.status_code, codes(answer)) == (400, [code])


@pytest.mark.parametrize(("code", "before", "changes"), STATE_CODES)
def test_a_list_is_taken_and_the_result_says_what_the_record_forbids(
    caller: Caller, code: str, before: list[dict[str, Any]], changes: dict[str, Any]
) -> None:
    for earlier in before:
        caller.add(**earlier)
    answer = caller.send([consent(**changes), consent(recipient="+905992130000")])
    failed, added = caller.result(answer.json["requestId"])

    assert answer.status_code == 202
    assert (failed["index"], failed["status"], failed["error"]["code"]) == (0, "failure", code)
    assert set(failed) == {"index", "status", "subRequestId", "error"}
    assert (added["index"], added["status"]) == (1, "success")


@pytest.mark.parametrize(
    "following",
    [
        {"status": "RET", "consentDate": LATER},
        {"status": "RET", "source": "HS_KARAR", "consentDate": LATER},
        {"status": "ONAY", "consentDate": LATER},
    ],
)
def test_a_later_date_moves_the_record(caller: Caller, following: dict[str, Any]) -> None:
    caller.add()
    added = caller.add(**following).json
    now = caller.status().json

    assert (now["status"], now["consentDate"]) == (following["status"], LATER)
    assert now["transactionId"] == added["transactionId"]


def test_consent_again_after_a_refusal(caller: Caller) -> None:
    caller.add()
    caller.add(status="RET", consentDate=LATER)

    assert caller.add(consentDate=LAST).status_code == 200
    assert caller.status().json["status"] == "ONAY"


def test_a_merchants_first_record_needs_neither_source_nor_date(caller: Caller) -> None:
    caller.add(recipientType="TACIR", source=..., consentDate=...)
    shown = caller.status(recipientType="TACIR").json

    assert shown["status"] == "ONAY"
    assert "consentDate" not in shown
    assert "source" not in shown


def test_both_missing_fields_of_a_merchants_update_are_named(caller: Caller) -> None:
    caller.add(recipientType="TACIR")
    answer = caller.add(recipientType="TACIR", source=..., consentDate=...)

    assert codes(answer) == ["H463", "H462"]


def test_recipient_type_defaults_to_individual(caller: Caller) -> None:
    caller.add(recipientType=...)

    assert caller.status().json["recipientType"] == "BIREYSEL"


def test_keys_are_apart_by_brand_recipient_type_and_channel(caller: Caller) -> None:
    caller.add()
    others = [
        caller.add(type="ARAMA", status="RET"),
        caller.add(recipientType="TACIR", status="RET"),
        caller.under("POST", "/consents", consent(status="RET"), brand=SUB_BRAND),
    ]

    assert [codes(answer) for answer in others] == [["H175"]] * 3


def test_e_mails_are_one_in_lower_case(caller: Caller) -> None:
    caller.add(type="EPOSTA", recipient="Ayse@Ornek.COM.TR")
    answer = caller.status(type="EPOSTA", recipient="AYSE@ornek.com.tr")

    assert answer.json["recipient"] == "ayse@ornek.com.tr"


def test_hs_2015_escapes_the_three_business_days(caller: Caller) -> None:
    assert caller.add(source="HS_2015", consentDate="2015-05-01 00:00:00").status_code == 200


def test_a_landline_takes_consents(caller: Caller) -> None:
    assert caller.add(type="ARAMA", recipient="+902121230000").status_code == 200


def test_movements_of_one_second_share_a_transaction(caller: Caller) -> None:
    first = caller.add().json
    same_second = caller.add(status="RET", consentDate=LATER).json
    caller.control("clock", advance_seconds=1)
    next_second = caller.add(consentDate=LAST).json

    assert same_second["transactionId"] == first["transactionId"]
    assert next_second["transactionId"] != first["transactionId"]
    assert len(first["transactionId"]) == 64


def test_v1_refuses_the_same_consent_again_and_v2_repeats_its_numbers(caller: Caller) -> None:
    first = caller.add(v="/v2").json
    caller.control("clock", advance_seconds=60)

    assert caller.add(v="/v2").json == first
    assert codes(caller.add()) == ["H178"]


def test_v2_repeats_a_refusal_and_an_old_consent_too(caller: Caller) -> None:
    first = caller.add(v="/v2").json
    refusal = caller.add(v="/v2", status="RET", consentDate=LATER).json
    caller.control("clock", advance_seconds=30 * 86400)
    caller.token = None

    assert caller.add(v="/v2", status="RET", consentDate=LATER).json == refusal
    assert caller.add(v="/v2").json == first
    assert caller.state()["registry"]["movements"] == 2


def test_v2_treats_another_body_as_another_consent(caller: Caller) -> None:
    caller.add(v="/v2")

    assert codes(caller.add(v="/v2", source="HS_MOBIL")) == ["H178"]
    assert codes(caller.add(v="/v2", retailerCode=RETAILER)) == ["H178"]


def test_v2_list_names_the_request_that_was_first(caller: Caller) -> None:
    first = caller.send(many(2), v="/v2").json
    again = caller.send(many(2), v="/v2").json
    rows = caller.result(again["requestId"], v="/v2")

    assert again["requestId"] != first["requestId"]
    assert [row["originalRequestInformation"] for row in rows] == [
        {"requestId": first["requestId"], "subRequestId": sub["subRequestId"]}
        for sub in first["subRequests"]
    ]
    assert all(row["isAddConsentV2Service"] is True for row in rows)
    assert caller.state()["registry"]["movements"] == 2


def test_status_shows_the_retailer_and_how_many_may_use_it(caller: Caller) -> None:
    caller.add(retailerCode=RETAILER, retailerAccess=[RETAILER])
    shown = caller.status().json

    assert shown["retailerCode"] == RETAILER
    assert shown["retailerTitle"] == "Örnek Bayi"
    assert shown["retailerAccessCount"] == 1


def test_status_of_an_unknown_address_is_a_switch(caller: Caller) -> None:
    answers = {"404": caller.status()}
    for way in ("200", "204"):
        caller.control("rules", unknown_status=way)
        answers[way] = caller.status()

    assert {way: answer.status_code for way, answer in answers.items()} == {
        "404": 404, "200": 200, "204": 204,
    }  # fmt: skip
    assert codes(answers["404"]) == ["H401"]


def test_multi_status_lists_only_those_who_consent(caller: Caller) -> None:
    caller.send(many(3))
    caller.add(recipient="+905990000001", status="RET", consentDate=LATER)
    wanted = [item["recipient"] for item in many(4)]
    answer = caller.under("POST", "/consents/BIREYSEL/status/MESAJ", {"recipients": wanted})

    assert answer.json["list"] == ["+905990000000", "+905990000002"]
    assert answer.json["requestId"]


def test_history_is_newest_first_and_paged(caller: Caller) -> None:
    for status, date in (("ONAY", "10:00:00"), ("RET", "11:00:00"), ("ONAY", "11:30:00")):
        caller.add(status=status, consentDate=f"2026-11-23 {date}")
    body = {"recipient": "+905992134117", "recipientType": "BIREYSEL", "type": "MESAJ"}
    shown = caller.under("POST", "/consents/history?offset=1&limit=1", body).json

    assert [row["status"] for row in shown["list"]] == ["RET"]
    assert shown["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 3}


def test_brand_list_counts_what_stands(caller: Caller) -> None:
    caller.send(many(3))
    caller.add(recipient="+905990000001", status="RET", consentDate=LATER)
    master, sub = caller.ask("GET", f"/sps/{IYS}/brands").json

    assert master["stats"]["consents"] == {"approval": 2, "rejection": 1, "total": 3}
    assert master["stats"]["retailers"] == {"total": 1}
    assert (master["brandCode"], master["master"], sub["master"]) == (IYS, True, False)
