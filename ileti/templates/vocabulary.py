"""What a message is before the law: commercial, or one of six named exemptions (R-01 to R-04).

Why this module exists: whether a consent is needed hangs on this word alone. It is therefore never
guessed: a message is commercial until somebody declares by name why it is not, and that declaration
is kept with it.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class MessageClass(IntEnum):
    """The class of a message; the smallint in the database. Only COMMERCIAL needs a consent."""

    COMMERCIAL = 1
    USE_AND_MAINTENANCE = 2
    SUBSCRIPTION = 3
    COLLECTION = 4
    DATA_UPDATE = 5
    PURCHASE_AND_DELIVERY = 6
    LEGAL_DUTY = 7

    @property
    def code(self) -> str:
        """The word programs use, as in ``law.md``."""
        return _WORDS[self][0]

    @property
    def tr(self) -> str:
        """The Turkish label people read."""
        return _WORDS[self][1]

    @property
    def en(self) -> str:
        """The English label people read."""
        return _WORDS[self][2]

    @property
    def rule(self) -> str:
        """The rule that exempts it, or that makes it commercial."""
        return _WORDS[self][3]

    @property
    def exempt(self) -> bool:
        """Whether it may go without a consent."""
        return self is not MessageClass.COMMERCIAL


_WORDS: Final = {
    MessageClass.COMMERCIAL: ("TICARI", "Ticari ileti", "Commercial message", "R-01"),
    MessageClass.USE_AND_MAINTENANCE: (
        "KULLANIM_BAKIM", "Verilmiş mal ya da hizmetin kullanımı ve bakımı",
        "Use and maintenance of what was supplied", "R-02"),
    MessageClass.SUBSCRIPTION: (
        "ABONELIK", "Süren abonelik, üyelik ya da ortaklık bildirimi",
        "Notice on a continuing subscription, membership or partnership", "R-03"),
    MessageClass.COLLECTION: ("TAHSILAT", "Tahsilat ve borç hatırlatma",
                              "Collection and reminder of a debt", "R-03"),
    MessageClass.DATA_UPDATE: ("BILGI_GUNCELLEME", "Bilgi güncelleme", "Data update", "R-03"),
    MessageClass.PURCHASE_AND_DELIVERY: (
        "SATIN_ALMA_TESLIMAT", "Satın alma ve teslimat bildirimi",
        "Notice on a purchase and its delivery", "R-03"),
    MessageClass.LEGAL_DUTY: (
        "YASAL_BILGI", "Mevzuatın zorunlu kıldığı bilgilendirme",
        "Information that legislation obliges to give", "R-03"),
}
BY_CODE: Final = {one.code: one for one in MessageClass}


class Occasion(StrEnum):
    """Templates whose class the law has decided: they recommend, whatever they say (R-01)."""

    GREETING = "kutlama"
    SURVEY = "anket"


class Trade(IntEnum):
    """What the sender is: a merchant names MERSİS number and title, a craftsman name and T.C.
    identity number (R-25)."""

    TACIR = 1
    ESNAF = 2
