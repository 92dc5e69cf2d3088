"""Rights drawn as a matrix, from the role table: for one user, and for one role."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from ileti.core import orm
from ileti.core.formats import language
from ileti.tenancy import logins, modules, rolebook, security
from ileti.tenancy.models import AuditEntry, Brand, Dealer, Membership, Provider
from ileti.tenancy.roles import Role
from ileti.tenancy.trail import FAILURES, deed, person

COLUMNS = (("read",), ("add", "write", "fill"),
           ("publish", "resend", "drop", "check", "refuse", "ask", "share", "run", "take", "prove",
            "approve", "repair", "open", "erase", "alarm", "allow", "limit",
            "decide", "judge", "work", "release", "export", "send"),
           ("reveal", "secret"))
COLUMN_NAMES = (_l("Sees"), _l("Adds and changes"), _l("Acts"), _l("Opens what is hidden"))
TOPICS = (
    (_l("Consents"), (("consent", _l("Consents")), ("proof", _l("Proof files")),
                      ("inbound", _l("Incoming SMS")),
                      ("restricted", _l("Erased persons")), ("import", _l("Import")),
                      ("queue", _l("On the way to İYS")), ("radar", _l("Deadline radar")),
                      ("reconciliation", _l("Reconciliation")),
                      ("iys", _l("İYS answers")), ("report", _l("Reports")),
                      ("daily", _l("Daily report")))),
    (_l("Collection"), (("call", _l("Calls")), ("site", _l("Sites and forms")),
                        ("poster", _l("Dealer pages")), ("document", _l("Texts")),
                        ("purpose", _l("Processing inventory")), ("field", _l("Custom fields")))),
    (_l("Outgoing messages"), (("campaign", _l("Campaigns")), ("single", _l("Single messages")),
                               ("template", _l("Templates")),
                               ("gateway", _l("Sending accounts")))),
    (_l("Organisation"), (("provider", _l("Providers")), ("brand", _l("Brands")),
                          ("dealer", _l("Dealers")), ("user", _l("Users")),
                          ("role", _l("Roles")), ("api", _l("API accounts")),
                          ("webhook", _l("Webhooks")), ("mail", _l("Mail")),
                          ("request", _l("Data requests")),
                          ("retention", _l("Retention and destruction")),
                          ("audit", _l("Audit trail")), ("plugin", _l("Plug-ins")))),
)


def matrix(granted: frozenset[str]) -> list[dict[str, Any]]:
    """The groups of ``panel/access.html`` for a set of permissions."""
    return [
        {"title": title, "rows": [
            {"topic": topic, "limit": "",
             "cells": [any(f"{resource}:{action}" in granted for action in actions)
                       for actions in COLUMNS]}
            for resource, topic in rows]}
        for title, rows in TOPICS
    ]


def _provider() -> Provider | None:
    """Whose modules a page shows the rights of."""
    own = security.membership()
    return own.provider if own else None


def role_page(role: Role, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Context of the page of one role."""
    spoken = language()
    granted = modules.held(rolebook.granted(role.key), _provider())
    return {
        "name": role.title(spoken), "crumbs": [(_("Roles"), url_for("RoleView.list")),
                                               (role.title(spoken), None)],
        "actions": actions, "line": getattr(role, "note", "") or _(
            "Rights come with the role; the place comes with the membership."),
        "role": role.title(spoken), "columns": list(COLUMN_NAMES),
        "groups": matrix(granted), "hidden": _hidden(granted), "trail": [],
    }


def access_page(user: Any) -> dict[str, Any]:
    """Context of the page of one user: what their memberships in this work space let them do."""
    session = orm.db.session
    own = list(session.scalars(
        select(Membership).where(Membership.user_id == user.id).order_by(Membership.id)))
    granted = frozenset().union(*(modules.held(security.granted_at(one), one.provider)
                                  for one in own if not one.suspended_at))
    titles = [rolebook.title(one.role, language()) for one in own]
    return {
        "name": f"{user.first_name} {user.last_name}".strip() or user.username,
        "crumbs": [(_("Users"), url_for("UserView.list")), (user.username, None)],
        "actions": [], "line": user.email,
        "last_login": user.last_login, "seen_at": logins.last_seen([user.id]).get(user.id),
        "role": " · ".join(dict.fromkeys(titles)) or _("None"),
        "columns": list(COLUMN_NAMES), "groups": matrix(granted),
        "scope": _visible(own), "hidden": _hidden(granted), "trail": _trail(user.id),
    }


def _visible(own: list[Membership]) -> list[tuple[Any, Any]]:
    """How many brands and dealers the memberships reach, seen from this work space."""
    session = orm.db.session
    if any(one.provider_id is None for one in own):
        return [(_("Providers"), session.scalar(select(func.count()).select_from(Provider)))]
    brands, dealers = set(), set()
    for one in own:
        if one.dealer_id is not None:
            dealers.add(one.dealer_id)
            continue
        at = Brand.provider_id == one.provider_id
        below = Dealer.provider_id == one.provider_id
        if one.brand_id is not None:
            at, below = Brand.id == one.brand_id, Dealer.brand_id == one.brand_id
        brands.update(session.scalars(select(Brand.id).where(at)))
        dealers.update(session.scalars(select(Dealer.id).where(below)))
    counts = [(_("Brands"), len(brands)), (_("Dealers"), len(dealers))]
    return [(label, number) for label, number in counts if number]


def _hidden(granted: frozenset[str]) -> list[str]:
    closed = (("consent:read", _("Consents")), ("consent:reveal", _("Addresses in full")),
              ("site:secret", _("Secrets of sites")), ("audit:read", _("The audit trail")))
    return [text for permission, text in closed if permission not in granted]


def _trail(user_id: int) -> list[dict[str, Any]]:
    """The last changes of this user's rights and account, for who may read the trail."""
    if not security.may("audit:read"):
        return []
    rows = orm.db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"ab_user:{user_id}",
                                 AuditEntry.action.not_in((
                                     "login", "logout", "workspace:switch", "session:end",
                                     "session:end_others", *FAILURES)))
        .order_by(AuditEntry.id.desc()).limit(5))
    return [{"text": deed(row.action), "who": person(row.user_id), "at": row.at} for row in rows]


def menu_of(granted: frozenset[str]) -> list[str]:
    """The entries of the menu that a holder sees, in its order."""
    builder = current_app.extensions["appbuilder"]
    needed = builder.sm.menu_permissions
    items = [one for entry in builder.menu.get_list() for one in (entry.childs or [entry])]
    return [_(str(one.label)) for one in items
            if needed.get(one.name) in granted
            and security.is_offered(builder.sm.menu_views.get(one.name, ""))]
