"""One spelling for every address, and no way around it (İYS API §3.1, R-38)."""

import random
import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.recipients.address import (
    Address,
    AddressError,
    AddressKind,
    mask,
    parse_address,
    parse_email,
    parse_phone,
    pretty,
    spoken_mask,
)

PHONE = "+905992134117"


def code_of(text: str) -> str:
    with pytest.raises(AddressError) as refusal:
        parse_address(text)
    return refusal.value.code


def spellings(ten_digits: str) -> list[str]:
    a, b, c, d = ten_digits[:3], ten_digits[3:6], ten_digits[6:8], ten_digits[8:]
    return [
        ten_digits,
        "0" + ten_digits,
        "90" + ten_digits,
        "+90" + ten_digits,
        "0090" + ten_digits,
        f"0{a} {b} {c} {d}",
        f"+90 ({a}) {b}-{c}-{d}",
        f"(0{a}) {b}.{c}.{d}",
        f"\u202a+90 {a}\u00a0{b} {c} {d}\u202c",
        f"  0{a}/{b} {c} {d}\n",
    ]


@pytest.mark.parametrize("text", spellings("5992134117"))
def test_every_way_of_writing_a_turkish_mobile_is_one_key(text: str) -> None:
    """R-38: 0, 90, +90 and 0090 are the same phone."""
    assert parse_phone(text) == PHONE


def test_full_width_digits_and_real_minus_signs_are_form_not_content() -> None:
    assert (
        parse_phone("+90\uff15\uff19\uff19 \uff12\uff11\uff13 \uff14\uff11 \uff11\uff17") == PHONE
    )
    assert parse_phone("0599\u2212213\u201341\u201117") == PHONE


def test_other_lines_and_countries_are_phones_too() -> None:
    """İYS API §3.1: landlines are valid recipients; the format is E.164 everywhere."""
    assert parse_phone("0212 213 00 00") == "+902122130000"
    assert parse_phone("+49 1511 2345678") == "+4915112345678"
    assert parse_phone("01511 2345678", "DE") == "+4915112345678"


@pytest.mark.parametrize("text", ["+9005992134117", "009005992134117", "9005992134117"])
def test_a_zero_after_the_country_code_is_refused_not_repaired(text: str) -> None:
    """İYS API §3.1: +9005… may be stored there, but nobody finds it."""
    assert code_of(text) == "NUMARA_SIFIR"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "ADRES_BOS"),
        (" \u200f ", "ADRES_BOS"),
        ("0599 213 41", "NUMARA_EKSIK"),
        ("5", "NUMARA_EKSIK"),
        ("0599 213 41 177", "NUMARA_UZUN"),
        ("+999 12345678", "NUMARA_GECERSIZ"),
        ("0520 213 41 17", "NUMARA_GECERSIZ"),
        ("0599 213 41 17 dahili 5", "NUMARA_KARAKTER"),
        ("0800 REKLAM", "NUMARA_KARAKTER"),
        ("+90+5992134117", "NUMARA_KARAKTER"),
        ("0599\x00213 41 17", "NUMARA_KARAKTER"),
        ("0599 213\n41 17", "NUMARA_KARAKTER"),
        ("٠٥٩٩٢١٣٤١١٧", "NUMARA_KARAKTER"),
    ],
)
def test_a_text_that_is_no_phone_says_why(text: str, code: str) -> None:
    assert code_of(text) == code


def test_invented_numbers_pass_only_where_they_are_wanted() -> None:
    assert parse_phone("0599 000 00 01") == "+905990000001"
    with pytest.raises(AddressError) as refusal:
        parse_phone("0599 000 00 01", specimens=False)
    assert refusal.value.iys == "H121"


def test_the_fast_road_equals_libphonenumber_on_a_large_sample() -> None:
    """20 000 texts over all of 5xx, in every spelling, judged by the library itself."""
    dice = random.Random(20261123)
    for _ in range(2_000):
        digits = "5" + "".join(dice.choices("0123456789", k=dice.choice([8, 9, 9, 9, 9, 9, 10])))
        for text in spellings(digits):
            assert _ours(text) == _library(text), text


def test_the_fast_road_equals_libphonenumber_on_every_mobile_prefix() -> None:
    for prefix in range(10_000):
        digits = f"5{prefix:04}12345"
        assert _ours(digits) == _library(digits), digits


def _ours(text: str) -> str | None:
    try:
        return parse_phone(text, specimens=False)
    except AddressError:
        return None


