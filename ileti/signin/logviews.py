"""The security log: what happened to accounts, for oneself and for whoever reads the audit trail.

The audit trail keeps it among all other deeds; somebody who asks “was that me?” needs these alone.
"""

from __future__ import annotations

from typing import Final

from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.models.sqla.filters import FilterInFunction
from flask_appbuilder.security.decorators import permission_name
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from ileti.core import orm
from ileti.tenancy import scope, trail, trailpage
from ileti.tenancy.models import AuditEntry

SHOWN: Final = 100
ACCOUNT_DEEDS: Final = (
    "login", "logout", "login_failed", "second_step_failed", "confirm_failed", "ab_user:add",
    "ab_user:change", "user:invite", "user:uninvite", "user:join", "user:forgot", "user:choose",
    "membership:add", "membership:remove", "membership:suspend", "membership:resume",
    "membership:move", "membership:hand_over", "two_step:on", "two_step:off", "two_step:codes",
    "two_step:reset", "passkey:add", "passkey:remove", "step_up:prove", "outside:link",
    "session:end", "session:end_others")


class SecurityLogView(trailpage.AuditView):
    """Sign-ins and changes of accounts in one's work space."""

    route_base = "/guvenlik-gunlugu"
    list_title = _l("Security log")
    base_filters = [["action", FilterInFunction, lambda: list(ACCOUNT_DEEDS)]]
    only_deeds = ACCOUNT_DEEDS


class OwnLogView(BaseView):
    """The same about one's own account."""

    route_base = "/hesabim/guvenlik"
    class_permission_name = "home"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("read")
    def show(self) -> ResponseReturnValue:
        """The newest first; whoever did it, wherever one works."""
        with scope.system_scope():
            found = orm.db.session.scalars(
                select(AuditEntry).where(AuditEntry.subject == f"ab_user:{current_user.id}",
                                         AuditEntry.action.in_(ACCOUNT_DEEDS))
                .order_by(AuditEntry.id.desc()).limit(SHOWN)).all()
        return self.render_template("panel/account/log.html", shown=SHOWN, entries=[{
            "at": one.at, "deed": trail.deed(one.action), "detail": trail.details(one.detail),
            "address": one.address or "", "bad": one.action in trail.FAILURES,
            "by": trail.person(one.doer) if one.doer not in (None, current_user.id) else ""}
            for one in found])
