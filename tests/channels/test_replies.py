"""What a person means who writes to a brand: consent strictly, refusal generously (R-20, R-30)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.channels.replies import LONGEST, Meaning, Words, fold, understand, words_at
from ileti.consents.vocabulary import Channel

YES, NO, ALL, UNCLEAR = (Meaning.CONSENT, Meaning.REFUSAL, Meaning.STOP_EVERYTHING,
                         Meaning.UNCLEAR)
DEFNE = Words(consent=("ONAY", "EVET DEFNE"), refusal=("RET", "DEFNECIK"), names=("Defne Ev",))


@pytest.mark.parametrize("text", [
    "ONAY", "onay", "Onay.", " ONAY ! ", "ONAY veriyorum", "Evet, onay veriyorum, teşekkürler",
    "ONAY DEFNE EV", "onay defne", "ONYA", "ONAYY", "0NAY", "ＯＮＡＹ",
    "Evet Defne", "EVET DEFNA",
])
def test_the_brands_word_is_a_consent(text: str) -> None:
    assert understand(text, DEFNE).meaning is YES


@pytest.mark.parametrize("text", [
    "", "   ", "?", "🙂", "Merhaba", "evet", "tamam", "ok", "kabul ediyorum", "ONAY nedir?",
    "ONAY mı?", "onay ne demek", "ONAY ama yalnız indirimler için", "kampanyaları yollayın",
    "siparişim nerede", "NET", "ONUR", "bayi onayı bekliyor", "RET etmiyorum", "0", "ＡＢＣ",
    "sipariş no 123", "arama motoru", "Defne", "ONA Y ONAY", "evet ben defne",
    "Sonay", "olay",
])
def test_what_is_not_the_word_alone_is_no_consent_and_no_refusal(text: str) -> None:
    assert understand(text, DEFNE).meaning is UNCLEAR


@pytest.mark.parametrize("text", [
    "RET", "ret", "Ret.", "RED", "RETT", "rettttt", "ret istemiyorum", "İPTAL", "IPTAL", "iptal",
    "DUR", "STOP", "stop!!!", "Çık", "CIK", "hayır", "istemiyorum artık", "Mesaj atmayın",
    "lütfen mesaj göndermeyin", "beni aramayın", "listenizden çıkarın beni", "unsubscribe",
    "abonelikten vazgeçtim", "rahatsız etmeyin", "DEFNECIK", "defneçık", "DEFNECİK", "defnecikk",
    "R\u200bET", "ＲＥＴ", "no", "beni arama", "sil",
])
def test_whatever_can_be_understood_as_a_refusal_is_one(text: str) -> None:
    assert understand(text, DEFNE).meaning is NO


@pytest.mark.parametrize("text", [
    "ONAY vermiyorum", "onay iptal", "ONAY RET", "onayımı geri çekiyorum, onay yok",
    "ONAY istemiyorum", "RET ONAY",
])
def test_a_negated_consent_is_a_refusal_and_never_a_consent(text: str) -> None:
    assert understand(text, DEFNE).meaning is NO


@pytest.mark.parametrize("text", [
    "hiçbir şekilde aramayın", "hiç bir şekilde mesaj atmayın", "RET HEPSİ", "tümünü iptal edin",
    "bir daha rahatsız etmeyin", "Artık asla mesaj göndermeyin", "ne arayın ne mesaj atın, dur",
    "her türlü iletiyi durdurun", "stop everything", "KVKK gereği bilgilerimi silin",
    "ONAY vermiyorum hiçbirine",
])
def test_who_says_nothing_any_more_refuses_every_channel(text: str) -> None:
    """R-30: a clear «stop everything» is not applied to one channel only."""
    assert understand(text, DEFNE).meaning is ALL


def test_two_letters_of_slip_are_no_consent() -> None:
    assert understand("OYNA", DEFNE).meaning is UNCLEAR


def test_a_short_word_of_consent_forgives_nothing() -> None:
    """«EVT» could be anything where the brand's word is «EV»."""
    short = Words(consent=("EV",))
    assert understand("EV", short).meaning is YES
    assert understand("EVT", short).meaning is UNCLEAR


def test_the_word_is_named_for_the_record() -> None:
    assert understand("Onay, teşekkürler", DEFNE).by == "onay"
    assert understand("beni bir daha aramayın", DEFNE).by == "aramayin, bir daha"


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault_and_folds_once(text: str) -> None:
    assert understand(text, DEFNE).meaning in Meaning
    assert fold(fold(text)) == fold(text)


@given(st.text(st.sampled_from("abc çş ıİ!?.0"), max_size=200),
       st.sampled_from(["RET", "iptal", "STOP"]))
def test_nothing_beside_a_refusal_makes_it_a_consent(beside: str, word: str) -> None:
    for text in (f"{beside} {word}", f"{word} {beside}", f"ONAY {word} {beside}"):
        assert understand(text, DEFNE).meaning is not YES


def test_a_text_without_end_is_cut() -> None:
    assert understand("a " * 10_000_000, DEFNE).meaning is UNCLEAR
    assert understand("x" * LONGEST + " RET", DEFNE).meaning is UNCLEAR


