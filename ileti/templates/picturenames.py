"""How a mail names a picture that the installation keeps: ``resim:KEY-WIDTH.EXT``.

Why this module exists: what is published stays as it was written, while the address people reach
the installation by may change. So words and versions hold the name alone, and the address is put
before it when a mail is composed (:mod:`ileti.templates.compose`). The key is a keyed hash of whose
picture it is and of its bytes: nobody guesses one, the same picture has the same name, and a name
is the same for every recipient, so that whoever loads it is nobody in particular. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: where the pictures are served, below the public address
PATH: Final = "/resim/"
SCHEME: Final = "resim:"
_FILE: Final = r"([a-z2-7]{32})-([1-9][0-9]{0,3})\.(png|jpg|gif)"
FILE: Final = re.compile(_FILE)
NAME: Final = re.compile(SCHEME + _FILE)
_SHOWN: Final = re.compile(rf"(?<=\bsrc=\"){SCHEME}(?={_FILE}\")")
_OUTSIDE: Final = re.compile(r"<img\b[^>]*?\bsrc=\"https?://", re.IGNORECASE)


class Named(NamedTuple):
    """A name's parts; ``width`` in pixels."""

    key: str
    width: int
    ext: str

    @property
    def file(self) -> str:
        """Its last part of the address."""
        return f"{self.key}-{self.width}.{self.ext}"


def read(said: str) -> Named | None:
    """The parts of one name; None for anything else."""
    found = NAME.fullmatch(said)
    return Named(found[1], int(found[2]), found[3]) if found else None


def named(said: str) -> list[Named]:
    """All names that stand in a text, each once, in their order."""
    return list(dict.fromkeys(Named(one[1], int(one[2]), one[3])
                              for one in NAME.finditer(said)))


def placed(html: str, before: str) -> str:
    """A mail's HTML with ``before`` in front of each picture's file."""
    return _SHOWN.sub(lambda _found: before, html)


def outside(html: str) -> int:
    """How many pictures a mail's HTML, its names not yet placed, loads from elsewhere."""
    return len(_OUTSIDE.findall(html))
