"""What a gateway answered, written down once: for a whole batch, or for each of its people.

Why this module exists: the answer decides whether somebody may ever be sent this message again.
Taken, or in doubt: never. Clearly not taken: again, after the gate was asked anew. Only whoever
holds the batch's fence writes; a batch that was already called in doubt may still be told by who
made the call, since then the truth is known.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ileti.campaigns.roads import Rests, Road
from ileti.campaigns.running import Running, Taken
from ileti.campaigns.vocabulary import Batch
from ileti.channels import accounts, deliveries
from ileti.channels.mail import Wait, nobody_there, who_waits
from ileti.channels.sms import Delivery, Handed, InDoubt, Later, Never
from ileti.channels.sms import Taken as Took
from ileti.consents import trouble
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.logs import get_logger

log = get_logger("ileti.campaigns")

#: ``campaign_message.delivery`` of a mail whose answer was lost
DOUBT: Final = 9
LONGEST_REASON: Final = 400
#: how often one mailbox may say "later" before it counts as not delivered; a server that takes
#: nothing from anybody, or an account whose password is wrong, counts for no mailbox
MOST_TRIES: Final = 6
FIRST_DELAY, LONGEST_DELAY = 60.0, 3_600.0

_CLOSE: Final = """
update campaign_batch set state = %(state)s, ended_at = now(), account_id = %(account)s,
       gateway = %(gateway)s, sender = %(sender)s, outside_id = %(outside)s, reason = %(reason)s,
       next_at = now() + make_interval(secs => %(after)s)
 where provider_id = %(provider)s and campaign_id = %(campaign)s and no = %(no)s
   and fence = %(fence)s and state in (1, 5)
returning handed"""
_TRIED: Final = """
update campaign_message set tries = tries + 1
 where provider_id = %(provider)s and campaign_id = %(campaign)s and no = any(%(nos)s::int[])
   and state = 3"""
# An answer to each: 4 is an end; who keeps 3 goes again.
_EACH: Final = """
update campaign_message m set state = 4, delivery = coalesce(w.delivery, m.delivery),
       delivery_reason = coalesce(w.reason, m.delivery_reason)
  from unnest(%(nos)s::int[], %(deliveries)s::smallint[], %(reasons)s::text[])
       w(no, delivery, reason)
 where m.provider_id = %(provider)s and m.campaign_id = %(campaign)s and m.no = w.no
   and m.state = 3"""


def settle(campaign: Running, road: Road, taken: Taken, answer: Handed | list[Handed],
           rests: Rests) -> Counter[str]:
    """Write it down; how many count less as handed, and what else has to be known."""
    if isinstance(answer, list):
        return _each(campaign, road, taken, answer, rests)
    accounts.note(road.account_id, answer)
    missing = len(taken.people)
    match answer:
        case Took(outside_id):
            rests.well(road)
            _close(campaign, road, taken, Batch.TAKEN, outside=outside_id)
            return Counter()
        case InDoubt(reason):
            _close(campaign, road, taken, Batch.IN_DOUBT, reason=reason)
            log.error("campaign_batch_in_doubt", campaign=campaign.id, batch=taken.no)
            return Counter(in_doubt=1)
        case Never(reason, account=False):
            _close(campaign, road, taken, Batch.REFUSED, reason=reason)
            log.error("campaign_batch_refused", campaign=campaign.id, batch=taken.no)
            return Counter(refused=1, handed=-missing)
    rests.rest(road, answer.after if isinstance(answer, Later) else None)
    _close(campaign, road, taken, Batch.RETURNED, reason=answer.reason, after=0.0)
    return Counter(returned=1, handed=-missing)


def _each(campaign: Running, road: Road, taken: Taken, answers: list[Handed], rests: Rests
          ) -> Counter[str]:
    """Answers to each: who is through, and whether the others go again. The batch is closed first:
    whoever has lost it to somebody else's word writes nothing of its people either."""
    pairs = list(zip(taken.people, answers, strict=True))
    mails = campaign.channel is Channel.EPOSTA
    # Whoever carries texts says "not now" of itself, never of a phone: nobody is given up for it.
    stuck = _stuck(taken, answers) if mails else all(_again(one) for one in answers)
    tried = {person.no for person, one in pairs if _mailbox_waits(one)
             } if mails and not stuck else set()
    back = [(person, one) for person, one in pairs if _again(one)
            and not (person.no in tried and person.tries + 1 >= MOST_TRIES)]
    held = {person.no for person, _ in back}
    through = [(person.no, *_delivery(one)) for person, one in pairs if person.no not in held]
    doubts = sum(isinstance(one, InDoubt) for one in answers)
    for one in {type(one): one for one in answers}.values():
        accounts.note(road.account_id, one)
    state = Batch.RETURNED if back else Batch.TAKEN
    after = 0.0 if stuck else min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(taken.tries, 6))
    if stuck:
        rests.rest(road, next((one.after for _, one in back if isinstance(one, Later)), None))
    else:
        rests.well(road)
    with db.transaction(system=True) as conn:
        ours = _write(conn, campaign, road, taken, state, after=after if back else None,
                      reason=getattr(back[0][1], "reason", None) if back else None)
        place = {"provider": campaign.provider_id, "campaign": campaign.id}
        if ours:
            conn.execute(_EACH, place | {
                "nos": [no for no, *_ in through], "deliveries": [one for _, one, _ in through],
                "reasons": [one for *_, one in through]})
            conn.execute(_TRIED, place | {"nos": sorted(tried & held)})
            if not mails:  # an order in parts, each with its number there
                for outside, many in Counter(one.outside_id for one in answers
                                             if isinstance(one, Took)).items():
                    _expect(conn, campaign, road, outside, many)
        for person, one in pairs if ours else ():
            if isinstance(one, Never) and nobody_there(one):
                trouble.note(conn, campaign.provider_id, trouble.Trouble(
                    person.recipient_id, trouble.Kind.HARD, one.reason.rpartition(" ")[2]))
    if doubts:
        log.error("campaign_mails_in_doubt", campaign=campaign.id, batch=taken.no, mails=doubts)
    return Counter({"handed": -len(back), **({"returned": 1} if back else {}),
                    **({"in_doubt": 1} if doubts == len(answers) else {})})


