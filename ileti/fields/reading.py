"""What a custom field's value may be: the one place where values are judged.

Why this module exists: a value comes typed into a form, as a cell of a list, or as JSON from a
program, and must be the same value with the same faults everywhere. A value that passes is kept in
one spelling: a text without blanks around it, a number as its shortest decimal text, a day in ISO,
yes or no as a boolean, answers by their keys. What is empty is no value. Pure.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ileti.core.errors import FieldError
from ileti.fields.vocabulary import LONGEST_TEXT, Field, Kind, Where

PREFIX: Final = "fields."
_FOLD: Final = str.maketrans({
    "ı": "i", "İ": "i", "I": "i", "ş": "s", "Ş": "s", "ğ": "g", "Ğ": "g", "ü": "u", "Ü": "u",
    "ö": "o", "Ö": "o", "ç": "c", "Ç": "c", "â": "a", "Â": "a", "î": "i", "Î": "i", "û": "u",
    "Û": "u", "\u0307": "", "\u00a0": " "})
# Controls, line breaks of every kind, and marks that turn the direction of what stands beside them.
_HIDDEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_YES: Final = frozenset(("evet", "e", "yes", "y", "1", "true", "dogru", "var", "x"))
_NO: Final = frozenset(("hayir", "h", "no", "n", "0", "false", "yanlis", "yok"))
_DAY: Final = ((re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.+Z-]*)?", re.ASCII), (1, 2, 3)),
               (re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?: [\d:]*)?", re.ASCII), (3, 2, 1)))
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)
_ENGLISH: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+", re.ASCII)
_PLAIN: Final = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
_LONGEST_NUMBER: Final = 15
_SPLIT: Final = re.compile(r"[;|,\n]")


class Refused(Exception):
    """A value that will not do: a stable code and what is wrong, per language."""

    def __init__(self, code: str, tr: str, en: str) -> None:
        super().__init__(code)
        self.code, self.tr, self.en = code, tr, en


def fold(text: str) -> str:
    """Small letters without Turkish marks and one blank for many: two spellings of a word meet."""
    return " ".join(text.translate(_FOLD).lower().split())


def told(field: Field, refused: Refused, at: str | None = None) -> FieldError:
    """A refusal with the field's name in both languages."""
    return FieldError(at if at is not None else PREFIX + field.key, refused.code,
                      f"{field.tr}: {refused.tr}", f"{field.en}: {refused.en}")


#: what a fault says where its field's bounds are not at hand
SENTENCES: Final = {
    "missing": ("Bu özel alan gerekli.", "This custom field is needed."),
    "unknown_field": ("Böyle bir özel alan yok.", "There is no such custom field."),
    "hidden_mark": ("Satır sonu ya da görünmez işaret içeremez.",
                    "No line breaks or hidden marks."),
    "too_long": ("Metin çok uzun.", "The text is too long."),
    "too_short": ("Metin çok kısa.", "The text is too short."),
    "wrong_shape": ("Metin istenen biçimde değil.", "The text has not the shape that is asked."),
    "ambiguous": ("Sayı iki türlü okunabiliyor.", "The number can be read in two ways."),
    "not_a_number": ("Bir sayı yazın.", "Write a number."),
    "too_fine": ("Virgülden sonra çok hane var.", "Too many decimals."),
    "too_large": ("Sayı çok büyük.", "The number is too large."),
    "too_small": ("Sayı çok küçük.", "The number is too small."),
    "not_a_date": ("Bir tarih yazın.", "Write a date."),
    "too_early": ("Tarih çok erken.", "The date is too early."),
    "too_late": ("Tarih çok geç.", "The date is too late."),
    "not_yes_or_no": ("Evet ya da hayır yazın.", "Write yes or no."),
    "no_such_choice": ("Böyle bir seçenek yok.", "There is no such answer."),
    "not_boolean": ("true ya da false yazın.", "Write true or false."),
    "not_a_list": ("Seçeneklerin anahtarlarını liste olarak yazın.",
                   "Write the keys of the answers as a list."),
    "not_text": ("Bir metin yazın.", "Write a text."),
}
MISSING: Final = Refused("missing", "bu alan gerekli.", "this field is needed.")
UNKNOWN: Final = ("unknown_field", "Böyle bir alan yok.", "There is no such field.")


