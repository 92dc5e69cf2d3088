"""What an import says about a row: one number per reason, one sentence per language.

Why this module exists: the dry run, the report file, the page and the command line must give the
same reason in the same words, and the set-based checks in SQL can only write a number. The numbers
stand in staging tables and in the counts of finished imports: never renumber, only append. Where a
rule or an address already has its sentence, it is taken from there
(:mod:`ileti.consents.sentences`, :mod:`ileti.recipients.address`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ileti.consents.sentences import SENTENCES
from ileti.recipients.address import address_sentence


class Fate(IntEnum):
    """What happens to a row when the import is applied."""

    TAKEN = 1
    WAITS = 2
    LEFT = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row has its fate. ``advice``: what a person can do, or what holds instead."""

    number: int
    code: str
    fate: Fate
    rule: str
    tr: str
    en: str
    advice_tr: str = ""
    advice_en: str = ""

    def say(self, language: str = "tr") -> str:
        """The sentence in one language."""
        return self.en if language == "en" else self.tr

    def advise(self, language: str = "tr") -> str:
        """What holds instead, or what to do; may be empty."""
        return self.advice_en if language == "en" else self.advice_tr


def _ruled(number: int, code: str, fate: Fate, tr: str, en: str,
           advice: tuple[str, str] = ("", "")) -> Reason:
    """A reason that a rule of the ledger gives."""
    return Reason(number, code, fate, SENTENCES[code][0], tr, en,
                  *(advice if advice[0] else SENTENCES[code][2:4]))


def _spelled(number: int, code: str) -> Reason:
    """A reason that the spelling of an address gives (R-38)."""
    tr, en = address_sentence(code)
    heads = {"NUMARA": ("Telefon numarası geçersiz", "The phone number is not valid"),
             "EPOSTA": ("E-posta adresi geçersiz", "The e-mail address is not valid"),
             "ADRES": ("Alıcı yazılmamış", "The recipient is missing")}
    head = heads[code.partition("_")[0]]
    return Reason(number, code, Fate.LEFT, "R-38", *head, tr, en)


_TAKEN, _WAITS, _LEFT = Fate.TAKEN, Fate.WAITS, Fate.LEFT

