"""The simulator's behaviour on every documented code of its calls: request, then answer.

Each row is read from İYS API 3.2.0 §15 and the judgements, never from our own client.
"""

from __future__ import annotations

from typing import Any

import pytest

from .caller import IYS, RETAILER, Caller, codes, consent, many

OLD = "2026-11-17 23:59:59"  # the second before the three business days of Monday, 23 November

SINGLE_FIELD_CODES: list[tuple[str, int, dict[str, Any], list[Any]]] = [
    ("H110", 422, {"status": ...}, ["status"]),
    ("H110", 422, {"status": ""}, ["status"]),
    ("H111", 422, {"type": ...}, ["type"]),
    ("H112", 422, {"consentDate": ...}, ["consentDate"]),
    ("H113", 422, {"source": ...}, ["source"]),
    ("H114", 422, {"recipient": ...}, ["recipient"]),
    ("H115", 422, {"status": "BEKLIYOR"}, ["status"]),
    ("H116", 422, {"recipientType": "KURUMSAL"}, ["recipientType"]),
    ("H116", 422, {"recipientType": None}, ["recipientType"]),
    ("H117", 422, {"type": "EPOSTAX"}, ["type"]),
    ("H118", 422, {"name": "Ayşe"}, ["name"]),
    ("H119", 422, {"source": "IYS_WEB"}, ["source"]),
    ("H119", 422, {"source": "HS_TACIR"}, ["source"]),
    ("H120", 422, {"type": "EPOSTA"}, ["recipient"]),
    ("H120", 422, {"type": "EPOSTA", "recipient": "çiğdem@ornek.com.tr"}, ["recipient"]),
    ("H121", 422, {"recipient": "biri@ornek.com.tr"}, ["recipient"]),
    ("H121", 422, {"recipient": "05992134117"}, ["recipient"]),
    ("H121", 422, {"recipient": "+9005992134117"}, ["recipient"]),
    ("H121", 422, {"recipient": "+905132134117"}, ["recipient"]),
    ("H121", 422, {"recipient": 905992134117}, ["recipient"]),
    ("H126", 422, {"retailerAccess": list(range(3001))}, ["retailerAccess"]),
    ("H155", 422, {"source": "HS_2015"}, ["consentDate"]),
    ("H156", 422, {"consentDate": "2015-04-30 23:59:59"}, ["consentDate"]),
    ("H157", 422, {"consentDate": "2026-02-30 10:00:00"}, ["consentDate"]),
    ("H158", 422, {"consentDate": "23.11.2026 10:00:00"}, ["consentDate"]),
    ("H158", 422, {"consentDate": "2026-11-23T10:00:00"}, ["consentDate"]),
    ("H158", 422, {"consentDate": 1795000000}, ["consentDate"]),
    ("H160", 422, {"recipient": "+905992134117222"}, ["recipient"]),
    ("H162", 422, {"consentDate": "2026-11-23 12:00:01"}, ["consentDate"]),
    ("H163", 422, {"retailerAccess": []}, ["retailerAccess"]),
    ("H193", 422, {"retailerAccess": [RETAILER, RETAILER]}, ["retailerAccess", 1]),
    ("H408", 422, {"source": "HS_KARAR"}, ["source"]),
    ("H467", 422, {"consentDate": OLD}, ["consentDate"]),
    ("H180", 403, {"retailerCode": 11111111}, ["retailerCode"]),
    ("H180", 403, {"retailerCode": str(RETAILER)}, ["retailerCode"]),
    ("H180", 403, {"retailerAccess": [RETAILER, 11111111]}, ["retailerAccess", 1]),
]


@pytest.mark.parametrize("v", ["", "/v2"])
@pytest.mark.parametrize(("code", "http", "changes", "location"), SINGLE_FIELD_CODES)
def test_single_add_answers_a_faulty_field(
    caller: Caller, v: str, code: str, http: int, changes: dict[str, Any], location: list[Any]
) -> None:
    answer = caller.add(v=v, **changes)

    assert (answer.status_code, codes(answer)) == (http, [code])
    error = answer.json["errors"][0]
    assert error["location"] == location
    assert error["message"]
    assert "index" not in error
    sent = changes.get(location[0], ...)
    assert ("value" in error) == (location[0] in consent(**changes))
    if sent is not ... and len(location) == 1:
        assert error["value"] == consent(**changes)[location[0]]


@pytest.mark.parametrize("v", ["", "/v2"])
@pytest.mark.parametrize(("code", "http", "changes", "location"), SINGLE_FIELD_CODES)
def test_batch_add_answers_the_same_fault_with_its_index(
    caller: Caller, v: str, code: str, http: int, changes: dict[str, Any], location: list[Any]
) -> None:
    items = many(3)
    items[1] = consent(**changes)
    answer = caller.send(items, v=v)

    assert (answer.status_code, codes(answer)) == (http, [code])
    error = answer.json["errors"][0]
    assert (error["index"], error["location"]) == (1, location)
    assert caller.state()["registry"]["consents"] == 0


