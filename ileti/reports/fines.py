"""The fines of a year, for the estimate in the report of compliance and for nothing else (R-50).

Why this module exists: amounts change every January and belong to a year, so they stand here as
dated rows with their source, never in a rule. A year without a row has no estimate, and the page
says so. What İleti counts is what could be fined, not what will be: how often a fine is given, and
for how many acts at once, is the authority's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Fine:
    """A row of the table: lira from ``least`` to ``most`` for one act. ``computed``: not printed in
    the year's table but computed from it."""

    key: str
    article: str
    tr: str
    en: str
    least: int
    most: int
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """A year's rows, where they come from, and the last day they hold."""

    until: date
    source_tr: str
    source_en: str
    rows: tuple[Fine, ...]

    def of(self, key: str) -> Fine:
        """The row of a breach."""
        return next(one for one in self.rows if one.key == key)


YEARS: Final[dict[int, Year]] = {
    2026: Year(
        date(2026, 12, 31),
        "6563 sayılı Kanun m. 12’nin 2026 tutarları (Tebliğ, Resmî Gazete 25.12.2025) ve KVKK m. "
        "18’in 2026 tutarları",
        "Amounts of 2026 of law 6563 art. 12 (communiqué, Official Gazette 25.12.2025) and of KVKK "
        "art. 18",
        (Fine("no_consent", "6/1, 7/1", "Onaysız ileti veya onaya aykırı içerik (toplu gönderimde "
              "on katına kadar)", "Message without consent, or content against it (up to ten times "
              "when sent to many at once)", 2_859, 14_309),
         Fine("identity", "5/1-a, 7/2, 7/3", "Kimlik ve iletişim bilgisi eksik ileti",
              "Message without who sends it and how to reach them", 2_859, 28_620),
         Fine("refusal", "8/2, 8/3", "Ret hakkına aykırılık; açık olmayan promosyon",
              "Breach of the right to refuse; promotion that is not clear", 5_723, 42_930),
         Fine("rules", "11/1", "İkincil düzenlemelere aykırılık",
              "Breach of secondary rules", 28_620, 286_206, computed=True),
         Fine("records", "11/3", "İstenen bilgi, belge ve kayıtları vermeme",
              "Withholding information, documents or records", 143_103, 715_516, computed=True),
         Fine("notice", "KVKK 18/1-a", "Aydınlatma yükümlülüğüne aykırılık",
              "No privacy notice", 85_437, 1_709_200),
         Fine("security", "KVKK 18/1-b", "Veri güvenliği yükümlülüklerine aykırılık",
              "Breach of the duties of data security", 256_357, 17_092_242),
         Fine("board", "KVKK 18/1-c", "Kurul kararlarını yerine getirmeme",
              "Not following the Board’s decisions", 427_263, 17_092_242),
         Fine("verbis", "KVKK 18/1-ç", "VERBİS’e kayıt ve bildirim yükümlülüğüne aykırılık",
              "Breach of the duty to register with VERBİS", 341_809, 17_092_242),
         Fine("contract", "KVKK 18/1-d", "Standart sözleşmeyi bildirmeme",
              "Not notifying a standard contract", 90_308, 1_806_177))),
}


def of_year(year: int) -> Year | None:
    """The rows of a year; None while they are not known here."""
    return YEARS.get(year)
