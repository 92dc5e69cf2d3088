"""Handing out the next number to call, to one person or program at a time.

Why this module exists: between making a list and dialling lie hours, in which people refuse. So the
gate is asked again for every single number in the moment it is handed out, and what it answers is
kept with the attempt (R-32, R-36). A number is out under a lease and a fence: whoever took it and
went away, or was killed, loses it when the lease ends, and a result that comes late counts for its
attempt but moves nothing that somebody else has by now. Hours and holidays are the list's (R-56);
who was spoken to lately, from whichever list of the brand, rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.calllists.hours import is_holiday, minute_of
from ileti.calllists.vocabulary import (
    FILE_LASTS,
    LEASE,
    LONGEST_LEASE,
    EntryState,
    ListState,
    Result,
    Way,
)
from ileti.consents import gate
from ileti.consents.gate import Denial, Permit
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.core.errors import TryLater
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets

#: numbers the gate takes away in one call before it answers that one may ask again
_MOST_TURNS: Final = 300
_UNSURE_REST: Final = timedelta(minutes=1)
_PASSING: Final = frozenset({Denial.STALE, Denial.UNSURE, Denial.PLUGIN, Denial.NOT_AT_IYS})


@dataclass(frozen=True)
class Seen:
    """Whose lists: a provider's, a brand's, a dealer's own; and one of them, or any."""

    provider_id: int
    brand_id: int | None = None
    dealer_id: int | None = None
    list_id: int | None = None


@dataclass(frozen=True)
class Holder:
    """Who takes a number: a user at a screen, or a program's account."""

    user_id: int | None = None
    account_id: int | None = None
    way: Way = Way.PERSON


@dataclass(frozen=True)
class Handed:
    """A number that may be called now and until ``until``. ``attempt_id`` names this handing out in
    :func:`ileti.calllists.results.finish`; ``relied_on`` is the entry of the consent."""

    attempt_id: int
    entry_id: int
    list_id: int
    list_name: str
    brand_id: int
    dealer_id: int | None
    recipient_id: int
    recipient_type: RecipientType
    address: str
    tries: int
    relied_on: int
    until: datetime


def next_for(seen: Seen, holder: Holder, *, lease: timedelta = LEASE) -> Handed | None:
    """The next number of these lists, leased to the holder; None when there is none now.

    In transactions of its own, none open while the gate is asked. Raises StorageAway, TryLater when
    the gate cannot answer (nobody is called unchecked) or took away so many that one should ask
    again.
    """
    longest = FILE_LASTS if holder.way is Way.FILE else LONGEST_LEASE
    until = clock.now() + min(max(lease, timedelta(seconds=30)), longest)
    for _ in range(_MOST_TURNS):
        claim = _claim(seen, until)
        if claim is None:
            return None
        reach("calllists.claimed")
        rest = _rests_until(claim)
        if rest is not None:
            _put_back(claim, EntryState.WAITING, rest)
            continue
        address = _address(claim)
        permit = _ask(claim, address)
        if permit:
            handed = _hand(claim, address, permit, holder, until)
            if handed is not None:
                return handed
        elif permit.denial in _PASSING:
            _put_back(claim, EntryState.WAITING, clock.now() + _UNSURE_REST)
            if permit.denial is Denial.UNSURE:
                raise TryLater(permit.tr, permit.en, code="gate_unsure", retry_after=60)
        else:
            _put_back(claim, EntryState.TAKEN_AWAY, clock.now(), permit.denial)
    raise TryLater("Listeden çok kişi düştü; yeniden isteyin.",
                   "Many people fell off the list; ask again.", code="ask_again", retry_after=1)


def still_allowed(provider_id: int, attempt_id: int) -> Permit:
    """Whether the number of an attempt may still be called: for a screen that asks before it dials,
    and while it rings. Fails closed."""
    row = db.system_connection().execute(
        "select a.brand_id, r.key_no, r.addr_ct, r.addr_hash, l.recipient_type "
        "from call_attempt a join call_list l on l.id = a.list_id "
        "join recipient r on r.provider_id = a.provider_id and r.id = a.recipient_id "
        "where a.provider_id = %s and a.id = %s", (provider_id, attempt_id)).fetchone()
    if row is None or row[2] is None:
        return Permit(False, Denial.NO_RECORD, None, clock.now())
    address = secrets().keyring.decrypt(row[1], bytes(row[2]), bytes(row[3])).decode()
    return gate.may_send_now(provider_id, row[0], address, Channel.ARAMA, RecipientType(row[4]))


@dataclass(frozen=True)
class _Claim:
    provider_id: int
    brand_id: int
    dealer_id: int | None
    list_id: int
    list_name: str
    recipient_type: RecipientType
    cap_days: int
    entry_id: int
    recipient_id: int
    fence: int
    tries: int


_CLAIM: Final = f"""
with one as materialized (
  select e.id, l.id as list_id, l.name, l.recipient_type, l.cap_days
    from call_list l
    join lateral (
      select x.id, x.next_at from call_list_entry x
       where x.list_id = l.id and x.state in ({EntryState.WAITING:d}, {EntryState.OUT:d})
         and x.next_at <= %(now)s and x.tries < l.most_tries
       order by x.next_at, x.id limit 1 for update of x skip locked) e on true
   where l.provider_id = %(provider)s and l.state = {ListState.OPEN:d} and l.ends_at > %(now)s
     and (%(list)s::int is null or l.id = %(list)s)
     and (%(brand)s::int is null or l.brand_id = %(brand)s)
     and (%(dealer)s::int is null or l.dealer_id = %(dealer)s)
     and l.opens <= %(minute)s and %(minute)s < l.closes
     and (l.on_holidays or not %(holiday)s)
   order by e.next_at, e.id limit 1)
update call_list_entry e
   set state = {EntryState.OUT:d}, fence = e.fence + 1, tries = e.tries + 1, next_at = %(until)s
  from one where e.id = one.id
returning e.provider_id, e.brand_id, e.dealer_id, one.list_id, one.name, one.recipient_type,
          one.cap_days, e.id, e.recipient_id, e.fence, e.tries"""  # noqa: S608 (our own words)


