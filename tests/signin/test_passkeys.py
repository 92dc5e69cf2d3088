"""Passkeys in Chromium with a virtual authenticator: added, used alone, second and for confirming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import config
from ileti.core import db
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.browser.axe import browsing, look, serving
from tests.browser.test_account_pages import _give_password
from tests.panel.people import sign_in, token_of, user_with
from tests.signin.people import deeds_of, mails_to, password_step, post, user_id


@pytest.fixture(scope="module")
def base(app: Any) -> Iterator[str]:
    with serving(app) as address:
        yield address.replace("127.0.0.1", "localhost")


@pytest.fixture
def here(base: str, monkeypatch: Any) -> str:
    """The installation as people reach it: by a name."""
    monkeypatch.setattr(config.settings(), "public_url", base)
    return base


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


def _authenticator(page: Any, *, verified: bool = True) -> tuple[Any, str]:
    """A key inside the browser that always says yes."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verified,
        "automaticPresenceSimulation": True}})
    return cdp, made["authenticatorId"]


def _add(page: Any, called: str = "iş bilgisayarı") -> None:
    page.goto("/hesabim/gecis-anahtarlari/yeni")
    page.locator("#name").fill(called)
    page.locator("form[data-passkey] .btn").click()


def _sign_in(page: Any, name: str) -> None:
    with page.expect_navigation(url=lambda url: "/login" not in url and "/lang" not in url):
        _give_password(page, name, "tr")


def _use(page: Any, label: str, target: str) -> None:
    """Press the button, let the key answer, arrive."""
    with page.expect_navigation(url=target):
        page.get_by_role("button", name=label).click()


def _keys(name: str) -> list[Any]:
    return db.connection().execute(
        "select name, sign_count, used_at from passkey where user_id = %s",
        (user_id(name),)).fetchall()


@pytest.mark.browser
def test_a_passkey_is_added_used_and_removed(app: Any, here: str, chromium: Any,
                                             name: str) -> None:
    with browsing(chromium, here) as page:
        _sign_in(page, name)
        _authenticator(page)
        page.goto("/hesabim/gecis-anahtarlari/")
        look(page, "anahtar-yok")
        page.goto("/hesabim/gecis-anahtarlari/yeni")
        look(page, "anahtar-yeni")
        _add(page)
        page.wait_for_selector(".recovery")
        page.locator("main .btn.primary").click()
        page.wait_for_url("**/gecis-anahtarlari/")
        look(page, "anahtarlar")
        page.context.clear_cookies()
        page.goto("/login/?next=/izinler/")  # alone
        look(page, "giris")
        _use(page, "Geçiş anahtarıyla gir", f"{here}/izinler/")
        page.context.clear_cookies()
        _give_password(page, name, "tr")  # as the second step
        page.wait_for_selector("#code")
        assert page.request.get("/izinler/").url.partition("?")[0].endswith("/login/")
        _use(page, "Geçiş anahtarı kullan", f"{here}/")
        page.goto("/onay/?next=/hesabim/gecis-anahtarlari/")
        look(page, "onay-anahtar")
        _use(page, "Geçiş anahtarı kullan", f"{here}/hesabim/gecis-anahtarlari/")
        assert _keys(name)[0][1] >= 3
        page.get_by_role("button", name="Sil").first.click()
        page.locator("dialog[open] .danger-solid").click()
        page.wait_for_selector(".empty")
    assert _keys(name) == []
    assert {"passkey:add", "passkey:remove", "login"} <= set(deeds_of(name))
    assert {"passkey_on", "passkey_off"} <= set(mails_to(name))


@pytest.mark.browser
def test_a_key_without_finger_or_pin_is_no_proof(app: Any, here: str, chromium: Any,
                                                 name: str) -> None:
    with browsing(chromium, here) as page:
        _sign_in(page, name)
        cdp, key = _authenticator(page)
        _add(page)
        page.wait_for_selector(".recovery")
        cdp.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
        page.context.clear_cookies()
        page.goto("/login/")
        page.get_by_role("button", name="Geçiş anahtarıyla gir").click()
        page.wait_for_selector("[data-said]:not([hidden])")
        assert page.request.get("/izinler/").url.partition("?")[0].endswith("/login/")


def _said_by(page: Any) -> dict[str, Any]:
    """What the browser's key says to the options of this page, without sending it."""
    return page.evaluate("""async () => {
      const form = document.querySelector("form[data-passkey]");
      const body = new FormData(); body.append("csrf_token", form.elements.csrf_token.value);
      const wanted = await (await fetch(form.dataset.options, {method: "POST", body})).json();
      const key = await navigator.credentials.get(
        {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted)});
      return key.toJSON(); }""")


def _send(page: Any, credential: str) -> str:
    """Send it by the page's form; where one lands."""
    with page.expect_navigation():
        page.evaluate("""said => { const form = document.querySelector("form[data-passkey]");
          form.elements.credential.value = said; form.submit(); }""", credential)
    return str(page.request.get("/izinler/").url).partition("?")[0]


