"""What a page's own search and filter forms can ask: each option of each choice, each free field.

Why this module exists: a link is followed and a filter of a list is known by its column, but what a
page asks by a form of its own is known to its template alone. The options of a page its owner sees
are that owner's numbers, which a stranger must get nothing for.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

_FREE = ("text", "search", "number", "date", "datetime-local", "tel", "email", "")


class _Forms(HTMLParser):
    """The forms of a page that ask by GET: address, fixed fields, and what may be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[tuple[str, str | None]]]] = []
        self._open = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = said.get("method", "get").lower() == "get"
            if self._open:
                self.found.append((said.get("action", "").partition("#")[0], {}, []))
        elif self._open and tag == "select":
            self._select = said.get("name", "")
        elif self._open and tag == "option" and self._select:
            self.found[-1][2].append((self._select, said.get("value", "")))
        elif self._open and tag == "input" and said.get("name"):
            self._input(said, said.get("type", "").lower())

    def _input(self, said: dict[str, str], kind: str) -> None:
        if kind == "hidden":
            self.found[-1][1][said["name"]] = said.get("value", "")
        elif kind in ("checkbox", "radio"):
            self.found[-1][2].append((said["name"], said.get("value", "on")))
        elif kind in _FREE:
            self.found[-1][2].append((said["name"], None))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""


def asked(page: str, path: str, typed: dict[str, Any], phone: str) -> Iterator[tuple[str, str]]:
    """Name of the field and address of each question the page at ``path`` can ask. A free field is
    asked with the telephone number, and with what a form of the walk says under its name."""
    read = _Forms()
    read.feed(page)
    for action, fixed, fields in read.found:
        base = (action or path).partition("?")[0]
        if urlsplit(base).netloc or not base.startswith("/"):
            continue
        for name, value in fields:
            values = [value] if value is not None else [phone, typed.get(name)]
            for one in values:
                if one not in (None, ""):
                    yield name, f"{base}?{urlencode({**fixed, name: one})}"
