"""What held for a key at an earlier moment, told again from the ledger and from İYS's answers.

``consent_state`` knows only now. The ledger keeps every entry with what became of it, and İYS's
answers keep their time; replaying both up to a moment gives the state as it stood, by the rules the
write path used (ADR 0006; ileti/iys/settle.py). What İYS said belongs to a higher floor, which
:func:`hears` it here instead of being imported from below. Bare SQL, because programs and proof
bundles ask as pages do, and must hear the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from ileti.consents.deadlines import deadline
from ileti.consents.vocabulary import (
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import db

MOST: Final = 1_000  # records of a key that are replayed, the newest
_BECAME: Final = (Outcome.RECORDED, Outcome.LOCAL_ONLY)  # the state, when they came


class Keyed(Protocol):
    """A state as far as looking back needs it: its key, the entry it stands on now and that one's
    deadline. A row of ``consent_state`` is one."""

    @property
    def provider_id(self) -> int: ...
    @property
    def brand_id(self) -> int: ...
    @property
    def recipient_id(self) -> int: ...
    @property
    def recipient_type(self) -> int: ...
    @property
    def channel(self) -> int: ...
    @property
    def entry_id(self) -> int: ...
    @property
    def iys_due_at(self) -> datetime | None: ...


class Key(NamedTuple):
    """A :class:`Keyed` read without the ORM."""

    provider_id: int
    brand_id: int
    recipient_id: int
    recipient_type: int
    channel: int
    entry_id: int
    iys_due_at: datetime | None


class _Line(NamedTuple):
    id: int
    captured_at: datetime
    consent_date: datetime
    status: int
    source: int
    standing: int
    outcome: int
    recipient_type: int


@dataclass
class _Lines:
    """A key's records, the oldest first; ``cut``: there were too many. Then those stay before all
    others that became the state, and of them the newest."""

    lines: list[_Line]
    cut: bool


@dataclass(frozen=True)
class Held:
    """What held at a moment; the columns of ``consent_state`` that badges and gate read. ``cut``:
    the key has more records than are replayed, and the oldest were left out."""

    entry_id: int
    status: int
    standing: int
    source: int
    consent_date: datetime
    iys_status: int
    iys_code: int | None
    iys_due_at: datetime | None
    late_id: int | None = None
    cut: bool = False


@dataclass(frozen=True)
class Heard:
    """One answer about an entry, or that it was sent (WAITING). ``code`` is 178 for H178, ``late``
    that İYS took a refusal too late."""

    entry_id: int
    at: datetime
    status: IysStatus
    code: int | None = None
    late: bool = False


Hearer = Callable[[int, Sequence[int]], list[Heard]]
_hearers: list[Hearer] = []


def hears(hearer: Hearer) -> Hearer:
    """Register who knows answers: from a provider and entry ids to what was heard about them."""
    if hearer not in _hearers:
        _hearers.append(hearer)
    return hearer


Forgetter = Callable[[int, Sequence[int]], dict[int, datetime]]
_forgetters: list[Forgetter] = []


def forgets(forgetter: Forgetter) -> Forgetter:
    """Register who knows which entries were taken back, and when."""
    if forgetter not in _forgetters:
        _forgetters.append(forgetter)
    return forgetter


def taken_back(entries: Sequence[tuple[int, int]]) -> set[int]:
    """Which of these entries (provider, id) were taken back."""
    by_provider: dict[int, list[int]] = {}
    for provider_id, entry_id in entries:
        by_provider.setdefault(provider_id, []).append(entry_id)
    return {entry for provider_id, ids in by_provider.items() for forgetter in _forgetters
            for entry in forgetter(provider_id, ids)}


def held_at(state: Keyed, moment: datetime) -> Held | None:
    """What held at ``moment`` for the key of ``state``; None when there was nothing yet.

    ``state`` must be one the asker may see. A dealer sees what the key's state was, as he sees what
    it is, whoever changed it: so the replay reads the whole key. Nothing but the state leaves here.
    """
    return held_at_many([(state, moment)])[0]


def held_at_many(asked: Sequence[tuple[Keyed, datetime]]) -> list[Held | None]:
    """:func:`held_at` of each key at its moment, for keys of one provider, in as many statements
    as for one key."""
    if not asked:
        return []
    provider_id, found = asked[0][0].provider_id, _lines(asked)
    ids = sorted({line.id for one in found for line in one.lines})
    heard: dict[int, list[Heard]] = {}
    for hearer in _hearers if ids else ():
        for one in hearer(provider_id, ids):
            heard.setdefault(one.entry_id, []).append(one)
    gone = {entry: at for forgetter in _forgetters if ids
            for entry, at in forgetter(provider_id, ids).items()}
    return [_replay(state, moment, lines, heard, gone)
            for (state, moment), lines in zip(asked, found, strict=True)]


_LINES: Final = """
select k.n, l.* from unnest(%s::int[], %s::int[], %s::bigint[], %s::int[], %s::int[],
                            %s::timestamptz[])
    with ordinality k(provider_id, brand_id, recipient_id, recipient_type, channel, moment, n),
