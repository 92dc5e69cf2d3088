"""Handing a campaign over, batch by batch: the gate, then the call, and never the same twice.

Why this module exists: two promises stand against each other at a gateway's door. Nobody may get a
message whom the ledger does not let at that moment (R-08, R-32, R-36), and nobody may get one
twice. So one statement (``campaign_take``) asks the gate for a stretch of people, marks those it
lets, with the entry each relies on, and writes the batch down; that is committed before the call.
After the call the batch is closed with what was answered. A worker that dies in between leaves a
batch that nobody closed: it is *in doubt*, shown to people and not sent again, since it may have
been taken. What was clearly not taken goes again, after the gate was asked once more.

A refusal during the run keeps its person out of every batch that is taken after its commit, and so
does what was written about them and promotes, of an exempt message (R-03). A batch
is half a second of its account's pace; of mails, as many as the server was seen to take in a second
or two.

Nobody waits here for a campaign that may not go on yet: it says when, and the next one is taken.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from ileti.campaigns import handing, settling, wording
from ileti.campaigns.reasons import Reason
from ileti.campaigns.roads import Rests, Road, roads
from ileti.campaigns.running import Person, Running, Taken
from ileti.campaigns.valuescan import agreed
from ileti.channels import accounts, quiet
from ileti.channels.sms import Taken as Went
from ileti.consents import checks
from ileti.consents.gate import SILENT_AFTER
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.templates import content as law
from ileti.templates.compose import REFUSE
from ileti.templates.people import values_of
from ileti.templates.vocabulary import MessageClass

log = get_logger("ileti.campaigns")

LEASE_SECONDS: Final = 60
DOUBT_SECONDS: Final = 420  # longer than any call may take
MOST_AT_ONCE: Final = 1_000
BATCH_SECONDS: Final = 0.5  # what one batch may take at the pace of its account
CALL_SECONDS: Final = 1.5  # what a call of mails may take, as far as can be foreseen
SHORT_WAIT: Final = 0.2  # waited for on the spot; for longer another campaign is taken
SOON_SECONDS: Final = 5.0  # a campaign due by then is waited for when there is no other
MOST_DOUBTS: Final = 3
AGAIN_SECONDS: Final = 60.0


_CLAIM: Final = """
update campaign c set next_at = now() + make_interval(secs => %s)
  from (select k.provider_id, k.id from campaign k
          join provider p on p.id = k.provider_id and p.data_management
         where k.state = 5 and k.next_at <= now() order by k.next_at limit 1
           for update of k skip locked) d
 where c.provider_id = d.provider_id and c.id = d.id
returning c.provider_id, c.id, c.brand_id, c.channel, c.recipient_type, c.class, c.sender,
          c.content, c.per_second, c.quiet_from, c.quiet_until, c.on_holidays, c.preflight"""
_SOON: Final = """
select extract(epoch from min(k.next_at) - now())::float8 from campaign k
  join provider p on p.id = k.provider_id and p.data_management
 where k.state = 5 and k.next_at <= now() + make_interval(secs => %s)"""
_PEOPLE: Final = """
select m.no, m.recipient_id, m.tries, r.key_no, r.addr_hash, r.addr_ct
  from campaign_batch b
  join campaign_message m on m.provider_id = b.provider_id and m.campaign_id = b.campaign_id
                         and m.no between b.first_no and b.last_no and m.state = 3
  join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
 where b.provider_id = %s and b.campaign_id = %s and b.no = %s
 order by m.no"""
_BY: Final = """
update campaign_batch set account_id = %s, gateway = %s, sender = %s, outside_id = null
 where provider_id = %s and campaign_id = %s and no = %s"""
# Whoever is left goes on; with nobody left it is over, taken where somebody went before.
_BLOCK: Final = """
with gone as (
    update campaign_message m set state = 2, reason = w.reason, at = null
      from unnest(%(nos)s::int[], %(reasons)s::smallint[]) w(no, reason)
     where m.provider_id = %(provider)s and m.campaign_id = %(campaign)s and m.no = w.no
       and m.state = 3
    returning 1)
update campaign_batch b set handed = b.handed - g.many, blocked = b.blocked + g.many,
       state = case when g.left then b.state when b.handed > g.many then 2 else 6 end,
       ended_at = case when not g.left then now() end
  from (select (select count(*)::int from gone) as many, exists (
            select from campaign_batch x
              join campaign_message m on m.provider_id = x.provider_id
               and m.campaign_id = x.campaign_id and m.no between x.first_no and x.last_no
             where x.provider_id = %(provider)s and x.campaign_id = %(campaign)s
               and x.no = %(no)s and m.state = 3 and m.no <> all(%(nos)s::int[])) as left) g
 where b.provider_id = %(provider)s and b.campaign_id = %(campaign)s and b.no = %(no)s"""
_LATER: Final = """
update campaign set next_at = now() + make_interval(secs => %s), problem = %s
 where provider_id = %s and id = %s and state = 5"""
_PAUSE: Final = """
update campaign set state = 6, problem = %s, next_at = null, changed_at = now()
 where provider_id = %s and id = %s and state = 5"""
_END: Final = """
update campaign c set state = 7, ended_at = now(), next_at = null, problem = null
 where c.provider_id = %(provider)s and c.id = %(id)s and c.state = 5 and c.next_no > c.total
   and not exists (select from campaign_batch b where b.provider_id = c.provider_id
                      and b.campaign_id = c.id and b.state in (1, 3))
