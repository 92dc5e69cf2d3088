"""What ``message.status`` tells: sent, delivered, failed, kept back, refused after.

Why this module exists: a shop that sends a million messages wants to know what became of them and
cannot take a million calls. Single messages, codes and confirmations are told one by one, each a
call to a gateway of its own; of a campaign up to a thousand people that share a state are told
together, by their numbers and the records they relied on. Those are written down where they
happen (``message_news``), only where a webhook wants them, and gathered here. A refusal that
follows messages is told with what was sent to that person in the thirty days before (R-32).
"""

from __future__ import annotations

from typing import Any, Final

from ileti.campaigns.reasons import Reason
from ileti.consents.numbers import record_number
from ileti.core import db

#: state of ``message_news`` → the word
STATES: Final = {1: "sent", 2: "delivered", 3: "not_delivered", 4: "failed", 5: "in_doubt",
                 6: "blocked"}
WORD: Final = "message.status"
#: facts read at a time: one may tell of a thousand people
PAGE: Final = 100
_MOST: Final = 5

# Numbers of three tables stand in one order: the last two bits say whose.
_OWN: Final = """
select coalesce(m.sent_at, o.dead_at, m.denied_at) as at, m.id * 4 as ref, m.brand_id,
       jsonb_build_object('message', m.id, 'kind', m.kind, 'channel', m.channel,
           'state', case when m.denial is not null then 'blocked'
                         when m.sent_at is null then 'failed' else 'sent' end,
           'gateway', m.gateway, 'outsideId', m.outside_id) as data
  from message m
  left join outbox o on o.provider_id = m.provider_id and o.topic = %(messages)s
       and o.ref_id = m.id and m.sent_at is null
 where m.provider_id = w.provider_id and m.created_at > l.since - interval '8 days'
   and coalesce(m.sent_at, o.dead_at, m.denied_at) >= l.since"""
_REPORTED: Final = """
select n.at, m.id * 4 + 1, m.brand_id,
       jsonb_build_object('message', m.id, 'kind', m.kind, 'channel', m.channel,
           'state', n.state, 'gateway', m.gateway, 'outsideId', m.outside_id)
  from message_news n
 cross join lateral unnest(n.refs) r(id)
  join message m on m.provider_id = n.provider_id and m.id = r.id
 where n.provider_id = w.provider_id and n.campaign_id is null and n.at >= l.since"""
_CAMPAIGN: Final = """
select n.at, n.id * 4 + 2, n.brand_id,
       jsonb_build_object('campaign', n.campaign_id, 'channel', c.channel, 'state', n.state,
           'denial', n.denial, 'numbers', n.refs, 'permits', n.permits)
  from message_news n
  join campaign c on c.provider_id = n.provider_id and c.id = n.campaign_id
 where w.campaigns and n.provider_id = w.provider_id and n.at >= l.since
   and n.batch_no is null
   and not exists (select from webhook_delivery d
                    where d.webhook_id = w.id and d.event_id = 'evt_' || left(encode(sha256(
                        convert_to(w.home_id || ':message.status:news:' || n.id, 'UTF8')), 'hex'),
                        32))"""
_REFUSED: Final = """
select e.captured_at, e.id * 4 + 3, e.brand_id,
       jsonb_build_object('state', 'refused_after', 'channel', e.channel, 'record', e.id,
           'consentDate', e.consent_date, 'after', s.after)
  from brand b
  join consent_entry e on e.provider_id = w.provider_id and e.brand_id = b.id
       and e.captured_at >= l.since
 cross join lateral (
    select jsonb_agg(x.one order by x.at desc) as after from (
        (select m.sent_at as at, jsonb_build_object('message', m.id) as one
           from message m
          where m.provider_id = e.provider_id and m.recipient_id = e.recipient_id
            and m.brand_id = e.brand_id and m.channel = e.channel and m.kind = 5
            and m.sent_at < e.consent_date and m.sent_at > e.consent_date - interval '30 days'
          order by m.sent_at desc limit %(most)s)
        union all
        (select m.at, jsonb_build_object('campaign', m.campaign_id, 'no', m.no)
           from campaign_message m
           join campaign c on c.provider_id = m.provider_id and c.id = m.campaign_id
           join campaign_batch t on t.provider_id = m.provider_id
            and t.campaign_id = m.campaign_id and t.no = m.batch_no
          where w.campaigns and m.provider_id = e.provider_id
            and m.recipient_id = e.recipient_id and c.brand_id = e.brand_id
            and c.channel = e.channel and c.recipient_type = e.recipient_type
            and (m.state = 4 or m.state = 3 and t.state in (1, 2, 5))
            and m.at < e.consent_date and m.at > e.consent_date - interval '30 days'
          order by m.at desc limit %(most)s)) x) s
 where b.provider_id = w.provider_id and e.status = 2 and e.standing = %(proven)s
   and e.outcome in (1, 2) and s.after is not null
   and not exists (select from submission i where i.provider_id = e.provider_id
                      and i.id = e.submission_id and i.idem like 'import:%%')"""
