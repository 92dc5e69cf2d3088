"""Making a call list: from a brand's consents to calls, or from a list of phones.

Why this module exists: whom a list holds is a question to the gate, asked for everybody when the
list is made (and again when a number is handed out, R-36). Whoever makes it gets whom they may see:
candidates are read behind the wall, so a dealer's list holds who gave the dealer consent or whose
consent it may use (R-16, R-45). Of phones that were uploaded nothing is kept but those the gate let
in, which are recipients already; of the others only how many, and why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import psycopg

from ileti.calllists.vocabulary import LONGEST_NAME, MOST_ON_A_LIST
from ileti.consents import gate
from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core import clock, db
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_phone

CHUNK: Final = 2_000
LASTS: Final = timedelta(days=30)
LONGEST_LIFE: Final = timedelta(days=180)
UNREADABLE, TWICE = "unreadable", "twice"


@dataclass(frozen=True, kw_only=True)
class NewList:
    """What a list shall be. ``opens`` and ``closes`` in minutes of the Istanbul day."""

    provider_id: int
    brand_id: int
    name: str
    dealer_id: int | None = None
    recipient_type: RecipientType = RecipientType.BIREYSEL
    opens: int = 9 * 60
    closes: int = 21 * 60
    on_holidays: bool = False
    most_tries: int = 3
    rest_minutes: int = 240
    cap_days: int = 7
    ends_at: datetime | None = None
    made_by: int | None = None


@dataclass(frozen=True)
class Made:
    """A list's number, how many are on it, how many were asked for, and why the others are not:
    the gate's words, ``unreadable`` and ``twice``."""

    list_id: int
    on_it: int
    asked: int
    left_out: dict[str, int]


_CANDIDATES: Final = """
select r.id, r.key_no, r.addr_ct, r.addr_hash
  from consent_state s join recipient r on r.provider_id = s.provider_id and r.id = s.recipient_id
 where s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.channel = %(channel)s
   and s.recipient_type = %(type)s and s.status = %(consent)s and r.addr_ct is not null
   and not exists (select from restriction x where x.provider_id = r.provider_id
                    and x.recipient_id = r.id
                    and not given_again(x.provider_id, x.recipient_id, x.since))
 order by r.id limit %(most)s"""


def from_consents(new: NewList) -> Made:
    """A list of everybody with a consent to calls that whoever is at work may see.

    Raises InvalidInput (name, hours, brand), StorageAway when the gate cannot be asked.
    """
    refuse_faulty(new)
    _refuse_strange_place(new)
    rows = db.connection().execute(_CANDIDATES, {
        "provider": new.provider_id, "brand": new.brand_id, "channel": int(Channel.ARAMA),
        "type": int(new.recipient_type), "consent": int(Status.ONAY),
        "most": MOST_ON_A_LIST}).fetchall()
    keyring = secrets().keyring
    found = ((number, keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode())
             for number, key_no, cipher, digest in rows)
    return _made(new, found, Counter())


_KNOWN: Final = """
select r.addr_hash, r.id from recipient r
 where r.provider_id = %(provider)s and r.addr_hash = any(%(hashes)s)"""


def from_phones(new: NewList, phones: Iterable[str]) -> Made:
    """A list of these phones, in any spelling, as far as the gate lets them in.

    Raises InvalidInput (also ``phones``: too many), StorageAway when the gate cannot be asked.
    """
    refuse_faulty(new)
    _refuse_strange_place(new)
    left_out: Counter[str] = Counter()
    read = _read(phones, left_out)
    found: list[tuple[int, str]] = []
    for part in _parts(read, CHUNK):
        hashes = secrets().addresses.of_many(new.provider_id, part)
        known = {bytes(digest): number for digest, number in db.connection().execute(
            _KNOWN, {"provider": new.provider_id, "hashes": hashes})}
        for phone, digest in zip(part, hashes, strict=True):
            if digest in known:
                found.append((known[digest], phone))
            else:
                left_out[gate.Denial.NO_RECORD] += 1
    return _made(new, found, left_out)


def refuse_faulty(new: NewList) -> None:
    """Raise InvalidInput naming every faulty field."""
    now, faults = clock.now(), []
    if not new.name.strip() or len(new.name) > LONGEST_NAME:
        faults.append(FieldError("name", "invalid", "Listeye en çok 80 harfli bir ad verin.",
                                 "Give the list a name of at most 80 letters."))
    if not 0 <= new.opens < new.closes <= 24 * 60:
        faults.append(FieldError("closes", "invalid", "Bitiş saati başlangıçtan sonra olmalı.",
                                 "Calls must end after they begin."))
    if not (1 <= new.most_tries <= 10 and 0 <= new.cap_days <= 365
            and 5 <= new.rest_minutes <= 7 * 24 * 60):
        faults.append(FieldError(
            "most_tries", "invalid", "Deneme 1–10, ara 5 dakika–7 gün, kişi sınırı 0–365 gün.",
            "Tries 1–10, pause 5 minutes to 7 days, cap per person 0–365 days."))
    if new.ends_at is not None and not now < new.ends_at <= now + LONGEST_LIFE:
        faults.append(FieldError("ends_at", "invalid", "Bitiş günü gelecek 180 gün içinde olmalı.",
                                 "It must end within the next 180 days."))
    if faults:
        raise InvalidInput(errors=tuple(faults))


