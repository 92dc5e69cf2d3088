"""What a kiosk says without network, in both languages; the device takes them along."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "title": ("Size nasıl ulaşalım?", "How may we reach you?"),
    "lead": ("İstediğinizi seçin, isterseniz hiçbirini.",
             "Choose what you want, or nothing at all."),
    "dealer": ("İzni {brand} adına {dealer} alır.",
               "Consent is taken in the name of {brand} by {dealer}."),
    "phone": ("Cep telefonu", "Mobile phone"),
    "email": ("E-posta", "E-mail"),
    "name": ("Ad soyad", "Full name"),
    "nameHint": ("Yalnız bir kutu işaretlerseniz gerekir: onay, verenin adıyla saklanır.",
                 "Needed only if you tick a box: a consent is kept with its giver’s name."),
    "phoneHint": ("Numaranızı doğrulamanız için ağ gelince size bir bağlantı göndeririz.",
                  "When the network is back we send you a link to verify your number."),
    "save": ("Seçimimi kaydet", "Save my choice"),
    "giveUp": ("Vazgeç ve temizle", "Give up and clear"),
    "close": ("Kapat", "Close"),
    "offline": ("Ağ yok", "No network"),
    "waiting": ("{n} seçim gönderilmeyi bekliyor", "{n} choices wait to be sent"),
    "none": ("Bekleyen yok", "None waiting"),
    "sending": ("Ağ geldi; gönderiliyor", "The network is back; sending"),
    "stuck": ("{n} seçim gönderilemedi; cihazı kapatmadan merkeze haber verin",
              "{n} choices could not be sent; tell head office before this device is switched off"),
    "warn": ("En eski seçim {h} saattir bekliyor. Cihazı bugün ağa bağlayın, yoksa izinler "
             "geçersiz olur.", "The oldest choice has waited for {h} hours. Connect this device "
             "today, or the consents become invalid."),
    "stopFull": ("Cihazda yer kalmadı. Ağa bağlanana kadar yeni izin alınmaz; bekleyenler duruyor.",
                 "This device is full. No more consents are taken before it is connected; those "
                 "that wait are safe."),
    "stopOld": ("Bekleyen seçimlerin süresi dolmak üzere. Cihaz ağa bağlanana kadar yeni izin "
                "alınmaz.", "The time of the waiting choices is running out. No more consents are "
                "taken before this device is connected."),
    "stopPack": ("Metinler eski olabilir. Cihaz ağa bağlanana kadar yeni izin alınmaz.",
                 "The texts may be out of date. No consents are taken before this device is "
                 "connected."),
    "stopNoPack": ("Bu cihaz ağsız çalışmaya hazır değil. Önce bir kez ağa bağlanın.",
                   "This device is not ready to work without network. Connect it once first."),
    "stopBrowser": ("Bu tarayıcı seçimleri ağ olmadan güvenle saklayamaz. Ağ gelince yeniden "
                    "deneyin.", "This browser cannot keep choices safely without network. Try "
                    "again when the network is back."),
    "notKept": ("Seçiminiz kaydedilemedi: cihaz saklayamadı. Yazdıklarınız duruyor.",
                "Your choice was not recorded: the device could not keep it. What you typed is "
                "still here."),
    "done": ("Seçiminiz alındı", "Your choice is received"),
    "doneNone": ("Hiçbir izin vermediniz", "You gave no consent"),
    "doneLead": ("Ağ gelince kaydedilir ve adresinizi doğrulamanız için size bir bağlantı gelir. "
                 "Doğrulanana kadar ileti gönderilmez.", "It is recorded when the network is back, "
                 "and you get a link to verify your address. Nothing is sent before that."),
    "doneNoneLead": ("Tanıtım iletisi almayacaksınız.", "You will get no promotional messages."),
    "doneNumber": ("Alındı no", "Slip no"),
    "finish": ("Bitir ve temizle", "Finish and clear"),
    "badPhone": ("Cep telefonunu alan koduyla yazın: 0599 …", "Write a mobile number: 0599 …"),
    "badEmail": ("E-posta adresini tam yazın.", "Write the whole e-mail address."),
    "badName": ("Onay için adınızı ve soyadınızı yazın.",
                "Write your full name to give a consent."),
    "noAddress": ("Rızanın sahibini bilmek için bir adres yazın.",
                  "Write an address, so that the consent has its giver."),
}
WORDS: Final = {language: {key: pair[n] for key, pair in _WORDS.items()}
                for n, language in enumerate(("tr", "en"))}
