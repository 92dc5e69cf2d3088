"""The panel's look on Flask-AppBuilder: where its templates are replaced and what they may call.

Flask-AppBuilder's own pages are Bootstrap 3 with jQuery, nameless icon links and inline styles
(stack T9 to T11); this module puts our templates before them, wholly. It knows no feature: what
stands in the frame around a page (work space, counts, İYS's light) comes from one function that
the factory hands over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from ileti.core import formats
from ileti.web import badges, charts, fields, filters
from ileti.web.icons import has_icon, icon
from ileti.web.navigation import navigation

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "tema"
THEMES = ("acik", "koyu", "oto")
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Count:
    """A number beside a menu entry; ``urgent`` only for what becomes late today."""

    number: int
    urgent: bool = False


@dataclass(frozen=True)
class Workspace:
    """A brand, or the dealer and below it the brand in whose name it works."""

    key: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Shell:
    """What the frame shows around every page of one user.

    ``workspace`` stands in the switcher, ``workspaces`` are those the user may change to by a
    POST of ``workspace=<key>`` to ``switch_url``. ``counts`` goes by menu item name. ``iys_ok`` is
    None when nobody knows; ``iys_text`` is the sentence beside the light. ``search_url`` takes a
    POST of ``q``: an address never stands in a URL (look §9).
    """

    workspace: Workspace | None = None
    workspaces: list[Workspace] = field(default_factory=list)
    switch_url: str = ""
    counts: Mapping[str, Count] = field(default_factory=dict)
    iys_ok: bool | None = None
    iys_text: str = ""
    search_url: str = ""
    help_url: str = ""
    role: str = ""


ShellSource = Callable[[], Shell]


def init_theme(app: Flask, shell: ShellSource | None = None) -> None:
    """Put the panel's templates, filters and globals on ``app``.

    Call it before the first request and before or after Flask-AppBuilder's own start; ``shell``
    is asked once per request of a signed-in user. Needs Flask-Babel for the page's language.
    """
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(TEMPLATES), *([app.jinja_loader] if app.jinja_loader else [])]
    )
    app.extensions["panel_shell"] = shell or Shell
    app.register_blueprint(_theme_routes())
    app.context_processor(_page_defaults)
    app.jinja_env.globals.update(_globals())
    app.jinja_env.filters.update(_filters())
    fields.accept_native_dates()


def _globals() -> dict[str, Any]:
    return {
        "icon": icon,
        "has_icon": has_icon,
        "asset": asset,
        "csp_nonce": csp_nonce,
        "theme_choice": theme_choice,
        "page_language": formats.language,
        "panel_shell": panel_shell,
        "navigation": navigation,
        "signed_in": signed_in,
        "badge_of": badges.badge_of,
        "BADGES": badges.BADGES,
        "CHANNELS": badges.CHANNELS,
        "stacked_bars": charts.stacked_bars, "shares": charts.shares,
        "field_kind": fields.field_kind,
        "field_control": fields.field_control,
        "field_choices": fields.field_choices,
        "form_errors": fields.form_errors, "field_error": fields.field_error,
        "list_filters": filters.list_filters,
        "kept_arguments": filters.kept_arguments,
    }


def _filters() -> dict[str, Any]:
    plain = [
        "number",
        "percent",
        "money",
        "size",
        "day",
        "day_short",
        "day_long",
        "moment",
        "clock",
        "iso",
        "initials",
        "its",
        "timed",
    ]
    return {
        **{name: getattr(formats, name) for name in plain},
        "uppercase": formats.upper,
        "lowercase": formats.lower,
        "shown": shown,
        "spoken": spoken,
        "tone": tone,
    }


def _page_defaults() -> dict[str, Any]:
    builder = current_app.extensions.get("appbuilder")
    return {"appbuilder": builder, "base_template": "appbuilder/baselayout.html"}


def csp_nonce() -> str:
    """The request's nonce for script and style tags; empty when no policy is set."""
    return str(g.get("csp_nonce", ""))


def theme_choice() -> str:
    """``acik``, ``koyu`` or ``oto`` (follow the system), from the cookie."""
    chosen = request.cookies.get(COOKIE, "oto")
    return chosen if chosen in THEMES else "oto"


def signed_in() -> bool:
    """Whether the frame of a user belongs around this page."""
    user = g.get("user")
    return bool(user is not None and getattr(user, "is_authenticated", False))


def panel_shell() -> Shell:
    """The frame's contents, asked once per request; an empty one for a visitor."""
    if not signed_in():
        return Shell()
    if "panel_shell" not in g:
        g.panel_shell = current_app.extensions["panel_shell"]()
    shell: Shell = g.panel_shell
    return shell


@lru_cache(maxsize=64)
def _fingerprint(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(filename: str) -> str:
    """The address of a file in ``static/`` with its content's fingerprint, so it may be cached."""
    path = Path(current_app.static_folder or "static") / filename
    version = _fingerprint(path, path.stat().st_mtime_ns) if path.is_file() else None
    return url_for("static", filename=filename, v=version)


def tone(name: str) -> int:
    """One of six avatar grounds, the same for the same name on every page."""
    return hashlib.sha256(name.encode()).digest()[0] % 6 + 1


def spoken(address: str) -> str:
    """A masked address as a screen reader should say it (look §8)."""
    if "@" in address:
        name, domain = address.split("@", 1)
        return str(_("e-mail starting with %(first)s at %(domain)s", first=name[:1], domain=domain))
    end = address.replace("•", "").strip()[-5:].strip()
    return str(_("phone ending in %(end)s", end=end))


def shown(value: Any) -> Any:
    """A value of a model in a list or on a card, readable.

    Whole numbers stay as they are: in these tables they are codes (``731204``), not amounts.
    """
    if value is None or value == "":
        return Markup('<span class="none">—</span>')
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, float | Decimal):
        return formats.number(value)
    if isinstance(value, list | tuple | set):
        return ", ".join(str(item) for item in value) or shown(None)
    return value


def yes_no(value: bool) -> Markup:
    """Yes or no as a word with its icon."""
    name, kind, word = ("check", "ok", _("Yes")) if value else ("minus", "off", _("No"))
    return Markup('<span class="yn {}">{}{}</span>').format(kind, icon(name), word)


def _theme_routes() -> Blueprint:
    routes = Blueprint("panel_theme", __name__)

    @routes.post("/tema")
    def choose() -> ResponseReturnValue:
        """Keep the visitor's choice of light or dark in a cookie; public, changes nothing else."""
        chosen = request.form.get("tema", "")
        if chosen not in THEMES:
            raise BadRequest
        answer = redirect(_back_to(request.form.get("next", "/")), code=303)
        secure = bool(current_app.config.get("SESSION_COOKIE_SECURE"))
        answer.set_cookie(COOKIE, chosen, max_age=YEAR, secure=secure, samesite="Lax")
        return answer

    return routes


def _back_to(path: str) -> str:
    """A path on this host, and nothing that a browser could read as another host."""
    plain = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if plain else "/"
