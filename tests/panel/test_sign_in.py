"""Signing in and out: sessions that really end, guessing that is slow, rights that do not grow."""

from __future__ import annotations

from typing import Any

import pytest

import config
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.core.errors import InvalidInput, NotAllowed
from ileti.tenancy import accounts, roles
from ileti.tenancy.scope import Scope
from ileti.web.sessions import COOKIE
from tests.panel.people import PASSWORD, dealer_of, sign_in, take, token_of, user_with


def _cookie(client: Any) -> str:
    kept = client.get_cookie(COOKIE)
    return kept.value if kept else ""


def test_signing_out_ends_the_session_for_good(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    stolen = _cookie(client)
    assert client.get("/izinler/").status_code == 200
    client.post("/logout/", data={"csrf_token": token_of(client)})
    thief = app.test_client()
    thief.set_cookie(COOKIE, stolen)
    assert thief.get("/izinler/").status_code == 302


def test_signing_in_gives_a_new_session_value(app: Any, place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    client = app.test_client()
    token = token_of(client, "/login/")
    before = _cookie(client)
    client.post("/login/", data={"username": name, "password": PASSWORD, "csrf_token": token})
    assert before
    assert _cookie(client) != before


def test_a_stranger_sent_to_the_sign_in_page_gets_no_session_and_no_foreign_sentence(
    app: Any,
) -> None:
    client = app.test_client()
    sent = client.get("/izinler/")
    assert sent.status_code == 302
    assert "Set-Cookie" not in sent.headers
    assert "Please log in" not in client.get(sent.location).text


def test_one_address_cannot_fill_the_table_of_sessions(app: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "capture_ip_per_minute", 1)
    client = app.test_client(use_cookies=False)
    client.environ_base["REMOTE_ADDR"] = "192.0.2.78"
    for _try in range(30):
        assert client.get("/login/").status_code == 200
    kept = [client.get("/login/").headers.get("Set-Cookie") for _try in range(3)]
    assert kept == [None] * 3


@pytest.mark.parametrize("field", ["username", "password"])
def test_a_character_no_text_can_hold_is_a_plain_400(app: Any, field: str) -> None:
    client = app.test_client()
    said = {"username": "ada", "password": "x", "csrf_token": token_of(client, "/login/")}
    assert client.post("/login/", data=said | {field: "a\0b"}).status_code == 400


def test_the_cookie_is_for_http_only_and_the_same_site(app: Any) -> None:
    answer = app.test_client().get("/login/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_database_keeps_no_session_value(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    rows = db.connection().execute("select encode(key, 'escape'), data::text from user_session")
    assert not [row for row in rows if _cookie(client) in row[0] + row[1]]


def test_guessing_a_password_becomes_slow(app: Any, place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    codes = []
    for _try in range(7):
        codes.append(client.post("/login/", data={
            "username": name, "password": "yanlis-parola-x",
            "csrf_token": token_of(client, "/login/")}).status_code)
    assert codes[:5] == [200] * 5
    assert codes[-1] == 429


def test_a_switched_off_user_is_out_at_once(app: Any, place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    client = sign_in(app, name)
    db.connection().execute("update ab_user set active = false where username = %s", (name,))
    assert client.get("/izinler/").status_code == 302


def test_a_user_without_a_place_sees_and_may_do_nothing(app: Any) -> None:
    with app.app_context():
        accounts.create_user("yersiz-kisi", PASSWORD, email="yersiz@ornek.test")
    client = sign_in(app, "yersiz-kisi")
    assert client.get("/").status_code == 403
    assert client.get("/izinler/").status_code == 403


@pytest.mark.parametrize("password", ["kisa", "aaaaaaaaaaaaaaa", "123456789012", "parola-parola-1"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.check_password(password, username="ada")


def test_nobody_gives_what_they_do_not_have(app: Any, place: Any, place_b: Any) -> None:
    brand = accounts.Giver(roles.GRANTS["brand_manager"], "brand_manager",
                           Scope(provider_id=place.provider_id, brand_id=place.brand_id))
    tries = [("provider_admin", {"provider_id": place.provider_id}),
             ("platform_admin", {}),
             ("brand_manager", {"provider_id": place_b.provider_id, "brand_id": place_b.brand_id})]
    for role, where in tries:
        at = {"provider_id": None, "brand_id": None, "dealer_id": None} | where
        with pytest.raises(NotAllowed):
            accounts.refuse_overreach(brand, role, **at)


def test_rights_of_one_work_space_do_not_leak_into_another(app: Any, place: Any,
                                                           place_b: Any) -> None:
    name = user_with(app, "report_viewer", place)
    with app.app_context():
        user = db.connection().execute(
            "select id from ab_user where username = %s", (name,)).fetchone()[0]
        other = accounts.give_membership(user, "provider_admin", provider_id=place_b.provider_id)
    client = sign_in(app, name)
    assert client.get("/izinler/").status_code == 403
    client.post("/calisma-alani", data={"csrf_token": token_of(client), "workspace": str(other)})
    assert client.get("/izinler/").status_code == 200


def test_opening_an_address_is_audited_and_needs_the_right(app: Any, place: Any) -> None:
    entry = take(place, "+905993000001").items[0].entry_id
    path = f"/izinler/{record_number(entry)}"
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    assert "+90 599 300 00 01" not in officer.get(path).text
    shown = officer.post(f"{path}/adres", data={"csrf_token": token_of(officer)})
    assert "+90 599 300 00 01" in shown.text
    seen = db.connection().execute(
        "select count(*) from audit_entry where action = 'consent:reveal' and provider_id = %s",
        (place.provider_id,)).fetchone()
    assert seen[0] == 1
    marketer = sign_in(app, user_with(app, "marketer", place))
    again = marketer.post(f"{path}/adres", data={"csrf_token": token_of(marketer)})
    assert again.status_code == 403


def test_a_refusal_recorded_in_the_panel_works_at_once(app: Any, place: Any) -> None:
    entry = take(place, "+905993000002", dealer_id=dealer_of(place)).items[0].entry_id
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    answer = agent.post(f"/izinler/{record_number(entry)}/ret", follow_redirects=True,
                        data={"csrf_token": token_of(agent), "source": "HS_CAGRI_MERKEZI"})
    assert "Alıcı ret verdi." in answer.text
    kept = db.connection().execute(
        "select status, source from consent_state where provider_id = %s",
        (place.provider_id,)).fetchall()
    assert kept == [(2, 10)]
