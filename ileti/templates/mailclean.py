"""A mail's HTML, written anew from what is allowed: no script, form, frame or hidden counter.

Why this module exists: what a marketer pastes comes from anywhere, and stands beside blocks that
the law wants seen. So nothing is repaired in place: the text is read by a parser and every allowed
tag, attribute and style is written again, each tag closed; what is not known is left out and told.
After that no unclosed tag, comment or namespace can swallow what follows. Pictures come over https
or stand in the mail, carry no merge field and are no counter: one of hardly a pixel, or hidden, is
taken out (R-28: the only thing that may watch a reader is what the provider switches on itself).

Conditional comments for Outlook stay where they hold nothing but the table frame that MJML writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from typing import Final, NamedTuple

from ileti.templates.mailcss import declarations, words
from ileti.templates.picturenames import NAME

_VOID: Final = frozenset(("br", "hr", "img", "wbr", "col"))
_TAGS: Final = _VOID | words("""
a abbr article b big blockquote caption center cite code colgroup dd del div dl dt em figcaption
figure font footer h1 h2 h3 h4 h5 h6 header i ins li main mark ol p pre q s section small span
strike strong sub sup table tbody td tfoot th thead tr u ul
""")
#: with all they hold
_GONE: Final = words("""
applet audio canvas embed frame frameset head iframe math noembed noframes noscript object option
plaintext script select style svg template textarea title video xmp
""")
#: what stands in them is no tag, up to their own end
_RAW: Final = frozenset(("iframe", "noembed", "noframes", "noscript", "plaintext", "script",
                         "style", "textarea", "title", "xmp"))
_TOKEN: Final = re.compile(r"<(?:!--|(?P<close>/)?(?P<name>[a-zA-Z][a-zA-Z0-9:-]*)|[!?])")
# A quotation mark opens a value after "=" alone; nothing is tried twice.
_REST: Final = re.compile(r"((?>=\s*+\"[^\"]*+\"|=\s*+'[^']*+'|[^>])*+)>")
_ATTRIBUTE: Final = re.compile(
    r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?+")
#: without a word: what every document has
_FRAME: Final = frozenset(("html", "body", "head", "title", "meta", "link", "style", "base"))
_GLOBAL: Final = frozenset(("align", "bgcolor", "class", "dir", "height", "id", "lang", "role",
                            "style", "title", "valign", "width", "aria-hidden", "aria-label"))
_OWN: Final = {
    "a": frozenset(("href", "name")), "img": frozenset(("src", "alt", "border")),
    "table": frozenset(("border", "cellpadding", "cellspacing")),
    "td": frozenset(("colspan", "rowspan", "nowrap")), "th": frozenset(
        ("colspan", "rowspan", "nowrap", "scope")),
    "font": frozenset(("color", "face", "size")), "ol": frozenset(("start", "type")),
    "col": frozenset(("span",)), "hr": frozenset(("size", "noshade", "color")),
}
_HREF: Final = re.compile(r"(?:https?://|mailto:|tel:|#)[^\s<>\"\\]*", re.IGNORECASE)
_SRC: Final = re.compile(
    r"https://[^\s<>\"\\{}]+|data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=]+",
    re.IGNORECASE)
_WORD: Final = re.compile(r"[^\x00-\x1f<>\"]{0,400}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SMALL: Final = 3  # pixels
_PIXELS: Final = re.compile(r"(\d{1,5}(?:\.\d+)?)(?:px)?")
_OUTLOOK: Final = re.compile(r"\[if\s+(mso(?:\s*\|\s*IE)?|\(?(?:gte|lte|gt|lt)?\s*mso[\s\d]*\)?"
                             r"(?:\s*\|\s*\(?IE\)?)?)\s*\]>(.*)<!\[endif\]", re.DOTALL)
_GHOST: Final = re.compile(r"<(/?)(table|tbody|tr|td)\b([^<>]*?)/?>", re.IGNORECASE)
_ATTR: Final = re.compile(r"([a-z-]+)\s*=\s*\"([^\"<>]*)\"", re.IGNORECASE)


class Cleaned(NamedTuple):
    """The author's words as they may stand, their style sheets, and what was left out."""

    html: str
    css: str
    dropped: tuple[str, ...]


def clean(source: str, *, frames: bool = True) -> Cleaned:
    """Write a document or a piece of one anew; never raises. ``frames``: with Outlook's."""
    made = _Writer(frames=frames)
    made.read(_CONTROL.sub("", source))
    if made.ghosts:  # an Outlook frame that is not closed again would hold what follows
        return clean(source, frames=False)
    return Cleaned("".join(made.out).strip(), "\n".join(made.sheets),
                   tuple(dict.fromkeys(made.dropped)))


