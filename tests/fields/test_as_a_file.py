"""The list of consents as a file: custom fields are columns, no cell is run, its taker is known."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ileti.api import scoped, slots
from ileti.consents import exported
from ileti.core import db
from ileti.fields import catalogue, kept
from ileti.programs import accounts
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.api.api_house import Program, account
from tests.api.resource_house import EVERY
from tests.fields.house import define
from tests.panel.people import dealer_of, restrict, sign_in, take, token_of, user_with
from tests.reports.house import counted

PATH = "/izinler/disari.csv"
PHONE = "+905992213344"
HOSTILE = '=HYPERLINK("http://kotu.ornek")'


def table_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def person(app: Any, conn: Any, place: Any, place_b: Any) -> int:
    """One recipient of whom a segment, a note and a card are known; another company has others."""
    scoped.serve_with(lambda: app)
    define(conn, place, "segment", subject=1, kind="number", personal=False, searchable=True)
    define(conn, place, "note", subject=1, personal=False)
    define(conn, place, "card", subject=1, searchable=True)
    define(conn, place, "shop", kind="choice", personal=False, searchable=True,
           choices=("izmir", "ankara"))
    define(conn, place_b, "elsewhere", subject=1, personal=False)
    take(place, PHONE)
    take(place_b, "+905991110000")
    number = int(conn.execute("select id from recipient where provider_id = %s",
                              [place.provider_id]).fetchone()[0])
    with db.transaction() as work:
        kept.know(work, place.provider_id, number, catalogue.fields_of(place.provider_id),
                  {"segment": "12", "note": HOSTILE, "card": "TR-4711"})
    return number


@pytest.fixture
def admin(app: Any, place: Any, person: int) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def taken(client: Any, query: str = "", **form: str) -> list[dict[str, str]]:
    return table_of(client.post(PATH + query, data={"csrf_token": token_of(client)} | form))


def test_custom_fields_are_columns_typed_and_never_run(admin: Any) -> None:
    (row,) = taken(admin)
    assert (row["SEGMENT"], row["NOTE"]) == ("12", "'" + HOSTILE)
    assert "CARD" not in row, "a personal field has no column in a masked file"
    assert PHONE[3:] not in "".join(row.values())
    assert row["Kayıt"].startswith("IZN-")


def test_addresses_and_personal_fields_come_in_full_when_asked_for(admin: Any, place: Any) -> None:
    (row,) = taken(admin, adres="acik")
    assert (row["Alıcı"], row["CARD"]) == (PHONE, "TR-4711")
    lines = db.connection().execute(
        "select detail->>'addresses' from audit_entry where provider_id = %s "
        "and action = 'consent:export'", [place.provider_id]).fetchall()
    assert lines == [("full",)]


def test_whoever_may_not_open_addresses_takes_none_in_full(app: Any, place: Any, person: int
                                                           ) -> None:
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    answer = viewer.post(PATH, data={"csrf_token": token_of(viewer), "adres": "acik"})
    assert answer.status_code in (302, 403, 404)
    assert PHONE.encode() not in answer.data


def test_the_file_is_narrowed_as_the_list_is(admin: Any) -> None:
    assert len(taken(admin, "?alan.segment=12")) == 1
    assert taken(admin, "?alan.segment=13") == []
    assert taken(admin, "?kanal=3") == []


def test_the_file_needs_a_fresh_proof_and_a_press(app: Any, admin: Any) -> None:
    key, token = logins.session_key(admin.get_cookie(COOKIE).value), token_of(admin)
    db.connection().execute("update user_session set data = jsonb_set(data, '{proved_at}', '1') "
                            "where key = %s", (key,))
    answer = admin.post(PATH, data={"csrf_token": token})
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/onay/")
    assert admin.get(PATH).status_code in (404, 405)


def test_a_dealer_takes_its_own_rows_and_nothing_known_of_people(
        app: Any, place: Any, person: int) -> None:
    dealer = dealer_of(place)
    take(place, "+905993334455", dealer_id=dealer)
    user = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    (row,) = taken(user)
    assert "SEGMENT" not in row
    assert row["Bayi"] == "Bornova Akasya"


def test_who_is_kept_for_the_law_alone_is_in_no_file_r64(
        admin: Any, place: Any, person: int) -> None:
    restrict(place, person)
    assert taken(admin) == []


def test_pages_follow_each_other_without_a_gap(
        admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exported, "TOGETHER", 2)
    for n in range(4):
        take(place, f"+90599444000{n}")
    rows = taken(admin)
    assert len({row["Kayıt"] for row in rows}) == len(rows) == 5


def test_a_file_that_is_cut_says_so(admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch
                                    ) -> None:
    monkeypatch.setattr(exported, "MOST", 2)
    for n in range(3):
        take(place, f"+90599444000{n}")
    rows = taken(admin)
    assert len(rows) == 3
    assert "1.000.000" in rows[-1]["Kayıt"]


def test_the_page_offers_the_file_with_its_filters(admin: Any) -> None:
    page = admin.get("/izinler/?kanal=2").text
    assert "/izinler/disa-aktar?kanal=2" in page
    assert "/izinler/disari.csv?kanal=2" in admin.get("/izinler/disa-aktar?kanal=2").text
    assert "/izinler/disa-aktar" not in admin.get("/izinler/?kanal=3").text


# -- over the API ----------------------------------------------------------------------------------


def asked(program: Program, **query: Any) -> Any:
    return program.call("GET", "/api/v1/consents/export", query=query,
                        headers={"Accept-Language": "en"})


@pytest.fixture
def program(place: Any, person: int) -> Program:
    return Program(place, account(place, brings=False, scopes=EVERY))


def test_a_program_takes_the_same_file(program: Program, place: Any) -> None:
    answer = asked(program)
    (row,) = table_of(answer)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert (row["segment"], row["note"]) == ("12", "'" + HOSTILE)
    assert "card" not in row
    assert len(table_of(asked(program, channel="EPOSTA"))) == 0
    assert asked(program, field="card:TR-4711").status_code == 422
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'consent:export'",
        [place.provider_id]).fetchone() == (2,)


def test_a_program_takes_addresses_in_full_by_their_scope_alone(
        program: Program, place: Any) -> None:
    (row,) = table_of(asked(program, addresses="full"))
    assert (row["Recipient"], row["card"]) == (PHONE, "TR-4711")
    narrow = Program(place, account(place, brings=False, scopes=["consents:list"]))
    assert asked(narrow, addresses="full").status_code == 403
    other = Program(place, account(place, brings=False, scopes=["reports:read"]))
    assert asked(other).status_code == 403


def test_programs_of_other_places_take_nothing_of_it(
        program: Program, place: Any, place_b: Any) -> None:
    stranger = Program(place_b, account(place_b, brings=False, scopes=EVERY))
    (row,) = table_of(asked(stranger, addresses="full"))
    assert (row["Recipient"], "segment" in row) == ("+905991110000", False)
    dealer = Program(place, account(place, brings=False, scopes=EVERY, brand=place.brand_id,
                                    dealer=dealer_of(place)))
    assert table_of(asked(dealer, addresses="full")) == []


def test_a_file_gives_its_place_back_also_when_it_is_broken_off(program: Program) -> None:
    number = accounts.caller_by_key(program.login[1]).account_id  # type: ignore[union-attr]
    for _ in range(6):
        assert len(table_of(asked(program))) == 1
        answer = program.call("GET", "/api/v1/consents/export", buffered=False)
        next(iter(answer.response))
        answer.close()
    assert slots._taken[number] == 0


def test_the_report_counts_by_a_custom_field(program: Program, place: Any) -> None:
    def consents(**query: Any) -> int:
        answer = program.call("GET", "/api/v1/reports/consents", query=query)
        assert answer.status_code == 200, answer.text
        return int(answer.json["consents"])

    counted()
    assert (consents(), consents(field="segment:12"), consents(field="segment:7")) == (1, 1, 0)
    assert program.call("GET", "/api/v1/reports/consents",
                        query={"field": "nobody:1"}).status_code == 422
