"""Which plug-ins are on for which provider; off unless somebody switched them on.

Why this module exists: gate, linter, lists and pages all ask, some of them for every sending, so
each process reads the few rows there are every ``FRESH_SECONDS`` and answers from memory: where
nothing is on, a question costs the look at a clock. A switch is seen by the process that made it at
once and by the others within that time. Bare SQL: the gate has neither a user nor an ORM.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final

from ileti.core import db
from ileti.hooks import manager

FRESH_SECONDS: Final = 2.0


@dataclass(frozen=True)
class On:
    """A plug-in that is on: its name, and what it did when it was switched on."""

    name: str
    hooks: tuple[str, ...]


_on: dict[int, dict[str, On]] = {}
_fresh_until = 0.0
_reading = threading.Lock()
#: views that plug-ins brought: endpoint → plug-in
_views: dict[str, str] = {}


def on_at(provider_id: int) -> dict[str, On]:
    """The plug-ins that are on, the one switched on last first; raises psycopg's errors and
    StorageAway when that cannot be known."""
    if time.monotonic() >= _fresh_until:
        _read()
    return _on.get(provider_id, {})


def doing(provider_id: int, hook: str) -> list[str]:
    """Those of them that are well and implement a hook, in the same order."""
    names = on_at(provider_id)
    return [name for name in names if _does(name, hook)] if names else []


def broken(provider_id: int, hook: str) -> list[str]:
    """Those that are on, did implement a hook when they were switched on, and do it no more."""
    return [one.name for one in on_at(provider_id).values()
            if hook in one.hooks and not _does(one.name, hook)]


def _does(name: str, hook: str) -> bool:
    found = manager.find(name)
    return found is not None and not found.problem and hook in found.hooks


def _read() -> None:
    global _on, _fresh_until
    with _reading:
        if time.monotonic() < _fresh_until:
            return
        rows = db.system_connection().execute(
            "select provider_id, name, hooks from provider_plugin "
            "order by provider_id, since desc, name").fetchall()
        found: dict[int, dict[str, On]] = {}
        for provider_id, name, hooks in rows:
            found.setdefault(provider_id, {})[name] = On(name, tuple(hooks))
        _on, _fresh_until = found, time.monotonic() + FRESH_SECONDS


def forget() -> None:
    """Read the switches anew at the next question."""
    global _fresh_until
    _fresh_until = 0.0


def own(endpoint: str, plugin: str) -> None:
    """Remember that a view is a plug-in's: its pages exist where the plug-in is on."""
    _views[endpoint] = plugin


def owner_of(endpoint: str) -> str | None:
    """The plug-in that brought a view; None for ours."""
    return _views.get(endpoint)
