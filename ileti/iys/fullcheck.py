"""After five days without pulling: ask İYS about every consent of the brand.

Why this module exists: İYS keeps a citizen's change for 167 hours (İYS API §6.10). Whoever pulls
later than that gets a list with a hole, and a refusal that fell into it would be written to for
ever (fault row 29). R-44 draws the line at five days: the gate is shut for the brand
(``iys_cursor.gap_since``), and before it is pulled again, all its states that İYS knows are
laid beside İYS's own word, a thousand addresses a call (§6.8). Where they differ, İYS's record is
asked for (§6.7) and enters the ledger as İYS's word; where it differs too often to ask one by one
(1 000 single questions an hour, §1.1), a consent İYS no longer holds is closed on the spot with the
moment of the check as its date: fail closed. How far the check came stands in Redis; when that is
lost it starts again, and what it finds is taken once all the same.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import redis

from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    hash_body,
    record_chunk,
)
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.errors import Kind
from ileti.iys.wire import Movement
from ileti.outbox.relay import LEASE_SECONDS

log = get_logger("ileti.iys")

AT_ONCE = 1_000
MOST_QUESTIONS = 20

Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Held:
    """One state of ours that İYS should hold as well."""

    address: str
    recipient_id: int
    recipient_type: RecipientType
    channel: Channel
    status: Status
    date: datetime


def check_brand(place: Place, until: float) -> tuple[bool, Counter[str]]:
    """Go on with the brand's check; whether it is finished. Raises IysTrouble."""
    counts: Counter[str] = Counter()
    client = client_for(place.provider_id)
    after = _progress(place)
    if after == (0, 0, 0):
        log.error("pull_gap_full_check", brand=place.brand_id, rule="R-44")
    while time.monotonic() < until:
        _hold_on(place)
        states, last = _next_states(place, after)
        for kind in RecipientType:
            for channel in Channel:
                some = [s for s in states if s.recipient_type is kind and s.channel is channel]
                if some:
                    counts += _compare(client, place, kind, channel, some)
        counts["checked"] += len(states)
        if last is None:
            _forget_progress(place)
            log.warning("pull_gap_checked", brand=place.brand_id, **counts)
            return True, counts
        after = last
        _keep_progress(place, after)
    return False, counts


def _compare(client: IysClient, place: Place, kind: RecipientType, channel: Channel,
             states: list[Held]) -> Counter[str]:
    """Lay one call's states beside İYS's answer and take over where İYS says otherwise."""
    there = client.approved(place.brand_code, kind, channel, [s.address for s in states])
    differ = [s for s in states if (s.status is Status.ONAY) != (s.address.lower() in there)]
    words: list[NewConsent] = []
    left = MOST_QUESTIONS
    for state in differ:
        held = None
        if left:
            try:
                held = client.status(place.brand_code, state.address, kind, channel)
                left -= 1
            except IysTrouble as trouble:
                if trouble.kind is not Kind.RATE:
                    raise
                left = 0  # The hour's questions are used up, perhaps by another provider.
        if held is not None and held.status is not state.status:
            words.append(_as_told(state, held))
        elif held is None and state.status is Status.ONAY:
            words.append(_closed(state, db.database_time()))
    if words:
        _take(place, words)
        log.warning("pull_gap_found", brand=place.brand_id, count=len(words))
    return Counter(moved=len(words))


def _as_told(state: Held, held: Movement) -> NewConsent:
    return NewConsent(
        address=state.address, channel=state.channel, status=held.status,
        consent_date=max(held.holds_from, state.date),
        recipient_type=state.recipient_type, standing=Standing.VERIFIED,
        source=held.source if held.source.is_iys else Source.IYS_BILINMEYEN,
    )


def _closed(state: Held, moment: datetime) -> NewConsent:
    """Refused at İYS, nobody knows when: by the database's clock, since a host's that is ahead
    would make what the person says there next look older (row 32)."""
    return NewConsent(
        address=state.address, channel=state.channel, status=Status.RET,
        consent_date=max(clock.whole_second(moment), state.date),
        recipient_type=state.recipient_type, standing=Standing.VERIFIED,
        source=Source.IYS_BILINMEYEN,
    )


def _take(place: Place, words: list[NewConsent]) -> None:
    """Write what was found, once: the same finding has the same key."""
    mark = sha256(repr([(w.address, int(w.channel), int(w.recipient_type), int(w.status))
                        for w in words]).encode() + clock.today().isoformat().encode()).hexdigest()
    with db.transaction() as conn:
        record_chunk(conn, NewSubmission(
            place=place, idem=f"iys:check:{place.brand_code}:{mark}", body_hash=hash_body(mark),
            source=Source.IYS_BILINMEYEN, standing=Standing.VERIFIED, actor=ActorKind.IYS,
            items=words, evidence={"iys": {"learned": "full check", "findings": mark}},
        ))


_STATES = """
select s.recipient_id, s.recipient_type, s.channel, s.status, s.consent_date, s.iys_status,
       r.key_no, r.addr_hash, r.addr_ct
  from consent_state s
  join recipient r on r.provider_id = s.provider_id and r.id = s.recipient_id
 where s.provider_id = %s and s.brand_id = %s
   and (s.recipient_id, s.recipient_type, s.channel) > (%s, %s, %s)
 order by s.recipient_id, s.recipient_type, s.channel limit %s"""


def _next_states(place: Place, after: Key) -> tuple[list[Held], Key | None]:
    """The next states that İYS answered for and that were not erased, and where they end."""
    rows = db.connection().execute(
        _STATES, (place.provider_id, place.brand_id, *after, AT_ONCE)).fetchall()
    found = [
        Held(secrets().keyring.decrypt(row[6], bytes(row[8]), bytes(row[7])).decode(), row[0],
             RecipientType(row[1]), Channel(row[2]), Status(row[3]), row[4])
        for row in rows
        if row[8] is not None and row[7] is not None
        and row[5] in (IysStatus.REGISTERED, IysStatus.CHANGED_THERE)
    ]
    return found, tuple(rows[-1][:3]) if len(rows) == AT_ONCE else None


def _hold_on(place: Place) -> None:
    """Keep the brand ours: nobody else checks or pulls it meanwhile."""
    db.connection().execute(
        "update iys_cursor set next_at = now() + make_interval(secs => %s) "
        "where provider_id = %s and brand_id = %s",
        (LEASE_SECONDS * 2, place.provider_id, place.brand_id))


def _name(place: Place) -> str:
    return f"ileti:iys:check:{place.provider_id}:{place.brand_id}"


def _progress(place: Place) -> Key:
    try:
        kept = redis_client().get(_name(place))
    except redis.RedisError:
        return 0, 0, 0
    first, second, third = (kept or b"0:0:0").decode().split(":")  # type: ignore[union-attr]
    return int(first), int(second), int(third)


def _keep_progress(place: Place, after: Key) -> None:
    try:
        redis_client().set(_name(place), ":".join(map(str, after)), ex=86_400)
    except redis.RedisError:
        log.warning("check_progress_not_kept", brand=place.brand_id)


def _forget_progress(place: Place) -> None:
    try:
        redis_client().delete(_name(place))
    except redis.RedisError:
        log.warning("check_progress_not_kept", brand=place.brand_id)
