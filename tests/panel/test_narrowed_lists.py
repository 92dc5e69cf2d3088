"""Campaigns, single messages, imports, requests and the trail are narrowed and kept as views."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.campaigns import plan
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.requests import cases
from ileti.requests.people import Person
from ileti.requests.vocabulary import Way
from tests.api.api_house import heard
from tests.campaigns.campaign_house import draft
from tests.panel.people import sign_in, take, token_of, user_with

#: list → its address, a filter that fits what stands there, one that does not, a column by key
LISTS = {
    "CampaignView": ("/kampanyalar/", "durum=1", "durum=7", "kim"),
    "SingleView": ("/tek-iletiler/", "durum=gitti", "durum=kapi", "kim"),
    "ImportView": ("/ice-aktarma/", "durum=8", "durum=1", "kim"),
    "RequestView": ("/basvurular/", "yol=3", "yol=2", "kim"),
    "AuditView": ("/denetim/list/", "ne=brand:change", "ne=brand:add", "nereden"),
}
MARKS = {"CampaignView": "Kara Kış", "SingleView": "Satın alma", "ImportView": "liste-81.csv",
         "RequestView": "BSV-", "AuditView": "Ada Yıldız"}


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture(autouse=True)
def furnished(place: Any, admin: Any) -> None:
    """A row in each list."""
    furnish(place)


def furnish(place: Any) -> None:
    """A row in each list of a place that has a user."""
    conn, key = db.connection(), (place.provider_id, place.brand_id)
    plan.create((*key, None), draft(), by=None)
    recipient = take(place, "+905992130041").items[0].recipient_id
    conn.execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "declared, declaration, sent_at) values (%s, %s, %s, 2, 5, 1, 6, '{}', now())",
        (*key, recipient))
    conn.execute(
        "insert into import_run (provider_id, brand_id, state, name, format, path, file_key, rows, "
        "ended_at) values (%s, %s, 8, 'liste-81.csv', 'csv', 'x', %s, 9, now())",
        (*key, secrets().keyring.encrypt_text("x", "import-file")))
    with db.transaction() as tx:
        cases.open_case(tx, cases.NewCase(
            provider_id=place.provider_id, brand_id=place.brand_id, idem="panel:1", way=Way.PAPER,
            received_at=clock.now(), person=Person(name="Nazlı Kırşehirli", tckn="10000000146"),
            wish="Bilgi istiyorum.", rights=["B"]))
    user = conn.execute("select max(user_id) from membership where provider_id = %s",
                        [place.provider_id]).fetchone()[0]
    conn.execute("insert into audit_entry (provider_id, user_id, action, subject) values "
                 "(%s, %s, 'brand:change', 'brand:1')", (place.provider_id, user))


def body(page: str) -> str:
    return page.partition("<tbody")[2].partition("</tbody>")[0]


def keep(client: Any, name: str, query: str, **more: str) -> Any:
    return client.post("/gorunumler/", data={
        "csrf_token": token_of(client), "list": name, "query": query, "name": "Sabah",
        "wish": "new"} | more)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_by_its_address_and_says_when_nothing_is_left(
        admin: Any, name: str) -> None:
    path, fits, other, _column = LISTS[name]
    assert MARKS[name] in body(admin.get(path).text)
    assert MARKS[name] in body(admin.get(f"{path}?{fits}").text)
    nothing = admin.get(f"{path}?{other}").text
    assert body(nothing) == ""
    assert "Süzgeçleri temizle" in nothing


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_by_days(admin: Any, name: str) -> None:
    path = LISTS[name][0]
    assert MARKS[name] in body(admin.get(f"{path}?tarih_from=2000-01-01").text)
    assert body(admin.get(f"{path}?tarih_from=2190-01-01").text) == ""
    assert admin.get(f"{path}?tarih_from=d%C3%BCn").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_columns_of_a_list_are_chosen_by_its_address(admin: Any, name: str) -> None:
    path, _fits, _other, column = LISTS[name]
    def heads(page: str) -> int:
        return page.partition("<thead")[2].partition("</thead>")[0].count("<th ")

    assert heads(admin.get(f"{path}?sutun={column}").text) == 2
    assert heads(admin.get(path).text) > 4
    assert heads(admin.get(f"{path}?sutun=yok").text) > 4


@pytest.mark.parametrize("name", LISTS)
def test_a_view_of_a_list_is_kept_opens_it_and_is_its_makers(
        app: Any, place: Any, admin: Any, name: str) -> None:
    path, fits, _other, column = LISTS[name]
    saved = keep(admin, name, f"{fits}&sutun={column}", first="1")
    assert saved.status_code == 303
    number = re.search(r"gorunum=(\d+)", saved.location)[1]  # type: ignore[index]
    assert admin.get(f"/gorunumler/{number}").location == saved.location
    assert admin.get(path).location == saved.location
    assert 'role="rowheader"' in body(admin.get(saved.location).text)
    assert admin.get(f"{path}?gorunum=0").status_code == 200
    other = sign_in(app, user_with(app, "provider_admin", place))
    assert other.get(path).status_code == 200
    assert other.get(f"/gorunumler/{number}").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_what_is_odd_in_an_address_is_left_out(admin: Any, name: str) -> None:
    path = LISTS[name][0]
    for query in ("durum=%00", "durum=9999999999999999999", "marka=-1", "kanal=x", "once=x",
                  "sutun=%27", "once=99999999999999999999999"):
        assert admin.get(f"{path}?{query}", follow_redirects=True).status_code == 200, query


@pytest.mark.parametrize("name", [one for one in LISTS if one != "AuditView"])
def test_a_filter_names_what_the_reader_sees_and_nothing_of_others(
        app: Any, place_b: Any, admin: Any, name: str) -> None:
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    page = stranger.get(LISTS[name][0]).text
    assert MARKS[name] not in body(page)
    foreign = db.connection().execute("select max(id) from brand").fetchone()[0]
    assert body(admin.get(f"{LISTS[name][0]}?marka={foreign + 1}").text) != ""


def test_where_a_page_begins_goes_with_the_question(admin: Any, place: Any) -> None:
    for _n in range(30):
        plan.create((place.provider_id, place.brand_id, None), draft(), by=None)
    page = admin.get("/kampanyalar/?durum=1").text
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert "durum=1" in older
    assert body(admin.get(older).text).count("<tr") == 6


def test_a_network_address_that_was_looked_for_is_part_of_no_view(admin: Any) -> None:
    admin.get("/denetim/list/")
    found = admin.post("/denetim/ara", data={"csrf_token": token_of(admin), "q": "127.0.0.1"})
    page = admin.get(found.location).text
    kept = re.search(r'name="query" value="([^"]*)"', page)[1]  # type: ignore[index]
    assert "bul=" in found.location
    assert "bul=" not in kept


def test_the_file_of_requests_holds_what_the_list_shows(admin: Any) -> None:
    page = admin.get("/basvurular/?yol=2").text
    path = re.search(r'href="(/basvurular/[^"]*csv[^"]*)"', page)[1]  # type: ignore[index]
    assert "yol=2" in path
    assert "BSV-" not in admin.get(path.replace("&amp;", "&")).text
    assert "BSV-" in admin.get(path.replace("yol=2", "yol=3").replace("&amp;", "&")).text


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_no_statement_per_row(app: Any, admin: Any, place: Any, name: str) -> None:
    with heard(app) as statements:
        admin.get(LISTS[name][0])
    assert len(statements) <= 30


def test_the_list_of_notices_and_explicit_consents_is_kept_as_a_view_too(
        app: Any, conn: Any, place: Any, admin: Any) -> None:
    saved = keep(admin, "KvkkView", "islem=3&sutun=metin", first="1")
    assert admin.get("/kvkk/").location == saved.location
    page = admin.get(saved.location).text
    assert 'name="sutun" value="metin" checked' in page
    assert 'name="sutun" value="bayi" checked' not in page
    assert admin.get("/kvkk/?gorunum=0").status_code == 200
