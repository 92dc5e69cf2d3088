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
from ileti.signin import devices, twostep
from ileti.tenancy import audit, logins, scope
from ileti.tenancy.models import Membership


def code_of(user: Any, typed: str) -> str | None:
    """Take a code: ``app`` or ``recovery``, None when it is none. Commits a failure, leaves a
    success to the caller's commit. Raises TooMany."""
    device = devices.this_device() if devices.knows(user.id) else None
    with _Try(f"step:{user.id}", logins.Guess.STEP, device) as tried:
        way = twostep.take_code(user.id, typed)
        tried.right = way is not None
    if way is None:
        _note(user.id, "second_step_failed")
    return way


def password_of(user: Any, typed: str) -> bool:
    """Whether it is the user's password; for somebody who is signed in. Raises TooMany."""
    with _Try(f"again:{user.id}", logins.Guess.PERSON, None) as tried:
        tried.right = check_password_hash(user.password, typed)
    if not tried.right:
        _note(user.id, "confirm_failed")
    return tried.right


class _Try:
    """One try: counted before it is looked at, taken back when it was right."""

    def __init__(self, name: str, guess: logins.Guess, device: bytes | None) -> None:
        self.who = (name, request.remote_addr or "")
        self.how: Any = {"guess": guess, "device": device}
        self.right = False

    def __enter__(self) -> _Try:
        wait = logins.wait_before_login(*self.who, **self.how)
        if wait:
            raise TooMany(retry_after=wait)
        logins.count_failure(*self.who, **self.how)
        return self

    def __exit__(self, kind: Any, _error: Any, _trace: Any) -> None:
        if kind is None and self.right:
            logins.forgive(*self.who, **self.how, counted=True)


def _note(user_id: int, what: str) -> None:
    with scope.system_scope():
        audit.record(what, f"ab_user:{user_id}", provider_id=provider_of(user_id))
    orm.db.session.commit()


def provider_of(user_id: int) -> int | None:
    """The provider whose audit trail tells of this user: that of the first membership."""
    with scope.system_scope():
        return orm.db.session.scalars(select(Membership.provider_id).where(
            Membership.user_id == user_id).order_by(Membership.id)).first()
