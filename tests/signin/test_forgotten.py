"""“I forgot my password”: the owner of the address chooses another, and nobody learns who is known.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.signin import forgotten
from tests.panel.people import PASSWORD, sign_in, token_of, user_with
from tests.signin.people import deeds_of, mails_to, user_id, with_app

NEW = "dort-yeni-sozcuk-burada"
ASK = "/parola/unuttum"


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "marketer", place)


def ask(client: Any, typed: str, **more: Any) -> Any:
    return client.post(ASK, data={"csrf_token": token_of(client, ASK), "username": typed}, **more)


def link_of(name: str) -> str:
    """The path in the newest mail."""
    content = db.connection().execute(
        "select content from account_mail where user_id = %s order by id desc limit 1",
        (user_id(name),)).fetchone()[0]
    said = json.loads(secrets().keyring.decrypt_text(content, "account-mail"))
    return "/parola/yeni/" + said["link"].rpartition("/")[2]


def choose(client: Any, path: str, password: str = NEW) -> Any:
    return client.post(path, data={"csrf_token": token_of(client, ASK), "password": password})


def test_the_sign_in_page_leads_to_a_mail_whose_link_sets_another_password_once(
        app: Any, name: str) -> None:
    elsewhere, client = sign_in(app, name), app.test_client()
    assert f'href="{ASK}"' in client.get("/login/").text
    ask(client, f"{name}@ornek.test")
    path = link_of(name)
    assert name in client.get(path).text
    assert choose(client, path).location == "/login/"
    assert elsewhere.get("/hesabim/").status_code == 302  # the other sessions have ended
    assert sign_in(app, name, NEW).get("/hesabim/").status_code == 200
    mails = mails_to(name)
    assert mails[mails.index("forgotten"):][:2] == ["forgotten", "password"]
    assert {"user:forgot", "user:choose"} <= set(deeds_of(name))
    assert choose(client, path, "bes-baska-sozcuk-daha").status_code == 404
    assert "artık geçerli değil" in client.get(path).text


def test_every_name_gets_the_same_answer_and_only_an_own_password_gets_a_mail(
        app: Any, place: Any, name: str) -> None:
    outside, off = user_with(app, "marketer", place), user_with(app, "marketer", place)
    db.connection().execute("insert into outside_login (issuer, subject, user_id) "
                            "values ('https://kurum.ornek.test', %s, %s)",
                            (outside, user_id(outside)))
    db.connection().execute("update ab_user set active = false where username = %s", (off,))
    said = {ask(app.test_client(), one).text.replace("\n", "") for one in (
        name, outside, off, "boyle-biri-yok", "yok@ornek.test")}
    assert len({one.partition("<main")[2] for one in said}) == 1
    assert [mails_to(one) for one in (name, outside, off)] == [["forgotten"], [], []]


@pytest.mark.attack
def test_whoever_is_called_what_anothers_address_is_gets_no_link_but_their_own(
        app: Any, place: Any, name: str) -> None:
    other, mail = user_with(app, "marketer", place), f"{name}@ornek.test"
    number = user_id(other)
    db.connection().execute("update ab_user set username = %s where id = %s", (mail, number))
    ask(app.test_client(), mail.upper())
    assert (mails_to(name), mails_to(mail)) == (["forgotten"], ["forgotten"])
    client, theirs, own = app.test_client(), link_of(mail), link_of(name)
    assert choose(client, theirs).location == "/login/"
    assert sign_in(app, name).get("/hesabim/").status_code == 200  # the other's password stands
    assert choose(client, own).location == "/login/"


def test_a_link_ends_after_an_hour_and_when_password_or_address_change(
        app: Any, name: str, monkeypatch: Any) -> None:
    client = app.test_client()
    ask(client, name)
    path, later = link_of(name), clock.now() + timedelta(minutes=61)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        assert client.get(path).status_code == 404
    assert client.get(path).status_code == 200
    db.connection().execute("update ab_user set email = %s where username = %s",
                            (f"yeni-{name}@ornek.test", name))
    assert client.get(path).status_code == 404
    assert client.get(path[:-4] + "xxxx").status_code == 404


def test_asking_again_and_again_sends_few_mails_and_locks_nobody_out(app: Any, name: str) -> None:
    for _ in range(12):
        assert ask(app.test_client(), name).status_code == 200
    assert 1 <= len(mails_to(name)) <= 8
    assert sign_in(app, name).get("/hesabim/").status_code == 200


def test_a_weak_password_is_said_at_its_field_and_uses_nothing_up(app: Any, name: str) -> None:
    client = app.test_client()
    ask(client, name)
    path = link_of(name)
    assert "en az 12 karakter" in choose(client, path, "kisa").text
    assert choose(client, path).status_code == 303


def test_the_second_step_is_asked_all_the_same(app: Any, name: str) -> None:
    with_app(app, name)
    client = app.test_client()
    ask(client, name)
    choose(client, link_of(name))
    answer = client.post("/login/", data={
        "username": name, "password": NEW, "csrf_token": token_of(client, "/login/")})
    assert answer.location.startswith("/login/ikinci-adim")
    assert client.get("/hesabim/").status_code == 302


def test_two_links_of_one_password_work_once_together(app: Any, name: str) -> None:
    client = app.test_client()
    paths = []
    for _ in range(2):
        ask(client, name)
        paths.append(link_of(name))
    assert choose(client, paths[1]).status_code == 303
    assert choose(client, paths[0], PASSWORD).status_code == 404
    with app.app_context(), pytest.raises(Exception, match="link_over"):
        forgotten.of_token(paths[0].rpartition("/")[2])
