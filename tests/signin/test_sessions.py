"""Where one is signed in: told truly, ended from elsewhere, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from ileti.signin.devices import device_words
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.panel.people import sign_in, user_with
from tests.signin.people import deeds_of, password_step, post, user_id

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
         "Mobile Safari/537.36")


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "marketer", place)


def _key(client: Any) -> bytes:
    return logins.session_key(client.get_cookie(COOKIE).value)


@pytest.mark.parametrize(("agent", "words"), [
    (FIREFOX, "Firefox, Linux"), (PHONE, "Chrome, Android"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/19.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 "
     "Edg/140.0", "Edge, Windows")])
def test_a_browser_is_named_as_people_do(agent: str, words: str) -> None:
    assert device_words(agent) == words


def test_the_list_names_device_and_address_and_ends_one(app: Any, name: str) -> None:
    here = password_step(app, name, agent=FIREFOX, address="192.0.2.10")
    there = password_step(app, name, agent=PHONE, address="198.51.100.7")
    page = here.get("/hesabim/oturumlar/").text
    for part in ("Firefox, Linux", "192.0.2.10", "Chrome, Android", "198.51.100.7", "bu oturum"):
        assert part in page
    assert post(here, "/hesabim/oturumlar/bitir", key=_key(there).hex()).status_code == 302
    assert there.get("/izinler/").status_code == 302
    assert here.get("/izinler/").status_code == 200
    assert deeds_of(name)[-1] == "session:end"


def test_all_others_end_at_once(app: Any, name: str) -> None:
    here, *others = [sign_in(app, name) for _browser in range(3)]
    post(here, "/hesabim/oturumlar/bitir")
    assert [one.get("/izinler/").status_code for one in (here, *others)] == [200, 302, 302]


def test_nobody_ends_somebody_elses_session(app: Any, name: str, place: Any) -> None:
    mine, theirs = sign_in(app, name), sign_in(app, user_with(app, "marketer", place))
    post(mine, "/hesabim/oturumlar/bitir", key=_key(theirs).hex())
    assert theirs.get("/izinler/").status_code == 200
    assert _key(theirs).hex() not in mine.get("/hesabim/oturumlar/").text
    assert post(mine, "/hesabim/oturumlar/bitir", key="nonsense").status_code == 404


def test_last_seen_is_written_once_a_minute_and_stands_in_the_list_of_users(
    app: Any, name: str, place: Any
) -> None:
    client = sign_in(app, name)
    client.get("/izinler/")
    conn = db.connection()

    def seen() -> Any:
        return conn.execute("select s.seen_at, u.seen_at from user_session s join user_security u "
                            "using (user_id) where s.key = %s", (_key(client),)).fetchone()

    first = seen()
    client.get("/izinler/")
    assert seen() == first
    conn.execute("update user_session set seen_at = seen_at - interval '2 min', "
                 "expires_at = expires_at - interval '2 min' where key = %s", (_key(client),))
    conn.execute("update user_security set seen_at = seen_at - interval '2 min' "
                 "where user_id = %s", (user_id(name),))
    before = seen()
    client.get("/izinler/")
    assert all(new > old for new, old in zip(seen(), before, strict=True))
    admin = sign_in(app, user_with(app, "provider_admin", place))
    assert "Son görülme" in admin.get("/kullanicilar/list/").text


def test_of_strangers_neither_address_nor_browser_is_kept(app: Any) -> None:
    client = app.test_client()
    client.get("/login/")
    kept = db.connection().execute("select address, agent from user_session where key = %s",
                                   (_key(client),)).fetchone()
    assert kept == (None, None)
