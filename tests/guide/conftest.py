"""Each request of a test client must get a ``g`` of its own, as on a real server."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""
