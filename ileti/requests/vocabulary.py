"""The words of a data subject's request: rights, ways in and out, states, decisions, reasons.

Why this module exists: a request is judged by whoever reads Law 6698 (KVKK) articles 11 and 13 and
the communiqué on applications (Başvuru Tebliği, RG 10.03.2018/30356) beside it, so each word here
names its paragraph. The numbers are part of the database: never renumber, only append. Pure.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class Said:
    """A word with a label per language, as :func:`ileti.core.formats.say` reads it."""

    @property
    def tr(self) -> str:
        """The Turkish label."""
        return LABELS[type(self), self.value][0]  # type: ignore[attr-defined]

    @property
    def en(self) -> str:
        """The English label."""
        return LABELS[type(self), self.value][1]  # type: ignore[attr-defined]


class Right(Said, StrEnum):
    """What is asked: KVKK 11/1 by its letters, and what people write on the same sheet: the refusal
    of messages (Kanun 6563 m. 8, R-30) and the withdrawal of explicit consents (R-62)."""

    LEARN = "A"
    INFORM = "B"
    PURPOSE = "C"
    THIRD = "CC"
    CORRECT = "D"
    ERASE = "E"
    FORWARD = "F"
    OBJECT = "G"
    DAMAGE = "GG"
    STOP = "RET"
    WITHDRAW = "RZ"

    @property
    def letter(self) -> str:
        """The paragraph as lawyers write it: ``11/1-ç``."""
        return {"CC": "11/1-ç", "GG": "11/1-ğ", "RET": "6563 m. 8", "RZ": "m. 3, 5"}.get(
            self.value, f"11/1-{self.value.lower()}")


class Way(Said, IntEnum):
    """How a request came (Başvuru Tebliği m. 5/1)."""

    FORM = 1
    EMAIL = 2
    PAPER = 3
    KEP = 4
    IN_PERSON = 5
    SIGNED = 6


class State(Said, IntEnum):
    """Where a case is. The clock runs in all but the last (R-63)."""

    OPEN = 1
    ASKED = 2
    SENDING = 3
    CLOSED = 4


class Identity(Said, IntEnum):
    """What the identity check came to."""

    PENDING = 0
    VERIFIED = 1
    INSUFFICIENT = 2
    FAILED = 3


class Decision(Said, IntEnum):
    """What was answered (Tebliğ m. 6/2: accept, or refuse with the reason)."""

    GRANTED = 1
    PARTLY = 2
    REFUSED = 3
    NO_DATA = 4

    @property
    def needs_reason(self) -> bool:
        """Whether the answer has to say why (KVKK 13/3, Tebliğ m. 6/2)."""
        return self in (Decision.PARTLY, Decision.REFUSED)


class Reason(Said, StrEnum):
    """Why something is not done."""

    IDENTITY = "IDENTITY"
    INCOMPLETE = "INCOMPLETE"
    LEGAL_DUTY = "LEGAL_DUTY"
    CLAIM = "CLAIM"
    EXEMPT = "EXEMPT"
    OTHERS = "OTHERS"
    NOT_CONTROLLER = "NOT_CONTROLLER"
    OTHER = "OTHER"


class Sending(Said, IntEnum):
    """How an answer goes out (KVKK 13/3: in writing or electronically)."""

    MAIL = 1
    POST = 2
    KEP = 3
    HAND = 4


class FileRole(Said, IntEnum):
    """As what a file lies in a case."""

    APPLICATION = 1
    IDENTITY = 2
    ATTACHMENT = 3
    KEP_RECEIPT = 4
    SENT = 5
    OTHER = 9


class Mail(IntEnum):
    """What a mail of this room is."""

    CODE = 1
    RECEIPT = 2
    ASKED = 3
    ANSWER = 4
    ALARM = 5


class Deed(Said, StrEnum):
    """What happened in a case; the words of its history."""

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    ASSIGNED = "assigned"
    NOTED = "noted"
    IDENTITY = "identity"
    ASKED = "asked"
    FILE = "file"
    ATTACHED = "attached"
    DETACHED = "detached"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    EXPORT = "export"
    EXPORTED = "exported"
    EXPORT_FAILED = "export_failed"
    OPENED = "opened"
    TAKEN = "taken"
    COPY_REMOVED = "copy_removed"
    ERASE_ASKED = "erase_asked"
    ERASE_APPROVED = "erase_approved"
    ERASE_DECLINED = "erase_declined"
    ERASED = "erased"
    ERASE_FAILED = "erase_failed"
    ERASE_RETRIED = "erase_retried"
    ANSWERED = "answered"
    SENT = "sent"
    SEND_FAILED = "send_failed"
    CLOSED = "closed"
    ALARM = "alarm"
    LATE = "late"
    RIGHTS = "rights"


# Pairs and not a dict of members: an IntEnum's 1 is every other one's 1.
_WORDS: Final = (
    (Right.LEARN, ("Verilerimin işlenip işlenmediğini öğrenmek istiyorum",
                   "Learn whether my data are processed")),
    (Right.INFORM, ("İşlenen verilerim hakkında bilgi (verilerimin örneğini) istiyorum",
                    "Get information about my data (a copy)")),
    (Right.PURPOSE, ("İşleme amacını ve amaca uygun kullanılıp kullanılmadığını öğrenmek istiyorum",
                     "Learn the purpose and whether my data are used for it")),
    (Right.THIRD, ("Verilerimin kimlere aktarıldığını öğrenmek istiyorum",
                   "Learn to whom my data were passed on")),
    (Right.CORRECT, ("Eksik ya da yanlış verimin düzeltilmesini istiyorum",
                     "Have wrong or missing data corrected")),
    (Right.ERASE, ("Verilerimin silinmesini ya da yok edilmesini istiyorum",
                   "Have my data erased or destroyed")),
    (Right.FORWARD, ("Düzeltme ve silmenin, verilerimin aktarıldığı kişilere bildirilmesini "
                     "istiyorum",
                     "Have corrections and erasure passed on to recipients of my data")),
    (Right.OBJECT, ("Yalnız otomatik sistemlerle yapılan analizin aleyhime sonucuna itiraz "
                    "ediyorum",
                    "Object to a result against me from purely automated analysis")),
    (Right.DAMAGE, ("Hukuka aykırı işleme yüzünden uğradığım zararın giderilmesini istiyorum",
                    "Claim damages for unlawful processing")),
    (Right.STOP, ("Ticari ileti (reklam, kampanya) almak istemiyorum",
                  "Stop all commercial messages")),
    (Right.WITHDRAW, ("Verdiğim açık rızayı geri alıyorum", "Withdraw my explicit consent (KVKK)")),
    (Way.FORM, ("Web formu", "Web form")), (Way.EMAIL, ("E-posta", "E-mail")),
    (Way.PAPER, ("Yazılı (posta)", "In writing (post)")), (Way.KEP, ("KEP", "KEP")),
    (Way.IN_PERSON, ("Elden", "In person")),
    (Way.SIGNED, ("Güvenli e-imza / mobil imza", "Secure e-signature / mobile signature")),
    (State.OPEN, ("Açık", "Open")), (State.ASKED, ("Bilgi istendi", "More was asked for")),
    (State.SENDING, ("Cevap yolda", "Answer on its way")), (State.CLOSED, ("Kapandı", "Closed")),
    (Identity.PENDING, ("Bakılmadı", "Not checked")),
    (Identity.VERIFIED, ("Doğrulandı", "Verified")),
    (Identity.INSUFFICIENT, ("Eksik", "Incomplete")),
    (Identity.FAILED, ("Doğrulanamadı", "Not verified")),
    (Decision.GRANTED, ("Kabul", "Granted")), (Decision.PARTLY, ("Kısmen kabul", "Partly granted")),
    (Decision.REFUSED, ("Ret", "Refused")),
    (Decision.NO_DATA, ("Kayıt bulunmadı", "No data found")),
    (Reason.IDENTITY, ("Başvuranın kimliği doğrulanamadı",
                       "The applicant’s identity could not be verified")),
    (Reason.INCOMPLETE, ("Başvuruda zorunlu bilgiler eksik (Tebliğ m. 5/2)",
                         "Mandatory parts of the application are missing (Communiqué art. 5/2)")),
    (Reason.LEGAL_DUTY, ("Verilerin saklanması yasal yükümlülüktür (6563 m. 11/3)",
                         "The data must be kept by law (Law 6563 art. 11/3)")),
    (Reason.CLAIM, ("Bir hakkın tesisi, kullanılması ya da korunması için gereklidir (m. 5/2-e)",
                    "Needed to establish, use or protect a right (art. 5/2-e)")),
    (Reason.EXEMPT, ("İşleme Kanun’un 28. maddesindeki istisnadadır",
                     "The processing falls under article 28")),
    (Reason.OTHERS, ("Başkalarının hak ve özgürlüklerini ihlal ederdi",
                     "It would violate the rights and freedoms of others")),
    (Reason.NOT_CONTROLLER, ("Veri sorumlusu şirketimiz değildir", "We are not the controller")),
    (Reason.OTHER, ("Başka bir neden", "Another reason")),
    (Sending.MAIL, ("E-posta", "E-mail")), (Sending.POST, ("Posta", "Post")),
    (Sending.KEP, ("KEP", "KEP")), (Sending.HAND, ("Elden", "By hand")),
    (FileRole.APPLICATION, ("Başvuru", "Application")),
    (FileRole.IDENTITY, ("Kimlik ya da yetki belgesi", "Identity or authority")),
    (FileRole.ATTACHMENT, ("Ek", "Attachment")),
    (FileRole.KEP_RECEIPT, ("KEP delili", "KEP receipt")),
    (FileRole.SENT, ("Gönderim belgesi", "Proof of sending")), (FileRole.OTHER, ("Diğer", "Other")),
    (Deed.RECEIVED, ("Başvuru alındı", "Request received")),
    (Deed.CONFIRMED, ("Adres kodla doğrulandı", "Address confirmed by code")),
    (Deed.ASSIGNED, ("Görevlendirildi", "Assigned")), (Deed.NOTED, ("İç not", "Internal note")),
    (Deed.IDENTITY, ("Kimlik denetimi", "Identity check")),
    (Deed.ASKED, ("Başvurandan bilgi istendi", "The person was asked for more")),
    (Deed.FILE, ("Dosya eklendi", "File added")),
    (Deed.ATTACHED, ("Kişi eşlendi", "Person matched")),
    (Deed.DETACHED, ("Eşleme kaldırıldı", "Match removed")),
    (Deed.STOPPED, ("Bütün iletiler durduruldu", "All messages stopped")),
    (Deed.WITHDRAWN, ("Açık rızalar geri alındı", "Explicit consents withdrawn")),
    (Deed.CORRECTED, ("Düzeltme kaydedildi", "Correction recorded")),
    (Deed.EXPORT, ("Veri örneği istendi", "Copy of the data asked for")),
    (Deed.EXPORTED, ("Veri örneği hazır", "Copy of the data made")),
    (Deed.EXPORT_FAILED, ("Veri örneği hazırlanamadı", "The copy could not be made")),
    (Deed.OPENED, ("Kişisel bilgiler açıldı", "Personal details opened")),
    (Deed.TAKEN, ("Veri örneği indirildi", "Copy of the data downloaded")),
    (Deed.COPY_REMOVED, ("Veri örneği silindi", "Copy of the data removed")),
    (Deed.ERASE_ASKED, ("Silme önerildi", "Erasure proposed")),
    (Deed.ERASE_APPROVED, ("Silme onaylandı", "Erasure approved")),
    (Deed.ERASE_DECLINED, ("Silme önerisi geri çevrildi", "Proposed erasure turned down")),
    (Deed.ERASED, ("Silindi", "Erased")), (Deed.ERASE_FAILED, ("Silinemedi", "Erasure failed")),
    (Deed.ERASE_RETRIED, ("Silme yeniden başlatıldı", "Erasure started again")),
    (Deed.ANSWERED, ("Cevap yazıldı", "Answer written")), (Deed.SENT, ("Cevap gönderildi",
                                                                       "Answer sent")),
    (Deed.SEND_FAILED, ("Cevap gönderilemedi", "The answer could not be sent")),
    (Deed.CLOSED, ("Dosya kapandı", "Case closed")),
    (Deed.ALARM, ("Süre uyarısı", "Deadline alarm")),
    (Deed.LATE, ("30 gün doldu", "30 days are over")),
    (Deed.RIGHTS, ("Talepler düzeltildi", "What is asked was corrected")),
)
LABELS: Final[dict[tuple[type, object], tuple[str, str]]] = {
    (type(word), word.value): said for word, said in _WORDS}
