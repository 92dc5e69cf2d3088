"""One spelling for every address, so that a refusal is found by whoever looks for it.

Why this module exists: the same person writes ``0599 213 41 17``, ``+90 (599) 213-41-17`` and
``905992134117``. If two spellings reached the ledger, a refusal under one would not stop a message
to the other. Every address therefore passes here before it is hashed, stored, compared or sent:
phones become E.164, e-mails lower-case ASCII. Repairs touch the form only (blanks, brackets,
invisible marks, full-width digits, letter case of ASCII), never a character that could be meant.

Phones are judged by libphonenumber, as İYS does (İYS API §3.1), with its two extra rules: at most
15 characters, and no zero after the country code (``+9005…`` is stored there but found by nobody).
Turkish mobiles, nearly all of our input, take a pattern read from libphonenumber's own metadata;
a test compares both roads. E-mails follow §3.1. R-38, H120, H121, H160.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import cache, lru_cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

from config import settings

# The longest text worth reading: bounds the work on hostile input before any of it is done.
_LONGEST_PHONE_TEXT: Final = 64
_LONGEST_EMAIL_TEXT: Final = 320

# İYS API §3.1.
_LONGEST_E164: Final = 15
_EMAIL_LENGTHS: Final = range(6, 266)
_LONGEST_LOCAL_PART: Final = 64  # RFC 5321; İYS is silent
_LONGEST_DOMAIN: Final = 253

# Marks that phones' contact lists and office programs leave around numbers; they show nothing.
_INVISIBLE: Final = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_PHONE_FILLERS: Final = str.maketrans("", "", " \t()./" + _DASHES + _INVISIBLE)
_PHONE_SHAPE: Final = re.compile(r"\+?[0-9]+", re.ASCII)
_TURKISH_MOBILE_TEXT: Final = re.compile(r"(?:\+90|0090|90|0)?(5[0-9]{9})", re.ASCII)
_TURKISH_TEXT: Final = re.compile(r"(?:\+90|0090|90|0)?([2-5][0-9]*)", re.ASCII)
_ZERO_AFTER_COUNTRY: Final = re.compile(r"(?:\+|00)900[0-9]*|9005[0-9]{9}", re.ASCII)
# +90 599 is given to no operator. Samples, tests and the demo use it; nobody can be disturbed.
# Production takes none (SPECIMEN_NUMBERS, docs/adr/0011).
_SPECIMEN: Final = re.compile(r"599[0-9]{7}", re.ASCII)

_LOCAL_PART: Final = re.compile(r"[a-z0-9._-][a-z0-9._+-]*", re.ASCII)
_DOMAIN_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_TOP_LABEL: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9]", re.ASCII)
_TURKISH_LETTERS: Final = frozenset("çğıöşüâîûÇĞİÖŞÜÂÎÛ")

_PHONE_EXAMPLE: Final = "+90 599 213 41 17"


class AddressKind(IntEnum):
    """What an address is; the smallint in the database. Two kinds serve three channels."""

    PHONE = 1
    EMAIL = 2

    @property
    def tr(self) -> str:
        """The Turkish label people read."""
        return "Telefon" if self is AddressKind.PHONE else "E-posta"

    @property
    def en(self) -> str:
        """The English label people read."""
        return "Phone" if self is AddressKind.PHONE else "E-mail"

    def label(self, lang: str = "tr") -> str:
        """The label in one language, ``"tr"`` or ``"en"``."""
        return self.en if lang == "en" else self.tr


class Address(NamedTuple):
    """An address in its one spelling."""

    kind: AddressKind
    value: str


class AddressError(ValueError):
    """The text is no address we can use. ``code`` for programs, ``tr``/``en`` for people.

    ``iys`` is the code İYS would give for the same text. The text itself is never part of the
    message, so that the error may be logged.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.iys, self.tr, self.en = _ERRORS[code]
        super().__init__(f"{code}: {self.en}")