@pytest.mark.parametrize(("text", "channels"), [
    ("Bir daha SMS göndermeyin", [Channel.MESAJ]), ("bir daha sms göndermeyin", [Channel.MESAJ]),
    ("BİR DAHA SMS GÖNDERMEYİN", [Channel.MESAJ]), ("BIR DAHA SMS GONDERMEYIN", [Channel.MESAJ]),
    ("Tüm SMS'leri durdurun", [Channel.MESAJ]), ("tüm smsleri iptal edin", [Channel.MESAJ]),
    ("hiçbir SMS istemiyorum", [Channel.MESAJ]), ("asla kısa mesaj atmayın", [Channel.MESAJ]),
    ("bir daha aramayın", [Channel.ARAMA]), ("BİR DAHA ARAMAYIN", [Channel.ARAMA]),
    ("bir daha aramayınız", [Channel.ARAMA]), ("beni aramayın", [Channel.ARAMA]),
    ("bütün aramaları durdurun", [Channel.ARAMA]), ("aramayı kesin", [Channel.ARAMA]),
    ("tüm e-postaları durdurun", [Channel.EPOSTA]), ("mail atmayın", [Channel.EPOSTA]),
    ("bir daha e-mail göndermeyin", [Channel.EPOSTA]), ("stop all calls", [Channel.ARAMA]),
    ("bir daha ne SMS ne arama istemiyorum", [Channel.ARAMA, Channel.MESAJ]),
])
def test_who_names_a_channel_refuses_that_channel_only(text: str, channels: list[Channel]) -> None:
    """R-30: «no more» beside one channel is about this channel."""
    said = understand(text, DEFNE)
    assert (said.meaning, list(said.channels)) == (NO, channels)


@pytest.mark.parametrize("text", [
    "hiçbir şekilde aramayın", "HİÇBİR ŞEKİLDE SMS GÖNDERMEYİN", "bir daha mesaj atmayın",
    "bir daha SMS, e-posta, arama istemiyorum", "her türlü SMS'i durdurun", "RET tüm aramalar",
    "KVKK gereği aramayın",
])
def test_in_no_way_is_every_channel_whatever_is_named(text: str) -> None:
    said = understand(text, DEFNE)
    assert (said.meaning, said.channels) == (ALL, ())


@pytest.mark.parametrize("text", ["RET", "RET SMS", "SMS RET", "ret aramayın", "iptal", "DEFNECIK"])
def test_the_own_word_refuses_the_channel_it_is_written_in(text: str) -> None:
    said = understand(text, DEFNE)
    assert (said.meaning, said.channels) == (NO, ())


@pytest.mark.parametrize("text", [
    "onayımı geri çekiyorum", "Onayımı geri çekiyorum.", "ONAYIMI GERİ ÇEKİYORUM",
    "ONAYIMI GERI CEKIYORUM", "iznimi geri çekiyorum", "rızamı geri alıyorum", "onayı geri çektim",
    "onaylamıyorum", "ONAYLAMIYORUM", "onaylamıyom", "istemiyom", "İSTEMİYOM", "ISTEMIYOM",
    "istemiyoz", "reklam göndermeyi kesin", "REKLAM GÖNDERMEYİ KESİN", "mesaj atmayı bırakın",
    "reklamları kesin artık", "kabul etmiyorum", "izin vermiyorum", "onayım yok", "ONAY vermiyom",
])
def test_a_plain_withdrawal_is_a_refusal(text: str) -> None:
    for words in (DEFNE, Words(consent=("EVET DEFNE",))):
        assert understand(text, words).meaning is NO


@pytest.mark.parametrize("text", [
    "kesin fiyat nedir", "kesin geliyorum", "onayım geldi mi", "onayım geri gelmedi",
    "siparişimi neden onaylamıyorsunuz", "siparişim onaylanmadı", "parayı geri çekiyorum",
    "kargom ne zaman gelir, SMS gelmedi", "e-posta adresim değişti", "telefonla arar mısınız",
    "tüm ürünler var mı", "bir daha gelir mi bu ürün", "mesajlarınız kesin gelir",
])
def test_words_that_only_look_like_a_withdrawal_are_none(text: str) -> None:
    assert understand(text, DEFNE).meaning is UNCLEAR


def test_the_word_every_sms_prints_refuses_wherever_it_stands() -> None:
    words = words_at(("ONAY",), (), "Örnek", ("CIKIS38",))
    for text in ("CIKIS38", "çıkış38", "cikis38 lütfen", "bu ne cikis38"):
        assert understand(text, words).meaning is NO
    assert understand("ONAY", words).meaning is YES


def test_a_printed_word_that_is_the_brands_name_refuses_alone_and_kills_no_consent() -> None:
    words = words_at(("ONAY",), (), "Defne Ev", ("DEFNE",))
    for text in ("DEFNE", "Defne", "defne lütfen", "DEFNEE", "DEFNE RET"):
        assert understand(text, words).meaning is NO, text
    for text in ("ONAY DEFNE EV", "onay defne"):
        assert understand(text, words).meaning is YES, text
    for text in ("Defne, siparişim nerede", "defne ev"):
        assert understand(text, words).meaning is UNCLEAR, text
