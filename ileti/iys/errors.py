"""What İYS's codes mean: for the program one of ten kinds, for people a sentence and a next step.

Why this module exists: İYS answers with some 200 codes. Whether a consent is sent again, set aside,
settled by a question or kept here must be decided in one place, and the sentence must be the same
in the panel, the report and the API. Kinds, and what the forwarder does with each:

    RETRY         nothing is wrong with the request; send it again later (İYS API §14)
    RATE          a quota is used up; all workers wait (§1.1)
    AUTH          the token; fetch a new one, then send again
    SUBSCRIPTION  the provider's subscription at İYS; hold what it concerns (H525: new records only)
    CONFIG        codes or rights do not fit; hold what is concerned until somebody repairs it
    BATCH         the request as a whole was refused; split or mend the request, not the records
    ITEM          this record is faulty; final
    ALREADY       İYS holds this or something newer; ask for the status before believing it
    LOCAL_ONLY    İYS cannot take this refusal; it blocks here (R-42)
    OVERDUE       three business days are over; final (R-40)

An unknown code is decided by its HTTP status and shown as İYS wrote it; without a status it is
final, since sending what is not understood again and again costs the provider its place on İYS's
list (success share, §1.1). Sources: İYS API §1.3, §14, §15. Voice: look.md §7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Language = Literal["tr", "en"]


class Kind(StrEnum):
    """What the program does with an error; see the head of this module."""

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


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code in plain words. ``next_tr``/``next_en`` are the words of a button, empty when nothing
    is left to do. ``known`` is false for a code this table does not have."""

    code: str
    kind: Kind
    tr: str
    en: str
    next_tr: str = ""
    next_en: str = ""
    known: bool = True

    def say(self, lang: Language = "tr") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.tr

    def next_step(self, lang: Language = "tr") -> str:
        """The words of the button that helps, or an empty string."""
        return self.next_en if lang == "en" else self.next_tr


# İYS API §1.1: which quota is used up, and for how long it is (seconds).
RATE_WINDOWS: Final[dict[str, int]] = {
    "H083": 1,
    "H084": 3600,
    "H086": 3600,
    "H089": 3600,
    "H124": 1,
}

# How an answer is named that carries no code of İYS (ileti/iys/answers.py).
NO_CODE: Final = "HTTP_"

