"""What time does to lists: refusals show in the counts, last tries end, old lists close.

Why this module exists: handing out asks the gate by itself, so nothing here keeps anybody from
being called; but a page that counts people as waiting who refused an hour ago tells less than is
known, and a number whose last lease ended would stay out for ever.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.calllists.vocabulary import EntryState, ListState
from ileti.consents.gate import Denial
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db

_MOST: Final = 5_000
_REFUSED: Final = """
update call_list_entry e set state = %(taken)s, denial = %(denial)s, next_at = %(now)s
  from (select x.id from call_list_entry x
          join call_list l on l.id = x.list_id and l.state <> %(closed)s
          join consent_state s on s.provider_id = x.provider_id and s.brand_id = x.brand_id
               and s.recipient_id = x.recipient_id and s.recipient_type = l.recipient_type
               and s.channel = %(calls)s and s.status = %(refusal)s
         where x.state = %(waiting)s limit %(most)s for update of x skip locked) n
 where e.id = n.id"""
_LAST_TRY: Final = """
update call_list_entry e set state = %(done)s
  from (select x.id from call_list_entry x join call_list l on l.id = x.list_id
         where x.state in (%(waiting)s, %(out)s) and x.next_at <= %(now)s
           and x.tries >= l.most_tries limit %(most)s for update of x skip locked) n
 where e.id = n.id"""
_OLD: Final = """
update call_list set state = %(closed)s where state <> %(closed)s and ends_at <= %(now)s"""
_FORGOTTEN: Final = "delete from voice_act where at < %(now)s - interval '400 days'"


def sweep() -> dict[str, int]:
    """One round over all providers; how many rows each part moved."""
    asked: dict[str, Any] = {
        "taken": int(EntryState.TAKEN_AWAY), "waiting": int(EntryState.WAITING),
        "out": int(EntryState.OUT), "done": int(EntryState.DONE), "denial": str(Denial.REFUSED),
        "closed": int(ListState.CLOSED), "calls": int(Channel.ARAMA),
        "refusal": int(Status.RET), "now": clock.now(), "most": _MOST}
    counts = {}
    for name, statement in (("refused", _REFUSED), ("last_try", _LAST_TRY), ("old", _OLD),
                            ("forgotten", _FORGOTTEN)):
        with db.transaction(system=True) as conn:
            counts[name] = conn.execute(statement, asked).rowcount
    return counts
