"""What an SMS costs before it goes: its encoding, its segments, and the letter that forces them.

Why this module exists: one ``ş`` halves what fits into a message, and nobody sees it. Operators
charge by segment, so whoever writes must see the count, the letter that costs one and what the text
would be without it, and a campaign's price must be known before its release (R-53, R-55).

The tables are those of 3GPP TS 23.038: the default alphabet of 7 bits with its extension, and the
Turkish single shift table, which adds ``Ğ İ Ş ç ğ ı ş`` as two septets each and a header; anything
else makes the whole message UCS-2. The operator's own code (`` B0xx``, R-53) is counted in. A pair
that makes one letter is never cut by the end of a segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_TURKISH: Final = frozenset("ĞİŞçğış")

#: Room the operator's code takes: a blank and four letters (R-53).
OPERATOR_CODE: Final = 5

# Turkish letters lose their mark; office programs' signs become what a keyboard has.
_PLAIN: Final = str.maketrans({
    "ç": "c", "ğ": "g", "Ğ": "G", "ı": "i", "İ": "I", "ş": "s", "Ş": "S",
    "â": "a", "Â": "A", "î": "i", "Î": "I", "û": "u", "Û": "U",
    "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "•": "-", "·": ".",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "`": "'", "´": "'",
    "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "", "\u00ad": "", "₺": "TL", "™": "",
})


class Encoding(StrEnum):
    """How a text goes over the air."""

    GSM7 = "GSM-7"
    TURKISH = "GSM-7 (TR)"
    UCS2 = "UCS-2"

    @property
    def alone(self) -> int:
        """Units of a message of one segment: septets, or 16-bit units."""
        return {Encoding.GSM7: 160, Encoding.TURKISH: 155, Encoding.UCS2: 70}[self]

    @property
    def joined(self) -> int:
        """Units of each segment of a longer message."""
        return {Encoding.GSM7: 153, Encoding.TURKISH: 149, Encoding.UCS2: 67}[self]


@dataclass(frozen=True)
class Segments:
    """What a text costs. ``used`` and ``left`` count units of the encoding, the operator's code
    among the used; ``forced_by`` are the letters that keep it from a cheaper encoding, as they
    come; ``saves`` is how many segments :func:`plain` would save."""

    encoding: Encoding
    number: int
    used: int
    left: int
    forced_by: tuple[str, ...]
    saves: int


def count(text: str, *, shift: bool = True, code: int = OPERATOR_CODE) -> Segments:
    """Count a text as it stands (R-53, R-55).

    ``shift``: whether the operator sends Turkish letters by the shift table; without it they make
    the message UCS-2. ``code``: units the operator adds.
    """
    encoding, forced = encoding_of(text, shift=shift)
    number, used, left = _packed(text, encoding, code)
    easier = plain(text)
    saves = 0 if easier == text else max(
        0, number - _packed(easier, encoding_of(easier, shift=shift)[0], code)[0])
    return Segments(encoding, number, used, left, forced, saves)


def encoding_of(text: str, *, shift: bool = True) -> tuple[Encoding, tuple[str, ...]]:
    """The cheapest encoding that carries a text, and the letters that rule out a cheaper one."""
    letters = dict.fromkeys(text)
    outside = tuple(one for one in letters if one not in _BASIC and one not in _EXTENDED)
    if not outside:
        return Encoding.GSM7, ()
    foreign = tuple(one for one in outside if one not in _TURKISH)
    if shift and not foreign:
        return Encoding.TURKISH, outside
    return Encoding.UCS2, foreign if shift else outside


def plain(text: str) -> str:
    """The same words without the letters that cost: ``ş`` becomes ``s``, a curly quote a straight
    one; ``Ç ö ü`` stay, they cost nothing. What has no plain form stays too."""
    return text.translate(_PLAIN)


def _packed(text: str, encoding: Encoding, code: int) -> tuple[int, int, int]:
    """Segments, units used, and units left in the last of them."""
    units = [*_units(text, encoding), *([1] * code)]
    total = sum(units)
    if total <= encoding.alone:
        return 1, total, encoding.alone - total
    number, filled = 1, 0
    for one in units:
        if filled + one > encoding.joined:
            number, filled = number + 1, 0
        filled += one
    return number, total, encoding.joined - filled


def _units(text: str, encoding: Encoding) -> Iterator[int]:
    for letter in text:
        if encoding is Encoding.UCS2:
            yield 2 if ord(letter) > 0xFFFF else 1
        else:
            yield 1 if letter in _BASIC else 2
