"""Style sheets of a mail's author, kept to their own words: nothing they say reaches our blocks.

Why this module exists: one rule, ``td{display:none}``, would hide who sends a mail and how to
refuse it. So plain rules are put into the author's elements and then gone; rules of ``@media``,
which make a mail fit a phone and a dark screen, are kept with every selector below the author's own
box. Declarations pass by name and value, and what is not known does not. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: the class of the box around everything the author wrote
BOX: Final = "ileti-icerik"


def words(text: str) -> frozenset[str]:
    """A list of names, as it is written below."""
    return frozenset(text.split())


_ALLOWED: Final = words("""
background background-color background-image background-position background-repeat background-size
border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse
border-color border-left border-left-color border-left-style border-left-width border-radius
border-bottom-left-radius border-bottom-right-radius border-top-left-radius border-top-right-radius
border-right border-right-color border-right-style border-right-width border-spacing border-style
border-top border-top-color border-top-style border-top-width border-width box-sizing clear color
direction display float font font-family font-size font-style font-weight height letter-spacing
line-height list-style list-style-position list-style-type margin margin-bottom margin-left
margin-right margin-top max-height max-width min-height min-width opacity outline overflow padding
padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration
text-indent text-transform vertical-align visibility white-space width word-break word-spacing
word-wrap overflow-wrap -ms-interpolation-mode -webkit-text-size-adjust -ms-text-size-adjust
mso-line-height-rule mso-padding-alt mso-table-lspace mso-table-rspace
""")
_NAME: Final = re.compile(r"-?[a-z][a-z-]*")
_VALUE: Final = re.compile(r"[\w\s#%.,()/+'\"!-]*")
_URL: Final = re.compile(r"url\(\s*(['\"]?)(https://[^\s'\"()<>\\{}]+)\1\s*\)", re.IGNORECASE)
_BACK: Final = re.compile(r"(?:^|[\s,(])-\s*[\d.]")
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_QUERY: Final = re.compile(r"[\w\s():,./-]+")
_SELECTOR: Final = re.compile(r"[\w\s.#>+~*:\[\]=\"'()-]+")
_WHOLE: Final = re.compile(r"^(?:html|body|:root)\b", re.IGNORECASE)


class Sheet(NamedTuple):
    """A sheet parted: rules to put into the elements, and those of ``@media``, kept to the box."""

    plain: str
    media: str


def declarations(text: str, *, shown: bool = False) -> str:
    """What of a style may stand, as it may stand. ``shown``: nothing that hides."""
    kept = []
    for part in _split(_COMMENT.sub("", text)):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), " ".join(value.split())
        if not colon or name not in _ALLOWED or not _NAME.fullmatch(name):
            continue
        if shown and name in ("display", "visibility", "opacity", "overflow", "max-height"):
            continue
        if _fits(name, value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def _fits(name: str, value: str) -> bool:
    bare = _URL.sub("", value) if name in ("background", "background-image") else value
    if not value or not _VALUE.fullmatch(bare) or re.search(
            r"url\s*\(|expression|javascript", bare, re.IGNORECASE):
        return False
    if value.count('"') % 2 or value.count("'") % 2 or value.count("(") != value.count(")"):
        return False
    return not (name.startswith(("margin", "text-indent", "letter-spacing", "word-spacing"))
                and _BACK.search(value) and name != "letter-spacing")


def _split(text: str) -> Iterator[str]:
    """Declarations of a style; a semicolon in quotes or brackets parts nothing."""
    at = depth = 0
    quote = ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == ";" and depth <= 0:
            yield text[at:place]
            at = place + 1
    yield text[at:]


def parted(css: str) -> Sheet:
    """Read a sheet; imports, fonts, animations and what cannot be read fall out."""
    plain, media = [], []
    for head, block in _rules(_COMMENT.sub("", css).replace("<!--", "").replace("-->", "")):
        if head.lower().startswith("@media"):
            query = " ".join(head[6:].split())
            inner = "".join(_scoped(one, body) for one, body in _rules(block)
                            if not one.startswith("@"))
            if inner and _QUERY.fullmatch(query):
                media.append(f"@media {query}{{{inner}}}")
        elif not head.startswith("@"):
            wanted = [one.strip() for one in head.split(",")]
            good = ",".join(one for one in wanted if one and _SELECTOR.fullmatch(one))
            said = declarations(block)
            if good and said:
                plain.append(f"{good}{{{said}}}")
    return Sheet("\n".join(plain), "\n".join(media))


def _scoped(head: str, block: str) -> str:
    """One rule with every selector below the author's box."""
    said, selectors = declarations(block), []
    for one in (part.strip() for part in head.split(",")):
        if one and _SELECTOR.fullmatch(one) and one[0] not in ">+~":
            below = _WHOLE.sub("", one).strip()
            selectors.append(f".{BOX} {below}" if below and below[0] not in ">+~" else f".{BOX}")
    if not said or not selectors:
        return ""
    return f"{','.join(selectors)}{{{said}}}"


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Heads and blocks of the outermost rules; what stands after an unclosed brace is nothing."""
    at = 0
    while (opened := css.find("{", at)) >= 0:
        depth, place = 1, opened + 1
        while place < len(css) and depth:
            depth += {"{": 1, "}": -1}.get(css[place], 0)
            place += 1
        if depth:
            return
        head = css[at:opened].rpartition(";")[2].strip()
        yield head, css[opened + 1:place - 1]
        at = place
