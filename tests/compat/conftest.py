"""İYS itself (the simulator), a shop with an account there, and our door for programs."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

_IYS = Path(__file__).resolve().parents[1] / "iys"
sys.path.insert(0, str(_IYS))

_spec = importlib.util.spec_from_file_location("iys_fixtures", _IYS / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
given, registry, shop = _fixtures.given, _fixtures.registry, _fixtures.shop


@pytest.fixture(autouse=True)
def fresh_limits(database: str) -> None:
    """Nobody's calls of an earlier test count."""
    from ileti.core.jobs import redis_client
    from ileti.programs import rates

    redis_client.cache_clear()
    redis_client().flushdb()
    rates._local.clear()


@pytest.fixture
def program(shop: Any) -> Any:
    """A program of the shop's provider."""
    from .house import Program

    return Program(shop)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door(database: str) -> Iterator[str]:
    """Our door on a server of its own; the base URL a program is given."""
    from ileti.compat.endpoints import application

    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/iys-compat"
    server.shutdown()
    server.server_close()
