"""What tests of campaigns share: people with consents, a gateway that remembers, a campaign."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import ileti.campaigns.jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.campaigns import dispatch, plan, prepare, release, roads, valuescan
from ileti.campaigns.audience import Audience
from ileti.campaigns.roads import Rests, Road
from ileti.campaigns.running import Running
from ileti.channels import sms
from ileti.consents.ledger import NewConsent, NewSubmission, record
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.templates.vocabulary import MessageClass

TEXT = ("Kampanya: Nevresimde yuzde 30 indirim. Defne Ev Mersis:0291045678900017 "
        "Ret icin RET yazip 3338'e ucretsiz gonderin")
CONTENT = {"text": TEXT, "body": "Yeni mağazamız açıldı.", "declaredBy": 1}


def phone(n: int) -> str:
    return f"+90599213{n:04d}"


def consent(place: Any, *numbers: int, status: Status = Status.ONAY,
            standing: Standing = Standing.VERIFIED, iys: IysStatus | None = IysStatus.REGISTERED,
            source: Source = Source.HS_WEB) -> None:
    """Records of these people, as İYS holds them."""
    items = tuple(NewConsent(phone(n), Channel.MESAJ, status, clock.now()) for n in numbers)
    record(NewSubmission(place, f"campaign:{uuid4()}", b"x", source, standing, items))
    if iys is not None:
        db.connection().execute(
            "update consent_state set iys_status = %s where provider_id = %s and recipient_id in "
            "(select recipient_id from consent_entry e where e.provider_id = %s order by id desc "
            "limit %s)", (int(iys), place.provider_id, place.provider_id, len(numbers)))


@dataclass
class Phones:
    """A gateway that keeps what it was handed; ``answers`` are given first, in their order, and an
    answer may be a function of the batch."""

    most: int = 100
    many_texts: bool = True
    name: str = "phones"
    answers: list[Any] = field(default_factory=list)
    batches: list[sms.Batch] = field(default_factory=list)

    def send(self, batch: sms.Batch) -> sms.Handed:
        answer: Any = self.answers.pop(0) if self.answers else sms.Taken(f"out-{uuid4()}")
        if callable(answer):
            answer = answer(batch)
        if isinstance(answer, sms.Taken):
            self.batches.append(batch)
        return answer

    @property
    def got(self) -> list[str]:
        """Everybody who got a message, once per message."""
        return sorted(one.to for batch in self.batches for one in batch.messages)


@contextmanager
def carried_by(*gateways: Phones, per_second: float = 1_000_000) -> Iterator[None]:
    """These gateways carry everything, in their order."""
    found = [Road(n, gateway.name, gateway.name, "DEFNE EV", per_second, gateway)
             for n, gateway in enumerate(gateways, 1)]
    before = list(roads._finder)
    roads.found_by(lambda *_, **_more: found)
    try:
        yield
    finally:
        roads._finder[:] = before


def draft(**more: Any) -> plan.Draft:
    return plan.Draft(**{
        "name": "Kara Kış", "channel": Channel.MESAJ, "recipient_type": RecipientType.BIREYSEL,
        "declared": MessageClass.COMMERCIAL, "audience": Audience(), "content": CONTENT} | more)


def ready(place: Any, *, dealer: int | None = None, **more: Any) -> plan.Campaign:
    """A campaign whose people are written down."""
    number = plan.create((place.provider_id, place.brand_id, dealer), draft(**more), by=None)
    plan.prepare(plan.read(place.provider_id, number), by=None)
    prepare.prepare(place.provider_id, number, until=time.monotonic() + 20)
    return plan.read(place.provider_id, number)


def released(place: Any, **more: Any) -> plan.Campaign:
    """A campaign that runs."""
    made = ready(place, **more)
    release.release(made, by=None)
    return plan.read(place.provider_id, made.id)


def running(campaign: plan.Campaign) -> Running:
    return Running(
        campaign.provider_id, campaign.id, campaign.brand_id, campaign.channel,
        campaign.recipient_type, campaign.declared, campaign.sender, campaign.content,
        campaign.per_second, campaign.quiet, campaign.on_holidays,
        valuescan.agreed(campaign.preflight))


def hand_over(campaign: plan.Campaign, rests: Rests | None = None) -> Any:
    """Hand over what can be handed over now."""
    return dispatch.run(running(campaign), until=time.monotonic() + 20, rests=rests or Rests())


def fates(campaign: plan.Campaign) -> dict[tuple[int, int | None], int]:
    """How many people by (state, reason)."""
    return {(state, reason): many for state, reason, many in db.connection().execute(
        "select state, reason, count(*) from campaign_message where provider_id = %s "
        "and campaign_id = %s group by 1, 2", (campaign.provider_id, campaign.id))}


def batches(campaign: plan.Campaign) -> list[int]:
    """The states of its batches."""
    return [row[0] for row in db.connection().execute(
        "select state from campaign_batch where provider_id = %s and campaign_id = %s order by no",
        (campaign.provider_id, campaign.id))]


Answer = Callable[[sms.Batch], sms.Handed]
