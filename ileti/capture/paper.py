"""Consent on paper: numbered sheets, and what a signed one says, recorded with its scan.

Why this module exists: a signature is a proof only together with the very words above it. So every
printed sheet has a number that names its printing, and a printing names the versions that stand on
it; whoever types the sheet in chooses neither text nor source (R-43). The signed sheet proves the
address that stands on it (R-09, R-21), so without its scan nothing is recorded. A sheet counts
once. A box marked "no" is the person's refusal; an empty one says nothing (R-12). The date is the
one beside the signature, never before the sheet was printed (R-40).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.consents.deadlines import due_at
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Place, Recorded
from ileti.consents.rules import Flow, Item, check_item
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, reach
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotFound
from ileti.core.numbers import Numbers
from ileti.core.secrets import secrets
from ileti.evidence import links
from ileti.evidence.kinds import Role
from ileti.evidence.vault import Kept
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from ileti.recipients.address import AddressError, parse_email, parse_phone

SHEETS: Final = Numbers("KGT", "paper-sheet")
MOST_COPIES: Final = 200
_EACH: Final = 1_000
_NUMBER: Final = re.compile(r"KGT(-[0-9A-Z]{4}){3}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """A version on a sheet; ``hash`` is hex, ``channel`` None for the notice."""

    id: int
    document_id: int
    channel: Channel | None
    title: str
    body: str
    hash: str


@dataclass(frozen=True)
class Batch:
    """A printing with its words."""

    id: int
    place: Place
    dealer_id: int | None
    language: str
    copies: int
    spot: str
    made_at: datetime
    texts: tuple[Text, ...]
    notice: Text

    def number(self, sheet: int) -> str:
        """The number on a sheet, from 1."""
        return number_of(self.id, sheet)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What stands on a signed sheet, as ``by`` (a user's id) typed it in: ``answers`` True for yes,
    False for no, nothing of a line without a mark; ``signed_on`` the day beside the signature;
    ``file`` its scan and the name that came with it."""

    batch: Batch
    sheet: int
    name: str
    phone: str
    email: str
    signed_on: date
    answers: Mapping[Channel, bool]
    by: int
    file: tuple[Kept, str] | None


def number_of(batch_id: int, sheet: int) -> str:
    """The number of a printing's sheet, from 1; :func:`sheet_of` reads it."""
    return SHEETS.of(batch_id * _EACH + sheet)


def sheet_of(typed: str) -> tuple[int, int]:
    """Printing and sheet of a number as it is typed, or scanned with its whole address. Raises
    NotFound."""
    found = _NUMBER.search(typed[:400])
    number = SHEETS.read(found[0] if found else typed)
    if number is None or not number // _EACH or not number % _EACH:
        raise NotFound("Böyle bir kâğıt numarası yok. Karekodu okutun ya da KGT ile başlayan "
                       "numarayı yazın.", "There is no such sheet. Scan its code, or type the "
                       "number that begins with KGT.", code="no_such_sheet")
    return number // _EACH, number % _EACH


_BATCH: Final = """
select b.id, b.provider_id, p.iys_code, b.brand_id, r.brand_code, b.dealer_id, b.language, b.copies,
       b.spot, b.made_at, b.texts, b.notice_id
  from paper_batch b join provider p on p.id = b.provider_id join brand r on r.id = b.brand_id
 where b.id = %(id)s and (%(system)s or (b.provider_id = %(provider)s
   and (%(brand)s::int is null or b.brand_id = %(brand)s)
   and (%(dealer)s::int is null or b.dealer_id = %(dealer)s)))"""
_WORDS: Final = """
select v.id, v.document_id, d.channel, v.title, v.body, encode(v.content_hash, 'hex')
  from document_version v join document d on d.id = v.document_id
 where v.id = any(%s) and d.provider_id = %s"""


