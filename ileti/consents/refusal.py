"""A refusal that a person makes now: by a link, on the phone, at the counter.

One function for all of them, because four things are easily forgotten. It holds for every
recipient type of the address, not only for individuals (R-05, R-30). It is never older than what it
refuses: a clock that runs behind must not turn "I refuse" into an outdated record, and one that
runs ahead must not make İYS wait for it until to-morrow (H162; fault row 32). So it is dated by the
database's clock, which also counts against changes at İYS that were not pulled yet, and one second
after the state where needed. A double click is one refusal, but the same refusal an hour later is
recorded anew, since the person may have consented at İYS in between. And nobody is told "refused"
unless it is so. What holds is read over all dealers (R-05, R-31): a refusal that a dealer takes
ends also what another dealer was given.

What was said earlier and is told now (:func:`refuse_said`) must not refuse what the person
consented to since, and is one refusal however often it is told, also when its teller died half-way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

import psycopg

from ileti.consents.deadlines import deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    RecordedItem,
    hash_body,
    record,
)
from ileti.consents.vocabulary import (
    Channel,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import clock, db
from ileti.core.errors import StorageAway

_ROUNDS: Final = 3
_SECOND: Final = timedelta(seconds=1)
_DOUBLE_CLICK: Final = timedelta(minutes=1)
#: how far another system's clock may be behind before a consent counts as given after a refusal
CLOCKS: Final = timedelta(minutes=10)
_HELD: Final = (Outcome.RECORDED, Outcome.UNCHANGED, Outcome.LOCAL_ONLY)


@dataclass(frozen=True, kw_only=True)
class Refuser:
    """Whose refusal, and how it reached us. ``address`` is canonical; ``key`` names the occasion
    (a link, a form): the same one within a minute is a double click. ``once``: the key is of this
    one occasion (a mail) and person, which is one refusal of these channels whenever and however
    often it is told. ``recipient_id`` 0: the address is not known here yet."""

    place: Place
    recipient_id: int
    address: str
    channels: Sequence[Channel]
    source: Source
    actor: ActorKind
    key: str
    evidence: dict[str, Any]
    actor_id: int | None = None
    dealer_id: int | None = None
    person: dict[str, str] | None = None
    once: bool = False


@dataclass(frozen=True)
class _Held:
    """A state; ``date`` is None while its address is unverified, ``just_refused_as`` the key of a
    refusal not older than a double click."""

    entry_id: int
    date: datetime | None
    just_refused_as: str | None


States = dict[tuple[RecipientType, Channel], _Held]


def refuse_now(who: Refuser) -> Recorded:
    """Record the refusal of these channels for every recipient type of the address.

    Raises StorageAway when it cannot be recorded, or not so that it holds.
    """
    for turn in range(_ROUNDS):
        moment, states = _states(who)
        idem = f"{_once(who, who.channels)}once{turn}" if who.once else (
            _repeated(who, states) or _key(who, states))
        recorded = record(_submission(who, states, moment, idem))
        if all(item.outcome in _HELD for item in recorded.items):
            return recorded
    raise StorageAway()


def refuse_said(who: Refuser, said_at: datetime) -> Recorded:
    """Record a refusal that was said at ``said_at`` (aware) and is told now, once for its key: by
    :func:`refuse_now`, but for channels the person consented to since, where it is kept with its
    own moment and changes nothing (H178).

    The answer is that of what holds, else of what is kept. Raises StorageAway.
    """
    told = _told(who)
    known = {channel for channels, _ in told for channel in channels}
    rest = [one for one in who.channels if one not in known]
    newer = consented_after(who.place, who.recipient_id, said_at) if rest else set()
    made = [recorded for _, recorded in told]
    fresh = [one for one in rest if one not in newer]
    if fresh:
        made.insert(0, refuse_now(replace(who, channels=fresh, once=True)))
    old = [one for one in rest if one in newer]
    if old:
        made.append(_before(replace(who, channels=old), said_at))
    return made[0]


def consented_after(place: Place, recipient_id: int, said_at: datetime,
                    conn: psycopg.Connection[Any] | None = None) -> set[Channel]:
    """The channels to which the recipient consented well after a moment, as far as clocks go."""
    return {Channel(row[0]) for row in (conn or db.system_connection()).execute(
        "select channel from consent_state where provider_id = %s and brand_id = %s "
        "and recipient_id = %s and status = 1 and standing = 1 and consent_date > %s",
        (place.provider_id, place.brand_id, recipient_id, said_at + CLOCKS)).fetchall()}


def _before(who: Refuser, said_at: datetime) -> Recorded:
    idem, date = f"{_once(who, who.channels)}before", clock.whole_second(said_at)
    return record(NewSubmission(
        place=who.place, idem=idem, body_hash=hash_body(idem), source=who.source,
        standing=Standing.VERIFIED, actor=who.actor, actor_id=who.actor_id,
        dealer_id=who.dealer_id, evidence=who.evidence, person=who.person,
        items=[NewConsent(address=who.address, channel=one, status=Status.RET, consent_date=date)
               for one in who.channels]))


def _once(who: Refuser, channels: Sequence[Channel]) -> str:
    words = "".join(str(int(channel)) for channel in channels)
    return f"refuse:{who.key}:{who.place.brand_id}:{words}:"


_TOLD: Final = """
select m.idem, m.id, m.captured_at, e.id, e.recipient_id, e.outcome, e.leaf, e.channel
  from submission m join consent_entry e on e.provider_id = m.provider_id
       and e.captured_at = m.captured_at and e.id = any(m.entry_ids)
 where m.provider_id = %s and m.idem = any(%s) order by m.id, e.id"""


def _told(who: Refuser) -> list[tuple[set[Channel], Recorded]]:
    """What the same key recorded before, by submission: those that hold first, then those kept."""
    ends = [*(f"once{turn}" for turn in range(_ROUNDS)), "before"]
    keys = [_once(who, some) + end for count in range(1, len(who.channels) + 1)
            for some in combinations(who.channels, count) for end in ends]
    found: dict[str, list[Any]] = {}
    for row in db.system_connection().execute(_TOLD, (who.place.provider_id, keys)).fetchall():
        found.setdefault(row[0], []).append(row)
    kept = [(idem, {Channel(row[7]) for row in rows}, Recorded(
        rows[0][1], rows[0][2], True, tuple(
            RecordedItem(row[3], row[4], Outcome(row[5]), bytes(row[6])) for row in rows)))
        for idem, rows in found.items()]
    return [(channels, one) for idem, channels, one in sorted(
        kept, key=lambda known: known[0].endswith("before"))
        if idem.endswith("before") or all(item.outcome in _HELD for item in one.items)]


def _submission(who: Refuser, states: States, moment: datetime, idem: str) -> NewSubmission:
    items = []
    for channel in who.channels:
        kinds = [kind for kind in RecipientType if (kind, channel) in states]
        for kind in kinds or [RecipientType.BIREYSEL]:
            held = states.get((kind, channel))
            since = held.date if held else None
            date = moment if since is None or since < moment else since + _SECOND
            items.append(NewConsent(address=who.address, channel=channel, status=Status.RET,
                                    consent_date=date, recipient_type=kind,
                                    due_at=deadline(date, now=moment, recipient_type=kind)))
    return NewSubmission(
        place=who.place, idem=idem, body_hash=hash_body(idem), source=who.source,
        standing=Standing.VERIFIED, actor=who.actor, actor_id=who.actor_id,
        dealer_id=who.dealer_id, items=items, evidence=who.evidence, person=who.person,
    )


def _occasion(who: Refuser) -> str:
    words = "".join(str(int(channel)) for channel in who.channels)
    return f"refuse:{who.key}:{who.place.brand_id}:{who.recipient_id}:{words}:"


def _key(who: Refuser, states: States) -> str:
    """Two at once that saw the same states have the same key: the ledger takes one of them."""
    return _occasion(who) + str(max((held.entry_id for held in states.values()), default=0))


def _repeated(who: Refuser, states: States) -> str | None:
    """The key under which just this was refused a moment ago; recording it again is a replay."""
    mine = [held for (_, channel), held in states.items() if channel in who.channels]
    keys = {held.just_refused_as for held in mine}
    covered = {channel for _, channel in states} >= set(who.channels)
    key = keys.pop() if len(keys) == 1 and covered else None
    return key if key is not None and key.startswith(_occasion(who)) else None


_STATES: Final = """
select now(), s.recipient_type, s.channel, s.entry_id,
       case when s.standing = 1 then s.consent_date end,
       case when s.status = 2 and s.standing = 1 and s.entry_at > now() - %(moment)s
            then m.idem end
  from (select) one
  left join consent_state s on s.provider_id = %(provider)s and s.brand_id = %(brand)s
       and s.recipient_id = %(recipient)s
  left join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id
                      and e.captured_at = s.entry_at
  left join submission m on m.provider_id = e.provider_id and m.id = e.submission_id"""


def _states(who: Refuser) -> tuple[datetime, States]:
    """The moment, in whole seconds, and what holds for the address now, by recipient type and
    channel."""
    rows = db.system_connection().execute(_STATES, {
        "provider": who.place.provider_id, "brand": who.place.brand_id,
        "recipient": who.recipient_id, "moment": _DOUBLE_CLICK,
    }).fetchall()
    return (clock.whole_second(rows[0][0]),
            {(RecipientType(kind), Channel(channel)): _Held(entry, date, idem)
             for _, kind, channel, entry, date, idem in rows if entry is not None})
