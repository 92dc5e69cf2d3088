"""What is kept how long, by which law: one table, said on the page, in the log and in the ADR.

Why this module exists: the periods must be one place that a lawyer reads and the destruction obeys.
The numbers of kinds stand in the database's functions and in signed lines: never renumber.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What was destroyed; the smallint in the database."""

    RUN = 0
    PERSON = 1
    SUBMISSION = 2
    FILE = 3
    LIST = 4
    MESSAGE = 5
    MOVEMENT = 6
    CODE = 7
    TRAIL = 8
    ALARM = 9
    ARCHIVE = 10
    CASE = 11
    CAMPAIGN = 12


@dataclass(frozen=True, slots=True)
class Period:
    """How long one kind is kept. ``rule`` are R-numbers, ``law`` what they stand for."""

    kind: Kind
    tr: str
    en: str
    how_long_tr: str
    how_long_en: str
    law_tr: str
    law_en: str
    rule: str


_LAW_TR, _LAW_EN = "6563 s. Kanun m. 11/3", "Law 6563 art. 11/3"
_IMHA_TR, _IMHA_EN = "İmha Yönetmeliği m. 7 ve 11", "Destruction regulation art. 7 and 11"

PERIODS: Final[tuple[Period, ...]] = (
    Period(Kind.PERSON, "Alıcının adresi ve taahhüt anahtarı", "A recipient’s address and key",
           "Son kaydının süresi dolunca; geçerli onay varken silinmez",
           "Until its last record is due; never while a consent is in force",
           f"{_LAW_TR}; Yönetmelik m. 13; KVKK m. 7",
           f"{_LAW_EN}; regulation art. 13; KVKK art. 7", "R-46 R-47 R-64"),
    Period(Kind.SUBMISSION, "Onay ve ret kaydının içeriği: ad, ağ adresi, gösterilenler",
           "What a consent or refusal holds: name, network address, what was shown",
           "Olaydan 10 yıl; onayın bitiminden 3 yıl; dayanan son iletiden 10 yıl: en geçi",
           "10 years from the event, 3 from the consent’s end, 10 from the last message that "
           "relied on it: the latest",
           f"{_LAW_TR}; Yönetmelik m. 13", f"{_LAW_EN}; regulation art. 13", "R-46 R-47"),
    Period(Kind.FILE, "Kanıt dosyaları: imzalı form, ses kaydı, e-posta",
           "Proof files: signed forms, recordings, mails",
           "Kanıtladığı kayıtlarla birlikte, eklenmesinden en az 10 yıl; hiçbir kaydın "
           "dayanmadığı form taraması 30 gün",
           "As the records they prove, and 10 years from being added at least; a scan of a form "
           "from which nothing was recorded 30 days",
           _LAW_TR, _LAW_EN, "R-46 R-47"),
    Period(Kind.CASE, "İlgili kişi başvuruları: dosya, ekler, cevap",
           "Data subjects’ requests: case, files, answer",
           "Kapanıştan 10 yıl; düzeltilen kayıt durdukça",
           "10 years from being closed, and while a record it corrected is kept",
           "KVKK m. 13 ve 14; TBK m. 146", "KVKK art. 13 and 14; Code of Obligations art. 146",
           "R-63 R-64"),
    Period(Kind.LIST, "İçe aktarılan listeler", "Imported lists",
           "Aktarımdan 10 yıl ve kayıtları durdukça",
           "10 years from the import, and while its records are kept", _LAW_TR, _LAW_EN, "R-46"),
    Period(Kind.ARCHIVE, "İYS’nin günlük dosyaları", "İYS’s daily files", "Alınmasından 10 yıl",
           "10 years from being fetched", _LAW_TR, _LAW_EN, "R-46 R-48"),
    Period(Kind.MESSAGE, "Gönderilen iletiler", "Messages sent", "Gönderimden 10 yıl",
           "10 years from being sent", _LAW_TR, _LAW_EN, "R-46"),
    Period(Kind.CAMPAIGN, "Kampanyalar: metin, kime gittiği, neye dayandığı",
           "Campaigns: words, whom they went to, what they relied on", "Bitişinden 10 yıl",
           "10 years from their end", _LAW_TR, _LAW_EN, "R-46 R-47"),
    Period(Kind.MOVEMENT, "Okunamayan İYS hareketleri", "Changes of İYS that could not be read",
           "Alınmasından 10 yıl", "10 years from coming in", _LAW_TR, _LAW_EN, "R-46"),
    Period(Kind.TRAIL, "Denetim izi", "Audit trail", "10 yıl", "10 years",
           f"{_LAW_TR}; KVKK m. 12", f"{_LAW_EN}; KVKK art. 12", "R-46 R-65"),
    Period(Kind.CODE, "Kullanılmayan doğrulama kodları", "Codes nobody used", "30 gün", "30 days",
           f"KVKK m. 4 ve 7; {_IMHA_TR}", f"KVKK art. 4 and 7; {_IMHA_EN}", "R-64"),
    Period(Kind.ALARM, "Webhook gönderimleri", "Deliveries to webhooks", "1 yıl", "1 year",
           f"KVKK m. 4 ve 7; {_IMHA_TR}", f"KVKK art. 4 and 7; {_IMHA_EN}", "R-64"),
)
BY_KIND: Final = {one.kind: one for one in PERIODS}
RUN_RULE: Final = "R-64"
#: months that may pass between two periodic destructions (R-64, Destruction regulation art. 11)
MOST_MONTHS: Final = 6
