"""Cities and towns (İYS API §10)."""

from __future__ import annotations

import pytest

from .caller import Caller, codes


def test_cities_and_towns_have_iyss_numbers(caller: Caller) -> None:
    cities, towns = caller.ask("GET", "/info/city").json, caller.ask("GET", "/info/town").json
    assert (len(cities), cities[0]) == (81, {"code": 1, "name": "Adana"})
    assert cities[-1]["name"] == "Düzce"
    assert towns[0] == {"name": "Seyhan", "code": 1, "city_code": 1}
    assert [town["code"] for town in towns] == list(range(1, 971))


def test_a_name_several_cities_have_carries_its_city(caller: Caller) -> None:
    names = {town["name"] for town in caller.ask("GET", "/info/town").json}
    assert {"Gölbaşı / Ankara", "Gölbaşı / Adıyaman"} <= names
    assert len(names) == 970


@pytest.mark.parametrize("path", ["/info/city/99", "/info/town/5000"])
def test_a_number_nobody_has_is_204(caller: Caller, path: str) -> None:
    assert caller.ask("GET", path).status_code == 204


@pytest.mark.parametrize("path", ["/info/city/abc", "/info/town/-1"])
def test_h241_a_code_that_is_no_number(caller: Caller, path: str) -> None:
    answer = caller.ask("GET", path)
    assert (answer.status_code, codes(answer)) == (400, ["H241"])


def test_the_lists_need_a_token(caller: Caller) -> None:
    for path in ("/info/city", "/info/city/1", "/info/town", "/info/town/1"):
        assert codes(caller.http.get(path)) == ["H351"]


def test_a_fault_can_name_any_code_of_the_table(caller: Caller) -> None:
    caller.control("fault", kind="code", code="H103", path="*/changes")
    answer = caller.pull()
    assert (answer.status_code, codes(answer)) == (500, ["H103"])
    for wish in ({"kind": "code"}, {"kind": "code", "code": "H999"}, {"kind": "500", "code": "H1"}):
        assert "error" in caller.control("fault", **wish)
