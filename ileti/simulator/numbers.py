"""Turkish identity numbers by their check digits: TCKN, VKN, MERSİS (İYS API §7.1)."""

from __future__ import annotations


def is_tckn(text: str) -> bool:
    """An 11-digit personal number whose last two digits check the others."""
    if not (text.isascii() and text.isdigit() and len(text) == 11 and text[0] != "0"):
        return False
    digits = [int(c) for c in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10


def is_tax_number(text: str) -> bool:
    """A 10-digit tax number (VKN) whose last digit checks the others."""
    if not (text.isascii() and text.isdigit() and len(text) == 10):
        return False
    total = 0
    for place, digit in enumerate(int(c) for c in text[:9]):
        moved = (digit + 9 - place) % 10
        if moved:
            total += (moved * 2 ** (9 - place)) % 9 or 9
    return int(text[9]) == (10 - total % 10) % 10


def is_mersis(text: str) -> bool:
    """A 16-digit MERSİS number; one that starts with 0 carries a tax number in it."""
    if not (text.isascii() and text.isdigit() and len(text) == 16):
        return False
    return text[0] != "0" or is_tax_number(text[1:11])
