"""What İYS takes as a phone number or an e-mail address (İYS API §3.1).

Phones: E.164, at most 15 characters, and valid by libphonenumber's numbering plan. The plan
costs 30 µs a number, so the Turkish mobile ranges stand here as one pattern; a test proves that
whatever it takes libphonenumber takes too, and what it does not take is asked there.
E-mails: one pattern after the rules of the documents (6 to 265 characters, ASCII, no blanks or
special characters, a `+` label allowed), compared in lower case; the domain goes through
email-validator, remembered per domain.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

LONGEST_PHONE = 15

is_usual_mobile = re.compile(
    r"\+905(?:[03-5][0-9]|1[06]|24|6[24]|7[245]|9[46])[0-9]{7}", re.ASCII
).fullmatch
"""Turkish mobile ranges of libphonenumber that have ten digits without exception."""

_TEST_NUMBER = re.compile(r"\+90599[0-9]{7}", re.ASCII).fullmatch
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII).fullmatch
_TOO_LONG = re.compile(r"\+[0-9]{15,}", re.ASCII).fullmatch
_EMAIL = re.compile(
    r"[a-z0-9._\-]+(?:\+[a-z0-9._+\-]*)?@((?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,})",
    re.ASCII,
).fullmatch


@lru_cache(maxsize=65536)
def _in_numbering_plan(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    same = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    return same and phonenumbers.is_valid_number(parsed)


def is_phone(text: str, *, test_numbers: bool = True) -> bool:
    """Whether İYS takes `text` as a phone number; `test_numbers` lets +90 599 … pass."""
    if is_usual_mobile(text):
        return True
    if len(text) > LONGEST_PHONE or not _E164(text):
        return False
    if test_numbers and _TEST_NUMBER(text):
        return True
    return _in_numbering_plan(text)


def is_too_long_phone(text: str) -> bool:
    """Whether `text` looks like a phone number of more than 15 characters (H160, H166)."""
    return _TOO_LONG(text) is not None


@lru_cache(maxsize=65536)
def _is_domain(domain: str) -> bool:
    try:
        validate_email(
            f"a@{domain}", check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError:
        return False
    return True


def is_email(lowered: str) -> bool:
    """Whether İYS takes `lowered` (already in lower case) as an e-mail address."""
    if not 6 <= len(lowered) <= 265:
        return False
    match = _EMAIL(lowered)
    return match is not None and len(match[1]) >= 5 and _is_domain(match[1])
