"""The house's own reply paragraphs, by right and outcome, in Turkish and English.

Why this module exists: whoever answers for the first time needs words that hold in law; a provider
writes its own over them (:mod:`ileti.requests.templates`). Fields in braces are filled in when an
answer is begun; the text can be changed for each answer. A refusal always says why and by which
rule (KVKK 13/3, Tebliğ m. 6/2). Pure.
"""

from __future__ import annotations

from typing import Final

from ileti.requests.vocabulary import Right

#: field → what it is filled with, as the template's page explains it
FIELDS: Final = {
    "ad": ("başvuranın adı", "the applicant’s name"),
    "numara": ("başvuru numarası", "the number of the application"),
    "tarih": ("başvurunun alındığı gün", "the day it was received"),
    "unvan": ("veri sorumlusunun unvanı", "the controller’s title"),
    "kayitlar": ("kişiye ait kayıtların özeti", "what is held of the person, in short"),
    "aktarilan": ("verilerin aktarıldığı yerler", "to whom data were passed on"),
    "silinen": ("silinenler", "what was erased"),
    "saklanan": ("saklananlar, gerekçe ve süreleriyle", "what is kept, with reason and period"),
    "gerekce": ("ret gerekçesi", "the reason for refusing"),
}

OPENING, CLOSING, NOTHING = "opening", "closing", "nothing"
GRANTED, REFUSED = "granted", "refused"

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    OPENING: (
        "Sayın {ad},\n\n{tarih} tarihinde ulaşan {numara} numaralı başvurunuzu, 6698 sayılı "
        "Kişisel Verilerin Korunması Kanunu’nun 11 ve 13. maddeleri uyarınca inceledik.",
        "Dear {ad},\n\nWe have examined your application no. {numara}, received on {tarih}, under "
        "articles 11 and 13 of Law 6698 on the Protection of Personal Data."),
    CLOSING: (
        "Bu cevabı yeterli bulmazsanız, öğrendiğiniz tarihten itibaren otuz gün ve her hâlde "
        "başvuru tarihinden itibaren altmış gün içinde Kişisel Verileri Koruma Kuruluna şikâyette "
        "bulunabilirsiniz (m. 14).\n\nSaygılarımızla,\n{unvan}",
        "If you do not agree with this answer you may complain to the Personal Data Protection "
        "Board within thirty days of learning of it, and in any case within sixty days of applying "
        "(article 14).\n\nYours faithfully,\n{unvan}"),
    NOTHING: (
        "Başvurunuzda verdiğiniz bilgilerle yaptığımız aramada, size ait bir kişisel veri kaydı "
        "bulunmadı. Başka bir telefon numarası ya da e-posta adresi kullandıysanız, o adresle "
        "yeniden başvurabilirsiniz.",
        "With the details of your application we found no personal data of yours. If you used "
        "another phone number or e-mail address, you may apply again with it."),
    f"{Right.LEARN}.{GRANTED}": (
        "Kişisel verileriniz işlenmektedir (m. 11/1-a). {kayitlar}",
        "Your personal data are processed (article 11/1-a). {kayitlar}"),
    f"{Right.INFORM}.{GRANTED}": (
        "İşlenen verilerinizin örneği bu yazıyla birlikte verilmektedir (m. 11/1-b). {kayitlar}",
        "A copy of your data is given with this letter (article 11/1-b). {kayitlar}"),
    f"{Right.PURPOSE}.{GRANTED}": (
        "Verileriniz, izin verdiğiniz kanallardan ticari ileti göndermek, izninizi kanıtlamak ve "
        "yasal saklama yükümlülüğünü yerine getirmek için işlenmekte ve yalnız bu amaçlarla "
        "kullanılmaktadır (m. 11/1-c). Amaçların ve hukuki sebeplerin listesi veri örneğindedir.",
        "Your data are processed to send commercial messages on the channels you agreed to, to "
        "prove your consent and to keep records as the law requires, and are used for these "
        "purposes only (article 11/1-c). Purposes and legal grounds are listed in the copy."),
    f"{Right.THIRD}.{GRANTED}": (
        "Verilerinizin aktarıldığı üçüncü kişiler (m. 11/1-ç): {aktarilan}",
        "Third parties to whom your data were passed on (article 11/1-ç): {aktarilan}"),
    f"{Right.CORRECT}.{GRANTED}": (
        "Bildirdiğiniz düzeltme kayıtlarımıza işlendi (m. 11/1-d). Önceki izinlerin kaydı, "
        "verildiği günkü hâliyle kanıt olarak durur; düzeltme yanında görünür.",
        "The correction you asked for was recorded (article 11/1-d). Records of earlier consents "
        "stay as they were given, as proof; the correction stands beside them."),
    f"{Right.ERASE}.{GRANTED}": (
        "Silme talebiniz üzerine yapılanlar (m. 11/1-e ve m. 7) aşağıdadır.\n\n{silinen}\n\n"
        "{saklanan}",
        "What was done on your request for erasure (article 11/1-e and article 7):\n\n{silinen}"
        "\n\n{saklanan}"),
    f"{Right.FORWARD}.{GRANTED}": (
        "Yapılan işlem, verilerinizin aktarıldığı üçüncü kişilere bildirildi (m. 11/1-f): "
        "{aktarilan}",
        "What was done was passed on to third parties who have your data (article 11/1-f): "
        "{aktarilan}"),
    f"{Right.OBJECT}.{GRANTED}": (
        "İtirazınız kabul edildi: verilerinizin yalnız otomatik sistemlerle analizinden aleyhinize "
        "doğan sonuç kaldırıldı (m. 11/1-g).",
        "Your objection is granted: the result against you from purely automated analysis was "
        "removed (article 11/1-g)."),
    f"{Right.DAMAGE}.{GRANTED}": (
        "Zararınızın giderilmesi talebiniz kabul edildi (m. 11/1-ğ); ödeme için ayrıca sizinle "
        "iletişime geçilecektir.",
        "Your claim for damages is granted (article 11/1-ğ); you will be contacted about payment."),
    f"{Right.STOP}.{GRANTED}": (
        "Ticari ileti gönderimi bütün kanallarda durduruldu; ret kaydınız İleti Yönetim Sistemine "
        "(İYS) bildirildi (6563 sayılı Kanun m. 8).",
        "All commercial messages to you were stopped on every channel and your refusal was "
        "reported to the registry İYS (Law 6563, article 8)."),
    f"{Right.WITHDRAW}.{GRANTED}": (
        "Açık rızanız geri alındı; rızaya dayanan işlemeler durduruldu. Geri alma ileriye dönük "
        "sonuç doğurur.",
        "Your explicit consent was withdrawn and processing that rests on it has stopped. A "
        "withdrawal works forward."),
} | {
    f"{right}.{REFUSED}": (
        f"“{right.tr}” talebiniz ({right.letter}) şu gerekçeyle karşılanamadı: {{gerekce}}",
        f"Your request “{right.en}” ({right.letter}) could not be met, for this reason: "
        "{gerekce}") for right in Right}

KEYS: Final = tuple(_TEXTS)


def standard(key: str, language: str) -> str:
    """The house's own paragraph."""
    return _TEXTS[key][1 if language == "en" else 0]


def title(key: str) -> tuple[str, str]:
    """What a paragraph is for (Turkish, English)."""
    if key in (OPENING, CLOSING, NOTHING):
        return {OPENING: ("Giriş", "Opening"), CLOSING: ("Kapanış", "Closing"),
                NOTHING: ("Kayıt bulunmadı", "No data found")}[key]
    word, _, outcome = key.partition(".")
    right = Right(word)
    ends = ("kabul", "granted") if outcome == GRANTED else ("ret", "refused")
    return f"{right.tr} · {ends[0]}", f"{right.en} · {ends[1]}"
