"""A mail put together of blocks: headings, paragraphs, pictures, buttons, columns; no markup.

Why this module exists: who writes a company's mails is seldom somebody who writes MJML, and what is
pasted from a mailing service brings its scripts and counters along. Here a mail is a list of blocks
with plain words in them; :mod:`ileti.templates.designmjml` writes the MJML, which from there on is
a mail like any other: cleaned, composed with the law's part, published and hashed as it was
written. A design is kept with the draft alone, so that it can be changed again. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from ileti.templates.picturenames import NAME

MOST_BLOCKS: Final = 40
LONGEST: Final = {"text": 4_000, "text2": 4_000, "src": 400, "src2": 400, "alt": 200, "alt2": 200,
                  "href": 400, "href2": 400, "label": 80, "label2": 80, "size": 10, "decor": 1,
                  "decor2": 1}
_LONG: Final = frozenset(("text", "text2"))
#: what a link of a mail may lead to, as :mod:`ileti.templates.mailclean` lets it stand
LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"\\]+", re.IGNORECASE)
PICTURE: Final = re.compile(r"https://[^\s<>\"\\{}]+", re.IGNORECASE)


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    IMAGE = "image"
    BUTTON = "button"
    COLUMNS = "columns"
    DIVIDER = "divider"
    SPACER = "spacer"


_SIDE: Final = ("src", "alt", "decor", "text", "label", "href")
#: what is asked of a block; of columns for the left one and for the right one
ASKED: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.HEADING: ("text",), Kind.TEXT: ("text",), Kind.IMAGE: ("src", "alt", "decor", "href"),
    Kind.BUTTON: ("label", "href"), Kind.COLUMNS: (*_SIDE, *(f"{one}2" for one in _SIDE)),
    Kind.DIVIDER: (), Kind.SPACER: ("size",),
}
SIZES: Final = {"small": 12, "medium": 28, "large": 56}


class Colour(StrEnum):
    """The colour of buttons and links, each legible on white and with white words on it."""

    BLUE = "blue"
    GREEN = "green"
    PURPLE = "purple"
    RED = "red"
    BROWN = "brown"
    BLACK = "black"


@dataclass(frozen=True)
class Block:
    """One block; which of the words it has is :data:`ASKED`. ``text``: with the marks of
    :mod:`ileti.templates.designmjml`; ``src`` and ``alt``: a picture, ``decor``: it only decorates;
    ``label`` and ``href``: a
    button; those with 2: of the right column; ``size``: of a space."""

    kind: Kind
    text: str = ""
    src: str = ""
    alt: str = ""
    label: str = ""
    href: str = ""
    text2: str = ""
    src2: str = ""
    alt2: str = ""
    label2: str = ""
    href2: str = ""
    size: str = ""
    decor: str = ""
    decor2: str = ""

    def sides(self) -> tuple[Block, Block]:
        """The two columns, each as a block with the left one's names."""
        return (replace(self, text2="", src2="", alt2="", label2="", href2="", decor2=""),
                Block(self.kind, self.text2, self.src2, self.alt2, self.label2, self.href2,
                      decor=self.decor2))


@dataclass(frozen=True)
class Design:
    """The blocks of a mail from top to bottom, and its colour."""

    blocks: tuple[Block, ...] = ()
    colour: Colour = Colour.BLUE

    def add(self, kind: Kind) -> Design:
        """With an empty block at its end; the same one when it is full."""
        if len(self.blocks) >= MOST_BLOCKS:
            return self
        return replace(self, blocks=(*self.blocks, Block(kind)))

    def move(self, at: int, by: int) -> Design:
        """With a block further up or down; the same one when there is no place."""
        there = at + by
        if not (0 <= at < len(self.blocks) and 0 <= there < len(self.blocks)):
            return self
        found = list(self.blocks)
        found.insert(there, found.pop(at))
        return replace(self, blocks=tuple(found))

    def show(self, number: int, side: str, src: str, alt: str | None = None) -> Design:
        """With a picture in a block, 1 the first; ``side`` "2": in the right column; ``alt``: what
        it shows, empty when it only decorates, None: as it was."""
        if not 0 < number <= len(self.blocks) or f"src{side}" not in ASKED[
                self.blocks[number - 1].kind]:
            return self
        said: dict[str, str] = {f"src{side}": src}
        if alt is not None:
            said |= {f"alt{side}": alt, f"decor{side}": "" if alt else "1"}
        found = list(self.blocks)
        found[number - 1] = replace(found[number - 1], **said)  # type: ignore[arg-type]
        return replace(self, blocks=tuple(found))

    def drop(self, at: int) -> Design:
        """Without a block."""
        return replace(self, blocks=tuple(
            one for place, one in enumerate(self.blocks) if place != at))


@dataclass(frozen=True)
class Fault:
    """What is wrong with a block, or with all of them (``block`` 0). ``stops``: it cannot be
    published so."""

    code: str
    block: int
    stops: bool
    tr: str
    en: str


def shown(src: str) -> bool:
    """Whether a picture may come from there: a name of ours, or an address everybody loads."""
    return bool(NAME.fullmatch(src) or PICTURE.fullmatch(src))


