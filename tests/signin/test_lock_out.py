"""Guessing is slow for the guesser; nobody can lock somebody else out."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from ileti.signin.devices import COOKIE
from ileti.tenancy import logins
from ileti.tenancy.logins import FREE_EVERYWHERE, Guess
from tests.panel.people import PASSWORD, sign_in, token_of, user_with
from tests.signin.people import code, password_step, post, send_code, user_id, with_app


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


def _try(app: Any, name: str, address: str, password: str = "yanlis-parola-x",
         device: str = "") -> Any:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    if device:
        client.set_cookie(COOKIE, device, path="/login")
    return client.post("/login/", data={"username": name, "password": password,
                                        "csrf_token": token_of(client, "/login/")})


def _guess_from_many_networks(name: str) -> None:
    for number in range(FREE_EVERYWHERE + 2):
        logins.count_failure(name, f"198.{18 + number // 200}.{number % 200}.9")


def test_a_guesser_elsewhere_does_not_lock_the_owner_out(app: Any, name: str) -> None:
    for _number in range(8):
        last = _try(app, name, "203.0.113.5")
    assert last.status_code == 429
    assert _try(app, name, "203.0.113.77").status_code == 429  # the same network
    assert _try(app, name, "192.0.2.20", PASSWORD).status_code == 302


def test_many_networks_together_are_slow_too_but_not_for_a_browser_that_is_known(
    app: Any, name: str
) -> None:
    owner = password_step(app, name, address="192.0.2.21")
    device = owner.get_cookie(COOKIE, path="/login").value
    _guess_from_many_networks(name)
    assert _try(app, name, "192.0.2.22", PASSWORD).status_code == 429
    assert _try(app, name, "192.0.2.22", PASSWORD, device).status_code == 302


def test_an_office_full_of_slips_does_not_stop_a_known_browser(app: Any, name: str) -> None:
    owner = password_step(app, name, address="192.0.2.40")
    device = owner.get_cookie(COOKIE, path="/login").value
    for number in range(32):
        logins.count_failure(f"biri-{number}", "192.0.2.40")
    assert _try(app, name, "192.0.2.40", PASSWORD).status_code == 429
    assert _try(app, name, "192.0.2.40", PASSWORD, device).status_code == 302


def test_a_known_browser_guesses_slowly_as_well(app: Any, name: str) -> None:
    owner = password_step(app, name, address="192.0.2.23")
    device = owner.get_cookie(COOKIE, path="/login").value
    seen = [_try(app, name, f"192.0.2.{30 + n}", device=device).status_code for n in range(7)]
    assert seen[:5] == [200] * 5
    assert seen[-1] == 429


@pytest.mark.parametrize("device", ["x" * 43, "A" * 42, "'; drop", "ç" * 43])
def test_a_made_up_device_is_worth_nothing(app: Any, name: str, device: str) -> None:
    _guess_from_many_networks(name)
    assert _try(app, name, "192.0.2.24", PASSWORD, device).status_code == 429


def test_somebody_elses_device_is_worth_nothing(app: Any, name: str, place: Any) -> None:
    other = password_step(app, user_with(app, "marketer", place))
    device = other.get_cookie(COOKIE, path="/login").value
    _guess_from_many_networks(name)
    assert _try(app, name, "192.0.2.25", PASSWORD, device).status_code == 429


def test_right_second_steps_never_add_up_to_a_lock_of_the_office(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    address = "192.0.2.50"
    for number in range(34):
        logins.count_failure(f"step:{number}", address, guess=Guess.STEP)
        logins.forgive(f"step:{number}", address, guess=Guess.STEP, counted=True)
    client = password_step(app, name, address=address)
    assert send_code(client, code(secret)).status_code == 302


def test_another_programs_network_cannot_slow_a_program_down() -> None:
    for number in range(60):
        logins.count_failure("api:depo", f"198.51.{number}.1", guess=Guess.PROGRAM)
    assert logins.wait_before_login("api:depo", "192.0.2.61", guess=Guess.PROGRAM) == 0


def test_waiting_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = []
    for _number in range(16):
        logins.count_failure("sabirsiz", "192.0.2.62")
        waits.append(logins.wait_before_login("sabirsiz", "192.0.2.62"))
    assert waits[:4] == [0] * 4
    assert waits[4:8] == [10, 20, 40, 80]
    assert waits[-1] == 900


def test_what_was_tried_an_hour_ago_is_forgotten() -> None:
    for _number in range(6):
        logins.count_failure("gecmis", "192.0.2.63")
    db.connection().execute("update login_limit set until = until - interval '2 hours'")
    logins.count_failure("gecmis", "192.0.2.63")
    assert logins.wait_before_login("gecmis", "192.0.2.63") == 0


# -- the log ---------------------------------------------------------------------------------------


def test_ones_own_log_tells_of_sign_ins_and_failures_and_of_nobody_else(
    app: Any, name: str, place: Any
) -> None:
    other = user_with(app, "marketer", place)
    _try(app, name, "203.0.113.99")
    _try(app, other, "203.0.113.98")
    page = sign_in(app, name).get("/hesabim/guvenlik/").text
    for part in ("Giriş yaptı", "Giriş başarısız", "203.0.113.99", "Yalnız parola"):
        assert part in page
    assert "203.0.113.98" not in page


def test_the_log_for_admins_shows_accounts_of_the_own_provider_only(
    app: Any, name: str, place: Any, place_b: Any
) -> None:
    admin, foreign = sign_in(app, name), user_with(app, "marketer", place_b)
    _try(app, foreign, "203.0.113.97")
    post(admin, f"/kullanicilar/edit/{user_id(user_with(app, 'marketer', place))}",
         first_name="Ece", last_name="Su", email=f"ece-{user_id(name)}@ornek.com.tr")
    page = admin.get("/guvenlik-gunlugu/list/").text
    assert "Kullanıcıyı değiştirdi" in page
    assert "203.0.113.97" not in page
    viewer = sign_in(app, user_with(app, "marketer", place))
    assert viewer.get("/guvenlik-gunlugu/list/").status_code == 403
