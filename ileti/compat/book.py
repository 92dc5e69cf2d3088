"""What the ledger knows about a key, as İYS would tell it.

Why this module exists: the calls that add and the calls that ask must agree about what is recorded.
Here are the few statements they share. An entry *holds* when İYS has it, when it came from İYS, or
when it is a refusal: a refusal works from the moment we have it (R-32), a consent only when İYS has
it (R-08), so software that asks us before it sends is never told of a consent too early.

Its statements look before the wall, at all of the brand, and tell a dealer by their own condition:
it hears of a refusal given elsewhere without seeing that record (R-31, ADR 0039).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ileti.compat.desk import iys_time
from ileti.compat.wellformed import Wanted
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.programs.accounts import Caller
from ileti.tenancy.sight import DEALER_SEES


@dataclass(frozen=True, slots=True)
class Held:
    """One entry that holds, with İYS's receipt about it when there is one."""

    entry_id: int
    captured_at: datetime
    consent_date: datetime
    status: Status
    source: Source
    leaf: bytes
    transaction_id: str | None
    creation_date: datetime | None
    retailer_code: int | None
    retailer_title: str | None

    def line(self, recipient: str, kind: RecipientType, channel: Channel) -> dict[str, Any]:
        """The movement as İYS's queries show it (§6.7, §6.9)."""
        body: dict[str, Any] = {"consentDate": iys_time(self.consent_date)}
        if self.source is not Source.NONE:
            body["source"] = self.source.name
        return body | {
            "recipient": recipient, "recipientType": kind.name, "status": self.status.name,
            "type": channel.name,
            "creationDate": iys_time(self.creation_date or self.captured_at),
            "transactionId": self.transaction_id or self.leaf.hex(),
        }


# A dealer sees the keys it took something of or was given access to; a refusal or consent
# made by another for such a key holds for it too.
_HELD = f"""
select e.id, e.captured_at, e.consent_date, e.status, e.source, e.leaf, r.transaction_id,
       r.creation_date, d.retailer_code, d.title, count(*) over ()
  from recipient p
  join consent_entry e on e.provider_id = p.provider_id and e.recipient_id = p.id
  left join lateral (
       select x.id, x.transaction_id, x.creation_date from iys_receipt x
        where x.provider_id = e.provider_id and x.entry_id = e.id and x.accepted
        order by x.id desc limit 1) r on true
  left join dealer d on d.id = e.dealer_id and d.provider_id = e.provider_id
 where p.provider_id = %(provider)s and p.addr_hash = %(hash)s and e.brand_id = %(brand)s
   and e.recipient_type = %(kind)s and e.channel = %(channel)s and e.standing = 1
   and (r.id is not null or (e.status = 2 and e.outcome in (1, 2))
        or (e.source >= 31 and e.outcome = 1))
   and {DEALER_SEES.format("e")}
"""  # noqa: S608 (own texts)


def held(place: Place, caller: Caller, address: str, kind: RecipientType, channel: Channel
         ) -> Held | None:
    """What holds now for a key, or None."""
    found, _total = _ask(place, caller, address, kind, channel, "order by e.id desc limit 1", {})
    return found[0] if found else None


def history(place: Place, caller: Caller, address: str, kind: RecipientType, channel: Channel,
            offset: int, limit: int) -> tuple[list[Held], int]:
    """A page of what held for a key, the youngest consentDate first, and how many there are."""
    found, total = _ask(
        place, caller, address, kind, channel,
        "order by e.consent_date desc, e.id desc limit %(limit)s offset %(offset)s",
        {"limit": limit, "offset": offset})
    if not found and offset:
        _first, total = _ask(place, caller, address, kind, channel, "limit 1", {})
    return found, total


def _ask(place: Place, caller: Caller, address: str, kind: RecipientType, channel: Channel,
         order: str, more: dict[str, Any]) -> tuple[list[Held], int]:
    rows = db.system_connection().execute(_HELD + order, {  # own texts
        "provider": place.provider_id, "hash": secrets().addresses.of(place.provider_id, address),
        "brand": place.brand_id, "kind": int(kind), "channel": int(channel),
        "dealer": caller.dealer_id} | more).fetchall()
    return [Held(row[0], row[1], row[2], Status(row[3]), Source(row[4]), bytes(row[5]), *row[6:10])
            for row in rows], rows[0][10] if rows else 0


def known_keys(place: Place, caller: Caller, wanted: Sequence[str], kind: RecipientType,
               channel: Channel) -> set[str]:
    """Which of these addresses have a record of this kind here that the caller may see."""
    by_hash = dict(zip(secrets().addresses.of_many(place.provider_id, wanted), wanted,
                       strict=True))
    rows = db.system_connection().execute(
        "select p.addr_hash from recipient p join consent_state s "  # noqa: S608 (own texts)
        "on s.provider_id = p.provider_id and s.recipient_id = p.id "
        "where p.provider_id = %(provider)s and p.addr_hash = any(%(hashes)s) "
        "and s.brand_id = %(brand)s and s.recipient_type = %(kind)s and s.channel = %(channel)s "
        f"and {DEALER_SEES.format('s')}",
        {"provider": place.provider_id, "hashes": list(by_hash), "brand": place.brand_id,
         "kind": int(kind), "channel": int(channel), "dealer": caller.dealer_id}).fetchall()
    return {by_hash[bytes(row[0])] for row in rows}


