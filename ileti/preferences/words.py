"""What the preference centre says about a state, an act and an answer of İYS, as tr/en pairs.

Why this module exists: the hosted page and the widget show the same words, and the widget's bundle
has no room for them. Plain sentences for a person who never heard of İYS's codes (look §7); a
verdict of İYS stays with its meaning, its number is for the panel.
"""

from __future__ import annotations

from typing import Final

from ileti.consents.vocabulary import Channel, IysStatus, Outcome, Status
from ileti.kvkk.vocabulary import Act

Pair = tuple[str, str]

CHANNELS: Final[dict[Channel, Pair]] = {
    Channel.MESAJ: ("Kısa mesaj", "Text message"),
    Channel.ARAMA: ("Arama", "Call"),
    Channel.EPOSTA: ("E-posta", "E-mail"),
}
#: how a channel stands: a word for the page's styles and the words people read
STATES: Final[dict[str, Pair]] = {
    "on": ("Alıyorsunuz", "You receive these"),
    "coming": ("Onay verdiniz; İYS kaydı bekleniyor", "You consented; waiting for İYS’s record"),
    "unusable": ("Onayınız İYS’de geçerli değil; ileti gönderilmiyor",
                 "Your consent does not hold at İYS; nothing is sent"),
    "off": ("Almıyorsunuz", "You do not receive these"),
    "unverified": ("Adres doğrulanmadan seçilmiş; ileti gönderilmiyor",
                   "Chosen before the address was verified; nothing is sent"),
    "none": ("Kaydınız yok; ileti gönderilmiyor", "Nothing is recorded; nothing is sent"),
}
GIVE: Final[Pair] = ("Almak istiyorum", "I want to receive these")
STOP: Final[dict[str, Pair]] = {
    "on": ("Almayı bırak", "Stop receiving"),
    "other": ("Almak istemiyorum", "I do not want these"),
}
#: of a text that asks or tells anew; what stands rests on the words it was given on until then
GIVE_ANEW: Final[Pair] = ("Yeni metinle almak istiyorum", "I want these on the new text")
CONSENT: Final[Pair] = ("Rıza veriyorum", "I give my consent")
CONSENT_ANEW: Final[Pair] = ("Yeni metne rıza veriyorum", "I consent to the new text")
WITHDRAW: Final[Pair] = ("Rızayı geri al", "Withdraw my consent")
READ: Final[Pair] = ("Okudum, anladım", "I have read and understood it")
ANEW: Final[dict[str, Pair]] = {
    "channel": ("Onay metni değişti. Onayınız eski metinle duruyor; yeni metne onay vermiş "
                "sayılmazsınız. Aşağıdaki yeni metni okuyup seçin.",
                "The consent text has changed. Your consent stands on the earlier text and is none "
                "to the new one. Read the new text below and choose."),
    "purpose": ("Rıza metni değişti. Rızanız eski metinle duruyor; yeni metne rıza vermiş "
                "sayılmazsınız. Aşağıdaki yeni metni okuyup seçin.",
                "The consent text has changed. Your consent stands on the earlier text and is none "
                "to the new one. Read the new text below and choose."),
    "notice": ("Siz gördükten sonra değişti. Okuduğunuzu bildirmeniz onay ya da rıza sayılmaz.",
               "It has changed since you saw it. Saying that you read it is no consent."),
}
CHANGED: Final[Pair] = ("Ne değişti?", "What has changed?")
BEFORE: Final[Pair] = ("Önce", "Before")
NOW: Final[Pair] = ("Şimdi", "Now")
NOT_THERE: Final[Pair] = ("yoktu", "was not there")
GONE: Final[Pair] = ("çıkarıldı", "was taken out")
TOO_LONG: Final[Pair] = ("Metin burada karşılaştırılamayacak kadar uzun; bütününü okuyun.",
                         "The text is too long to be compared here; read the whole of it.")
#: what somebody read in one language was renewed in the other alone
OTHER_LANGUAGE: Final[Pair] = ("Okuduğunuz metin o dilde henüz yenilenmedi; yenisini öbür dilde "
                               "okuyun.",
                               "What you read has not been renewed in its language yet; read the "
                               "new text in the other one.")
MORE_CHANGED: Final[Pair] = ("{count} paragraf daha değişti; metnin bütününü okuyun.",
                             "{count} more paragraphs have changed; read the whole text.")
