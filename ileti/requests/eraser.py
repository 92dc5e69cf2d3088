"""The eraser of :mod:`ileti.requests.erasing`: the room of retention, told in a request's words.

Why this module exists: the answer to a person lists what went and what the law keeps, line by line
and with its article (R-64); retention tells what becomes of each recipient. Imported by every
process that works at requests (factory, worker).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from config import settings
from ileti.core import clock
from ileti.requests import erasing
from ileti.requests.erasing import Line, Outcome
from ileti.retention.erase import Erasure, Person, erase_person, plan_erasure

_REASON = "KVKK m. 7 başvurusu"
_RECORDS = ("records", "İzin, ret ve KVKK kayıtları", "Consents, refusals and KVKK records")
_MESSAGES = ("messages", "Gönderilen iletiler", "Messages that were sent")
_FILES = ("files", "Kanıt dosyaları", "Proof files")
_ADDRESSES = ("addresses", "Adres ve ona giden anahtarlar", "Addresses and their keys")


@dataclass(frozen=True)
class _Why:
    """Why something is kept: rule of the house, article, and a sentence."""

    rule: str
    law: str
    tr: str
    en: str


_BY_LAW = _Why(
    "R-46, R-47", "6563 s. Kanun m. 11/3; Yönetmelik m. 13",
    "İzinleri ispat yükü sağlayıcıdadır; kayıtlar yalnız bunun için, kısıtlı olarak saklanır.",
    "The provider has to prove consents; the records are kept for that alone, restricted.")
_BY_HOLD = _Why(
    "R-64", "KVKK m. 5/2-e", "Hukuki bekletme sürüyor; kaldırılana dek silinmez.",
    "A legal hold is on it; nothing is erased before that ends.")
_TILL_DESTRUCTION = _Why(
    "R-64", "KVKK m. 7; İmha Yönetmeliği m. 7, 11",
    "Saklama süresi doldu; sıradaki periyodik imhada yok edilir.",
    "The period is over; it is destroyed with the next periodic destruction.")


class Retention:
    """Plans and erases by the rules of retention (docs/adr/0029)."""

    def plan(self, provider_id: int, recipient_ids: Sequence[int]) -> Outcome:
        """What :meth:`erase` would do now; changes nothing."""
        return told(plan_erasure(provider_id, recipient_ids))

    def erase(self, provider_id: int, recipient_ids: Sequence[int], *, case: str,
              by: int) -> Outcome:
        """Erase what may go and restrict the rest; again the same ends the same."""
        return told(erase_person(provider_id, recipient_ids, reason=_REASON, case=case, by=by))


def told(found: Erasure) -> Outcome:
    """What goes and what stays, in lines of an answer. Erased is only what is gone, or in a plan
    what will be: the address, its key and messages; what a record and its files hold goes with the
    next periodic destruction and is kept until then. Of what stays the latest day of those that
    stay for the same reason."""
    going = [one for one in found.persons if one.erased or (one.goes_now and not found.done)]
    late = [one for one in found.persons if found.done and one.goes_now]
    kept = _lines(going, _TILL_DESTRUCTION, _RECORDS, _FILES) + _lines(
        late, _TILL_DESTRUCTION, *_ALL)
    for due, held, reason in ((True, False, _BY_LAW), (False, True, _BY_HOLD),
                              (True, True, _both())):
        kept += _lines([one for one in found.persons if not one.erased
                        and (one.until is not None, bool(one.holds)) == (due, held)],
                       reason, *_ALL)
    return Outcome(
        erased=tuple(_lines(going, None, _ADDRESSES, _MESSAGES)),
        ended=(Line("marketing", "Pazarlama kullanımı: bütün onay ve rızalar geri alındı",
                    "Use for marketing: all consents were withdrawn", len(found.persons)),),
        kept=tuple(kept))


_ALL = (_RECORDS, _MESSAGES, _FILES, _ADDRESSES)


def _both() -> _Why:
    return _Why(f"{_BY_LAW.rule}, {_BY_HOLD.rule}", f"{_BY_LAW.law}; {_BY_HOLD.law}",
                f"{_BY_LAW.tr} {_BY_HOLD.tr}", f"{_BY_LAW.en} {_BY_HOLD.en}")


def _lines(persons: Sequence[Person], why: _Why | None, *kinds: tuple[str, str, str]
           ) -> list[Line]:
    lines = []
    for what, tr, en in kinds:
        count = len(persons) if what == "addresses" else sum(
            getattr(one, what) for one in persons)
        line = Line(what, tr, en, count)
        if why is not None:
            line = replace(line, until=_until(persons, why), rule=why.rule, law=why.law,
                           why_tr=why.tr, why_en=why.en)
        lines += [line] if count else []
    return lines


def _until(persons: Sequence[Person], why: _Why) -> date | None:
    if why is _TILL_DESTRUCTION:
        return clock.today() + timedelta(days=settings().destruction_days)
    if why is not _BY_LAW:
        return None  # nobody knows when a hold ends
    return max((clock.to_istanbul(one.until).date() for one in persons if one.until), default=None)


erasing.register(Retention())
