"""What a password must be, by current practice: long, not common, not about oneself.

Why this module exists: rules about capitals and signs make people write ``Parola123!``; length and
a look into what others use keep guessers out (NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2). Nothing is
asked to be changed after some time. ``common_passwords.txt`` beside this file was made for İleti by
hand: words people in Turkey and elsewhere make passwords of; it holds no list of anybody's leak. A
password is weak when little is left of it without such words, words about the user and the company,
sequences and repetitions; digits explain themselves, so three of them count at most. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 128
FEWEST_LEFT: Final = 5  # different characters that no such word explains
MOST_DIGITS: Final = 3
_FOLD: Final = str.maketrans("ıışşğğüüööççâîû@4013$5!|7+", "iissgguuooccaiuaaoiessiitt")
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuıopğü", "qwertyuiop",
                "asdfghjkl", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
                "qazwsxedcrfv")
_RUN: Final = 4


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """The list, folded."""
    text = (Path(__file__).parent / "common_passwords.txt").read_text("utf-8")
    return frozenset(fold(line.strip()) for line in text.splitlines()
                     if line.strip() and not line.startswith("#"))


def fold(text: str) -> str:
    """Small letters without Turkish signs, and digits that stand for letters as those letters."""
    return text.replace("İ", "i").lower().translate(_FOLD)


def is_weak(password: str, about: Iterable[str] = ()) -> bool:
    """Whether a guesser would come to it soon. ``about``: user name, mail, names of the company."""
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < FEWEST_LEFT:
        return True
    own = {word for one in about for word in _words(one)}
    if any(word in fold(password) for word in own):
        return True
    left = {one for one in _unexplained(_without_runs(password.lower()), common_words())
            if one.isalnum()}
    digits = {one for one in left if one.isdigit()}
    return len(left - digits) + min(len(digits), MOST_DIGITS) < FEWEST_LEFT


def _unexplained(text: str, words: Iterable[str]) -> str:
    """What is left of ``text`` without the words, also where signs stand for letters."""
    folded, kept = list(fold(text)), list(text)
    for word in sorted(words, key=lambda one: (-len(one), one)):
        at = "".join(folded).find(word)
        while at >= 0:
            folded[at:at + len(word)] = kept[at:at + len(word)] = " " * len(word)
            at = "".join(folded).find(word)
    return "".join(kept)


def _words(text: str) -> set[str]:
    """A name and its parts of five letters and more; of a short name the whole."""
    folded = fold(text.partition("@")[0])
    parts = "".join(one if one.isalnum() else " " for one in folded).split()
    whole = "".join(parts)
    return {one for one in parts if len(one) >= 5} | ({whole} if len(whole) >= 3 else set())


def _without_runs(text: str) -> str:
    """Without sequences of the alphabet, of digits and of the keyboard, forwards and backwards,
    and without repetitions of one character."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        run = _run_at(text, at)
        if run < _RUN:
            kept.append(text[at])
            run = 1
        at += run
    return "".join(kept)


def _run_at(text: str, at: int) -> int:
    longest = 1
    for row in (*_ROWS, *(row[::-1] for row in _ROWS), text[at] * (LONGEST + 1)):
        size = 1
        while at + size < len(text) and text[at:at + size + 1] in row:
            size += 1
        longest = max(longest, size)
    return longest