def beginning() -> Design:
    """What somebody finds who begins: a heading, a greeting, a button."""
    return Design((Block(Kind.HEADING), Block(Kind.TEXT, "Sayın {ad|değerli müşterimiz},"),
                   Block(Kind.BUTTON)))


def kept(design: Design) -> dict[str, Any]:
    """A design as JSON."""
    return {"colour": design.colour.value, "blocks": [
        {name: value for name, value in asdict(one).items() if value} for one in design.blocks]}


def read(said: Any) -> Design | None:
    """Inverse of :func:`kept`, of anything; what cannot be read is left out, None for no design at
    all. Never raises."""
    if not isinstance(said, Mapping) or not isinstance(said.get("blocks"), list):
        return None
    blocks = tuple(found for one in said["blocks"][:MOST_BLOCKS]
                   if (found := _block(one)) is not None)
    colour = said.get("colour")
    return Design(blocks, Colour(colour) if colour in list(Colour) else Colour.BLUE)


def _block(said: Any) -> Block | None:
    if not isinstance(said, Mapping) or said.get("kind") not in list(Kind):
        return None
    kind = Kind(said["kind"])
    return Block(kind, **{name: _words(name, said.get(name)) for name in ASKED[kind]})


def _words(name: str, said: Any) -> str:
    text = (said if isinstance(said, str) else "").replace("\0", "")
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if name == "size":
        return text if text in SIZES else ""
    if name.startswith("decor"):
        return "1" if text else ""
    return (text if name in _LONG else " ".join(text.split()))[:LONGEST[name]]


def typed(form: Mapping[str, str]) -> Design:
    """The design that a form holds: ``bN.kind`` and ``bN.NAME`` from 1 on, ``colour``."""
    blocks = []
    for n in range(1, MOST_BLOCKS + 1):
        kind = form.get(f"b{n}.kind")
        if kind is None:
            break
        blocks.append({"kind": kind, **{
            one.name: form.get(f"b{n}.{one.name}", "") for one in fields(Block)[1:]}})
    made = read({"blocks": blocks, "colour": form.get("colour")})
    assert made is not None
    return made


def changed(design: Design, wish: str) -> tuple[Design, int]:
    """What a button of the editor asks for (``add:text``, ``up:2``, ``down:2``, ``drop:2``;
    ``bare:2``, ``bare:2.2``: without its picture, of columns without the right one's), and the
    number of the block it is about; anything else changes nothing."""
    act, _colon, what = wish.partition(":")
    if act == "add" and what in list(Kind):
        made = design.add(Kind(what))
        return made, len(made.blocks)
    place = what.removesuffix(".2") if act == "bare" else what
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 0
    if act in ("up", "down"):
        by = -1 if act == "up" else 1
        made = design.move(number - 1, by)
        return made, number + by if made is not design else number
    if act == "bare":
        return design.show(number, "2" if what.endswith(".2") else "", ""), number
    if act == "drop":
        made = design.drop(number - 1)
        return made, min(number, len(made.blocks))
    return design, 0


def faults(design: Design) -> Iterator[Fault]:
    """What keeps a design from being published, and what would be better otherwise."""
    for n, block in enumerate(design.blocks, 1):
        for side in block.sides() if block.kind is Kind.COLUMNS else (block,):
            yield from _of(side, n)
    if design.blocks and any(one.src or one.src2 for one in design.blocks) and not any(
            one.text or one.text2 for one in design.blocks):
        yield Fault("pictures_only", 0, False,
                    "Yalnız resim var: resimleri kapalı olan hiçbir şey okuyamaz, süzgeçler de "
                    "böyle iletilere güvenmez.",
                    "There are pictures alone: who has them switched off reads nothing, and "
                    "filters distrust such mails.")


def _of(block: Block, n: int) -> Iterator[Fault]:
    picture = block.kind in (Kind.IMAGE, Kind.COLUMNS)
    if (block.kind is Kind.IMAGE and not block.src) or (
            picture and block.src and not shown(block.src)):
        yield Fault("picture_address", n, True,
                    "Bir resim seçin ya da adresini yazın. Adres https:// ile başlar ve içinde "
                    "alan olmaz: herkes aynı resmi açar, kimse sayılmaz (R-28).",
                    "Choose a picture or write its address. It begins with https:// and holds no "
                    "field: everybody loads the same one, nobody is counted (R-28).")
    elif picture and block.src and not (block.alt or block.decor):
        yield Fault("picture_words", n, True,
                    "Resmin ne gösterdiğini yazın ya da yalnız süs olduğunu işaretleyin: çoğu "
                    "posta kutusu resimleri açmaz, görmeyenler bu sözleri dinler.",
                    "Write what the picture shows, or say that it only decorates: most mailboxes "
                    "do not load pictures, and who does not see listens to these words.")
    button = block.kind is Kind.BUTTON or (block.kind is Kind.COLUMNS
                                           and bool(block.label or block.href))
    if button and not (block.label and block.href):
        yield Fault("button", n, True, "Düğmenin sözünü ve adresini yazın.",
                    "Write the words and the address of the button.")
    elif block.href and not LINK.fullmatch(block.href):
        yield Fault("address", n, True,
                    "Adres https://, mailto: ya da tel: ile başlar ve boşluk içermez.",
                    "An address begins with https://, mailto: or tel: and has no blanks.")
