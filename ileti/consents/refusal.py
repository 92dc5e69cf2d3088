"""A refusal that a person makes now: by a link, on the phone, at the counter.

One function for all of them, because four things are easily forgotten. It holds for every
recipient type of the address, not only for individuals (R-05, R-30). It is never older than what it
refuses: a clock that runs behind must not turn "I refuse" into an outdated record, and one that
runs ahead must not make İYS wait for it until to-morrow (H162; fault row 32). So it is dated by the
database's clock, which also counts against changes at İYS that were not pulled yet, and one second
after the state where needed. A double click is one refusal, but the same refusal an hour later is
recorded anew, since the person may have consented at İYS in between. And nobody is told "refused"
unless it is so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.consents.deadlines import deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
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
_HELD: Final = (Outcome.RECORDED, Outcome.UNCHANGED, Outcome.LOCAL_ONLY)


@dataclass(frozen=True, kw_only=True)
class Refuser:
    """Whose refusal, and how it reached us. ``address`` is canonical; ``key`` names the occasion
    (a link, a form): the same one within a minute is a double click."""

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
    for _ in range(_ROUNDS):
        moment, states = _states(who)
        idem = _repeated(who, states) or _key(who, states)
        recorded = record(_submission(who, states, moment, idem))
        if all(item.outcome in _HELD for item in recorded.items):
            return recorded
    raise StorageAway()


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
    rows = db.connection().execute(_STATES, {
        "provider": who.place.provider_id, "brand": who.place.brand_id,
        "recipient": who.recipient_id, "moment": _DOUBLE_CLICK,
    }).fetchall()
    return (clock.whole_second(rows[0][0]),
            {(RecipientType(kind), Channel(channel)): _Held(entry, date, idem)
             for _, kind, channel, entry, date, idem in rows if entry is not None})