def test_several_faults_are_named_at_once(caller: Caller) -> None:
    answer = caller.add(type="EPOSTAX", status="EVET", recipient=..., name="Ayşe")

    assert answer.status_code == 422
    assert codes(answer) == ["H118", "H117", "H114", "H115"]


def test_every_faulty_item_of_a_list_is_named(caller: Caller) -> None:
    items = many(5)
    items[0]["status"] = "EVET"
    items[3]["type"], items[3]["source"] = "X", "Y"
    answer = caller.send(items)

    named = [(error["index"], error["code"]) for error in answer.json["errors"]]
    assert named == [(0, "H115"), (3, "H117"), (3, "H119")]


def test_h122_address_of_no_known_form_when_the_type_says_nothing(caller: Caller) -> None:
    assert codes(caller.add(type="X", recipient="birisi")) == ["H117", "H122"]


def test_h085_single_body_that_is_no_object(caller: Caller) -> None:
    for body in (b"{", b"[]", b"\xff"):
        answer = caller.under("POST", "/consents", body)
        assert (answer.status_code, codes(answer)) == (400, ["H085"])


def test_h267_empty_retailer_code_in_single_add(caller: Caller) -> None:
    for empty in ("", None):
        answer = caller.add(retailerCode=empty)
        assert (answer.status_code, codes(answer)) == (400, ["H267"])


def test_h266_empty_retailer_code_in_a_list(caller: Caller) -> None:
    answer = caller.send([consent(), consent(recipient="+905992130000", retailerCode="")])

    assert (answer.status_code, codes(answer)) == (400, ["H266"])
    assert answer.json["errors"][0]["index"] == 1


@pytest.mark.parametrize(
    ("code", "http", "body"),
    [
        ("H014", 400, b"[{"),
        ("H092", 400, {}),
        ("H092", 400, []),
        ("H092", 400, ["+905992134117"]),
        ("H091", 422, many(1001)),
    ],
)
def test_batch_add_refuses_an_unusable_list(
    caller: Caller, code: str, http: int, body: Any
) -> None:
    answer = caller.send(body)

    assert (answer.status_code, codes(answer)) == (http, [code])


def test_h194_same_recipient_twice_in_a_list(caller: Caller) -> None:
    items = [consent(), consent(type="ARAMA"), consent(status="RET")]
    answer = caller.send(items)

    assert (answer.status_code, codes(answer)) == (422, ["H194"])
    assert answer.json["errors"][0]["index"] == 2


def test_h194_sees_e_mails_in_lower_case(caller: Caller) -> None:
    twice = [consent(type="EPOSTA", recipient=r) for r in ("A@ornek.test", "a@ornek.test")]

    assert codes(caller.send(twice)) == ["H194"]


@pytest.mark.parametrize(
    ("code", "request_id"),
    [("H198", "a1-" * 13), ("H199", "abcdef"), ("H400", "123456")],
)
def test_batch_result_refuses_a_malformed_number(
    caller: Caller, code: str, request_id: str
) -> None:
    answer = caller.under("GET", f"/consents/request/{request_id}")

    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("H111", {"type": ...}),
        ("H114", {"recipient": ...}),
        ("H116", {"recipientType": "X"}),
        ("H117", {"type": "X"}),
        ("H120", {"type": "EPOSTA"}),
        ("H121", {"recipient": "a@ornek.test"}),
        ("H166", {"recipient": "+905992134117222"}),
        ("H170", {"recipientType": ...}),
    ],
)
def test_single_status_refuses_a_faulty_field(
    caller: Caller, code: str, changes: dict[str, Any]
) -> None:
    answer = caller.status(**changes)

    assert (answer.status_code, codes(answer)) == (422, [code])


def test_h097_status_body_that_is_no_object(caller: Caller) -> None:
    answer = caller.under("POST", "/consents/status", b"x")

    assert (answer.status_code, codes(answer)) == (400, ["H097"])


@pytest.mark.parametrize(
    ("code", "http", "body"),
    [
        ("H014", 400, b"x"),
        ("H168", 422, {}),
        ("H478", 422, {"recipients": "+905992134117"}),
        ("H164", 422, {"recipients": []}),
        ("H464", 422, {"recipients": ["a@ornek.test"]}),
        ("H193", 422, {"recipients": ["+905992134117", "+905992134117"]}),
        ("H125", 422, {"recipients": [f"+90599{i:07d}" for i in range(1001)]}),
    ],
)
def test_multi_status_refuses(caller: Caller, code: str, http: int, body: Any) -> None:
    answer = caller.under("POST", "/consents/BIREYSEL/status/MESAJ", body)

    assert (answer.status_code, codes(answer)) == (http, [code])


