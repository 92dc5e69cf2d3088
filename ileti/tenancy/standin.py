"""Work done for a user who is not there, as if they sat before the page.

Why this module exists: what is mailed to somebody each morning must be exactly what they would see:
with the rights of one work space, its rows and the second wall behind them. Pages ask for all of
that by the request's user, so here a request is opened that is nobody's browser's, and the user and
the one membership stand in it. What the role, the module and the dealer's rights no longer give is
not there either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g

from config import settings
from ileti.core import orm, reach
from ileti.tenancy import rolebook, scope, security, wall
from ileti.tenancy.models import Membership


@contextmanager
def standing_in(membership_id: int, language: str) -> Iterator[Membership | None]:
    """Within the application: everything inside is seen as the membership's user sees it, in
    ``language``; None when the membership is gone or rests, or its user is switched off. Whatever
    was begun in the session is rolled back at the end."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), app.test_request_context(
            base_url=settings().base_url, query_string={"_l_": language}):
        with scope.system_scope():
            one = orm.db.session.get(Membership, membership_id)
            if one is not None:
                _ = (one.provider, one.brand, one.dealer)
            user = app.extensions["appbuilder"].sm.load_user(one.user_id) if one else None
        if one is None or user is None or one.suspended_at is not None:
            yield None
            return
        g._login_user, g.memberships = user, [one]
        here = security.scope_of(one, user.id)
        reached, known = reach.enter(wall.reach_of(here)), rolebook.remember()
        try:
            with scope.within(here):
                yield one
        finally:
            orm.db.session.rollback()
            rolebook.forget(known)
            reach.leave(reached)