def _again(answer: Handed) -> bool:
    """Whether it was clearly not taken and may be another time."""
    return isinstance(answer, Later) or (isinstance(answer, Never) and answer.account)


def _stuck(taken: Taken, answers: list[Handed]) -> bool:
    """Whether the server takes nothing from anybody. Several mailboxes that wait without a word of
    whose the fault is are the server's, unless it has answered for others of the batch before."""
    if not all(_again(one) for one in answers):
        return False
    waits = {who_waits(one) if isinstance(one, Later) else Wait.SERVER for one in answers}
    return Wait.SERVER in waits or (
        Wait.EITHER in waits and len(answers) > 1 and not taken.part)


def _mailbox_waits(answer: Handed) -> bool:
    return isinstance(answer, Later) and who_waits(answer) is not Wait.SERVER


def _delivery(answer: Handed) -> tuple[int | None, str | None]:
    match answer:
        case InDoubt(reason):
            return DOUBT, reason[:LONGEST_REASON]
        case Never(reason) | Later(reason):
            return int(Delivery.NOT_DELIVERED), reason[:LONGEST_REASON]
    return None, None


def _close(campaign: Running, road: Road, taken: Taken, state: Batch, *,
           outside: str | None = None, reason: str | None = None, after: float | None = None
           ) -> None:
    with db.transaction(system=True) as conn:
        _write(conn, campaign, road, taken, state, outside=outside, reason=reason, after=after)


def _write(conn: Any, campaign: Running, road: Road, taken: Taken, state: Batch, *,
           outside: str | None = None, reason: str | None = None, after: float | None = None
           ) -> bool:
    """Close the batch; False when it is ours no more."""
    done = conn.execute(_CLOSE, {
        "state": int(state), "account": road.account_id, "gateway": road.kind,
        "sender": road.sender, "outside": outside, "reason": reason and reason[:LONGEST_REASON],
        "after": after, "provider": campaign.provider_id, "campaign": campaign.id,
        "no": taken.no, "fence": taken.fence}).fetchone()
    if done and outside and state is Batch.TAKEN:
        _expect(conn, campaign, road, outside, done[0])
    return done is not None


def _expect(conn: Any, campaign: Running, road: Road, outside: str, messages: int) -> None:
    deliveries.expect(conn, campaign.provider_id, road.account_id, outside, messages,
                      after=deliveries.first_after(campaign.provider_id, road.kind))