def all_of(fields: Iterable[Field], said: Mapping[str, Any], where: Where, *, typed: bool = False,
           needed: bool = True, prefix: str = PREFIX
           ) -> tuple[dict[str, Any], list[FieldError]]:
    """The values of what was said, by key, and every fault at once. ``typed``: JSON, where a number
    is a number. ``needed``: whether required fields are asked for."""
    values: dict[str, Any] = {}
    known = {one.key: one for one in fields if not one.retired}
    faults = [FieldError(prefix + str(key)[:80], *UNKNOWN) for key in said if key not in known]
    for key, field in known.items():
        try:
            value = of_json(field, said.get(key)) if typed else of_text(field, said.get(key))
        except Refused as refused:
            faults.append(told(field, refused, prefix + key))
            continue
        if value is not None:
            values[key] = value
        elif needed and where in field.required:
            faults.append(told(field, MISSING, prefix + key))
    return values, faults


def of_text(field: Field, typed: Any) -> Any:
    """A value as people type it or as a list has it; None for an empty one. Raises Refused."""
    if isinstance(typed, (list, tuple)):
        parts = [str(one) for one in typed]
        if field.kind is not Kind.CHOICES:
            parts, typed = [], parts[0] if parts else ""
    else:
        parts = _SPLIT.split(typed or "") if field.kind is Kind.CHOICES else []
    if field.kind is Kind.CHOICES:
        return _choices(field, [one for one in parts if one.strip()])
    text = (typed or "").strip()
    if not text:
        return None
    return _OF_TEXT[field.kind](field, text)


def of_json(field: Field, value: Any) -> Any:
    """A value as a program sends it; None for null. Raises Refused."""
    if value is None:
        return None
    if field.kind is Kind.YES_NO:
        if isinstance(value, bool):
            return value
        raise Refused("not_boolean", "true ya da false yazın.", "write true or false.")
    if field.kind is Kind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Refused("not_a_number", "bir sayı yazın.", "write a number.")
        return _number(field, _decimal(repr(value)))
    if field.kind is Kind.CHOICES:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refused("not_a_list", "seçeneklerin anahtarlarını liste olarak yazın.",
                          "write the keys of the answers as a list.")
        return _choices(field, value)
    if not isinstance(value, str):
        raise Refused("not_text", "bir metin yazın.", "write a text.")
    return of_text(field, value)


# -- kinds -----------------------------------------------------------------------------------------


def _text(field: Field, text: str) -> str:
    if _HIDDEN.search(text):
        raise Refused("hidden_mark", "satır sonu ya da görünmez işaret içeremez.",
                      "no line breaks or hidden marks.")
    most = int(field.most or LONGEST_TEXT)
    if len(text) > most:
        raise Refused("too_long", f"en çok {most} karakter.", f"at most {most} characters.")
    if field.least and len(text) < int(field.least):
        raise Refused("too_short", f"en az {field.least} karakter.",
                      f"at least {field.least} characters.")
    if field.mask and not mask_pattern(field.mask).fullmatch(text):
        raise Refused("wrong_shape", f"{mask_example(field.mask)} biçiminde yazın.",
                      f"write it like {mask_example(field.mask)}.")
    return text


def _typed_number(field: Field, text: str) -> str:
    """Both ways of writing: 1.234,5 and 1234.5; what could be either is asked again."""
    if _GROUPED.fullmatch(text):
        if text.count(".") == 1 and "," not in text and field.decimals:
            raise Refused("ambiguous", "binlik noktası koymadan yazın: 1234 ya da 1,234.",
                          "write it without separators of thousands: 1234 or 1,234.")
        text = text.replace(".", "").replace(",", ".")
    elif _ENGLISH.fullmatch(text):
        text = text.replace(",", "")
    elif _PLAIN.fullmatch(text):
        text = text.replace(",", ".")
    else:
        raise Refused("not_a_number", "bir sayı yazın.", "write a number.")
    return _number(field, _decimal(text))


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > _LONGEST_NUMBER:
        raise Refused("not_a_number", "bir sayı yazın.", "write a number.")
    return found


