"""The names that the editor of a mail's blocks shows: kinds, fields, colours, sizes."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ileti.templates import picturenames
from ileti.templates.design import ASKED, LONGEST, MOST_BLOCKS, Colour, Design, Kind

KINDS: Final = {
    Kind.HEADING: _l("Heading"), Kind.TEXT: _l("Paragraph"), Kind.IMAGE: _l("Picture"),
    Kind.BUTTON: _l("Button"), Kind.COLUMNS: _l("Two columns"), Kind.DIVIDER: _l("Line"),
    Kind.SPACER: _l("Space"),
}
COLOURS: Final = {
    Colour.BLUE: _l("Blue"), Colour.GREEN: _l("Green"), Colour.PURPLE: _l("Purple"),
    Colour.RED: _l("Red"), Colour.BROWN: _l("Brown"), Colour.BLACK: _l("Black"),
}
SIZES: Final = {"": _l("Medium"), "small": _l("Small"), "large": _l("Large")}
_FIELDS: Final = {
    "text": _l("Text"), "src": _l("Address of the picture"), "alt": _l("What the picture shows"),
    "decor": _l("It only decorates"),
    "label": _l("Words on the button"), "href": _l("Where it leads"), "size": _l("Height"),
}


def context(design: Design | None, place: int) -> dict[str, Any]:
    """What ``panel/messages/_blocks.html`` is given; ``place``: the block to show, from 1 on."""
    if design is None:
        return {"blocks": None}
    return {
        "blocks": [_shown(n, one) for n, one in enumerate(design.blocks, 1)], "place": place,
        "kinds": [(one.value, str(word)) for one, word in KINDS.items()],
        "colours": [(one.value, str(word), one is design.colour)
                    for one, word in COLOURS.items()],
        "sizes": [(key, str(word)) for key, word in SIZES.items()],
        "full": len(design.blocks) >= MOST_BLOCKS,
    }


def side_of(side: str) -> str:
    """A column of two; ``side`` "2": the right one."""
    return _("Right column") if side else _("Left column")


def _shown(n: int, block: Any) -> dict[str, Any]:
    """A block: its fields, of columns for each side."""
    asked = ASKED[block.kind]
    groups = [("", asked)]
    if block.kind is Kind.COLUMNS:
        half = len(asked) // 2
        groups = [(side_of(""), asked[:half]), (side_of("2"), asked[half:])]
    return {"n": n, "kind": block.kind.value, "label": str(KINDS[block.kind]), "groups": [
        {"name": name, "fields": [{
            "name": f"b{n}.{one}", "id": f"b{n}-{one}", "base": one.removesuffix("2"),
            "label": str(_FIELDS[one.removesuffix("2")]), "value": getattr(block, one),
            "longest": LONGEST[one], "kept": _kept(one, getattr(block, one)),
            "place": f"{n}.2" if one.endswith("2") else str(n),
            "optional": block.kind is Kind.COLUMNS or (
                block.kind is Kind.IMAGE and one == "href")} for one in fields]}
        for name, fields in groups]}


def _kept(name: str, value: str) -> str:
    """Where a picture that is kept here is looked at; nothing for another field or address."""
    found = picturenames.read(value) if name.startswith("src") else None
    return picturenames.PATH + found.file if found else ""
