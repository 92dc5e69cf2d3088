"""The eraser of :mod:`ileti.requests.erasing`: the room of retention, told in a request's words.

Why this module exists: the answer to a person lists what went and what the law keeps, line by line
and with its article (R-64); retention tells what becomes of each recipient. Imported by every
process that works at requests (factory, worker).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ileti.core import clock
from ileti.requests import erasing
from ileti.requests.erasing import Line, Outcome
from ileti.retention.erase import Erasure, Person, erase_person, plan_erasure

_REASON = "KVKK m. 7 başvurusu"
_KINDS = (("records", "İzin, ret ve KVKK kayıtları", "Consents, refusals and KVKK records"),
          ("messages", "Gönderilen iletiler", "Messages that were sent"),
          ("files", "Kanıt dosyaları", "Proof files"))
_LAW = "6563 s. Kanun m. 11/3; Yönetmelik m. 13"
_WHY = ("İzinleri ispat yükü sağlayıcıdadır; kayıtlar yalnız bunun için, kısıtlı olarak saklanır.",
        "The provider has to prove consents; the records are kept for that alone, restricted.")
_HELD = ("Hukuki bekletme sürüyor; kaldırılana dek silinmez.",
         "A legal hold is on it; nothing is erased before that ends.")


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
    """What goes and what stays, in lines of an answer; of what stays the latest day."""
    going = [one for one in found.persons if one.erased or one.goes_now]
    kept = [one for one in found.persons if not (one.erased or one.goes_now)]
    addresses = Line("addresses", "Adres ve ona giden anahtarlar", "Addresses and their keys",
                     len(going))
    marketing = Line("marketing", "Pazarlama kullanımı: bütün onay ve rızalar geri alındı",
                     "Use for marketing: all consents were withdrawn", len(found.persons))
    return Outcome(
        erased=(marketing, *((addresses,) if going else ()), *_lines(going)),
        kept=tuple(_kept(one, kept) for one in _lines(kept)))


def _lines(persons: Iterable[Person]) -> list[Line]:
    people = list(persons)
    lines = [Line(what, tr, en, sum(getattr(one, what) for one in people))
             for what, tr, en in _KINDS]
    return [one for one in lines if one.count]


def _kept(line: Line, persons: Sequence[Person]) -> Line:
    held = any(one.holds for one in persons)
    return Line(line.what, line.tr, line.en, line.count, until=None if held else _until(persons),
                rule="R-46, R-47", law=_LAW, why_tr=(_HELD if held else _WHY)[0],
                why_en=(_HELD if held else _WHY)[1])


def _until(persons: Sequence[Person]) -> date | None:
    days = [clock.to_istanbul(one.until).date() for one in persons if one.until is not None]
    return max(days, default=None)


erasing.register(Retention())
