"""How a campaign goes, in numbers: counted where it stands, without a second book to keep in step.

Why this module exists: people look at a running campaign every few seconds. What was handed over
and blocked is summed over its batches (a thousand people a row); why people were blocked, and what
providers reported, is counted over its people in one pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ileti.campaigns.reasons import Reason
from ileti.campaigns.settling import DOUBT
from ileti.campaigns.vocabulary import Batch
from ileti.channels.sms import Delivery
from ileti.core import db


@dataclass(frozen=True)
class Progress:
    """Sums over the batches. ``looked``: people the gate was asked about; ``in_doubt``: people of
    batches whose answer was lost."""

    looked: int
    handed: int
    blocked: int
    in_doubt: int
    refused: int
    since: datetime | None
    until: datetime | None


_PROGRESS: Final = """
select coalesce(max(last_no), 0), coalesce(sum(handed) filter (where state in (2, 5)), 0),
       coalesce(sum(blocked), 0), coalesce(sum(handed) filter (where state = 5), 0),
       coalesce(sum(handed) filter (where state = 4), 0), min(begun_at), max(ended_at)
  from campaign_batch where provider_id = %s and campaign_id = %s"""
_FATES: Final = """
select state, reason, delivery, count(*) from campaign_message
 where provider_id = %s and campaign_id = %s group by 1, 2, 3"""
_AFTER: Final = """
select count(*) from campaign_message m
  join consent_state s on s.provider_id = m.provider_id and s.brand_id = %s
   and s.recipient_id = m.recipient_id and s.recipient_type = %s and s.channel = %s
   and s.status = 2 and s.consent_date > m.at
  join campaign_batch b on b.provider_id = m.provider_id and b.campaign_id = m.campaign_id
   and b.no = m.batch_no
 where m.provider_id = %s and m.campaign_id = %s
   and (m.state = 4 or m.state = 3 and b.state in (1, 2, 5))"""
_DOUBTS: Final = """
select no, first_no, last_no, handed, gateway, sender, begun_at, reason from campaign_batch
 where provider_id = %s and campaign_id = %s and state = %s order by no limit 100"""


def progress(provider_id: int, campaign_id: int) -> Progress:
    """The sums now."""
    row = db.connection().execute(_PROGRESS, (provider_id, campaign_id)).fetchone()
    assert row is not None
    return Progress(*row)


_SUMS: Final = """
select campaign_id, coalesce(sum(handed) filter (where state in (2, 5)), 0)::int,
       coalesce(sum(blocked), 0)::int
  from campaign_batch where provider_id = %s and campaign_id = any(%s) group by 1"""


def sums(provider_id: int, campaigns: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of each of these campaigns that has begun: people handed over, people the gate kept out."""
    return {number: (handed, blocked) for number, handed, blocked in db.connection().execute(
        _SUMS, (provider_id, list(campaigns)))}


@dataclass(frozen=True)
class Fates:
    """People by what became of them."""

    blocked: dict[Reason, int]
    deliveries: dict[Delivery, int]
    silent: int
    mails_in_doubt: int


def fates(provider_id: int, campaign_id: int) -> Fates:
    """Counted over all its people."""
    blocked, deliveries, silent, doubt = Counter[Reason](), Counter[Delivery](), 0, 0
    for state, reason, delivery, many in db.connection().execute(
            _FATES, (provider_id, campaign_id)):
        if state == 2:
            blocked[Reason(reason)] += many
        elif delivery == DOUBT:
            doubt += many
        elif delivery is not None:
            deliveries[Delivery(delivery)] += many
        elif state in (3, 4):
            silent += many
    return Fates(dict(blocked.most_common()), dict(deliveries.most_common()), silent, doubt)


def refused_after(campaign: Any) -> int:
    """How many of those who got it have refused since."""
    row = db.connection().execute(_AFTER, (
        campaign.brand_id, int(campaign.recipient_type), int(campaign.channel),
        campaign.provider_id, campaign.id)).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True)
class Doubt:
    """A batch nobody knows the fate of."""

    no: int
    first_no: int
    last_no: int
    handed: int
    gateway: str | None
    sender: str | None
    begun_at: datetime
    reason: str | None


def doubts(provider_id: int, campaign_id: int) -> list[Doubt]:
    """Batches in doubt, the oldest first."""
    return [Doubt(*row) for row in db.connection().execute(
        _DOUBTS, (provider_id, campaign_id, int(Batch.IN_DOUBT)))]


_PEOPLE: Final = """
select m.no, r.key_no, r.addr_hash, r.addr_ct, m.state, m.reason, m.delivery, m.at
  from campaign_message m
  join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
 where m.provider_id = %s and m.campaign_id = %s and m.no > %s order by m.no limit %s"""


def people(provider_id: int, campaign_id: int, *, piece: int = 5_000) -> Iterator[tuple[Any, ...]]:
    """Everybody of it in order of their numbers, fetched piece by piece: number, sealed address
    (key, hash, cipher), state, reason, delivery, moment."""
    last = 0
    while rows := db.connection().execute(
            _PEOPLE, (provider_id, campaign_id, last, piece)).fetchall():
        yield from rows
        last = rows[-1][0]
