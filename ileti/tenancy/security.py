"""Flask-AppBuilder's security manager, thinly changed, because four things must differ.

* Rights come from one membership at a time (the work space chosen in the switcher): what somebody
  may do at one brand never leaks to another where they hold a lesser role.
* All permissions of a request are read once (stack T8: one SQL EXISTS per button otherwise).
* The way in is a room of its own (``ileti/signin``), on a higher floor.
* Only the views below exist: Flask-AppBuilder's own user, role and REST views stay switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import current_user
from sqlalchemy import select

from ileti.core import db, orm, reach
from ileti.core import doer as at_work
from ileti.core.errors import NotFound
from ileti.tenancy import (
    dealerrights,
    modules,
    plugins,
    rolebook,
    roles,
    scope,
    wall,
)
from ileti.tenancy.models import Membership

PUBLIC_ENDPOINTS = {"static", "appbuilder.static", "panel_theme.choose", "LocaleView.index"}
PUBLIC_BLUEPRINTS: set[str] = set()


def public_route(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view as open without a login; a guard test lists every route that is."""
    view._ileti_public = True  # type: ignore[attr-defined]
    return view


# -- who is asking -------------------------------------------------------------------------------


def memberships() -> list[Membership]:
    """The signed-in user's memberships in force, oldest first; read once per request."""
    if "memberships" not in g:
        with scope.system_scope():
            found = orm.db.session.execute(
                select(Membership).where(Membership.user_id == current_user.id,
                                         Membership.suspended_at.is_(None))
                .order_by(Membership.id)
            ).scalars().all()
            for one in found:  # read while the system's scope is open
                _ = (one.provider, one.brand, one.dealer)
        g.memberships = list(found)
    return list(g.memberships)


def membership() -> Membership | None:
    """The work space the user is in: the one chosen in this session, else the one chosen last, else
    the first."""
    if not current_user.is_authenticated:
        return None
    own = memberships()
    chosen = session.get("workspace")
    found = next((one for one in own if one.id == chosen), None)
    last = max(((one.chosen_at, one.id, one) for one in own if one.chosen_at is not None),
               default=(None, 0, None))[2]
    return found or last or (own[0] if own else None)


def scope_of(one: Membership | None, user_id: int | None = None) -> scope.Scope:
    """What a membership lets its user see."""
    if one is None:
        return scope.Scope(user_id=user_id)
    if one.provider_id is None:
        return scope.Scope(everything=one.role == "platform_admin", user_id=one.user_id,
                           twins=False)
    return scope.Scope(provider_id=one.provider_id, brand_id=one.brand_id,
                       dealer_id=one.dealer_id, user_id=one.user_id,
                       restricted="restricted:read" in rolebook.granted(one.role))


def permissions() -> frozenset[str]:
    """What this request's user may do here, as ``resource:action``: their role's rights, less
    those of a module the provider does not have."""
    own = membership()
    return modules.held(role_rights(), own.provider if own else None)


def role_rights() -> frozenset[str]:
    """All rights of this request's role, whatever its provider has; for who hands out roles. One
    statement."""
    if "permissions" not in g:
        own = membership()
        g.permissions = (_granted(own.role) - closed_at(own)
                         if own and current_user.is_active else frozenset())
    granted: frozenset[str] = g.permissions
    return granted


def closed_at(one: Membership) -> frozenset[str]:
    """What nobody may at a membership's dealer, because the brand did not give it."""
    return dealerrights.closed(one.provider_id, one.brand_id, one.dealer_id)


def granted_at(one: Membership) -> frozenset[str]:
    """What a membership lets its holder do: the role's rights, less what its dealer lacks."""
    return rolebook.granted(one.role) - closed_at(one)


def _granted(role: str) -> frozenset[str]:
    """What a role grants: a ready one by Flask-AppBuilder's store, which set-up filled from the
    table; a composed one as it counts at its level now."""
    if role.startswith(rolebook.PREFIX):
        return rolebook.granted(role)
    rows = db.connection().execute(
        "select v.name || ':' || substr(p.name, 5) from ab_role r "
        "join ab_permission_view_role x on x.role_id = r.id "
        "join ab_permission_view pv on pv.id = x.permission_view_id "
        "join ab_permission p on p.id = pv.permission_id "
        "join ab_view_menu v on v.id = pv.view_menu_id "
        "where r.name = %s and p.name like 'can\\_%%'", (role,),
    ).fetchall()
    return frozenset(row[0] for row in rows)


