"""Brands, dealers, users, İYS's side and reports, as programs read and change them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.api import scoped
from ileti.core import clock, db
from tests.panel.people import take, user_with
from tests.reports.house import counted

from .api_house import Program, account
from .resource_house import EVERY, PHONE, get, post


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may everything of its provider."""
    return Program(place, account(place, brings=False, scopes=EVERY))


# -- places ----------------------------------------------------------------------------------------

DEALER = {"title": "Akasya Ev Ltd. Şti.", "name": "Ayşe Örnek", "tckn": "10000000146",
          "tin": "1234567890", "townCode": "400", "mobile": "0599 213 41 17"}


def test_brands_and_users_are_those_of_the_place(app: Any, program: Program, place: Any) -> None:
    name = user_with(app, "brand_manager", place, level="brand")
    assert [one["brand"] for one in get(program, "/brands").json["items"]] == [place.brand_code]
    [user] = get(program, "/users").json["items"]
    assert (user["username"], user["memberships"][0]["role"]) == (name, "brand_manager")


def test_a_dealer_is_added_once_read_and_changed(program: Program, place: Any) -> None:
    made, again = (post(program, "/dealers", DEALER) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.text
    assert made.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert post(program, "/dealers", DEALER | {"name": "Başka"}).json["code"] == "key_reused"
    [listed] = get(program, "/dealers").json["items"]
    assert (listed["mobile"], listed["tckn"]) == ("+905992134117", "10000000146")
    changed = post(program, f"/dealers/{listed['id']}", {"status": "passive"}, "k2", "PATCH")
    assert (changed.json["status"], changed.json["title"]) == ("passive", DEALER["title"])
    actions = [row[0] for row in db.connection().execute(
        "select action from audit_entry where provider_id = %s and action like 'dealer:%%' "
        "order by id", [place.provider_id])]
    assert actions == ["dealer:add", "dealer:change"]


def test_a_change_names_the_state_it_was_made_from(program: Program) -> None:
    number = post(program, "/dealers", DEALER).json["id"]
    mark = get(program, f"/dealers/{number}").headers["ETag"]
    fine = post(program, f"/dealers/{number}", {"alias": "Bornova"}, "k2", "PATCH",
                **{"If-Match": mark})
    late = post(program, f"/dealers/{number}", {"alias": "Çeşme"}, "k3", "PATCH",
                **{"If-Match": mark})
    assert (fine.status_code, late.status_code, late.json["code"]) == (200, 412, "changed")
    again = post(program, f"/dealers/{number}", {"alias": "Bornova"}, "k2", "PATCH",
                 **{"If-Match": mark})
    assert again.json == fine.json, "a repeat is the first time, whatever came after it"


def test_numbers_of_dealers_need_their_scope(program: Program, place: Any) -> None:
    post(program, "/dealers", DEALER)
    narrow = Program(place, account(place, brings=False, scopes=["dealers:read"]))
    assert "tckn" not in get(narrow, "/dealers").json["items"][0]


@pytest.mark.parametrize(("more", "field"), [
    ({"tckn": "1"}, "tckn"), ({"tin": "x"}, "tin"), ({"townCode": "99999"}, "townCode"),
    ({"mobile": "1"}, "mobile"), ({"title": ""}, "title"), ({"title": 1}, "title"),
    ({"status": "gone"}, "status"), ({"x": 1}, "x")])
def test_a_dealer_that_is_wrong_is_told_by_field(program: Program, more: Any, field: str) -> None:
    answer = post(program, "/dealers", DEALER | more)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_the_same_retailer_number_is_taken_once(program: Program) -> None:
    assert post(program, "/dealers", DEALER | {"retailerCode": 20_000_001}).status_code == 201
    again = post(program, "/dealers", DEALER | {"retailerCode": 20_000_001}, "k2")
    assert (again.status_code, again.json["code"]) == (409, "dealer_exists")


# -- İYS and reports -------------------------------------------------------------------------------


def test_what_waits_for_iys_is_counted_by_brand(program: Program, place: Any) -> None:
    take(place, PHONE)
    [brand] = get(program, "/iys/state").json["brands"]
    assert (brand["brand"], brand["waiting"], brand["stopped"]) == (place.brand_code, 1, 0)
    assert brand["oldest"]


def test_days_of_the_reconciliation_and_their_differences_are_listed(
        program: Program, place: Any) -> None:
    today = clock.today()
    for n in range(3):
        db.connection().execute(
            "insert into iys_day (provider_id, brand_id, day, rows) values (%s, %s, %s, %s)",
            (place.provider_id, place.brand_id, today - timedelta(days=n), n))
    first = get(program, "/iys/days", limit=2).json
    rest = get(program, "/iys/days", limit=2, cursor=first["next"]).json
    assert [one["rows"] for one in first["items"] + rest["items"]] == [0, 1, 2]
    db.connection().execute(
        "insert into iys_difference (provider_id, brand_id, day, fence, cause, recipient_type, "
        "channel, their_status, their_source, mark) values (%s, %s, %s, 1, 3, 1, 2, 2, 33, 'x')",
        (place.provider_id, place.brand_id, today))
    [one] = get(program, f"/iys/days/{place.brand_code}/{today}/differences").json["items"]
    assert (one["cause"], one["theirs"]["source"]) == ("OTHER_STATUS", "IYS_WEB")
    assert get(program, f"/iys/days/{place.brand_code}/yok/differences").status_code == 404


@pytest.mark.parametrize(("by", "key"), [
    ("channel", "MESAJ"), ("source", "HS_WEB"), ("recipientType", "BIREYSEL"), ("day", ...),
    ("brand", ...), ("retailerCode", None)])
def test_reports_count_what_was_taken_by_one_thing(
        program: Program, place: Any, by: str, key: Any) -> None:
    take(place, PHONE)
    take(place, "+905992013346", refusal=True)
    counted()
    report = get(program, "/reports/consents", by=by).json
    [row] = report["rows"]
    assert (row["consents"], row["refusals"]) == (1, 1)
    wanted = {"day": clock.today().isoformat(), "brand": str(place.brand_code)}.get(by, key)
    assert row["key"] == wanted
    assert get(program, "/reports/consents", by=by, until="2020-01-01").json["rows"] == []


def test_a_report_has_a_year_at_most(program: Program) -> None:
    assert get(program, "/reports/consents", since="2024-01-01", until="2026-01-01"
               ).status_code == 422
