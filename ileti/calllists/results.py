"""What a call came to: the person's refusal into the ledger first, then the list.

Why this module exists: a result comes from a screen, a dialler or a file, twice or late, and one of
them, *refused now*, is a right of the person (R-28 to R-32). So the refusal is recorded before
anything else and whatever became of the lease or was told before, once per attempt and extent, with
the attempt as its proof, and ends the entry. The rest moves the entry only while it is the
holder's; a result given again is answered as it was, a different one after it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from ileti.calllists.hours import Hours
from ileti.calllists.vocabulary import LONGEST_WISH, EntryState, Result, Way
from ileti.consents.beside import Wish, wishes
from ileti.consents.ledger import ActorKind, Place, Recorded
from ileti.consents.outside import outside_mark
from ileti.consents.refusal import Refuser, refuse_said
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, Gone, InvalidInput, NotFound
from ileti.core.failpoints import reach
from ileti.core.jobs import JOBS, ring
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressKind

_FORWARD: Final = "iys.jobs.forward"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What somebody says of an attempt. ``again_at``: aware, for CALL_AGAIN. ``everything``: the
    person refused every channel, not calls alone (R-30). ``recording``: where the recording lies.
    """

    result: Result
    again_at: datetime | None = None
    everything: bool = False
    recording: str = ""
    user_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True)
class Finished:
    """What holds now. ``replay``: it was said before; ``submission_id``: of the refusal."""

    attempt_id: int
    result: Result
    again_at: datetime | None
    submission_id: int | None
    replay: bool


@dataclass(frozen=True)
class _Attempt:
    id: int
    provider_id: int
    brand_id: int
    dealer_id: int | None
    entry_id: int
    fence: int
    recipient_id: int
    way: Way
    at: datetime
    until: datetime
    result: Result | None
    again_at: datetime | None
    submission_id: int | None
    list_id: int
    most_tries: int
    rest: timedelta
    hours: Hours
    place: Place


_ATTEMPT: Final = """
select a.id, a.provider_id, a.brand_id, a.dealer_id, a.entry_id, a.fence, a.recipient_id, a.way,
       a.at, a.until, a.result, a.again_at, a.submission_id, a.list_id, l.most_tries,
       l.rest_minutes, l.opens, l.closes, l.on_holidays, p.iys_code, b.brand_code
  from call_attempt a join call_list l on l.id = a.list_id
  join provider p on p.id = a.provider_id
  join brand b on b.provider_id = a.provider_id and b.id = a.brand_id
 where a.provider_id = %(provider)s and a.id = %(attempt)s
   and (%(brand)s::int is null or a.brand_id = %(brand)s)
   and (%(dealer)s::int is null or a.dealer_id = %(dealer)s)"""


def finish(provider_id: int, attempt_id: int, said: Outcome, *, brand_id: int | None = None,
           dealer_id: int | None = None) -> Finished:
    """Take the result of an attempt of a provider (brand, dealer); transactions of its own.

    Raises NotFound, InvalidInput (``again_at``), Conflict when another result stands and this one
    is no refusal, Gone when the person was erased meanwhile and so has nothing to refuse,
    StorageAway.
    """
    one = _attempt(provider_id, attempt_id, brand_id, dealer_id)
    if said.result is Result.REFUSED:
        return _refused(one, said)
    again_at = _again_at(one, said)
    if one.result is not None:
        return _replayed(one, said)
    if not _close(one, said.result, again_at):
        return _replayed(_attempt(provider_id, attempt_id, brand_id, dealer_id), said)
    return Finished(one.id, said.result, again_at, None, replay=False)


def _refused(one: _Attempt, said: Outcome) -> Finished:
    done = _refuse(one, said)
    reach("calllists.refused")
    _close_refused(one, done.submission_id)
    return Finished(one.id, Result.REFUSED, None, done.submission_id,
                    replay=done.replay and one.result is Result.REFUSED)


def _attempt(provider_id: int, attempt_id: int, brand_id: int | None, dealer_id: int | None
             ) -> _Attempt:
    row: Any = db.system_connection().execute(_ATTEMPT, {
        "provider": provider_id, "attempt": min(attempt_id, 2**63 - 1), "brand": brand_id,
        "dealer": dealer_id}).fetchone()
    if row is None:
        raise NotFound("Böyle bir arama yok.", "There is no such call.", code="no_such_call")
    (number, provider, brand, dealer, entry, fence, recipient, way, at, until, result, again_at,
     submission, list_id, most_tries, rest, opens, closes, on_holidays, iys_code, code) = row
    return _Attempt(
        number, provider, brand, dealer, entry, fence, recipient, Way(way), at, until,
        None if result is None else Result(result), again_at, submission, list_id, most_tries,
        timedelta(minutes=rest), Hours(opens, closes, on_holidays),
        Place(provider, iys_code, brand, code))


