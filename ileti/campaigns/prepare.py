"""Making a campaign's people, and asking the gate about all of them: pre-flight.

Why this module exists: a release is agreed to by people, so what it goes to must stand still. The
people are written down once, in pieces of their own transaction; whoever gives a consent later is
not of this campaign, also when it is counted again. Then the gate is asked for each, and what it
said is counted by reason; of an exempt message what its fields say is judged (R-03). Both are asked
again at the moment of sending (:mod:`ileti.campaigns.dispatch`), so the numbers may fall. A
campaign that cannot be prepared goes back to its draft and says so; it keeps no other one waiting.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ileti.campaigns import audience, plan, valuescan
from ileti.campaigns.running import MOST_PEOPLE
from ileti.campaigns.vocabulary import State
from ileti.consents.gate import SILENT_AFTER
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, InvalidInput, StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger

log = get_logger("ileti.campaigns")

PIECE: Final = 25_000
LEASE_SECONDS: Final = 120

_CLAIM: Final = """
update campaign c set next_at = now() + make_interval(secs => %s)
  from (select k.provider_id, k.id from campaign k
          join provider p on p.id = k.provider_id and p.data_management
         where k.state = 2 and k.next_at <= now() order by k.next_at limit 1
           for update of k skip locked) d
 where c.provider_id = d.provider_id and c.id = d.id
returning c.provider_id, c.id"""
_LOCK: Final = """
select brand_id, dealer_id, channel, recipient_type, audience, prepared_to, total, prepared_at
  from campaign
 where provider_id = %s and id = %s and state = 2 for update"""
_WRITE: Final = sql.SQL("""
with p as ({people}),
w as (
    insert into campaign_message (provider_id, campaign_id, no, recipient_id)
    select %(provider)s, %(campaign)s, %(total)s + row_number() over (order by recipient_id),
           recipient_id from p
    returning recipient_id)
select count(*), max(recipient_id) from w""")
# People of what the campaign was before it was written anew.
_LEFT: Final = """
delete from campaign_message where (provider_id, campaign_id, no) in (
    select provider_id, campaign_id, no from campaign_message
     where provider_id = %s and campaign_id = %s limit %s)"""
_NOTE: Final = """
update campaign set prepared_to = coalesce(%(to)s, prepared_to), total = total + %(added)s,
       next_at = now() + make_interval(secs => %(lease)s)
 where provider_id = %(provider)s and id = %(id)s"""
_COUNT: Final = """
select coalesce(denial, 0), count(*) from campaign_gate(%s, %s, %s, %s, %s) group by 1"""
_ALIVE: Final = """
update campaign set next_at = greatest(next_at, now() + interval '60 s')
 where provider_id = %s and id = %s and state = 2"""
_DONE: Final = """
update campaign set state = %(ready)s, preflight = %(said)s, prepared_at = now(), next_at = null
 where provider_id = %(provider)s and id = %(id)s and state = 2 and changed_at = %(changed)s"""

_BACK: Final = """
update campaign set state = 1, problem = %(problem)s, next_at = null, total = 0, prepared_to = 0,
       prepared_at = null, preflight = null
 where provider_id = %(provider)s and id = %(id)s and state = 2"""


def prepare_due(until: float) -> Counter[str]:
    """Prepare campaigns that are asked for until ``time.monotonic()`` reaches ``until``."""
    done: Counter[str] = Counter()
    while time.monotonic() < until:
        row = db.system_connection().execute(_CLAIM, (LEASE_SECONDS,)).fetchone()
        if row is None:
            break
        provider, number = row
        try:
            done["prepared"] += prepare(provider, number, until=until)
        except (psycopg.OperationalError, StorageAway):  # the database's: it is claimed again
            log.exception("campaign_not_prepared", campaign=number)
        except Exception as error:
            log.exception("campaign_not_prepared", campaign=number)
            code = error.code if isinstance(error, CallerMistake) else ""
            _back(provider, number, "too_many" if code == "too_many" else "not_prepared")
            done["failed"] += 1
    return done


def _back(provider_id: int, campaign_id: int, problem: str) -> None:
    """To its draft, whose people are taken out when it is prepared again."""
    db.system_connection().execute(_BACK, {
        "provider": provider_id, "id": campaign_id, "problem": problem})


def prepare(provider_id: int, campaign_id: int, *, until: float) -> int:
    """Go on with one campaign; 1 when it is ready now."""
    while time.monotonic() < until:
        left = _piece(provider_id, campaign_id)
        reach("campaign_piece_made")
        if left is None:
            return 0
        if not left:
            return _counted(provider_id, campaign_id)
    db.system_connection().execute(
        "update campaign set next_at = now() where provider_id = %s and id = %s and state = 2",
        (provider_id, campaign_id))
    return 0


def _counted(provider_id: int, campaign_id: int) -> int:
    """Count, and say that it is ready, unless somebody wrote it anew meanwhile."""
    conn = db.system_connection()
    row = conn.execute("select changed_at from campaign where provider_id = %s and id = %s",
                       (provider_id, campaign_id)).fetchone()
    counts = count(provider_id, campaign_id)
    counts |= valuescan.look(plan.read(provider_id, campaign_id, conn), PIECE, lambda: conn.execute(
        _ALIVE, (provider_id, campaign_id)))
    return conn.execute(_DONE, {
        "ready": int(State.READY), "said": Jsonb(counts), "provider": provider_id,
        "id": campaign_id, "changed": row and row[0]}).rowcount


def _piece(provider_id: int, campaign_id: int) -> bool | None:
    """Write the next people down; whether there may be more, None when it is no more to be made."""
    with db.transaction(system=True) as conn:
        row = conn.execute(_LOCK, (provider_id, campaign_id)).fetchone()
        if row is None:
            return None
        brand, dealer, channel, kind, chosen, after, total, prepared_at = row
        if prepared_at is not None:  # counted again: the same people
            return False
        if not total and conn.execute(_LEFT, (provider_id, campaign_id, PIECE)).rowcount:
            return True
        found, asked = audience.people(audience.read(chosen))
        asked |= {"provider": provider_id, "brand": brand, "dealer": dealer, "type": kind,
                  "channel": channel, "after": after, "most": PIECE, "campaign": campaign_id,
                  "total": total}
        made = conn.execute(_WRITE.format(people=found), asked).fetchone()
        added, last = made  # type: ignore[misc]  # an aggregate has one row
        if total + added > MOST_PEOPLE:
            raise InvalidInput(
                f"Bir kampanyada en çok {MOST_PEOPLE:,} kişi olabilir.",
                f"A campaign may have {MOST_PEOPLE:,} people at most.", code="too_many")
        conn.execute(_NOTE, {"to": last, "added": added, "lease": LEASE_SECONDS,
                             "provider": provider_id, "id": campaign_id})
        return bool(added == PIECE)


def count(provider_id: int, campaign_id: int) -> dict[str, Any]:
    """What the gate says of all people now: ``at``, and ``counts`` by reason (``0``: gets it)."""
    conn = db.system_connection()
    heard = clock.now() - SILENT_AFTER
    row = conn.execute("select total from campaign where provider_id = %s and id = %s",
                       (provider_id, campaign_id)).fetchone()
    total = row[0] if row else 0
    counts: Counter[int] = Counter()
    for first in range(1, total + 1, PIECE):
        counts.update(dict(conn.execute(_COUNT, (
            provider_id, campaign_id, first, first + PIECE - 1, heard)).fetchall()))
        conn.execute(_ALIVE, (provider_id, campaign_id))
    return {"at": clock.now().isoformat(),
            "counts": {str(reason): many for reason, many in sorted(counts.items())}}