def _number(field: Field, number: Decimal) -> str:
    shown = f"{number.normalize():f}"
    if len(shown.partition(".")[2]) > field.decimals:
        raise Refused(
            "too_fine",
            f"virgülden sonra en çok {field.decimals} hane." if field.decimals
            else "tam sayı yazın.",
            f"at most {field.decimals} decimals." if field.decimals else "write a whole number.")
    if len(shown.replace(".", "").lstrip("-")) > _LONGEST_NUMBER:
        raise Refused("too_large", f"en çok {_LONGEST_NUMBER} hane.",
                      f"at most {_LONGEST_NUMBER} digits.")
    if field.least and number < Decimal(field.least):
        raise Refused("too_small", f"en az {field.least}.", f"at least {field.least}.")
    if field.most and number > Decimal(field.most):
        raise Refused("too_large", f"en çok {field.most}.", f"at most {field.most}.")
    return "0" if shown == "-0" else shown


def _date(field: Field, text: str) -> str:
    day = None
    for pattern, (year, month, number) in _DAY:
        found = pattern.fullmatch(text)
        if found:
            with contextlib.suppress(ValueError):
                day = date(int(found[year]), int(found[month]), int(found[number]))
    if day is None or not 1900 <= day.year <= 2200:
        raise Refused("not_a_date", "gg.aa.yyyy biçiminde bir tarih yazın.",
                      "write a date like 31.12.2026.")
    iso = day.isoformat()
    if field.least and iso < field.least:
        raise Refused("too_early", f"en erken {_shown(field.least)}.",
                      f"{_shown(field.least)} at the earliest.")
    if field.most and iso > field.most:
        raise Refused("too_late", f"en geç {_shown(field.most)}.",
                      f"{_shown(field.most)} at the latest.")
    return iso


def _shown(iso: str) -> str:
    return f"{iso[8:]}.{iso[5:7]}.{iso[:4]}"


def _yes_no(_field: Field, text: str) -> bool:
    word = fold(text)
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused("not_yes_or_no", "evet ya da hayır yazın.", "write yes or no.")


def _choice(field: Field, text: str) -> str:
    word = fold(text)
    for one in field.offered:
        if text == one.key or word in (fold(one.key), fold(one.tr), fold(one.en)):
            return one.key
    raise Refused("no_such_choice", f"şunlardan biri: {_offered(field, 'tr')}.",
                  f"one of: {_offered(field, 'en')}.")


def _choices(field: Field, parts: Iterable[str]) -> list[str] | None:
    """In the field's order, each once."""
    chosen = {_choice(field, one.strip()) for one in parts}
    return [one.key for one in field.choices if one.key in chosen] or None


def _offered(field: Field, language: str) -> str:
    names = [one.label(language) for one in field.offered]
    return ", ".join([*names[:8], "…"] if len(names) > 8 else names)


_OF_TEXT: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: _text, Kind.NUMBER: _typed_number, Kind.DATE: _date, Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice}


# -- masks -----------------------------------------------------------------------------------------

_PLACES: Final = {"9": "[0-9]", "A": "[A-Za-zÇĞİÖŞÜçğıöşü]", "*": "[A-Za-zÇĞİÖŞÜçğıöşü0-9]"}


def mask_regex(mask: str) -> str:
    """The mask as a pattern that JavaScript and JSON Schema read too; it has no repetition, so
    that no text can keep it busy."""
    return "".join(_PLACES.get(one, re.escape(one) if not one.isalnum() else one) for one in mask)


def mask_pattern(mask: str) -> re.Pattern[str]:
    """The mask, compiled; :mod:`re` keeps the last ones."""
    return re.compile(mask_regex(mask))


def mask_example(mask: str) -> str:
    """A text of that shape."""
    return mask.replace("A", "K").replace("*", "7").replace("9", "5")
