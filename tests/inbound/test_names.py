"""A sentence is never taken for a person's name, since that would make a consent nobody gave."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.inbound.names import name_in
from ileti.inbound.vocabulary import Meant
from ileti.inbound.words import Line, read
from tests.inbound.house import House, new_phone

LINES = [Line(1, "Defne Ev")]
SENTENCES = [
    "vermeyeceğim size", "vermemiştim size", "vermiştim size", "almadan yazmayın", "yanlış oldu",
    "fikrimi değiştirdim", "yanlışlıkla gitti", "boşverin gitsin", "beni arayın", "hangi firma",
    "size vermem", "olmadan aramayın", "kodu gelmedi", "fikrim değişti", "bilmeden yazdım",
    "geri alıyorum", "kabul etmemiştim", "oğlum yazmış", "çocuk göndermiş", "pardon karıştırdım",
    "numara başkasının", "telefonum çalındı", "kimden geldi", "ne zaman verdim", "yeni müşteri",
    "kargo nerede kaldı", "aramanızı bekliyorum", "yanlış numara", "vermek zorunda mıyım",
    "şikayet edeceğim", "avukatıma danışacağım", "param yok benim", "dursun şimdilik",
    "sonra düşünürüm", "bu kime gidiyor", "hediye çiçek", "pembe altın", "günaydın ayşe",
    "sayın yılmaz", "wrong number", "changed my mind", "ayşe yazdı", "ben vermedim ki",
    "alacağım yok", "eşim vermiş", "daha karar vermedim", "bir düşüneyim", "emin olamadım",
    "vazgeçmiştim oysa", "sildim gitti",
]
NAMES = ["Ayşe Yılmaz", "ayşe yılmaz", "AYŞE YILMAZ", "Ali Can", "ali can", "Ayşe YILMAZ",
         "mehmet ali öztürk", "Fatma Nur Demir", "ayse yilmaz", "İNCİ ŞAHİN", "inci sahin",
         "Deniz Korkmaz", "Anna Schmidt", "Yasin Aydın", "Ersin Tan", "DENİZ GÜLER"]


@pytest.mark.parametrize("text", SENTENCES)
def test_no_sentence_beside_the_word_is_a_consent_however_it_is_written(text: str) -> None:
    for one in (text, text.upper(), text.capitalize(), _upper(text)):
        for word in ("ONAY ", "onay ", "Onay, "):
            assert read(word + one, LINES).meant is not Meant.CONSENT, one


@pytest.mark.parametrize("text", SENTENCES)
def test_no_sentence_completes_a_consent_that_waits_for_its_name(text: str) -> None:
    for one in (text, text.capitalize(), text.upper(), _upper(text)):
        assert read(one, LINES, name_of=1).meant not in (Meant.NAME, Meant.CONSENT), one


@pytest.mark.parametrize("text", [
    "Yanlış Oldu", "Fikrimi Değiştirdim", "Boşverin Gitsin", "Beni Arayın", "Hangi Firma",
    "Rahat Bırakın", "Müsait Değilim", "Kişisel Veri", "Mehmet Beye", "AYŞE HANIMA",
    "Hayırlı İşler", "Yasal İşlem", "Sayın Yılmaz", "Günaydın Ayşe", "Ayşe Vermedi",
    "Vermeyeceğim Size"])
def test_capitals_make_no_name_of_words_that_are_said(text: str) -> None:
    assert read(text, LINES, name_of=1).meant is not Meant.NAME
    assert read(f"Onay {text}", LINES).meant is not Meant.CONSENT


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names_as_people_write_them(name: str) -> None:
    assert read(f"ONAY {name}", LINES) == read(f"onay {name}.", LINES)
    assert read(f"ONAY {name}", LINES).name == name
    assert read(name, LINES, name_of=1).meant is Meant.NAME
    assert read(f"Benim adım {name}", LINES, name_of=1).name == name


@pytest.mark.parametrize("text", [
    "onay vermeyeceğim size", "onay vermedim", "onay almadan yazmayın", "ONAY YANLIŞ OLDU",
    "ONAYIM OLMADAN onay"])
def test_who_denies_a_consent_refuses(text: str) -> None:
    assert read(text, LINES).meant is Meant.REFUSAL


@pytest.mark.parametrize("text", ["onay vermek istiyorum", "onay vermiştim size"])
def test_who_speaks_of_a_consent_without_denying_it_refuses_nothing(text: str) -> None:
    assert read(text, LINES).meant is Meant.UNCLEAR


_SAID = sorted({word for text in SENTENCES for word in text.split()} - {
    "ayşe", "yılmaz", "emin", "çiçek", "pembe", "altın", "param", "oğlum", "çocuk", "eşim"})


@given(st.lists(st.sampled_from(_SAID), min_size=2, max_size=5))
def test_no_row_of_such_words_in_small_or_only_large_letters_is_a_name(words: list[str]) -> None:
    assert not name_in(words)
    assert not name_in([_upper(one) for one in words])
    assert not name_in([words[0].capitalize(), *words[1:]])


@given(st.lists(st.text("abcçdefgğhıijklmnoöprsştuüvyz", min_size=2, max_size=9), min_size=2,
                max_size=5), st.sampled_from(["ayşe", "yılmaz"]))
def test_one_common_name_makes_no_name_of_small_letters(words: list[str], name: str) -> None:
    strange = [f"{one}qx" for one in words]
    for row in itertools.chain([[name, *strange], [*strange, name]]):
        assert not name_in(row)


def test_what_was_no_name_is_told_how_to_be_written_and_read_by_a_person(place: object) -> None:
    house, phone = House(place), new_phone()
    house.write(phone, "ONAY zebercet tutunamayan")
    assert house.entries() == 0
    (_, content), = house.answers()
    assert "baş harfleri büyük" in content["text"]


def _upper(text: str) -> str:
    return text.replace("i", "İ").upper()
