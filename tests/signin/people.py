"""Phones, codes and half-signed-in browsers for the tests of this room."""

from __future__ import annotations

from typing import Any

import pyotp

from ileti.core import clock, db
from ileti.signin import twostep
from tests.panel.people import PASSWORD, token_of


def user_id(name: str) -> int:
    """The user's number."""
    return int(db.connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()[0])


def code(secret: str, *, later: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    step = int(clock.now().timestamp()) // 30 + later
    return pyotp.TOTP(secret).generate_otp(step)


def with_app(app: Any, name: str) -> tuple[str, list[str]]:
    """Switch the app on for a user, with an old code: secret and recovery codes."""
    from ileti.core import orm

    secret = twostep.new_secret()
    with app.app_context():
        codes = twostep.enrol(user_id(name), secret, code(secret, later=-1))
        orm.db.session.commit()
    return secret, codes


def password_step(app: Any, name: str, *, agent: str = "", address: str = "") -> Any:
    """A browser that gave the right password, and nothing else yet."""
    client = app.test_client()
    if agent:
        client.environ_base["HTTP_USER_AGENT"] = agent
    if address:
        client.environ_base["REMOTE_ADDR"] = address
    answer = client.post("/login/", data={
        "username": name, "password": PASSWORD, "csrf_token": token_of(client, "/login/")})
    assert answer.status_code == 302, answer.text
    return client


def send_code(client: Any, typed: str) -> Any:
    """Answer the second step."""
    return client.post("/login/ikinci-adim", data={
        "code": typed, "csrf_token": token_of(client, "/login/ikinci-adim")})


def post(client: Any, path: str, page: str = "/hesabim/", **data: str) -> Any:
    """A form with its token."""
    return client.post(path, data={"csrf_token": token_of(client, page), **data})


def deeds_of(name: str) -> list[str]:
    """What the audit trail says about a user, oldest first."""
    return [row[0] for row in db.connection().execute(
        "select action from audit_entry where subject = %s order by id",
        (f"ab_user:{user_id(name)}",))]


def mails_to(name: str) -> list[str]:
    """Kinds of mails written to a user, oldest first."""
    from ileti.signin.letters import KINDS

    return [KINDS[row[0]] for row in db.connection().execute(
        "select kind from account_mail where user_id = %s order by id", (user_id(name),))]
