"""A message as its recipient sees it, with what it costs: what the editor and the API show.

Why this module exists: nobody sees in a text field that one letter halves what fits into an SMS, or
what the law adds below. Made by the very composition that sends (:mod:`ileti.templates.compose`);
where the record lacks something the author's words are shown alone, with what is lacking.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from ileti.channels import segments
from ileti.channels.segments import Segments
from ileti.consents.vocabulary import Channel
from ileti.core.errors import CallerMistake
from ileti.templates.blocks import CannotCompose, Lacking
from ileti.templates.compose import REFUSE, Composed, Filled, compose
from ileti.templates.mailbuild import BadMarkup, built
from ileti.templates.merge import Faulty, Text
from ileti.templates.picturenames import Named, named, outside
from ileti.templates.senders import Sending
from ileti.templates.written import Content

#: stands in a preview where each recipient has a link of their own
SAMPLE_LINK: Final = "https://ileti.ornek.com.tr/r/ornek"
_MOST_MARKS: Final = 300


@dataclass(frozen=True)
class Piece:
    """A run of the message; ``own``: the author's words, else what the law or the program adds."""

    text: str
    own: bool


@dataclass(frozen=True)
class Preview:
    """``said`` is the filled message; ``pieces`` its body, told apart. Of an SMS ``segments``,
    ``unshifted`` (segments where the operator has no Turkish table) and ``cost`` in liras.
    ``lacks``: what the record lacks; ``empty``: fields nobody said anything for; ``broken``: it
    cannot be made, its fields or its MJML are wrong (:mod:`ileti.templates.judging` says what). Of
    a mail ``size``: bytes of its HTML; ``pictures``: those kept here, with ``picture_bytes`` to
    load for them where somebody weighed them; ``outside``: how many come from elsewhere."""

    channel: Channel
    said: Filled
    pieces: tuple[Piece, ...]
    segments: Segments | None = None
    unshifted: int = 0
    cost: Decimal | None = None
    lacks: tuple[Lacking, ...] = ()
    empty: frozenset[str] = frozenset()
    broken: bool = False
    size: int = 0
    pictures: tuple[Named, ...] = ()
    picture_bytes: int = 0
    outside: int = 0


def preview(content: Content, sending: Sending, values: Mapping[str, str], *,
            price: Decimal | None = None, custom: AbstractSet[str] | None = None,
            pictures_at: str | None = None) -> Preview:
    """One message for one person; never raises for what the author wrote. ``pictures_at``: as
    :func:`ileti.templates.compose.compose` has it."""
    lacks: tuple[Lacking, ...] = ()
    try:
        try:
            made = compose(content, sending.sender, sending.refusal, by_dealer=sending.by_dealer,
                           custom=custom, pictures_at=pictures_at)
        except CannotCompose as error:
            lacks = tuple(error.lacks)
            made = compose(content, None, sending.refusal, custom=custom,
                           pictures_at=pictures_at)
    except (Faulty, BadMarkup, CallerMistake):
        raw = Filled(content.subject, content.body, "")
        return _priced(Preview(content.channel, raw, (Piece(content.body, own=True),),
                               broken=True), price)
    given = dict(values) | {REFUSE: SAMPLE_LINK}
    said = made.fill(given)
    return _priced(Preview(content.channel, said, _pieces(said.body, content, given, custom),
                           lacks=lacks, empty=_empty(made, given), size=len(said.html.encode()),
                           pictures=tuple(named(content.html)),
                           outside=outside(built(content.html).html) if content.html else 0),
                   price)


def _empty(made: Composed, given: Mapping[str, str]) -> frozenset[str]:
    parts = (made.subject, made.body, made.html)
    return frozenset().union(*(one.lacks(given) for one in parts if one is not None))


def _priced(made: Preview, price: Decimal | None) -> Preview:
    """An SMS with its segments and what they cost."""
    if made.channel is not Channel.MESAJ:
        return made
    counted = segments.count(made.said.body)
    return replace(made, segments=counted,
                   unshifted=segments.count(made.said.body, shift=False).number,
                   cost=price * counted.number if price is not None else None)


def _pieces(whole: str, content: Content, given: Mapping[str, str],
            custom: AbstractSet[str] | None) -> tuple[Piece, ...]:
    own = Text(content.body, custom=custom).fill(given) if content.body else ""
    before, found, after = whole.partition(own) if own else (whole, "", "")
    parts = (Piece(before, own=False), Piece(found, own=True), Piece(after, own=False))
    return tuple(one for one in parts if one.text)


def costly_letters(body: str) -> list[tuple[int, int]]:
    """Places of letters in a text that keep it from a cheaper encoding, the first few hundred."""
    forced = set(segments.count(body).forced_by)
    return [(place, place + 1) for place, letter in enumerate(body) if letter in forced][
        :_MOST_MARKS]