def batch_of(conn: psycopg.Connection[Any], number: int, sheet: int = 1) -> Batch:
    """A printing of those in sight. Raises NotFound, also for a sheet it does not have."""
    here = reach.current()  # where the wall is missing the filter stands alone (ADR 0039)
    row = conn.execute(_BATCH, {
        "id": min(number, 2**31 - 1), "system": here is None,
        "provider": here and here.provider_id, "brand": here and here.brand_id,
        "dealer": here and here.dealer_id}).fetchone()
    if row is None or not 0 < sheet <= row[7]:
        raise NotFound("Bu kâğıt sizin gördüğünüz basımlardan değil.",
                       "This sheet is of no printing you can see.", code="no_such_sheet")
    words = {one[0]: Text(one[0], one[1], Channel(one[2]) if one[2] else None, *one[3:])
             for one in conn.execute(_WORDS, ([*row[10], row[11]], row[1]))}
    return Batch(row[0], Place(*row[1:5]), row[5], row[6], row[7], row[8], row[9],
                 tuple(words[one] for one in row[10]), words[row[11]])


_ON_SHOW: Final = """
select version_id, kind, channel from texts_on_show(%s, %s, now())
 where kind in ('ETK_ONAYI', 'AYDINLATMA') and language = %s order by channel"""


def print_batch(conn: psycopg.Connection[Any], place: Place, *, dealer_id: int | None,
                language: str, copies: int, spot: str, by: int) -> Batch:
    """Fix what the next sheets say: the texts on show now, at the notice's side (R-60). Raises
    InvalidInput for a wrong number of copies or where a text or the notice is missing."""
    rows = conn.execute(_ON_SHOW, (place.provider_id, place.brand_id, language)).fetchall()
    texts = [row[0] for row in rows if row[1] == "ETK_ONAYI"]
    notice = next((row[0] for row in rows if row[1] == "AYDINLATMA"), None)
    if not texts or notice is None:
        raise InvalidInput("Bu dilde yayında onay metni ya da aydınlatma metni yok; önce "
                           "yayımlayın.", "No consent text or no privacy notice is published in "
                           "this language; publish them first.", code="no_text")
    if not 0 < copies <= MOST_COPIES:
        raise InvalidInput(f"Bir basımda 1–{MOST_COPIES} kâğıt olur.",
                           f"A printing has 1 to {MOST_COPIES} sheets.", code="copies")
    row = conn.execute(
        "insert into paper_batch (provider_id, brand_id, dealer_id, language, copies, texts, "
        "notice_id, spot, made_by) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (place.provider_id, place.brand_id, dealer_id, language, copies, texts, notice,
         " ".join(spot.split())[:120], by)).fetchone()
    assert row is not None
    return batch_of(conn, row[0])


def key_of(batch_id: int, sheet: int) -> str:
    """The ledger's key of a sheet."""
    return f"paper:{batch_id}:{sheet}"


def take(filled: Filled) -> Recorded:
    """Record a signed sheet and tie its scan to every entry of it; again changes nothing. Raises
    InvalidInput naming what is missing or against the law, Conflict for a sheet that was entered
    with other words."""
    addresses = _checked(filled)
    batch, at = filled.batch, _moment(filled)
    known = {one.channel: one for one in batch.texts}
    items, faults = [], []
    for channel, yes in filled.answers.items():
        status, text = Status.ONAY if yes else Status.RET, known[channel]
        item = Item(channel=channel, status=status, source=Source.HS_ISLAK_IMZA, consent_date=at,
                    flow=Flow.PAPER, address_kind=channel.address_kind)
        faults += [FieldError("signed", one.code, one.tr, one.en)
                   for one in check_item(item, now=clock.now()) if one.refused]
        items.append(NewConsent(addresses[_field(channel)], channel, status, at, due_at=due_at(at),
                                text_id=text.id, text_hash=text.hash))
    if faults:
        raise InvalidInput(errors=tuple(dict.fromkeys(faults)))
    notice = batch.notice
    acts = [NewAct(notice.document_id, notice.id, notice.hash, Act.SHOWN, at, Extent.ON_PAPER,
                   address) for address in dict.fromkeys(one.address for one in items)]
    try:
        recorded, _ = record(_submission(filled, items), acts)
    except Conflict as error:
        raise InvalidInput(errors=(FieldError("number", "entered", *_ENTERED),)) from error
    assert filled.file is not None
    kept, name = filled.file
    links.link_all([one.entry_id for one in recorded.items], kept, Role.SIGNED_FORM, name,
                   by=filled.by)
    return recorded


