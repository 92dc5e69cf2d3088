"""Why somebody of a campaign gets no message, in words people can act on.

Why this module exists: "14 486 blocked" helps nobody. Each number the gate for a stretch answers
(``campaign_gate``) has a name, the rule behind it, and what would change it. Numbers 1 to 6 are
those of :class:`ileti.consents.gate.Denial`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class Reason(IntEnum):
    """The smallint in the database."""

    NO_RECORD = 1
    REFUSED = 2
    UNVERIFIED = 3
    NOT_AT_IYS = 4
    NOT_IN_FORCE = 5
    STALE = 6
    UNDELIVERABLE = 7
    PLUGIN = 8
    OTHER_TOPIC = 9
    OTHER_DEALER = 10
    ENOUGH = 11
    ERASED = 12
    UNREADABLE = 13
    PROMOTES = 14

    @property
    def words(self) -> Words:
        """What people read."""
        return _WORDS[self]


class Words(NamedTuple):
    """A short name, the explanation with what would change it, both languages, and the rule."""

    tr: str
    en: str
    why_tr: str
    why_en: str
    rule: str


_WORDS: Final = {
    Reason.NO_RECORD: Words(
        "İzin kaydı yok", "No record of a consent",
        "Bu markanın bu kanalda bu alıcıdan aldığı bir kayıt yok. İzin istemek için ileti "
        "gönderilemez; izin formdan, çağrıyla ya da SMS ile kişi başlatınca alınır.",
        "The brand holds no record of this recipient on this channel. No message may ask for one; "
        "consent is taken when the person starts: by form, call or SMS.", "R-08"),
    Reason.REFUSED: Words(
        "Ret vermiş", "Refused", "Bu kanalda gönderime son verilmiş.",
        "The recipient ended messages on this channel.", "R-32"),
    Reason.UNVERIFIED: Words(
        "Adres doğrulanmamış", "Address not verified",
        "Adresin kendisine ait olduğu gösterilmedi; kişi doğrulayınca gönderilebilir.",
        "It was not shown that the address is the person’s own; it can go once they verify it.",
        "R-21"),
    Reason.NOT_AT_IYS: Words(
        "İYS onayı bekleniyor", "Waiting for İYS",
        "İzin alınmış, İYS henüz onaylamamış; onaylayınca gönderilebilir.",
        "The consent was taken and İYS has not accepted it yet; it can go once it has.", "R-08"),
    Reason.NOT_IN_FORCE: Words(
        "İYS almadı", "Not taken by İYS",
        "İYS bu izni almadı. Nedeni hata kitabında; düzeltilip yeniden bildirilirse "
        "gönderilebilir.",
        "İYS did not take this consent. The error book has the reason; once mended and reported "
        "again it can go.", "R-33"),
    Reason.STALE: Words(
        "İYS değişiklikleri alınamadı", "Changes at İYS unheard",
        "Günlerdir İYS’deki değişiklikler alınamadı; alınıp karşılaştırılana dek gönderilmez.",
        "Changes at İYS have not been fetched for days; nothing goes until all is compared.",
        "R-44"),
    Reason.UNDELIVERABLE: Words(
        "Adres yok", "No such address",
        "Posta sunucusu bu adresin olmadığını bildirdi. Çalıştığını biliyorsanız E-posta "
        "sayfasında kaydı kaldırın.",
        "The mail server said that there is no such address. If you know that it works, clear it "
        "on the page of mail.", ""),
    Reason.PLUGIN: Words(
        "Şirketinizin denetimi", "A check of your company",
        "Şirketinizin eklediği bir denetim izin vermiyor.",
        "A check your company added does not let it go.", ""),
    Reason.OTHER_TOPIC: Words(
        "Kapsam dışı", "Outside its topics",
        "İzin metni bu konuyu içermiyor.", "The consent’s text does not cover this topic.",
        "R-17"),
    Reason.OTHER_DEALER: Words(
        "Bayinin kullanamayacağı izin", "Not the dealer’s to use",
        "İzni başka bir bayi almış ve bu bayiye açılmamış.",
        "Another dealer took the consent, and this dealer may not use it.", "R-16"),
    Reason.ENOUGH: Words(
        "Yeterince ileti aldı", "Had enough messages",
        "Kişi başına sınır doldu; süre geçince gönderilebilir.",
        "The limit per person is reached; it can go when the time has passed.", ""),
    Reason.ERASED: Words(
        "Silinmiş ya da kısıtlanmış kişi", "Erased or restricted person",
        "Adres silinmiş ya da yalnız yasa için saklanıyor.",
        "The address was erased, or is kept for the law alone.", "R-64"),
    Reason.UNREADABLE: Words(
        "Adres açılamadı", "Address cannot be opened",
        "Şifreli adres açılamadı; anahtarları denetleyin.",
        "The sealed address could not be opened; check the keys.", ""),
    Reason.PROMOTES: Words(
        "Alanı özendiriyor", "A field promotes",
        "Kişi için bir alana yazılanlar iletiyi reklama çeviriyor; izinsiz gönderilmez. Alanı "
        "düzeltin ya da iletiyi ticari olarak gönderin.",
        "What was written for a field of this person makes an advertisement of the message, so it "
        "does not go without a consent. Mend the field, or send the message as commercial.",
        "R-03"),
}
