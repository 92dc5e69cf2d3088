"""A program of this test's provider, and what earlier tests counted forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from .api_house import Program


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture(autouse=True)
def fresh_limits(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's calls of an earlier test count, and a test may call as often as it likes."""
    import config
    from ileti.core import db
    from ileti.core.jobs import redis_client
    from ileti.programs import rates

    redis_client.cache_clear()
    redis_client().flushdb()
    rates._local.clear()
    db.connection().execute("delete from login_limit where key like 'addr%'")
    monkeypatch.setattr(config.settings(), "api_requests_per_second", 10_000)


@pytest.fixture
def program(place: Any) -> Program:
    """A program of the place that may bring lists."""
    return Program(place)
