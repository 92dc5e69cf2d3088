"""Fields of a provider, and the forms that ask them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.capture.conftest import at_once, browser, code_of, fresh_counters, new_site  # noqa: F401
from tests.fields.house import define
from tests.panel.conftest import _push_request_context  # noqa: F401


@pytest.fixture
def fields(conn: Any, place: Any) -> dict[str, int]:
    """Four fields of the place: a customer's number and segment, a shop and interests of a consent;
    their ids by key."""
    return {
        "customer_no": define(conn, place, "customer_no", subject=1, mask="AA-9999",
                              searchable=True),
        "segment": define(conn, place, "segment", subject=1, kind="choice", personal=False,
                          searchable=True, choices=("gold", "silver")),
        "shop": define(conn, place, "shop", kind="choice", personal=False, searchable=True,
                       choices=("izmir", "ankara")),
        "card_no": define(conn, place, "card_no", searchable=True, most="12"),
    }