lateral (
    select count(*) over () as all_there, id, captured_at, consent_date, status, source, standing,
           outcome, recipient_type
      from consent_entry e
     where e.provider_id = k.provider_id and e.recipient_id = k.recipient_id
       and e.brand_id = k.brand_id and e.recipient_type = k.recipient_type
       and e.channel = k.channel and e.captured_at <= k.moment
     order by case when e.outcome = any(%s::int[]) then 1 when e.outcome = %s then 2 else 3 end,
              e.id desc limit %s) l
 order by k.n, l.id"""


def _lines(asked: Sequence[tuple[Keyed, datetime]]) -> list[_Lines]:
    """The records of each key up to its moment."""
    found = [_Lines([], cut=False) for _ in asked]
    states = [state for state, _ in asked]
    for n, all_there, *line in db.system_connection().execute(_LINES, (
            [one.provider_id for one in states], [one.brand_id for one in states],
            [one.recipient_id for one in states], [one.recipient_type for one in states],
            [one.channel for one in states], [moment for _, moment in asked],
            list(_BECAME), int(Outcome.UNVERIFIED), MOST)):
        found[n - 1].lines.append(_Line(*line))
        found[n - 1].cut = all_there > MOST
    return found


def _replay(state: Keyed, moment: datetime, found: _Lines, heard: dict[int, list[Heard]],
            gone: dict[int, datetime]) -> Held | None:
    lines = [line for line in found.lines if line.id not in gone or gone[line.id] > moment]
    told = [one for line in lines for one in heard.get(line.id, ()) if one.at <= moment]
    due = {state.entry_id: state.iys_due_at}
    held = None
    for event in sorted([*lines, *told], key=_in_time):
        held = (_hear(held, event, lines, due) if isinstance(event, Heard)
                else _take(held, event, due))
    return replace(held, cut=True) if held is not None and found.cut else held


def _in_time(event: Any) -> tuple[datetime, int, int]:
    if isinstance(event, Heard):
        return event.at, 1, event.entry_id
    return event.captured_at, 0, event.id


def _take(held: Held | None, line: Any, due: dict[int, datetime | None]) -> Held | None:
    """After an entry; its outcome says whether it became the state."""
    if line.outcome == Outcome.UNVERIFIED:
        pushes = held is None or (held.standing == Standing.UNVERIFIED
                                  and held.consent_date <= line.consent_date)
    else:
        pushes = line.outcome in _BECAME
    return _stand_on(line, due, after=held) if pushes else held


def _stand_on(line: Any, due: dict[int, datetime | None], after: Held | None = None) -> Held:
    if line.standing == Standing.UNVERIFIED:
        there = IysStatus.NONE
    elif Source(line.source).is_iys:
        there = IysStatus.CHANGED_THERE
    elif line.outcome == Outcome.LOCAL_ONLY:
        there = IysStatus.LOCAL_ONLY
    else:
        there = IysStatus.QUEUED
    date = line.consent_date
    if after is not None and line.status == Status.RET and date == after.consent_date:
        date += timedelta(seconds=1)  # a refusal in the second of the consent (ADR 0006)
    limit = None
    if there is IysStatus.QUEUED:
        limit = due[line.id] if line.id in due else deadline(
            date, now=line.captured_at, source=Source(line.source),
            recipient_type=RecipientType(line.recipient_type))
    return Held(line.id, line.status, line.standing, line.source, date, int(there), None, limit)


def _hear(held: Held | None, heard: Heard, lines: list[_Line],
          due: dict[int, datetime | None]) -> Held | None:
    """After an answer: it speaks about the state only while the state stands on its entry, or when
    İYS took an entry newer than what the state stands on."""
    if held is None or heard.entry_id != held.entry_id:
        line = next((one for one in lines if one.id == heard.entry_id), None)
        newer = held is None or (line is not None and held.consent_date < line.consent_date)
        if line is None or not newer or heard.status is not IysStatus.REGISTERED:
            return held
        held = _stand_on(line, due)
    if Source(held.source).is_iys:
        return held
    if heard.status is IysStatus.WAITING and held.iys_status != IysStatus.QUEUED:
        return held
    status = heard.status
    if status is IysStatus.LOCAL_ONLY and held.status == Status.ONAY:
        status = IysStatus.REFUSED  # only a refusal is kept here
    return replace(held, iys_status=int(status), iys_code=heard.code,
                   late_id=heard.entry_id if heard.late else held.late_id)
