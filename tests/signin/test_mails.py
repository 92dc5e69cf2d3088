"""Mails about accounts: to the owner, in the language of the house, once, without a link that acts.
"""

from __future__ import annotations

from typing import Any

from ileti.channels.base import Envelope, Retry, Sent
from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import db, orm
from ileti.signin import mails, tell
from ileti.signin.letters import KINDS, words
from ileti.tenancy import accounts
from tests.panel.people import PASSWORD, token_of, user_with
from tests.signin.people import mails_to, password_step, user_id, with_app


class Box:
    """Keeps what it is given, and is away when told so."""

    name = "box"

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.away = False

    def send(self, message: Envelope) -> Any:
        if self.away:
            return Retry("away")
        self.got.append(message)
        return Sent("box-1")


def _sent(name: str, *, away_first: bool = False) -> list[Envelope]:
    box = Box()
    carry(Channel.EPOSTA, box)
    try:
        box.away = away_first
        mails.send_mails(20 if away_first else 500)
        box.away = False
        db.connection().execute("update outbox set next_at = now() where topic = 7")
        mails.send_mails(500)
        mails.send_mails(500)
    finally:
        carry(Channel.EPOSTA, None)
    mine = [one for one in box.got if one.to == f"{name}@ornek.test"]
    return sorted(mine, key=lambda one: one.message_id)


def test_a_sign_in_from_a_new_place_is_mailed_once(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    client = password_step(app, name, agent=agent, address="192.0.2.5")
    client.post("/logout/", data={"csrf_token": token_of(client)})
    again = password_step(app, name, agent=agent, address="192.0.77.9")
    assert mails_to(name) == ["new_device", "new_device"]
    assert again.get("/izinler/").status_code == 200
    found = _sent(name, away_first=True)
    assert len(found) == 2
    assert "yeni bir yerden" in found[0].subject
    for part in ("Chrome, Windows", "192.0.2.5", "Sayın Ada", "/hesabim/guvenlik", name):
        assert part in found[0].text


def test_the_same_browser_in_the_same_network_is_no_news(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    client = password_step(app, name)
    client.post("/logout/", data={"csrf_token": token_of(client)})
    client.environ_base["REMOTE_ADDR"] = "127.0.9.9"
    client.post("/login/", data={"username": name, "password": PASSWORD,
                                 "csrf_token": token_of(client, "/login/")})
    assert client.get("/izinler/").status_code == 200
    assert mails_to(name) == ["new_device"]


def test_an_english_house_writes_english_and_the_old_address_hears_of_a_new_one(
    app: Any, place: Any
) -> None:
    name = user_with(app, "marketer", place)
    db.connection().execute("update provider set alarm_mails = 'en' where id = %s",
                            (place.provider_id,))
    with app.app_context():
        accounts.describe(user_id(name), first_name="Ada", last_name="Su",
                          email=f"yeni-{name}@ornek.test")
    found = _sent(name)
    assert [one.subject for one in found] == ["İleti: Your account’s e-mail address was changed"]
    assert "Dear Ada," in found[0].text


def test_a_kind_that_is_kept_never_changes_its_number_and_has_words() -> None:
    assert KINDS[:3] == ("new_device", "password", "two_step_on")
    for kind in KINDS:
        for language in ("tr", "en"):
            assert words(kind, {}, language).title


def test_what_a_mail_says_is_sealed_in_the_database(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    with_app(app, name)
    password_step(app, name)
    with app.app_context():
        tell.user(user_id(name), "password", {"to": "eski@ornek.test"})
        orm.db.session.commit()
    kept = db.connection().execute("select content from account_mail where user_id = %s",
                                   (user_id(name),)).fetchall()
    assert kept
    assert not [row for row in kept if "ornek" in row[0] or "{" in row[0]]