@pytest.mark.browser
def test_what_was_signed_before_elsewhere_or_by_another_is_refused(
    app: Any, here: str, chromium: Any, name: str, place: Any
) -> None:
    other = user_with(app, "marketer", place)
    with browsing(chromium, here) as page:
        _sign_in(page, name)
        _authenticator(page)
        _add(page)
        page.wait_for_selector(".recovery")
        page.context.clear_cookies()
        page.goto("/login/")
        good = _said_by(page)
        page.goto("/login/")
        _said_by(page)  # another challenge stands in the session now
        assert _send(page, json.dumps(good)).endswith("/login/")
        page.goto("/login/")
        fresh = _said_by(page)
        forged = fresh | {"response": fresh["response"] | {"userHandle": "AAAA"}}
        assert _send(page, json.dumps(forged)).endswith("/login/")
        page.goto("/login/")
        fresh = _said_by(page)
        db.connection().execute("update passkey set sign_count = 1000 where user_id = %s",
                                (user_id(name),))
        assert _send(page, json.dumps(fresh)).endswith("/login/")  # a copy of the key
        db.connection().execute(
            "update passkey set sign_count = 0, user_id = %s where user_id = %s",
            (user_id(other), user_id(name)))
        page.goto("/login/")
        fresh = _said_by(page)
        assert _send(page, json.dumps(fresh)).endswith("/login/")  # not the handle's user
        db.connection().execute("update passkey set user_id = %s where user_id = %s",
                                (user_id(name), user_id(other)))
        db.connection().execute("update ab_user set active = false where id = %s",
                                (user_id(name),))
        page.goto("/login/")
        assert _send(page, json.dumps(_said_by(page))).endswith("/login/")  # switched off
        db.connection().execute("update ab_user set active = true where id = %s",
                                (user_id(name),))
        page.goto("/login/")
        assert _send(page, json.dumps(_said_by(page))).endswith("/izinler/")


@pytest.mark.parametrize("brought", [
    "", "{}", "[]", "null", '{"id": 5}', '{"id": "AA", "response": {"userHandle": null}}',
    "{" * 500, '{"id": "ğ"}'])
def test_nonsense_is_a_sentence_and_not_a_fault(app: Any, here: str, name: str,
                                                brought: str) -> None:
    client = app.test_client()
    token = token_of(client, "/login/")
    client.post("/login/gecis-anahtari/secenekler", data={"csrf_token": token})
    answer = client.post("/login/gecis-anahtari/", data={"csrf_token": token,
                                                         "credential": brought})
    assert answer.location.endswith("/login/")
    own = sign_in(app, name)
    post(own, "/hesabim/gecis-anahtarlari/secenekler")
    assert post(own, "/hesabim/gecis-anahtarlari/ekle", credential=brought,
                name="x").location.endswith("/yeni")


def test_the_last_second_step_of_whoever_must_have_one_stays(app: Any, name: str,
                                                             monkeypatch: Any) -> None:
    signed = sign_in(app, name)
    row = db.connection().execute(
        "insert into passkey (user_id, credential, public_key, name) values (%s, %s, 'x', 'k') "
        "returning id", (user_id(name), str(user_id(name)).encode())).fetchone()
    assert password_step(app, name).get("/izinler/").status_code == 302  # it is a second step
    monkeypatch.setattr(config.settings(), "two_step_by_role", True)
    post(signed, f"/hesabim/gecis-anahtarlari/{row[0]}/sil")
    assert len(_keys(name)) == 1
    monkeypatch.setattr(config.settings(), "two_step_by_role", False)
    post(signed, f"/hesabim/gecis-anahtarlari/{row[0]}/sil")
    assert _keys(name) == []


def test_nobody_removes_somebody_elses_passkey(app: Any, name: str, place: Any) -> None:
    other = user_with(app, "marketer", place)
    row = db.connection().execute(
        "insert into passkey (user_id, credential, public_key, name) values (%s, %s, 'x', 'k') "
        "returning id", (user_id(other), str(user_id(other)).encode())).fetchone()
    assert post(sign_in(app, name), f"/hesabim/gecis-anahtarlari/{row[0]}/sil").status_code == 404
    assert len(_keys(other)) == 1


def test_the_challenge_is_no_secret_but_serves_one_session_once(app: Any, here: str) -> None:
    client = app.test_client()
    token = token_of(client, "/login/")
    first = client.post("/login/gecis-anahtari/secenekler", data={"csrf_token": token}).json
    second = client.post("/login/gecis-anahtari/secenekler", data={"csrf_token": token}).json
    assert first["challenge"] != second["challenge"]
    assert first["userVerification"] == "required"
    assert first["rpId"] == "localhost"
    key = logins.session_key(client.get_cookie(COOKIE).value)
    client.post("/login/gecis-anahtari/", data={"csrf_token": token, "credential": "{}"})
    kept = db.connection().execute("select data->'challenge' from user_session where key = %s",
                                   (key,)).fetchone()
    assert kept == (None,)