returning 1"""
_NEXT: Final = """
select greatest(0.1, least(60, extract(epoch from min(
           case when state = 1 then begun_at + make_interval(secs => %s)
                else next_at end) - now())))::float8
  from campaign_batch where provider_id = %s and campaign_id = %s and state in (1, 3)"""
_FORGOTTEN: Final = """
update campaign_batch set state = 5, ended_at = now(), reason = 'worker'
 where state = 1 and begun_at < now() - make_interval(secs => %s)
returning provider_id, campaign_id, no"""


def dispatch_due(until: float, rests: Rests | None = None) -> Counter[str]:
    """Hand over what is released until ``time.monotonic()`` reaches ``until``."""
    done: Counter[str] = Counter()
    rests = rests or _rests
    while time.monotonic() < until:
        row = db.system_connection().execute(_CLAIM, (LEASE_SECONDS,)).fetchone()
        if row is not None:
            done += run(_running(row), until=until, rests=rests)
        elif not _waited(until):
            break
    return done


def _waited(until: float) -> bool:
    """Wait a moment for the campaign that goes on next; False when none does before ``until``."""
    row = db.system_connection().execute(_SOON, (SOON_SECONDS,)).fetchone()
    if row is None or row[0] is None or time.monotonic() + row[0] >= until:
        return False
    time.sleep(min(max(row[0], 0.05), 0.5))
    return True


_rests = Rests()


def _running(row: tuple[Any, ...]) -> Running:
    (provider, number, brand, channel, kind, declared, sender, content, per_second, begin, end,
     on_holidays, preflight) = row
    return Running(provider, number, brand, Channel(channel), RecipientType(kind),
                   MessageClass(declared), sender, content, per_second,
                   None if begin is None else (begin, end), on_holidays, agreed(preflight))


def run(campaign: Running, *, until: float, rests: Rests) -> Counter[str]:
    """Hand batches of one campaign over until nothing is left, the time is over, it may not go on
    yet, or nobody carries it now. Counts ``handed``, ``blocked``, ``batches`` and what ended
    otherwise."""
    done: Counter[str] = Counter()
    text = wording.of(campaign.content)
    leased = time.monotonic()
    while time.monotonic() < until:
        if _over(campaign):
            _pause(campaign, "ended")
            return done
        wait = _silent_seconds(campaign)
        if wait:
            _later(campaign, wait, None)
            return done
        found = [one for one in roads(
            campaign.provider_id, campaign.brand_id, campaign.channel,
            commercial=not campaign.declared.exempt, sender=campaign.sender)
            if accounts.carries(one, str(campaign.content.get("text", "")))]
        road = rests.first(found)
        if road is None:
            _later(campaign, AGAIN_SECONDS, "no_road" if not found else "roads_rest")
            return done
        wait = rests.wait_for(road, campaign)
        if wait > SHORT_WAIT:
            _later(campaign, wait, None)
            return done
        time.sleep(wait)
        if time.monotonic() - leased > LEASE_SECONDS / 3:
            _later(campaign, LEASE_SECONDS, None)
            leased = time.monotonic()
        ended = step(campaign, road, text, rests)
        if ended is None:
            _later(campaign, _finish(campaign, done), None)
            return done
        done.update(ended)
        doubts = rests.in_doubt(campaign, again=bool(ended["in_doubt"]))
        if ended["refused"] or doubts >= MOST_DOUBTS:
            _pause(campaign, "refused" if ended["refused"] else "in_doubt")
            rests.in_doubt(campaign, again=False)
            return done
    _later(campaign, 0.0, None)
    return done


def step(campaign: Running, road: Road, text: wording.Wording, rests: Rests) -> Counter[str] | None:
    """One batch, from the gate to the gateway's answer; None when there is none to take now."""
    pace = min(road.per_second, campaign.per_second or road.per_second)
    alone = bool(text.fields) and not getattr(road.gateway, "many_texts", True)
    mails = campaign.channel is Channel.EPOSTA
    most = 1 if alone else max(1, min(
        MOST_AT_ONCE, road.gateway.most, int(pace * BATCH_SECONDS)))
    if mails:  # only a mail server's speed is learnt: it answers for each mail
        most = rests.fits(road, CALL_SECONDS, most)
    taken, blocked = take(campaign, most, road, text)
    if taken is None:
        return None
    reach("campaign_batch_taken")
    handed = len(taken.people)
    counts = Counter(batches=1, handed=handed, blocked=blocked)
    if not handed:
        return counts
    rests.took(road, campaign, handed)
    begun = time.monotonic()
    answer = handing.hand_over(campaign, road, taken, text)
    reach("campaign_batch_answered")
    if mails and isinstance(answer, list) and any(isinstance(one, Went) for one in answer):
        rests.saw(road, handed, time.monotonic() - begun)
    counts.update(settling.settle(campaign, road, taken, answer, rests))
    return counts


