"""Pages that plug-ins bring into the panel.

Why this module exists: a page of somebody else's stands inside our frame, so it keeps our rules: an
address of its own below ``/eklenti/<plug-in>``, and a right of the role table that is asked for
before any of its methods runs (a plug-in adds no rights: they are one table a lawyer can read). A
page that does not fit is left out and said; its plug-in does the rest all the same. What it raises
is a page that names the plug-in. Whether it exists for somebody is asked at each request
(:mod:`ileti.tenancy.security`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from flask import abort, current_app
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from ileti.core import orm
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.core.logs import get_logger
from ileti.hooks import limits, manager
from ileti.hooks.kinds import PanelPage
from ileti.hooks.limits import PluginFailed
from ileti.tenancy import plugins, roles, security

log = get_logger("ileti.plugins")

HOOK: Final = "panel_pages"
HEADING: Final = "Plug-ins"


def add_pages(builder: Any) -> None:
    """Register the pages of every plug-in that is installed, with their menu entries."""
    loaded = manager.plugins()
    for one in manager.installed():
        if HOOK not in one.hooks:
            continue
        try:
            pages = loaded.call(one.name, HOOK)
        except PluginFailed as failed:
            loaded.complain(one.name, f"its pages: {failed.reason}")
            continue
        for page in pages or ():
            try:
                _add(builder, one.name, page)
            except Exception as error:  # whatever somebody else's view does when it is made
                loaded.complain(one.name, f"a page: {_reason(error)}")


class _Unfit(Exception):
    """A page that keeps not our rules; said as it is."""


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _Unfit) else limits.told(error)


def _add(builder: Any, plugin: str, page: Any) -> None:
    if not isinstance(page, PanelPage):
        raise _Unfit(f"{type(page).__name__} is no PanelPage")
    if page.permission not in roles.PERMISSIONS:
        raise _Unfit(f"{page.permission} is no right of the role table")
    view = page.view() if isinstance(page.view, type) else page.view
    base, endpoint = f"/eklenti/{plugin}", view.endpoint or type(view).__name__
    if view.route_base != base and not str(view.route_base).startswith(base + "/"):
        raise _Unfit(f"its route_base is not below {base}")
    if any(endpoint == (one.endpoint or type(one).__name__) for one in builder.baseviews):
        raise _Unfit(f"the name {endpoint} is taken")
    name = f"{plugin}:{page.name}"
    plugins.own(endpoint, plugin)
    app = current_app
    before = set(app.view_functions)
    builder.add_view(view, name, label=LazyString(say, page.title), icon=page.icon,
                     category=HEADING, category_label=_l("Plug-ins"))
    for key in set(app.view_functions) - before:
        app.view_functions[key] = _guarded(app.view_functions[key], plugin, page.permission)
    builder.sm.menu_permissions |= {name: page.permission, HEADING: "home:read"}
    builder.sm.menu_views[name] = endpoint


def _guarded(view: Callable[..., Any], plugin: str, permission: str) -> Callable[..., Any]:
    @wraps(view)
    def seen(*args: Any, **more: Any) -> Any:
        if not security.may(permission):
            abort(403)
        try:
            return view(*args, **more)
        except (HTTPException, IletiError):
            raise
        except Exception as error:
            log.error("plugin_broke", plugin=plugin, hook=HOOK, error=limits.told(error))
            orm.db.session.rollback()
            raise PluginFailed(plugin, type(error).__name__) from error

    return seen
