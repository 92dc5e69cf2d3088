"""What a person reads back who wrote to a number: short, without advertising, and how to refuse.

Why this module exists: an answer stays inside the session the person began (R-11, R-20), so it may
say what was done and ask for the one thing that is missing, and nothing else: no promotion, no
wish that somebody consent who did not ask to. Help names only the way to refuse; how to consent it
tells to whom wrote a word of consent. Each answer says who speaks (R-24).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ileti.channels.base import MessageKind
from ileti.channels.confirm import confirmation
from ileti.channels.messages import NewMessage
from ileti.consents.numbers import receipt_number
from ileti.consents.vocabulary import Channel
from ileti.inbound.numbers import BrandLine, Number
from ileti.inbound.vocabulary import Answered
from ileti.recipients.address import pretty

_WAYS = {Channel.MESAJ: "SMS", Channel.ARAMA: "arama", Channel.EPOSTA: "e-posta"}


def refused(number: Number, brands: list[BrandLine], *, everything: bool, mail: bool,
            channels: Sequence[Channel] = ()) -> str:
    """That the refusal is taken, for which brands and channels: those that were named, else SMS."""
    who = ", ".join(one.line.brand for one in brands)
    if everything or channels:
        said = [one for one in _WAYS if (everything or one in channels)
                and (mail or one is not Channel.EPOSTA)]
        ways = " ve ".join(filter(None, (", ".join(_WAYS[one] for one in said[:-1]),
                                         _WAYS[said[-1]])))
        return _signed(f"{who}: isteğiniz alındı. Size {ways} ile ticari ileti göndermeyeceğiz.",
                       brands)
    return _signed(f"{who}: reddiniz alındı. Bu numaraya ticari SMS göndermeyeceğiz.", brands)


def name_asked(number: Number, brand: BrandLine) -> str:
    """The question for the name, without which no consent is recorded (R-09)."""
    return _signed(f"{brand.line.brand}: onayınız henüz kaydedilmedi. Tamamlamak için adınızı ve "
                   f"soyadınızı {shown(number)} numarasına yazın; vazgeçtiyseniz bir şey yapmayın.",
                   [brand])


def informed(number: Number, brand: BrandLine) -> str:
    """The provider's own information, or who speaks and how to refuse."""
    return _signed(brand.info_answer or f"{brand.line.brand}: {_refuse(number)}", [brand])


def helped(number: Number, brands: list[BrandLine], *, consenting: bool) -> str:
    """That nothing was understood; ``consenting``: a word of consent was among the words."""
    one = brands[0]
    who = ", ".join(line.line.brand for line in brands)
    if consenting:
        word = one.line.consent[0] if one.line.consent else "ONAY"
        return _signed(f"{who}: mesajınızı anlayamadık, kayıt yapılmadı. Onay için yalnız {word} "
                       "ile adınızı ve soyadınızı, baş harfleri büyük yazın. "
                       f"{_refuse(number)}", brands)
    own = one.help_answer if len(brands) == 1 else ""
    return _signed(own or f"{who}: mesajınızı anlayamadık; bir görevlimiz okuyacak. "
                   f"{_refuse(number)}", brands)


def confirmed(
    number: Number, brand: BrandLine, recipient_id: int, submission_id: int, at: datetime,
    person: str,
) -> NewMessage:
    """The same-day confirmation, with the SMS way to refuse beside the link (R-10, R-29)."""
    made = confirmation(
        provider_id=number.provider_id, brand_id=brand.place.brand_id, recipient_id=recipient_id,
        submission_id=submission_id, at=at, channels=[Channel.MESAJ], language="tr",
        person=person, place=number.name, receipt=receipt_number(submission_id))
    made.content["stop"] = f"RET yazıp {shown(number)} numarasına gönderin"
    return made


def message(number: Number, brand_id: int, recipient_id: int, kind: Answered, text: str,
            at: datetime) -> NewMessage:
    """An answer for the queue."""
    content: dict[str, Any] = {"text": text, "about": kind.name}
    return NewMessage(number.provider_id, brand_id, recipient_id, None, Channel.MESAJ,
                      MessageKind.ANSWER, content, at)


def shown(number: Number) -> str:
    """The number as people read it."""
    return pretty(number.number) if number.number.startswith("+") else number.number


def _refuse(number: Number) -> str:
    return f"Tanıtım mesajlarını durdurmak için RET yazıp {shown(number)} numarasına gönderin."


def _signed(text: str, brands: list[BrandLine]) -> str:
    mersis = f" MERSİS {brands[0].mersis}" if brands[0].mersis else ""
    return f"{text} {brands[0].title}{mersis}"