def _library(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text.strip(), "TR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Nazli.Kaplan@Ornek.COM.TR", "nazli.kaplan@ornek.com.tr"),
        (" nazli@ornek.test\u200b\r\n", "nazli@ornek.test"),
        ("INFO@ORNEK.TEST", "info@ornek.test"),
        ("nazli+kampanya@ornek.test", "nazli+kampanya@ornek.test"),
        ("--a__b..c@ornek.test", "--a__b..c@ornek.test"),
        (".a@ornek.test", ".a@ornek.test"),
        ("a@bc.co", "a@bc.co"),
        ("a@xn--rnek-5qa.xn--p1ai", "a@xn--rnek-5qa.xn--p1ai"),
    ],
)
def test_an_email_becomes_lower_case_ascii(text: str, address: str) -> None:
    """İYS API §3.1: İYS stores lower case; so do we, before hashing."""
    assert parse_email(text) == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nazlı@ornek.test", "EPOSTA_TURKCE"),
        ("İNFO@ornek.test", "EPOSTA_TURKCE"),
        ("s\u0327irin@ornek.test", "EPOSTA_TURKCE"),
        ("nаzli@ornek.test", "EPOSTA_KARAKTER"),  # Cyrillic а
        ("\uff4eazli@ornek.test", "EPOSTA_KARAKTER"),
        ("na\u202ezli@ornek.test", "EPOSTA_KARAKTER"),
        ("nazli\x00@ornek.test", "EPOSTA_KARAKTER"),
        ("naz li@ornek.test", "EPOSTA_BOSLUK"),
        ("na'zli@ornek.test", "EPOSTA_KARAKTER"),
        ("nazli(a)@ornek.test", "EPOSTA_KARAKTER"),
        ("nazli@or_nek.test", "EPOSTA_KARAKTER"),
        ("nazli@@ornek.test", "EPOSTA_BICIM"),
        ("@ornek.test", "EPOSTA_BICIM"),
        ("nazli@ornek", "EPOSTA_BICIM"),
        ("nazli@ornek..test", "EPOSTA_BICIM"),
        ("nazli@-ornek.test", "EPOSTA_BICIM"),
        ("nazli@ornek.t", "EPOSTA_BICIM"),
        ("nazli@ornek.12", "EPOSTA_BICIM"),
        ("nazli.@ornek.test", "EPOSTA_BICIM"),
        ("nazli@x.com", "EPOSTA_BICIM"),
        ("a@b.c", "EPOSTA_UZUNLUK"),
        ("a" * 65 + "@ornek.test", "EPOSTA_UZUNLUK"),
        ("a@" + "b" * 64 + ".test", "EPOSTA_BICIM"),
    ],
)
def test_a_text_that_is_no_email_says_why(text: str, code: str) -> None:
    """H120: refused here with the reason, before İYS would."""
    assert code_of(text) == code


def test_an_address_knows_its_kind() -> None:
    assert parse_address("0599 213 41 17") == (AddressKind.PHONE, PHONE)
    assert parse_address("Nazli@Ornek.test") == (AddressKind.EMAIL, "nazli@ornek.test")


def test_an_error_speaks_both_languages_and_never_repeats_the_address() -> None:
    with pytest.raises(AddressError) as refusal:
        parse_phone("0599 213 41")
    assert refusal.value.tr == "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17"
    assert refusal.value.en.startswith("Digits are missing")
    assert "213 41\n" not in f"{refusal.value}\n"


@given(st.text(max_size=80) | st.from_regex(r"[+0-9 ()-]{6,18}", fullmatch=True))
def test_an_address_read_again_is_the_same_address(text: str) -> None:
    address = _read(text)
    if address is not None:
        assert address.value.isascii()
        assert address.value == address.value.lower()
        assert parse_address(address.value) == address


def _read(text: str) -> Address | None:
    """Any text is an address or a refusal; nothing else may come out of the parser."""
    try:
        return parse_address(text)
    except AddressError:
        return None


@pytest.mark.parametrize("unit", ["9", "a", "@", "a@", ".", "\u202e", "İ", "+", "a.", "\ufdfa"])
def test_ten_kilobytes_of_nonsense_cost_next_to_nothing(unit: str) -> None:
    started = time.perf_counter()
    code_of(unit * (10_000 // len(unit)))
    assert time.perf_counter() - started < 0.05


def test_a_mask_hides_who_it_is() -> None:
    assert mask(PHONE) == "+90 5•• ••• 41 17"
    assert mask("+4915112345678") == "+49 ••• ••• 56 78"
    assert mask("nkazak@ornek.com.tr") == "n•••••k@ornek.com.tr"
    assert mask("nk@ornek.test") == "n•••••@ornek.test"
    assert mask("") == mask("bozuk") == "•••••"


def test_a_mask_can_be_read_aloud() -> None:
    assert spoken_mask(PHONE) == "sonu 41 17 olan telefon"
    assert spoken_mask(PHONE, "en") == "phone ending in 41 17"
    assert spoken_mask("nazli@ornek.test") == "n ile başlayan ornek.test e-postası"
    assert spoken_mask("nazli@ornek.test", "en") == "e-mail starting with n at ornek.test"


def test_a_phone_is_spaced_for_the_eye() -> None:
    assert pretty(PHONE) == "+90 599 213 41 17"
    assert pretty("+4915112345678") == "+49 1511 2345678"
    assert pretty("nazli@ornek.test") == "nazli@ornek.test"
    assert pretty("+bozuk") == "+bozuk"


def test_kinds_have_labels() -> None:
    assert [kind.label() for kind in AddressKind] == ["Telefon", "E-posta"]
    assert [kind.label("en") for kind in AddressKind] == ["Phone", "E-mail"]
