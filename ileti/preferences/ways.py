"""Where an application about one's data is made (KVKK 11 and 13): asked of whoever knows.

The request desk is a room of its own; it cannot be imported from here and need not be. It registers
a function that answers the address of its form for a provider, or None. Without one the page tells
the provider's own way of applying, as it stands in the texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ileti.core import db
from ileti.preferences.session import Session

#: (provider's id, language, the session when somebody is in) → address of the form, or None
Way = Callable[[int, str, Session | None], str | None]
_ways: Final[list[Way]] = []


def takes_applications(way: Way) -> Way:
    """Register who takes applications; the first that answers is linked to."""
    if way not in _ways:
        _ways.append(way)
    return way


def application_url(provider_id: int, language: str, session: Session | None = None) -> str | None:
    """Where to apply, or None when no form is there."""
    found = (way(provider_id, language, session) for way in _ways)
    return next((url for url in found if url), None)


def application_words(provider_id: int) -> str:
    """How the provider says one applies; may be empty."""
    row = db.connection().execute(
        "select coalesce(application, contact, '') from provider where id = %s",
        (provider_id,)).fetchone()
    return str(row[0]) if row else ""
