"""“Confirm it is you”: an old proof opens nothing that matters, and no form is lost in silence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from ileti.core import db
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.panel.people import PASSWORD, sign_in, token_of, user_with
from tests.signin.people import code, deeds_of, password_step, post, send_code, user_id, with_app

GATED = {
    "ApiAccountView.add", "ApiAccountView.edit", "ApiAccountView.make_key",
    "SiteView.change_secret", "SiteView.show_secret", "WebhookView.make_secret",
    "ProviderView.edit", "WizardLoginView.edit", "WizardCompanyView.edit",
    "UserView.add", "UserView.edit", "UserView.give", "UserView.take", "UserView.switch",
    "RoleView.add", "RoleView.edit", "RoleView.retire", "InviteView.add", "InviteView.renew",
    "UserView.give_password", "TwoStepResetView.reset", "TwoStepView.enrol", "TwoStepView.codes",
    "PasskeyView.new", "PasskeyView.options", "PasskeyView.add", "PasskeyView.remove",
    "RequestEndView.take_copy", "ConsentView.prove", "MessageView.bundle",
    "MessageView.complaint", "DayView.download", "ImportView.report", "ImportView.workbook",
}


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


def _grow_old(client: Any) -> None:
    key = logins.session_key(client.get_cookie(COOKIE).value)
    db.connection().execute("update user_session set data = jsonb_set(data, '{proved_at}', '1') "
                            "where key = %s", (key,))


def test_these_views_and_no_others_ask_for_a_fresh_proof(app: Any) -> None:
    found = {endpoint for endpoint, view in app.view_functions.items()
             if getattr(view, "_ileti_confirmed", False)}
    assert found | {"WizardCompanyView.edit"} == GATED


@pytest.mark.parametrize("endpoint", sorted(GATED))
def test_an_old_proof_opens_none_of_them(app: Any, endpoint: str, aged: Any) -> None:
    rule = next(one for one in app.url_map.iter_rules() if one.endpoint == endpoint)
    method = "POST" if "POST" in rule.methods else "GET"
    path = app.url_map.bind("localhost").build(
        endpoint, {name: "2026-11-30" if name == "day" else 1 for name in rule.arguments},
        method=method)
    client, token = aged
    answer = client.open(path, method=method, data={"csrf_token": token})
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/onay/")


@pytest.fixture(scope="module")
def aged(app: Any) -> tuple[Any, str]:
    """A platform admin whose proof is old, and a token of the session."""
    client = sign_in(app, user_with(app, "platform_admin"))
    _grow_old(client)
    return client, token_of(client)


def test_a_form_that_was_stopped_did_nothing_and_says_so_after_the_proof(
    app: Any, name: str, place: Any
) -> None:
    other = user_with(app, "marketer", place)
    client, page = sign_in(app, name), f"/kullanicilar/show/{user_id(other)}"
    _grow_old(client)
    stopped = client.post(f"/kullanicilar/{user_id(other)}/ac-kapat", data={
        "csrf_token": token_of(client), "active": "0"},
        headers={"Referer": f"http://localhost{page}"})
    asked = client.get(stopped.location)
    assert "Henüz hiçbir şey yapılmadı" in asked.text
    wrong = post(client, stopped.location, by="password", password="yanlis-parola-x", next=page,
                 form="1")
    assert wrong.status_code == 200
    done = post(client, stopped.location, by="password", password=PASSWORD, next=page, form="1")
    assert done.location == page
    assert "düğmeye yeniden basın" in client.get(page).text
    active = db.connection().execute("select active from ab_user where username = %s",
                                     (other,)).fetchone()
    assert active == (True,)
    post(client, f"/kullanicilar/{user_id(other)}/ac-kapat", active="0")
    active = db.connection().execute("select active from ab_user where username = %s",
                                     (other,)).fetchone()
    assert active == (False,)
    assert "confirm_failed" in deeds_of(name)


def test_a_code_confirms_too_and_is_used_up(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    client = password_step(app, name)
    send_code(client, code(secret))
    _grow_old(client)
    assert client.get("/hesabim/iki-adim/kur").location.startswith("/onay/")
    assert post(client, "/onay/?next=/", by="code", code=code(secret)).status_code == 200
    done = post(client, "/onay/?next=/hesabim/iki-adim/kur", by="code",
                code=code(secret, later=1))
    assert done.location == "/hesabim/iki-adim/kur"
    assert client.get("/hesabim/iki-adim/kur").status_code == 200


def test_the_way_back_leads_to_no_other_host(app: Any, name: str) -> None:
    client = sign_in(app, name)
    for target in ("https://kotu.ornek.test/", "//kotu.ornek.test/", "/\\kotu.ornek.test"):
        answer = post(client, "/onay/", by="password", password=PASSWORD, next=target)
        assert urlsplit(answer.location).netloc == ""
        assert answer.location[1:2] not in ("/", "\\")
    _grow_old(client)
    stopped = client.post("/kullanicilar/1/ac-kapat", data={"csrf_token": token_of(client)},
                          headers={"Referer": "https://kotu.ornek.test/x"})
    assert "kotu" not in stopped.location


def test_the_password_cannot_be_guessed_there(app: Any, name: str) -> None:
    client = sign_in(app, name)
    codes = [post(client, "/onay/", by="password", password=f"tahmin-edilen-{number}",
                  next="/").status_code for number in range(7)]
    assert codes[:5] == [200] * 5
    assert codes[-1] == 429