_ALL: Final = (
    Reason(0, "ALINACAK", _TAKEN, "R-33", "Alınacak", "Will be taken"),
    # taken, with something to know
    _ruled(1, "ILK_RET", _TAKEN, "İlk kayıt ret olamaz", "A first record cannot be a refusal",
           ("Yalnız bizde engel olarak tutulur; İYS alıcıyı tanıyorsa oraya da iletilir.",
            "Kept here as a block; if İYS knows the recipient, it goes there too.")),
    _ruled(2, "RET_GECIKTI", _TAKEN, "Ret 3 iş gününden eski",
           "The refusal is older than 3 business days",
           ("Hemen geçerlidir ve gecikmiş olarak işaretlenir.",
            "It works at once and is marked as late.")),
    _ruled(3, "H175", _TAKEN, "İlk kayıt hizmet sağlayıcı kararı olamaz",
           "A first record cannot be the provider’s own decision",
           ("Yalnız bizde engel olarak tutulur.", "Kept here only, as a block.")),
    # waits for something a person can add
    _ruled(20, "TACIR_DAYANAK", _WAITS, "Tacir dayanağı yok", "The merchant has no basis",
           ("VKN ya da MERSİS no sütununu eşleyin ya da dayanağı yazın.",
            "Map a column with VKN or MERSİS number, or state the basis.")),
    Reason(21, "KANIT_YOK", _WAITS, "R-43", "İzin kaynağının kanıtı yok",
           "The source has no proof", "Islak imza için taranmış formu ekleyin (R-09).",
           "Add the scanned form: a signature needs it (R-09)."),
    Reason(22, "KANIT_EKSIK", _WAITS, "R-09", "Satırın adını verdiği kanıt dosyası yüklenmemiş",
           "The proof file the row names was not uploaded",
           "Dosyayı yükleyin ve yeniden deneyin.", "Upload the file and try again."),
    Reason(23, "ALAN_EKSIK", _WAITS, "R-23", "Zorunlu bir özel alan boş ya da geçersiz",
           "A required custom field is empty or not valid",
           "Alanı listede düzeltin ya da zorunlu olmaktan çıkarın; yeniden deneyin.",
           "Correct the field in the list, or let it be optional; try again."),
    # not taken: what the file says about itself
    Reason(30, "DOSYADA_IKI", _LEFT, "R-30", "Aynı alıcı ve kanal dosyada birden çok",
           "The same recipient and channel more than once in the file",
           "En yeni tarihli olan alınır; aynı anda ret onaydan önce gelir.",
           "The newest is taken; of the same second, the refusal."),
    Reason(31, "DOSYADA_RET", _LEFT, "R-32", "Dosyada aynı alıcının reddi var",
           "The file has a refusal of the same recipient",
           "Reddi onaya çevirmek için satırda daha yeni bir kanıt gerekir.",
           "To turn a refusal into a consent the row needs a newer proof."),
    # not taken: what we hold already
    Reason(40, "ZATEN_VAR", _LEFT, "R-30", "Zaten kayıtlı", "Already recorded",
           "Aynı seçim aynı tarihle bizde var; yeni bir şey eklenmez.",
           "We hold the same choice of the same date; nothing is added."),
    Reason(41, "BIZDEKI_YENI", _LEFT, "R-39", "İzin tarihi, bizdeki kayıttan eski",
           "The consent date is older than our record", "Bizdeki kayıt geçerli kalır.",
           "Our record stays in force."),
    Reason(42, "RET_KORUNDU", _LEFT, "R-32", "Alıcının bizde reddi var",
           "We hold a refusal of the recipient",
           "Ret geçerli kalır. Onaya çevirmek için satırda daha yeni bir kanıt gerekir.",
           "The refusal stays. To turn it into a consent the row needs a newer proof."),
    # not taken: what a rule forbids
    _ruled(50, "H467", _LEFT, "3 iş günü geçmiş", "Three business days are over"),
    _ruled(51, "H112", _LEFT, "İzin tarihi yok", "The consent date is missing"),
    _ruled(52, "H113", _LEFT, "İzin kaynağı yok", "The source is missing"),
    _ruled(53, "H119", _LEFT, "Kaynak İYS’ye ait", "The source belongs to İYS"),
    _ruled(54, "H120", _LEFT, "E-posta kanalına telefon yazılmış",
           "A phone number for the e-mail channel"),
    _ruled(55, "H121", _LEFT, "Arama ya da mesaj kanalına e-posta yazılmış",
           "An e-mail address for call or SMS"),
    _ruled(56, "H155", _LEFT, "HS_2015 tarihi 01.05.2015 değil", "HS_2015 needs 2015-05-01"),
    _ruled(57, "H156", _LEFT, "İzin tarihi 1 Mayıs 2015’ten eski",
           "The consent date is before 1 May 2015"),
    _ruled(58, "H162", _LEFT, "İzin tarihi gelecekte", "The consent date lies in the future"),
    _ruled(59, "H408", _LEFT, "HS_KARAR yalnız ret için", "HS_KARAR is for refusals only"),
    _ruled(60, "HS_2015_KAPALI", _LEFT, "HS_2015 artık alınmıyor", "HS_2015 is no longer taken"),
    _ruled(62, "H462", _LEFT, "Tacir kaydının tarihi yok", "The merchant’s record has no date"),
    _ruled(63, "H463", _LEFT, "Tacir kaydının kaynağı yok", "The merchant’s record has no source"),
    Reason(64, "DOGRULANMADI", _LEFT, "R-21", "Adres doğrulanmamış", "The address is not verified",
           "Doğrulanmamış bir adresin onayı alınmaz; reddi alınır.",
           "A consent of an address nobody verified is not taken; a refusal is."),
    # not taken: what cannot be read
    *(_spelled(n, code) for n, code in enumerate((
        "ADRES_BOS", "NUMARA_UZUN", "NUMARA_KARAKTER", "NUMARA_SIFIR", "NUMARA_EKSIK",
        "NUMARA_GECERSIZ", "EPOSTA_UZUNLUK", "EPOSTA_TURKCE", "EPOSTA_BOSLUK",
        "EPOSTA_KARAKTER", "EPOSTA_BICIM"), 70)),
    Reason(90, "TARIH_BICIM", _LEFT, "R-39", "Tarih okunamadı", "The date cannot be read",
           "Örnek: 23.11.2026 14:05 ya da 2026-11-23 14:05:00",
           "Example: 23.11.2026 14:05 or 2026-11-23 14:05:00"),
    Reason(91, "SECIM_BICIM", _LEFT, "R-38", "Seçim okunamadı", "The choice cannot be read",
           "ONAY ya da RET, 1 ya da 0, evet ya da hayır yazın.",
           "Write ONAY or RET, 1 or 0, yes or no."),
    Reason(92, "SECIM_YOK", _LEFT, "R-09", "Seçim yazılmamış", "The choice is missing",
           "Boş bırakılan kanal onay sayılmaz.", "A channel left empty is no consent."),
    Reason(93, "KAYNAK_BICIM", _LEFT, "R-43", "Kaynak okunamadı", "The source cannot be read",
           "HS_WEB, HS_FIZIKSEL_ORTAM gibi yazın.", "Write HS_WEB, HS_FIZIKSEL_ORTAM, …"),
    Reason(94, "KANAL_BICIM", _LEFT, "R-38", "Kanal okunamadı", "The channel cannot be read",
           "ARAMA, MESAJ ya da EPOSTA yazın.", "Write ARAMA, MESAJ or EPOSTA."),
    Reason(95, "TIP_BICIM", _LEFT, "R-06", "Alıcı türü okunamadı",
           "The recipient type cannot be read", "BIREYSEL ya da TACIR yazın.",
           "Write BIREYSEL or TACIR."),
    Reason(96, "BAYI_YOK", _LEFT, "R-45", "Bayi bulunamadı", "There is no such dealer",
           "Önce bayiyi ekleyin ya da kodunu düzeltin.", "Add the dealer first, or its code."),
    Reason(97, "SUTUN_FAZLA", _LEFT, "R-38", "Satırda başlıktan çok sütun var",
           "The row has more columns than the heading",
           "Ayıraç, tırnak içine alınmamış bir değerin içinde geçiyor olabilir.",
           "A separator may stand inside a value that is not quoted."),
    Reason(98, "SATIR_BOZUK", _LEFT, "R-38", "Satır okunamadı", "The row cannot be read",
           "Tırnak kapanmamış ya da alan çok uzun. Satırı kendi dosyanızda düzeltin.",
           "A quotation mark is not closed, or a field is too long. Mend it in your own file."),
    Reason(99, "BAYI_BASKA", _LEFT, "R-45", "Bayi sizin değil", "The dealer is not yours",
           "Bayi kullanıcısı yalnız kendi adına aktarır.",
           "A dealer’s user imports for that dealer only."),
)

