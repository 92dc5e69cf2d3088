"""“I forgot my password”: a mail to the account's own address lets its owner choose another.

Why this module exists: without it every forgotten password is an administrator's work, and a
password somebody else makes up is known to two people. The link works for an hour and once: it is
tied to the password and the address that were there when it was asked for, so that it ends when
either changes, by itself or by another hand. Nothing of it is kept but the mail. Whoever asks hears
the same for every name, known or not, and of those who come in by their organisation's sign-in
too; a second step is asked at the sign-in that follows, as always.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import exists, func, or_, select

from config import settings
from ileti.core import orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.secrets import secrets
from ileti.signin import tell
from ileti.signin.mails import FORGOTTEN
from ileti.signin.models import OutsideLogin
from ileti.tenancy import accounts, audit, logins, scope

_PURPOSE: Final = "forgotten-password"
_MOST: Final = 3


def ask(typed: str, address: str, *, language: str) -> None:
    """Send the link to whom a name or address belongs, if to anybody; says nothing of it. Commits.

    Of two accounts, one called what the other's address is, each gets its own link at its own
    address: nobody is let into another's, and nobody keeps another from theirs.

    Too many asks for one name send no more mails for a while, whoever asks.
    """
    typed = typed.strip().lower()[:120]
    if logins.wait_before_login(typed, address, guess=logins.Guess.MAIL):
        return
    logins.count_failure(typed, address, guess=logins.Guess.MAIL)
    with scope.system_scope(), orm.unit_of_work() as session:
        for user in session.scalars(select(User).where(
                or_(func.lower(User.email) == typed, func.lower(User.username) == typed),
                User.active, ~exists().where(OutsideLogin.user_id == User.id))
                .order_by(User.id).limit(_MOST)).all():
            token = secrets().tokens(_PURPOSE).make(
                {"u": user.id, "d": _digest(user)}, seconds=int(FORGOTTEN.total_seconds()))
            tell.user(user.id, "forgotten", {
                "link": f"{settings().base_url}/parola/yeni/{token}", "lang": language})
            audit.record("user:forgot", f"ab_user:{user.id}", user_id=user.id)


def of_token(token: str) -> Any:
    """The user a link belongs to. Raises NotFound for a forged, old or used one."""
    with scope.system_scope():
        return _of(orm.db.session, token)


def choose(token: str, password: str) -> int:
    """Set another password, end every session and tell the owner; the user's number. Commits.

    Raises NotFound (the link is good no more), InvalidInput (weak).
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        user = _of(session, token, lock=True)
        accounts.replace_password(session, user, password)
        audit.record("user:choose", f"ab_user:{user.id}", user_id=user.id)
        number = int(user.id)
    logins.end_sessions(number)
    return number


def _of(session: Any, token: str, *, lock: bool = False) -> User:
    over = NotFound("Bu bağlantı artık geçerli değil. Yenisini isteyin.",
                    "This link is good no more. Ask for another.",
                    code="link_over")
    try:
        said = secrets().tokens(_PURPOSE).read(token[:1_000])
    except (CallerMistake, ValueError):
        raise over from None
    asked = select(User).where(User.id == said["u"], User.active)
    user: User | None = session.scalars(
        (asked.with_for_update() if lock else asked)
        .execution_options(populate_existing=True)).first()
    if user is None or not hmac.compare_digest(_digest(user), said["d"]):
        raise over
    return user


def _digest(user: User) -> str:
    """What a link is tied to; another password or address makes another."""
    return hmac.new(secrets().key_for(_PURPOSE), f"{user.password}\0{user.email}".encode(),
                    sha256).hexdigest()
