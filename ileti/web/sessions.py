"""Panel sessions in the database, because a signed cookie cannot be taken back (stack T19).

The cookie carries 32 random bytes and nothing else; the row is found by their SHA-256. Signing out
deletes the row, signing in gives a new value (no session fixation), and an idle session ends after
``SESSION_MINUTES``. A visitor without anything to remember gets neither cookie nor row, and neither
does one whose address asks for sessions without end.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from ileti.capture.limits import counters
from ileti.core import clock, db
from ileti.core.errors import TooMany
from ileti.tenancy.logins import note_seen, session_key

COOKIE = "ileti_oturum"
VISITOR_MINUTES = 60
TOUCH_SECONDS = 60
# New sessions of nobody: ten times what one address may submit in a minute. Each is a row.
STRANGERS_SHARE = 10
_tags = TaggedJSONSerializer()
LONGEST_AGENT = 300
_NEW = ("insert into user_session (user_id, data, expires_at, address, agent, seen_at, key) "
        "values (%s, %s, %s, %s, %s, %s, %s)")
_AGAIN = ("update user_session set user_id = %s, data = %s, expires_at = %s, address = %s, "
          "agent = %s, seen_at = %s where key = %s")


class PanelSession(CallbackDict[str, Any], SessionMixin):
    """A session's contents; ``renew`` asks for a new value in the cookie."""

    def __init__(self, content: dict[str, Any] | None = None, token: str | None = None) -> None:
        super().__init__(content or {}, _note_change)
        self.token = token
        self.renew = False
        self.modified = False
        self.stale = False


def _note_change(changed: CallbackDict[str, Any]) -> None:
    changed.modified = True  # type: ignore[attr-defined]


class DatabaseSessions(SessionInterface):
    """Flask's session interface over the table ``user_session``."""

    def __init__(self, idle_minutes: int) -> None:
        self.idle = timedelta(minutes=idle_minutes)

    def open_session(self, app: Flask, request: Request) -> PanelSession:
        """The session of the request's cookie, or an empty one."""
        token = request.cookies.get(COOKIE)
        if not token or len(token) > 64 or _no_session_needed(request):
            return PanelSession()
        row = db.system_connection().execute(
            "select data, expires_at from user_session where key = %s and expires_at > %s",
            (session_key(token), clock.now()),
        ).fetchone()
        if row is None:
            return PanelSession()
        found = PanelSession(_tags.loads(json.dumps(row[0])), token)
        found.stale = row[1] - clock.now() < self._life(found) - timedelta(seconds=TOUCH_SECONDS)
        return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed; end what was emptied; move the end of an active one."""
        if not isinstance(session, PanelSession):
            raise TypeError("another session interface made this session")
        if not session and (session.modified or session.renew):
            self._end(app, session, response)
            return
        if session and (session.modified or session.renew or session.stale):
            self._keep(app, session, response)

    def _life(self, session: PanelSession) -> timedelta:
        return self.idle if "_user_id" in session else timedelta(minutes=VISITOR_MINUTES)

    def _keep(self, app: Flask, session: PanelSession, response: Response) -> None:
        """Write a session; one that was ended meanwhile stays ended, whatever was still on its way.
        """
        if session.renew and session.token:
            forget(session.token)
        fresh = session.renew or not session.token
        if fresh and "_user_id" not in session and _too_many_strangers():
            return
        if fresh or session.token is None:
            session.token = secrets.token_urlsafe(32)
        ends = clock.now() + self._life(session)
        user = session.get("_user_id")
        row = (int(user) if user else None, _tags.dumps(dict(session)), ends,
               *_where_from(bool(user)), clock.now(), session_key(session.token))
        written = db.system_connection().execute(_NEW if fresh else _AGAIN, row).rowcount
        if not written:
            self._end(app, session, response)
            return
        if user and (fresh or session.stale):
            note_seen(int(user))
        response.set_cookie(COOKIE, session.token, expires=ends, httponly=True, samesite="Lax",
                            secure=bool(app.config["SESSION_COOKIE_SECURE"]), path="/")
        response.vary.add("Cookie")

    def _end(self, app: Flask, session: PanelSession, response: Response) -> None:
        if session.token:
            forget(session.token)
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax", path="/",
                               secure=bool(app.config["SESSION_COOKIE_SECURE"]))


def _too_many_strangers() -> bool:
    try:
        counters.check("o", 0, request.remote_addr or "", share=STRANGERS_SHARE)
    except TooMany:
        return True
    return False


def forget(token: str) -> None:
    """End one session."""
    db.system_connection().execute("delete from user_session where key = %s", (session_key(token),))


def _where_from(known: bool) -> tuple[str | None, str | None]:
    """Address and browser of somebody signed in, for the list of their own sessions; of strangers
    nothing is kept."""
    if not known:
        return None, None
    return (request.remote_addr or "")[:45], request.user_agent.string[:LONGEST_AGENT]


def _no_session_needed(request: Request) -> bool:
    return request.path.startswith("/static/")
