"""The words of a consent, each with the smallint that stands for it in the database.

Why this module exists: İYS speaks in words (``ARAMA``, ``ONAY``, ``HS_WEB``), the ledger stores
smallints, people read labels. If each room kept its own list, one of them would drift. Here every
word has one number, one İYS spelling (the member's name) and one label per language. The numbers
are part of the database format and of the evidence leaf: never renumber, never reuse, only append.
``AddressKind`` lives a floor below, with the addresses, and is named here for completeness.

Sources: İYS API §2 (enumerations), §3.3 (states); R-38 (record), R-42 (states), R-43 (sources);
look.md §6 (labels of the badges).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, Literal, Self

from ileti.recipients.address import AddressKind

__all__ = [
    "AddressKind",
    "Channel",
    "IysStatus",
    "Language",
    "Outcome",
    "RecipientType",
    "Source",
    "Standing",
    "Status",
    "Word",
]

Language = Literal["tr", "en"]


class Word(IntEnum):
    """An enumeration whose names are the words on the wire and whose values are smallints."""

    @property
    def tr(self) -> str:
        """The Turkish label people read."""
        return LABELS[type(self)][self.value][0]

    @property
    def en(self) -> str:
        """The English label people read."""
        return LABELS[type(self)][self.value][1]

    def label(self, lang: Language = "tr") -> str:
        """The label in one language, ``"tr"`` or ``"en"``."""
        return self.en if lang == "en" else self.tr

    @classmethod
    def from_word(cls, word: str) -> Self:
        """The member İYS (or an API caller) means by its word; ``KeyError`` when there is none."""
        return cls[word]


class Channel(Word):
    """The way a message reaches the recipient; İYS calls it ``type`` (§2)."""

    ARAMA = 1
    MESAJ = 2
    EPOSTA = 3

    @property
    def address_kind(self) -> AddressKind:
        """The only kind of address this channel can use (R-38, H120, H121)."""
        return AddressKind.EMAIL if self is Channel.EPOSTA else AddressKind.PHONE


class RecipientType(Word):
    """Private person or merchant; one address may hold one record of each (R-06)."""

    BIREYSEL = 1
    TACIR = 2


class Status(Word):
    """What the person chose: consent or refusal. İYS: ``status``."""

    ONAY = 1
    RET = 2


class Standing(Word):
    """Whether the address was proven to be the person's (R-21). Unverified entries open nothing."""

    UNVERIFIED = 0
    VERIFIED = 1


class Outcome(Word):
    """What the ledger did with an entry; the answer to the caller."""

    RECORDED = 1
    LOCAL_ONLY = 2
    UNCHANGED = 3
    OUTDATED = 4
    UNVERIFIED = 5


class IysStatus(Word):
    """Where a state stands with İYS, apart from what the person chose (look.md §1.2)."""

    NONE = 0
    QUEUED = 1
    WAITING = 2
    REGISTERED = 3
    REFUSED = 4
    OVERDUE = 5
    LOCAL_ONLY = 6
    CHANGED_THERE = 7

    @property
    def in_force(self) -> bool:
        """İYS itself holds this state, so an ONAY may be used (R-08, R-33)."""
        return self in (IysStatus.REGISTERED, IysStatus.CHANGED_THERE)

    def short_label(self, lang: Language = "tr") -> str:
        """The label under a column head "İYS", where the word itself would be said twice."""
        tr, en = SHORT_LABELS[self]
        return en if lang == "en" else tr


class Source(Word):
    """Where a consent was taken. ``HS_*`` by the provider, ``IYS_*`` at İYS itself (R-43).

    ``NONE`` is only for a merchant's first record, which İYS takes without a source (R-06).
    ``IYS_BILINMEYEN`` stands for an İYS source younger than this list; the wire keeps its text.
    """

    NONE = 0
    HS_FIZIKSEL_ORTAM = 1
    HS_ISLAK_IMZA = 2
    HS_ETKINLIK = 3
    HS_ATM = 4
    HS_EORTAM = 5
    HS_WEB = 6
    HS_MOBIL = 7
    HS_MESAJ = 8
    HS_EPOSTA = 9
    HS_CAGRI_MERKEZI = 10
    HS_SOSYAL_MEDYA = 11
    HS_2015 = 12
    HS_KARAR = 13
    IYS_KISAMESAJ = 31
    IYS_CM = 32
    IYS_WEB = 33
    IYS_WEB_YENI = 34
    IYS_MOBIL = 35
    IYS_EPOSTA = 36
    IYS_AHS_HAT_KAPATMA = 37
    IYS_FRAME_EPOSTA = 38
    IYS_FRAME_SMS = 39
    IYS_BILINMEYEN = 40

    @property
    def is_iys(self) -> bool:
        """Made at İYS: authoritative, only its own flow may write it, never sent back (R-34)."""
        return self.value >= Source.IYS_KISAMESAJ.value

    @property
    def is_hs(self) -> bool:
        """Taken by the provider; one of the 13 words İYS accepts from us (H119)."""
        return Source.NONE.value < self.value < Source.IYS_KISAMESAJ.value

    @property
    def needs_scan(self) -> bool:
        """Given by a signature on paper: a consent of it needs the scan, and nobody's word that
        there is one will do (R-09)."""
        return self is Source.HS_ISLAK_IMZA


