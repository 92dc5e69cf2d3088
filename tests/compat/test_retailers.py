"""Retailers of a program: their numbers as İYS shows them, and adding one that can be repeated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from iys_house import Registry, bayi

from ileti.core import db
from ileti.iys.client import client_for

from .house import Program, account, codes, dealer

ROOT = Path(__file__).resolve().parents[2]
BAYI = {"title": "Örnek Bayi", "name": "Ayşe Örnek", "tckn": "10000000146", "tin": "1234567890",
        "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "449", "name": "Kadıköy"}}


def add(program: Program, **changes: Any) -> Any:
    return program.under("POST", "/retailers", BAYI | changes)


def dealers(place: Any) -> list[int]:
    return [row[0] for row in db.connection().execute(
        "select retailer_code from dealer where provider_id = %s order by 1",
        (place.provider_id,))]


def at_iys(place: Any) -> list[int]:
    return sorted(one.code for one in client_for(place.provider_id).retailers(place.brand_code))


def doubts(place: Any) -> int:
    row = db.connection().execute("select count(*) from api_retailer_doubt where provider_id = %s",
                                  (place.provider_id,)).fetchone()
    return int(row[0])  # type: ignore[index]


def fail(registry: Registry, kind: str, **more: Any) -> None:
    registry.tell("fault", kind=kind, method="POST", path="*/retailers", **more)


# -- numbers ---------------------------------------------------------------------------------------


def test_retailers_come_with_their_numbers_where_the_account_may_read_them(shop: Any) -> None:
    dealer(shop, 20000001)
    program = Program(shop, account(shop, numbers=True))
    one = program.under("GET", "/retailers/20000001").json
    assert (one["tckn"], one["tin"]) == ("10000000146", "1234567890")
    assert program.under("GET", "/retailers").json["list"] == [one]
    short = program.under("GET", "/retailers?short=true").json["list"]
    assert "tckn" not in short[0], "İYS's short list has none either (§7.2)"


def test_other_accounts_read_none_and_a_dealers_own_only_its_own(shop: Any) -> None:
    own = dealer(shop, 20000001)
    dealer(shop, 20000002)
    for row in Program(shop).under("GET", "/retailers").json["list"]:
        assert {"tckn", "tin"}.isdisjoint(row)
    mine = Program(shop, account(shop, dealer=own, numbers=True))
    assert [(row["retailerCode"], row["tin"])
            for row in mine.under("GET", "/retailers").json["list"]] == [(20000001, "1234567890")]


def test_that_numbers_were_read_is_kept_once_an_hour(shop: Any) -> None:
    dealer(shop, 20000001)
    program = Program(shop, account(shop, numbers=True))
    for _ in range(3):
        program.under("GET", "/retailers")
    program.under("GET", "/retailers?short=true")
    kept = db.connection().execute(
        "select e.subject, e.detail::text from audit_entry e join api_account a "
        "on e.subject = 'api_account:' || a.id where e.action = 'api:numbers' and a.username = %s",
        (program.login[0],)).fetchall()
    assert len(kept) == 1
    assert "10000000146" not in str(kept)


# -- adding in doubt -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["timeout_after_accept", "500_after_accept", "half_answer",
                                  "broken_json"])
def test_an_answer_lost_on_the_way_is_looked_for_at_once(
        shop: Any, registry: Registry, program: Program, kind: str) -> None:
    fail(registry, kind, seconds=0.1)
    answer = add(program)
    assert (answer.status_code, doubts(shop)) == (201, 0), answer.text
    assert dealers(shop) == at_iys(shop) == [answer.json["retailerCode"]]


@pytest.mark.parametrize("taken", [True, False])
def test_in_doubt_the_repeat_gets_the_number_of_the_first_call(
        shop: Any, registry: Registry, program: Program, taken: bool) -> None:
    fail(registry, "500_after_accept" if taken else "503", count=None)
    registry.tell("fault", kind="503", method="GET", path="*/retailers*", count=None)
    first = add(program)
    assert (first.status_code, dealers(shop), doubts(shop)) == (503, [], 1)
    assert add(program).status_code == 503
    registry.tell("fault", clear=True)
    assert len(at_iys(shop)) == taken
    again = add(program)
    assert again.status_code == 201, again.text
    assert dealers(shop) == at_iys(shop) == [again.json["retailerCode"]]
    later = add(program)
    assert (later.status_code, codes(later), doubts(shop)) == (400, ["H231"], 0), "no doubt is left"


def test_a_refusal_of_a_moment_does_not_end_the_doubt(
        shop: Any, registry: Registry, program: Program) -> None:
    fail(registry, "500_after_accept")
    registry.tell("fault", kind="503", method="GET", path="*/retailers*")
    assert add(program).status_code >= 500
    registry.tell("fault", kind="code", code="H520", path="*/retailers*")
    assert add(program).status_code == 403
    assert add(program).json["retailerCode"] == at_iys(shop)[0]


def test_a_retailer_that_was_there_before_is_not_taken_for_the_one_in_doubt(
        shop: Any, registry: Registry, program: Program) -> None:
    before = add(program).json["retailerCode"]
    fail(registry, "503", count=None)
    assert add(program).status_code == 503
    registry.tell("fault", clear=True)
    assert codes(add(program)) == ["H231"]
    assert (dealers(shop), doubts(shop)) == ([before], 0)


def test_another_retailer_under_the_same_number_is_refused_as_at_iys(
        shop: Any, registry: Registry, program: Program) -> None:
    fail(registry, "500_after_accept")
    registry.tell("fault", kind="503", method="GET", path="*/retailers*")
    assert add(program).status_code >= 500
    assert codes(add(program, title="Başka Bayi")) == ["H231"]
    assert add(program).json["retailerCode"] == at_iys(shop)[0], "the first doubt is still open"


def test_somebody_elses_retailer_at_iys_only_is_no_answer_to_a_doubt(
        shop: Any, registry: Registry, program: Program) -> None:
    client_for(shop.provider_id).add_retailer(shop.brand_code, bayi(1, tckn=BAYI["tckn"]))
    fail(registry, "503", count=None)
    assert add(program).status_code == 503
    registry.tell("fault", clear=True)
    assert codes(add(program)) == ["H231"]
    assert dealers(shop) == []


def test_two_at_once_get_one_number(shop: Any, registry: Registry, program: Program) -> None:
    registry.tell("delay", latency=0.3)
    program.give()
    said: list[Any] = []
    both = [Thread(target=lambda: said.append(add(Program(shop, program.login))))
            for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(at_iys(shop)) == 1
    assert {one.json.get("retailerCode", at_iys(shop)[0]) for one in said} == set(dealers(shop))
    assert 201 in {one.status_code for one in said}


def test_a_process_that_dies_between_iys_and_us_leaves_a_doubt_that_the_repeat_ends(
        shop: Any, registry: Registry, program: Program, given: Any) -> None:
    code = (
        "import sys; sys.path[:0] = ['tests/iys']\n"
        "from types import SimpleNamespace\n"
        "from tests.compat.house import Program\n"
        "from tests.compat.test_retailers import add\n"
        f"place = SimpleNamespace(iys_code={shop.iys_code}, brand_code={shop.brand_code})\n"
        f"add(Program(place, {program.login!r}))\n")
    died = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True,
        env=os.environ | {"ILETI_FAILPOINT": "compat.retailer_added", "PYTHONPATH": str(ROOT),
                          "IYS_BASE_URL": registry.url})
    assert died.returncode == 137, died.stderr
    assert (dealers(shop), len(at_iys(shop)), doubts(shop)) == ([], 1, 1)
    assert add(program).json["retailerCode"] == at_iys(shop)[0]
    assert (dealers(shop), doubts(shop)) == (at_iys(shop), 0)
