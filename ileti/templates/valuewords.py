"""Whether what fields say of somebody makes an advertisement of an exempt message (R-03).

Why this module exists: the words of a message are judged before they are used, and then somebody's
data are filled in: "dear Ayşe" is "50 % off" one import later. So values are judged too, by one
rule for single messages and campaigns: no value may promote by itself, and no value may make the
words around it promote. Where a second person agreed to the words, the values alone are asked; what
the people are called promotes nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from ileti.documents.fold import fold
from ileti.templates.content import promotions
from ileti.templates.merge import NAMES, Text

#: words that promote and that people are called
_CALLED: Final = frozenset({"hediye", "odul"})


class Judge:
    """The words of a message, ready to be asked about many people's values. ``agreed``: a second
    person said why the words themselves do not promote."""

    __slots__ = ("_before", "_texts", "fields")

    def __init__(self, texts: Iterable[Text], *, agreed: bool) -> None:
        kept = [one for one in texts if one.fields]
        #: what is filled in of each person
        self.fields: frozenset[str] = frozenset().union(*(one.fields for one in kept))
        self._texts = [] if agreed else kept
        self._before = [_count(one.near({})) for one in self._texts]

    def promotes(self, said: Mapping[str, str]) -> bool:
        """Whether these values of one person promote, or make the words promote."""
        clear = {key: _without_names(value) if key in NAMES else value
                 for key, value in said.items()}
        if any(_promotes(value) for value in clear.values()):
            return True
        return any(_count(text.near(clear)) > before
                   for text, before in zip(self._texts, self._before, strict=True))


def _without_names(name: str) -> str:
    return " ".join(word for word in name.split() if fold(word).text not in _CALLED)


@lru_cache(maxsize=65_536)
def _promotes(value: str) -> bool:
    return next(promotions(value), None) is not None


def _count(text: str) -> int:
    return sum(1 for _ in promotions(text))
