"""A live server for the client's tests, shared by a file, and a client of either half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.api_house import Server

from .client_house import Line, Speaker, line_to

PER_SECOND = 25


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("web"))
    made.start(API_REQUESTS_PER_SECOND=str(PER_SECOND))
    yield made
    made.stop()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    """A line to the server that can have faults."""
    with line_to(server.port) as made:
        yield made


@pytest.fixture
def speaker() -> Iterator[Callable[..., Speaker]]:
    """Clients that are closed afterwards: ``speaker(kind, base, credentials)``."""
    made: list[Speaker] = []

    def make(*asked: Any, **more: Any) -> Speaker:
        made.append(Speaker(*asked, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
