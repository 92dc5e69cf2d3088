"""Numbers, money, times and cases as people here write them.

Babel knows the separators; what it does not know is written here: the order of a Turkish long
date, ``%98,7`` with the sign in front, İ/ı when changing case, and the endings that a number takes
in a Turkish sentence ("12’si", "23:59’da"). Every moment is shown in Istanbul's time without
saying so (look §7). The locale is the request's, Turkish when there is none.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from babel.dates import format_date as babel_date
from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale

from ileti.core.clock import to_istanbul

Number = int | float | Decimal
_SHAPES = {
    "tr": {
        "date": "dd.MM.y",
        "long": "d MMMM y EEEE",
        "short": "dd.MM",
        "day": "dd.MM EEEE",
    },
    "en": {
        "date": "d MMM y",
        "long": "EEEE d MMMM y",
        "short": "d MMM",
        "day": "EEEE d MMM",
    },
}
_WORDS = (
    ["sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"],
    ["_", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"],
)
_BIG = ("yüz", "bin", "bin", "bin", "milyon", "milyon", "milyon", "milyar", "milyar", "milyar")


def language() -> Literal["tr", "en"]:
    """The language of the page, ``tr`` or ``en``."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "tr"


def say(error: Any) -> str:
    """The sentence of an error of ours in the page's language."""
    return either(error.tr, error.en)


def either(tr: str, en: str) -> str:
    """The one in the page's language."""
    return str(en if language() == "en" else tr)


def number(value: Number | None) -> str:
    """``1412908`` as ``1.412.908`` (Turkish) or ``1,412,908``; nothing is a dash."""
    return "–" if value is None else format_decimal(value, locale=language())


def size(count: int) -> str:
    """Bytes as people say them: ``1,2 MB``, ``34 kB``."""
    if count >= 1_000_000:
        return f"{number(round(count / 1_000_000, 1))} MB"
    return f"{number(-(-count // 1_000))} kB"


def percent(ratio: Number | None, digits: int = 1) -> str:
    """A ratio from 0 to 1 as ``%98,7`` (Turkish) or ``98.7%``."""
    if ratio is None:
        return "–"
    shape = "#,##0." + "#" * digits if digits else "#,##0"
    figure = format_decimal(ratio * 100, format=shape, locale=language())
    return f"%{figure}" if language() == "tr" else f"{figure}%"


def length(seconds: float) -> str:
    """A length of time in its two largest units: "1 dk 12 sn"."""
    whole = max(1, math.ceil(seconds))
    if whole < 60:
        return f"{whole} {either('sn', 's')}"
    if whole < 3_600:
        minutes, left = divmod(whole, 60)
        if left and minutes < 10:
            return f"{minutes} {either('dk', 'min')} {left} {either('sn', 's')}"
        return f"{minutes + (left >= 30)} {either('dk', 'min')}"
    hours, left = divmod(whole, 3_600)
    if left < 60:
        return f"{number(hours)} {either('sa', 'h')}"
    return f"{number(hours)} {either('sa', 'h')} {left // 60} {either('dk', 'min')}"


def money(amount: Number | None, currency: str = "TRY") -> str:
    """An amount in major units as ``27.334,92 ₺`` (Turkish) or ``₺27,334.92``."""
    if amount is None:
        return "–"
    shape = "#,##0.00 ¤" if language() == "tr" else "¤#,##0.00"
    return format_currency(amount, currency, format=shape, locale=language())


def _local(moment: datetime) -> datetime:
    # Flask-AppBuilder's own audit columns are naive and already local; ours are always aware.
    return moment if moment.tzinfo is None else to_istanbul(moment)


def _shaped(value: date | None, shape: str) -> str:
    if value is None:
        return "–"
    day = _local(value) if isinstance(value, datetime) else value
    return babel_date(day, format=_SHAPES[language()][shape], locale=language())


def day(value: date | None) -> str:
    """``31.12.2026`` or ``31 Dec 2026``."""
    return _shaped(value, "date")


def day_short(value: date | None) -> str:
    """``31.12`` or ``31 Dec``, for axes and tight places."""
    return _shaped(value, "short")


def day_long(value: date | None) -> str:
    """``23 Kasım 2026 Pazartesi`` or ``Monday 23 November 2026``."""
    return _shaped(value, "long")


def moment(value: datetime | None, seconds: bool = False) -> str:
    """``31.12.2026 14:05`` in Istanbul's time, with seconds where a proof needs them."""
    return "–" if value is None else f"{day(value)} {clock(value, seconds=seconds)}"


def clock(value: datetime | None, seconds: bool = False) -> str:
    """``14:05`` in Istanbul's time."""
    if value is None:
        return "–"
    return _local(value).strftime("%H:%M:%S" if seconds else "%H:%M")


def iso(value: date | None) -> str:
    """Machine form for the ``datetime`` attribute of ``<time>``."""
    if value is None:
        return ""
    return (_local(value) if isinstance(value, datetime) else value).isoformat()


def upper(text: str) -> str:
    """Capitals by the page's language: Turkish i becomes İ, ı becomes I."""
    return (text.replace("i", "İ").replace("ı", "I") if language() == "tr" else text).upper()


def lower(text: str) -> str:
    """Small letters by the page's language: Turkish I becomes ı, İ becomes i."""
    return (text.replace("İ", "i").replace("I", "ı") if language() == "tr" else text).lower()


def initials(name: str) -> str:
    """At most two capitals for an avatar: ``Defne Ev`` gives ``DE``."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return upper("".join(word[0] for word in (words[:1] + words[1:][-1:]))) or "?"


def last_word(value: int) -> str:
    """The last word of a whole number read aloud in Turkish: 26 gives ``altı``."""
    value = abs(value)
    if value < 10:
        return _WORDS[0][value]
    if value % 10:
        return _WORDS[0][value % 10]
    if value % 100:
        return _WORDS[1][value // 10 % 10]
    zeros = len(str(value)) - len(str(value).rstrip("0"))
    return _BIG[min(zeros - 2, len(_BIG) - 1)]


def ending(word: str, case: str) -> str:
    """The ending of ``word`` in a case: ``its`` ’si, ``at`` ’da, ``from`` ’tan, ``to`` ’a."""
    vowel = next(letter for letter in reversed(word) if letter in "aıoueiöü")
    open_end = word[-1] in "aıoueiöü"
    if case == "its":
        close = {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i", "ö": "ü", "ü": "ü"}
        return ("s" if open_end else "") + close[vowel]
    wide = "a" if vowel in "aıou" else "e"
    if case == "to":
        return ("y" if open_end else "") + wide
    hard = "t" if word[-1] in "fstkçşhp" else "d"
    return hard + wide + {"at": "", "from": "n"}[case]


def its(value: int) -> str:
    """A count as "12’si" in Turkish ("12 of them"), bare in English."""
    figure = number(value)
    return f"{figure}’{ending(last_word(value), 'its')}" if language() == "tr" else figure


def timed(value: datetime, case: str = "at") -> str:
    """A time with its case: "23:59’da", "10:40’tan", "23:59’a"; bare in English."""
    figure = clock(value)
    if language() != "tr":
        return figure
    local = _local(value)
    return f"{figure}’{ending(last_word(local.minute or local.hour), case)}"
