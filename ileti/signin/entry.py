"""Where somebody becomes signed in: the one place, whatever the way in was.

:func:`proven` is asked when a name and a first proof fit; it opens a session, or a half one when a
second step is still to come. :func:`enter` makes the privileged session: a new value in the cookie,
the device remembered, the deed in the audit trail, a mail when the place is new.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user

from ileti.core import clock, orm
from ileti.signin import devices, half, tell, twostep
from ileti.tenancy import audit, confirm, scope, security


def proven(user: Any, target: str, *, way: str) -> ResponseReturnValue:
    """Name and first proof (``way``: password, outside) are right: on to the second step, to
    setting one up, or in. ``target`` is the path that was asked for."""
    if twostep.means_of(user.id):
        half.open_half(user, target, enrol=False)
        return redirect(url_for("SecondStep.ask"))
    if twostep.required_of(user.id):
        half.open_half(user, target, enrol=True)
        return redirect(url_for("SecondStep.enrol"))
    enter(user, way=way)
    return redirect(get_safe_redirect(target))


def enter(user: Any, *, way: str) -> None:
    """Open the session of this user. Commits."""
    half.begin_anew()
    login_user(user, remember=False)
    confirm.note()
    _count(user)
    own = security.membership()
    audit.record("login", f"ab_user:{user.id}", {"way": way}, user_id=user.id,
                 provider_id=own.provider_id if own else None)
    if devices.remember(user.id):
        tell.user(user.id, "new_device")
    if way == "recovery":
        tell.user(user.id, "recovery_used")
    orm.db.session.commit()


def _count(user: Any) -> None:
    """How often and when last; people read Istanbul's clock there."""
    with scope.system_scope():
        user.login_count = (user.login_count or 0) + 1
        user.fail_login_count = 0
        user.last_login = clock.to_istanbul(clock.now()).replace(tzinfo=None)
        orm.db.session.flush()


def target() -> str:
    """Where the visitor wanted to go."""
    return request.args.get("next", "")[:500]
