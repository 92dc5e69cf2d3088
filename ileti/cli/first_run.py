"""What a development installation starts with: an administrator, and an invented company.

Only for :mod:`ileti.cli.up`. Again and again the same: it makes what is missing and leaves alone
what people changed since, their passwords above all.
"""

from __future__ import annotations

import os
import secrets as random_source
from dataclasses import replace
from pathlib import Path
from threading import Event

from sqlalchemy import select
from werkzeug.security import check_password_hash

from config import Settings
from ileti.callcentre.seed import seed_calls
from ileti.capture.seed import IYS_CODE, seed_demo
from ileti.cli import readiness
from ileti.cli.readiness import ADMIN, Mark, password_file
from ileti.cli.up import wait_for
from ileti.cli.users import ensure_user
from ileti.core.orm import db
from ileti.factory import create_app
from ileti.inbound.seed import seed_number
from ileti.mailroom.seed import seed_mailbox
from ileti.templates.seed import seed_published, seed_templates
from ileti.tenancy import scope

DEALERS_PEOPLE = {"bayi-a": ("Mert", "Aksoy"), "bayi-b": ("Derya", "Tunç")}  # invented


def await_simulator(settings: Settings) -> None:
    """Return when the simulator answers, which is started at the same time; raises WrongSetting."""
    if not settings.iys_base_url:
        wait_for(settings.iys_url + "/_health", Event(), seconds=20)


def furnish(settings: Settings) -> None:
    """Make administrator, demo company and its dealers' people, with the password in the file;
    without the file all of them get a new one. Leaves a mark."""
    seeded = seed_demo(settings) if settings.demo_company else {}
    seed_number(settings, seeded)
    seed_mailbox(settings, seeded)
    if seeded:
        seed_templates(seeded["provider"])
    path = password_file(settings)
    kept = path.read_text().strip() if path.exists() else ""
    password = kept or random_source.token_urlsafe(15)
    with create_app(settings).app_context():
        people = [ensure_user(ADMIN, password, role="platform_admin", keep=bool(kept))]
        people += [ensure_user(name, password, role="dealer_manager", dealer_id=dealer_id,
                               keep=bool(kept), full_name=DEALERS_PEOPLE.get(name))
                   for name, dealer_id in (seeded.get("dealers") or {}).items()]
        seed_calls(settings, seeded, people)
        if seeded:
            seed_published(seeded["provider"], user_id=people[0])
        if not kept:  # only now: without the file, a run that was killed is begun anew
            _keep(path, password)
        readiness.write(settings, _marked(settings, password, bool(seeded)))


def _keep(path: Path, password: str) -> None:
    half = path.with_suffix(".new")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(password + "\n")
    half.replace(path)


def _marked(settings: Settings, password: str, seeded: bool) -> Mark:
    from flask_appbuilder.security.sqla.models import User

    with scope.system_scope():
        stored = db.session.scalars(select(User.password).where(User.username == ADMIN)).one()
    holds = check_password_hash(stored, password)
    return replace(readiness.read(settings), house=readiness.house_digest(settings),
                   provider=IYS_CODE if seeded else 0,
                   admin=readiness.password_digest(stored) if holds else "")
