"""A program asks for a large list, follows it and fetches it; nobody else does."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest

from config import settings
from ileti.api import scoped
from ileti.core import db
from ileti.exports import making
from tests.api.api_house import Program, account
from tests.api.resource_house import EVERY as ALL
from tests.panel.people import dealer_of, take

PATH = "/api/v1/exports"
EVERY = frozenset(ALL)
PHONES = [f"+9059924455{n:02}" for n in range(4)]


@pytest.fixture
def program(app: Any, place: Any, place_b: Any, monkeypatch: pytest.MonkeyPatch) -> Program:
    scoped.serve_with(lambda: app)
    making.house_is(app.app_context)
    monkeypatch.setattr(settings(), "export_processes", 0)
    db.connection().execute("update export_run set state = 4 where state in (1, 2)")
    for number, phone in enumerate(PHONES):
        take(place, phone, refusal=number == 0)
    take(place_b, "+905992888888")
    return of(place)


def of(place: Any, scopes: frozenset[str] = EVERY, **more: Any) -> Program:
    return Program(place, account(place, brings=False, scopes=scopes, **more))


def ask(program: Program, key: str = "k-1", **said: Any) -> Any:
    return program.call("POST", PATH, json={"kind": "consents"} | said,
                        headers={"Idempotency-Key": key})


def work() -> None:
    making.make_due(time.monotonic() + 20)


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_a_program_asks_follows_and_fetches(program: Program) -> None:
    asked = ask(program, addresses="full", filters={"choice": ["refusal"]})
    assert (asked.status_code, asked.json["state"]) == (202, "WAITING")
    where = f"{PATH}/{asked.json['id']}"
    assert program.call("GET", where + "/file").status_code == 410
    work()
    told = program.call("GET", where).json
    assert (told["state"], told["rows"], told["expectedRows"]) == ("READY", 1, 1)
    (row,) = rows_of(program.call("GET", where + "/file"))
    assert row["Alıcı"] == PHONES[0]


def test_the_same_wish_under_the_same_key_is_one_file(program: Program) -> None:
    first, again = ask(program), ask(program)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"


def test_another_account_finds_nothing_of_it(program: Program, place: Any, place_b: Any) -> None:
    where = f"{PATH}/{ask(program).json['id']}"
    work()
    for there in (place, place_b):
        other = of(there, EVERY)
        assert other.call("GET", where).status_code == 404
        assert other.call("GET", where + "/file").status_code == 404
        assert other.call("POST", where + "/cancel").status_code == 404
    assert len(rows_of(program.call("GET", where + "/file"))) == len(PHONES)


def test_a_key_that_may_not_see_addresses_asks_for_none_in_full(
        place: Any, program: Program) -> None:
    lesser = of(place, EVERY - {"addresses:read"})
    assert ask(lesser, addresses="full").status_code == 403
    assert ask(lesser).status_code == 202


def test_a_scope_that_was_taken_away_meanwhile_makes_no_file(program: Program) -> None:
    number = ask(program, addresses="full").json["id"]
    db.connection().execute(
        "update api_account set scopes = array_remove(scopes, 'addresses:read') where id = "
        "(select account_id from export_run where id = %s)", [number])
    work()
    state, key = db.connection().execute("select state, file_key from export_run where id = %s",
                                         [number]).fetchone()  # type: ignore[misc]
    assert (state, key) == (6, "")
    assert program.call("GET", f"{PATH}/{number}/file").status_code == 404


def test_a_dealers_program_gets_its_own_rows(place: Any, program: Program) -> None:
    dealer = dealer_of(place)
    take(place, "+905993339999", dealer_id=dealer)
    own = of(place, EVERY, dealer=dealer, brand=place.brand_id)
    where = f"{PATH}/{ask(own).json['id']}"
    work()
    (row,) = rows_of(own.call("GET", where + "/file"))
    assert row["Bayi"] == "Bornova Akasya"


def test_a_program_gives_its_export_up(program: Program) -> None:
    where = f"{PATH}/{ask(program).json['id']}"
    work()
    assert program.call("POST", where + "/cancel").json["state"] == "CANCELLED"
    assert program.call("GET", where).json["state"] == "CANCELLED"
    assert program.call("GET", where + "/file").status_code == 410


@pytest.mark.parametrize("said", [{"kind": "people"}, {"format": "pdf"}, {"filters": {"x": 1}},
                                  {"filters": {"choice": ["all"]}}, {"addresses": "some"}])
def test_what_is_not_offered_is_refused(program: Program, said: dict[str, Any]) -> None:
    assert ask(program, **said).status_code == 422
