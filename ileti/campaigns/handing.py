"""One batch in a channel's own language: texts, mails with their marks, or calls.

Why this module exists: the three channels answer differently. An SMS provider and one that rings
answer for a whole order, a mail server for each mail; where the texts of an order may not share a
call, each part of it has its answer. Everything up to the call is made first, so
that what cannot be made was never sent; after the call an adapter that breaks may have sent, and
that is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ileti.campaigns.roads import Road
from ileti.campaigns.running import Running, Taken, number_of
from ileti.campaigns.values import of_people
from ileti.campaigns.wording import Wording
from ileti.channels import presses, quiet, sms, voice
from ileti.channels.mail import Mail, Mark, Series
from ileti.channels.sms import Handed, InDoubt, Later, Never
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger
from ileti.templates.compose import REFUSE, Filled

log = get_logger("ileti.campaigns")

#: how long after the order people may still be rung
RING_HOURS: Final = 2
_REFUSED_WORDS: Final = "Reddiniz alındı. Bir daha aranmayacaksınız."
Answers = Handed | list[Handed]


def hand_over(campaign: Running, road: Road, taken: Taken, text: Wording) -> Answers:
    """Make the batch and hand it over: one answer, or one for each person in their order."""
    try:
        order = _made(campaign, road, taken, text)
    except JobTimeout:
        raise
    except Exception as error:  # nothing has left yet
        log.exception("campaign_batch_not_made", campaign=campaign.id, batch=taken.no)
        return Never(f"made: {type(error).__name__}")
    db.refuse_open_transaction()
    if isinstance(order, sms.Batch) and (parts := _apart(road, order)):
        return _in_parts(road, order, parts)
    answer = _sent(road, order)
    if isinstance(answer, list) and len(answer) != len(taken.people):
        return InDoubt("answers do not fit the batch")
    return answer


def _sent(road: Road, order: sms.Batch | voice.CallBatch | list[Mail]) -> Answers:
    try:
        answer: Answers = road.gateway.send(order)
    except JobTimeout:
        raise
    except Exception as error:  # an adapter that breaks may have sent
        log.exception("gateway_broke", gateway=road.name)
        return InDoubt(type(error).__name__)
    return answer


def _apart(road: Road, order: sms.Batch) -> list[list[int]]:
    """The places of texts that may share a call, the many first, where they may not all: a
    provider that codes a whole call by its worst letter would make everybody's text dear."""
    apart = getattr(road.gateway, "apart", None)
    if apart is None:
        return []
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(order.messages):
        groups.setdefault(apart(one.text), []).append(place)
    return sorted(groups.values(), key=len, reverse=True) if len(groups) > 1 else []


def _in_parts(road: Road, order: sms.Batch, parts: list[list[int]]) -> Answers:
    """One call after the other inside the one batch that is ours: whoever is killed between them
    leaves all of it in doubt. What everybody would hear is not asked a second time."""
    answers: list[Handed] = [InDoubt("not tried")] * len(order.messages)
    told: Handed | None = None
    for number, places in enumerate(parts, 1):
        if not (isinstance(told, Later) or (isinstance(told, Never) and told.account)):
            said = _sent(road, replace(order, name=f"{order.name}-{number}",
                                       messages=[order.messages[at] for at in places]))
            told = InDoubt("answers do not fit the batch") if isinstance(said, list) else said
        for at in places:
            answers[at] = told
    return answers if any(one != answers[0] for one in answers) else answers[0]


def _made(campaign: Running, road: Road, taken: Taken, text: Wording
          ) -> sms.Batch | voice.CallBatch | list[Mail]:
    place = (campaign.provider_id, campaign.brand_id)
    ids = [one.recipient_id for one in taken.people]
    if campaign.channel is Channel.EPOSTA:
        return _mails(campaign, taken, text, of_people(
            *place, campaign.channel, ids, text.fields | {REFUSE}, taken.said))
    filled = text.fill_all(place, campaign.channel, ids, taken.said)
    name = f"k{campaign.id}-{taken.no}-{taken.tries}"
    if campaign.channel is Channel.ARAMA:
        return _calls(campaign, road, taken, name, filled)
    return sms.Batch(name, road.sender, campaign.commercial, [
        sms.Sms(number_of(campaign.id, one.no), one.to, words.body)
        for one, words in zip(taken.people, filled, strict=True)])


def _mails(campaign: Running, taken: Taken, text: Wording, said: Sequence[dict[str, str]]
           ) -> list[Mail]:
    commercial, brand = not campaign.declared.exempt, str(campaign.content.get("brand", ""))
    made = []
    for one, values in zip(taken.people, said, strict=True):
        words, number = text.fill(values), number_of(campaign.id, one.no)
        made.append(Mail(
            number, one.to, words.subject, words.body, words.html or None,
            unsubscribe_url=values[REFUSE] if commercial else None,
            mark=Mark(campaign.provider_id, campaign.brand_id, one.recipient_id, number,
                      Series.CAMPAIGN), sender_name=brand, list_name=brand if commercial else ""))
    return made


def _calls(campaign: Running, road: Road, taken: Taken, name: str, filled: Sequence[Filled]
           ) -> voice.CallBatch:
    key = str(campaign.content.get("refuseKey", ""))
    if key not in voice.KEYS:
        raise ValueError("no key refuses")
    place = presses.place_of(campaign.provider_id, campaign.brand_id)
    if place is None:
        raise LookupError("the brand is gone")
    return voice.CallBatch(
        name=name, caller=road.sender, commercial=campaign.commercial, refuse_key=key,
        refused_words=_REFUSED_WORDS, until=_rings_until(campaign),
        brand_code=place.brand_code,
        results=presses.results_url(presses.Order(place, road.gateway.name, key, name)),
        calls=[voice.Call(number_of(campaign.id, one.no), one.to, words.body)
               for one, words in zip(taken.people, filled, strict=True)])


def _rings_until(campaign: Running) -> datetime:
    """An order that is late wakes nobody: advertisements ring only until the quiet hours (R-56)."""
    return quiet.silent_from(clock.now(), campaign.quiet if campaign.commercial else None,
                             timedelta(hours=RING_HOURS))


def batch_of(order_name: str) -> tuple[int, int] | None:
    """Campaign and batch of an order's name; None for one that is not a campaign's."""
    parts = order_name.removeprefix("k").split("-")
    if not order_name.startswith("k") or len(parts) != 3 or not all(
            one.isdecimal() for one in parts):
        return None
    return int(parts[0]), int(parts[1])
