"""Texts that ask or tell this person anew, and what changed in them (R-17, R-61).

Why apart from ``standing``: what stands and what has to be looked at again are two questions. A
later version asks by its rule (:mod:`ileti.kvkk.standing`), in the language of the words that the
person acted on where these were renewed too, and only while it is on show. Nothing is taken for
granted meanwhile: what was given stands on its own words, and silence is no answer to the new ones
(docs/adr/0032).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ileti.core import db
from ileti.documents.changes import OTHER_LANGUAGE, between
from ileti.documents.diff import Piece
from ileti.kvkk import standing
from ileti.preferences import words
from ileti.preferences.words import in_words


class Anew:
    """``rests``: versions this person's acts rest on; ``texts``: what is on show, as the overview
    reads it (version in the seventh place)."""

    def __init__(self, provider_id: int, rests: Iterable[int | None], texts: Sequence[Any]) -> None:
        self._on_show = {(one[0], one[6]): one for one in texts}
        found = standing.renewed(db.connection(), {one for one in rests if one is not None},
                                 provider_id=provider_id)
        shown = {one[6]: one for one in texts}
        self._newest = {before: shown[after] for before, after in found.items() if after in shown}

    def text(self, before: int | None, brand_id: int | None = None) -> Any:
        """The text on show that asks anew whoever acted on version ``before``, or None; for a brand
        where it is that brand's to show."""
        text = self._newest.get(before or 0)
        return text if text is None or brand_id is None else self._on_show.get((brand_id, text[6]))

    def told(self, before: int, kind: str, language: str) -> dict[str, Any]:
        """What is said of it: that nothing is assumed, and what changed, paragraph by paragraph, in
        the language of the text."""
        text = self._newest[before]
        changes = between(before, text[6])
        return {
            "says": in_words(words.ANEW[kind], language),
            "title": in_words(words.CHANGED, language), "lang": text[5],
            "before": in_words(words.BEFORE, language), "now": in_words(words.NOW, language),
            "rows": [{"before": _pieces(row.before, words.NOT_THERE, language),
                      "now": _pieces(row.after, words.GONE, language)} for row in changes.rows],
            "more": _more(changes.more, language), "url": f"/n/{text[6]}"}


def _more(count: int, language: str) -> str:
    """What is not shown of the changes."""
    if count < 0:
        return in_words(words.OTHER_LANGUAGE if count == OTHER_LANGUAGE else words.TOO_LONG,
                        language)
    return in_words(words.MORE_CHANGED, language).format(count=count) if count else ""


def _pieces(side: Sequence[Piece], absent: words.Pair, language: str) -> list[dict[str, str]]:
    """One side of a paragraph; in words where it is empty."""
    if not side:
        return [{"kind": "none", "text": in_words(absent, language)}]
    return [{"kind": one.kind, "text": one.text} for one in side]
