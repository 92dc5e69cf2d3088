"""Answers of İYS in all shapes seen, and worse (İYS API §1.3, §4 … §6; fault rows 19 … 22)."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.iys.answers import (
    ItemState,
    match_subrequests,
    parse_added,
    parse_batch_result,
    parse_brands,
    parse_multi_status,
    parse_pull,
    parse_status,
    parse_token,
)
from ileti.iys.faults import IysError, Unreadable, parse_errors, split_faults
from ileti.iys.wire import ConsentKey

TX = "cd" * 32
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
MOVEMENT = {
    "consentDate": "2026-11-23 13:58:12",
    "creationDate": "2026-11-23 13:58:14",
    "source": "IYS_WEB",
    "recipient": "+905992134117",
    "recipientType": "BIREYSEL",
    "status": "RET",
    "type": "MESAJ",
    "transactionId": TX,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["errors", "error", "code", "status", "index", "location", "list", "after",
                 "requestId", "subRequests", "subRequestId", "transactionId", "recipient", "type",
                 "originalRequestInformation", "subSystemErrorInfo", "message", "errorCode"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)  # fmt: skip


def codes(status: int, body: Any) -> list[str]:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return [error.code for error in parse_errors(status, text)]


def test_a_validation_error_tells_place_field_and_value() -> None:
    body = {
        "errors": [
            {"code": "H117", "location": ["type"], "value": "EPOSTAX", "message": "…", "index": 0},
            {"code": "H180", "location": ["retailerAccess", 3], "message": "…", "index": 7},
        ]
    }
    first, second = parse_errors(422, json.dumps(body))
    assert (first.code, first.index, first.location, first.value) == (
        "H117", 0, ("type",), "EPOSTAX",
    )  # fmt: skip
    assert (second.index, second.location) == (7, ("retailerAccess", 3))
    assert "EPOSTAX" not in repr(first)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {"errors": [{"code:": "H353", "message": "…"}]}, ["H353"]),
        (400, {"error": "invalid_request", "error_description": "…"}, ["invalid_request"]),
        (400, {"errors": {"code": "H1010", "message": "…"}}, ["H1010"]),
        (400, {"message": "…", "code": "H1052"}, ["H1052"]),
        (429, {"code": "H084", "message": "…"}, ["H084"]),
        (400, {"errorCode": "ERR-VLD-001", "errorMessage": "…", "data": []}, ["ERR-VLD-001"]),
        (
            400,
            {
                "errorCode": "ERR-SYS-0007",
                "subSystemErrorInfo": {"status": 403, "errors": [{"code": "H353"}]},
            },
            ["H353"],
        ),
        (502, HTML, ["HTTP_502"]),
        (500, '{"errors":[{"code":"H0', ["HTTP_500"]),
        (500, "", ["HTTP_500"]),
        (500, b"\xff\xfe\x00", ["HTTP_500"]),
        (422, {"errors": []}, ["HTTP_422"]),
        (422, {"errors": ["H117", None, {"message": "no code"}]}, ["HTTP_422"]),
        (404, [], ["HTTP_404"]),
        (200, HTML, ["HTTP_200"]),
        (500, "[" * 100_000, ["HTTP_500"]),
    ],
)
def test_every_shape_of_errors_is_read(status: int, body: Any, expected: list[str]) -> None:
    assert codes(status, body) == expected


def test_a_good_answer_has_no_errors() -> None:
    assert codes(200, {"transactionId": TX}) == []
    assert codes(200, {"message": {"requestId": "a-1"}, "code": "OK"}) == []
    assert parse_errors(204, b"") == []


def test_errors_of_items_are_told_apart_from_errors_of_the_list() -> None:
    """Fault row 21: items are set aside, the rest is sent again."""
    named = {"H121": 2, "H156": 2, "H180": 5, "H091": None, "H116": 99}
    body = {"errors": [{"code": code, "index": index} for code, index in named.items()]}
    by_item, whole = split_faults(parse_errors(422, json.dumps(body)), size=10)
    assert {place: [e.code for e in found] for place, found in by_item.items()} == {
        2: ["H121", "H156"],
        5: ["H180"],
    }
    assert [error.code for error in whole] == ["H091", "H116"]


@given(st.integers(200, 599), JSON.map(json.dumps) | st.text() | st.binary())
def test_no_answer_breaks_the_reader(status: int, body: str | bytes) -> None:
    for error in parse_errors(status, body):
        assert error.code
    assert status < 400 or parse_errors(status, body)


def sent(count: int) -> list[dict[str, Any]]:
    return [
        {
            "recipient": f"+90599000{place:04}",
            "recipientType": "BIREYSEL",
            "type": "MESAJ",
            "status": "ONAY",
            "source": "HS_WEB",
            "consentDate": "2026-11-23 13:58:12",
        }
        for place in range(count)
    ]


def echo(items: list[dict[str, Any]], spelling: str = "subRequestId") -> dict[str, Any]:
    listed = [item | {spelling: f"s-{item['recipient'][-4:]}"} for item in items]
    return {"requestId": "7f9a-1", "subRequests": listed}


@pytest.mark.parametrize("spelling", ["subRequestId", "subrequestId"])
def test_sub_requests_are_matched_by_content_not_by_place(spelling: str) -> None:
    """Fault row 20: İYS may reorder; judgement 3: two spellings."""
    items = sent(50)
    shuffled = random.Random(20).sample(items, k=50)
    accepted = match_subrequests(items, echo(shuffled, spelling))
    assert accepted.ids == {place: f"s-{place:04}" for place in range(50)}
    assert (accepted.request_id, accepted.unmatched, accepted.strangers) == ("7f9a-1", (), 0)


def test_items_iys_did_not_echo_are_named() -> None:
    items = sent(5)
    accepted = match_subrequests(items, echo(items[:2] + items[4:]))
    assert accepted.unmatched == (2, 3)


def test_an_echo_with_other_content_is_a_stranger() -> None:
    items = sent(3)
    answer = echo(items)
    answer["subRequests"][0]["status"] = "RET"
    answer["subRequests"][1]["recipient"] = "+905999999999"
    answer["subRequests"].append("nonsense")
    accepted = match_subrequests(items, answer)
    assert (accepted.unmatched, accepted.strangers) == ((0, 1), 2)


def test_a_key_echoed_with_two_ids_is_believed_to_neither() -> None:
    items = sent(1)
    answer = echo(items)
    answer["subRequests"].append(items[0] | {"subRequestId": "other"})
    assert match_subrequests(items, answer).unmatched == (0,)


def test_an_email_echoed_in_lower_case_is_ours() -> None:
    item = {"recipient": "Nazli@Ornek.test", "type": "EPOSTA", "status": "ONAY"}
    lowered = item | {"recipient": "nazli@ornek.test", "recipientType": "BIREYSEL"}
    answer = {"requestId": "a-1", "subRequests": [lowered | {"subRequestId": "s"}]}
    assert match_subrequests([item], answer).ids == {0: "s"}


@pytest.mark.parametrize("answer", [None, [], {}, {"requestId": 5}, {"requestId": "a" * 37}])
def test_an_acceptance_without_request_id_is_in_doubt(answer: Any) -> None:
    with pytest.raises(Unreadable):
        match_subrequests(sent(1), answer)


def test_results_tell_success_failure_and_waiting() -> None:
    body = [
        {"index": 0, "status": "failure", "subRequestId": "a",
         "error": {"code": "H175", "message": "…"}},
        {"index": 1, "status": "success", "subRequestId": "b", "requestId": "r",
         "transactionId": TX, "creationDate": "2026-03-02 10:20:31"},
        {"index": 2, "status": "enqueue", "subrequestId": "c"},
    ]  # fmt: skip
    failure, success, waiting = parse_batch_result(json.dumps(body))
    assert (failure.state, failure.code, failure.sub_request_id) == ("failure", "H175", "a")
    assert (success.state, success.transaction_id) == (ItemState.SUCCESS, TX)
    assert success.creation_date is not None
    assert (waiting.state, waiting.sub_request_id) == (ItemState.ENQUEUE, "c")


def test_v2_names_the_request_that_was_first() -> None:
    """§6.6: the same consent sent twice is one consent."""
    body = [{"status": "success", "subRequestId": "b", "transactionId": TX,
             "isAddConsentV2Service": "true",
             "originalRequestInformation": {"requestId": "r0", "subRequestId": "s0"}}]  # fmt: skip
    [result] = parse_batch_result(json.dumps(body))
    assert (result.original_request_id, result.original_sub_request_id) == ("r0", "s0")


@pytest.mark.parametrize(
    "item",
    [
        {"status": "success", "subRequestId": "a"},
        {"status": "failure", "subRequestId": "a"},
        {"status": "BEKLIYOR", "subRequestId": "a"},
        {"status": ["success"], "subRequestId": "a"},
        {"subRequestId": "a"},
    ],
)
def test_a_result_without_its_proof_is_not_believed(item: dict[str, Any]) -> None:
    [result] = parse_batch_result(json.dumps([item]))
    assert result.state is ItemState.UNKNOWN


def test_an_empty_result_means_not_finished() -> None:
    """§6.5: empty is not "not added"."""
    assert parse_batch_result("[]") == []


@pytest.mark.parametrize("body", [HTML, "{}", "", '[{"status":"succ'])
def test_a_result_that_cannot_be_read_is_in_doubt(body: str) -> None:
    with pytest.raises(Unreadable):
        parse_batch_result(body)


def test_a_single_receipt_needs_its_transaction_id() -> None:
    added = parse_added(json.dumps({"transactionId": TX, "creationDate": "2026-03-02 10:15:04"}))
    assert added.transaction_id == TX
    with pytest.raises(Unreadable):
        parse_added("{}")


ASKED = ConsentKey(MOVEMENT["recipient"].lower(), MOVEMENT["recipientType"], MOVEMENT["type"])


def test_a_status_answer_is_what_iys_holds() -> None:
    assert parse_status(json.dumps(MOVEMENT), ASKED).transaction_id == TX
    with pytest.raises(Unreadable):
        parse_status("{}", ASKED)


@pytest.mark.parametrize("changes", [
    {"recipient": "+905997654321"}, {"recipientType": "TACIR"}, {"type": "ARAMA"},
])
def test_a_status_answer_about_somebody_else_is_no_answer(changes: dict[str, str]) -> None:
    assert all(MOVEMENT[name] != value for name, value in changes.items())
    with pytest.raises(Unreadable):
        parse_status(json.dumps({**MOVEMENT, **changes}), ASKED)


def test_a_multi_status_lists_consents_only_and_none_is_not_nothing() -> None:
    """§6.8; fail closed: an unreadable answer must not read as an empty list."""
    body = {"requestId": "x", "list": ["Nazli@Ornek.test"]}
    assert parse_multi_status(json.dumps(body)) == {"nazli@ornek.test"}
    for wrong in ("{}", HTML, '{"list": null}', '{"list": [1]}'):
        with pytest.raises(Unreadable):
            parse_multi_status(wrong)


def test_a_pull_page_keeps_what_it_does_not_understand() -> None:
    strange = MOVEMENT | {"status": "BEKLIYOR"}
    page = parse_pull(200, json.dumps({"after": "17_ab", "list": [MOVEMENT, strange, 5]}))
    assert (page.after, len(page.movements), len(page.unreadable)) == ("17_ab", 1, 2)


def test_nothing_to_pull_is_an_empty_page() -> None:
    page = parse_pull(204, b"")
    assert (page.movements, page.after) == ((), None)
    with pytest.raises(Unreadable):
        parse_pull(200, HTML)


def test_a_token_keeps_its_secrets_out_of_logs() -> None:
    body = {"access_token": "a.b.c", "refresh_token": "d.e.f", "expires_in": 7200}
    token = parse_token(json.dumps(body))
    assert (token.expires_in, token.refresh_expires_in) == (7200, 14400)
    assert "a.b.c" not in repr(token)
    with pytest.raises(Unreadable):
        parse_token('{"accessToken": "a.b.c"}')


def test_brands_come_as_numbers_or_text() -> None:
    """Judgement 26."""
    body = [{"brandCode": "700001", "name": "Liman Kahve", "master": True, "stats": {}}]
    [brand] = parse_brands(json.dumps(body))
    assert (brand.brand_code, brand.master) == (700001, True)
    with pytest.raises(Unreadable):
        parse_brands('[{"name": "?"}]')


@given(JSON)
def test_whatever_comes_back_every_item_sent_is_accounted_for(answer: Any) -> None:
    try:
        accepted = match_subrequests(sent(2), answer)
    except Unreadable:
        assert not (isinstance(answer, dict) and answer.get("requestId") == "7f9a-1")
    else:
        assert sorted([*accepted.ids, *accepted.unmatched]) == [0, 1]


@given(JSON)
def test_whatever_comes_back_no_success_lacks_its_proof(answer: Any) -> None:
    try:
        results = parse_batch_result(json.dumps(answer))
    except Unreadable:
        assert not isinstance(answer, list)
    else:
        assert all(one.transaction_id for one in results if one.state is ItemState.SUCCESS)


@given(JSON)
def test_whatever_comes_back_no_movement_is_dropped(answer: Any) -> None:
    try:
        page = parse_pull(200, json.dumps(answer))
    except Unreadable:
        assert not (isinstance(answer, dict) and isinstance(answer.get("list"), list))
    else:
        assert len(page.movements) + len(page.unreadable) == len(answer["list"])


@pytest.mark.parametrize("address", [
    "+905992134117", "05992134117", "0599 213 41 17", "+90 (599) 213-41-17", "905992134117",
    "nazli@ornek.com.tr", "Nazli.Kaplan+x@Ornek.test", "%2B905992134117", "nazli%40ornek.test",
    "5992134117",
])
def test_an_address_in_iys_sentence_is_taken_out_before_it_is_kept(address: str) -> None:
    body = json.dumps({"errors": [{
        "code": "H120", "message": f"'{address}' geçersiz: {address} Tarih 2026-11-24 09:15:00"}]})
    message = parse_errors(422, body)[0].message
    assert message == "'…' geçersiz: … Tarih 2026-11-24 09:15:00"


def test_an_address_in_a_lists_result_is_taken_out_too() -> None:
    body = json.dumps([{"index": 0, "status": "failure", "subRequestId": "s", "error": {
        "code": "H174", "message": "+905992134117 için ret zaten kayıtlı. Bayi: 12345678"}}])
    assert parse_batch_result(body)[0].message == "… için ret zaten kayıtlı. Bayi: 12345678"


@pytest.mark.parametrize("mark", ["\\u0000", "\\ud800"])
def test_an_error_with_characters_no_database_takes_can_be_written_down(mark: str) -> None:
    body = '{"errors":[{"code":"H120@","message":"Adres@ hatali"}]}'.replace("@", mark)
    error = parse_errors(422, body)[0]
    for text in (error.code, error.message):
        assert "\x00" not in text
        assert text.encode()


@pytest.mark.parametrize(("value", "named"), [("+905997000001", True), ("+905997000000", False)])
def test_an_error_that_shows_another_items_value_names_no_place(value: str, named: bool) -> None:
    """Row 20: of a list counted from 1, the wrong records would be refused for good."""
    sent = [{"recipient": f"+90599700000{n}", "type": "MESAJ"} for n in range(3)]
    error = IysError(code="H121", status=422, index=1, location=("recipient",), value=value)
    by_item, whole = split_faults([error], len(sent), sent)
    assert (list(by_item), len(whole)) == (([1], 0) if named else ([], 1))
