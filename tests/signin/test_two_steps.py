"""The second step: asked before anything opens, taken once, guessed slowly, reset by the right."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import config
from ileti.core import clock, db, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.signin import twostep
from ileti.tenancy import accounts, roles
from ileti.web.sessions import COOKIE
from tests.panel.people import PASSWORD, sign_in, token_of, user_with
from tests.signin.people import (
    code,
    deeds_of,
    mails_to,
    password_step,
    post,
    send_code,
    user_id,
    with_app,
)


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


@pytest.fixture
def duty(monkeypatch: Any) -> None:
    """As in production: some roles must have a second step."""
    monkeypatch.setattr(config.settings(), "two_step_by_role", True)


def _cookie(client: Any) -> str:
    return str(client.get_cookie(COOKIE).value)


# -- nothing opens in between ----------------------------------------------------------------------


def test_the_password_alone_opens_nothing(app: Any, name: str) -> None:
    with_app(app, name)
    client = password_step(app, name)
    for path in ("/", "/izinler/", "/hesabim/", "/kullanicilar/list/", "/hesabim/iki-adim/"):
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 302)
        assert "/login/" in answer.location
    assert "login" not in deeds_of(name)


def test_the_code_opens_and_the_session_value_changes_at_both_steps(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    client = app.test_client()
    token = token_of(client, "/login/")
    values = [_cookie(client)]
    client.post("/login/", data={"username": name, "password": PASSWORD, "csrf_token": token})
    values.append(_cookie(client))
    assert send_code(client, code(secret)).status_code == 302
    values.append(_cookie(client))
    assert client.get("/izinler/").status_code == 200
    assert len(set(values)) == 3
    thief = app.test_client()
    thief.set_cookie(COOKIE, values[1])
    assert thief.get("/izinler/").status_code == 302
    assert deeds_of(name)[-1] == "login"


def test_a_visitor_without_the_password_sees_no_second_step(app: Any) -> None:
    client = app.test_client()
    for path in ("/login/ikinci-adim", "/login/kur"):
        assert client.get(path).location.endswith("/login/")


def test_a_half_session_ends_with_the_password_it_was_opened_by(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    client = password_step(app, name)
    token = token_of(client, "/login/ikinci-adim")
    with app.app_context():
        accounts.set_password(user_id(name), "baska-uzun-bir-parola")
    answer = client.post("/login/ikinci-adim", data={"code": code(secret), "csrf_token": token})
    assert answer.location.endswith("/login/")
    assert client.get("/izinler/").status_code == 302


def test_a_half_session_is_over_after_ten_minutes(app: Any, name: str) -> None:
    with_app(app, name)
    client = password_step(app, name)
    db.connection().execute(
        "update user_session set data = jsonb_set(data, '{half,until}', '1') "
        "where data->'half'->>'user' = %s", (str(user_id(name)),))
    assert client.get("/login/ikinci-adim").status_code == 302


# -- codes -----------------------------------------------------------------------------------------


def test_a_code_is_taken_once(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    typed = code(secret)
    assert send_code(password_step(app, name), typed).status_code == 302
    again = password_step(app, name)
    assert send_code(again, typed).status_code == 200
    assert send_code(again, code(secret, later=-1)).status_code == 200
    assert again.get("/izinler/").status_code == 302
    assert send_code(again, code(secret, later=1)).status_code == 302


def test_of_many_requests_with_one_code_one_gets_in(app: Any, name: str) -> None:
    secret, codes = with_app(app, name)

    def take(typed: str) -> str | None:
        with app.app_context():
            way = twostep.take_code(user_id(name), typed)
            orm.db.session.commit()
            return way

    with ThreadPoolExecutor(8) as crowd:
        assert sorted(filter(None, crowd.map(take, [code(secret)] * 8))) == ["app"]
        assert sorted(filter(None, crowd.map(take, [codes[0]] * 8))) == ["recovery"]


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "１２３４５６", "abcdef", "a" * 40, "'; --"])
def test_what_is_no_code_is_refused(app: Any, name: str, typed: str) -> None:
    with_app(app, name)
    assert send_code(password_step(app, name), typed).status_code == 200


def test_a_recovery_code_works_once_in_any_spelling_and_is_told(app: Any, name: str) -> None:
    _secret, codes = with_app(app, name)
    assert send_code(password_step(app, name), f" {codes[3].upper()} ").status_code == 302
    assert send_code(password_step(app, name), codes[3]).status_code == 200
    with app.app_context():
        assert twostep.means_of(user_id(name)).codes_left == 9
    assert "recovery_used" in mails_to(name)


def test_another_users_recovery_code_is_worth_nothing(app: Any, name: str, place: Any) -> None:
    other = user_with(app, "marketer", place)
    with_app(app, name)
    _secret, codes = with_app(app, other)
    assert send_code(password_step(app, name), codes[0]).status_code == 200


def test_guessing_codes_becomes_slow_from_everywhere(app: Any, name: str) -> None:
    with_app(app, name)
    seen = []
    for number in range(7):
        client = password_step(app, name, address=f"192.0.2.{100 + number}")
        seen.append(send_code(client, "000000").status_code)
    assert seen[:5] == [200] * 5
    assert seen[-1] == 429
    assert deeds_of(name).count("second_step_failed") >= 5


def test_the_database_keeps_no_secret_and_no_code_in_clear(app: Any, name: str) -> None:
    secret, codes = with_app(app, name)
    kept = db.connection().execute(
        "select totp_secret from user_security where user_id = %s", (user_id(name),)).fetchone()
    assert secret not in kept[0]
    assert secrets().keyring.decrypt_text(kept[0], "two-step") == secret
    with pytest.raises(CannotDecrypt):
        secrets().keyring.decrypt_text(kept[0], "iys-password")
    rows = db.connection().execute("select encode(digest, 'escape') from recovery_code "
                                   "where user_id = %s", (user_id(name),)).fetchall()
    assert len(rows) == 10
    assert not [row for row in rows if codes[0].replace("-", "") in row[0]]


# -- a duty ----------------------------------------------------------------------------------------


def test_in_production_the_roles_that_open_addresses_must_have_it() -> None:
    production = config.settings().model_copy(update={"ileti_env": "production"})
    assert production.two_steps
    assert not config.settings().two_steps
    assert {"platform_admin", "provider_admin", "compliance_officer", "call_centre_agent",
            "brand_manager", "dealer_manager"} == roles.TWO_STEPS  # the last two make API accounts
    assert all("consent:reveal" not in roles.GRANTS[key]
               for key in roles.GRANTS.keys() - roles.TWO_STEPS)


def test_whoever_must_have_it_is_led_to_setting_it_up_and_can_do_nothing_else(
    app: Any, name: str, duty: None
) -> None:
    client = password_step(app, name)
    assert client.get("/izinler/").status_code == 302
    assert client.get("/login/ikinci-adim").status_code == 302
    page = client.get("/login/kur").text
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", page).group(1).replace(" ", "")
    assert "<svg" in page
    assert "style=" not in page
    wrong = post(client, "/login/kur", "/login/kur", code="000000")
    assert wrong.status_code == 200
    assert client.get("/izinler/").status_code == 302
    shown = post(client, "/login/kur", "/login/kur", code=code(secret))
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", shown.text)
    assert len(codes) == 10
    assert client.get("/izinler/").status_code == 200
    assert codes[0] not in client.get("/login/kur").text
    assert deeds_of(name)[-2:] == ["two_step:on", "login"]
    assert "two_step_on" in mails_to(name)
    assert send_code(password_step(app, name), codes[0]).status_code == 302


def test_a_role_that_opens_no_address_signs_in_by_password(app: Any, place: Any,
                                                           duty: None) -> None:
    assert sign_in(app, user_with(app, "marketer", place)).get("/izinler/").status_code == 200


def test_a_provider_may_ask_it_of_everybody(app: Any, place: Any) -> None:
    marketer = user_with(app, "marketer", place)
    db.connection().execute("update provider set two_step = true where id = %s",
                            (place.provider_id,))
    assert password_step(app, marketer).get("/login/kur").status_code == 200


# -- one's own -------------------------------------------------------------------------------------


def test_one_switches_it_on_and_off_oneself(app: Any, name: str) -> None:
    client = sign_in(app, name)
    page = client.get("/hesabim/iki-adim/kur").text
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", page).group(1).replace(" ", "")
    shown = post(client, "/hesabim/iki-adim/kur", code=code(secret, later=-1))
    assert "kurtarma" in shown.text.lower()
    assert "two_step:on" in deeds_of(name)
    half_off = post(client, "/hesabim/iki-adim/kapat", password=PASSWORD, code="000000")
    assert half_off.status_code == 200
    assert post(client, "/hesabim/iki-adim/kapat", password="yanlis-parola-x",
                code=code(secret)).status_code == 200
    with app.app_context():
        assert twostep.means_of(user_id(name)).app
    assert post(client, "/hesabim/iki-adim/kapat", password=PASSWORD,
                code=code(secret)).status_code == 302
    with app.app_context():
        assert not twostep.means_of(user_id(name))
        assert twostep.means_of(user_id(name)).codes_left == 0
    assert {"two_step_on", "two_step_off"} <= set(mails_to(name))


def test_where_it_is_a_duty_it_cannot_be_switched_off(app: Any, name: str, duty: None) -> None:
    secret, _codes = with_app(app, name)
    client = password_step(app, name)
    send_code(client, code(secret))
    post(client, "/hesabim/iki-adim/kapat", password=PASSWORD, code=code(secret, later=1))
    with app.app_context():
        assert twostep.means_of(user_id(name)).app


def test_new_recovery_codes_end_the_old_ones(app: Any, name: str) -> None:
    secret, codes = with_app(app, name)
    client = password_step(app, name)
    send_code(client, code(secret))
    assert post(client, "/hesabim/iki-adim/kodlar").status_code == 200
    assert send_code(password_step(app, name), codes[0]).status_code == 200


# -- lost ------------------------------------------------------------------------------------------


def test_an_admin_resets_a_lost_second_step(app: Any, name: str, place: Any) -> None:
    lost = user_with(app, "marketer", place)
    with_app(app, lost)
    admin = sign_in(app, name)
    assert "İkinci adımı sıfırla" in admin.get(f"/kullanicilar/show/{user_id(lost)}").text
    path = f"/kullanicilar/ikinci-adim/{user_id(lost)}/sifirla"
    assert post(admin, path).status_code == 302
    assert sign_in(app, lost).get("/izinler/").status_code == 200
    assert "two_step:reset" in deeds_of(lost)
    assert "two_step_reset" in mails_to(lost)


def test_nobody_resets_somebody_stronger_somebody_elses_or_themselves(
    app: Any, name: str, place: Any, place_b: Any
) -> None:
    platform, foreign = user_with(app, "platform_admin"), user_with(app, "marketer", place_b)
    admin = sign_in(app, name)
    for one in (platform, foreign, name):
        with_app(app, one)
        answer = post(admin, f"/kullanicilar/ikinci-adim/{user_id(one)}/sifirla")
        assert answer.status_code in (403, 404)
        with app.app_context():
            assert twostep.means_of(user_id(one)).app


def test_the_code_of_the_clock_next_door_fits_and_an_older_one_does_not(app: Any) -> None:
    secret = twostep.new_secret()
    now = int(clock.now().timestamp()) // 30
    assert twostep.fitting_step(secret, code(secret, later=1)) in (now + 1, now + 2)
    assert twostep.fitting_step(secret, code(secret, later=-3)) is None


def test_the_command_line_resets_it_too(app: Any, name: str) -> None:
    from ileti.cli.users import reset_second_step
    from ileti.core.errors import NotFound

    with_app(app, name)
    with app.app_context():
        reset_second_step(name)
    assert sign_in(app, name).get("/izinler/").status_code == 200
    kept = db.connection().execute(
        "select detail->>'program' from audit_entry where subject = %s and action = "
        "'two_step:reset'", (f"ab_user:{user_id(name)}",)).fetchone()
    assert kept == ("ileti user reset-two-step",)
    with pytest.raises(NotFound):
        reset_second_step("boyle-biri-yok")
