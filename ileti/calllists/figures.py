"""How far lists are: counts for pages and programs, read behind the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ileti.calllists.vocabulary import EntryState, Result
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.recipients.address import mask
from ileti.tenancy import scope


@dataclass
class Progress:
    """Of one list: people by state, the last results by kind."""

    states: dict[EntryState, int] = field(default_factory=dict)
    results: dict[Result, int] = field(default_factory=dict)
    denials: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Everybody on the list."""
        return sum(self.states.values())

    @property
    def over(self) -> int:
        """Those nobody calls any more from it."""
        return self.states.get(EntryState.DONE, 0) + self.states.get(EntryState.TAKEN_AWAY, 0)


_STATES: Final = """
select list_id, state, denial, count(*) from call_list_entry
 where provider_id = %(provider)s and list_id = any(%(lists)s) group by 1, 2, 3"""
_RESULTS: Final = """
select list_id, result, count(*) from call_attempt
 where provider_id = %(provider)s and list_id = any(%(lists)s) and result is not null
 group by 1, 2"""


def progress(provider_id: int, lists: Sequence[int]) -> dict[int, Progress]:
    """How far each of these lists is, as far as whoever is at work may see it."""
    found = {one: Progress() for one in lists}
    asked = {"provider": provider_id, "lists": list(lists)}
    for list_id, state, denial, count in db.connection().execute(_STATES, asked):
        states = found[list_id].states
        states[EntryState(state)] = states.get(EntryState(state), 0) + count
        if denial:
            denials = found[list_id].denials
            denials[denial] = denials.get(denial, 0) + count
    for list_id, result, count in db.connection().execute(_RESULTS, asked):
        found[list_id].results[Result(result)] = count
    return found


#: how many of a list are counted for a page that is opened often
COUNTED: Final = 1_000
_WAITING: Final = """
select l.id, w.n from unnest(%s::int[]) l (id)
 cross join lateral (select count(*) n from (
   select 1 from call_list_entry e where e.provider_id = %s and e.list_id = l.id
    and e.state in (1, 2) limit %s) e) w"""


def waiting(provider_id: int, lists: Sequence[int]) -> dict[int, int]:
    """How many of each list nobody has reached yet, counted up to one more than ``COUNTED``."""
    return dict(db.connection().execute(
        _WAITING, (list(lists), provider_id, COUNTED + 1)).fetchall())


@dataclass(frozen=True)
class Line:
    """One handing out for the eye; the phone masked."""

    attempt_id: int
    phone: str
    at: datetime
    user_id: int | None
    account_id: int | None
    way: int
    result: Result | None
    result_at: datetime | None


_LINES: Final = """
select a.id, r.key_no, r.addr_ct, r.addr_hash, a.at, a.user_id, a.account_id, a.way, a.result,
       a.result_at
  from call_attempt a
  left join recipient r on r.provider_id = a.provider_id and r.id = a.recipient_id
 where a.provider_id = %s and a.list_id = %s
   and (%s or not is_restricted(a.provider_id, a.recipient_id, a.at))
 order by a.at desc, a.id desc limit %s"""


def lines(provider_id: int, list_id: int, most: int) -> list[Line]:
    """The newest handings out of a list, but for what is kept for the law alone and
    not everybody's to see (R-64)."""
    found = db.connection().execute(
        _LINES, (provider_id, list_id, scope.current().sees_restricted, most)).fetchall()
    return [Line(row[0], _masked(row), row[4], row[5], row[6], row[7],
                 None if row[8] is None else Result(row[8]), row[9]) for row in found]


def _masked(row: Any) -> str:
    if row[2] is None or row[3] is None:
        return "—"
    return mask(secrets().keyring.decrypt(row[1], bytes(row[2]), bytes(row[3])).decode())
