"""What the widget says on its last step: the receipt, and the words beside what was chosen.

Why here: they are few and change with the vocabulary of the ledger, and the widget that carried
them in both languages would be over its weight (goal 8). The form's answer brings them in its own.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "MESAJ": ("Kısa mesaj", "Text message"),
    "ARAMA": ("Arama", "Call"),
    "EPOSTA": ("E-posta", "E-mail"),
    "ONAY": ("Onay", "Consent"),
    "RET": ("Ret", "Refusal"),
    "RECORDED": ("İYS’e iletiliyor", "being reported to İYS"),
    "UNVERIFIED": ("Adres doğrulanmayı bekliyor", "address waits for verification"),
    "UNCHANGED": ("Daha önce kaydedilmişti", "already recorded before"),
    "OUTDATED": ("Daha yeni bir seçiminiz geçerli", "a newer choice of yours is in force"),
    "LOCAL_ONLY": ("Bizde kayıtlı", "kept with us"),
    "none": ("İzin vermediniz", "No consent given"),
    "given": ("Rıza verdiniz", "Explicit consent given"),
    "notGiven": ("Rıza vermediniz", "No explicit consent given"),
    "notice": ("Aydınlatma metni", "Privacy notice"),
    "read": ("Okundu", "Read"),
    "unread": ("İşaretlemediniz", "Not marked"),
    "number": ("Makbuz no", "Receipt no"),
    "date": ("Tarih", "Date"),
    "download": ("Makbuzu indir", "Download receipt"),
    "title.recorded": ("Seçiminiz kaydedildi", "Your choice is recorded"),
    "title.unverified": ("Seçiminiz alındı", "Your choice is received"),
    "title.code_sent": ("Seçiminiz alındı", "Your choice is received"),
    "title.none": ("Hiçbir izin vermediniz", "You gave no consent"),
    "told.recorded": ("İzin verdiğiniz adreslere bugün bilgi iletisi gelir; oradan da "
                      "vazgeçebilirsiniz.", "A notice goes to the addresses you chose today; you "
                      "can withdraw from there too."),
    "told.unverified": ("Adresiniz doğrulanana kadar ileti gönderilmez.",
                        "Nothing is sent until your address is verified."),
    "told.code_sent": ("Adresiniz doğrulanana kadar ileti gönderilmez.",
                       "Nothing is sent until your address is verified."),
    "told.none": ("Tanıtım iletisi almayacaksınız.", "You will get no promotional messages."),
}
WORDS: Final = {
    language: {key: pair[n] for key, pair in _WORDS.items()}
    for n, language in enumerate(("tr", "en"))
}
