"""Retailers' access to consents: every documented code, then what the calls do (İYS API §7.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ileti.simulator.app import create_simulator

from .caller import IYS, RETAILER, Caller, codes, settings

OTHER, THIRD = 66438916, 66438917
PHONE = "+905992134117"
ADD, LIST = "/consents/retailers/access", "/consent/retailers/access/list"
REMOVE, REMOVE_ALL = f"{ADD}/remove", f"{ADD}/remove/all"
HEAD: dict[str, Any] = {"recipientType": "BIREYSEL", "type": "MESAJ"}
ONE = {**HEAD, "recipient": PHONE}
MANY = {**HEAD, "recipients": [PHONE]}
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "add": ("POST", ADD, {**ONE, "retailerAccess": [RETAILER]}),
    "replace": ("PUT", ADD, {**MANY, "retailerAccess": [RETAILER]}),
    "list": ("POST", LIST, ONE),
    "remove": ("POST", REMOVE, {**MANY, "retailerAccess": [RETAILER]}),
    "remove all": ("POST", REMOVE_ALL, MANY),
}
NAMING_RETAILERS = ("add", "replace", "remove")
OF_MANY = ("replace", "remove", "remove all")


@pytest.fixture
def shops(caller: Caller) -> Caller:
    """Three retailers and a consent that the first of them took."""
    caller.control("provider", iysCode=IYS, username="ornek-api", password="deneme-parolasi",
                   brands=[{"brandCode": IYS, "name": "Örnek Marka", "master": True}],
                   retailers=[{"retailerCode": code, "title": f"Bayi {code}"}
                              for code in (RETAILER, OTHER, THIRD)])
    caller.add(retailerCode=RETAILER)
    return caller


def ask(caller: Caller, what: str, /, **changes: Any) -> Any:
    """The usual call with changes; a value of `...` leaves the field out."""
    method, path, body = BODIES[what]
    return caller.under(method, path, {
        name: value for name, value in {**body, **changes}.items() if value is not ...})


def seen_by(caller: Caller, recipient: str = PHONE) -> list[int]:
    listed = ask(caller, "list", recipient=recipient).json["list"]
    return [one["retailerCode"] for one in listed]


CODES: list[tuple[str, int, tuple[str, ...], dict[str, Any]]] = [
    ("H111", 422, tuple(BODIES), {"type": ...}),
    ("H117", 422, tuple(BODIES), {"type": "FAKS"}),
    ("H170", 422, tuple(BODIES), {"recipientType": ...}),
    ("H116", 422, tuple(BODIES), {"recipientType": "KURUMSAL"}),
    ("H114", 422, ("add", "list"), {"recipient": ...}),
    ("H121", 422, ("add", "list"), {"recipient": "05992134117"}),
    ("H120", 422, ("add", "list"), {"type": "EPOSTA"}),
    ("H166", 422, ("add", "list"), {"recipient": "+9059921341170000"}),
    ("H168", 422, OF_MANY, {"recipients": ...}),
    ("H478", 422, OF_MANY, {"recipients": PHONE}),
    ("H164", 422, OF_MANY, {"recipients": []}),
    ("H127", 422, OF_MANY, {"recipients": [f"+90599{n:07d}" for n in range(101)]}),
    ("H121", 422, OF_MANY, {"recipients": ["05992134117"]}),
    ("H120", 422, OF_MANY, {"type": "EPOSTA"}),
    ("H193", 422, OF_MANY, {"recipients": [PHONE, PHONE]}),
    ("H169", 422, NAMING_RETAILERS, {"retailerAccess": ...}),
    ("H163", 422, NAMING_RETAILERS, {"retailerAccess": []}),
    ("H126", 422, NAMING_RETAILERS, {"retailerAccess": [RETAILER] * 101}),
    ("H193", 422, NAMING_RETAILERS, {"retailerAccess": [RETAILER, RETAILER]}),
    ("H180", 403, NAMING_RETAILERS, {"retailerAccess": [11111111]}),
    ("H180", 403, NAMING_RETAILERS, {"retailerAccess": [str(RETAILER)]}),
    ("H401", 400, ("add",), {"recipient": "+905992134118"}),
]


@pytest.mark.parametrize(
    ("code", "status", "what", "changes"),
    [(code, status, what, changes) for code, status, calls, changes in CODES for what in calls],
)
def test_each_code_has_its_request(
    shops: Caller, code: str, status: int, what: str, changes: dict[str, Any]
) -> None:
    answer = ask(shops, what, **changes)

    assert (answer.status_code, codes(answer)) == (status, [code])
    assert seen_by(shops) == [RETAILER]


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("add", b"x", "H090"), ("add", [], "H090"), ("replace", b"x", "H171"),
        ("replace", [], "H171"), ("list", b"x", "H014"), ("list", [], "H173"),
        ("remove", b"x", "H014"), ("remove", [], "H172"), ("remove all", b"x", "H014"),
        ("remove all", [], "H172"),
    ],
)
def test_a_body_of_another_shape_is_400(
    shops: Caller, what: str, body: Any, code: str
) -> None:
    method, path, _ = BODIES[what]
    answer = shops.under(method, path, body)

    assert (answer.status_code, codes(answer)) == (400, [code])


@pytest.mark.parametrize(
    ("code", "query"),
    [("H182", "offset=x"), ("H183", "limit=x"), ("H186", "limit=101"), ("H187", "limit=0")],
)
def test_bad_pages_of_the_list(shops: Caller, code: str, query: str) -> None:
    answer = shops.under("POST", f"{LIST}?{query}", ONE)

    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.parametrize("what", BODIES)
def test_every_call_needs_a_token_and_the_right_to_the_brand(shops: Caller, what: str) -> None:
    method, path, body = BODIES[what]
    foreign = shops.under(method, path, body, brand=700009)
    shops.token = "baska"

    assert (foreign.status_code, codes(foreign)) == (403, ["H353"])
    assert codes(ask(shops, what)) == ["H351"]


def test_the_place_of_a_faulty_value_is_named(shops: Caller) -> None:
    answer = ask(shops, "replace", retailerAccess=[RETAILER, 11111111])

    assert answer.json["errors"][0]["location"] == ["retailerAccess", 1]
    assert answer.json["errors"][0]["value"] == 11111111


def test_given_access_comes_to_what_was_there(shops: Caller) -> None:
    answer = ask(shops, "add", retailerAccess=[OTHER, THIRD])

    assert answer.status_code == 200
    assert set(answer.json) == {"transactionId", "creationDate"}
    assert seen_by(shops) == [RETAILER, OTHER, THIRD]
    assert shops.status().json["retailerAccessCount"] == 3


def test_replaced_access_leaves_out_who_took_the_consent(shops: Caller) -> None:
    answer = ask(shops, "replace", retailerAccess=[OTHER])

    assert (answer.status_code, answer.data) == (202, b"")
    assert seen_by(shops) == [OTHER]


@pytest.mark.parametrize("path", [REMOVE, "/consents/retailer/access/remove"])
def test_named_retailers_are_taken_off_in_either_spelling(shops: Caller, path: str) -> None:
    ask(shops, "add", retailerAccess=[OTHER])
    answer = shops.under("POST", path, {**MANY, "retailerAccess": [RETAILER]})

    assert (answer.status_code, answer.data) == (202, b"")
    assert seen_by(shops) == [OTHER]


@pytest.mark.parametrize("path", [REMOVE_ALL, "/consents/retailer/access/remove/all"])
def test_all_retailers_are_taken_off_many_consents(shops: Caller, path: str) -> None:
    second = "+905992134118"
    shops.add(recipient=second, retailerAccess=[OTHER, THIRD])
    unknown = "+905992134119"
    answer = shops.under("POST", path, {**HEAD, "recipients": [PHONE, second, unknown]})

    assert answer.status_code == 202
    assert seen_by(shops) == seen_by(shops, second) == seen_by(shops, unknown) == []


@pytest.mark.parametrize("path", [LIST, "/consents/retailers/access/list"])
def test_the_list_is_paged_in_either_spelling(shops: Caller, path: str) -> None:
    ask(shops, "add", retailerAccess=[OTHER, THIRD])
    page = shops.under("POST", f"{path}?limit=2&offset=1", ONE).json

    assert page["pagination"] == {"offset": 1, "pageSize": 2, "totalCount": 3}
    assert page["list"] == [{"title": f"Bayi {code}", "retailerCode": code}
                            for code in (OTHER, THIRD)]


def test_a_retailer_whose_access_was_taken_can_still_not_be_deleted(shops: Caller) -> None:
    """§7.4: only one that was never linked, also not in the past."""
    ask(shops, "remove all")
    answer = shops.under("DELETE", f"/retailers/{RETAILER}")

    assert (answer.status_code, codes(answer)) == (500, ["H061"])


def test_access_outlives_a_restart(tmp_path: Path) -> None:
    before = Caller(create_simulator(database=str(tmp_path / "iys.db"), options=settings()))
    before.add()
    ask(before, "add")
    before.simulator.close()
    after = Caller(create_simulator(
        database=str(tmp_path / "iys.db"), options=settings(providers=[])))
    after.token = before.token

    assert seen_by(after) == [RETAILER]
