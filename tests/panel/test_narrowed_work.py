"""Incoming SMS, the deadline radar and the queue to İYS are narrowed and kept as views."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.api.api_house import heard
from tests.inbound.house import House, new_phone
from tests.panel.people import sign_in, take, user_with
from tests.panel.test_inbound import FREE, unread
from tests.panel.test_narrowed_lists import body, keep

PHONE = "+905992130077"
#: list → its address with what must be said in it, a filter that fits, one that does not, a column,
#: how many heads stand with it alone
LISTS = {
    "InboundView": ("/gelen-sms/?durum=okunacak", "anlam=0", "anlam=1", "nereye", 3),
    "RadarView": ("/sureler/?liste=hepsi", "kaynak=6", "kaynak=5", "niye", 4),
    "QueueView": ("/iletim/?durum=bekleyen", "kanal=2", "kanal=3", "olan", 4),
}
MARKS = {"InboundView": FREE, "RadarView": "00 77", "QueueView": "00 77"}


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture(autouse=True)
def furnished(place: Any) -> None:
    """A row in each list."""
    unread(House(place), new_phone())
    take(place, PHONE)


def rows(page: str) -> str:
    """The list's own rows; the radar has a table of places before it."""
    return body(page.partition('id="kayitlar"')[2] or page)


def heads(page: str) -> int:
    listed = page.partition('id="kayitlar"')[2] or page
    return listed.partition("<thead")[2].partition("</thead>")[0].count("<th ")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_by_its_address_and_says_when_nothing_is_left(
        admin: Any, name: str) -> None:
    path, fits, other, _column, _heads = LISTS[name]
    assert MARKS[name] in rows(admin.get(path).text)
    assert MARKS[name] in rows(admin.get(f"{path}&{fits}").text)
    nothing = admin.get(f"{path}&{other}").text
    assert rows(nothing) == ""
    assert "Süzgeçleri temizle" in nothing


@pytest.mark.parametrize("name", ["InboundView", "QueueView"])
def test_a_list_is_narrowed_by_days_and_brands(admin: Any, place: Any, name: str) -> None:
    path = LISTS[name][0]
    assert MARKS[name] in rows(admin.get(f"{path}&tarih_from=2000-01-01").text)
    assert rows(admin.get(f"{path}&tarih_from=2190-01-01").text) == ""
    assert admin.get(f"{path}&tarih_from=d%C3%BCn").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_columns_of_a_list_are_chosen_by_its_address(admin: Any, name: str) -> None:
    path, _fits, _other, column, few = LISTS[name]
    assert heads(admin.get(f"{path}&sutun={column}").text) == few
    assert heads(admin.get(path).text) > few
    assert heads(admin.get(f"{path}&sutun=yok").text) > few


@pytest.mark.parametrize("name", LISTS)
def test_a_view_of_a_list_is_kept_with_its_tab_opens_it_and_is_its_makers(
        app: Any, place: Any, admin: Any, name: str) -> None:
    path, fits, _other, column, _heads = LISTS[name]
    home, _mark, tab = path.partition("?")
    saved = keep(admin, name, f"{tab}&{fits}&sutun={column}", first="1")
    assert saved.status_code == 303
    number = re.search(r"gorunum=(\d+)", saved.location)[1]  # type: ignore[index]
    assert admin.get(f"/gorunumler/{number}").location == saved.location
    assert admin.get(home).location == saved.location
    assert MARKS[name] in rows(admin.get(saved.location).text)
    assert admin.get(f"{home}?gorunum=0").status_code == 200
    other = sign_in(app, user_with(app, "provider_admin", place))
    assert other.get(home).status_code == 200
    assert other.get(f"/gorunumler/{number}").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_the_form_of_a_view_holds_the_tab_and_no_place(admin: Any, name: str) -> None:
    path, fits, *_rest = LISTS[name]
    begins = "once=9" if name == "QueueView" else "sayfa=1"
    page = admin.get(f"{path}&{fits}&{begins}").text
    kept = re.search(r'name="query" value="([^"]*)"', page)[1]  # type: ignore[index]
    assert path.partition("?")[2] in kept
    assert fits in kept
    assert begins not in kept


@pytest.mark.parametrize("name", LISTS)
def test_what_is_odd_in_an_address_is_left_out(admin: Any, name: str) -> None:
    path = LISTS[name][0].partition("?")[0]
    for query in ("durum=%00", "durum=9999999999999999999", "marka=-1", "kanal=x", "once=x",
                  "numara=99999999999", "izin=9", "anlam=-5", "sutun=%27", "durum=", "sayfa=-1",
                  "once=99999999999999999999999", "durum=duran&kanal=2", "durum=gonderim&kanal=2"):
        assert admin.get(f"{path}?{query}", follow_redirects=True).status_code == 200, query


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_names_nothing_of_others(app: Any, place: Any, place_b: Any, name: str) -> None:
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    page = stranger.get(f"{LISTS[name][0]}&marka={place.brand_id}").text
    assert MARKS[name] not in page
    number = db.connection().execute("select id from inbound_number where provider_id = %s",
                                     (place.provider_id,)).fetchone()
    assert MARKS[name] not in stranger.get(f"{LISTS[name][0]}&numara={number[0]}").text


def test_tabs_of_incoming_sms_keep_all_apart_from_those_to_be_read(admin: Any, place: Any) -> None:
    House(place).write(new_phone(), "RET")
    assert FREE not in rows(admin.get("/gelen-sms/?durum=ret").text)
    everything = rows(admin.get("/gelen-sms/?durum=hepsi").text)
    assert FREE in everything
    assert everything.count("<tr") == rows(admin.get("/gelen-sms/?durum=").text).count("<tr") == 2


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_no_statement_per_row(app: Any, admin: Any, name: str) -> None:
    with heard(app) as statements:
        admin.get(LISTS[name][0])
    assert len(statements) <= 40
