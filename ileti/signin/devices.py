"""Which browser and network somebody signs in from: known ones are let in easier, new ones told.

A browser that signed in once carries a cookie with 32 random bytes for this purpose alone; it
signs nobody in. It is what keeps a lock-out from being used against the owner of an account
(:mod:`ileti.tenancy.logins`). Networks are taken wide (IPv4 /16, IPv6 /32), since people's
addresses change within them daily. Both are kept as keyed hashes.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets as chance
from hashlib import sha256
from typing import Any, Final

from flask import Response, after_this_request, current_app, request
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ileti.core import clock, orm
from ileti.core.secrets import secrets
from ileti.signin.models import UserDevice
from ileti.tenancy import scope

COOKIE: Final = "ileti_cihaz"
YEAR: Final = 365 * 24 * 3600
MOST: Final = 50
_BROWSERS: Final = (("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
                    ("YaBrowser/", "Yandex"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
                    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS: Final = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"),
                   ("iPad", "iPad"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"),
                   ("Linux", "Linux"))


def device_words(agent: str | None) -> str:
    """A User-Agent as people say it: “Chrome, Windows”."""
    found = [next((name for mark, name in table if mark in (agent or "")), "")
             for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(one for one in found if one) or str(_("Unknown device"))


def this_device() -> bytes | None:
    """The keyed hash of this browser's cookie; None when it has none that could be one."""
    value = request.cookies.get(COOKIE, "")
    return _hash("device", value) if re.fullmatch(r"[A-Za-z0-9_-]{43}", value) else None


def knows(user_id: int) -> bool:
    """Whether this user signed in from this browser before."""
    device = this_device()
    if device is None:
        return False
    with scope.system_scope():
        return orm.db.session.scalars(select(UserDevice.user_id).where(
            UserDevice.user_id == user_id, UserDevice.device == device)).first() is not None


def known_to(name: str) -> bytes | None:
    """This browser, when the user of this name or e-mail signed in from it before."""
    device, typed = this_device(), name.strip().lower()
    if device is None:
        return None
    with scope.system_scope():
        return orm.db.session.scalars(
            select(UserDevice.device).join(User, User.id == UserDevice.user_id)
            .where(UserDevice.device == device, or_(User.username == typed, User.email == typed))
        ).first()


def remember(user_id: int) -> bool:
    """Keep that the user signed in from here, and give the browser its cookie; whether browser or
    network were new. The caller commits."""
    device = this_device()
    if device is None:
        value = chance.token_urlsafe(32)
        device = _hash("device", value)
        after_this_request(_giving(value))
    network = _hash("network", wide_network(request.remote_addr or ""))
    with scope.system_scope():
        session = orm.db.session
        kept = session.execute(select(UserDevice.device, UserDevice.network).where(
            UserDevice.user_id == user_id)).all()
        session.execute(
            upsert(UserDevice).values(user_id=user_id, device=device, network=network)
            .on_conflict_do_update(index_elements=["user_id", "device", "network"],
                                   set_={"seen_at": clock.now()}))
        if len(kept) > MOST:
            _forget_oldest(user_id)
    return device not in {one[0] for one in kept} or network not in {one[1] for one in kept}


def _forget_oldest(user_id: int) -> None:
    old = (select(UserDevice.seen_at).where(UserDevice.user_id == user_id)
           .order_by(UserDevice.seen_at.desc()).offset(MOST - 1).limit(1).scalar_subquery())
    orm.db.session.execute(delete(UserDevice).where(
        UserDevice.user_id == user_id, UserDevice.seen_at < old)
        .execution_options(synchronize_session=False))


def _giving(value: str) -> Any:
    def give(answer: Response) -> Response:
        answer.set_cookie(COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", path="/login",
                          secure=bool(current_app.config["SESSION_COOKIE_SECURE"]))
        return answer
    return give


def wide_network(address: str) -> str:
    """The /16 or /32 an address lies in; the text itself when it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 16 if parsed.version == 4 else 32), strict=False))


def _hash(kind: str, value: str) -> bytes:
    return hmac.new(secrets().key_for(f"sign-in-{kind}"), value.encode(), sha256).digest()
