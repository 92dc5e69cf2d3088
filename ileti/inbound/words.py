"""What a message means at a number of several brands, and the name that may stand in it.

Why this module exists: :mod:`ileti.channels.replies` reads a text for one brand. A number has words
of each of its brands; a consent is for the one brand whose word it is, never for a guess (R-15),
while a refusal that names no brand is for all of them, since refusing is easy (R-28). A consent has
a name (R-09): it may stand beside the word, or come as the answer to our question
(:mod:`ileti.inbound.names`). Pure: the same reading serves the box where words are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ileti.channels import replies
from ileti.channels.replies import Meaning, Words, fold
from ileti.consents.vocabulary import Channel
from ileti.inbound.names import known_name, name_in, perhaps
from ileti.inbound.vocabulary import Meant


@dataclass(frozen=True)
class Line:
    """One brand's words at a number. ``printed``: the provider's word of refusal, and those it had
    before, as they stand in the SMS people answer."""

    brand_id: int
    brand: str
    consent: tuple[str, ...] = ("ONAY",)
    refusal: tuple[str, ...] = ("RET",)
    information: tuple[str, ...] = ()
    printed: tuple[str, ...] = ("RET",)

    @property
    def words(self) -> Words:
        """As :mod:`ileti.channels.replies` takes them."""
        return replies.words_at(self.consent, self.refusal, self.brand, self.printed,
                                is_name=known_name)


@dataclass(frozen=True)
class Read:
    """What was understood, for which brands, by which words, and the name beside them.
    ``channels``: those a refusal names and is limited to; empty: SMS, in which it was written."""

    meant: Meant
    brands: tuple[int, ...] = ()
    by: str = ""
    name: str = ""
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class _Found:
    consents: dict[int, str] = field(default_factory=dict)
    refusals: dict[int, str] = field(default_factory=dict)
    everything: bool = False
    channels: tuple[Channel, ...] = ()


def read(text: str, lines: Sequence[Line], *, name_of: int | None = None) -> Read:
    """Read one message. ``name_of``: the brand for whose consent a name is awaited. Never raises.
    """
    found = _each(text, lines)
    if found.refusals:
        return _refusal(text, lines, found)
    if found.consents:
        brands = _named(text, lines, found.consents)
        by = found.consents[brands[0]]
        if len(brands) > 1:
            return Read(Meant.UNCLEAR, by=by)
        return Read(Meant.CONSENT, brands, by)
    with_name = _with_name(text, lines)
    if with_name is not None:
        return with_name
    folded = fold(text[:replies.LONGEST])
    asked = [line.brand_id for line in lines if folded in map(fold, line.information)]
    if folded and asked:
        return Read(Meant.INFORMATION, tuple(asked), folded)
    said = [one for line in lines if (one := replies.understand(text, line.words).by)]
    if name_of is not None and not said and (name := name_in(replies.spelled(text))):
        return Read(Meant.NAME, (name_of,), name=name)
    return Read(Meant.UNCLEAR, by=_nearly(text, lines))


def _nearly(text: str, lines: Sequence[Line]) -> str:
    """A word of consent with what may be a name beside it, or a first name: surely an attempt."""
    beside = (replies.beside_consent(text, line.words) for line in lines)
    return next((one[0] for one in beside
                 if one is not None and (len(one[1]) == 1 or perhaps(one[1]))), "")


def _each(text: str, lines: Sequence[Line]) -> _Found:
    consents, refusals, everything = {}, {}, False
    channels: set[tuple[Channel, ...]] = set()
    for line in lines:
        said = replies.understand(text, line.words)
        if said.meaning is Meaning.CONSENT:
            consents[line.brand_id] = said.by
        elif said.meaning in (Meaning.REFUSAL, Meaning.STOP_EVERYTHING):
            refusals[line.brand_id] = said.by
            everything = everything or said.meaning is Meaning.STOP_EVERYTHING
            channels.add(said.channels)
    # one brand's own word says more than what the other's reading is limited to
    return _Found(consents, refusals, everything, channels.pop() if len(channels) == 1 else ())


def _refusal(text: str, lines: Sequence[Line], found: _Found) -> Read:
    """For the brands that are named or whose own word it is; else for every brand of the number.
    """
    own = {line.brand_id for line in lines if line.brand_id in found.refusals
           and fold(found.refusals[line.brand_id].partition(",")[0]) in {
               fold(one) for one in line.refusal} - {fold(one) for one in ("RET", *line.printed)}}
    every = {line.brand_id: found.refusals.get(line.brand_id, "") for line in lines}
    brands = _named(text, lines, every)
    if len(brands) == len(lines) and own:
        brands = tuple(brand for brand in brands if brand in own)
    meant = Meant.STOP_EVERYTHING if found.everything else Meant.REFUSAL
    return Read(meant, brands, next(iter(found.refusals.values())), channels=found.channels)


def _named(text: str, lines: Sequence[Line], among: dict[int, str]) -> tuple[int, ...]:
    """Of these brands those whose name stands in the text; all of them where none does."""
    said = f" {fold(text[:replies.LONGEST])} "
    named = tuple(line.brand_id for line in lines
                  if line.brand_id in among and f" {fold(line.brand)} " in said)
    return named or tuple(among)


def _with_name(text: str, lines: Sequence[Line]) -> Read | None:
    """«ONAY AYŞE YILMAZ»: the word of one brand, and a name."""
    found = []
    for line in lines:
        beside = replies.beside_consent(text, line.words)
        if beside is not None and (name := name_in(beside[1])):
            found.append(Read(Meant.CONSENT, (line.brand_id,), beside[0], name))
    return found[0] if len(found) == 1 else None
