"""Between password and second step: a session that knows a name and opens nothing.

Why this module exists: whoever has the password alone is nobody yet. So the session of this moment
carries no ``_user_id`` (every page sees a stranger), lives ten minutes, and is worth nothing once
the user was switched off or the password changed meanwhile. The value in the cookie changes before
and after it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from flask import session
from flask_appbuilder.security.sqla.models import User

from ileti.core import clock, orm
from ileti.core.secrets import secrets
from ileti.tenancy import scope

SECONDS: Final = 600
_KEY: Final = "half"


@dataclass(frozen=True)
class Half:
    """Whose password it was, where they wanted to go, whether they have to enrol first."""

    user: Any
    target: str
    enrol: bool


def open_half(user: Any, target: str, *, enrol: bool) -> None:
    """Begin anew with a half session of this user."""
    begin_anew()
    session[_KEY] = {"user": user.id, "seal": _seal(user), "to": target, "enrol": enrol,
                     "until": int(clock.now().timestamp()) + SECONDS}


def begin_anew() -> None:
    """Another session value and nothing in it but the language: no session fixation."""
    language = session.get("locale")
    session.clear()
    session.renew = True  # type: ignore[attr-defined]
    if language:
        session["locale"] = language


def current() -> Half | None:
    """The half session of this request, while it still means something."""
    kept = session.get(_KEY)
    if not isinstance(kept, dict) or kept["until"] < clock.now().timestamp():
        return None
    with scope.system_scope():
        user = orm.db.session.get(User, kept["user"])
    if user is None or not user.is_active or not hmac.compare_digest(kept["seal"], _seal(user)):
        return None
    return Half(user, kept["to"], kept["enrol"])


def _seal(user: Any) -> str:
    """Changes with the password."""
    return hmac.new(secrets().key_for("half-session"), f"{user.id}:{user.password}".encode(),
                    sha256).hexdigest()