REASONS: Final[dict[int, Reason]] = {one.number: one for one in _ALL}
NUMBER: Final[dict[str, int]] = {one.code: one.number for one in _ALL}
#: Reasons below stand on rows that are taken or wait for something; from here on nothing is taken.
FIRST_REFUSED: Final = 30
#: In the file twice, or here already: nobody has to do anything.
HARMLESS: Final = frozenset(NUMBER[code] for code in ("ZATEN_VAR", "DOSYADA_IKI", "BIZDEKI_YENI"))
TAKEN: Final[tuple[int, ...]] = tuple(n for n, one in REASONS.items() if one.fate is Fate.TAKEN)


@dataclass(frozen=True, slots=True)
class Sums:
    """Consents of a dry run: those that would be taken, that wait for something a person can add,
    that are so already or stand twice in the file, and that are refused."""

    taken: int
    waits: int
    already: int
    refused: int


def sums(reasons: Mapping[str, int]) -> Sums:
    """From counts by reason's number, as a run keeps them."""
    fates = dict.fromkeys(Fate, 0)
    for number, n in reasons.items():
        fates[REASONS[int(number)].fate] += n
    already = sum(n for number, n in reasons.items() if int(number) in HARMLESS)
    return Sums(fates[Fate.TAKEN], fates[Fate.WAITS], already, fates[Fate.LEFT] - already)


class Repair(IntEnum):
    """What was spelled anew, as bits; only the form, never what a person chose."""

    PHONE = 1
    EMAIL = 2
    DATE = 4
