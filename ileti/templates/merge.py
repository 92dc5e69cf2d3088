"""Merge fields of messages: ``{ad}``, ``{soyad}``, ``{alan.sehir}``, each with ``{ad|müşterimiz}``.

Why this module exists: a million people get the same words with their own name in them, and what a
stranger once typed as a name must stay a name. A text is compiled once and filled a million times;
a value is put in once and never read again, so it brings in no field, no tag, no header line and no
link: ``evil.com`` as a first name arrives as ``evil. com``. Inside a web address a value becomes
one percent-encoded piece of the path or query, and never the host. Braces of one's own are doubled.

Pure. The fields of texts of consent are :mod:`ileti.documents.merge`: resolved at publication,
their values are the company's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote

from ileti.core.errors import FieldError, InvalidInput

#: fields every recipient has or lacks; custom fields of recipients are ``alan.KEY``
NAMES: Final = {"ad": ("Ad", "First name"), "soyad": ("Soyad", "Last name")}
CUSTOM: Final = "alan."
LONGEST_VALUE: Final = 200
LONGEST_DEFAULT: Final = 80
MOST_FIELDS: Final = 200
#: letters on each side of a field that are read with its value
NEAR: Final = 80

_FIELD: Final = re.compile(
    r"\{\{|\}\}|\{\s*([a-zçğıöşü_][\w.]{0,60}?)\s*(?:\|([^{}|\n]*))?\}|[{}]")
_CUSTOM: Final = re.compile(r"alan\.[a-z][a-z0-9_]{0,39}")
_STYLE: Final = re.compile(r"<(style|mj-style)\b|<!--", re.IGNORECASE)
_STYLE_ENDS: Final = {name: re.compile(end, re.IGNORECASE) for name, end in (
    ("style", r"</style\s*>"), ("mj-style", r"</mj-style\s*>"), ("", "-->"))}
_TAG: Final = re.compile(r"<(?=[a-zA-Z/!?])(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_OPENS: Final = re.compile(r"<[a-zA-Z/!?]")
_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']([^\"']*)$", re.IGNORECASE)
# What a reader makes a link of, up to the field; and the part a value may only follow.
_LINK: Final = re.compile(r"(?:https?:|www\.|[\w-]+\.[a-zçğıöşü]{2,}|[\w-]+\.[\w-]+[./:@])\S*$",
                          re.IGNORECASE)
_HOST: Final = re.compile(r"(?:https?://)?[\w.-]+\.[a-zçğıöşü]{2,}(?::\d+)?/[^\s{}]*$",
                          re.IGNORECASE)
_WEB_HOST: Final = re.compile(r"https?://[^\s/?#@\\]+/[^\s]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a source, and where: ``start`` and ``end`` are places in it."""

    code: str
    start: int
    end: int
    tr: str
    en: str


class Faulty(InvalidInput):
    """The source's fields cannot be filled; ``faults`` says which and where."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__(faults[0].tr, faults[0].en, code=faults[0].code, errors=tuple(
            FieldError("body", one.code, one.tr, one.en) for one in faults))


@dataclass(frozen=True)
class _Piece:
    """One field of a compiled text: ``fill`` makes its value fit where it stands."""

    key: str
    default: str
    fill: Callable[[str], str]


class Text:
    """A text with its fields, compiled. Raises Faulty.

    ``html``: the source is HTML and values are escaped. ``custom``: keys of custom fields that
    exist (None: any). ``own``: fields of the program's own, whose values are trusted (the refusal
    link), escaped in HTML and else put in as they are; nobody but the program may write them.
    """

    __slots__ = ("_format", "_near", "_pieces", "fields", "source")

    def __init__(self, source: str, *, html: bool = False,
                 custom: AbstractSet[str] | None = None,
                 own: AbstractSet[str] = frozenset()) -> None:
        self.source = source
        literals, pieces, faults = _compiled(source, html, custom, own)
        if faults:
            raise Faulty(faults)
        self._format = "%s".join(one.replace("%", "%%") for one in literals)
        self._near = "%s".join(one.replace("%", "%%") for one in _clipped(literals))
        self._pieces = tuple((one.key, one.default, one.fill) for one in pieces)
        #: keys of all fields in the text
        self.fields: frozenset[str] = frozenset(one.key for one in pieces)

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one person; a field without a value says its default, else nothing."""
        get = values.get
        return self._format % tuple([
            fill(value) if (value := get(key)) else default
            for key, default, fill in self._pieces])

    def near(self, values: Mapping[str, str]) -> str:
        """The same of what stands around its fields: all that a value can change the sense of."""
        get = values.get
        return self._near % tuple([
            fill(value) if (value := get(key)) else default
            for key, default, fill in self._pieces])

    def lacks(self, values: Mapping[str, str]) -> frozenset[str]:
        """Fields that would stay empty: no value, and no default either."""
        return frozenset(key for key, default, _fill in self._pieces
                         if not default and not values.get(key))


