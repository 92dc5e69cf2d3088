"""The words a person wrote in an answer, apart from what they quote and what their program adds.

Why this module exists: our own mail says *ret* and *iptal* in its foot. Who answers "Teşekkürler"
above a quotation of it refuses nothing. Pure, and quick on hostile text: no pattern goes back.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_MOST_LINES: Final = 400
_QUOTES: Final = re.compile(
    r"(-{2,} ?(original message|forwarded message|özgün ileti|orijinal mesaj|iletilen ileti|"
    r"yönlendirilmiş ileti|asıl ileti)|_{10,}$|(from|kimden|gönderen) ?: ?\S)", re.IGNORECASE)
_WROTE: Final = re.compile(r"(wrote|yazdı|şunları yazdı|schrieb) ?:$", re.IGNORECASE)
_SENT_FROM: Final = re.compile(
    r"(sent from my|get outlook for|.{0,30}(iphone|android|samsung|outlook)\S{0,10} "
    r"(cihazımdan|uygulamasından|telefonumdan)? ?gönderildi)", re.IGNORECASE)


def own_words(text: str) -> str:
    """The lines above the quotation and the signature; all of them when somebody writes below it
    only."""
    kept: list[str] = []
    below: list[str] = []
    quoted = False
    for line in text.splitlines()[:_MOST_LINES]:
        bare = line.strip()[:500]
        if bare.startswith(">"):
            quoted = True
            continue
        if bare == "--" or _SENT_FROM.match(bare):
            break
        if not quoted and _begins_quotation(bare):
            quoted = True
        if quoted:
            if not _begins_quotation(bare):
                below.append(bare)
            continue
        kept.append(bare)
    words = "\n".join(kept).strip()
    return words or ("\n".join(below).strip() if any(
        line.lstrip().startswith(">") for line in text.splitlines()[:_MOST_LINES]) else "")


def _begins_quotation(line: str) -> bool:
    return bool(_QUOTES.match(line) or _WROTE.search(line))


_NAME: Final = re.compile(r"</?([a-z][a-z0-9]{0,15})", re.IGNORECASE)
_TAG_PART: Final = re.compile(r"""=\s*(["'])|>""")
#: what stands in these is no text, whatever it looks like
_RAW: Final = {tag: re.compile(rf"</{tag}(?![a-z0-9])", re.IGNORECASE)
               for tag in ("style", "script", "title")}
_LINES: Final = ("br", "p", "div", "tr", "li")


def plain(html: str) -> str:
    """The words of an HTML mail, without its quotations.

    Goes through the text once and never back: the standard library's parser looks for the end of
    each mark again up to the end, so that twenty thousand letters of ``<a/`` take seconds. What
    does not end is left out to the end.
    """
    pieces: list[str] = []
    quoted, head, place = 0, False, 0
    while place < len(html):
        begin = html.find("<", place)
        words = html[place:] if begin < 0 else html[place:begin]
        if words and not quoted and not head:
            pieces.append(unescape(words))
        if begin < 0:
            break
        named = _NAME.match(html, begin)
        place = _after(html, begin, named)
        if named is None or place < 0:
            if place < 0:
                break
            if place == begin + 1 and not quoted and not head:
                pieces.append("<")
            continue
        tag, opens = named[1].lower(), html[begin + 1] != "/"
        if tag == "blockquote":
            quoted = max(0, quoted + (1 if opens else -1))
        elif tag in ("head", "body"):
            head = opens and tag == "head"
        elif tag in _LINES:
            pieces.append("\n")
        elif tag in _RAW and opens:
            end = _RAW[tag].search(html, place)
            if end is None:
                break
            place = end.start()
    return "".join(pieces)


def _after(html: str, begin: int, named: re.Match[str] | None) -> int:
    """Where the mark that begins there is over; the next letter where it is none, -1 where it has
    no end."""
    if named is not None:
        return _tag_end(html, named.end())
    for opening, closing in (("<!--", "-->"), ("<!", ">"), ("<?", ">"), ("</", ">")):
        if html.startswith(opening, begin):
            end = html.find(closing, begin + len(opening))
            return -1 if end < 0 else end + len(closing)
    return begin + 1


def _tag_end(html: str, place: int) -> int:
    """Behind the ``>`` that is in no value; -1 where there is none."""
    while (found := _TAG_PART.search(html, place)) is not None:
        if found[1] is None:
            return found.end()
        place = html.find(found[1], found.end()) + 1
        if place == 0:
            return -1
    return -1
