"""Values of a list as whoever maps it sees them: their form, not the people.

Why this module exists: a page and a program show the same three values of a column, and neither may
show more of a person than the other.
"""

from __future__ import annotations

import re
from typing import Final

from ileti.imports.mapping import Role
from ileti.imports.staging import hide

LONGEST: Final = 60
_LONG_NUMBER: Final = 8
_ADDRESSES: Final = (Role.RECIPIENT, Role.PHONE, Role.EMAIL)
_DATE: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T,].*)?", re.ASCII)


def sample(value: str, role: Role | None) -> str:
    """A value of the file: addresses with their middle hidden, names by their first letters, of
    other long numbers the ends."""
    short = value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if role is Role.DATE or _DATE.fullmatch(short):
        return short
    if role is Role.NAME:
        return " ".join(word[:1] + "••" for word in short.split())
    if role in _ADDRESSES or "@" in short:
        return hide(short)
    places = [n for n, char in enumerate(short) if char.isdigit()]
    hidden = set(places[2:-2]) if len(places) >= _LONG_NUMBER else set()
    return "".join("•" if n in hidden else char for n, char in enumerate(short))