IYS: Final[dict[IysStatus, Pair]] = {
    IysStatus.NONE: ("", ""),
    IysStatus.QUEUED: ("İYS’e iletilecek", "Will be reported to İYS"),
    IysStatus.WAITING: ("İYS’e iletildi, yanıt bekleniyor", "Reported to İYS, no answer yet"),
    IysStatus.REGISTERED: ("İYS’de kayıtlı", "Recorded at İYS"),
    IysStatus.REFUSED: ("İYS bu kaydı almadı", "İYS did not take this record"),
    IysStatus.OVERDUE: ("Süresinde iletilmediği için İYS almadı",
                        "İYS did not take it because it was reported too late"),
    IysStatus.LOCAL_ONLY: ("Yalnız bizde kayıtlı; burada geçerli",
                           "Recorded with us only; it holds here"),
    IysStatus.CHANGED_THERE: ("İYS’de siz değiştirdiniz", "You changed it at İYS"),
}
#: answers by which İYS did not record something; others are told as not recorded (iys/errors.py)
IYS_CODES: Final[dict[str | None, Pair]] = {
    None: IYS[IysStatus.LOCAL_ONLY],
    "H174": ("İYS’de zaten kayıtlıydı", "İYS had it already"),
    "H175": IYS[IysStatus.LOCAL_ONLY],
    "H178": ("İYS’de daha yeni bir kaydınız vardı; geçerli olan odur",
             "İYS had a newer record of yours; that is what holds"),
    "H467": IYS[IysStatus.OVERDUE],
}
PURPOSE: Final[dict[Act | None, Pair]] = {
    Act.GIVEN: ("Rıza verdiniz", "You gave your consent"),
    Act.WITHDRAWN: ("Rızanızı geri aldınız", "You withdrew your consent"),
    None: ("Rıza vermediniz", "You gave no consent"),
}
UNPROVEN: Final[Pair] = ("Adres doğrulanmadan kaydedilmiş",
                         "Recorded before the address was verified")
ALL_BRANDS: Final[Pair] = ("Bütün markalar", "All brands")
THIS_PAGE: Final[Pair] = ("Tercih merkezi", "Preference centre")

#: what is said after an act; ``{what}`` is a channel in its case, ``{brand}`` a brand
_STOPPED: Final[dict[Channel, Pair]] = {
    Channel.MESAJ: ("Kısa mesaj almayı bıraktınız.", "You stopped receiving text messages."),
    Channel.ARAMA: ("Arama almayı bıraktınız.", "You stopped receiving calls."),
    Channel.EPOSTA: ("E-posta almayı bıraktınız.", "You stopped receiving e-mails."),
}
_GIVEN: Final[dict[Channel, Pair]] = {
    Channel.MESAJ: ("Kısa mesaj onayınız kaydedildi.",
                    "Your consent to text messages is recorded."),
    Channel.ARAMA: ("Arama onayınız kaydedildi.", "Your consent to calls is recorded."),
    Channel.EPOSTA: ("E-posta onayınız kaydedildi.", "Your consent to e-mails is recorded."),
}
_SAID: Final[dict[str, Pair]] = {
    "withdraw": ("Rızanızı geri aldınız. Bundan sonra bu amaçla işleme yapılmaz.",
                 "You withdrew your consent. Nothing is processed for this purpose from now on."),
    "give": ("Rızanız kaydedildi.", "Your consent is recorded."),
    "read": ("Okuduğunuz kaydedildi.", "It is recorded that you read it."),
    "stop": ("Hepsini durdurdunuz. Hiçbir markadan mesaj, arama ya da e-posta almayacaksınız; "
             "verdiğiniz rızalar geri alındı.",
             "You stopped everything. No brand sends you messages, calls or e-mails any more; "
             "consents you gave are withdrawn."),
    "used": ("Bu düğme kullanılmıştı; yeni bir kayıt yapılmadı. Güncel durum aşağıda.",
             "This button had been used; nothing new was recorded. Below is how things stand."),
    "newer": ("Daha yeni bir kaydınız var; geçerli olan odur.",
              "There is a newer record of yours; that is what holds."),
    "left": ("Oturumu kapattınız.", "You have left."),
    "added": ("Adres eklendi.", "The address was added."),
}


def said(what: str, channel: Channel | None, language: str) -> str:
    """The sentence after an act; empty for a word nobody knows."""
    if what == "refuse" and channel is not None:
        pair = _STOPPED[channel]
    elif what == "consent" and channel is not None:
        pair = _GIVEN[channel]
    else:
        pair = _SAID.get(what, ("", ""))
    return in_words(pair, language)


def in_words(pair: Pair, language: str) -> str:
    """The one of the language, ``tr`` or ``en``."""
    return pair[1] if language == "en" else pair[0]


_ENTRIES: Final[dict[tuple[Channel, Status], Pair]] = {
    (Channel.MESAJ, Status.ONAY): ("Kısa mesaj için onay", "Consent to text messages"),
    (Channel.MESAJ, Status.RET): ("Kısa mesaj için ret", "Refusal of text messages"),
    (Channel.ARAMA, Status.ONAY): ("Arama için onay", "Consent to calls"),
    (Channel.ARAMA, Status.RET): ("Arama için ret", "Refusal of calls"),
    (Channel.EPOSTA, Status.ONAY): ("E-posta için onay", "Consent to e-mails"),
    (Channel.EPOSTA, Status.RET): ("E-posta için ret", "Refusal of e-mails"),
}
_OUTCOMES: Final[dict[Outcome, Pair]] = {
    Outcome.RECORDED: ("", ""),
    Outcome.LOCAL_ONLY: ("yalnız bizde kayıtlı", "recorded with us only"),
    Outcome.UNCHANGED: ("zaten kayıtlıydı", "was recorded already"),
    Outcome.OUTDATED: ("daha yeni bir kayıt vardı", "there was a newer record"),
    Outcome.UNVERIFIED: ("adres doğrulanmamıştı", "the address was not verified"),
}


def entry(channel: Channel, status: Status, language: str) -> str:
    """What an entry of the ledger was."""
    return in_words(_ENTRIES[channel, status], language)


def outcome(of: Outcome, language: str) -> str:
    """What became of it, when that is worth a word."""
    return in_words(_OUTCOMES[of], language)