def _clipped(literals: list[str]) -> list[str]:
    """The literals as far as they stand near a field, what was left out being a new line."""
    if len(literals) == 1:
        return [""]
    middle = [one if len(one) <= 2 * NEAR else f"{one[:NEAR]}\n{one[-NEAR:]}"
              for one in literals[1:-1]]
    return [literals[0][-NEAR:], *middle, literals[-1][:NEAR]]


def literal(text: str) -> str:
    """A text of the program's own, to stand in a source: its braces are no fields."""
    return text.replace("{", "{{").replace("}", "}}")


def faults_of(source: str, *, html: bool = False, custom: AbstractSet[str] | None = None
              ) -> list[Fault]:
    """Everything wrong with the fields of a source, in their order (for an editor)."""
    return _compiled(source, html, custom, frozenset())[2]


# -- compiling ------------------------------------------------------------------------------------


def _compiled(source: str, html: bool, custom: AbstractSet[str] | None,
              own: AbstractSet[str]) -> tuple[list[str], list[_Piece], list[Fault]]:
    """Literals around pieces (always one more than pieces), and what is wrong."""
    literals, pieces, faults = [""], list[_Piece](), list[Fault]()
    at = 0
    for start, end in [*_outside_styles(source, html=html), (len(source), len(source))]:
        literals[-1] += source[at:start]
        at = start
        for found in _FIELD.finditer(source, start, end):
            if len(pieces) + len(faults) >= MOST_FIELDS:
                faults.append(_fault("too_many", found, f"En çok {MOST_FIELDS} alan olabilir.",
                                     f"There may be at most {MOST_FIELDS} fields."))
                return literals, pieces, faults
            literals[-1] += source[at:found.start()]
            at = found.end()
            said = found.group(0)
            if said in ("{{", "}}"):
                literals[-1] += said[0]
            elif found.group(1) is None:
                stray = _stray(source, found.start())
                if not faults or stray.start >= faults[-1].end:
                    faults.append(stray)
            else:
                piece = _piece(source, found, html, custom, own)
                if isinstance(piece, Fault):
                    faults.append(piece)
                else:
                    pieces.append(piece)
                    literals.append("")
    literals[-1] += source[at:]
    return literals, pieces, faults


def _outside_styles(source: str, *, html: bool) -> Iterator[tuple[int, int]]:
    """The parts in which braces are fields: in HTML all but style sheets and comments; one that
    never ends holds the rest."""
    at = 0
    while html and (begun := _STYLE.search(source, at)):
        yield at, begun.start()
        ended = _STYLE_ENDS[(begun.group(1) or "").lower()].search(source, begun.end())
        at = ended.end() if ended else len(source)
    yield at, len(source)


def _piece(source: str, found: re.Match[str], html: bool, custom: AbstractSet[str] | None,
           own: AbstractSet[str]) -> _Piece | Fault:
    key, default = found.group(1), (found.group(2) or "").strip()
    if key in own:
        return _Piece(key, default, _escaped if html else _as_it_is)
    if key not in NAMES and (not _CUSTOM.fullmatch(key) or (
            custom is not None and key.removeprefix(CUSTOM) not in custom)):
        return _fault("unknown_field", found, f"{{{key}}} diye bir alan yok.",
                      f"There is no field {{{key}}}.")
    if len(default) > LONGEST_DEFAULT or (html and re.search(r"[<>\"]", default)):
        return _fault("default", found,
                      f"Alan boşken yazılacak söz düz metin ve en çok {LONGEST_DEFAULT} harf olur.",
                      f"What an empty field says is plain text of at most {LONGEST_DEFAULT} "
                      "letters.")
    inside = _tag_around(source, found.start()) if html else None
    if html and inside is None and source[found.start() - 1:found.start()] == "<":
        inside = ""
    if inside is not None:
        link = _HREF.search(inside)
        if link is None or not _WEB_HOST.fullmatch(link.group(1)):
            return _fault("in_tag", found,
                          "Alan bir etiketin içinde yalnız bağlantının yolunda durabilir: "
                          "https://ornek.com.tr/{ad}",
                          "Inside a tag a field may stand only in the path of a link: "
                          "https://example.com/{ad}")
        return _Piece(key, quote(default, safe=""), _in_link)
    before = re.split(r"[\s<>\"'(]", _FIELD.sub(
        "x", source[max(0, found.start() - 300):found.start()]))[-1]
    if _LINK.search(before):
        if not _HOST.match(before):
            return _fault("in_host", found, "Alan web adresinin kendisinde değil, yolunda durur.",
                          "A field stands in the path of a web address, not in its name.")
        return _Piece(key, quote(default, safe=""), _in_link)
    after = source[found.end():found.end() + 3]
    if re.match(r"[.:/@]\w|://", after):
        return _fault("in_host", found, "Alandan sonra adres gibi okunan bir şey geliyor.",
                      "What follows the field makes a web address of it.")
    fill: Callable[[str], str] = _in_html if html else _in_text
    if before.endswith("."):  # «Sn.{ad}»: a name that is «com» makes no address
        fill = _apart(fill)
    if after[:1].isalnum() or after[:1] == "{":
        fill = _glued(fill)
    return _Piece(key, default, fill)


