"""What the check of R-60 says of a provider, for tests of the ways consents come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ileti.core import db
from ileti.kvkk import integrity


def untold(place: Any) -> list[bool]:
    """Each consent without a notice before it: whether it is an explicit one."""
    return [one.explicit for one in integrity.untold(
        db.system_connection(), since=datetime(2020, 1, 1, tzinfo=UTC),
        provider_id=place.provider_id)]
