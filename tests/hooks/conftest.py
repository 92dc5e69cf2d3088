"""Plug-ins made on the spot, put in and switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ileti.hooks import manager
from ileti.hooks.specs import hookimpl
from ileti.tenancy import plugins


def plugin_of(**functions: Callable[..., Any]) -> Any:
    """A plug-in that implements these hooks."""
    made = type("Made", (), {name: staticmethod(hookimpl(function))
                             for name, function in functions.items()})
    return made()


@pytest.fixture
def put_in(conn: Any) -> Iterator[Callable[..., str]]:
    """Puts a plug-in in and switches it on for the places named; its name."""
    made: list[str] = []

    def make(*places: Any, name: str = "deneme", **functions: Callable[..., Any]) -> str:
        manager.plugins().add(name, plugin_of(**functions), version="1.0", summary="")
        made.append(name)
        for one in places:
            switch_on(conn, one, name)
        return name

    yield make
    conn.execute("delete from provider_plugin where name = any(%s)", [made])
    manager.forget()
    plugins.forget()


def switch_on(conn: Any, place: Any, name: str, *hooks: str) -> None:
    """On, as the page does it."""
    found = manager.find(name)
    conn.execute("insert into provider_plugin (provider_id, name, hooks) values (%s, %s, %s)",
                 [place.provider_id, name, list(hooks or (found.hooks if found else ()))])
    plugins.forget()
