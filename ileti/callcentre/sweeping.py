"""Going after what nobody finished: said and not recorded, recorded and not proven or told, open.

Why this module exists: an agent's browser or a server may die after the answer. The person said yes
or no all the same, and a confirmation is due the same day (R-10). Those that wait
longest come first, and one fault, of whatever kind, stops no other call.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from rq.timeouts import BaseTimeoutException

from ileti.callcentre import calls, judging, recordings, settle, steps
from ileti.callcentre.vocabulary import LONGEST_HOURS, Outcome
from ileti.core import clock, db
from ileti.core.errors import IletiError
from ileti.core.logs import get_logger

log = get_logger("ileti.callcentre")

_AT_ONCE: Final = 200
_GRACE: Final = timedelta(seconds=20)
_UNSETTLED: Final = """
select call_id from call_step where settled_at is null and at < %s
 group by call_id order by min(at) limit %s"""
_UNPROVEN: Final = """
select c.id from call c join call_step s on s.provider_id = c.provider_id
   and s.call_id = c.id
 where c.recording_at between now() - interval '30 days' and now() - interval '20 seconds'
   and s.kind = 6 and s.said = 1 and s.verified_at is null and s.settled_at is not null
   and exists (select from call_step n where n.provider_id = c.provider_id and n.call_id = c.id
        and n.kind = 5)
   and (c.by_system or exists (select from call_step k where k.provider_id = c.provider_id
        and k.call_id = c.id and k.kind = 4 and k.recipient_id = s.recipient_id))
   and not exists (select from call_step l where l.provider_id = c.provider_id
        and l.call_id = c.id and l.kind = 6 and l.text_id = s.text_id and l.place > s.place)
   and s.at > now() - interval '20 days'
 group by c.id order by min(s.at) limit %s"""
# As settle.confirm tells it, so that what it never tells stands in nobody's way.
_UNTOLD: Final = """
select c.id from call_step s join call c on c.provider_id = s.provider_id and c.id = s.call_id
  join submission m on m.provider_id = s.provider_id and m.id = s.submission_id
 where s.kind = 6 and s.said = 1 and s.channel is not null and s.told_at is null
   and s.settled_at is not null and s.at > now() - interval '20 days'
   and c.ended_at is not null
   and greatest(c.ended_at, s.settled_at, s.verified_at) < now() - interval '20 seconds'
   and (c.agent_id is not null or c.account_id is not null or s.verified_at is not null
        or m.evidence ->> 'recorded' = 'confirmed')
   and (c.by_system and s.recipient_id = c.recipient_id
        or exists (select from call_step k where k.provider_id = c.provider_id
            and k.call_id = c.id and k.kind = 4 and k.recipient_id = s.recipient_id))
   and not exists (select from call_step l where l.provider_id = c.provider_id
        and l.call_id = c.id
        and (l.kind = 6 and l.text_id = s.text_id and l.place > s.place
             or l.kind = 7 and (l.channel is null or l.channel = s.channel)))
   and not exists (select from consent_state t where t.provider_id = c.provider_id
        and t.brand_id = c.brand_id and t.recipient_id = s.recipient_id
        and t.channel = s.channel and t.status = 2 and t.standing = 1
        and t.consent_date >= s.at)
 group by c.id order by min(s.at) limit %s"""
_FAILED: Final = """
select call_id from call_review where taken_back_at is null
   and not (notice_read and neutral and clear) and at < %s order by at limit %s"""
_OPEN: Final = """
select id from call where ended_at is null and touched_at < %s order by touched_at limit %s"""


def sweep() -> dict[str, int]:
    """One round; how many calls each kind of work was done for."""
    conn, now = db.system_connection(), clock.now()
    done = {"settled": 0, "proven": 0, "told": 0, "taken_back": 0, "closed": 0}
    for (number,) in conn.execute(_UNSETTLED, (now - _GRACE, _AT_ONCE)).fetchall():
        done["settled"] += _try(number, "settled")
    for (number,) in conn.execute(_UNPROVEN, (_AT_ONCE,)).fetchall():
        done["proven"] += _try(number, "proven")
    for (number,) in conn.execute(_UNTOLD, (_AT_ONCE,)).fetchall():
        done["told"] += _try(number, "told")
    for (number,) in conn.execute(_FAILED, (now - _GRACE, _AT_ONCE)).fetchall():
        done["taken_back"] += _try(number, "taken_back")
    idle = now - timedelta(hours=LONGEST_HOURS)
    for (number,) in conn.execute(_OPEN, (idle, _AT_ONCE)).fetchall():
        done["closed"] += _try(number, "closed")
    return done


def _try(number: int, what: str) -> int:
    try:
        if what == "settled":
            settle.settle(number)
            if calls.load_any(number).ended_at is not None:
                settle.confirm(number)
        elif what == "proven":
            recordings.finish(number)
        elif what == "told":
            settle.confirm(number)
        elif what == "taken_back":
            judging.take_back(number)
        else:
            steps.end(calls.load_any(number), Outcome.LEFT_OPEN, steps.Who())
    except IletiError as error:
        log.warning("call_sweep", call=number, reason=error.code)
        return 0
    except BaseTimeoutException:  # the job's own time is over
        raise
    except Exception:  # what cannot be read or written for one call is no reason to leave the rest
        log.exception("call_sweep_broke", call=number, what=what)
        return 0
    return 1
