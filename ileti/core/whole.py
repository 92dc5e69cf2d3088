"""A whole number out of somebody's text, or none: the one reader that nothing can break.

Why this module exists: Python takes digits of every script for a number, and refuses to read more
than a few thousand of them with an exception; a file or an address may hold either.
"""

from __future__ import annotations

from typing import Final

#: what a bigint column holds, with room to count on
LARGEST: Final = 2**62


def whole(text: str, *, most: int = LARGEST) -> int | None:
    """The number from 0 to ``most`` that ASCII digits spell; None for everything else."""
    plain = text.strip()
    if not plain.isascii() or not plain.isdigit() or len(plain.lstrip("0")) > len(str(most)):
        return None
    found = int(plain.lstrip("0") or "0")
    return found if found <= most else None
