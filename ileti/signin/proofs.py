"""Looking at what somebody offers as proof, with every try counted before it is looked at.

One place for sign-in, second step and “confirm it is you”, so that none of them can be used to
guess what another one guards. Many tries sent at once are counted as many.
"""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select
from werkzeug.security import check_password_hash

from ileti.core import orm
from ileti.core.errors import TooMany
from ileti.signin import twostep
from ileti.tenancy import audit, logins, scope
from ileti.tenancy.models import Membership


def code_of(user: Any, typed: str) -> str | None:
    """Take a code: ``app`` or ``recovery``, None when it is none. Commits a failure, leaves a
    success to the caller's commit. Raises TooMany."""
    name, address = f"step:{user.id}", request.remote_addr or ""
    _count(name, address)
    way = twostep.take_code(user.id, typed)
    if way is None:
        _note(user.id, "second_step_failed")
    else:
        logins.forgive(name, address)
    return way


def password_of(user: Any, typed: str) -> bool:
    """Whether it is the user's password; for somebody who is signed in. Raises TooMany."""
    name, address = f"again:{user.id}", request.remote_addr or ""
    _count(name, address)
    right = check_password_hash(user.password, typed)
    if right:
        logins.forgive(name, address)
    else:
        _note(user.id, "confirm_failed")
    return right


def _count(name: str, address: str) -> None:
    wait = logins.wait_before_login(name, address)
    if wait:
        raise TooMany(retry_after=wait)
    logins.count_failure(name, address)


def _note(user_id: int, what: str) -> None:
    with scope.system_scope():
        audit.record(what, f"ab_user:{user_id}", provider_id=provider_of(user_id))
    orm.db.session.commit()


def provider_of(user_id: int) -> int | None:
    """The provider whose audit trail tells of this user: that of the first membership."""
    with scope.system_scope():
        return orm.db.session.scalars(select(Membership.provider_id).where(
            Membership.user_id == user_id).order_by(Membership.id)).first()
