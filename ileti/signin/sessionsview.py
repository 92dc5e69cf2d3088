"""Where one is signed in, and signing out elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.signin import account
from ileti.signin.devices import device_words
from ileti.tenancy import logins, scope
from ileti.tenancy.models import UserSession


@dataclass(frozen=True)
class Place:
    """One open session."""

    key: str
    device: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


class SessionsView(BaseView):
    """One's own open sessions."""

    route_base = "/hesabim/oturumlar"
    class_permission_name = "home"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("read")
    def show(self) -> ResponseReturnValue:
        """Each with device, address, since when and last seen; this one first."""
        return self.render_template("panel/account/sessions.html", places=open_places())

    @expose("/bitir", methods=["POST"])
    @has_access
    @permission_name("read")
    def end(self) -> ResponseReturnValue:
        """End one other session, or all others (``key`` empty)."""
        key, me = request.form.get("key", ""), current_user.id
        if key:
            ended = logins.end_session(me, _bytes(key))
        else:
            ended = logins.end_other_sessions(me, _here())
        if ended:
            account.note(me, "session:end" if key else "session:end_others", detail={
                "sessions": ended})
            orm.db.session.commit()
        flash(_("Signed out there.") if key else _("Signed out everywhere else."), "success")
        return redirect(url_for("SessionsView.show"))


def open_places() -> list[Place]:
    """The signed-in user's sessions that are still open."""
    with scope.system_scope():
        found = orm.db.session.scalars(
            select(UserSession).where(UserSession.user_id == current_user.id,
                                      UserSession.expires_at > clock.now())
            .order_by(UserSession.seen_at.desc()).limit(200)).all()
    here = _here()
    places = [Place(one.key.hex(), device_words(one.agent), one.address or "", one.created_at,
                    one.seen_at, one.key == here) for one in found]
    return sorted(places, key=lambda one: not one.here)


def _here() -> bytes:
    return logins.session_key(session.token or "")  # type: ignore[attr-defined]


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotFound() from None