def _tag_around(source: str, at: int) -> str | None:
    """What stands between the opening ``<`` and a place inside a tag; None outside."""
    start = source.rfind("<", 0, at)
    while start >= 0 and not _OPENS.match(source, start):
        start = source.rfind("<", 0, start)
    if start < 0 or _TAG.match(source, start, at):
        return None
    return source[start:at]


def _fault(code: str, found: re.Match[str], tr: str, en: str) -> Fault:
    return Fault(code, found.start(), found.end(), tr, en)


def _stray(source: str, at: int) -> Fault:
    if source[at] == "}":
        return Fault("stray_brace", at, at + 1, "Açılmamış bir } var; işaretin kendisi için }} "
                     "yazın.", "A } was never opened; write }} for the sign itself.")
    close = source.find("}", at)
    if 0 < close - at <= 60 and "{" not in source[at + 1:close] and "\n" not in source[at:close]:
        said = source[at:close + 1]
        return Fault("unknown_field", at, close + 1, f"{said} diye bir alan yok.",
                     f"There is no field {said}.")
    return Fault("unclosed", at, at + 1, "Kapanmamış bir { var; işaretin kendisi için {{ yazın.",
                 "A { is never closed; write {{ for the sign itself.")


# -- what a value becomes -------------------------------------------------------------------------

_HIDDEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e0fff]+")
_DOTS: Final = re.compile(r"[.\u3002\uff0e\uff61\u2024\ufe52]+(?=\w)(?!(?<=\d.)\d)")
_SCHEME: Final = re.compile(r":(?=[/\\\w])|//+|\\\\+")
_BRACES: Final = str.maketrans("{}<>", "()()")


def _as_it_is(value: str) -> str:
    return value


def _in_text(value: str) -> str:
    if value.isalnum() and len(value) <= LONGEST_VALUE:  # nearly every name, and the quickest way
        return value
    return _tamed(value)


def _in_html(value: str) -> str:
    if value.isalnum() and len(value) <= LONGEST_VALUE:
        return value
    return _tamed_html(value)


def _glued(plain: Callable[[str], str]) -> Callable[[str], str]:
    """Of a value that something follows without a blank: its own end makes no link of it."""
    return lambda value: plain(value).rstrip(".:/@\\ ")


def _apart(plain: Callable[[str], str]) -> Callable[[str], str]:
    """Of a value right after a full stop."""
    return lambda value: " " + plain(value)


@lru_cache(maxsize=65_536)
def _tamed(value: str) -> str:
    """A value that is words and nothing else: one line, no braces, nothing that reads as a link."""
    text = _HIDDEN.sub(" ", value[:LONGEST_VALUE * 4]).translate(_BRACES)
    text = _SCHEME.sub(" ", _DOTS.sub(". ", text))
    return " ".join(text.split())[:LONGEST_VALUE].rstrip()


@lru_cache(maxsize=65_536)
def _tamed_html(value: str) -> str:
    return escape(_tamed(value))


def _in_link(value: str) -> str:
    """One piece of a path or query: every sign that could part or climb is encoded."""
    if value.isascii() and value.isalnum() and len(value) <= LONGEST_VALUE:
        return value
    return _quoted(value)


@lru_cache(maxsize=65_536)
def _quoted(value: str) -> str:
    text = " ".join(_HIDDEN.sub(" ", value[:LONGEST_VALUE]).split())
    return quote(text, safe="").replace(".", "%2E")


@lru_cache(maxsize=4_096)
def _escaped(value: str) -> str:
    return escape(value)
