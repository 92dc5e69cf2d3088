"""Retailers and their codes (İYS API §7.1 to §7.4)."""

from __future__ import annotations

from typing import Any

import pytest

from .caller import IYS, RETAILER, Caller, codes

TCKN, OTHER_TCKN, VKN, MERSIS = "10000000146", "10000000078", "1234567890", "0123456789000015"

SHOP: dict[str, Any] = {
    "title": "Akasya Ticaret Ltd.",
    "name": "Deniz Örnek",
    "tckn": TCKN,
    "tin": VKN,
    "mersis": MERSIS,
    "mobile": "+905992134117",
    "city": {"name": "İzmir", "code": "35"},
    "town": {"name": "Bornova", "code": "450"},
}


def shop(**changes: Any) -> dict[str, Any]:
    return {k: v for k, v in {**SHOP, **changes}.items() if v is not ...}


def add(caller: Caller, **changes: Any) -> Any:
    return caller.under("POST", "/retailers", shop(**changes))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("H016", {"phone": "1"}),
        ("H017", {"title": "a" * 256}),
        ("H201", {"status": "pending"}),
        ("H214", {"title": ...}),
        ("H215", {"name": ""}),
        ("H216", {"tckn": ...}),
        ("H217", {"city": ...}),
        ("H218", {"city": {"name": "İzmir"}}),
        ("H219", {"city": {"code": "35"}}),
        ("H220", {"town": {}}),
        ("H221", {"town": {"name": "Bornova"}}),
        ("H222", {"town": {"code": "450"}}),
        ("H224", {"mobile": "0599"}),
        ("H225", {"tckn": "10000000147"}),
        ("H226", {"tckn": "123"}),
        ("H227", {"mersis": "0123456788000015"}),
        ("H228", {"mersis": "12"}),
        ("H229", {"name": "<b>"}),
        ("H243", {"tin": "1234567891"}),
        ("H244", {"tin": "12"}),
        ("H288", {"tin": ...}),
    ],
)
def test_a_faulty_field_is_400(caller: Caller, code: str, changes: dict[str, Any]) -> None:
    answer = add(caller, **changes)

    assert (answer.status_code, codes(answer)) == (400, [code])


def test_h014_body_that_is_no_json(caller: Caller) -> None:
    assert codes(caller.under("POST", "/retailers", b"x")) == ["H014"]


def test_a_retailer_is_added_shown_used_and_cannot_go_any_more(caller: Caller) -> None:
    answer = add(caller)
    code = answer.json["retailerCode"]
    assert (answer.status_code, len(str(code))) == (201, 8)
    shown = caller.under("GET", f"/retailers/{code}").json
    assert (shown["status"], shown["city"]["name"]) == ("active", "İzmir")
    assert caller.add(retailerCode=code).status_code == 200
    gone = caller.under("DELETE", f"/retailers/{code}")

    assert (gone.status_code, codes(gone)) == (500, ["H061"])


def test_an_unused_retailer_goes(caller: Caller) -> None:
    gone = caller.under("DELETE", f"/retailers/{RETAILER}")
    unknown = caller.under("DELETE", f"/retailers/{RETAILER}")

    assert (gone.status_code, gone.text, gone.mimetype) == (200, "Başarı", "text/plain")
    assert (unknown.status_code, codes(unknown)) == (404, ["H058"])
    assert codes(caller.add(retailerCode=RETAILER)) == ["H180"]


def test_h230_h231_numbers_are_unique_and_h253_a_passive_one_keeps_them(caller: Caller) -> None:
    add(caller)
    assert codes(add(caller)) == ["H230", "H231"]
    other = {"tckn": OTHER_TCKN, "mersis": ...}
    add(caller, status="passive", **other)

    assert codes(add(caller, **other)) == ["H253"]


def test_the_list_is_paged_and_short(caller: Caller) -> None:
    add(caller)
    page = caller.under("GET", "/retailers?limit=1&offset=1&short=true").json

    assert page["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 2, "currentPage": 2}
    assert set(page["list"][0]) <= {
        "title", "city", "town", "retailerAccessCount", "retailerCode", "status",
    }  # fmt: skip
    assert len(caller.under("GET", "/retailers?limit=1&all=true").json["list"]) == 2


@pytest.mark.parametrize(("code", "query"), [("H184", "all=belki"), ("H185", "short=belki")])
def test_bad_switches_of_the_list(caller: Caller, code: str, query: str) -> None:
    answer = caller.under("GET", f"/retailers?{query}")

    assert (answer.status_code, codes(answer)) == (422, [code])


def test_an_unknown_retailer_is_200_with_nothing_in_it(caller: Caller) -> None:
    answer = caller.under("GET", "/retailers/11111111")

    assert (answer.status_code, answer.json) == (200, {})


def test_retailers_belong_to_one_brand(caller: Caller) -> None:
    assert caller.under("GET", f"/retailers/{RETAILER}", brand=700002).json == {}
    assert caller.ask("GET", f"/sps/{IYS}/brands/700002/retailers").json["list"] == []