def _refuse_strange_place(new: NewList) -> None:
    """Behind the wall: a brand or dealer out of sight is not there."""
    row = db.connection().execute(
        "select exists (select from brand b where b.provider_id = %(provider)s "
        "and b.id = %(brand)s) and (%(dealer)s::int is null or exists (select from dealer d "
        "where d.provider_id = %(provider)s and d.brand_id = %(brand)s and d.id = %(dealer)s))",
        {"provider": new.provider_id, "brand": new.brand_id, "dealer": new.dealer_id}).fetchone()
    if row is None or not row[0]:
        raise NotFound()


def _read(phones: Iterable[str], left_out: Counter[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in phones:
        if not text.strip():
            continue
        try:
            phone = parse_phone(text)
        except AddressError:
            left_out[UNREADABLE] += 1
            continue
        if phone in seen:
            left_out[TWICE] += 1
            continue
        seen.add(phone)
        if len(seen) > MOST_ON_A_LIST:
            raise InvalidInput(errors=(FieldError(
                "phones", "too_many", f"Bir listede en çok {MOST_ON_A_LIST} kişi olabilir.",
                f"A list holds at most {MOST_ON_A_LIST} people."),))
        yield phone


def _parts(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    walk = iter(values)
    while part := list(islice(walk, size)):
        yield part


def _made(new: NewList, people: Iterable[tuple[int, str]], left_out: Counter[str]) -> Made:
    """Ask the gate for everybody, then write list and people in one transaction."""
    let_in: list[int] = []
    asked = sum(left_out.values())
    for part in _parts(people, CHUNK):
        asked += len(part)
        answers = gate.may_send(new.provider_id, new.brand_id, [phone for _, phone in part],
                                Channel.ARAMA, new.recipient_type)
        let_in += [number for (number, _), yes in zip(part, answers, strict=True) if yes]
        denied = [number for (number, _), yes in zip(part, answers, strict=True) if not yes]
        left_out.update(_reasons(new, denied))
    with db.transaction(system=True) as conn:
        list_id = _write(conn, new, let_in, asked, left_out)
    return Made(list_id, len(let_in), asked, dict(left_out))


_STATES: Final = """
select n.id, s.status, s.standing, s.iys_status
  from unnest(%(ids)s::bigint[]) n(id)
  left join consent_state s on s.provider_id = %(provider)s and s.brand_id = %(brand)s
       and s.recipient_id = n.id and s.recipient_type = %(type)s and s.channel = %(channel)s"""


def _reasons(new: NewList, ids: Sequence[int]) -> Counter[str]:
    """Why the gate said no; who would have passed by the law was stopped by silence or a plug-in.
    """
    if not ids:
        return Counter()
    found: Counter[str] = Counter()
    for _, status, standing, iys_status in db.system_connection().execute(_STATES, {
            "ids": list(ids), "provider": new.provider_id, "brand": new.brand_id,
            "type": int(new.recipient_type), "channel": int(Channel.ARAMA)}):
        denial = gate.Denial.NO_RECORD if status is None else (
            gate.why_not(status, standing, iys_status) or gate.Denial.STALE)
        found[str(denial)] += 1
    return found


def _write(conn: psycopg.Connection[Any], new: NewList, let_in: list[int], asked: int,
           left_out: Counter[str]) -> int:
    row = conn.execute(
        "insert into call_list (provider_id, brand_id, dealer_id, name, recipient_type, opens, "
        "closes, on_holidays, most_tries, rest_minutes, cap_days, asked, left_out, made_at, "
        "made_by, ends_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "returning id",
        (new.provider_id, new.brand_id, new.dealer_id, new.name.strip(), int(new.recipient_type),
         new.opens, new.closes, new.on_holidays, new.most_tries, new.rest_minutes, new.cap_days,
         asked, json.dumps(left_out), clock.now(), new.made_by,
         new.ends_at or clock.now() + LASTS)).fetchone()
    assert row is not None
    conn.execute(
        "insert into call_list_entry (provider_id, brand_id, dealer_id, list_id, recipient_id, "
        "next_at, added_at) select %s, %s, %s, %s, n.id, %s, %s from unnest(%s::bigint[]) n(id) "
        "order by n.id",
        (new.provider_id, new.brand_id, new.dealer_id, row[0], clock.now(), clock.now(),
         sorted(set(let_in))))
    return int(row[0])