LABELS: Final[dict[type[Word], dict[int, tuple[str, str]]]] = {
    Channel: {1: ("Arama", "Call"), 2: ("Mesaj", "SMS"), 3: ("E-posta", "E-mail")},
    RecipientType: {1: ("Bireysel", "Individual"), 2: ("Tacir", "Merchant")},
    Status: {1: ("Onay", "Consent"), 2: ("Ret", "Refusal")},
    Standing: {0: ("Doğrulanmadı", "Unverified"), 1: ("Doğrulandı", "Verified")},
    Outcome: {
        1: ("Kaydedildi", "Recorded"),
        2: ("Yalnız bizde kaydedildi", "Recorded here only"),
        3: ("Zaten kayıtlı", "Already recorded"),
        4: ("Daha yeni kayıt var", "A newer record exists"),
        5: ("Doğrulama bekliyor", "Awaiting verification"),
    },
    IysStatus: {
        0: ("İletilmedi", "Not sent"),
        1: ("Sırada", "Queued"),
        2: ("İYS bekleniyor", "Waiting for İYS"),
        3: ("İYS onayladı", "Accepted by İYS"),
        4: ("İYS reddetti", "Rejected by İYS"),
        5: ("Süresi geçti", "Expired"),
        6: ("Yalnız bizde engelli", "Blocked here only"),
        7: ("İYS’de değişti", "Changed at İYS"),
    },
    Source: {
        0: ("Kaynak yok", "No source"),
        1: ("Fiziksel ortam", "Physical environment"),
        2: ("Islak imza", "Signed form"),
        3: ("Etkinlik", "Event"),
        4: ("ATM", "ATM"),
        5: ("Elektronik ortam", "Electronic environment"),
        6: ("Web sitesi", "Website"),
        7: ("Mobil uygulama", "Mobile app"),
        8: ("Kısa mesaj", "SMS"),
        9: ("E-posta", "E-mail"),
        10: ("Çağrı merkezi", "Call centre"),
        11: ("Sosyal medya", "Social media"),
        12: ("1 Mayıs 2015 öncesi", "Before 1 May 2015"),
        13: ("Hizmet sağlayıcı kararı", "Provider’s own decision"),
        31: ("İYS kısa mesaj (3338)", "İYS short message (3338)"),
        32: ("İYS çağrı merkezi", "İYS call centre"),
        33: ("İYS web sitesi", "İYS website"),
        34: ("İYS web sitesi, ilk izin", "İYS website, first consent"),
        35: ("İYS mobil uygulama", "İYS mobile app"),
        36: ("İYS e-posta", "İYS e-mail"),
        37: ("Hat kapatma (operatör)", "Line closed (operator)"),
        38: ("İYS web formu, e-posta", "İYS web form, e-mail"),
        39: ("İYS web formu, kısa mesaj", "İYS web form, SMS"),
        40: ("İYS, yeni kaynak", "İYS, new source"),
    },
}

SHORT_LABELS: Final[dict[IysStatus, tuple[str, str]]] = {
    IysStatus.NONE: ("İletilmedi", "Not sent"),
    IysStatus.QUEUED: ("Sırada", "Queued"),
    IysStatus.WAITING: ("Bekleniyor", "Waiting"),
    IysStatus.REGISTERED: ("Onayladı", "Accepted"),
    IysStatus.REFUSED: ("Reddetti", "Rejected"),
    IysStatus.OVERDUE: ("Süresi geçti", "Expired"),
    IysStatus.LOCAL_ONLY: ("Yalnız bizde", "Here only"),
    IysStatus.CHANGED_THERE: ("Orada değişti", "Changed there"),
}


class Decision(StrEnum):
    """What somebody decided who read what a person wrote and no machine understood. A consent is
    none of them: it is never read into free text (R-20, R-43)."""

    REFUSAL = "ret"
    EVERYTHING = "hepsi"
    NOTHING = "yok"
