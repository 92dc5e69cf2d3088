"""Signing in through an identity provider: a real one on loopback, and what forgers try."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

import config
from ileti.core import db
from ileti.signin import outside
from tests.panel.people import user_with
from tests.signin.people import code, deeds_of, mails_to, send_code, user_id, with_app
from tests.signin.provider import CLIENT, SECRET, IdentityProvider, serving_provider


@pytest.fixture
def idp(monkeypatch: Any) -> Iterator[IdentityProvider]:
    with serving_provider() as made:
        for name, value in (("oidc_issuer", made.issuer), ("oidc_client_id", CLIENT),
                            ("oidc_client_secret", SECRET)):
            monkeypatch.setattr(config.settings(), name, value)
        outside._provider.cache_clear()
        yield made
    outside._provider.cache_clear()


@pytest.fixture
def name(app: Any, place: Any, idp: IdentityProvider) -> str:
    made = user_with(app, "marketer", place)
    idp.claims = {"sub": f"kisi-{user_id(made)}", "email": f"{made}@ornek.test"}
    return made


def _there(client: Any, target: str = "/izinler/") -> str:
    """Off to the provider and signed in there; the path one is sent back to."""
    gone = client.get(f"/login/kurum/?next={target}")
    answer = httpx.get(gone.location)
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/login/kurum/donus"
    return f"{back.path}?{back.query}"


def _links(name: str) -> int:
    return int(db.connection().execute("select count(*) from outside_login where user_id = %s",
                                       (user_id(name),)).fetchone()[0])


def _refused(app: Any, client: Any, path: str) -> bool:
    answer = client.get(path)
    return answer.location == "/login/" and client.get("/izinler/").status_code == 302


def _stays_out(app: Any) -> bool:
    """That a new browser is refused after signing in at the provider."""
    client = app.test_client()
    return _refused(app, client, _there(client))


def test_a_user_who_exists_gets_in_and_is_linked_once(app: Any, name: str) -> None:
    client = app.test_client()
    assert "Kurum hesabıyla gir" in client.get("/login/").text
    assert client.get(_there(client)).location == "/izinler/"
    assert client.get("/izinler/").status_code == 200
    assert deeds_of(name) == ["outside:link", "login"]
    assert set(mails_to(name)) == {"outside", "new_device"}
    again = app.test_client()
    assert again.get(_there(again)).location == "/izinler/"
    assert _links(name) == 1


def test_the_link_holds_when_the_address_changes_and_goes_to_nobody_else(
    app: Any, name: str, place: Any, idp: IdentityProvider
) -> None:
    client = app.test_client()
    client.get(_there(client))
    other = user_with(app, "marketer", place)
    idp.change = {"email": f"{other}@ornek.test"}  # the same subject with a colleague's address
    again = app.test_client()
    again.get(_there(again))
    assert "Ada Yıldız" in again.get("/hesabim/").text
    assert name in again.get("/hesabim/").text
    assert _links(other) == 0
    idp.change = {"sub": "baska-ozne"}  # another subject with the linked user's address
    assert _stays_out(app)


def test_the_second_step_here_stays_asked_for(app: Any, name: str) -> None:
    secret, _codes = with_app(app, name)
    client = app.test_client()
    assert client.get(_there(client)).location == "/login/ikinci-adim"
    assert client.get("/izinler/").status_code == 302
    assert send_code(client, code(secret)).location == "/izinler/"


def test_nobody_gets_an_account_by_it(app: Any, name: str, idp: IdentityProvider) -> None:
    idp.change = {"email": "kimse-yok@ornek.test"}
    before = db.connection().execute("select count(*) from ab_user").fetchone()
    assert _stays_out(app)
    assert db.connection().execute("select count(*) from ab_user").fetchone() == before


def _spoiled(change: dict[str, Any]) -> Any:
    return lambda idp: setattr(idp, "change", change)


def _forged(how: Any) -> Any:
    return lambda idp: setattr(idp, "forge", how(idp))


_STRANGER = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
ATTACKS = {
    "wrong nonce": _spoiled({"nonce": "baska"}), "no nonce": _spoiled({"nonce": None}),
    "wrong audience": _spoiled({"aud": "baska-istemci"}), "no audience": _spoiled({"aud": None}),
    "several audiences": _spoiled({"aud": ["baska", CLIENT]}),
    "for another party": _spoiled({"aud": [CLIENT, "baska"], "azp": "baska"}),
    "expired": _spoiled({"exp": int(time.time()) - 120}), "no end": _spoiled({"exp": None}),
    "end is a word": _spoiled({"exp": "yarin"}), "end is true": _spoiled({"exp": True}),
    "old": _spoiled({"iat": int(time.time()) - 3600}),
    "of tomorrow": _spoiled({"iat": int(time.time()) + 3600}),
    "another issuer": _spoiled({"iss": "https://baska.ornek.test"}),
    "no issuer": _spoiled({"iss": None}), "no subject": _spoiled({"sub": None}),
    "subject is a number": _spoiled({"sub": 5}),
    "unverified address": _spoiled({"email_verified": False}),
    "verified in words": _spoiled({"email_verified": "true"}),
    "no address": _spoiled({"email": None}),
    "alg none": _forged(lambda idp: idp.unsigned),
    "public key as secret": _forged(lambda idp: idp.by_public_key),
    "a stranger's key": _forged(lambda idp: lambda claims: idp.signed(claims, _STRANGER)),
    "an unknown key": _forged(lambda idp: lambda claims: idp.signed(claims, kid="k9")),
    "signature cut": _forged(lambda idp: lambda claims: idp.signed(claims)[:-6]),
    "no token": _forged(lambda idp: lambda claims: ""),
    "discovery of another": _spoiled({}),
}


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_a_forged_answer_lets_nobody_in(app: Any, name: str, idp: IdentityProvider,
                                        attack: str) -> None:
    client = app.test_client()
    path = _there(client)
    if attack == "discovery of another":
        idp.about = {"issuer": "https://baska.ornek.test"}
        outside._provider.cache_clear()
    ATTACKS[attack](idp)
    assert _refused(app, client, path)
    assert _links(name) == 0


def test_an_answer_serves_the_session_that_asked_once(app: Any, name: str) -> None:
    client, thief = app.test_client(), app.test_client()
    path = _there(client)
    assert _refused(app, thief, path)  # a session that asked nothing: no login by a foreign link
    _there(thief)
    assert _refused(app, thief, path)  # nor one with a question of its own
    other_state = path.replace("state=", "state=x")
    assert _refused(app, client, other_state)
    assert _refused(app, client, path)  # the question is gone
    fresh = _there(client)
    assert client.get(fresh).location == "/izinler/"
    assert client.get(fresh).location == "/login/"


def test_the_answer_of_another_issuer_is_not_taken_to_ours(app: Any, name: str,
                                                           idp: IdentityProvider) -> None:
    client = app.test_client()
    path = _there(client)
    assert _refused(app, client, path.replace("iss=http", "iss=https"))


def test_code_and_verifier_belong_together(app: Any, name: str, idp: IdentityProvider) -> None:
    client, attacker = app.test_client(), app.test_client()
    stolen = parse_qs(urlsplit(_there(attacker)).query)["code"][0]
    own = _there(client)
    code_of_own = parse_qs(urlsplit(own).query)["code"][0]
    assert _refused(app, client, own.replace(code_of_own, stolen))


def test_rules_about_domains_and_claims_hold(app: Any, name: str, idp: IdentityProvider,
                                             monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "oidc_domains", "baska.test, ornek.com.tr")
    assert _stays_out(app)
    monkeypatch.setattr(config.settings(), "oidc_domains", "ornek.test")
    monkeypatch.setattr(config.settings(), "oidc_claim", "groups=ileti")
    assert _stays_out(app)
    idp.change = {"groups": ["muhasebe", "ileti"]}
    client = app.test_client()
    assert client.get(_there(client)).location == "/izinler/"


def test_a_switched_off_user_stays_out(app: Any, name: str) -> None:
    client = app.test_client()
    client.get(_there(client))
    db.connection().execute("update ab_user set active = false where id = %s", (user_id(name),))
    assert _stays_out(app)


def test_new_keys_of_the_provider_are_fetched_but_not_at_every_forgery(
    app: Any, name: str, idp: IdentityProvider, monkeypatch: Any
) -> None:
    client = app.test_client()
    client.get(_there(client))
    idp.keys = [RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"}, private=True)]
    monkeypatch.setattr("ileti.signin.oidc.AGAIN_SECONDS", -1)
    again = app.test_client()
    assert again.get(_there(again)).location == "/izinler/"
    monkeypatch.setattr("ileti.signin.oidc.AGAIN_SECONDS", 60)
    before = idp.asked.count("/keys")
    for _try in range(3):
        third = app.test_client()
        path = _there(third)
        idp.forge = idp.unsigned
        assert _refused(app, third, path)
    assert idp.asked.count("/keys") == before


def test_the_way_back_leads_to_no_other_host(app: Any, name: str) -> None:
    client = app.test_client()
    there = client.get(_there(client, "https://kotu.ornek.test/")).location
    assert urlsplit(there).netloc == ""


def test_a_provider_that_is_away_is_a_sentence(app: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "oidc_issuer", "http://127.0.0.1:9")
    outside._provider.cache_clear()
    client = app.test_client()
    assert client.get("/login/kurum/").location == "/login/"
    assert "yanıt vermiyor" in client.get("/login/").text
    outside._provider.cache_clear()


def test_without_a_provider_there_is_no_way_and_no_button(app: Any) -> None:
    client = app.test_client()
    assert client.get("/login/kurum/").location == "/login/"
    assert client.get("/login/kurum/donus?code=x&state=y").location == "/login/"
    assert "/login/kurum" not in client.get("/login/").text


@pytest.mark.parametrize(("given", "missing"), [
    ({"oidc_issuer": "https://login.ornek.test"}, "OIDC_CLIENT_ID"),
    ({"oidc_issuer": "login.ornek.test"}, "OIDC_ISSUER"), ({"oidc_claim": "groups"}, "OIDC_CLAIM"),
    ({"oidc_domains": "@x"}, "OIDC_DOMAINS")])
def test_a_half_set_up_provider_stops_the_start(given: dict[str, str], missing: str) -> None:
    with pytest.raises(config.WrongSetting, match=missing):
        config.load_settings(**given)
