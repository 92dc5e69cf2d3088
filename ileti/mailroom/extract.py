"""What is kept of a mail beside its mailbox: who, when, by which way, and the person's own words.

Why this module exists: anybody may write five million letters in anybody's name, and a mail that
was pushed lies nowhere but here. So a few thousand letters are kept, as a mail of their own that
every program opens: the headers that say where it came from, and what its writer wrote. With the
digest of the whole it proves what was said and fills nobody's disk. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Final

from ileti.mailroom.reading import Letter, heads

#: in the order they are written
NAMES: Final = ("Return-Path", "Received", "Authentication-Results", "From", "To", "Reply-To",
                "Subject", "Date", "Message-ID")
_LONGEST_LINE: Final = 600
LONGEST_WORDS: Final = 6_000
_GAP: Final = "\r\n\r\n"
_ENDS: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Shown:
    """An extract as a person reads it."""

    author: str
    to: str
    subject: str
    date: str
    words: str


def extract(letter: Letter, raw: bytes) -> bytes:
    """The mail that is kept; of one nobody can read, its beginning as it stands."""
    said = heads(raw, NAMES)
    lines = [f"{name}: {said[name][:_LONGEST_LINE]}" for name in NAMES if name in said]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
              "Content-Transfer-Encoding: 8bit"]
    words = letter.text or letter.whole or ("" if letter.sender else raw[:2_000].decode(
        "utf-8", "replace"))
    clean = "".join(one if one.isprintable() or one in "\r\n\t" else " " for one in words)
    body = "\r\n".join(_ENDS.split(clean[:LONGEST_WORDS]))
    return ("\r\n".join(lines) + _GAP + body + "\r\n").encode("utf-8", "replace")


def shown(kept: bytes) -> Shown:
    """An extract opened again."""
    head, _, words = kept.decode("utf-8", "replace").partition(_GAP)
    said = dict(line.partition(": ")[::2] for line in head.split("\r\n"))
    author, to, subject, date = (_decoded(said.get(name, ""))
                                 for name in ("From", "To", "Subject", "Date"))
    return Shown(author, to, subject, date, words.strip())


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, ValueError, LookupError):
        return text
