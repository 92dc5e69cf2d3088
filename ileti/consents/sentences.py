"""The sentence of every rule, apart from the rules so that both can be read in one sitting.

Why this module exists: a verdict shows its sentence to visitors, dealers and integrators alike; a
translator or a lawyer must be able to read them all without reading code. Own codes are Turkish
words, codes of İYS keep İYS's number. The voice is look.md §7.
"""

from __future__ import annotations

from typing import Final

# code: (rule, name of the field or None, Turkish, English)
SENTENCES: Final[dict[str, tuple[str, str | None, str, str]]] = {
    # what judge says
    "KAYDEDILDI": (
        "R-33",
        None,
        "Seçim kaydedildi. İYS’e iletilecek.",
        "The choice is recorded. It will be reported to İYS.",
    ),
    "ILK_RET": (
        "R-42",
        None,
        "Ret kaydedildi ve hemen geçerli. İYS bu alıcıyı tanıyorsa ret oraya da iletilecek.",
        "The refusal is recorded and works at once. If İYS knows the recipient, it goes there too.",
    ),
    "RET_YENIDEN": (
        "R-32",
        None,
        "Ret yeniden kaydedildi ve geçerli. İYS bu arada onay aldıysa ret oraya da iletilecek.",
        "The refusal is recorded again. If İYS took a consent meanwhile, it goes there too.",
    ),
    "RET_AYNI_SANIYE": (
        "R-39",
        None,
        "Ret kaydedildi. Aynı saniyede bir onay var; ret İYS’e bir saniye sonrasıyla iletilecek.",
        "The refusal is recorded. A consent has the same second, so İYS gets it one second later.",
    ),
    "IYS_DEGISTI": (
        "R-34",
        None,
        "Alıcı seçimini İYS’de değiştirdi; geçerli olan odur.",
        "The recipient changed the choice at İYS; that is what holds.",
    ),
    "DOGRULANMADI": (
        "R-21",
        "address",
        "Adres doğrulanmadı. Seçim saklanıyor, İYS’e iletilmiyor ve gönderime izin vermiyor.",
        "The address is not verified. The choice is kept, not reported to İYS, and allows nothing.",
    ),
    "H174": (
        "R-42",
        "status",
        "Ret zaten kayıtlı. İşlem gerekmez.",
        "The refusal is already recorded. Nothing needs to be done.",
    ),
    "H175": (
        "R-42",
        "status",
        "İYS ilk kaydı ret olarak almıyor. Ret bizde tutuluyor ve bu alıcıya gönderimi engelliyor.",
        "İYS takes no refusal as a first record. It is kept here and blocks sending.",
    ),
    "H178": (
        "R-39",
        "consentDate",
        "Aynı alıcı için daha yeni tarihli bir kayıt var; geçerli olan odur.",
        "There is a record with a newer date for this recipient; that is what holds.",
    ),
    # what check_item says
    "H408": (
        "R-42",
        "status",
        "Hizmet sağlayıcının kendi kararı yalnız ret olabilir.",
        "A provider’s own decision can only be a refusal.",
    ),
    "H112": (
        "R-38",
        "consentDate",
        "İzin tarihi yazılmamış.",
        "The consent date is missing.",
    ),
    "H113": (
        "R-38",
        "source",
        "İzin kaynağı yazılmamış.",
        "The source of the consent is missing.",
    ),
    "H119": (
        "R-43",
        "source",
        "İYS kaynağıyla kayıt yalnız İYS’den gelir.",
        "A record with an İYS source comes from İYS only.",
    ),
    "KAYNAK_AKIS": (
        "R-43",
        "source",
        "İzin kaynağı, iznin alındığı yola uymuyor. Kaynak seçilmez, alındığı yoldan gelir.",
        "The source does not fit the way the consent was taken. It follows from that way.",
    ),
    "H120": (
        "R-38",
        "recipient",
        "E-posta kanalı için e-posta adresi gerekir.",
        "The e-mail channel needs an e-mail address.",
    ),
    "H121": (
        "R-38",
        "recipient",
        "Arama ve mesaj için telefon numarası gerekir.",
        "Calls and SMS need a phone number.",
    ),
    "H155": (
        "R-41",
        "consentDate",
        "HS_2015 kaynağının tarihi yalnız 01.05.2015 00:00 olabilir.",
        "With the source HS_2015 the date can only be 1 May 2015, 00:00.",
    ),
    "H156": (
        "R-39",
        "consentDate",
        "İzin tarihi 1 Mayıs 2015’ten önce olamaz.",
        "The consent date cannot be before 1 May 2015.",
    ),
    "H158": (
        "R-39",
        "consentDate",
        "İzin tarihi okunamadı. Örnek: 2026-11-23 13:58:00",
        "The consent date cannot be read. Example: 2026-11-23 13:58:00",
    ),
    "H162": (
        "R-39",
        "consentDate",
        "İzin tarihi ileride. Yalnız verilmiş bir izin kaydedilir.",
        "The consent date lies in the future. Only a consent already given is recorded.",
    ),
    "H467": (
        "R-40",
        "consentDate",
        "3 iş günü geçtiği için İYS bu izni almaz. İzin kullanılamaz.",
        "Three business days have passed, so İYS will not take this consent. It cannot be used.",
    ),
    "RET_GECIKTI": (
        "R-33",
        "consentDate",
        "3 iş günü geçtiği için İYS bu reddi almaz. Ret bizde tutuluyor ve gönderimi engelliyor.",
        "Three business days have passed, so İYS will not take this refusal. It blocks here.",
    ),
    "H462": (
        "R-06",
        "consentDate",
        "Kayıtlı bir tacir izni değişirken izin tarihi gerekir.",
        "Changing a merchant’s recorded consent needs a consent date.",
    ),
    "H463": (
        "R-06",
        "source",
        "Kayıtlı bir tacir izni değişirken izin kaynağı gerekir.",
        "Changing a merchant’s recorded consent needs a source.",
    ),
    "HS_2015_KAPALI": (
        "R-41",
        "source",
        "2015 öncesi izinlerin aktarımı 31.05.2021’de bitti. HS_2015 kaynağı kapalı.",
        "The transfer of consents from before 2015 ended on 31 May 2021. HS_2015 is closed.",
    ),
    "TACIR_DAYANAK": (
        "R-05",
        "merchantBasis",
        "Tacir kaydı için dayanak gerekir: VKN, MERSİS, vergi levhası ya da oda kaydı.",
        "A merchant’s record needs a basis: tax number, MERSİS, tax plate or chamber record.",
    ),
    "ETKILESIM_YOK": (
        "R-12",
        "interactedAt",
        "Kutunun kişi tarafından işaretlendiği an eksik. İşaretlenmeyen kutu izin sayılmaz.",
        "The moment the person ticked the box is missing. A box not ticked is no consent.",
    ),
    "KUTU_ISARETLI": (
        "R-12",
        "preselected",
        "Kutu önceden işaretliydi. Susmak ya da hazır işaret izin sayılmaz.",
        "The box was ticked beforehand. Silence or a ready-made tick is no consent.",
    ),
    "KUTU_ZORUNLU": (
        "R-13",
        "required",
        "Kutu zorunluydu. İzin, ürün ya da hizmetin koşulu olamaz.",
        "The box was required. Consent cannot be a condition of a product or service.",
    ),
    "BAYI_KODU": (
        "R-45",
        "retailerCode",
        "Bayi kodu 8 hanelidir.",
        "A dealer’s code has 8 digits.",
    ),
    "BAYI_ERISIM": (
        "R-45",
        "retailerAccess",
        "Erişim verilen bayi kodlarının hepsi 8 haneli olmalı.",
        "All codes of dealers with access must have 8 digits.",
    ),
    "H163": (
        "R-45",
        "retailerAccess",
        "Erişim verilen bayi listesi boş. Bayi yoksa liste hiç yazılmaz.",
        "The list of dealers with access is empty. Without dealers, leave the list out.",
    ),
    "H126": (
        "R-45",
        "retailerAccess",
        "Bir izin için en çok 100 bayiye erişim verilir.",
        "At most 100 dealers can have access to one consent.",
    ),
    "H193": (
        "R-45",
        "retailerAccess",
        "Bayi listesinde aynı kod birden çok kez var.",
        "The list of dealers names a code more than once.",
    ),
}
