"""What İYS takes as a phone number or an e-mail address (İYS API §3.1).

Phones: E.164, at most 15 characters, and valid by a numbering plan. İYS names libphonenumber's of
version 8.12.47, which is narrower for Turkey than today's; its patterns stand here, so that the
simulator does not simply repeat what its client's library says (other countries are asked there).
The usual mobile ranges, which both plans take, are one pattern: the library costs 30 µs a number.
E-mails: one pattern after the rules of the documents (6 to 265 characters, ASCII, no blanks or
special characters, a `+` label allowed, two characters on each side of the last dot), compared
in lower case; the domain goes through email-validator, remembered per domain.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

LONGEST_PHONE = 15

is_usual_mobile = re.compile(
    r"\+905(?:0[15-7]|1[06]|24|[34][0-9]|5[1-59]|9[46])[0-9]{7}", re.ASCII
).fullmatch
"""Turkish mobile ranges that have ten digits without exception in either numbering plan."""

_is_in_plan_8_12_47 = re.compile(
    r"\+90(?:"
    r"(?:2(?:[13][26]|[28][2468]|[45][268]|[67][246])|3(?:[13][28]|[24-6][2468]|[78][02468]|92)"
    r"|4(?:[16][246]|[23578][2468]|4[26]))[0-9]{7}"  # fixed lines
    r"|56161[0-9]{5}|5(?:0[15-7]|1[06]|24|[34][0-9]|5[1-59]|9[46])[0-9]{7}"  # mobiles
    r"|8(?:00[0-9]{7}(?:[0-9]{2,3})?|11[0-9]{7})|(?:8[89]8|900)[0-9]{7}"  # free, premium
    r"|592(?:21[12]|461)[0-9]{4}|850[0-9]{7}|512[0-9]{7}|444[0-9]{4})",  # personal, VoIP, pager
    re.ASCII,
).fullmatch
"""Turkey in the numbering plan that İYS names (metadata of libphonenumber v8.12.47)."""

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


def is_phone(text: str, *, test_numbers: bool = True, old_plan: bool = False) -> bool:
    """Whether İYS takes `text` as a phone number; `test_numbers` lets +90 599 … pass, `old_plan`
    asks the plan that İYS names for Turkish numbers and not today's."""
    if is_usual_mobile(text):
        return True
    if len(text) > LONGEST_PHONE or not _E164(text):
        return False
    if test_numbers and _TEST_NUMBER(text):
        return True
    if old_plan and text.startswith("+90"):
        return _is_in_plan_8_12_47(text) is not None
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
    if match is None:
        return False
    domain = match[1]
    return len(domain.rpartition(".")[0]) >= 2 and _is_domain(domain)
