"""A session that was ended stays ended, whatever is still on its way."""

from __future__ import annotations

from typing import Any

from ileti.core import db
from ileti.tenancy import logins
from ileti.web.sessions import COOKIE
from tests.panel.people import sign_in, token_of, user_with


def test_a_request_in_flight_does_not_bring_an_ended_session_back(app: Any, place: Any,
                                                                 monkeypatch: Any) -> None:
    name = user_with(app, "marketer", place)
    client = sign_in(app, name)
    user = db.connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()[0]
    token = token_of(client)

    def ended_meanwhile(_response: Any) -> Any:
        logins.end_sessions(user)
        return _response

    monkeypatch.setitem(app.after_request_funcs, None,
                        [*app.after_request_funcs.get(None, []), ended_meanwhile])
    client.post("/calisma-alani", data={"csrf_token": token, "workspace": "0"})
    client.get("/lang/en")  # writes into the session
    monkeypatch.undo()
    left = db.connection().execute(
        "select count(*) from user_session where user_id = %s", (user,)).fetchone()
    assert left == (0,)
    assert client.get("/izinler/").status_code == 302


def test_a_made_up_cookie_makes_no_session_of_that_value(app: Any) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, "secilmis-bir-deger")
    client.get("/login/")
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    assert kept.value != "secilmis-bir-deger"
