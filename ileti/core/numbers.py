"""Numbers that people read out, made from database ids without telling anything about them.

A bare id says how many there are and lets the next one be guessed. Here an id goes through a keyed
permutation of 60 bits (four Feistel rounds over BLAKE2b): short, without gaps, and turned back
without a table. Each kind of number has a key and a prefix of its own, so that a number of one
kind read as another leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from ileti.core.secrets import secrets

# Crockford's letters: without I, L, O, U, which people misread.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {letter: n for n, letter in enumerate(_ALPHABET)}
_MISREAD: Final = str.maketrans("OIL", "011")
_HALF: Final = 30
_MASK: Final = (1 << _HALF) - 1
_ROUNDS: Final = (1, 2, 3, 4)
_LONGEST: Final = 40


@dataclass(frozen=True)
class Numbers:
    """One kind of number: ``prefix`` as people see it, ``purpose`` the label its key is made by."""

    prefix: str
    purpose: str

    def of(self, number: int) -> str:
        """``MKB-XXXX-XXXX-XXXX`` of an id; ValueError for one that is not from 0 to 2⁶⁰ - 1."""
        if not 0 <= number < 1 << 2 * _HALF:
            raise ValueError(f"no {self.prefix} number for such an id")
        left, right = number >> _HALF, number & _MASK
        for step in _ROUNDS:
            left, right = right, left ^ _mix(self.purpose, step, right)
        value = left << _HALF | right
        text = "".join(_ALPHABET[value >> 5 * n & 31] for n in range(11, -1, -1))
        return f"{self.prefix}-{text[:4]}-{text[4:8]}-{text[8:]}"

    def starts(self, text: str) -> bool:
        """Whether somebody means this kind: the text begins with its prefix."""
        return text.strip().upper().startswith(self.prefix)

    def read(self, text: str) -> int | None:
        """The id of a number as people type it, with or without prefix, dashes and spaces; None
        when it is none."""
        plain = text[:_LONGEST].upper().strip().removeprefix(self.prefix)
        plain = plain.replace("-", "").replace(" ", "").translate(_MISREAD)
        if len(plain) != 12 or any(letter not in _VALUE for letter in plain):
            return None
        value = 0
        for letter in plain:
            value = value << 5 | _VALUE[letter]
        left, right = value >> _HALF, value & _MASK
        for step in reversed(_ROUNDS):
            left, right = right ^ _mix(self.purpose, step, left), left
        return left << _HALF | right


@lru_cache(maxsize=8)
def _keyed(purpose: str) -> tuple[Any, ...]:
    key = secrets().key_for(purpose)
    return tuple(blake2b(key=key, digest_size=4, person=bytes([step])) for step in _ROUNDS)


def _mix(purpose: str, step: int, half: int) -> int:
    digest = _keyed(purpose)[step - 1].copy()
    digest.update(half.to_bytes(4, "big"))
    return int.from_bytes(digest.digest(), "big") & _MASK
