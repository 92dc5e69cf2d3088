"""Kinds of text, legal grounds and the words of the inventory, in one place.

Why: linter, pages, export and forms must mean the same by them. The grounds are the articles of Law
6698 (KVKK); categories of data and groups of people are those of the registry VERBİS, so that the
inventory agrees with what is registered there (R-59). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Word:
    """A key with its name in Turkish and English."""

    key: str
    tr: str
    en: str

    def say(self, language: str) -> str:
        """The name in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


def _words(*lines: tuple[str, str, str]) -> dict[str, Word]:
    return {key: Word(key, tr, en) for key, tr, en in lines}


ETK, NOTICE, CONSENT = "ETK_ONAYI", "AYDINLATMA", "ACIK_RIZA"
ABROAD, SCRIPT, COOKIES = "YURT_DISI", "CAGRI_METNI", "CEREZ"

KINDS: Final = _words(
    (NOTICE, "Aydınlatma metni", "Privacy notice"),
    (CONSENT, "Açık rıza beyanı", "Explicit consent (KVKK)"),
    (ABROAD, "Yurt dışı aktarım rızası", "Consent to transfer abroad"),
    (ETK, "Ticari ileti onay metni", "Commercial consent text"),
    (SCRIPT, "Çağrı metni", "Call script"),
    (COOKIES, "Çerez metni", "Cookie text"),
)
# Statements of explicit consent: one purpose each, and only where no other ground holds.
ONE_PURPOSE: Final = frozenset({CONSENT, ABROAD})
WITH_CHANNEL: Final = frozenset({ETK})

ASKS: Final = "RIZA"
GROUNDS: Final = _words(
    ("5/2-a", "Kanunlarda açıkça öngörülmesi (m. 5/2-a)", "Laid down by law (art. 5/2-a)"),
    ("5/2-b", "Fiilî imkânsızlık, hayatın korunması (m. 5/2-b)",
     "Protection of life where consent is impossible (art. 5/2-b)"),
    ("5/2-c", "Sözleşmenin kurulması veya ifası (m. 5/2-c)",
     "Making or performing a contract (art. 5/2-c)"),
    ("5/2-ç", "Hukuki yükümlülük (m. 5/2-ç)", "Legal obligation (art. 5/2-ç)"),
    ("5/2-d", "İlgili kişinin alenileştirmesi (m. 5/2-d)",
     "Made public by the person (art. 5/2-d)"),
    ("5/2-e", "Bir hakkın tesisi, kullanılması veya korunması (m. 5/2-e)",
     "Establishment, exercise or protection of a right (art. 5/2-e)"),
    ("5/2-f", "Meşru menfaat (m. 5/2-f)", "Legitimate interest (art. 5/2-f)"),
    ("6/3", "Özel nitelikli veri şartları (m. 6/3)",
     "Conditions for special categories (art. 6/3)"),
    ("9", "Yurt dışına aktarım şartları (m. 9)", "Conditions for transfer abroad (art. 9)"),
    (ASKS, "Açık rıza", "Explicit consent"),
)
DATA: Final = _words(
    ("kimlik", "Kimlik", "Identity"), ("iletisim", "İletişim", "Contact"),
    ("lokasyon", "Lokasyon", "Location"), ("ozluk", "Özlük", "Personnel file"),
    ("hukuki", "Hukuki işlem", "Legal proceedings"),
    ("musteri", "Müşteri işlem", "Customer transactions"),
    ("mekan", "Fiziksel mekân güvenliği", "Security of premises"),
    ("islem", "İşlem güvenliği", "Transaction security"),
    ("risk", "Risk yönetimi", "Risk management"), ("finans", "Finans", "Finance"),
    ("meslek", "Mesleki deneyim", "Professional experience"),
    ("pazarlama", "Pazarlama", "Marketing"),
    ("gorsel", "Görsel ve işitsel kayıtlar", "Pictures and recordings"),
    ("irk", "Irk ve etnik köken", "Race and ethnic origin"),
    ("siyaset", "Siyasi düşünce", "Political opinion"),
    ("inanc", "Felsefi inanç, din, mezhep", "Belief and religion"),
    ("kiyafet", "Kılık ve kıyafet", "Dress"), ("dernek", "Dernek üyeliği", "Associations"),
    ("vakif", "Vakıf üyeliği", "Foundations"), ("sendika", "Sendika üyeliği", "Trade unions"),
    ("saglik", "Sağlık bilgileri", "Health"), ("cinsel", "Cinsel hayat", "Sexual life"),
    ("ceza", "Ceza mahkûmiyeti ve güvenlik tedbirleri", "Criminal convictions"),
    ("biyometrik", "Biyometrik veri", "Biometric data"), ("genetik", "Genetik veri",
                                                          "Genetic data"),
    ("diger", "Diğer", "Other"),
)
# Special categories (KVKK 6): a ground of article 5 does not carry them.
SPECIAL: Final = frozenset({"irk", "siyaset", "inanc", "kiyafet", "dernek", "vakif", "sendika",
                            "saglik", "cinsel", "ceza", "biyometrik", "genetik"})
SUBJECTS: Final = _words(
    ("musteri", "Ürün veya hizmet alan kişi", "Customer"),
    ("aday_musteri", "Potansiyel ürün veya hizmet alıcısı", "Prospective customer"),
    ("ziyaretci", "Ziyaretçi", "Visitor"), ("calisan", "Çalışan", "Employee"),
    ("aday", "Çalışan adayı", "Applicant"), ("stajyer", "Stajyer", "Intern"),
    ("ortak", "Hissedar, ortak", "Shareholder"),
    ("tedarikci", "Tedarikçi çalışanı veya yetkilisi", "Supplier’s staff"),
    ("veli", "Veli, vasi, temsilci", "Parent, guardian, representative"),
    ("diger", "Diğer", "Other"),
)
