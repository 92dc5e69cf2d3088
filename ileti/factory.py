"""Wires everybody; the only room that knows all others.

:func:`create_app` builds the panel's Flask application and changes nothing in the database:
permissions are made once by :func:`setup_permissions` (stack T1: several workers that start
together would race on them).
"""

from __future__ import annotations

import hashlib
import pkgutil
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, request, session
from flask_appbuilder import AppBuilder
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import ileti.models
from config import ROOT, Settings
from config import settings as read_settings
from ileti.api.chapters import CHAPTERS
from ileti.callcentre import pressed as _pressed  # noqa: F401 (completes consents by key)
from ileti.callcentre import proof as _calls_proof  # noqa: F401 (proofs: each registers its part)
from ileti.campaigns import answering as _campaigns  # noqa: F401 (tells who answers complaints)
from ileti.capture import proof as _codes_proof  # noqa: F401 (proofs: each registers its part)
from ileti.capture.api_document import add_chapter
from ileti.channels import proof as _messages_proof  # noqa: F401
from ileti.core.db import sqlalchemy_url
from ileti.core.orm import db, engine_options
from ileti.core.secrets import open_secrets
from ileti.documents import verbis
from ileti.fields.views import personal_names
from ileti.imports import proof as _lists_proof  # noqa: F401
from ileti.imports import story as _story  # noqa: F401 (registers imports’ part of the record)
from ileti.iys import proof as _iys_proof  # noqa: F401
from ileti.iys.book import code_url
from ileti.iys.gauges import limits
from ileti.iys.pushing import registered
from ileti.kvkk import proof as _acts_proof  # noqa: F401
from ileti.kvkk import stood as _acts_stood  # noqa: F401
from ileti.requests import eraser as _eraser  # noqa: F401 (registers who erases on request)
from ileti.requests import troubles as _troubles  # noqa: F401 (and what mail servers said)
from ileti.retention import witness as _witness  # noqa: F401 (registers what was destroyed)
from ileti.signin import asked as _asked  # noqa: F401 (mails to those who may agree)
from ileti.signin.manager import HouseSecurityManager
from ileti.signin.outside import label
from ileti.signin.passkeys import possible
from ileti.signin.twostep import means_of
from ileti.tenancy.doors import RoomyRequest, open_doors
from ileti.tenancy.security import PUBLIC_BLUEPRINTS, is_offered, open_request_scope, sync_roles
from ileti.web import menu
from ileti.web.errors import init_errors
from ileti.web.headers import init_headers
from ileti.web.home import TodayView
from ileti.web.sessions import DatabaseSessions
from ileti.web.theme import init_theme

LANGUAGES = {"tr": {"flag": "tr", "name": "Türkçe"}, "en": {"flag": "gb", "name": "English"}}
LARGEST_BODY = 2 * 1024 * 1024
assert ileti.models.metadata is not None


def create_app(settings: Settings | None = None, **more: Any) -> Flask:
    """The panel and the public pages; ``more`` overrides Flask's configuration (tests)."""
    given = settings or read_settings()
    app = Flask("ileti", static_folder=str(ROOT / "static"), root_path=str(Path(__file__).parent))
    app.config.update(_configuration(given))
    app.config.update(more)
    app.request_class = RoomyRequest
    app.session_interface = DatabaseSessions(given.session_minutes)  # type: ignore[assignment]
    if given.trusted_proxies:
        hops = given.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    with app.app_context():
        db.init_app(app)
        init_headers(app, production=given.production)
        open_doors(app)  # before the first who looks for a token in the body
        protection = CSRFProtect(app)
        builder = AppBuilder(app, db.session, security_manager_class=HouseSecurityManager,
                             indexview=TodayView)
        app.extensions["babel"].locale_selector = _language
        open_request_scope(app)
        init_theme(app, menu.shell)
        init_errors(app)
        menu.add_views(builder)
        app.jinja_env.globals.update(role_title=menu.role_title, code_url=code_url,
                                     pushes_of=registered, limits_at_iys=limits,
                                     is_offered=is_offered,
                                     second_steps_of=means_of, outside_label=label,
                                     passkeys_possible=possible, personal_fields=personal_names)
        verbis.also[:] = [personal_names]
        _add_public_pages(app, protection)
    return app


def setup_permissions(app: Flask) -> None:
    """Create all permissions and copy the role table into the database; safe to run again."""
    with app.app_context():
        sync_roles(app.extensions["appbuilder"].sm)


def import_jobs() -> None:
    """Import every room's ``jobs`` module, so that the worker knows all jobs."""
    for found in pkgutil.walk_packages(ileti.__path__, "ileti."):
        if found.name.rpartition(".")[2] == "jobs" and found.name != "ileti.core.jobs":
            import_module(found.name)


def _configuration(given: Settings) -> dict[str, Any]:
    root = open_secrets(given)
    return {
        "SECRET_KEY": hashlib.sha256(root.key_for("flask")).hexdigest(),
        "SQLALCHEMY_DATABASE_URI": sqlalchemy_url(given),
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(given),
        "SESSION_COOKIE_SECURE": given.base_url.startswith("https://"),
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "PERMANENT_SESSION_LIFETIME": timedelta(minutes=given.session_minutes),
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        "WTF_CSRF_TIME_LIMIT": None,
        "APP_NAME": "İleti",
        "LANGUAGES": LANGUAGES,
        "BABEL_DEFAULT_LOCALE": "tr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Istanbul",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "FAB_UPDATE_PERMS": False,
        "FAB_CREATE_DB": False,
        "FAB_ADD_SECURITY_VIEWS": True,
        "FAB_ADD_MENU_API": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_SECURITY_SIGNALS_ENABLED": False,
    }


def _language() -> str:
    """The language chosen in the session, else Turkish; asking must not start a session."""
    chosen = request.args.get("_l_") or session.get("locale")
    return chosen if chosen in LANGUAGES else "tr"


def _add_public_pages(app: Flask, protection: CSRFProtect) -> None:
    """The hosted forms, refusal links, the preference centre and, outside production, the demo
    shop."""
    for chapter in CHAPTERS:
        add_chapter(chapter)
    for name in ("capture.pages", "capture.dealerpages", "capture.kioskpages", "preferences.pages",
                 "capture.demo", "requests.pages", "mailroom.endpoints", "reports.daily.stopping"):
        try:
            module = __import__(f"ileti.{name}", fromlist=["blueprint"])
        except ModuleNotFoundError as missing:
            if missing.name != f"ileti.{name}":
                raise
            continue
        app.register_blueprint(module.blueprint)
        PUBLIC_BLUEPRINTS.add(module.blueprint.name)
        protection.exempt(module.blueprint)  # no cookie there; they sign their own forms
