"""İYS's codes in groups: what the program does, whose part it is, the sentence, the next step.

Why this module exists: most of the 266 codes share their treatment with others, and one table can
be read as a whole. A group's sentence is what stands beside a record; what each code says by itself
is in ``codes.txt``. Groups without a sentence (İYS ViA, which this program does not call) speak in
those words. Sources: İYS API §1.1, §14, §15. Voice: look.md §7.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ileti.iys import kinds as to_do
from ileti.iys.kinds import Advice, Fault, Kind


class Group(NamedTuple):
    """Codes that are treated alike."""

    codes: str
    kind: Kind
    fault: Fault
    advice: Advice
    tr: str = ""
    en: str = ""


ACCOUNT_CODES: Final = [
    Group(
        "H015 H101 H102 H103 H179 H192 H412 H470 H476 H100 H105 H106 H107 H181",
        Kind.RETRY, Fault.IYS, to_do.WAIT,
        "İYS şu anda yanıt veremiyor. Kayıt sırada, yeniden denenecek.",
        "İYS cannot answer right now. The record is queued and will be tried again.",
    ),
    Group(
        "H123", Kind.RETRY, Fault.IYS, to_do.WAIT,
        "İYS yoğun. Kayıt sırada, yeniden denenecek.",
        "İYS is busy. The record is queued and will be tried again.",
    ),
    Group(
        "H083 H124", Kind.RATE, Fault.NOBODY, to_do.WAIT,
        "İYS saniyede en çok 10 istek alıyor. Kayıt sırada, az sonra iletilecek.",
        "İYS takes at most 10 requests a second. The record is queued and goes out shortly.",
    ),
    Group(
        "H084", Kind.RATE, Fault.NOBODY, to_do.WAIT,
        "İYS’e saatlik giriş sınırı doldu. Bir saat sonra yeniden giriş yapılacak.",
        "The hourly limit of log-ins at İYS is reached. The next log-in follows in an hour.",
    ),
    Group(
        "H086 H089", Kind.RATE, Fault.NOBODY, to_do.WAIT,
        "İYS’in saatlik sorgu sınırı doldu. Bir saat içinde yeniden sorulacak.",
        "İYS’s hourly limit of queries is reached. The question is asked again within an hour.",
    ),
    Group(
        "H351 H251 H250 H252 invalid_grant", Kind.AUTH, Fault.PROVIDER, to_do.ACCOUNT,
        "İYS oturumu sona ermiş. Yeniden giriş yapılıyor.",
        "The session with İYS has ended. A new log-in is under way.",
    ),
    Group(
        "invalid_request H176", Kind.CONFIG, Fault.PROVIDER, to_do.ACCOUNT,
        "İYS bu kullanıcı adı ve şifreyle giriş vermiyor.",
        "İYS does not let this user name and password in.",
    ),
    Group(
        "H520", Kind.SUBSCRIPTION, Fault.PROVIDER, to_do.ACCOUNT,
        "İYS aboneliği duraklatılmış ya da süresi dolmuş. Kayıtlar sırada bekliyor.",
        "The İYS subscription is paused or has expired. The records wait in the queue.",
    ),
    Group(
        "H521 H524 H437", Kind.SUBSCRIPTION, Fault.PROVIDER, to_do.ACCOUNT,
        "Bu hizmet sağlayıcının açık bir İYS aboneliği yok. Kayıtlar sırada bekliyor.",
        "This provider has no open İYS subscription. The records wait in the queue.",
    ),
    Group(
        "H525", Kind.SUBSCRIPTION, Fault.PROVIDER, to_do.ACCOUNT,
        "İYS paketindeki izin sayısı doldu. Paket yükseltilince kayıtlar iletilir.",
        "The number of consents in the İYS package is used up. A larger package lets them through.",
    ),
    Group(
        "H586", Kind.SUBSCRIPTION, Fault.PROVIDER, to_do.ACCOUNT,
        "İYS paketi API kullanımını içermiyor. Kayıtlar sırada bekliyor.",
        "The İYS package does not include the API. The records wait in the queue.",
    ),
    Group(
        "H353 H355 H363 H522 H195 H196", Kind.CONFIG, Fault.PROVIDER, to_do.CODES,
        "İYS hesabının bu marka ya da bayi için yetkisi yok.",
        "The İYS account has no right for this brand or dealer.",
    ),
    Group(
        "H001 H018 H031 H129 H190 H191 H245 H268 H266 H267",
        Kind.CONFIG, Fault.PROVIDER, to_do.CODES,
        "Hizmet sağlayıcı ya da marka numarası İYS’de bulunamadı.",
        "İYS does not know this provider or brand number.",
    ),
    Group(
        "H180", Kind.CONFIG, Fault.DEALER, to_do.MATCH,
        "Bayi kodu İYS’de kayıtlı değil. Bayiyi eşleyince kayıt yeniden iletilir.",
        "İYS does not know this dealer code. Once the dealer is matched the record is sent again.",
    ),
    Group(
        "H093 H530 H531", Kind.CONFIG, Fault.PROVIDER, to_do.CONNECTION,
        "İYS, değişiklikleri bildireceği adrese bağlanamadı.",
        "İYS could not connect to the address it reports changes to.",
    ),
]

RECORD_CODES: Final = [
    Group(
        "H174", Kind.ALREADY, Fault.NOBODY, to_do.NOTHING,
        "Ret zaten İYS’de kayıtlı. İşlem gerekmez.",
        "The refusal is already recorded at İYS. Nothing needs to be done.",
    ),
    Group(
        "H178", Kind.ALREADY, Fault.NOBODY, to_do.TAKE,
        "İYS bu izni almadı. İYS’de aynı alıcı için daha yeni tarihli bir kayıt var; "
        "geçerli olan odur.",
        "İYS did not take this consent. It holds a record with a newer date for the same "
        "recipient; that is what holds.",
    ),
    Group(
        "H175", Kind.LOCAL_ONLY, Fault.NOBODY, to_do.KEPT,
        "İYS ilk kaydı ret olarak almıyor. Ret bizde tutuluyor ve bu alıcıya gönderimi engelliyor.",
        "İYS takes no refusal as a first record. It is kept here and blocks sending.",
    ),
    Group(
        "H467", Kind.OVERDUE, Fault.PROVIDER, to_do.LATE,
        "3 iş günü geçtiği için İYS bu izni almadı. İzin kullanılamaz.",
        "Three business days had passed, so İYS did not take this consent. It cannot be used.",
    ),
    Group(
        "H120", Kind.ITEM, Fault.ADDRESS, to_do.ADDRESS,
        "İYS bu e-posta adresini geçersiz buldu.", "İYS found this e-mail address invalid.",
    ),
    Group(
        "H121 H160 H166", Kind.ITEM, Fault.ADDRESS, to_do.ADDRESS,
        "İYS bu telefon numarasını geçersiz buldu.", "İYS found this phone number invalid.",
    ),
    Group(
        "H122 H464 H459", Kind.ITEM, Fault.ADDRESS, to_do.ADDRESS,
        "İYS bu adresi kanala uygun bulmadı.",
        "İYS found that this address does not fit the channel.",
    ),
    Group(
        "H114", Kind.ITEM, Fault.OURS, to_do.REPORT,
        "İYS bu adresi kanala uygun bulmadı.",
        "İYS found that this address does not fit the channel.",
    ),
    Group(
        "H110 H111 H112 H113 H170", Kind.ITEM, Fault.OURS, to_do.RECORD,
        "Kayıtta zorunlu bir alan eksik olduğu için İYS almadı.",
        "A required field is missing, so İYS did not take the record.",
    ),
    Group(
        "H115 H116 H117 H118 H450", Kind.ITEM, Fault.OURS, to_do.RECORD,
        "Kayıttaki bir alanı İYS tanımıyor.", "İYS does not know a field of the record.",
    ),
    Group(
        "H119 H486 H452", Kind.ITEM, Fault.PROVIDER, to_do.RECORD,
        "İYS bu izin kaynağını kabul etmiyor.", "İYS does not accept this source.",
    ),
    Group(
        "H155 H156 H157 H158", Kind.ITEM, Fault.PROVIDER, to_do.RECORD,
        "İYS bu izin tarihini kabul etmiyor.", "İYS does not accept this consent date.",
    ),
    Group(
        "H162", Kind.ITEM, Fault.OURS, to_do.WAIT,
        "İYS bu izin tarihini kabul etmiyor.", "İYS does not accept this consent date.",
    ),
    Group(
        "H408", Kind.ITEM, Fault.PROVIDER, to_do.RECORD,
        "Hizmet sağlayıcının kendi kararı yalnız ret olabilir.",
        "A provider’s own decision can only be a refusal.",
    ),
    Group(
        "H462 H463", Kind.ITEM, Fault.PROVIDER, to_do.RECORD,
        "Kayıtlı bir tacir izni değişirken kaynak ve tarih gerekir.",
        "Changing a merchant’s recorded consent needs a source and a date.",
    ),
    Group(
        "H453 H465", Kind.ITEM, Fault.NOBODY, to_do.NOTHING,
        "İYS bu alıcı için şu anda yeni işlem almıyor.",
        "İYS takes no new operation for this recipient right now.",
    ),
    Group(
        "H454 H455 H456 H460", Kind.ITEM, Fault.NOBODY, to_do.RECORD,
        "İYS bu doğrulamayı kabul etmedi.", "İYS did not accept this verification.",
    ),
    Group(
        "H568", Kind.ITEM, Fault.NOBODY, to_do.NOTHING,
        "Onaylı izni olmayan alıcı için ret bağlantısı verilmez.",
        "No link to refuse is made for a recipient without a consent that holds.",
    ),
]

LIST_CODES: Final = [
    Group(
        "H126 H163 H169 H193", Kind.ITEM, Fault.OURS, to_do.RECORD,
        "Erişim verilen bayi listesini İYS kabul etmedi.",
        "İYS did not accept the list of dealers with access.",
    ),
    Group(
        "H401", Kind.ITEM, Fault.NOBODY, to_do.RECORD,
        "Erişim verilen bayi listesini İYS kabul etmedi.",
        "İYS did not accept the list of dealers with access.",
    ),
    Group(
        "H058 H230 H231 H253", Kind.ITEM, Fault.DEALER, to_do.DEALER,
        "İYS bu bayiyi kaydetmedi ya da silmedi.", "İYS did not save or delete this dealer.",
    ),
    Group(
        "H060 H061 H062 H067", Kind.ITEM, Fault.IYS, to_do.DEALER,
        "İYS bu bayiyi kaydetmedi ya da silmedi.", "İYS did not save or delete this dealer.",
    ),
    Group(
        "H016 H017 H201 H214 H215 H216 H217 H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 "
        "H229 H243 H244 H288",
        Kind.ITEM, Fault.DEALER, to_do.DEALER,
        "Bayinin bir alanı eksik ya da yanlış olduğu için İYS almadı.",
        "A field of the dealer is missing or wrong, so İYS did not take it.",
    ),
    Group(
        "H014 H085 H092 H095 H097 H098 H402 H403 H405 H090 H171 H172 H173",
        Kind.BATCH, Fault.OURS, to_do.SPLIT,
        "İYS isteği bütün olarak reddetti. Kayıtlar ayrılıp yeniden iletilecek.",
        "İYS refused the request as a whole. The records are split up and sent again.",
    ),
    Group(
        "H091 H125 H127 H164 H168 H194 H478", Kind.BATCH, Fault.OURS, to_do.SPLIT,
        "İYS listeyi kabul etmedi. Kayıtlar ayrılıp yeniden iletilecek.",
        "İYS did not accept the list. The records are split up and sent again.",
    ),
    Group(
        "H182 H183 H184 H185 H186 H187 H197 H198 H199 H400 H404 H501 H502 H503 H506 H507 H512",
        Kind.BATCH, Fault.OURS, to_do.REPORT,
        "İYS bu sorguyu kabul etmedi.", "İYS did not accept this query.",
    ),
    Group(
        "H082 H241", Kind.BATCH, Fault.IYS, to_do.REPORT,
        "İYS bu sorguyu kabul etmedi.", "İYS did not accept this query.",
    ),
]

VIA_CODES: Final = [
    Group(
        "H1001 H1002 H1003 H1004 H1007 H1008 H1009 H1017 H1018 H1019 H1047 H1053 H1058 H1059 "
        "H1068 H1070 H1073 H1075 H1077",
        Kind.RETRY, Fault.IYS, to_do.VIA_WAIT,
    ),
    Group("H1038 H1045", Kind.AUTH, Fault.PROVIDER, to_do.VIA),
    Group("H1015 H1031 H1092 H1093", Kind.SUBSCRIPTION, Fault.PROVIDER, to_do.VIA),
    Group(
        "H1000 H1014 H1033 H1036 H1037 H1040 H1046 H1054 H1055 H1062 H1065 H1072 H1104 H1107",
        Kind.CONFIG, Fault.PROVIDER, to_do.VIA,
    ),
    Group("H1026 H1027 H1084", Kind.ITEM, Fault.ADDRESS, to_do.VIA_PERSON),
    Group(
        "H1028 H1032 H1034 H1035 H1048 H1049 H1050 H1051 H1052 H1067 H1069 H1074 H1076 H1079 "
        "H1080 H1081 H1082 H1083 H1087 H1105 H1110 H1111 H1112 H1113",
        Kind.ITEM, Fault.NOBODY, to_do.VIA_PERSON,
    ),
    Group(
        "H1005 H1010 H1011 H1012 H1013 H1016 H1020 H1021 H1022 H1023 H1024 H1025 H1029 H1030 "
        "H1039 H1041 H1042 H1043 H1044 H1056 H1057 H1060 H1061 H1063 H1064 H1066 H1085 H1086 "
        "H1088 H1089 H1090 H1091 H1094 H1095 H1096 H1097",
        Kind.ITEM, Fault.OURS, to_do.VIA,
    ),
]

GROUPS: Final = [*ACCOUNT_CODES, *RECORD_CODES, *LIST_CODES, *VIA_CODES]