def _claim(seen: Seen, until: datetime) -> _Claim | None:
    now = clock.now()
    with db.transaction(system=True) as conn:
        row: Any = conn.execute(_CLAIM, {
            "provider": seen.provider_id, "brand": seen.brand_id, "dealer": seen.dealer_id,
            "list": seen.list_id, "now": now, "until": until, "minute": minute_of(now),
            "holiday": is_holiday(now)}).fetchone()
    if row is None:
        return None
    (provider_id, brand_id, dealer_id, list_id, name, kind, cap_days, entry_id, recipient_id, fence,
     tries) = row
    return _Claim(provider_id, brand_id, dealer_id, list_id, name, RecipientType(kind), cap_days,
                  entry_id, recipient_id, fence, tries)


_RESTS: Final = f"""
select greatest(
  (select max(a.result_at) + make_interval(days => %(days)s) from call_attempt a
    where a.provider_id = %(provider)s and a.recipient_id = %(recipient)s
      and a.brand_id = %(brand)s and %(days)s > 0
      and a.result in ({Result.REACHED:d}, {Result.REFUSED:d})
      and a.result_at > %(now)s - make_interval(days => %(days)s)),
  (select max(x.next_at) from call_list_entry x
    where x.provider_id = %(provider)s and x.recipient_id = %(recipient)s
      and x.brand_id = %(brand)s and x.state = {EntryState.OUT:d} and x.id <> %(entry)s
      and x.next_at > %(now)s))"""  # noqa: S608 (our own words)


def _rests_until(claim: _Claim) -> datetime | None:
    """Until when the person is left alone: who was spoken to lately, or is on the phone with
    another of the brand's people now."""
    row = db.system_connection().execute(_RESTS, {
        "provider": claim.provider_id, "recipient": claim.recipient_id, "brand": claim.brand_id,
        "days": claim.cap_days, "entry": claim.entry_id, "now": clock.now()}).fetchone()
    return row[0] if row else None


def _address(claim: _Claim) -> str | None:
    """The address in clear; None when the person was erased."""
    row = db.system_connection().execute(
        "select key_no, addr_ct, addr_hash from recipient where provider_id = %s and id = %s",
        (claim.provider_id, claim.recipient_id)).fetchone()
    if row is None or row[1] is None or row[2] is None:
        return None
    return secrets().keyring.decrypt(row[0], bytes(row[1]), bytes(row[2])).decode()


def _ask(claim: _Claim, address: str | None) -> Permit:
    if address is None:
        return Permit(False, Denial.NO_RECORD, None, clock.now())
    return gate.may_send_now(claim.provider_id, claim.brand_id, address, Channel.ARAMA,
                             claim.recipient_type)


def _put_back(claim: _Claim, state: EntryState, next_at: datetime,
              denial: Denial | None = None) -> None:
    """Undo a claim that handed nothing out, unless somebody has the number by now."""
    with db.transaction(system=True) as conn:
        conn.execute(
            "update call_list_entry set state = %s, next_at = %s, denial = %s, tries = tries - 1 "
            "where id = %s and provider_id = %s and fence = %s",
            (int(state), next_at, denial and str(denial), claim.entry_id, claim.provider_id,
             claim.fence))


_HAND: Final = f"""
insert into call_attempt (provider_id, brand_id, dealer_id, list_id, entry_id, fence, recipient_id,
                          way, user_id, account_id, relied_on, permit_at, at, until)
select e.provider_id, e.brand_id, e.dealer_id, e.list_id, e.id, e.fence, e.recipient_id, %(way)s,
       %(user)s, %(account)s, s.entry_id, %(permit)s, %(now)s, e.next_at
  from call_list_entry e
  join consent_state s on s.provider_id = e.provider_id and s.brand_id = e.brand_id
       and s.recipient_id = e.recipient_id and s.recipient_type = %(type)s
       and s.channel = {Channel.ARAMA:d}
 where e.id = %(entry)s and e.provider_id = %(provider)s and e.fence = %(fence)s
   and e.state = {EntryState.OUT:d}
returning id, relied_on"""  # noqa: S608 (our own words)


def _hand(claim: _Claim, address: str | None, permit: Permit, holder: Holder, until: datetime
          ) -> Handed | None:
    """Write the attempt; None when the claim is no longer ours."""
    with db.transaction(system=True) as conn:
        row = conn.execute(_HAND, {
            "way": int(holder.way), "user": holder.user_id, "account": holder.account_id,
            "permit": permit.checked_at, "now": clock.now(), "type": int(claim.recipient_type),
            "entry": claim.entry_id, "provider": claim.provider_id,
            "fence": claim.fence}).fetchone()
    if row is None or address is None:
        return None
    return Handed(row[0], claim.entry_id, claim.list_id, claim.list_name, claim.brand_id,
                  claim.dealer_id, claim.recipient_id, claim.recipient_type, address, claim.tries,
                  row[1], until)