def test_h193_names_the_place_of_the_repeated_recipient(caller: Caller) -> None:
    body = {"recipients": ["+905992134117", "+905992134118", "+905992134117"]}
    answer = caller.under("POST", "/consents/BIREYSEL/status/MESAJ", body)

    assert answer.json["errors"][0]["location"] == ["recipients", 2]


@pytest.mark.parametrize(
    ("code", "path"), [("H116", "/consents/X/status/MESAJ"), ("H117", "/consents/TACIR/status/X")]
)
def test_multi_status_refuses_a_faulty_path(caller: Caller, code: str, path: str) -> None:
    answer = caller.under("POST", path, {"recipients": ["+905992134117"]})

    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.parametrize(
    ("code", "query"),
    [
        ("H182", "offset=x"),
        ("H183", "limit=x"),
        ("H183", "limit=-1"),
        ("H186", "limit=101"),
        ("H187", "limit=0"),
    ],
)
def test_history_refuses_a_faulty_page(caller: Caller, code: str, query: str) -> None:
    body = {"recipient": "+905992134117", "recipientType": "BIREYSEL", "type": "MESAJ"}
    answer = caller.under("POST", f"/consents/history?{query}", body)

    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.parametrize(
    ("code", "http", "args"),
    [
        ("H506", 422, {"source": "HER"}),
        ("H507", 422, {"limit": "1001"}),
        ("H507", 422, {"limit": "0"}),
        ("H507", 422, {"limit": "x"}),
        ("H098", 400, {"after": "dün"}),
    ],
)
def test_pull_refuses(caller: Caller, code: str, http: int, args: dict[str, str]) -> None:
    answer = caller.pull(**args)

    assert (answer.status_code, codes(answer)) == (http, [code])


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer yanlış", "Basic YTpi"])
def test_h351_missing_or_wrong_token(caller: Caller, header: str) -> None:
    answer = caller.http.get(f"/sps/{IYS}/brands", headers={"Authorization": header})

    assert (answer.status_code, codes(answer)) == (401, ["H351"])


@pytest.mark.parametrize(
    ("code", "http", "path"),
    [
        ("H353", 403, "/sps/999999/brands"),
        ("H353", 403, f"/sps/{IYS}/brands/999999/retailers"),
        ("H190", 422, "/sps/abc/brands"),
        ("H191", 422, f"/sps/{IYS}/brands/abc/retailers"),
    ],
)
def test_numbers_of_the_path(caller: Caller, code: str, http: int, path: str) -> None:
    answer = caller.ask("GET", path)

    assert (answer.status_code, codes(answer)) == (http, [code])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("PAUSED", "H520"),
        ("EXPIRED", "H520"),
        ("CLOSED", "H521"),
        ("none", "H524"),
        ("no_api", "H586"),
    ],
)
def test_subscription_state_closes_every_call(caller: Caller, state: str, code: str) -> None:
    caller.control("subscription", state=state)

    for answer in (caller.add(), caller.pull(), caller.ask("GET", f"/sps/{IYS}/brands")):
        assert (answer.status_code, codes(answer)) == (403, [code])


@pytest.mark.parametrize("state", ["ACTIVE", "PAUSED", "EXPIRED", "CLOSED"])
def test_subscription_query_works_in_every_state(caller: Caller, state: str) -> None:
    caller.control("subscription", state=state)

    assert caller.ask("GET", f"/sps/{IYS}/subscription").json["status"] == state


def test_h437_no_subscription(caller: Caller) -> None:
    caller.control("subscription", state="none")
    answer = caller.ask("GET", f"/sps/{IYS}/subscription")

    assert (answer.status_code, codes(answer)) == (404, ["H437"])


def test_h525_only_new_consents_count_in_the_limit(caller: Caller) -> None:
    caller.add()
    caller.control("subscription", state="limit_reached")
    new = caller.add(recipient="+905992134118")
    renewed = caller.add(consentDate="2026-11-23 11:00:00")

    assert (new.status_code, codes(new), renewed.status_code) == (422, ["H525"], 200)


def test_h525_comes_with_the_result_of_a_list(caller: Caller) -> None:
    caller.control("subscription", state="ACTIVE", consentLimit=2)
    request_id = caller.send(many(3)).json["requestId"]

    statuses = [row["status"] for row in caller.result(request_id)]
    assert statuses == ["success", "success", "failure"]
    assert caller.result(request_id)[2]["error"]["code"] == "H525"


def test_unknown_paths_and_methods(caller: Caller) -> None:
    assert caller.ask("GET", "/sps/1/brandz").status_code == 404
    assert caller.ask("DELETE", f"/sps/{IYS}/brands").status_code == 405
