"""The plain part of a mail, read off its HTML: the words, lists and links, in their order.

Why this module exists: who reads mails as text gets the same offer, and filters distrust a mail
whose parts differ. It is a beginning that the author may change, and what the checks of R-03 read,
hidden words among them. Pure; given what :mod:`ileti.templates.mailclean` wrote.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from ileti.templates.mailcss import words

_BLOCKS: Final = words("""
article blockquote caption center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr
li main ol p pre section table tbody tfoot thead tr ul
""")
_APART: Final = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table",
                           "blockquote", "hr"))


def plain_of(html: str) -> str:
    """The words of cleaned HTML; a link's address stands after its words, a picture's alternative
    text in its place."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(one.split()) for one in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self.out.append("\n")
        elif tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)
        if tag == "li":
            self.out.append("- ")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.out)))
        elif tag == "img" and given.get("alt"):
            self.out.append(f" {given['alt']} ")
        elif tag in ("td", "th"):
            self.out.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address, at = self._links.pop()
            said = " ".join("".join(self.out[at:]).split())
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if bare and not address.startswith("#") and bare not in said:
                self.out.append(f" ({bare}) " if said else f" {bare} ")
        elif tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)

    def _break(self, lines: int) -> None:
        """At least so many line ends here."""
        there = 0
        for one in reversed(self.out):
            there += len(one) - len(one.rstrip("\n"))
            if one.strip():
                break
        self.out.append("\n" * max(0, lines - there))

    def handle_data(self, data: str) -> None:
        self.out.append(data.replace("\n", " "))
