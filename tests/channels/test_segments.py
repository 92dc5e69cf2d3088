"""What an SMS costs (R-53, R-55): a golden table, and the law of the tables behind it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.channels.segments import Encoding, Segments, count, encoding_of, plain

GSM, TR, UCS = Encoding.GSM7, Encoding.TURKISH, Encoding.UCS2
LETTERS = st.text(st.sampled_from("aZ0 ÇöüçğışĞİŞ€[]’…🙂Жé\n"), max_size=400)


@pytest.mark.parametrize(("text", "encoding", "number"), [
    ("", GSM, 1),
    ("a" * 155, GSM, 1), ("a" * 156, GSM, 2), ("a" * 301, GSM, 2), ("a" * 302, GSM, 3),
    ("Çay ve ögle üzümü: Ö Ü Ä ß é", GSM, 1),
    ("€" * 77, GSM, 1), ("€" * 78, GSM, 2),  # two septets each
    ("[]{}|~^\\", GSM, 1), ("@£$¥èéùìò_ΔΦΓ", GSM, 1), ("\r\n", GSM, 1), ("¡¿§¤", GSM, 1),
    ("ç", TR, 1), ("ğ", TR, 1), ("ı", TR, 1), ("ş", TR, 1), ("Ğ", TR, 1), ("Ş", TR, 1),
    ("İ", TR, 1),
    ("ş" * 75, TR, 1), ("ş" * 76, TR, 2),  # 150 septets and 5 of the operator's code
    ("a" * 148 + "ş", TR, 1), ("a" * 149 + "ş", TR, 2),
    ("a" * 291 + "ş", TR, 2), ("a" * 292 + "ş", TR, 3),  # 2 × 149 less the code
    ("Kargonuz yola çıktı. İyi günler dileriz.", TR, 1),
    ("’", UCS, 1), ("â", UCS, 1), ("₺", UCS, 1), ("Ж", UCS, 1), ("\t", UCS, 1),
    ("â" * 65, UCS, 1), ("â" * 66, UCS, 2), ("â" * 129, UCS, 2), ("â" * 130, UCS, 3),
    ("🙂" * 32, UCS, 1), ("🙂" * 33, UCS, 2),
])
def test_the_golden_table(text: str, encoding: Encoding, number: int) -> None:
    found = count(text)
    assert (found.encoding, found.number) == (encoding, number)


def test_without_the_shift_table_a_turkish_letter_makes_the_message_ucs_2() -> None:
    assert count("Kargonuz yola çıktı", shift=False).encoding is UCS
    assert count("Kargonuz yola çıktı").encoding is TR


def test_without_the_operators_code_the_whole_segment_is_free() -> None:
    assert count("a" * 160, code=0) == Segments(GSM, 1, 160, 0, (), 0)


def test_the_letters_that_cost_are_named_as_they_come() -> None:
    assert count("İş’te “şans”").forced_by == ("’", "“", "”")
    assert count("İşte şans").forced_by == ("İ", "ş")
    assert count("Cok guzel").forced_by == ()


def test_what_the_plain_text_saves_is_told() -> None:
    long = "Değerli müşterimiz, yeni ürünlerimiz mağazalarımızda. " * 3
    assert (count(long).number, count(plain(long)).number, count(long).saves) == (2, 2, 0)
    curly = "Mağazamızda “büyük” fırsat " * 5
    assert (count(curly).number, count(plain(curly)).number, count(curly).saves) == (3, 1, 2)


def test_a_letter_of_two_units_is_not_cut_by_the_end_of_a_segment() -> None:
    """152 + € would leave one septet: the € goes to the second segment whole."""
    assert count("a" * 152 + "€" + "a" * 152, code=0).number == 3
    assert count("a" * 151 + "€" + "a" * 153, code=0).number == 2


@given(LETTERS, st.booleans())
def test_units_and_rest_fill_the_segments(text: str, shift: bool) -> None:
    found = count(text, shift=shift)
    room = found.encoding.alone if found.number == 1 else found.encoding.joined * found.number
    assert found.left >= 0
    assert room - (found.number - 1) <= found.used + found.left <= room


@given(LETTERS)
def test_the_plain_text_never_costs_more_and_is_its_own_plain_text(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert encoding_of(plain(text))[0] is not TR
    if "…" not in text:  # three dots for one sign may cost two septets more
        assert count(plain(text)).number <= count(text).number
