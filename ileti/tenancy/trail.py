"""The audit trail as people read it: who, what, about whom, instead of keys and numbers.

The table keeps short stable words (``dealer:change``, ``ab_user:7``); the sentences are made here,
so that they can be mended without touching what was kept. The page is
:mod:`ileti.tenancy.trailpage`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from flask import g, url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import select

from ileti.core import formats, orm
from ileti.core.doer import COMMAND_LINE
from ileti.core.formats import language
from ileti.tenancy import rolebook, security
from ileti.tenancy.deedwords import (
    ASKED,
    CHANGES,
    DEEDS,
    FAILURES,
    MORE_LABELS,
    OTHER_THINGS,
    VALUES,
    WAYS,
)
from ileti.tenancy.models import Brand, Dealer, Provider
from ileti.tenancy.rightwords import right
from ileti.tenancy.views import COMMON_LABELS

__all__ = ["DEEDS", "FAILURES", "changes", "deed", "details", "extras", "look_up",
           "look_up_things", "name_things", "person", "thing"]

_PAGES: dict[str, tuple[Any, str, str]] = {
    "provider": (Provider, "ProviderView.show", "provider:read"),
    "brand": (Brand, "BrandView.show", "brand:read"),
    "dealer": (Dealer, "DealerView.show", "dealer:read"),
    "ab_user": (User, "UserView.show", "user:read"),
}


def name_things(table: str, model: Any, endpoint: str, permission: str) -> None:
    """Let a higher floor say how the things of one of its tables are called and where they are."""
    _PAGES[table] = (model, endpoint, permission)


def deed(action: str) -> Any:
    """What was done, in words; the word that was kept when it has none."""
    if action in DEEDS:
        return DEEDS[action]
    table, _colon, kind = action.partition(":")
    if kind in CHANGES and table in OTHER_THINGS:
        return f"{CHANGES[kind]}: {OTHER_THINGS[table]}"
    return action


def person(user_id: int | str | None) -> str:
    """The name of who did it, when it is somebody of this work space; a program's is told with the
    deed."""
    if user_id is None:
        return "—"
    if isinstance(user_id, str):
        if user_id.startswith(COMMAND_LINE):
            return _("%(name)s (command line)", name=user_id.removeprefix(COMMAND_LINE))
        return user_id
    if user_id not in _people():
        look_up([user_id])
    return _people()[user_id]


def look_up(user_ids: Iterable[int | None]) -> None:
    """Read the names of many in one statement, for a page that calls :func:`person` for each."""
    asked = {one for one in user_ids if one is not None} - _people().keys()
    if not asked:
        return
    found = {user.id: user for user in orm.db.session.scalars(select(User).where(
        User.id.in_(asked)))}
    _people().update((number, _name(found.get(number), number)) for number in asked)


def _people() -> dict[int, str]:
    """The names this request has read."""
    names: dict[int, str] = g.setdefault("people_named", {})
    return names


def _name(user: Any, number: int) -> str:
    if user is None:
        return _("User %(number)s", number=number)
    return f"{user.first_name} {user.last_name}".strip() or str(user.username)


def thing(subject: str) -> Any:
    """What it was about: its name, with a link where there is a page this user may open."""
    table, _colon, number = subject.partition(":")
    if (table, number) not in _things():
        look_up_things([subject])
    name = _things()[table, number]
    if name is None:
        return f"{OTHER_THINGS.get(table, table)} {number if number != '*' else ''}".strip()
    _model, endpoint, permission = _PAGES[table]
    if security.may(permission):
        return Markup('<a href="{}">{}</a>').format(url_for(endpoint, pk=int(number)), name)
    return escape(name)


def look_up_things(subjects: Iterable[str]) -> None:
    """Read the names of many in one statement per table, for a page that calls :func:`thing` for
    each."""
    asked: dict[str, set[str]] = {}
    for subject in subjects:
        table, _colon, number = subject.partition(":")
        if (table, number) not in _things():
            asked.setdefault(table, set()).add(number)
    for table, numbers in asked.items():
        found: dict[str, str] = {}
        ids = [int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 10]
        if table in _PAGES and ids:
            model = _PAGES[table][0]
            found = {str(one.id): one.username if table == "ab_user" else str(one)
                     for one in orm.db.session.scalars(select(model).where(model.id.in_(ids)))}
        _things().update({(table, number): found.get(number) for number in numbers})


def _things() -> dict[tuple[str, str], str | None]:
    """The names of things this request has read; None where there is none to be seen."""
    names: dict[tuple[str, str], str | None] = g.setdefault("things_named", {})
    return names


def _label(name: str) -> str:
    return str((COMMON_LABELS | MORE_LABELS).get(name, name))


def changes(kept: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Per column its name, value before and after, in words; None for both: it changed, and what
    it was and is stands nowhere."""
    before, after = kept.get("before") or {}, kept.get("after") or {}
    names = dict.fromkeys([*(kept.get("columns") or ()), *before, *after])
    return [(_label(name), *((_value(before.get(name)), _value(after.get(name)))
                             if name in before or name in after else (None, None)))
            for name in names]


def _value(value: Any) -> str:
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        at = datetime.fromisoformat(value)
        return formats.moment(at if at.tzinfo else at.replace(tzinfo=UTC))
    return str(VALUES.get(value, value) if isinstance(value, str) else value)


_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?")


def extras(kept: dict[str, Any], *, besides: str | None = None) -> list[tuple[str, str]]:
    """Whatever else was kept of a deed, name and value in words; not what :func:`changes` tells,
    and not the program when it is named ``besides``."""
    return [(_label(name), _extra(name, value)) for name, value in (kept or {}).items()
            if name not in ("columns", "before", "after")
            and not (name == "program" and value == besides)]


def _extra(name: str, value: Any) -> str:
    if name in ("added", "removed"):
        return ", ".join(str(right(one)) for one in value) or "—"
    if name == "what":
        return str(ASKED.get(value, value))
    if name == "way":
        return str(WAYS.get(value, value))
    if name == "role":
        return rolebook.title(value, language())
    return _value(value)


def details(kept: dict[str, Any]) -> Any:
    """All details in one line; never a value that was not kept for this."""
    kept = kept or {}
    lines = [f"{name}: {value}" for name, value in extras(kept)]
    told = changes(kept)
    if told and all(before is None for _name, before, _after in told):
        return " · ".join([*lines, f"{_label('columns')}: {', '.join(one[0] for one in told)}"])
    lines += [f"{name}: {_('changed')}" if before is None else f"{name}: {before} → {after}"
              for name, before, after in told]
    return " · ".join(lines) or "—"
