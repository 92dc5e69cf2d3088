"""Turkish text as a linter reads it: one letter per letter, whatever the case and the keyboard.

Why: "ONAYLIYORUM", "onayliyorum" and "onaylıyorum" say the same, and ``str.lower`` makes two
characters of İ and the wrong one of I. Every letter becomes one plain Latin letter; marks nobody
sees (soft hyphen, zero width, combining dot) vanish, so that they cannot hide a word. A place in
the folded text leads back to its place in the original. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_FROM: Final = "ıİiIşŞğĞüÜöÖçÇâÂîÎûÛéÉ’‘`´ʼ“”«»–—‑\u00a0\u2009\u202f\t\r"
_TO: Final = "iiiissgguuooccaaiiuuee'''''\"\"\"\"---     "
_MAP: Final = dict(zip(_FROM, _TO, strict=True))
_UNSEEN: Final = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u0307")


@dataclass(frozen=True)
class Folded:
    """``text`` to search in; ``places[i]`` is where its character ``i`` stands in the original."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of ``text`` as a span of the original."""
        if start >= end:
            return 0, 0
        return self.places[start], self.places[end - 1] + 1

    def names(self, names: Iterable[str]) -> bool:
        """Whether one of these names stands in it as whole words: "Ada" is not in "Burada". An
        ending after an apostrophe, or after a name that ends in a full stop, belongs to it."""
        return any(_whole(fold(name).text.split()).search(self.text) for name in names
                   if name.strip())


def _whole(words: list[str]) -> re.Pattern[str]:
    if not words:  # marks nobody sees, and nothing else
        return re.compile(r"(?!)")
    before = r"(?<!\w)" if words[0][0].isalnum() else ""
    behind = r"(?!\w)" if words[-1][-1].isalnum() else ""
    return re.compile(before + r"\s+".join(map(re.escape, words)) + behind)


def fold(text: str) -> Folded:
    """Fold ``text``; letters of other scripts stay as they are."""
    kept: list[str] = []
    places: list[int] = []
    for place, one in enumerate(text):
        if one in _UNSEEN:
            continue
        plain = _MAP.get(one) or one.lower()
        kept.append(plain if len(plain) == 1 else one)
        places.append(place)
    return Folded("".join(kept), tuple(places))