_ENTERED: Final = ("Bu kâğıt daha önce başka sözlerle girilmiş. Numarayı ve taramayı "
                   "karşılaştırın.", "This sheet was entered before with other words. Compare "
                   "number and scan.")


def _field(channel: Channel) -> str:
    return "email" if channel is Channel.EPOSTA else "phone"


def _moment(filled: Filled) -> datetime:
    """The start of the day beside the signature, but not before the sheet was printed: early costs
    a deadline at most, and a later refusal is never outrun."""
    day = datetime.combine(filled.signed_on, time(), clock.ISTANBUL)
    return clock.whole_second(max(day, clock.to_istanbul(filled.batch.made_at)))


def _checked(filled: Filled) -> dict[str, str]:
    """The canonical addresses that the answers need; InvalidInput names all that is missing."""
    faults: list[FieldError] = []
    found: dict[str, str] = {}
    for field, typed, parse in (("phone", filled.phone, parse_phone),
                                ("email", filled.email, parse_email)):
        if any(_field(one) == field for one in filled.answers):
            try:
                found[field] = parse(typed.strip())
            except AddressError as error:
                faults.append(FieldError(field, error.code, error.tr, error.en))
    if not filled.answers:
        faults.append(FieldError("answers", "none", "Kâğıtta işaretli bir kutu yoksa kayıt olmaz.",
                                 "Where no box is marked there is nothing to record."))
    if not any(one.isalpha() for one in filled.name):
        faults.append(FieldError("name", "missing", "Kâğıttaki adı ve soyadı yazın.",
                                 "Write the full name that stands on the sheet."))
    if filled.file is None:
        faults.append(FieldError("file", "missing", "İmzalı kâğıdın taramasını ekleyin.",
                                 "Add a scan of the signed paper."))
    printed = clock.to_istanbul(filled.batch.made_at).date()
    if not printed <= filled.signed_on <= clock.today():
        faults.append(FieldError("signed", "date", "Tarih, kâğıdın basıldığı günle bugün arasında "
                                 "olmalı.", "The date lies between the day of printing and today."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return found


def _submission(filled: Filled, items: Sequence[NewConsent]) -> NewSubmission:
    batch = filled.batch
    assert filled.file is not None
    kept = filled.file[0]
    return NewSubmission(
        place=batch.place, idem=key_of(batch.id, filled.sheet), body_hash=_print(filled),
        source=Source.HS_ISLAK_IMZA, standing=Standing.VERIFIED, items=items,
        actor=ActorKind.USER, actor_id=filled.by, dealer_id=batch.dealer_id,
        evidence={"flow": "paper", "sheet": batch.number(filled.sheet), "language": batch.language,
                  **({"place": batch.spot} if batch.spot else {}),
                  "signedOn": filled.signed_on.isoformat(),
                  "file": {"id": kept.id, "sha256": kept.sha256.hex(), "size": kept.size},
                  "texts": [{"channel": one.channel.name if one.channel else None, "id": one.id,
                             "hash": one.hash} for one in batch.texts]},
        person={"name": filled.name.strip()})


def _print(filled: Filled) -> bytes:
    """What tells one filling of a sheet from another; keyed, since address and name could be
    guessed from a plain hash."""
    said = repr((filled.name, filled.phone.strip(), filled.email.strip(), filled.signed_on,
                 sorted((int(channel), yes) for channel, yes in filled.answers.items())))
    return hmac.new(secrets().key_for("paper-body"), said.encode(), sha256).digest()[:16]
