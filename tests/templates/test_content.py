"""Whether what a message says fits what it was declared to be (R-01 to R-04, R-27)."""

from __future__ import annotations

from datetime import date

import pytest

from ileti.templates.content import ERROR, HINT, SECOND_PERSON, Said, check, promotions
from ileti.templates.vocabulary import BY_CODE, MessageClass, Occasion

TODAY = date(2026, 11, 30)
DELIVERY = MessageClass.PURCHASE_AND_DELIVERY
COMMERCIAL = MessageClass.COMMERCIAL


def codes(said: Said) -> list[tuple[str, str]]:
    return [(one.code, one.level) for one in check(said, today=TODAY)]


def test_an_order_notice_that_ends_with_a_discount_needs_a_second_person() -> None:
    """R-03: the law's own example."""
    said = Said("Siparişiniz yolda. %20 indirim için tıklayın", DELIVERY)
    assert codes(said) == [("promotes", SECOND_PERSON), ("promotes", SECOND_PERSON)]
    assert [said.body[one.start:one.end] for one in check(said, today=TODAY)] == ["%20", "indirim"]


@pytest.mark.parametrize("text", [
    "Siparişiniz yolda.", "Kargonuz 14:00-18:00 arasında teslim edilecek, kod 4821.",
    "Faturanızın son ödeme tarihi 15.12.2026, tutar 480 TL.", "Aracınızın bakım günü geldi.",
    "Parolanız değişti.", "Aboneliğiniz 1 Aralık'ta yenilenecek.", "Yüzdelik dilim raporu hazır.",
    "Tutar 480 TL, KDV 20% dahildir.", "Tutar 480 TL, 20% KDV içinde.", "Kurulum 100% tamamlandı.",
    "Gecikme faizi aylık 3,50% oranındadır.", "Tutar 480 TL, bizden kaynaklanan gecikme yok.",
    "Cihazı bizden aldığınız gün 12.05.2026.", "Yarı finansmanı ödendi, fiyat 480 TL.",
])
def test_a_clean_notice_passes(text: str) -> None:
    assert codes(Said(text, DELIVERY)) == []


@pytest.mark.parametrize("text", [
    "İNDİRİM", "indirimli", "FIRSATLAR", "fırsatı kaçırmayın", "hediyeniz hazır",
    "ÇEKİLİŞE katılın", "kupon kodu", "bedava", "size özel", "yüzde 20", "%5", "% 50",
    "ücretsiz kargo", "ödül", "ind\u200birim", "KAMPANYA", "coupon", "Special offer",
    "sepetinizde ürün kaldı", "satın alın", "20% daha az", "20 % daha az", "50 TL bizden",
    "50 TL'lik bizden", "100 ₺ bizden", "50 lira indirim", "50 TL hediye", "yarı fiyatına",
    "YARI FİYAT",
])
def test_words_that_promote_are_found_in_any_spelling(text: str) -> None:
    assert list(promotions(f"Siparişiniz yolda. {text}!"))


def test_a_link_in_an_exempt_text_is_told() -> None:
    assert codes(Said("Kargonuz: https://ornek.test/k/1", DELIVERY)) == [("link", HINT)]


@pytest.mark.parametrize("occasion", Occasion)
def test_a_greeting_and_a_survey_are_always_commercial(occasion: Occasion) -> None:
    """R-01."""
    assert codes(Said("İyi bayramlar", DELIVERY, occasion=occasion)) == [("occasion", ERROR)]
    assert codes(Said("İyi bayramlar", COMMERCIAL, occasion=occasion)) == []


def test_use_and_maintenance_names_what_was_supplied() -> None:
    """R-02: it is no exemption for existing customers."""
    said = Said("Bakım zamanı", MessageClass.USE_AND_MAINTENANCE)
    assert codes(said) == [("reference", ERROR)]
    assert codes(Said("Bakım zamanı", MessageClass.USE_AND_MAINTENANCE, reference="SZL-7")) == []


def test_a_promotion_names_its_end_and_its_conditions() -> None:
    """R-27."""
    assert codes(Said("Dev indirim", COMMERCIAL)) == [("terms", ERROR), ("ends", ERROR)]
    good = Said("Dev indirim", COMMERCIAL, terms="https://ornek.test/kosullar", ends=TODAY)
    assert codes(good) == []
    late = Said("Dev indirim", COMMERCIAL, terms="0850", ends=date(2026, 11, 29))
    assert codes(late) == [("ended", ERROR)]


def test_whoever_names_a_last_day_is_held_to_it_whatever_the_words() -> None:
    """R-27."""
    late = date(2026, 11, 29)
    assert codes(Said("Yeni mağazamız açıldı", COMMERCIAL, ends=late)) == [("ended", ERROR)]
    assert codes(Said("Siparişiniz yolda", DELIVERY, ends=late)) == []


def test_a_subject_promotes_like_a_body() -> None:
    assert codes(Said("Faturanız", DELIVERY, subject="Size özel teklif")) == [
        ("promotes_subject", SECOND_PERSON)]


def test_every_class_has_its_words_and_only_one_is_not_exempt() -> None:
    assert [one for one in MessageClass if not one.exempt] == [COMMERCIAL]
    assert {one.code for one in MessageClass} == set(BY_CODE) >= {"TICARI", "KULLANIM_BAKIM"}
    assert all(one.tr and one.en and one.rule.startswith("R-0") for one in MessageClass)