#: facts of ``message.status`` by w (the webhook) and l.since, as those of :mod:`.facts`
FACTS: Final = "\n union all\n".join((_OWN, _REPORTED, _CAMPAIGN, _REFUSED))
VALUES: Final[dict[str, Any]] = {"most": _MOST}


# News of batches become news of campaigns, a thousand people at most; what is gathered stays, since
# the trigger looks there for what was told of a batch.
_GATHER: Final = """
with raw as (
    select provider_id, id, brand_id, campaign_id, state, denial, refs, permits from message_news
     where batch_no is not null and not gathered
     order by provider_id, id limit %(most)s for update skip locked),
each as (
    select r.provider_id, r.brand_id, r.campaign_id, r.state, r.denial, u.ref, u.permit,
           (row_number() over (partition by r.provider_id, r.brand_id, r.campaign_id, r.state,
                                            r.denial order by u.ref) - 1) / %(together)s as piece
      from raw r cross join lateral unnest(r.refs, r.permits) u(ref, permit)),
made as (
    insert into message_news (provider_id, brand_id, campaign_id, state, denial, refs, permits)
    select provider_id, brand_id, campaign_id, state, denial, array_agg(ref order by ref),
           array_agg(permit order by ref)
      from each group by provider_id, brand_id, campaign_id, state, denial, piece)
update message_news n set gathered = true from raw r
 where n.provider_id = r.provider_id and n.id = r.id"""
TOGETHER: Final = 1_000
_ROWS: Final = 500


def gather() -> int:
    """Put news of batches together; how many there were. One statement at a time, so that a run
    that is killed, or two at once, gather each once."""
    done = 0
    while True:
        some = db.system_connection().execute(
            _GATHER, {"most": _ROWS, "together": TOGETHER}).rowcount
        done += some
        if some < _ROWS:
            return done


def mark(ref: int, data: dict[str, Any]) -> str:
    """What makes it this one event: a message in a state, a piece of news, a refusal."""
    if "message" in data:
        return f"{data['message']}:{_word(data['state'])}"
    return f"refused:{data['record']}" if "after" in data else f"news:{ref // 4}"


def told(data: dict[str, Any]) -> dict[str, Any]:
    """The data as it is told; what other facts have alike is spelled by :mod:`.facts`."""
    made = data | {"state": _word(data["state"])}
    if "numbers" in made:
        denial = made.pop("denial")
        permits = made.pop("permits") or []
        numbers = made.pop("numbers")
        permits += [None] * (len(numbers) - len(permits))
        made["denial"] = Reason(denial).name.lower() if denial else None
        made["messages"] = [
            {"no": no, "record": record_number(permit) if permit else None}
            for no, permit in zip(numbers, permits, strict=True)]
    return made


def about(told_: dict[str, Any]) -> str:
    """A few words for the list of deliveries."""
    if "message" in told_:
        return f"{told_['message']} · {told_['state']}"
    if "messages" in told_:
        return f"{told_['campaign']} · {told_['state']} · {len(told_['messages'])}"
    return f"{told_['record']} · {told_['state']}"


def _word(state: int | str) -> str:
    return STATES[state] if isinstance(state, int) else state