_ERRORS: Final[dict[str, tuple[str, str, str]]] = {
    "ADRES_BOS": (
        "H114",
        "Telefon numarası ya da e-posta adresi yazılmamış.",
        "No phone number or e-mail address was given.",
    ),
    "NUMARA_UZUN": (
        "H160",
        f"Numara çok uzun. Örnek: {_PHONE_EXAMPLE}",
        f"The number is too long. Example: {_PHONE_EXAMPLE}",
    ),
    "NUMARA_KARAKTER": (
        "H121",
        f"Numarada rakamdan başka karakter var. Örnek: {_PHONE_EXAMPLE}",
        f"The number holds characters other than digits. Example: {_PHONE_EXAMPLE}",
    ),
    "NUMARA_SIFIR": (
        "H121",
        f"Ülke kodundan sonra 0 yazılmaz. Örnek: {_PHONE_EXAMPLE}",
        f"No 0 stands after the country code. Example: {_PHONE_EXAMPLE}",
    ),
    "NUMARA_EKSIK": (
        "H121",
        "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17",
        "Digits are missing. Write 10 digits, example: 0599 213 41 17",
    ),
    "NUMARA_GECERSIZ": (
        "H121",
        f"Bu numara numaralandırma planında yok. Numarayı denetleyin, örnek: {_PHONE_EXAMPLE}",
        f"No numbering plan has this number. Check it, example: {_PHONE_EXAMPLE}",
    ),
    "EPOSTA_UZUNLUK": (
        "H120",
        "E-posta adresi 6 ile 265 karakter arasında olmalı.",
        "An e-mail address has 6 to 265 characters.",
    ),
    "EPOSTA_TURKCE": (
        "H120",
        "E-posta adresinde Türkçe harf (ç, ğ, ı, İ, ö, ş, ü) kullanılmaz.",
        "An e-mail address has no Turkish letters (ç, ğ, ı, İ, ö, ş, ü).",
    ),
    "EPOSTA_BOSLUK": (
        "H120",
        "E-posta adresinin içinde boşluk olmaz.",
        "An e-mail address has no blanks inside.",
    ),
    "EPOSTA_KARAKTER": (
        "H120",
        "E-posta adresinde yalnız harf, rakam ve . _ - + kullanılır.",
        "An e-mail address has only letters, digits and . _ - +",
    ),
    "EPOSTA_BICIM": (
        "H120",
        "E-posta adresi eksik. Örnek: nazli@ornek.com.tr",
        "The e-mail address is not complete. Example: nazli@ornek.com.tr",
    ),
}


def address_sentence(code: str) -> tuple[str, str]:
    """The Turkish and English sentence of an error's code."""
    return _ERRORS[code][1:]


def parse_address(
    text: str, default_region: str = "TR", *, specimens: bool | None = None
) -> Address:
    """Read a phone number or an e-mail address, told apart by the ``@``.

    Raises ``AddressError``. Arguments as in ``parse_phone``.
    """
    if "@" in text or "\uff20" in text:
        return Address(AddressKind.EMAIL, parse_email(text))
    return Address(AddressKind.PHONE, parse_phone(text, default_region, specimens=specimens))


def parse_phone(text: str, default_region: str = "TR", *, specimens: bool | None = None) -> str:
    """Read a phone number into E.164, e.g. ``+905992134117`` (İYS API §3.1, R-38).

    ``default_region`` (ISO 3166, two letters) is meant by a number without a country code.
    ``specimens`` lets the invented numbers ``+90 599 …`` pass; None means as SPECIMEN_NUMBERS
    says (yes, except in production). Raises ``AddressError``.
    """
    if canonical_mobiles(specimens).fullmatch(text):
        return text  # most texts were spelled by us, or by a page's form, a moment ago
    digits = _bare_phone(text)
    fast = _turkish_mobile(digits, default_region, specimens)
    return fast or _by_library(digits, default_region)


def parse_email(text: str) -> str:
    """Read an e-mail address into lower-case ASCII (İYS API §3.1). Raises ``AddressError``."""
    if len(text) > _LONGEST_EMAIL_TEXT:
        raise AddressError("EPOSTA_UZUNLUK")
    text = text.strip(" \t\r\n\u00a0" + _INVISIBLE)
    if not text:
        raise AddressError("ADRES_BOS")
    if not text.isascii():
        turkish = not _TURKISH_LETTERS.isdisjoint(unicodedata.normalize("NFC", text))
        raise AddressError("EPOSTA_TURKCE" if turkish else "EPOSTA_KARAKTER")
    # ASCII only from here on: lower() knows no locale and cannot turn I into ı.
    text = text.lower()
    if text.split() != [text]:
        raise AddressError("EPOSTA_BOSLUK")
    if len(text) not in _EMAIL_LENGTHS:
        raise AddressError("EPOSTA_UZUNLUK")
    local, at, domain = text.partition("@")
    if not at or not local or "@" in domain:
        raise AddressError("EPOSTA_BICIM")
    _check_local_part(local)
    _check_domain(domain)
    return text


def canonical_mobiles(specimens: bool | None = None) -> re.Pattern[str]:
    """What ``fullmatch``es it is a Turkish mobile in its one spelling, for readers of millions:
    :func:`parse_phone` would answer the same text (a test compares both)."""
    return _canonical_mobiles(settings().specimens if specimens is None else specimens)


@cache
def _canonical_mobiles(allowed: bool) -> re.Pattern[str]:
    also = f"|{_SPECIMEN.pattern}" if allowed else ""
    return re.compile(rf"\+90(?:(?:{_valid_turkish_mobile().pattern}){also})", re.ASCII)


def mask(address: str) -> str:
    """Hide most of an address in its one spelling: lists, logs, titles (look.md §1.9).

    ``+90 5•• ••• 41 17``, ``n•••••k@ornek.com.tr``. The number of dots tells nothing.
    """
    local, at, domain = address.partition("@")
    if at:
        last = local[-1] if len(local) > 2 else ""
        return f"{local[:1]}•••••{last}@{domain}"
    if not _PHONE_SHAPE.fullmatch(address) or len(address) < 8:
        return "•••••"
    ending = f"{address[-4:-2]} {address[-2:]}"
    if address.startswith("+90") and len(address) == 13:
        return f"+90 {address[3]}•• ••• {ending}"
    return f"{address[:3]} ••• ••• {ending}"