_VIA: Final = re.compile(r"H1[0-9]{3}|H568|OTP-ERROR-[0-9]+|ERR-(?:SYS|VLD)-[0-9]+", re.ASCII)
_SAFE_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def meaning(code: str, http_status: int | None = None) -> Meaning:
    """What a code means. ``http_status`` decides only for codes this table does not know."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    if code.startswith(NO_CODE):
        return Meaning(
            code, kind_without_code(http_status),
            f"İYS’ten anlaşılmayan bir yanıt geldi: {code}",
            f"An answer came from İYS that could not be understood: {code}",
            "Ayrıntıyı aç", "Open details", known=False,
        )
    shown = code if _SAFE_CODE.fullmatch(code) else "?"
    if _VIA.fullmatch(code):
        return Meaning(
            shown,
            kind_of_status(http_status),
            f"İYS ViA bu işlemi yapmadı. Yanıtı: {shown}",
            f"İYS ViA did not do this. Its answer: {shown}",
            known=False,
        )
    return Meaning(
        shown,
        kind_of_status(http_status),
        f"İYS bu isteği almadı. Yanıtı: {shown}",
        f"İYS did not take this request. Its answer: {shown}",
        "Ayrıntıyı aç",
        "Open details",
        known=False,
    )


def kind_of_status(http_status: int | None) -> Kind:
    """The kind an HTTP status alone speaks for (İYS API §1.3)."""
    if http_status is None:
        return Kind.ITEM
    if http_status == 401:
        return Kind.AUTH
    if http_status == 429:
        return Kind.RATE
    if http_status in (403, 404):
        return Kind.CONFIG
    if http_status in (408, 425) or http_status >= 500 or http_status < 400:
        # Below 400: an answer that should have been a success and cannot be read is in doubt.
        return Kind.RETRY
    return Kind.ITEM


def kind_without_code(http_status: int | None) -> Kind:
    """The kind of an answer that names no code: not İYS's word about a record, but that of a proxy
    or wall before it. Nothing is given up for it; the list is made smaller when it is too large."""
    if http_status == 413:
        return Kind.BATCH
    kind = kind_of_status(http_status)
    return Kind.RETRY if kind is Kind.ITEM and http_status is not None else kind


_ADDRESS: Final = ("Adresi incele", "Look at the address")
_RECORD: Final = ("Kaydı incele", "Look at the record")
_DEALER: Final = ("Bayiyi düzenle", "Edit the dealer")
_ACCOUNT: Final = ("İYS hesabını denetle", "Check the İYS account")
_CODES: Final = ("Marka kodlarını denetle", "Check the brand codes")
_NOTHING: Final = ("", "")

# codes, kind, Turkish, English, (next step in Turkish, in English)
_TABLE: Final[list[tuple[str, Kind, str, str, tuple[str, str]]]] = [
    (
        "H015 H101 H102 H103 H179 H192 H412 H470 H476",
        Kind.RETRY,
        "İYS şu anda yanıt veremiyor. Kayıt sırada, yeniden denenecek.",
        "İYS cannot answer right now. The record is queued and will be tried again.",
        _NOTHING,
    ),
    (
        "H123",
        Kind.RETRY,
        "İYS yoğun. Kayıt sırada, yeniden denenecek.",
        "İYS is busy. The record is queued and will be tried again.",
        _NOTHING,
    ),
    (
        "H083 H124",
        Kind.RATE,
        "İYS saniyede en çok 10 istek alıyor. Kayıt sırada, az sonra iletilecek.",
        "İYS takes at most 10 requests a second. The record is queued and goes out shortly.",
        _NOTHING,
    ),
    (
        "H084",
        Kind.RATE,
        "İYS’e saatlik giriş sınırı doldu. Bir saat sonra yeniden giriş yapılacak.",
        "The hourly limit of log-ins at İYS is reached. The next log-in follows in an hour.",
        _NOTHING,
    ),
    (
        "H086 H089",
        Kind.RATE,
        "İYS’in saatlik sorgu sınırı doldu. Bir saat içinde yeniden sorulacak.",
        "İYS’s hourly limit of queries is reached. The question is asked again within an hour.",
        _NOTHING,
    ),
    (
        "H351 H251 H250 H252 invalid_grant",
        Kind.AUTH,
        "İYS oturumu sona ermiş. Yeniden giriş yapılıyor.",
        "The session with İYS has ended. A new log-in is under way.",
        _ACCOUNT,
    ),
    (
        "invalid_request H176",
        Kind.CONFIG,
        "İYS bu kullanıcı adı ve şifreyle giriş vermiyor.",
        "İYS does not let this user name and password in.",
        _ACCOUNT,
    ),
    (
        "H520",
        Kind.SUBSCRIPTION,
        "İYS aboneliği duraklatılmış ya da süresi dolmuş. Kayıtlar sırada bekliyor.",
        "The İYS subscription is paused or has expired. The records wait in the queue.",
        _ACCOUNT,
    ),
    (
        "H521 H524 H437",
        Kind.SUBSCRIPTION,
        "Bu hizmet sağlayıcının açık bir İYS aboneliği yok. Kayıtlar sırada bekliyor.",
        "This provider has no open İYS subscription. The records wait in the queue.",
        _ACCOUNT,
    ),
    (
        "H525",
        Kind.SUBSCRIPTION,
        "İYS paketindeki izin sayısı doldu. Paket yükseltilince kayıtlar iletilir.",
        "The number of consents in the İYS package is used up. A larger package lets them through.",
        _ACCOUNT,
    ),
    (
        "H586",
        Kind.SUBSCRIPTION,
        "İYS paketi API kullanımını içermiyor. Kayıtlar sırada bekliyor.",
        "The İYS package does not include the API. The records wait in the queue.",
        _ACCOUNT,
    ),
    (
        "H353 H355 H363 H522 H195 H196",
        Kind.CONFIG,
        "İYS hesabının bu marka ya da bayi için yetkisi yok.",
        "The İYS account has no right for this brand or dealer.",
        _CODES,
    ),
    (
        "H001 H018 H031 H129 H190 H191 H245 H268 H266 H267",
        Kind.CONFIG,
        "Hizmet sağlayıcı ya da marka numarası İYS’de bulunamadı.",
        "İYS does not know this provider or brand number.",
        _CODES,
    ),
    (
        "H180",
        Kind.CONFIG,
        "Bayi kodu İYS’de kayıtlı değil. Bayiyi eşleyince kayıt yeniden iletilir.",
        "İYS does not know this dealer code. Once the dealer is matched the record is sent again.",
        ("Bayiyi eşle", "Match the dealer"),
    ),
    (
        "H093 H530 H531",
        Kind.CONFIG,
        "İYS, değişiklikleri bildireceği adrese bağlanamadı.",
        "İYS could not connect to the address it reports changes to.",
        ("Bağlantıyı denetle", "Check the connection"),
    ),
    (
        "H174",
        Kind.ALREADY,
        "Ret zaten İYS’de kayıtlı. İşlem gerekmez.",
        "The refusal is already recorded at İYS. Nothing needs to be done.",
        _NOTHING,
    ),
    (
        "H178",
        Kind.ALREADY,
        "İYS bu izni almadı. İYS’de aynı alıcı için daha yeni tarihli bir kayıt var; "
        "geçerli olan odur.",
        "İYS did not take this consent. It holds a record with a newer date for the same "
        "recipient; that is what holds.",
        ("İYS kaydını al", "Take İYS’s record"),
    ),
    (
        "H175",
        Kind.LOCAL_ONLY,
        "İYS ilk kaydı ret olarak almıyor. Ret bizde tutuluyor ve bu alıcıya gönderimi engelliyor.",
        "İYS takes no refusal as a first record. It is kept here and blocks sending.",
        _NOTHING,
    ),
    (
        "H467",
        Kind.OVERDUE,
        "3 iş günü geçtiği için İYS bu izni almadı. İzin kullanılamaz.",
        "Three business days had passed, so İYS did not take this consent. It cannot be used.",
        ("Neden geç kaldı?", "Why was it late?"),
    ),
    (
        "H120",
        Kind.ITEM,
        "İYS bu e-posta adresini geçersiz buldu.",
        "İYS found this e-mail address invalid.",
        _ADDRESS,
    ),
    (
        "H121 H160 H166",
        Kind.ITEM,
        "İYS bu telefon numarasını geçersiz buldu.",
        "İYS found this phone number invalid.",
        _ADDRESS,
    ),
    (
        "H114 H122 H464 H459",
        Kind.ITEM,
        "İYS bu adresi kanala uygun bulmadı.",
        "İYS found that this address does not fit the channel.",
        _ADDRESS,
    ),
    (
        "H110 H111 H112 H113 H170",
        Kind.ITEM,
        "Kayıtta zorunlu bir alan eksik olduğu için İYS almadı.",
        "A required field is missing, so İYS did not take the record.",
        _RECORD,
    ),
    (
        "H115 H116 H117 H118 H450",
        Kind.ITEM,
        "Kayıttaki bir alanı İYS tanımıyor.",
        "İYS does not know a field of the record.",
        _RECORD,
    ),
    (
        "H119 H486 H452",
        Kind.ITEM,
        "İYS bu izin kaynağını kabul etmiyor.",
        "İYS does not accept this source.",
        _RECORD,
    ),
    (
        "H155 H156 H157 H158 H162",
        Kind.ITEM,
        "İYS bu izin tarihini kabul etmiyor.",
        "İYS does not accept this consent date.",
        _RECORD,
    ),
    (
        "H408",
        Kind.ITEM,
        "Hizmet sağlayıcının kendi kararı yalnız ret olabilir.",
        "A provider’s own decision can only be a refusal.",
        _RECORD,
    ),
    (
        "H462 H463",
        Kind.ITEM,
        "Kayıtlı bir tacir izni değişirken kaynak ve tarih gerekir.",
        "Changing a merchant’s recorded consent needs a source and a date.",
        _RECORD,
    ),
    (
        "H126 H163 H169 H193 H401",
        Kind.ITEM,
        "Erişim verilen bayi listesini İYS kabul etmedi.",
        "İYS did not accept the list of dealers with access.",
        _RECORD,
    ),
    (
        "H058 H060 H061 H062 H067 H230 H231 H253",
        Kind.ITEM,
        "İYS bu bayiyi kaydetmedi ya da silmedi.",
        "İYS did not save or delete this dealer.",
        _DEALER,
    ),
    (
        "H016 H017 H201 H214 H215 H216 H217 H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 "
        "H229 H243 H244 H288",
        Kind.ITEM,
        "Bayinin bir alanı eksik ya da yanlış olduğu için İYS almadı.",
        "A field of the dealer is missing or wrong, so İYS did not take it.",
        _DEALER,
    ),
    (
        "H014 H085 H092 H095 H097 H098 H402 H403 H405 H090 H171 H172 H173",
        Kind.BATCH,
        "İYS isteği bütün olarak reddetti. Kayıtlar ayrılıp yeniden iletilecek.",
        "İYS refused the request as a whole. The records are split up and sent again.",
        _NOTHING,
    ),
    (
        "H091 H125 H127 H164 H168 H194 H478",
        Kind.BATCH,
        "İYS listeyi kabul etmedi. Kayıtlar ayrılıp yeniden iletilecek.",
        "İYS did not accept the list. The records are split up and sent again.",
        _NOTHING,
    ),
    (
        "H082 H182 H183 H184 H185 H186 H187 H197 H198 H199 H241 H400 H404 H501 H502 H503 H506 "
        "H507 H512",
        Kind.BATCH,
        "İYS bu sorguyu kabul etmedi.",
        "İYS did not accept this query.",
        ("Ayrıntıyı aç", "Open details"),
    ),
]

MEANINGS: Final[dict[str, Meaning]] = {
    code: Meaning(code, kind, tr, en, *next_step)
    for codes, kind, tr, en, next_step in _TABLE
    for code in codes.split()
}
