"""Numbers of people and firms, checked by their own check digits before İYS checks them.

Why this module exists: İYS refuses a retailer whose TCKN, VKN or MERSİS number is mistyped (İYS
API §7.1, R-45), but says so long after the person who typed it has left the page. The check digits
find nearly every slip at once. Blanks are taken away, nothing else is repaired.
"""

from __future__ import annotations

import re
from typing import Final


class IdentifierError(ValueError):
    """The text is no such number. ``code`` for programs, ``iys`` as İYS would say it, ``tr``/``en``
    for people. The number itself is never part of the message."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.iys, self.tr, self.en = _ERRORS[code]
        super().__init__(f"{code}: {self.en}")


_ERRORS: Final[dict[str, tuple[str, str, str]]] = {
    "TCKN_BOS": ("H216", "T.C. kimlik numarası yazılmamış.", "The TCKN is missing."),
    "TCKN_UZUNLUK": ("H226", "T.C. kimlik numarası 11 hanelidir.", "A TCKN has 11 digits."),
    "TCKN_GECERSIZ": (
        "H225",
        "T.C. kimlik numarası tutmuyor. Haneleri denetleyin.",
        "The check digits of this TCKN do not fit. Compare the digits.",
    ),
    "VKN_BOS": ("H288", "Vergi numarası yazılmamış.", "The tax number is missing."),
    "VKN_UZUNLUK": (
        "H244",
        "Vergi numarası 10, T.C. kimlik numarası 11 hanelidir.",
        "A tax number has 10 digits, a TCKN 11.",
    ),
    "VKN_GECERSIZ": (
        "H243",
        "Vergi numarası tutmuyor. Haneleri denetleyin.",
        "The check digit of this tax number does not fit. Compare the digits.",
    ),
    "KEP_GECERSIZ": (
        "", "KEP adresi, ad@hs01.kep.tr gibi, .kep.tr ile biten bir adrestir.",
        "A KEP address ends in .kep.tr, like name@hs01.kep.tr.",
    ),
    "VERBIS_GECERSIZ": (
        "", "VERBİS sicil numarası 4 ile 30 arasında harf ve rakamdan oluşur.",
        "A VERBİS number has 4 to 30 letters and digits.",
    ),
    "MERSIS_UZUNLUK": ("H228", "MERSİS numarası 16 hanelidir.", "A MERSİS number has 16 digits."),
    "MERSIS_GECERSIZ": (
        "H227",
        "MERSİS numarası tutmuyor: baştaki 0’dan sonraki 10 hane vergi numarasıdır.",
        "This MERSİS number does not fit: the 10 digits after its leading 0 are the tax number.",
    ),
}


def parse_tckn(text: str) -> str:
    """Read a person's identity number (TCKN), 11 digits. Raises ``IdentifierError``."""
    digits = _digits(text)
    if not digits:
        raise IdentifierError("TCKN_BOS")
    if len(digits) != 11:
        raise IdentifierError("TCKN_UZUNLUK")
    if not is_tckn(digits):
        raise IdentifierError("TCKN_GECERSIZ")
    return digits


def parse_tin(text: str) -> str:
    """Read a tax number: a firm's VKN (10 digits) or a person's TCKN (11). İYS calls it ``tin``.

    Raises ``IdentifierError``.
    """
    digits = _digits(text)
    if not digits:
        raise IdentifierError("VKN_BOS")
    if len(digits) == 11:
        if not is_tckn(digits):
            raise IdentifierError("TCKN_GECERSIZ")
        return digits
    if len(digits) != 10:
        raise IdentifierError("VKN_UZUNLUK")
    if not is_vkn(digits):
        raise IdentifierError("VKN_GECERSIZ")
    return digits


def parse_mersis(text: str) -> str:
    """Read a MERSİS number, 16 digits. Raises ``IdentifierError``.

    Only a number with a leading 0 can be checked: its next ten digits are a VKN (İYS API §7.1).
    """
    digits = _digits(text)
    if len(digits) != 16:
        raise IdentifierError("MERSIS_UZUNLUK")
    if not is_mersis(digits):
        raise IdentifierError("MERSIS_GECERSIZ")
    return digits


def is_tckn(digits: str) -> bool:
    """Whether eleven digits carry the two check digits of a TCKN; the first is never 0."""
    if len(digits) != 11 or not _only_digits(digits) or digits[0] == "0":
        return False
    d = [int(char) for char in digits]
    tenth = (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10
    return d[9] == tenth and d[10] == sum(d[:10]) % 10


def is_vkn(digits: str) -> bool:
    """Whether ten digits carry the check digit of a VKN."""
    if len(digits) != 10 or not _only_digits(digits):
        return False
    total = 0
    for place, char in zip(range(9, 0, -1), digits, strict=False):
        shifted = (int(char) + place) % 10
        # Nine is its own remainder here: a shifted digit other than 0 never adds 0.
        total += (shifted * 2**place) % 9 or (9 if shifted else 0)
    return int(digits[9]) == -total % 10


def is_mersis(digits: str) -> bool:
    """Whether sixteen digits can be a MERSİS number."""
    if len(digits) != 16 or not _only_digits(digits):
        return False
    return digits[0] != "0" or is_vkn(digits[1:11])


def _digits(text: str) -> str:
    return "".join(text.split())


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


_KEP: Final = re.compile(r"[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,40}\.){1,3}kep\.tr")
_VERBIS: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z/-]{2,28}[0-9A-Za-z]")


def parse_kep(text: str) -> str:
    """Read a registered e-mail address (KEP), in small letters. Raises ``IdentifierError``."""
    address = text.strip().replace("İ", "i").replace("I", "i").lower()
    if not _KEP.fullmatch(address):
        raise IdentifierError("KEP_GECERSIZ")
    return address


def parse_verbis(text: str) -> str:
    """Read a VERBİS registration number as it stands there. Raises ``IdentifierError``.

    Its form is not published, so only what cannot be a number is refused.
    """
    number = text.strip()
    if not _VERBIS.fullmatch(number):
        raise IdentifierError("VERBIS_GECERSIZ")
    return number