class _Writer:
    """Reads anything and writes what is allowed. A reader of its own, which goes over a text once:
    Python's tries an unfinished tag again at every further one."""

    def __init__(self, *, frames: bool) -> None:
        self._frames = frames
        self.out: list[str] = []
        self.sheets: list[str] = []
        self.dropped: list[str] = []
        self.ghosts: list[str] = []
        self._open: list[str] = []
        self._inside: list[str] = []  # elements whose content is left out

    def read(self, source: str) -> None:
        """Read a whole text; what begins and never ends holds the rest of it."""
        at = 0
        while found := _TOKEN.search(source, at):
            self._text(source[at:found.start()])
            at = self._token(source, found)
        self._text(source[at:])
        while self._open:
            self.out.append(f"</{self._open.pop()}>")

    def _token(self, source: str, found: re.Match[str]) -> int:
        """One tag, comment or declaration; where the text goes on."""
        name = (found["name"] or "").lower()
        if not name:
            end = "-->" if found[0] == "<!--" else ">"
            place = source.find(end, found.end())
            if place < 0:
                return len(source)
            if end == "-->":
                self._comment(source[found.end():place])
            return place + len(end)
        rest = _REST.match(source, found.end())
        if rest is None:
            self._text(source[found.start():])
            return len(source)
        if found["close"]:
            self._end(name)
            return rest.end()
        self._start(name, [(one[1].lower(), unescape(one[2] or one[3] or one[4] or ""))
                           for one in _ATTRIBUTE.finditer(rest[1])])
        if name not in _RAW:
            return rest.end()
        closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, rest.end())
        place = closing.start() if closing else len(source)
        if name == "style" and self._inside and self._inside[-1] == "style":
            self.sheets.append(source[rest.end():place])
        return place

    def _start(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        """Write an allowed tag with its allowed attributes."""
        if self._inside or tag in _GONE:
            if tag in _GONE and tag != "head":
                self._inside.append(tag)
                self._tell(tag)
            return
        if tag not in _TAGS:
            self._tell(tag)
            return
        given: dict[str, str] = {}
        for name, value in attrs:
            given.setdefault(name, value)  # the first counts, as in a browser
        if tag == "img" and (why := _no_picture(given)):
            self.dropped.append(why)
            return
        said = "".join(self._attributes(tag, given))
        self.out.append(f"<{tag}{said}>")
        if tag not in _VOID:
            self._open.append(tag)

    def _end(self, tag: str) -> None:
        """Close a tag that is open, with all that stands open in it; others close nothing."""
        if self._inside:
            if tag in self._inside:
                while self._inside.pop() != tag:
                    pass
            return
        if tag in self._open:
            while (last := self._open.pop()) != tag:
                self.out.append(f"</{last}>")
            self.out.append(f"</{tag}>")

    def _text(self, text: str) -> None:
        if not self._inside:
            self.out.append(escape(unescape(text), quote=False))

    def _comment(self, data: str) -> None:
        """Outlook's frames; every other comment goes."""
        found = _OUTLOOK.fullmatch(data.strip())
        if found is None or self._inside or not self._frames:
            return
        inner = found.group(2)
        if _GHOST.sub("", inner).strip():
            return
        tags = []
        for close, tag, rest in _GHOST.findall(inner):
            name = tag.lower()
            if close:
                if not self.ghosts or self.ghosts.pop() != name:
                    self.ghosts.append("!")
                    return
                tags.append(f"</{name}>")
            else:
                self.ghosts.append(name)
                tags.append(f"<{name}{_ghost(rest)}>")
        self.out.append(f"<!--[if mso | IE]>{''.join(tags)}<![endif]-->")

    def _tell(self, tag: str) -> None:
        if tag not in _FRAME:
            self.dropped.append(f"<{tag}>")

    def _attributes(self, tag: str, given: dict[str, str]) -> Iterable[str]:
        for name, value in given.items():
            kept = self._attribute(tag, name, value.strip())
            if kept is not None:
                yield f' {name}="{escape(kept)}"'
        if tag == "a" and "href" in given:
            yield ' target="_blank" rel="noopener"'
        if tag == "img" and "alt" not in given:
            yield ' alt=""'

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        """What of an attribute may stand; None for nothing."""
        if name not in _GLOBAL and name not in _OWN.get(tag, ()):
            if name.startswith("on") or name in ("srcset", "action", "formaction"):
                self.dropped.append(f"{name}=")
            return None
        if name == "style":
            return declarations(value) or None
        if name in ("href", "src"):
            if not (_HREF.fullmatch(value) if name == "href" else _picture(value)):
                self.dropped.append(f"{name}=")
                return None
            return value
        return value if _WORD.fullmatch(value) else None


def _picture(source: str) -> bool:
    """Whether a picture may come from there: https, the mail itself, or what is kept here."""
    return bool(_SRC.fullmatch(source) or NAME.fullmatch(source))


def _no_picture(given: dict[str, str]) -> str:
    """Why a picture may not stand: nothing for one that may."""
    source = given.get("src", "").strip()
    if not _picture(source):
        return "src="
    style = declarations(given.get("style", "")).replace(" ", "")
    sizes = (given.get("width", ""), given.get("height", ""),
             *re.findall(r"(?:^|;)(?:max-)?(?:width|height):([^;!]*)", style))
    small = any((found := _PIXELS.fullmatch(one.strip())) and float(found.group(1)) <= _SMALL
                for one in sizes)
    hidden = re.search(r"display:none|visibility:hidden|opacity:0(?:\.0*)?(?:!|;|$)", style)
    return "pixel" if small or hidden else ""


def _ghost(rest: str) -> str:
    kept = []
    for name, value in _ATTR.findall(rest):
        name = name.lower()
        if name == "style":
            value = declarations(value, shown=True)
        if value and name in ("align", "border", "cellpadding", "cellspacing", "class", "role",
                              "style", "valign", "width", "bgcolor") and _WORD.fullmatch(value):
            kept.append(f' {name}="{escape(value)}"')
    return "".join(kept)