def spoken_mask(address: str, lang: str = "tr") -> str:
    """Say an address to a person or a screen reader without telling it whole."""
    local, at, domain = address.partition("@")
    if at:
        if lang == "en":
            return f"e-mail starting with {local[:1]} at {domain}"
        return f"{local[:1]} ile başlayan {domain} e-postası"
    ending = f"{address[-4:-2]} {address[-2:]}"
    return f"phone ending in {ending}" if lang == "en" else f"sonu {ending} olan telefon"


def pretty(address: str) -> str:
    """Space a phone for the eye, ``+90 599 213 41 17``; an e-mail stays as it is."""
    if address.startswith("+90") and len(address) == 13:
        return f"+90 {address[3:6]} {address[6:9]} {address[9:11]} {address[11:]}"
    if not address.startswith("+"):
        return address
    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _bare_phone(text: str) -> str:
    """Take away what people put between digits; refuse what could be meant."""
    if len(text) > _LONGEST_PHONE_TEXT:
        raise AddressError("NUMARA_UZUN")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    digits = text.strip("\r\n").translate(_PHONE_FILLERS)
    if not digits:
        raise AddressError("ADRES_BOS")
    if not _PHONE_SHAPE.fullmatch(digits):
        raise AddressError("NUMARA_KARAKTER")
    if _ZERO_AFTER_COUNTRY.fullmatch(digits):
        raise AddressError("NUMARA_SIFIR")
    return digits


@cache
def _valid_turkish_mobile() -> re.Pattern[str]:
    """libphonenumber's own pattern of Turkish mobiles, so that an upgrade moves both roads."""
    metadata = PhoneMetadata.metadata_for_region("TR")
    mobile = metadata.mobile if metadata else None
    pattern = mobile.national_number_pattern if mobile else None
    return re.compile(pattern or "(?!)", re.ASCII)


def _turkish_mobile(digits: str, region: str, specimens: bool | None) -> str | None:
    """The fast road; ``None`` sends the number to the library, which has the last word."""
    if region != "TR" and not digits.startswith("+"):
        return None
    match = _TURKISH_MOBILE_TEXT.fullmatch(digits)
    if match is None:
        return None
    number = match[1]
    if _valid_turkish_mobile().fullmatch(number):
        return "+90" + number
    if _SPECIMEN.fullmatch(number) and (settings().specimens if specimens is None else specimens):
        return "+90" + number
    return None


def _by_library(digits: str, region: str) -> str:
    """The slow road: any country, any kind of line."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        raise AddressError(_why_invalid(digits, region)) from None
    if not phonenumbers.is_valid_number(number):
        raise AddressError(_why_invalid(digits, region))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(e164) > _LONGEST_E164:
        raise AddressError("NUMARA_UZUN")
    return e164


def _why_invalid(digits: str, region: str) -> str:
    """The code that helps most: digits missing, too many, or no such number.

    Told apart for Turkish numbers only; elsewhere the length alone says too little.
    """
    turkish = _TURKISH_TEXT.fullmatch(digits) if region == "TR" or digits[0] == "+" else None
    if turkish is None:
        return "NUMARA_EKSIK" if len(digits) < 7 else "NUMARA_GECERSIZ"
    missing = 10 - len(turkish[1])
    return "NUMARA_EKSIK" if missing > 0 else "NUMARA_UZUN" if missing else "NUMARA_GECERSIZ"


def _check_local_part(local: str) -> None:
    """Before the ``@``: repeated and leading ``- _ .`` are allowed, a ``+`` label too (§3.1)."""
    if not _LOCAL_PART.fullmatch(local):
        raise AddressError("EPOSTA_KARAKTER")
    if len(local) > _LONGEST_LOCAL_PART:
        raise AddressError("EPOSTA_UZUNLUK")
    if local.endswith("."):
        raise AddressError("EPOSTA_BICIM")


@lru_cache(maxsize=4096)  # what is faulty is not kept, what is good is shared by many
def _check_domain(domain: str) -> None:
    """After the ``@``: at least two characters, a dot, at least two letters (§3.1)."""
    *labels, top = domain.split(".")
    if not labels or len(domain) > _LONGEST_DOMAIN or len(".".join(labels)) < 2:
        raise AddressError("EPOSTA_BICIM")
    if not all(len(label) <= 63 and _DOMAIN_LABEL.fullmatch(label) for label in labels):
        spelled = all(char.isalnum() or char in ".-" for char in domain)
        raise AddressError("EPOSTA_BICIM" if spelled else "EPOSTA_KARAKTER")
    if not _TOP_LABEL.fullmatch(top):
        raise AddressError("EPOSTA_BICIM")
