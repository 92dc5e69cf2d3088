"""The MJML of a mail's design: one look that holds in the usual mailboxes, light and dark.

Why this module exists: which tables Outlook wants and what a phone makes of two columns is MJML's
knowledge; this module only says the blocks in it. Words are plain text with four marks (two stars
around bold ones, one star around slanted ones, ``[words](address)``, a dash before an item of a
list); every other sign is itself, so that no tag of anybody's stands in a mail of blocks. Each
colour is said for a light and for a dark screen. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from ileti.templates import picturenames
from ileti.templates.design import LINK, SIZES, Block, Colour, Design, Kind, shown

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_MARKED: Final = re.compile(
    r"\*\*(?=\S)(?P<bold>[^\n]{1,300}?)(?<=\S)\*\*(?!\*)|\*(?=\S)(?P<slanted>[^\n*]{1,300}?)(?<=\S)\*"
    r"|\[(?P<words>[^\[\]\n]+)\]\((?P<address>[^()\s]+)\)")
#: pixels for a picture in a mail, and in one of two columns
_ROOM: Final = 552
_ROOM_BESIDE: Final = 252
#: signs that no attribute of a mail keeps (:mod:`ileti.templates.mailclean`)
_QUOTED: Final = str.maketrans({'"': "”", "<": "(", ">": ")"})
_LINES: Final = re.compile(r"\n[ \t]*\n\s*")


class _Hue(NamedTuple):
    """A colour on white, and its two halves on a dark screen: ground and words of a button."""

    light: str
    ground: str
    words: str


_HUES: Final = {
    Colour.BLUE: _Hue("#1d4c9c", "#93b5f8", "#0f1216"),
    Colour.GREEN: _Hue("#1f6b3a", "#8fd0a6", "#0f1216"),
    Colour.PURPLE: _Hue("#5b3a8c", "#c7aef0", "#0f1216"),
    Colour.RED: _Hue("#9b2c2c", "#f0a3a3", "#0f1216"),
    Colour.BROWN: _Hue("#7a3e12", "#e9a56b", "#0f1216"),
    Colour.BLACK: _Hue("#171a21", "#e9ebee", "#0f1216"),
}
_HEAD: Final = """<mjml lang="tr">
<mj-head>
<mj-attributes>
<mj-all font-family="{font}" />
<mj-text font-size="16px" line-height="24px" color="#171a21" padding="6px 24px" />
<mj-image padding="10px 24px" />
<mj-button background-color="{light}" color="#ffffff" font-size="16px" font-weight="600" \
border-radius="6px" inner-padding="12px 24px" padding="10px 24px" align="left" />
<mj-divider border-width="1px" border-color="#cfcec7" padding="14px 24px" />
<mj-section background-color="#ffffff" padding="0" />
</mj-attributes>
<mj-style>
@media (prefers-color-scheme: dark) {{
.zemin, .zemin table {{ background: #161a20 !important; background-color: #161a20 !important; }}
.yazi div, .yazi h1, .yazi h2 {{ color: #e9ebee !important; }}
.yazi a {{ color: {ground} !important; }}
.govde {{ background: #0f1216 !important; background-color: #0f1216 !important; }}
.dugme td, .dugme a {{ background: {ground} !important; \
background-color: {ground} !important; color: {words} !important; }}
.cizgi p {{ border-top-color: #39414d !important; }}
}}
</mj-style>
</mj-head>
<mj-body width="600px" background-color="#f6f6f3" css-class="govde">"""


def mjml(design: Design) -> str:
    """The MJML of a design; nothing for one that says nothing. Never raises: what
    :func:`ileti.templates.design.faults` finds is left out."""
    hue = _HUES[design.colour]
    parts = list(_sections(design, hue))
    if not parts:
        return ""
    return "\n".join((
        _HEAD.format(font=_FONT, light=hue.light, ground=hue.ground, words=hue.words),
        _gap(), *parts, _gap(), "</mj-body>", "</mjml>"))


def _gap() -> str:
    return ('<mj-section css-class="zemin"><mj-column><mj-spacer height="18px" /></mj-column>'
            "</mj-section>")


def _sections(design: Design, hue: _Hue) -> Iterator[str]:
    """What stands below one another in one section, columns in one of their own."""
    stack: list[str] = []
    first = True
    for block in design.blocks:
        if block.kind is Kind.COLUMNS:
            sides = [[*_side(one, hue)] for one in block.sides()]
            if any(sides):
                yield from _stacked(stack)
                yield _section(*sides)
                stack = []
            continue
        said = _alone(block, hue, first=first)
        first = first and not (said and block.kind is Kind.HEADING)
        stack += [said] if said else []
    yield from _stacked(stack)


def _stacked(stack: list[str]) -> Iterator[str]:
    if stack:
        yield _section(stack)


def _section(*columns: list[str]) -> str:
    inside = "\n".join("<mj-column>\n" + "\n".join(one) + "\n</mj-column>" for one in columns)
    return f'<mj-section css-class="zemin">\n{inside}\n</mj-section>'


def _alone(block: Block, hue: _Hue, *, first: bool) -> str:
    """One block of a section; nothing for an empty one."""
    match block.kind:
        case Kind.HEADING:
            return _heading(block.text, first=first)
        case Kind.TEXT:
            return _text(block.text, hue)
        case Kind.IMAGE:
            return _picture(block, block.href, _ROOM)
        case Kind.BUTTON:
            return _button(block.label, block.href)
        case Kind.DIVIDER:
            return '<mj-divider css-class="cizgi" />'
        case _:
            return f'<mj-spacer height="{SIZES.get(block.size, SIZES["medium"])}px" />'


def _side(block: Block, hue: _Hue) -> Iterator[str]:
    for said in (_picture(block, "", _ROOM_BESIDE), _text(block.text, hue),
                 _button(block.label, block.href)):
        if said:
            yield said


def _heading(text: str, *, first: bool) -> str:
    if not text:
        return ""
    level, size = ("h1", "font-size:26px;line-height:32px") if first else (
        "h2", "font-size:20px;line-height:27px")
    return (f'<mj-text css-class="yazi" padding="12px 24px 4px"><{level} '
            f'style="margin:0;{size};font-weight:600">{_escaped(" ".join(text.split()))}'
            f"</{level}></mj-text>")


def _picture(block: Block, href: str, room: int) -> str:
    """A picture, no wider than it is; ``room``: pixels there are for it."""
    if not shown(block.src):
        return ""
    to = f' href="{escape(href)}"' if LINK.fullmatch(href) else ""
    words = "" if block.decor else escape(block.alt.translate(_QUOTED))
    kept = picturenames.read(block.src)
    wide = f' width="{kept.width}px"' if kept is not None and kept.width < room else ""
    return f'<mj-image src="{escape(block.src)}" alt="{words}"{to}{wide} />'


def _button(label: str, href: str) -> str:
    if not (label and LINK.fullmatch(href)):
        return ""
    return f'<mj-button css-class="dugme" href="{escape(href)}">{_escaped(label)}</mj-button>'


def _text(text: str, hue: _Hue) -> str:
    """Paragraphs and lists of a text."""
    parts = [_paragraph(one.split("\n"), hue) for one in _LINES.split(text.strip()) if one]
    return f'<mj-text css-class="yazi">{"".join(parts)}</mj-text>' if parts else ""


def _paragraph(lines: list[str], hue: _Hue) -> str:
    if all(one.lstrip().startswith("- ") for one in lines):
        items = "".join(f"<li>{_inline(one.lstrip()[2:].strip(), hue)}</li>" for one in lines)
        return f'<ul style="margin:0 0 12px;padding:0 0 0 22px">{items}</ul>'
    return (f'<p style="margin:0 0 12px">{"<br />".join(_inline(one, hue) for one in lines)}</p>')


def _inline(text: str, hue: _Hue) -> str:
    """Bold, slanted, links; what is none of them is the sign itself."""
    out, at = [], 0
    for found in _MARKED.finditer(text):
        out.append(_escaped(text[at:found.start()]))
        out.append(_marked(found, hue))
        at = found.end()
    return "".join((*out, _escaped(text[at:])))


def _marked(found: re.Match[str], hue: _Hue) -> str:
    if found["bold"]:
        return f"<b>{_inline(found['bold'], hue)}</b>"
    if found["slanted"]:
        return f"<i>{_inline(found['slanted'], hue)}</i>"
    if not LINK.fullmatch(found["address"]):
        return _escaped(found[0])
    return (f'<a href="{escape(found["address"])}" style="color:{hue.light}">'
            f"{_inline(found['words'], hue)}</a>")


def _escaped(text: str) -> str:
    return escape(text, quote=False)
