"""What the program does with a code, whose part it is, and what a person can do about it.

Why this module exists: the table of codes (:mod:`ileti.iys.error_groups`) is read by people, so its
columns are words of these three lists. ``Kind`` decides for the program and is explained in
:mod:`ileti.iys.errors`; ``Fault`` and ``Advice`` are for the error book. No advice changes the date
or the choice of a person (look §1.7): form may be repaired, facts not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What the program does with an error; see the head of :mod:`ileti.iys.errors`."""

    RETRY = "retry"
    RATE = "rate"
    AUTH = "auth"
    SUBSCRIPTION = "subscription"
    CONFIG = "config"
    BATCH = "batch"
    ITEM = "item"
    ALREADY = "already"
    LOCAL_ONLY = "local-only"
    OVERDUE = "overdue"

    @property
    def final(self) -> bool:
        """Sending the same record again can never help."""
        return self in (Kind.ITEM, Kind.LOCAL_ONLY, Kind.OVERDUE)

    @property
    def sent_again(self) -> bool:
        """The program sends it again by itself, without a person."""
        return self in (Kind.RETRY, Kind.RATE, Kind.AUTH)

    @property
    def needs_somebody(self) -> bool:
        """Held until a person repairs something outside the record, then sent again."""
        return self in (Kind.SUBSCRIPTION, Kind.CONFIG)


class Fault(StrEnum):
    """Whose part it is that İYS gave a code."""

    OURS = "ours"
    PROVIDER = "provider"
    DEALER = "dealer"
    IYS = "iys"
    ADDRESS = "address"
    NOBODY = "nobody"

    @property
    def tr(self) -> str:
        """The Turkish words people read."""
        return _FAULTS[self][0]

    @property
    def en(self) -> str:
        """The English words people read."""
        return _FAULTS[self][1]


_FAULTS: Final = {
    Fault.OURS: ("Program", "This program"),
    Fault.PROVIDER: ("Hizmet sağlayıcı", "The provider"),
    Fault.DEALER: ("Bayi", "The dealer"),
    Fault.IYS: ("İYS", "İYS"),
    Fault.ADDRESS: ("Alıcının adresi", "The recipient’s address"),
    Fault.NOBODY: ("Kimse", "Nobody"),
}


class Place(StrEnum):
    """Where a next step leads; the error book knows the page."""

    NOWHERE = ""
    PROVIDER = "provider"
    BRANDS = "brands"
    DEALERS = "dealers"
    RECORDS = "records"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do: a sentence, and the words of the button that helps (empty when none does)."""

    tr: str
    en: str
    next_tr: str = ""
    next_en: str = ""
    place: Place = Place.NOWHERE


WAIT: Final = Advice(
    "Yapacağınız bir şey yok; program kendiliğinden yeniden dener.",
    "There is nothing for you to do; the program tries again by itself.")
NOTHING: Final = Advice("İşlem gerekmez.", "Nothing needs to be done.")
ACCOUNT: Final = Advice(
    "İYS kullanıcısını ve aboneliği denetleyin. Düzelince bekleyenler kendiliğinden iletilir.",
    "Check the İYS user and the subscription. Once they are right, what waits goes out by itself.",
    "İYS hesabını denetle", "Check the İYS account", Place.PROVIDER)
CODES: Final = Advice(
    "Marka numarasını ve hesabın İYS’deki yetkisini denetleyin, sonra kayıtları yeniden iletin.",
    "Check the brand’s number and the account’s rights at İYS, then send the records again.",
    "Marka kodlarını denetle", "Check the brand codes", Place.BRANDS)
MATCH: Final = Advice(
    "Bayiyi İYS’deki koduyla eşleyin, sonra kayıtları yeniden iletin.",
    "Match the dealer with its code at İYS, then send the records again.",
    "Bayiyi eşle", "Match the dealer", Place.DEALERS)
DEALER: Final = Advice(
    "Bayinin bilgisini belgeleriyle karşılaştırın ve kaydını düzenleyin.",
    "Compare the dealer’s data with its papers and edit its record.",
    "Bayiyi düzenle", "Edit the dealer", Place.DEALERS)
CONNECTION: Final = Advice(
    "Bildirim bağlantısını denetleyin. O zamana dek değişiklikler sorularak alınır.",
    "Check the push connection. Until then changes are fetched by asking.",
    "Bağlantıyı denetle", "Check the connection", Place.PROVIDER)
ADDRESS: Final = Advice(
    "Adresi kaynağıyla karşılaştırın. Kayıt değişmez; başka adresin iznini ancak sahibi verir.",
    "Compare the address with its source. The record stays; only its owner consents for another.",
    "Adresi incele", "Look at the address", Place.RECORDS)
RECORD: Final = Advice(
    "Kaydın kanıtına bakın. Kişinin tarihi ve seçimi değişmez; eksik olan kaynağında tamamlanır.",
    "Look at the record’s proof. Date and choice stay; what is missing is completed at its source.",
    "Kaydı incele", "Look at the record", Place.RECORDS)
TAKE: Final = Advice(
    "İYS’de ne kayıtlı olduğunu sorun; geçerli olan odur.",
    "Ask what İYS holds; that is what counts.",
    "İYS kaydını al", "Take İYS’s record", Place.ASK)
LATE: Final = Advice(
    "İzin kullanılamaz. Kaydın öyküsünde ne zaman alındığına ve ne zaman iletildiğine bakın.",
    "The consent cannot be used. See in the record’s story when it was taken and when it went out.",
    "Neden geç kaldı?", "Why was it late?", Place.RECORDS)
KEPT: Final = Advice(
    "İşlem gerekmez. Ret burada geçerlidir.", "Nothing needs to be done. The refusal holds here.")
SPLIT: Final = Advice(
    "Liste ayrılıp kendiliğinden yeniden iletilir. Duran kayıt kalırsa bakımcınıza yazın.",
    "The list is split and sent again by itself. If a record stops, tell your maintainer.")
REPORT: Final = Advice(
    "Program kusuru olabilir. Kodu ve gününü bakımcınıza bildirin.",
    "It may be a fault of this program. Tell your maintainer the code and the day.",
    "Ayrıntıyı aç", "Open details", Place.RECORDS)
VIA: Final = Advice(
    "Bu kurulum ViA’yı çağırmaz. Kod bir ViA formunda görülürse form İYS’in sitesinde düzeltilir.",
    "This installation does not call ViA. A code of a ViA form is mended on İYS’s site.")
VIA_WAIT: Final = Advice(
    "Bu kurulum ViA’yı çağırmaz. Kod bir ViA formunda görülürse daha sonra yeniden denenir.",
    "This installation does not call ViA. When a ViA form shows the code, it is tried again later.")
VIA_PERSON: Final = Advice(
    "Bu kurulum ViA’yı çağırmaz. Alıcı, ViA formunda işlemi baştan başlatır.",
    "This installation does not call ViA. The recipient starts anew in the ViA form.")
