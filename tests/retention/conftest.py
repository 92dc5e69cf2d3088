"""A ledger of its own, since seals and the destruction log stand over everything a database holds."""

from __future__ import annotations

from tests.evidence.conftest import (  # noqa: F401
    _push_request_context,
    authority_url,
    empty_ledger,
    folder,
    ledger,
    owner,
    shop,
)
