"""The words people write into lists for what İYS calls type, status, source and recipient type.

Why this module exists: a customer list says ``SMS``, ``Evet``, ``Web sitesi`` or ``1``; İYS says
``MESAJ``, ``ONAY``, ``HS_WEB``. Each spelling stands here once, folded (:func:`fold`), so that the
recognition of columns and the reading of rows agree. What is not in the tables is refused with a
reason, never guessed: a wrong guess would be a consent nobody gave.
"""

from __future__ import annotations

from typing import Final

from ileti.consents.vocabulary import LABELS, Channel, RecipientType, Source, Status

_FOLD: Final = str.maketrans({
    "ı": "i", "İ": "i", "I": "i", "ş": "s", "Ş": "s", "ğ": "g", "Ğ": "g", "ü": "u", "Ü": "u",
    "ö": "o", "Ö": "o", "ç": "c", "Ç": "c", "â": "a", "Â": "a", "î": "i", "Î": "i", "û": "u",
    "Û": "u", "\u0307": "", "’": "", "'": "", "\u00a0": " ", "\ufeff": "",
})


def fold(text: str) -> str:
    """Lower case without Turkish marks, blanks, dashes and dots: two spellings of one word meet."""
    folded = text.translate(_FOLD).lower()
    return "".join(char for char in folded if char.isalnum() or char in "()")


def _table(*pairs: tuple[object, str]) -> dict[str, object]:
    return {fold(word): member for member, words in pairs for word in words.split("|")}


CHANNELS: Final[dict[str, Channel]] = _table(  # type: ignore[assignment]
    (Channel.ARAMA, "ARAMA|arama|çağrı|call|telefon araması|sesli arama|voice|phone call"),
    (Channel.MESAJ, "MESAJ|sms|kısa mesaj|message|text|mesaj izni"),
    (Channel.EPOSTA, "EPOSTA|e-posta|email|e-mail|mail|eposta izni"),
)
# "var" and "yok", "x" and an empty field are common in lists of boxes; "x" may mean either, so it
# is not here.
STATUSES: Final[dict[str, Status]] = _table(  # type: ignore[assignment]
    (Status.ONAY, "ONAY|onaylı|onay verildi|1|1.0|evet|e|true|doğru|yes|y|izinli|var|izin var|"
                  "kabul|verildi|approved|approval|consent|opt-in|optin|subscribed|granted"),
    (Status.RET, "RET|red|0|0.0|hayır|h|false|yanlış|no|n|izinsiz|yok|izin yok|ret verildi|"
                 "reddetti|reddedildi|rejected|rejection|refusal|opt-out|optout|unsubscribed|"
                 "denied|iptal"),
)
RECIPIENT_TYPES: Final[dict[str, RecipientType]] = _table(  # type: ignore[assignment]
    (RecipientType.BIREYSEL, "BIREYSEL|bireysel|kişi|gerçek kişi|individual|person|b2c"),
    (RecipientType.TACIR, "TACIR|tacir|esnaf|tacir/esnaf|kurumsal|şirket|merchant|company|b2b"),
)
SOURCES: Final[dict[str, Source]] = {
    **{fold(one.name): one for one in Source if one is not Source.NONE},
    **{fold(one.name.removeprefix("HS_")): one for one in Source if one.is_hs},
    **{fold(label): Source(number) for number, labels in LABELS[Source].items() if number
       for label in labels},
    **_table(  # type: ignore[dict-item]
        (Source.HS_WEB, "internet|internet sitesi|web|website"),
        (Source.HS_MOBIL, "mobil|app|uygulama|mobile"),
        (Source.HS_FIZIKSEL_ORTAM, "mağaza|magaza|şube|store|fiziksel"),
        (Source.HS_ISLAK_IMZA, "form|imzalı form|ıslak imza|kağıt form|paper"),
        (Source.HS_CAGRI_MERKEZI, "çağrı merkezi|call center|call centre"),
        (Source.HS_MESAJ, "sms"),
        (Source.HS_EPOSTA, "email|e-mail"),
        (Source.HS_ETKINLIK, "fuar|event"),
    ),
}
