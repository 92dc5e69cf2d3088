"""Whether a text has a link in it, as an operator would see one.

Why this module exists: since April 2026 operators deliver no SMS with a link that comes from abroad
(R-52), so a road that leads abroad must not take one. What a phone would underline counts: an
address with its scheme, one that begins with www, a name of a known ending, and any name with a
path behind it. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_ENDINGS: Final = ("com|net|org|tr|info|biz|io|co|me|ly|gl|gd|gy|app|dev|link|page|site|online|"
                   "shop|store|club|xyz|top|ai|tv|cc|eu|de|uk|us")
_NAME: Final = r"(?:[a-z0-9çğıöşü](?:[a-z0-9çğıöşü-]{0,61}[a-z0-9çğıöşü])?\.){1,8}"
_LINK: Final = re.compile(
    rf"https?://\S|\bwww\.\S|(?<![@\w.-]){_NAME}(?:(?:{_ENDINGS})(?![\w@])|[a-z]{{2,24}}/\S)")


def has_link(text: str) -> bool:
    """Whether an operator would take the text for one with a link."""
    return _LINK.search(text.replace("İ", "i").lower()) is not None
