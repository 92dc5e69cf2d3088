"""A refusal that was kept here because İYS did not know the person, and then İYS tells of a
consent.

Why this module exists: a refusal of somebody İYS holds no consent of stays here (R-42, H175;
docs/adr/0007), and that İYS holds none is known by an answer in which it is merely absent. When the
pull then brings an older consent, the answer was not whole or came too early; İYS holds a consent
somebody has taken back, and the refusal can and must be reported (R-33).
"""

from __future__ import annotations

from collections.abc import Sequence

from ileti.consents.ledger import Place
from ileti.core.logs import get_logger
from ileti.outbox.relay import Connection, array

log = get_logger("ileti.iys")

# HS_KARAR (13) is never a first record, but here İYS has one; it goes like any other.
_TELL = """
with held as (
    select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel, s.entry_id,
           s.entry_at, s.consent_date, s.status
      from consent_entry e
      join consent_state s on s.provider_id = e.provider_id and s.brand_id = e.brand_id
           and s.recipient_id = e.recipient_id and s.recipient_type = e.recipient_type
           and s.channel = e.channel
     where e.provider_id = %(provider)s and e.brand_id = %(brand)s
       and e.id = any(%(entries)s::bigint[]) and s.status = 2 and s.iys_status = 6
     order by s.recipient_id, s.recipient_type, s.channel for update of s),
row as (
    insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, hint, brand_id)
    select provider_id, 1, entry_id, entry_at, turn_of(status, consent_date, entry_at),
           (recipient_id << 3) | (recipient_type << 2 & 4) | channel, 0, brand_id
      from held on conflict do nothing returning ref_id)
update consent_state s set iys_status = 1, iys_code = null, pending_id = h.entry_id
  from held h join row r on r.ref_id = h.entry_id
 where s.provider_id = h.provider_id and s.brand_id = h.brand_id
   and s.recipient_id = h.recipient_id and s.recipient_type = h.recipient_type
   and s.channel = h.channel"""


def tell_after_all(conn: Connection, place: Place, entries: Sequence[int]) -> int:
    """Queue the refusals kept here that these entries (İYS's older consents) speak against, inside
    the caller's transaction; how many."""
    done = conn.execute(_TELL, {"provider": place.provider_id, "brand": place.brand_id,
                                "entries": array(entries)}).rowcount
    if done:
        log.warning("refusals_told_after_all", brand=place.brand_id, count=done)
    return done
