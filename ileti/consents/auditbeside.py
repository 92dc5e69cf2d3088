"""What follows from records and stands under no leaf of its own, compared with them by the audit.

Why this module exists: the gate reads ``consent_state`` and nothing else. Whoever changes a row
there opens an address that refused, and every leaf still fits. A state must be what the entry it
stands on says, and no newer entry that became the state may say otherwise. Published texts are
asked by :mod:`ileti.documents.sealed`. In sets, with bare SQL; what differs is named, never mended:
who changed it is to be found first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import psycopg

from ileti.consents import listed, past
from ileti.consents.audit import Finding, compares
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Outcome, Status
from ileti.core import clock
from ileti.documents import sealed

_MOST: Final = 1_000
# A suppressed address stands on no entry (0) and refuses. The date of a state may be later than its
# entry's (ADR 0006); a list that is taken back lowers its standing.
_DIFFERING: Final = """
select s.provider_id, s.entry_id, s.entry_at
  from consent_state s
  left join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id
                           and e.captured_at = s.entry_at
 where s.standing > 0 and case when s.entry_id = 0 then s.status <> %(refusal)s
       else e.id is null
            or (e.brand_id, e.recipient_id, e.recipient_type, e.channel, e.status, e.source)
               is distinct from
               (s.brand_id, s.recipient_id, s.recipient_type, s.channel, s.status, s.source)
            or e.standing < s.standing or e.consent_date > s.consent_date end
 order by s.entry_id limit %(most)s"""
_PASSED_OVER: Final = """
select e.provider_id, e.id, e.captured_at
  from consent_state s
  join consent_entry e on e.provider_id = s.provider_id and e.brand_id = s.brand_id
       and e.recipient_id = s.recipient_id and e.recipient_type = s.recipient_type
       and e.channel = s.channel
 where s.standing > 0 and e.standing >= s.standing and e.outcome = any(%(became)s)
   and e.status <> s.status and e.id > s.entry_id and e.captured_at > s.entry_at
   and e.consent_date > s.consent_date
 order by e.id limit %(most)s"""
_TOLD: Final = {
    "wording": ("text_changed", "{} metninin sözleri, yayımlandığı andaki özetine uymuyor.",
                "The words of text {} do not have the digest it was published with."),
    "changed": ("text_changed", "{} metninin tarihi, amaçları ya da kaldırılışı, denetim izinin "
                "andığı gibi değil.", "Dates, purposes or the taking off of text {} are not as the "
                "audit trail has them."),
    "unknown": ("text_slipped_in", "{} metninin yayımlandığını denetim izi bilmiyor.",
                "The audit trail knows of no publishing of text {}."),
    "gone": ("text_missing", "Denetim izinin andığı metin kaydı yok: {}.",
             "A text that the audit trail names is missing: {}."),
}


@compares("texts")
def texts(conn: psycopg.Connection[Any]) -> tuple[int, list[Finding]]:
    """Published texts against their hashes and the sealed lines that tell of them."""
    count, found = sealed.faults(conn)
    return count, [Finding(kind, 0, one.at, one.name, tr.format(one.name), en.format(one.name))
                   for one in found for kind, tr, en in (_TOLD[one.kind],)]


@compares("clicks")
def clicks(conn: psycopg.Connection[Any]) -> tuple[int, list[Finding]]:
    """What clicks list against the entries, sealed or not yet."""
    row = conn.execute("select count(*) from submission where entry_ids <> '{}'").fetchone()
    ever, now = listed.EVER, clock.now() + timedelta(days=1)
    return row[0] if row else 0, [
        Finding("entry_lost" if gone else "entry_slipped_in", 0, at, record_number(number),
                *listed.told(record_number(number), gone=gone))
        for gone, rows in ((True, listed.lost(conn, ever, now)),
                           (False, listed.slipped_in(conn, ever, now)))
        for number, at in rows]


@compares("states")
def states(conn: psycopg.Connection[Any]) -> tuple[int, list[Finding]]:
    """What holds for each address against the entries."""
    row = conn.execute("select count(*) from consent_state").fetchone()
    asked = {"refusal": int(Status.RET), "most": _MOST,
             "became": [int(Outcome.RECORDED), int(Outcome.LOCAL_ONLY)]}
    differing = conn.execute(_DIFFERING, asked).fetchall()
    passed = conn.execute(_PASSED_OVER, asked).fetchall()
    back = past.taken_back([(provider, number) for provider, number, _ in passed])
    return row[0] if row else 0, [
        *(Finding("state_differs", 0, at, record_number(number),
                  f"{record_number(number)} numaralı kayda dayanan geçerli durum, kaydın söylediği "
                  "değil.", f"The state that stands on record {record_number(number)} is not what "
                  "the record says.") for _, number, at in differing),
        *(Finding("state_behind", 0, at, record_number(number),
                  f"{record_number(number)} numaralı kayıt geçerli durum olmuştu; durum daha "
                  f"eskisinde duruyor.", f"Record {record_number(number)} became the state; the "
                  "state stands on an older one.")
          for _, number, at in passed if number not in back)]
