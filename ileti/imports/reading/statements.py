"""What of a query is said to the database, and what stands in quotes or comments.

Why this module exists: where no read-only transaction holds a query, its words are looked at
(:mod:`ileti.imports.reading.databases`). Which words are words is known only to who reads from left
to right as the server does: in ``'/*'`` no comment begins, in ``-- it's`` no string, and each kind
of database quotes in its own way. What a server's settings decide (a backslash in MySQL, a lone
carriage return) is read each way, and a word that writes in any of them is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMMENT_MARKS: Final = re.compile(r"/\*|\*/")
_SAID: Final = {"quoted": " x ", "number": " 0 "}

# A word may follow a number without a blank: "select 1delete from m" deletes.
_NUMBER: Final = r"(?<![\w@#$])(?:0x[0-9a-f]*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d*)?)"
_LINE: Final = r"--[^\n]*"
_LINE_OR_RETURN: Final = r"--[^\r\n]*"


@dataclass(frozen=True)
class Spelling:
    """How a server reads: what it passes over, and whether its comments stand in one another."""

    aside: re.Pattern[str]
    nested: bool = False

    def words(self, query: str) -> str:
        """The query with a blank for each comment and one letter for whatever is quoted."""
        return "".join(self._pieces(query))

    def _pieces(self, query: str) -> Iterator[str]:
        at = 0
        while found := self.aside.search(query, at):
            yield query[at:found.start()]
            yield _SAID.get(found.lastgroup or "", " ")
            at = found.end() if found.lastgroup != "block" else self._block_end(query, found.end())
        yield query[at:]

    def _block_end(self, query: str, at: int) -> int:
        """Behind the comment that began before ``at``; one that is never closed goes to the end."""
        depth = 1
        for mark in _COMMENT_MARKS.finditer(query, at):
            if mark[0] == "*/":
                depth -= 1
            elif self.nested:
                depth += 1
            if not depth:
                return mark.end()
        return len(query)


def _spelling(*quotes: str, line: str = _LINE, block: str = r"/\*",
              nested: bool = False) -> Spelling:
    return Spelling(re.compile(
        f"(?P<quoted>{'|'.join(quotes)})|(?P<line>{line})|(?P<block>{block})|(?P<number>{_NUMBER})",
        re.IGNORECASE | re.DOTALL), nested)


def _doubled(mark: str, end: str = "") -> str:
    """From a mark to its like, or to the end; twice it stands for itself."""
    end = re.escape(end or mark)
    return rf"{re.escape(mark)}(?:[^{end}]|{end}{end})*+(?:{end}|\Z)"


def _escaped(mark: str) -> str:
    """The same where a backslash takes the meaning of what follows."""
    return rf"{mark}(?:[^{mark}\\]|\\.|{mark}{mark})*+(?:{mark}|\Z)"


_STRING, _NAME, _TICKS, _BRACKETS = (
    _doubled("'"), _doubled('"'), _doubled("`"), _doubled("[", "]"))
# q'[it's]': any mark but a blank, the brackets in pairs.
_ORACLE_Q: Final = (r"(?<![\w$#])n?q'(?:\[.*?(?:\]'|\Z)|\{.*?(?:\}'|\Z)|\(.*?(?:\)'|\Z)|"
                    r"<.*?(?:>'|\Z)|(?P<mark>[^\s\[{(<]).*?(?:(?P=mark)'|\Z))")
# What is run although it looks like a comment ("/*!", "/*M!") is none; two dashes need a blank.
_MYSQL_LINE: Final = r"(?:--(?=[\s\x00-\x1f]|\Z)|\#)[^\n]*"
_MYSQL_BLOCK: Final = r"/\*(?!M?!)"

SQLITE: Final = (_spelling(_STRING, _NAME, _TICKS, _BRACKETS),)
TSQL: Final = tuple(_spelling(_STRING, _NAME, _BRACKETS, line=line, nested=True)
                    for line in (_LINE, _LINE_OR_RETURN))
ORACLE: Final = tuple(_spelling(_ORACLE_Q, _STRING, r'"[^"]*(?:"|\Z)', line=line)
                      for line in (_LINE, _LINE_OR_RETURN))
MYSQL: Final = tuple(
    _spelling(string, name, _TICKS, line=_MYSQL_LINE, block=_MYSQL_BLOCK) for string, name in (
        (_escaped("'"), _escaped('"')), (_escaped("'"), _NAME), (_STRING, _NAME)))
