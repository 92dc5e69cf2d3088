"""Memberships that rest, move, and go to somebody else; and the work space one comes back to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.panel.people import dealer_of, sign_in, token_of, user_with


def number(name: str) -> int:
    return int(db.connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()[0])


def held(name: str) -> list[Any]:
    return db.connection().execute(
        "select role, brand_id, dealer_id, suspended_at is not null from membership "
        "where user_id = %s order by id", (number(name),)).fetchall()


def first(name: str) -> int:
    return int(db.connection().execute(
        "select min(id) from membership where user_id = %s", (number(name),)).fetchone()[0])


def post(client: Any, path: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **data},
                       headers={"Referer": "http://localhost/"})


def deed(client: Any, name: str, what: str, **data: Any) -> Any:
    return post(client, f"/kullanicilar/{number(name)}/{what}/{first(name)}", **data)


@pytest.fixture
def admin_name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


@pytest.fixture
def admin(app: Any, admin_name: str) -> Any:
    return sign_in(app, admin_name)


def test_a_right_that_rests_ends_the_session_and_opens_nothing_until_it_goes_on(
    app: Any, place: Any, admin: Any
) -> None:
    name = user_with(app, "report_viewer", place)
    client = sign_in(app, name)
    assert deed(admin, name, "yetki-durdur").status_code == 302
    assert client.get("/").status_code == 302  # the session is gone
    again = sign_in(app, name)
    assert again.get("/markalar/list/").status_code == 403
    assert "Durduruldu" in admin.get(f"/kullanicilar/show/{number(name)}").text
    assert deed(admin, name, "yetki-surdur").status_code == 302
    assert again.get("/markalar/list/").status_code == 200


def test_nobody_suspends_themselves_nor_the_last_admin_of_a_provider(
    app: Any, place: Any, admin: Any, admin_name: str
) -> None:
    platform = sign_in(app, user_with(app, "platform_admin"))
    deed(admin, admin_name, "yetki-durdur")
    deed(platform, admin_name, "yetki-durdur")
    answer = post(platform, f"/kullanicilar/{number(admin_name)}/ac-kapat", active="0")
    assert (answer.status_code, "son yöneticisi durdurulamaz" in answer.text) == (409, True)
    assert held(admin_name) == [("provider_admin", None, None, False)]
    other = user_with(app, "provider_admin", place)
    assert deed(admin, other, "yetki-durdur").status_code == 302
    assert held(other)[0][3] is True
    deed(platform, admin_name, "yetki-durdur")  # who rests does not count
    assert held(admin_name)[0][3] is False


def test_a_right_moves_within_the_movers_sight_alone(
    app: Any, place: Any, place_b: Any, admin: Any
) -> None:
    mine, other, strange = dealer_of(place), dealer_of(place, "Karşıyaka"), dealer_of(place_b)
    name = user_with(app, "dealer_user", place, dealer_id=mine)
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    for client, to in ((manager, other), (admin, strange)):
        assert deed(client, name, "yetki-tasi", place=f"d{to}").status_code == 200
        assert held(name)[0][2] == mine
    page = deed(admin, name, "yetki-tasi", place=f"b{place.brand_id}")
    assert "Bu rol bu düzeyde verilemez." in page.text
    assert deed(admin, name, "yetki-tasi", place=f"d{other}").status_code == 302
    assert held(name) == [("dealer_user", place.brand_id, other, False)]
    assert deed(manager, name, "yetki-tasi", place=f"d{mine}").status_code == 404


def test_a_leaving_users_rights_go_to_another_and_their_work_keeps_their_name(
    app: Any, place: Any, admin: Any
) -> None:
    leaving = user_with(app, "compliance_officer", place)
    heir = user_with(app, "report_viewer", place)
    client = sign_in(app, leaving)
    db.connection().execute("insert into audit_entry (provider_id, user_id, action, subject) "
                            "values (%s, %s, 'import:open', 'import:1')",
                            (place.provider_id, number(leaving)))
    answer = post(admin, f"/kullanicilar/{number(leaving)}/devret", heir=number(heir))
    assert answer.status_code == 302
    assert held(leaving) == []
    assert {one[0] for one in held(heir)} == {"compliance_officer", "report_viewer"}
    assert client.get("/").status_code == 302
    assert db.connection().execute("select count(*) from audit_entry where user_id = %s "
                                   "and action = 'import:open'", (number(leaving),)
                                   ).fetchone()[0] == 1


def test_nobody_takes_a_strangers_or_a_stronger_ones_rights(
    app: Any, place: Any, place_b: Any, admin: Any, admin_name: str
) -> None:
    officer = user_with(app, "compliance_officer", place)
    stranger = user_with(app, "report_viewer", place_b)
    brand = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    for client, who, to in ((brand, officer, admin_name), (admin, stranger, officer),
                            (admin, officer, stranger), (admin, officer, admin_name)):
        post(client, f"/kullanicilar/{number(who)}/devret", heir=number(to))
    assert len(held(officer)) == len(held(stranger)) == 1


def test_a_work_space_is_remembered_at_the_next_sign_in_and_told(app: Any, place: Any) -> None:
    name = user_with(app, "report_viewer", place)
    dealer = dealer_of(place, "Karşıyaka Lale")
    db.connection().execute(
        "insert into membership (user_id, role, provider_id, brand_id, dealer_id) "
        "values (%s, 'dealer_user', %s, %s, %s)",
        (number(name), place.provider_id, place.brand_id, dealer))
    client = sign_in(app, name)
    assert "Karşıyaka" not in client.get("/hesabim/").text.partition("place-card")[2][:400]
    space = re.search(r'name="workspace" value="(\d+)"[^>]*>(?:(?!</button>).)*Karşıyaka',
                      client.get("/").text, re.DOTALL)
    assert space
    assert post(client, "/calisma-alani", workspace=space.group(1)).status_code == 302
    again = sign_in(app, name)
    assert "Karşıyaka" in again.get("/").text.partition("place-card")[2][:400]
    assert db.connection().execute(
        "select detail from audit_entry where action = 'workspace:switch' and user_id = %s",
        (number(name),)).fetchall() == [({"role": "dealer_user"},)]
