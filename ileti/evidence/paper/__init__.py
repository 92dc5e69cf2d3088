"""Pages for people who do not use İleti: a template and words become an archivable PDF.

Why this module exists: a proof is read by a judge or an inspector, who gets paper. The file must
look the same in ten years (R-46), so it is PDF/A with all fonts inside and tagged for screen
readers; and it holds what strangers typed, so no word of theirs may become markup, hide behind a
control character or be left out because no font has it (docs/adr/0023). The setting itself is a
child process (:mod:`ileti.evidence.paper.typeset`).
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FONTS: Final = HERE / "fonts"
STANDARDS: Final = ("a-2a", "ua-1")
SECONDS: Final = 150
#: words longer than this may be broken anywhere, so that none runs out of the page
_LONGEST_WORD: Final = 36
_LONG: Final = re.compile(rf"\S{{{_LONGEST_WORD},}}")
_BREAK: Final = "\u200b"
_KIND: Final = re.compile(r"^typeset: (\w+)$", re.MULTILINE)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: accents piled upon accents would be drawn over the lines above
_PILED: Final = re.compile(r"(?<=[\u0300-\u036f]{2})[\u0300-\u036f]+")


class NotSet(Exception):
    """The pages could not be set; the text is the kind of failure, for the log. What the typesetter
    says beside it may hold a person's words and is dropped."""


def typeset(template: Path, data: dict[str, Any], at: datetime) -> bytes:
    """The PDF of a template with its data; ``at`` is the time of making that stands in the file.
    The same input gives the same bytes. Raises NotSet."""
    asked = json.dumps({
        "template": str(template), "fonts": str(FONTS), "at": int(at.timestamp()),
        "standards": STANDARDS, "data": data}).encode()
    try:
        done = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, "-I", str(HERE / "typeset.py")], input=asked, capture_output=True,
            timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotSet(type(error).__name__) from error
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        kind = _KIND.findall(done.stderr.decode(errors="replace"))
        raise NotSet(kind[-1] if kind else f"exit {done.returncode}")
    return done.stdout


def drawable(text: str) -> str:
    """A stranger's text as it can be shown: letters that no font of ours has and characters that
    are not seen (controls, marks that turn the direction) stand as ``‹U+1F600›``."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).replace("\t", "    ")
    shown = _PILED.sub(lambda found: "".join(f"‹U+{ord(one):04X}›" for one in found[0]),
                        _not_drawn().sub(lambda found: f"‹U+{ord(found[0]):04X}›", lines))
    return "\n".join(_isolated(line) for line in _LONG.sub(_breakable, shown).split("\n"))


def _isolated(line: str) -> str:
    """A line with letters that run from right to left, fenced: it must not turn the dates and
    numbers around it."""
    return f"\u2068{line}\u2069" if any(
        unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in line) else line


def _breakable(word: re.Match[str]) -> str:
    """A long word with places to break; a SHA-256 stays one piece, so that it can be copied."""
    return word[0] if _DIGEST.fullmatch(word[0]) else _BREAK.join(
        re.findall(r"‹U\+[0-9A-F]+›|[^‹]{1,12}|‹", word[0]))


@cache
def _not_drawn() -> re.Pattern[str]:
    """Any one character outside what :func:`_letters` knows."""
    return re.compile("[^\n" + "".join(re.escape(chr(one)) for one in sorted(_letters())) + "]")


@cache
def _letters() -> frozenset[int]:
    """What the fonts of running text can draw, without what is not seen."""
    found: set[int] = set()
    for name in ("IBMPlexSans-Regular.ttf", "IBMPlexSansArabic-Regular.ttf"):
        found |= _mapped((FONTS / name).read_bytes())
    return frozenset(one for one in found
                     if unicodedata.category(chr(one)) not in ("Cc", "Cf", "Co", "Zl", "Zp"))


def _mapped(font: bytes) -> set[int]:
    """Code points a TrueType font maps to a glyph (``cmap``, format 4)."""
    tables = {font[at:at + 4]: struct.unpack(">LL", font[at + 8:at + 16])
              for at in range(12, 12 + 16 * struct.unpack(">H", font[4:6])[0], 16)}
    start = tables[b"cmap"][0]
    records = [struct.unpack(">HHL", font[at:at + 8]) for at in range(
        start + 4, start + 4 + 8 * struct.unpack(">H", font[start + 2:start + 4])[0], 8)]
    at = start + next(offset for platform, encoding, offset in records
                      if (platform, encoding) == (3, 1))
    twice = struct.unpack(">H", font[at + 6:at + 8])[0]
    ends, starts, deltas, offsets = (
        struct.unpack(f">{twice // 2}H", font[place:place + twice])
        for place in (at + 14, at + 16 + twice, at + 16 + 2 * twice, at + 16 + 3 * twice))
    found: set[int] = set()
    for n, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for one in range(first, min(last, 0xFFFE) + 1):
            if offsets[n]:
                glyph_at = at + 16 + 3 * twice + 2 * n + offsets[n] + 2 * (one - first)
                glyph = struct.unpack(">H", font[glyph_at:glyph_at + 2])[0]
                mapped = (glyph + deltas[n]) & 0xFFFF if glyph else 0
            else:
                mapped = (one + deltas[n]) & 0xFFFF
            if mapped:
                found.add(one)
    return found
