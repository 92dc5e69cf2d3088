"""The side navigation: Flask-AppBuilder's menu, less what this user may not open.

One question to the security manager for the whole menu instead of one per entry (stack T8).
Entries a user may not open are absent, not grey (look §6). A menu item's ``icon`` is a lucide
name; Flask-AppBuilder's own entries get theirs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from ileti.web.icons import has_icon

FALLBACK_ICON = "circle-dot"
ICONS = {
    "List Users": "users",
    "List Roles": "shield-check",
    "List Groups": "users",
    "User's Statistics": "chart-column",
    "User Registrations": "user-plus",
    "Base Permissions": "key-round",
    "Views/Menus": "list",
    "Permission on Views/Menus": "lock",
    "Permissions on Views/Menus": "lock",
}


@dataclass(frozen=True)
class NavItem:
    """One entry: ``count`` stands right; ``urgent`` makes it red and bold (late today)."""

    name: str
    label: str
    url: str
    icon: str
    current: bool
    count: int | None
    urgent: bool


@dataclass(frozen=True)
class NavGroup:
    """Entries below one heading; the first group has none."""

    label: str
    items: list[NavItem]


def navigation(counts: dict[str, Any] | None = None) -> list[NavGroup]:
    """The groups of the menu for the current user, entries above all groups first.

    ``counts`` maps a menu item's name to something with ``number`` and ``urgent``.
    """
    builder = current_app.extensions["appbuilder"]
    entries = builder.menu.get_list()
    names = [item.name for entry in entries for item in (entry, *entry.childs)]
    allowed = builder.sm.get_user_menu_access(names)
    current = _current(entries)
    lone = [e for e in entries if not e.childs and _open(e, allowed)]
    groups = [NavGroup("", [_item(e, current, counts or {}) for e in lone])]
    for entry in entries:
        children = [child for child in entry.childs if _open(child, allowed)]
        if children and entry.name in allowed:
            items = [_item(child, current, counts or {}) for child in children]
            groups.append(NavGroup(_(str(entry.label)), items))
    return [group for group in groups if group.items]


def _open(item: Any, allowed: set[str]) -> bool:
    return item.name != "-" and item.name in allowed and item.should_render()


def _current(entries: list[Any]) -> str:
    """The name of the entry for this page: the same address, else the same view, else the one whose
    address this page's begins with."""
    items = [item for entry in entries for item in (entry.childs or [entry])]
    same = [item.name for item in items if item.name != "-" and item.get_url() == request.path]
    view = request.blueprint
    same += [
        item.name for item in items if view and getattr(item.baseview, "endpoint", None) == view
    ]
    same += [item.name for item in items if item.name != "-" and len(item.get_url()) > 1
             and request.path.startswith(item.get_url())]
    return same[0] if same else ""


def _item(item: Any, current: str, counts: dict[str, Any]) -> NavItem:
    icon = item.icon if item.icon and has_icon(item.icon) else ICONS.get(item.name, FALLBACK_ICON)
    count = counts.get(item.name)
    return NavItem(
        item.name,
        _(str(item.label)),
        item.get_url(),
        icon,
        item.name == current,
        count.number if count else None,
        bool(count and count.urgent),
    )
