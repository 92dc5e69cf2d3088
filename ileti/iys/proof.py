"""What İYS answered about the records of a proof bundle (R-23, R-33): ``iys/<record>.json``.

Why this module exists: a consent that İYS did not take is no consent, so whoever proves one shows
İYS's answer too. Everything İYS ever said about an entry is there with its numbers, by which İYS
can be asked; and, when the day is archived, the row of İYS's own daily file with the file's digest
and its time stamp (``iys/<day>-<brand>.tsr``). The file itself holds other people and stays here:
the row alone does not prove it, and the bundle says so.

This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ileti.consents.bundle import attaches
from ileti.consents.bundled import Proven
from ileti.consents.ledger import Place
from ileti.consents.recount import Told, Tone, recounts
from ileti.consents.vocabulary import Source
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.crypto import CannotDecrypt
from ileti.core.logs import get_logger
from ileti.evidence.leaf import iso_utc
from ileti.evidence.stamps import Verdict
from ileti.iys import archive
from ileti.iys.archive import Kept, Kind
from ileti.iys.dayfile import rows_of
from ileti.iys.errors import meaning
from ileti.iys.wire import Movement, spelled_here

log = get_logger("ileti.iys")

DAYS_TR: Final = (
    "Satır, günün İYS’ten indirilen dosyasından alınmıştır; dosya başka kişilerin verisini "
    "taşıdığı için pakette yoktur. Satır tek başına dosyayı kanıtlamaz: dosyanın özeti ve İYS’in "
    "verdiği damga, dosya ibraz edildiğinde onun indirildiği gibi olduğunu gösterir.")
DAYS_EN: Final = (
    "The row is from the day's file as downloaded from İYS; the file holds other people's data and "
    "is not in the bundle. The row alone does not prove the file: its digest and the time stamp "
    "İYS gave show, once the file is presented, that it is as it was downloaded.")
_WHY: Final = {
    "overdue": ("üç iş günü geçtiği için İYS’e gönderilmedi", "not sent: three business days over"),
    "unknown at İYS": ("İYS alıcıyı tanımıyor; ret burada tutuluyor ve engelliyor",
                       "İYS does not know the recipient; the refusal is kept here and blocks"),
    "superseded": ("kişi bu arada İYS’de değiştirdi; geçerli olan odur",
                   "the person had changed it at İYS meanwhile; that holds"),
    "erased": ("kişi silindi", "the person was erased"),
    "dropped": ("sıradan elle çıkarıldı", "taken out of the queue by hand"),
}
_RECEIPTS: Final = """
select r.entry_id, r.at, r.accepted, r.late, r.code, r.transaction_id, r.creation_date, r.detail,
       r.batch_id, b.request_id, b.sub_ids[array_position(b.entry_ids, r.entry_id)], b.sent_at
  from iys_receipt r
  left join iys_batch b on b.provider_id = r.provider_id and b.id = r.batch_id
 where r.provider_id = %s and r.entry_id = any(%s)
 order by r.entry_id, r.at, r.id"""
_MOVEMENTS: Final = """
select distinct on (transaction_id) transaction_id, source, creation_date, seen_at
  from iys_movement where provider_id = %s and brand_id = any(%s) and transaction_id = any(%s)
 order by transaction_id, seen_at"""


class Receipt(NamedTuple):
    """One answer of İYS about an entry, with the call that brought it."""

    entry_id: int
    at: dt.datetime
    accepted: bool
    late: bool
    code: str | None
    transaction_id: str | None
    creation_date: dt.datetime | None
    detail: dict[str, Any] | None
    batch_id: int | None
    request_id: str | None
    sub_id: str | None
    sent_at: dt.datetime | None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the bundle."""
        told = meaning(self.code) if self.code else None
        why = _WHY.get(str((self.detail or {}).get("not_sent")))
        return {
            "at": iso_utc(self.at), "accepted": self.accepted, "late": self.late,
            "code": self.code,
            "meaning": {"tr": told.tr, "en": told.en} if told else
            {"tr": why[0], "en": why[1]} if why else None,
            "transaction": self.transaction_id, "creationDate": _iso(self.creation_date),
            "batch": {"number": self.batch_id, "request": self.request_id,
                      "subRequest": self.sub_id or None, "sent": _iso(self.sent_at)}
            if self.batch_id is not None else None,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Day:
    """An archived day of a brand: its file, its stamp, and wanted rows by transaction number."""

    day: dt.date
    brand_code: int
    file: Kept
    stamp: bytes | None
    verdict: Verdict | None
    signer: str | None
    rows: dict[str, list[tuple[int, Movement, str]]] | None

    @property
    def stamp_name(self) -> str:
        """The stamp's name in the bundle."""
        return f"iys/{self.day}-{self.brand_code}.tsr"

    def as_json(self, one: Proven, transaction: str) -> dict[str, Any]:
        """What the day says about a record; only that person's row is taken."""
        claim = one.parts["claim"]
        key = claim["recipient"], claim["channel"], claim["recipientType"]
        row = next(((line, text) for line, there, text in (self.rows or {}).get(transaction, ())
                    if (spelled_here(there.recipient), there.channel.name,
                        there.recipient_type.name) == key), None)
        return {
            "day": str(self.day), "brand": self.brand_code,
            "file": {"sha384": self.file.sha384.hex(), "bytes": self.file.size,
                     "lines": self.file.lines, "fetched": iso_utc(self.file.fetched_at),
                     "readable": self.rows is not None},
            "row": {"line": row[0], "text": row[1]} if row else None,
            "stamp": {"file": self.stamp_name if self.stamp is not None else None,
                      "verdict": self.verdict.name if self.verdict else None,
                      "signer": self.signer},
            "says": {"tr": DAYS_TR, "en": DAYS_EN},
        }


@attaches
def answers(proven: Sequence[Proven]) -> dict[str, bytes]:
    """``iys/<record>.json`` of each record İYS was asked about or told of, and the days' stamps."""
    provider_id = proven[0].entry.provider_id
    receipts = receipts_of(provider_id, proven)
    movements = _movements(provider_id, proven, receipts)
    days = _days(proven, receipts)
    files: dict[str, bytes] = {}
    for one in proven:
        said = receipts[one.entry.id]
        if not said and not Source(one.entry.source).is_iys:
            continue
        files[f"iys/{one.record}.json"] = json.dumps({
            "record": one.record, "receipts": [receipt.as_json() for receipt in said],
            "movements": [movements[number] for number in _numbers(said) if number in movements],
            "days": [days[key].as_json(one, number) for number, key in _keys(one, said)
                     if key in days],
        }, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return files | {day.stamp_name: day.stamp for day in days.values() if day.stamp is not None}


@recounts
def told(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """İYS's answers for the pages."""
    theirs = {one.entry.id for one in proven if Source(one.entry.source).is_iys}
    for said in receipts_of(provider_id, proven).values():
        for one in said:
            yield _told(one, fetched=one.entry_id in theirs)


def _told(one: Receipt, *, fetched: bool) -> Told:
    number = f"İYS işlemi {one.transaction_id}" if one.transaction_id else ""
    if one.accepted:
        title = "İYS’den alındı" if fetched else \
            "İYS geç kabul etti" if one.late else "İYS kabul etti"
        created = f"İYS’deki kayıt zamanı {to_istanbul(one.creation_date):%d.%m.%Y %H:%M:%S}" \
            if one.creation_date else ""
        facts = " · ".join(part for part in (
            created, "üç iş günü geçmişti; bu kayıtta kalır" if one.late else "") if part)
        tone: Tone = "bad" if one.late else "ok"
        return Told(one.entry_id, one.at, title, facts, tone, number, "iys")
    if one.code is None:
        why = str((one.detail or {}).get("not_sent"))
        return Told(one.entry_id, one.at, "İYS’e gönderilmedi", _WHY.get(why, (why, ""))[0], "mute")
    return Told(one.entry_id, one.at, "İYS reddetti", meaning(one.code).tr, "bad",
                " · ".join(part for part in (one.code, number) if part))


def receipts_of(provider_id: int, proven: Sequence[Proven]) -> dict[int, list[Receipt]]:
    """İYS's answers by entry, the oldest first."""
    found: dict[int, list[Receipt]] = {one.entry.id: [] for one in proven}
    for row in db.connection().execute(_RECEIPTS, (provider_id, list(found))).fetchall():
        found[row[0]].append(Receipt(*row))
    return found


def _iso(at: dt.datetime | None) -> str | None:
    return None if at is None else iso_utc(at)


def _numbers(said: Sequence[Receipt]) -> list[str]:
    return list(dict.fromkeys(one.transaction_id for one in said if one.transaction_id))


def _movements(provider_id: int, proven: Sequence[Proven], receipts: dict[int, list[Receipt]]
               ) -> dict[str, dict[str, Any]]:
    """What İYS told of changes made there, by transaction number."""
    numbers = [number for one in proven if Source(one.entry.source).is_iys
               for number in _numbers(receipts[one.entry.id])]
    if not numbers:
        return {}
    return {number: {"transaction": number, "source": source, "creationDate": iso_utc(created),
                     "seen": iso_utc(seen)}
            for number, source, created, seen in db.connection().execute(
                _MOVEMENTS, (provider_id, list({one.entry.brand_id for one in proven}), numbers)
            ).fetchall()}


_Key = tuple[int, dt.date]


def _keys(one: Proven, said: Sequence[Receipt]) -> list[tuple[str, _Key]]:
    """(transaction number, brand and İYS's day) of what İYS took."""
    return list(dict.fromkeys(
        (receipt.transaction_id, (one.entry.brand_id, to_istanbul(receipt.creation_date).date()))
        for receipt in said
        if receipt.accepted and receipt.transaction_id and receipt.creation_date is not None))


def _days(proven: Sequence[Proven], receipts: dict[int, list[Receipt]]) -> dict[_Key, Day]:
    """The archived days these records were taken on."""
    wanted: dict[_Key, set[str]] = defaultdict(set)
    codes: dict[int, Place] = {}
    for one in proven:
        claim = one.parts["claim"]
        codes[one.entry.brand_id] = Place(one.entry.provider_id, claim["provider"],
                                          one.entry.brand_id, claim["brand"])
        for number, key in _keys(one, receipts[one.entry.id]):
            wanted[key].add(number)
    found = {}
    for (brand_id, day), numbers in sorted(wanted.items()):
        place = codes[brand_id]
        file = archive.newest(place, day, Kind.FILE)
        if file is not None:
            found[brand_id, day] = _day(place, day, file, numbers)
    return found


def _day(place: Place, day: dt.date, file: Kept, numbers: set[str]) -> Day:
    rows: dict[str, list[tuple[int, Movement, str]]] | None = None
    content: bytes | None = None
    stamp = archive.newest(place, day, Kind.STAMP)
    try:
        rows = rows_of(archive.read(place, day, file), numbers)
        content = b"".join(archive.read(place, day, stamp)) if stamp is not None else None
    except (CannotDecrypt, OSError) as error:
        log.error("archived_day_unreadable", brand=place.brand_id, day=str(day),
                  reason=type(error).__name__)
    row = db.connection().execute(
        "select verdict, signer from iys_stamp_check where provider_id = %s and archive_id = %s",
        (place.provider_id, stamp.id)).fetchone() if stamp is not None else None
    return Day(day, place.brand_code, file, content, Verdict(row[0]) if row else None,
               row[1] if row else None, rows)
