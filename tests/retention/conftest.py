"""A ledger of its own: seals and the log of destruction stand over all a database holds."""

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