def _again_at(one: _Attempt, said: Outcome) -> datetime | None:
    """When the person may be called again; the wish, else after the list's pause."""
    if said.result.final:
        return None
    now = clock.now()
    if said.result is Result.CALL_AGAIN:
        wish = said.again_at
        if wish is None or wish.tzinfo is None or not now < wish <= now + LONGEST_WISH:
            raise InvalidInput(errors=(FieldError(
                "again_at", "invalid", "Yeniden arama anı gelecek 90 gün içinde olmalı.",
                "The moment to call again must be within the next 90 days."),))
        return one.hours.next_opening(wish)
    return one.hours.next_opening(now + one.rest)


def _replayed(one: _Attempt, said: Outcome) -> Finished:
    if one.result is not said.result:
        raise Conflict("Bu aramanın sonucu başka biçimde yazılmış.",
                       "Another result of this call is written.", code="other_result")
    return Finished(one.id, one.result, one.again_at, one.submission_id, replay=True)


def _refuse(one: _Attempt, said: Outcome) -> Recorded:
    """The refusal with its proof: who called, when the number was handed out, by which road. It was
    said while the number was out, at the latest."""
    own, *others = wishes(db.system_connection(), one.place, one.recipient_id, _address(one),
                          [Channel.ARAMA], everything=said.everything)
    done = _refuse_one(one, said, own)
    for other in others:
        _refuse_one(one, said, other)
    if _FORWARD in JOBS:
        ring(_FORWARD)
    return done


def _refuse_one(one: _Attempt, said: Outcome, wish: Wish) -> Recorded:
    evidence: dict[str, Any] = {
        "flow": "call-list", "attempt": one.id, "list": one.list_id, "way": one.way.name,
        "handedAt": one.at.isoformat(), "channels": [channel.name for channel in wish.channels]}
    person = None
    if said.recording:
        person = {"recording": said.recording[:200]}
        evidence["recordingMark"] = outside_mark(one.provider_id, said.recording)
    actor = ActorKind.USER if said.user_id is not None else (
        ActorKind.API if said.account_id is not None else ActorKind.SYSTEM)
    extent = "all" if said.everything else "calls"
    return refuse_said(Refuser(
        place=one.place, recipient_id=wish.recipient_id, address=wish.address,
        channels=wish.channels,
        source=Source.HS_CAGRI_MERKEZI, actor=actor,
        actor_id=said.user_id if said.user_id is not None else said.account_id,
        dealer_id=one.dealer_id, key=f"attempt{one.id}-{extent}{wish.key}",
        person=person, evidence=evidence), min(clock.now(), one.until))


def _address(one: _Attempt) -> str:
    row = db.system_connection().execute(
        "select key_no, addr_ct, addr_hash, kind from recipient "
        "where provider_id = %s and id = %s", (one.provider_id, one.recipient_id)).fetchone()
    if row is None or row[1] is None or row[2] is None or row[3] != AddressKind.PHONE:
        raise Gone("Kişi kayıtlardan silinmiş; zaten aranmaz.",
                   "The person was erased from the records; nobody calls them.", code="erased")
    return secrets().keyring.decrypt(row[0], bytes(row[1]), bytes(row[2])).decode()


_CLOSE: Final = f"""
update call_list_entry e
   set state = case when %(final)s or e.tries >= %(tries)s then {EntryState.DONE:d}
                    else {EntryState.WAITING:d} end,
       next_at = coalesce(%(again)s, e.next_at)
 where e.provider_id = %(provider)s and e.id = %(entry)s
   and (e.fence = %(fence)s or %(ends)s)"""  # noqa: S608 (our own words)


def _close(one: _Attempt, result: Result, again_at: datetime | None) -> bool:
    """Write the result and move the entry; False when another result came first. A wrong number
    ends the entry whoever has it by now."""
    with db.transaction(system=True) as conn:
        done = conn.execute(
            "update call_attempt set result = %s, result_at = %s, again_at = %s "
            "where provider_id = %s and id = %s and result is null",
            (int(result), clock.now(), again_at, one.provider_id, one.id))
        if done.rowcount != 1:
            return False
        _move(conn, one, result, again_at)
    return True


def _close_refused(one: _Attempt, submission: int) -> None:
    """The attempt is refused whatever was written of it before, and so is the entry, whoever has it
    by now."""
    with db.transaction(system=True) as conn:
        conn.execute(
            "update call_attempt set result_at = case when result = %(refused)s then result_at "
            "else %(now)s end, result = %(refused)s, again_at = null, submission_id = %(made)s "
            "where provider_id = %(provider)s and id = %(attempt)s",
            {"refused": int(Result.REFUSED), "now": clock.now(), "made": submission,
             "provider": one.provider_id, "attempt": one.id})
        _move(conn, one, Result.REFUSED, None)


def _move(conn: psycopg.Connection[Any], one: _Attempt, result: Result,
          again_at: datetime | None) -> None:
    conn.execute(_CLOSE, {
        "final": result.final, "tries": one.most_tries, "again": again_at,
        "provider": one.provider_id, "entry": one.entry_id, "fence": one.fence,
        "ends": result in (Result.REFUSED, Result.WRONG_NUMBER)})
