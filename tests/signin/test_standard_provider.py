"""Signing in through an identity provider of another make, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

import config
from ileti.signin import outside
from tests.panel.people import user_with
from tests.running import free_port
from tests.signin.people import code, deeds_of, send_code, user_id, with_app

CLIENT, SECRET, PASSWORD = "ileti", "istemci-anahtari", "Kurumdaki parola 1"


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "marketer", place)


@pytest.fixture
def issuer(name: str, monkeypatch: Any) -> Iterator[str]:
    """The provider, running, which knows the user and somebody whose address it did not verify."""
    port = free_port()
    there = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.signin.standard_provider", str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    people = [{"username": who, "sub": f"{who}-{user_id(name)}", "email": f"{name}@ornek.test",
               "email_verified": verified, "password": PASSWORD}
              for who, verified in (("ada", True), ("unsure", False))]
    process.stdin.write(json.dumps({
        "client": CLIENT, "secret": SECRET, "people": people,
        "redirect": f"{config.settings().base_url}/login/kurum/donus"}) + "\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "listening"
    for key, value in (("oidc_issuer", there), ("oidc_client_id", CLIENT),
                       ("oidc_client_secret", SECRET)):
        monkeypatch.setattr(config.settings(), key, value)
    outside._provider.cache_clear()
    yield there
    outside._provider.cache_clear()
    process.kill()
    process.wait(10)


def signed_in_there(client: Any, browser: httpx.Client, who: str = "ada") -> str:
    """Off to the provider, past its form, and the way back."""
    gone = client.get("/login/kurum/?next=/izinler/").location
    page = browser.get(gone)
    if page.status_code == 200:
        assert 'type="password"' in page.text
        page = browser.post(gone, data={"username": who, "password": PASSWORD})
    assert page.status_code == 302, page.text
    back = urlsplit(page.headers["Location"])
    assert back.path == "/login/kurum/donus"
    return f"{back.path}?{back.query}"


def test_a_person_signs_in_there_and_is_in_here(app: Any, name: str, issuer: str) -> None:
    with httpx.Client() as browser:
        client = app.test_client()
        back = signed_in_there(client, browser)
        assert parse_qs(urlsplit(back).query)["iss"] == [issuer]
        assert client.get(back).location == "/izinler/"
        assert client.get("/izinler/").status_code == 200
        assert deeds_of(name) == ["outside:link", "login"]
        again = app.test_client()  # there the person is known by now, and asked for nothing
        assert again.get(signed_in_there(again, browser)).location == "/izinler/"


def test_a_wrong_password_there_leads_nowhere(app: Any, name: str, issuer: str) -> None:
    client = app.test_client()
    gone = client.get("/login/kurum/").location
    answer = httpx.post(gone, data={"username": "ada", "password": "baska"})
    assert answer.status_code == 401
    assert client.get("/izinler/").status_code == 302


def test_an_address_it_did_not_verify_lets_nobody_in(app: Any, name: str, issuer: str) -> None:
    with httpx.Client() as browser:
        client = app.test_client()
        answer = client.get(signed_in_there(client, browser, "unsure"))
    assert answer.location == "/login/"
    assert client.get("/izinler/").status_code == 302


def test_the_second_step_here_stays_asked_for(app: Any, name: str, issuer: str) -> None:
    secret, _codes = with_app(app, name)
    with httpx.Client() as browser:
        client = app.test_client()
        assert client.get(signed_in_there(client, browser)).location == "/login/ikinci-adim"
    assert send_code(client, code(secret)).location == "/izinler/"


def test_a_code_is_worth_something_once_and_with_the_verifier_of_who_asked(
        app: Any, name: str, issuer: str) -> None:
    with httpx.Client() as browser:
        thief, client = app.test_client(), app.test_client()
        stolen = parse_qs(urlsplit(signed_in_there(client, browser)).query)["code"][0]
        own = signed_in_there(thief, browser)
        mine = parse_qs(urlsplit(own).query)["code"][0]
        assert thief.get(own.replace(mine, stolen)).location == "/login/"
        assert thief.get("/izinler/").status_code == 302


def test_it_takes_no_other_client_and_no_other_way_back(
        app: Any, name: str, issuer: str, monkeypatch: Any) -> None:
    gone = urlsplit(app.test_client().get("/login/kurum/").location)
    asked = {key: one[0] for key, one in parse_qs(gone.query).items()}
    assert asked["code_challenge_method"] == "S256"
    for change in ({"redirect_uri": "https://kotu.ornek.test/"}, {"client_id": "baska"}):
        answer = httpx.get(f"{issuer}/authorize?{urlencode(asked | change)}")
        assert answer.status_code == 400, change
    monkeypatch.setattr(config.settings(), "oidc_client_secret", "yanlis")
    outside._provider.cache_clear()
    with httpx.Client() as browser:
        client = app.test_client()
        assert client.get(signed_in_there(client, browser)).location == "/login/"
