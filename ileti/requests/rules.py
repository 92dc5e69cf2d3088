"""What the law wants of a request and its answer, by itself: no database, no page.

Why this module exists: the clock, the mandatory parts and what an answer must hold are law, and are
tested as tables (R-63). Days are calendar days in Istanbul: the day of receipt does not count, the
last is the thirtieth after it, to its last second; a thirtieth day on a holiday is not moved, since
"at the latest" is kept that way under every reading. Asking the person for more moves nothing:
neither law nor communiqué stops the clock, so the page says so and the alarms go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from ileti.core.clock import ISTANBUL, to_istanbul
from ileti.core.errors import FieldError
from ileti.requests.vocabulary import Decision, Identity, Right, Sending, Way

DAYS: Final = 30
#: days after receipt on which whoever answers is alarmed, the last one: it is too late (R-63)
ALARM_DAYS: Final = (20, 25, 31)
SOON_DAYS: Final = 10
#: stands in a begun answer where somebody has to write; no answer goes out with it
GAP: Final = "[…]"
_LAST: Final = time(23, 59, 59)
_UNFILLED: Final = re.compile(r"\{[a-z]{1,20}\}")


def due_at(received: datetime) -> datetime:
    """The last second for the answer: the end of the 30th day after receipt (KVKK 13/2)."""
    day = to_istanbul(received).date() + timedelta(days=DAYS)
    return datetime.combine(day, _LAST, ISTANBUL)


def alarm_at(received: datetime, days: int) -> datetime:
    """When the alarm of that day begins: midnight in Istanbul."""
    day = to_istanbul(received).date() + timedelta(days=days)
    return datetime.combine(day, time(), ISTANBUL)


def alarm_level(received: datetime, now: datetime) -> int:
    """The highest alarm day reached, 0 before the first."""
    return max((days for days in ALARM_DAYS if alarm_at(received, days) <= now), default=0)


def days_left(due: datetime, now: datetime) -> int:
    """Whole calendar days until the last day; 0 on it, negative when it is over."""
    return (to_istanbul(due).date() - to_istanbul(now).date()).days


@dataclass(frozen=True)
class Part:
    """A mandatory part of an application (Tebliğ m. 5/2)."""

    key: str
    law: str
    tr: str
    en: str


PARTS: Final = (
    Part("name", "m. 5/2-a", "Ad ve soyad", "Name and surname"),
    Part("signature", "m. 5/2-a", "İmza (yazılı başvuruda)", "Signature (in writing)"),
    Part("identity", "m. 5/2-b", "T.C. kimlik no; yabancıda uyruk ile pasaport ya da kimlik no",
         "Turkish identity number; of foreigners nationality and passport or identity number"),
    Part("postal", "m. 5/2-c", "Tebligata esas yerleşim yeri ya da iş yeri adresi",
         "Home or work address for notification"),
    Part("wish", "m. 5/2-d", "Talep konusu", "The subject"),
)


def missing_parts(person: Mapping[str, str], wish: str, way: Way,
                  rights: Collection[str], *, signed: bool) -> tuple[Part, ...]:
    """What the application lacks of its mandatory parts. ``signed``: somebody saw the signature."""
    foreign = person.get("nationality", "") and (person.get("passport") or person.get("foreign_id"))
    here = {
        "name": bool(person.get("name")), "identity": bool(person.get("tckn") or foreign),
        "postal": bool(person.get("postal")), "wish": bool(wish.strip() or rights),
        "signature": way is not Way.PAPER or signed,
    }
    return tuple(part for part in PARTS if not here[part.key])


def identity_hint(way: Way) -> tuple[str, str]:
    """What shows, on this way, that the applicant is who they say (Tr, En)."""
    return {
        Way.FORM: ("Adres kodla doğrulandı. Adres kayıtlarımızdaki bir alıcıyla eşleşiyorsa yeter; "
                   "eşleşmiyorsa ek bilgi isteyin.",
                   "The address was confirmed by code. That is enough when it matches a recipient "
                   "of ours; if it does not, ask for more."),
        Way.EMAIL: ("Başvuru, daha önce bildirilen ve sistemde kayıtlı e-posta adresinden gelmiş "
                    "olmalı (Tebliğ m. 5/1). Gönderen adresi kayıtlarla karşılaştırın.",
                    "It must have come from the e-mail address that was given before and is in the "
                    "records (Communiqué art. 5/1). Compare the sender with the records."),
        Way.PAPER: ("İmzayı, varsa eldeki imzayla ve kimlik bilgileriyle karşılaştırın.",
                    "Compare the signature with the one you have and with the identity given."),
        Way.KEP: ("KEP delilini dosyaya ekleyin; göndereni KEP hizmet sağlayıcısı doğrulamıştır "
                  "(R-69).",
                  "Add the KEP receipt; the KEP provider has verified the sender (R-69)."),
        Way.IN_PERSON: ("Kimlik belgesini gördüğünüzü ve türünü yazın; kopyasını almayın.",
                        "Note that you saw an identity document and its kind; take no copy."),
        Way.SIGNED: ("Elektronik imzayı doğrulayın ve doğrulama çıktısını ekleyin.",
                     "Verify the electronic signature and add the report."),
    }[way]


def check_answer(*, decision: Decision | None, reason: str, why: str, body: str,
                 identity: Identity, sending: Sending | None, has_mail: bool,
                 copy: bool = False, kept: bool = False) -> list[FieldError]:
    """What is wrong with an answer: decision, reason for a refusal (KVKK 13/3, Tebliğ m. 6/2),
    identity first, and a way out that exists. ``copy``: the person's data go with it;
    ``kept``: something that was to be erased is kept (R-64: the reply says why)."""
    wrong = []
    if decision is None:
        wrong.append(_wrong("decision", "Kararı seçin.", "Choose the decision."))
    elif decision.needs_reason and not reason:
        wrong.append(_wrong("reason", "Gerekçeyi seçin; gerekçesiz ret olmaz (Tebliğ m. 6/2).",
                            "Choose the reason: there is no refusal without one (art. 6/2)."))
    if decision is not None and decision.needs_reason and len(why.strip()) < 20:
        wrong.append(_wrong("why", "Gerekçeyi kişinin anlayacağı bir cümleyle yazın (20 harf).",
                            "Write the reason in a sentence the person understands (20 letters)."))
    if len(body.strip()) < 40:
        wrong.append(_wrong("body", "Cevap metni eksik.", "The text of the answer is missing."))
    elif GAP in body or _UNFILLED.search(body):
        wrong.append(_wrong("body", f"Metinde doldurulmamış yer var: {GAP} ya da {{alan}}.",
                            f"Something in the text is not filled in: {GAP} or {{field}}."))
    if identity is not Identity.VERIFIED and decision in (Decision.GRANTED, Decision.PARTLY):
        wrong.append(_wrong("decision", "Kimlik doğrulanmadan kabul cevabı verilemez: veriler "
                            "başkasına gidebilir.",
                            "Nothing is granted before the identity is verified: the data might go "
                            "to somebody else."))
    if kept and decision is Decision.GRANTED:
        wrong.append(_wrong("decision", "Silinmeyip saklanan kayıtlar var: “Kısmen kabul” seçin ve "
                            "gerekçesini yazın.",
                            "Something is kept and not erased: choose “Partly granted” and give "
                            "the reason."))
    if identity is not Identity.VERIFIED and copy:
        wrong.append(_wrong("export", "Kimlik doğrulanmadan veri örneği verilemez.",
                            "No copy of the data is given before the identity is verified."))
    if sending is None:
        wrong.append(_wrong("sending", "Cevabın nasıl gideceğini seçin.",
                            "Choose how the answer goes out."))
    elif sending is Sending.MAIL and not has_mail:
        wrong.append(_wrong("sending", "Başvuruda e-posta adresi yok.",
                            "The application has no e-mail address."))
    return wrong


def _wrong(field: str, tr: str, en: str) -> FieldError:
    return FieldError(field, "missing", tr, en)


#: which rights are fulfilled by what the desk can do, for the case page
BY_EXPORT: Final = frozenset({Right.LEARN, Right.INFORM, Right.PURPOSE, Right.THIRD})
