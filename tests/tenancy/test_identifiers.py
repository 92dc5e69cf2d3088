"""Check digits of TCKN, VKN and MERSİS (R-45, İYS API §7.1). All numbers are invented."""

import random
from collections.abc import Callable

import pytest

from ileti.tenancy.identifiers import (
    IdentifierError,
    is_mersis,
    is_tckn,
    is_vkn,
    parse_mersis,
    parse_tckn,
    parse_tin,
)

# The specimen every description of the algorithm uses.
TCKN = "10000000146"


def a_vkn(stem: str) -> str:
    return next(stem + last for last in "0123456789" if is_vkn(stem + last))


VKN = a_vkn("112233445")


def code_of(parse: Callable[[str], str], text: str) -> str:
    with pytest.raises(IdentifierError) as refusal:
        parse(text)
    assert text == "" or text not in str(refusal.value)
    return refusal.value.code


def test_the_specimen_numbers_pass() -> None:
    assert parse_tckn(TCKN) == TCKN
    assert parse_tckn(" 100 000 001 46 ") == TCKN
    assert parse_tin(VKN) == VKN
    assert parse_tin(TCKN) == TCKN


@pytest.mark.parametrize("vkn", ["4540536920", "1234567890", "0123456789"])
def test_vkn_by_hand(vkn: str) -> None:
    """Worked out digit by digit in the long form of the published rule."""
    total = 0
    for place in range(1, 10):
        shifted = (int(vkn[place - 1]) + 10 - place) % 10
        part = (shifted * 2 ** (10 - place)) % 9
        total += 9 if shifted != 0 and part == 0 else part
    assert is_vkn(vkn) == ((10 - total % 10) % 10 == int(vkn[9]))


def test_exactly_one_last_digit_makes_a_vkn() -> None:
    dice = random.Random(45)
    for _ in range(200):
        stem = "".join(dice.choices("0123456789", k=9))
        assert sum(is_vkn(stem + last) for last in "0123456789") == 1


def test_one_wrong_digit_is_always_found_in_a_tckn() -> None:
    for place in range(11):
        for digit in "0123456789":
            wrong = TCKN[:place] + digit + TCKN[place + 1 :]
            assert is_tckn(wrong) == (wrong == TCKN)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "TCKN_BOS"),
        ("1000000014", "TCKN_UZUNLUK"),
        ("10000000147", "TCKN_GECERSIZ"),
        ("01000000146", "TCKN_GECERSIZ"),
        ("1000000014a", "TCKN_GECERSIZ"),
        ("١٠٠٠٠٠٠٠١٤٦", "TCKN_GECERSIZ"),
    ],
)
def test_a_wrong_tckn_says_why(text: str, code: str) -> None:
    assert code_of(parse_tckn, text) == code


def test_a_wrong_tax_number_says_why() -> None:
    wrong = VKN[:9] + str((int(VKN[9]) + 1) % 10)
    assert code_of(parse_tin, "") == "VKN_BOS"
    assert code_of(parse_tin, "123") == "VKN_UZUNLUK"
    assert code_of(parse_tin, wrong) == "VKN_GECERSIZ"
    assert code_of(parse_tin, "10000000147") == "TCKN_GECERSIZ"


def test_a_mersis_with_a_leading_zero_carries_a_tax_number() -> None:
    assert parse_mersis(f"0{VKN}00015") == f"0{VKN}00015"
    wrong = VKN[:9] + str((int(VKN[9]) + 1) % 10)
    assert code_of(parse_mersis, f"0{wrong}00015") == "MERSIS_GECERSIZ"
    assert is_mersis("1234567890123456")


def test_a_mersis_has_sixteen_digits() -> None:
    assert code_of(parse_mersis, "123") == "MERSIS_UZUNLUK"
    assert code_of(parse_mersis, "123456789012345x") == "MERSIS_GECERSIZ"


def test_errors_speak_both_languages_and_name_iyss_code() -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_tckn("1")
    assert refusal.value.iys == "H226"
    assert refusal.value.tr == "T.C. kimlik numarası 11 hanelidir."
    assert refusal.value.en == "A TCKN has 11 digits."