def may(permission: str) -> bool:
    """Whether this request's user has ``resource:action``."""
    return current_user.is_authenticated and permission in permissions()


# -- the manager ---------------------------------------------------------------------------------


class IletiSecurityManager(SecurityManager):
    """See the module text."""

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        self.menu_permissions: dict[str, str] = {}
        self.menu_views: dict[str, str] = {}

    def register_views(self) -> None:
        """The sign-in view only."""
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.lm.login_view = f"{self.auth_view.endpoint}.login"
        self.lm.login_message = None  # its English sentence cost every stranger a session

    def load_user(self, pk: int) -> Any:
        """The user of a session; an inactive one is nobody."""
        with scope.system_scope():
            user = super().load_user(pk)
        return user if user is not None and user.is_active else None

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the user's work space grants it; nothing is granted to visitors."""
        return may(f"{view_name}:{permission_name.removeprefix('can_')}")

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Menu entries whose permission the user has and whose page there is here; headings are
        open."""
        wanted = {name: self.menu_permissions.get(name) for name in menu_names or []}
        own = permissions() if current_user.is_authenticated else frozenset()
        return {name for name, needed in wanted.items()
                if needed in own and is_offered(self.menu_views.get(name, ""))}


def is_public(app: Flask, endpoint: str | None, blueprint: str | None) -> bool:
    """Whether a route is open without a login; an address that does not exist is nobody's."""
    if endpoint is None or endpoint in PUBLIC_ENDPOINTS or blueprint in PUBLIC_BLUEPRINTS:
        return True
    return bool(getattr(app.view_functions.get(endpoint), "_ileti_public", False))


def is_offered(endpoint: str) -> bool:
    """Whether a view, or one of its pages, is of those there are where this user works: of the
    provider's modules, or of a plug-in that is on."""
    own = membership()
    plugin = plugins.owner_of(endpoint.partition(".")[0])
    if plugin is not None:
        return bool(own and own.provider_id and plugin in plugins.on_at(own.provider_id))
    module = modules.of("page", endpoint) or modules.of("public", endpoint)
    return not endpoint or modules.has(own.provider if own else None, module)


def open_request_scope(app: Flask) -> None:
    """Each request sees what its user's work space shows, and nothing before that is known."""

    @app.before_request
    def begin() -> Any:
        g.scope_token = scope.enter(scope.NOTHING)
        g.roles_token = rolebook.remember()
        if is_public(app, request.endpoint, request.blueprint):
            return None
        if not current_user.is_authenticated:
            return app.extensions["appbuilder"].sm.lm.unauthorized()
        own = membership()
        g.work_scope = scope_of(own, current_user.id)
        scope.enter(g.work_scope)
        g.doer_token = at_work.enter(at_work.Doer(user_id=current_user.id,
                                                  address=request.remote_addr))
        g.reach_token = reach.enter(wall.reach_of(g.work_scope))
        if not is_offered(request.endpoint or ""):
            raise NotFound()
        return None

    @app.after_request
    def carry(answer: Response) -> Response:
        if "reach_token" in g and answer.is_streamed and not answer.direct_passthrough:
            answer.response = reach.Carried(answer.response)
        return answer

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        reached = g.pop("reach_token", None)
        if reached is not None:
            reach.leave(reached)
        token = g.pop("scope_token", None)
        if token is not None:
            scope.leave(token)
            rolebook.forget(g.pop("roles_token"))
        doing = g.pop("doer_token", None)
        if doing is not None:
            at_work.leave(doing)


def sync_roles(sm: SecurityManager) -> None:
    """Copy the table of :mod:`ileti.tenancy.roles` into Flask-AppBuilder's roles, both ways."""
    with scope.system_scope():
        for permission in roles.PERMISSIONS:
            sm.add_permission_view_menu(*roles.split(permission))
        for key, granted in roles.GRANTS.items():
            role = sm.add_role(key) or sm.find_role(key)
            role.permissions = [
                sm.find_permission_view_menu(*roles.split(one)) for one in sorted(granted)
            ]
            sm.update_role(role.id, key)
        orm.db.session.commit()
