"""What changed between two wordings, side by side, word by word.

Why words: a lawyer asks what a visitor of version 4 did not read, and one word ("iş ortakları")
may be all. Paragraphs are laid beside each other first, then the words of those that differ, so
that a moved sentence does not colour the whole page. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final

from ileti.documents.fold import fold

_WORDS: Final = re.compile(r"\s+|[^\s\w]|\w+")
#: comparing takes the cube of these when every second word is another: a longer paragraph is shown
#: whole, old against new, and so are those after a text was compared this much (words × words)
MOST_WORDS: Final = 1_000
MOST_COMPARED: Final = 2_000_000


@dataclass(frozen=True)
class Piece:
    """A run of text: ``same``, ``del`` (only before) or ``ins`` (only after)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """One paragraph before and after; an empty side means it was not there."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return any(one.kind != "same" for one in (*self.before, *self.after))


def side_by_side(before: str, after: str) -> list[Row]:
    """Rows of paragraphs in order, old left, new right."""
    old, new = _paragraphs(before), _paragraphs(after)
    rows: list[Row] = []
    room = MOST_COMPARED
    for what, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            rows += [Row((Piece("same", one),), (Piece("same", one),)) for one in old[a1:a2]]
        else:
            for a, b in zip_longest(old[a1:a2], new[b1:b2]):
                row, room = _row(a, b, room)
                rows.append(row)
    return rows


def changed_words(before: str, after: str) -> bool:
    """Whether two wordings differ in more than case, blanks and punctuation."""
    return _bare(before) != _bare(after)


def _bare(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text).text)


def _paragraphs(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\r\n", "\n").split("\n\n") if one.strip()]


def _row(before: str | None, after: str | None, room: int) -> tuple[Row, int]:
    """A row, and how much may still be compared."""
    whole = Row((Piece("del", before),) if before else (),
                (Piece("ins", after),) if after else ())
    old, new = _WORDS.findall(before or ""), _WORDS.findall(after or "")
    cost = len(old) * len(new)
    if not cost or cost > room or max(len(old), len(new)) > MOST_WORDS:
        return whole, room
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return Row(tuple(_side("del", ((what, old[a1:a2]) for what, a1, a2, _, _ in codes))),
               tuple(_side("ins", ((what, new[b1:b2]) for what, _, _, b1, b2 in codes)))
               ), room - cost


def _side(kind: str, runs: Iterator[tuple[str, list[str]]]) -> Iterator[Piece]:
    """The pieces of one side; a blank between two changed words is changed with them."""
    made: list[Piece] = []
    for what, words in runs:
        text = "".join(words)
        if not text:
            continue
        piece = Piece("same" if what == "equal" else kind, text)
        if piece.kind == kind and len(made) > 1 and made[-1].text.isspace() \
                and made[-1].kind == "same" and made[-2].kind == kind:
            text = made.pop().text + text
            made[-1] = Piece(kind, made[-1].text + text)
        else:
            made.append(piece)
    yield from made
