"""``GET …/consents/changes``: pull, from what our own pull and push have learned.

Why this module exists: several programs may want citizens' changes, and İYS gives each provider one
cursor's worth of quota. Here each keeps a cursor of its own. For ``source=IYS`` the order is that
in which changes came to us, not İYS's creationDate: one that came late would otherwise lie before a
cursor that has passed, and a citizen's refusal be missed (R-34). The newest two minutes are left
out, as İYS leaves out its last hour: until every transaction that began before has surely ended.
``source=HS`` tells what İYS has confirmed of the provider's own, by creationDate without the last
hour, as İYS does (İYS API §6.10). The cursor is İYS's in form: opaque, its epoch leading.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ileti.compat.desk import Answer, Brand, Call, brand_of, iys_time, whole_number
from ileti.compat.refusals import refuse
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.programs import deeds
from ileti.tenancy.sight import DEALER_SEES

MOST: Final = 1_000
WINDOW: Final = timedelta(days=7)
UNSETTLED: Final = timedelta(minutes=2)
LAST_HOUR: Final = timedelta(hours=1)
# epoch_ + 64 hex digits: microseconds, number, zeros.
_CURSOR: Final = re.compile(r"([0-9]{1,12})_([0-9a-f]{16})([0-9a-f]{16})[0-9a-f]{32}", re.ASCII)
_BEGINNING: Final = (datetime(1970, 1, 1, tzinfo=UTC), -1)


def pull(call: Call) -> Answer:
    """A page of changes behind ``after``; 204 when there is nothing (more)."""
    brand = brand_of(call)
    source = call.args.get("source", "IYS")
    if source not in ("HS", "IYS"):
        raise refuse("H506", ["source"], source)
    limit = whole_number(call.args.get("limit", str(MOST)))
    if limit is None or not 1 <= limit <= MOST:
        raise refuse("H507", ["limit"], call.args["limit"])
    rows = _rows(brand, source, limit, _read(call.args.get("after")))
    if not rows:
        return Answer(204)
    deeds.note_once_an_hour(brand.caller, "api:addresses", brand.address)
    return Answer(200, {"after": cursor(rows[-1][0], rows[-1][1]),
                        "list": [_line(brand, row) for row in rows]})


def cursor(moment: datetime, number: int) -> str:
    """The cursor that stands behind a change."""
    micros = (moment - _BEGINNING[0]) // timedelta(microseconds=1)
    return f"{micros // 1_000_000}_{micros:016x}{number:016x}{0:032x}"


def _read(after: str | None) -> tuple[datetime, int]:
    """The place a cursor names; raises Refused H098."""
    if after is None:
        return _BEGINNING
    match = _CURSOR.fullmatch(after)
    micros, number = (int(match[2], 16), int(match[3], 16)) if match else (1 << 63, 0)
    if micros > 4_102_444_800_000_000 or number >= 1 << 63:
        raise refuse("H098", ["after"], after)
    return _BEGINNING[0] + timedelta(microseconds=micros), number


_CHOSEN: Final = """
       e.consent_date, r.creation_date, e.source, e.recipient_type, e.channel, e.status,
       r.transaction_id, p.key_no, p.addr_hash, p.addr_ct
"""
# A restricted person's refusals are told, so that programs stop too; nothing else is.
_SEEN: Final = f"""and {DEALER_SEES.format('e')}
   and (e.status = 2 or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))"""
_FROM_IYS: Final = f"""
select e.captured_at, e.id, {_CHOSEN}
  from consent_entry e
  join recipient p on p.provider_id = e.provider_id and p.id = e.recipient_id
   and p.addr_ct is not null
  join lateral (select x.transaction_id, x.creation_date from iys_receipt x
       where x.provider_id = e.provider_id and x.entry_id = e.id and x.accepted
         and x.creation_date is not null order by x.id limit 1) r on true
 where e.provider_id = %(provider)s and e.brand_id = %(brand)s and e.source >= 31
   and e.captured_at > %(since)s and e.captured_at <= %(until)s
   and (e.captured_at, e.id) > (%(at)s, %(number)s) {_SEEN}
 order by e.captured_at, e.id limit %(limit)s"""  # noqa: S608 (own texts)
_FROM_US: Final = f"""
select r.creation_date, r.id, {_CHOSEN}
  from iys_receipt r
  join consent_entry e on e.provider_id = r.provider_id and e.id = r.entry_id
   and e.brand_id = %(brand)s and e.source < 31
  join recipient p on p.provider_id = e.provider_id and p.id = e.recipient_id
   and p.addr_ct is not null
 where r.provider_id = %(provider)s and r.accepted and r.transaction_id is not null
   and r.creation_date > %(since)s and r.creation_date <= %(until)s
   and (r.creation_date, r.id) > (%(at)s, %(number)s) {_SEEN}
 order by r.creation_date, r.id limit %(limit)s"""  # noqa: S608 (own texts)


def _rows(brand: Brand, source: str, limit: int, behind: tuple[datetime, int]) -> list[Any]:
    now = clock.now()
    of_iys = source == "IYS"
    # A dealer hears of what citizens did to its people without seeing İYS's own record: the
    # statement looks at all and tells by its own condition (ADR 0039).
    return db.system_connection().execute(_FROM_IYS if of_iys else _FROM_US, {
        "provider": brand.place.provider_id, "brand": brand.place.brand_id, "limit": limit,
        "since": now - WINDOW, "until": now - (UNSETTLED if of_iys else LAST_HOUR),
        "at": behind[0], "number": behind[1], "dealer": brand.caller.dealer_id}).fetchall()


def _line(brand: Brand, row: Any) -> dict[str, Any]:
    (_at, _number, date, created, source, kind, channel, status, transaction_id, key_no, digest,
     cipher) = row
    address = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    word = Source(source)
    return {
        "consentDate": iys_time(date), "creationDate": iys_time(created),
        "source": "" if word is Source.NONE else word.name, "recipient": address,
        "recipientType": RecipientType(kind).name, "status": Status(status).name,
        "type": Channel(channel).name, "transactionId": transaction_id,
    }