def take(campaign: Running, most: int, road: Road, text: wording.Wording | None = None
         ) -> tuple[Taken | None, int]:
    """The next stretch of people the gate lets now, and how many of it it blocked. The account is
    written down with it: whoever has to find out what became of the batch looks there."""
    key = (campaign.provider_id, campaign.id)
    with db.transaction(system=True) as conn:
        row = conn.execute("select * from campaign_take(%s, %s, %s, %s)", (
            *key, most, clock.now() - SILENT_AFTER)).fetchone()
        if row is None:
            return None, 0
        no, fence, tries, handed, blocked = row
        conn.execute(_BY, (road.account_id, road.kind, road.sender, *key, no))
        rows = conn.execute(_PEOPLE, (*key, no)).fetchall()
    people, out = _addresses(rows)
    out |= _refused_by_plugins(campaign, people)
    said, promoting = _judged(campaign, people, text)
    out |= promoting
    if out:
        _block(campaign, no, out)
        people = [one for one in people if one.no not in out]
    return Taken(no, fence, tries, people, handed > len(rows), said), blocked + len(out)


def _judged(campaign: Running, people: Sequence[Person], text: wording.Wording | None
            ) -> tuple[dict[int, dict[str, str]] | None, dict[int, Reason]]:
    """What an exempt message says of these people, read once and judged with its words (R-03): what
    promotes, and did not stand before the second person who agreed, is not sent."""
    text = text or wording.of(campaign.content)
    wanted = text.fields - {REFUSE}
    if not campaign.declared.exempt or not wanted:
        return None, {}
    judge = text.judge(agreed=campaign.content.get("approvedBy") is not None)
    said = values_of(db.system_connection(), campaign.provider_id,
                     [one.recipient_id for one in people], wanted)
    return said, {one.no: Reason.PROMOTES for one in people if judge.promotes(dict(
        said[one.recipient_id].items() - campaign.agreed))}


def _addresses(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Person], dict[int, Reason]]:
    keyring, people, out = secrets().keyring, list[Person](), dict[int, Reason]()
    for no, recipient, tries, key, digest, cipher in rows:
        try:
            people.append(Person(no, recipient, keyring.decrypt(
                key, bytes(cipher), bytes(digest)).decode(), tries))
        except (CannotDecrypt, TypeError):
            out[no] = Reason.UNREADABLE
    return people, out


def _refused_by_plugins(campaign: Running, people: list[Person]) -> dict[int, Reason]:
    if campaign.declared.exempt:
        return {}
    no = checks.refused(checks.Asked(campaign.provider_id, campaign.brand_id, campaign.channel,
                                     campaign.recipient_type), [one.to for one in people])
    return {people[place].no: Reason.PLUGIN for place in no}


def _block(campaign: Running, no: int, out: dict[int, Reason]) -> None:
    db.system_connection().execute(_BLOCK, {
        "nos": list(out), "reasons": [int(one) for one in out.values()],
        "provider": campaign.provider_id, "campaign": campaign.id, "no": no})


def _over(campaign: Running) -> bool:
    """Whether it advertises what has ended meanwhile (R-27): pauses and quiet hours take days."""
    ends = campaign.content.get("ends")
    return law.has_ended(campaign.declared, date.fromisoformat(ends) if ends else None,
                         clock.today())


def _silent_seconds(campaign: Running) -> float:
    if campaign.declared.exempt:
        return 0.0
    now = clock.now()
    begin = quiet.speaks_from(now, campaign.quiet, None if campaign.on_holidays else quiet.holiday)
    return max(0.0, (begin - now).total_seconds())


def _finish(campaign: Running, done: Counter[str]) -> float:
    """End the campaign when nothing is left; seconds until it is worth looking again."""
    key = {"provider": campaign.provider_id, "id": campaign.id}
    if db.system_connection().execute(_END, key).fetchone():
        done["ended"] += 1
        log.info("campaign_ended", campaign=campaign.id)
        return 0.0
    row = db.system_connection().execute(
        _NEXT, (DOUBT_SECONDS, campaign.provider_id, campaign.id)).fetchone()
    return float(row[0]) if row and row[0] is not None else 1.0


def _later(campaign: Running, seconds: float, problem: str | None) -> None:
    db.system_connection().execute(_LATER, (seconds, problem, campaign.provider_id, campaign.id))


def _pause(campaign: Running, problem: str) -> None:
    db.system_connection().execute(_PAUSE, (problem, campaign.provider_id, campaign.id))


def find_forgotten() -> int:
    """Batches whose worker never came back are in doubt; how many. Never sends."""
    rows = db.system_connection().execute(_FORGOTTEN, (DOUBT_SECONDS,)).fetchall()
    for provider, campaign, batch in rows:
        log.error("campaign_batch_in_doubt", provider=provider, campaign=campaign, batch=batch)
    return len(rows)