def with_record(place: Place, wanted: Sequence[Wanted]) -> set[Wanted]:
    """Those of these whose key has a verified record: a merchant's next one is an update."""
    return _found(place, wanted, """
      join consent_state s on s.provider_id = p.provider_id and s.recipient_id = p.id
       and s.brand_id = %(brand)s and s.recipient_type = g.kind and s.channel = g.channel
     where s.standing = 1""")


def repeated(place: Place, wanted: Sequence[Wanted]) -> set[Wanted]:
    """Those of these whose very consent, of its date, entered the ledger with effect before; one
    statement for all."""
    return _found(place, wanted, """
      join consent_entry e on e.provider_id = p.provider_id and e.recipient_id = p.id
       and e.brand_id = %(brand)s and e.recipient_type = g.kind and e.channel = g.channel
     where e.outcome = 1 and e.status = g.status and e.source = g.source
       and e.consent_date = g.date""")


def _found(place: Place, wanted: Sequence[Wanted], condition: str) -> set[Wanted]:
    if not wanted:
        return set()
    rows = db.system_connection().execute(
        "select distinct g.n from unnest(%(hashes)s::bytea[], %(kinds)s::int[], "  # noqa: S608 (own texts)
        "%(channels)s::int[], %(statuses)s::int[], %(sources)s::int[], %(dates)s::timestamptz[]) "
        "with ordinality g(hash, kind, channel, status, source, date, n) "
        "join recipient p on p.provider_id = %(provider)s and p.addr_hash = g.hash" + condition,
        {"provider": place.provider_id, "brand": place.brand_id,
         "hashes": secrets().addresses.of_many(place.provider_id, [w.address for w in wanted]),
         "kinds": [int(w.recipient_type) for w in wanted],
         "channels": [int(w.channel) for w in wanted],
         "statuses": [int(w.status) for w in wanted],
         "sources": [int(w.source) for w in wanted], "dates": [w.date for w in wanted]})
    return {wanted[n - 1] for n, in rows}


@dataclass(frozen=True, slots=True)
class Original:
    """The entry that this very consent made once; ``idem`` of the request it came in."""

    entry_id: int
    captured_at: datetime
    leaf: bytes
    idem: str
    entry_ids: list[int]


def original_of(place: Place, wanted: Wanted) -> Original | None:
    """Where this very consent, of this date, entered the ledger with effect (V2, §6.2); None when
    it did not."""
    if wanted.date is None:
        return None
    row = db.system_connection().execute(
        "select e.id, e.captured_at, e.leaf, u.idem, u.entry_ids "
        "from recipient p join consent_entry e on e.provider_id = p.provider_id "
        "and e.recipient_id = p.id join submission u on u.provider_id = e.provider_id "
        "and u.id = e.submission_id where p.provider_id = %s and p.addr_hash = %s "
        "and e.brand_id = %s and e.recipient_type = %s and e.channel = %s and e.outcome = 1 "
        "and e.status = %s and e.source = %s and e.consent_date = %s order by e.id limit 1",
        (*_key(place, wanted), int(wanted.status), int(wanted.source), wanted.date)).fetchone()
    return Original(row[0], row[1], bytes(row[2]), row[3], row[4]) if row else None


def _key(place: Place, wanted: Wanted) -> tuple[int, bytes, int, int, int]:
    return (place.provider_id, secrets().addresses.of(place.provider_id, wanted.address),
            place.brand_id, int(wanted.recipient_type), int(wanted.channel))


# What stood in the ledger before each of these entries for the same key: whether İYS knew the key
# (it takes no refusal as a first record, R-42), and the last status.
_BEFORE = """
select e.id,
       bool_or(b.source >= 31 or b.status = 1 or r.id is not null),
       (array_agg(b.status order by b.id desc))[1]
  from unnest(%(entries)s::bigint[]) with ordinality g(id, n)
  join consent_entry e on e.provider_id = %(provider)s and e.id = g.id
                      and e.captured_at = %(at)s
  join consent_entry b on b.provider_id = e.provider_id and b.recipient_id = e.recipient_id
   and b.brand_id = e.brand_id and b.recipient_type = e.recipient_type
   and b.channel = e.channel and b.id < e.id and b.standing = 1 and b.outcome in (1, 2)
  left join lateral (select x.id from iys_receipt x where x.provider_id = b.provider_id
       and x.entry_id = b.id and x.accepted limit 1) r on true
 group by e.id"""


def refusal_codes(provider_id: int, entries: Sequence[int], at: datetime) -> dict[int, str | None]:
    """İYS's answer to each of these refusals, by entry: H175 for a first record, H174 for a refusal
    over a refusal, None when it is taken. They are kept and block here either way (R-42)."""
    found = {row[0]: (row[1], row[2]) for row in db.system_connection().execute(
        _BEFORE, {"entries": list(entries), "provider": provider_id, "at": at})}
    answers: dict[int, str | None] = {}
    for entry in entries:
        known, last = found.get(entry, (False, None))
        answers[entry] = "H175" if not known else "H174" if last == Status.RET else None
    return answers

