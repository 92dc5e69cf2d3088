"""Campaigns for programs: where each stands, its numbers, its people; and stopping one.

Why this module exists: a shop's own screens show how a campaign goes and what became of each
message. What a program sees is what its people would: campaigns in the account's scope, addresses
masked. Releasing is no service: whoever lets an advertisement go signs its digest (R-51) and a
second person may have to agree, and a program is neither of them; going on after a pause is a
release of the rest. Stopping harms nobody and is wanted at once.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

import ileti.campaigns.jobs  # noqa: F401 (a step rings for them by name)
from ileti.api import shapes, slots
from ileti.api.campaigndocument import ASKED, EXAMPLES, PATH, PEOPLE, SCHEMAS, WORDS
from ileti.api.desk import Answer, Call
from ileti.api.reading import query
from ileti.api.scoped import (
    Declared,
    brand_codes,
    brand_ids,
    page,
    place,
    retailer_codes,
    shows_addresses,
    spoken,
)
from ileti.campaigns import plan, results, told
from ileti.campaigns.reasons import Reason
from ileti.campaigns.runmodels import Campaign as Row
from ileti.campaigns.told import Told, Word
from ileti.campaigns.vocabulary import State
from ileti.capture.api_document import Operation
from ileti.channels.sms import Delivery
from ileti.consents.momenttold import iso
from ileti.consents.numbers import record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import orm
from ileti.core.errors import Conflict, NotFound
from ileti.recipients.models import Recipient
from ileti.templates.vocabulary import MessageClass

#: campaigns of more people are counted by few at a time
MANY: Final = 50_000
_DAY: Final = timedelta(days=1)
_BEFORE: Final = (State.DRAFT, State.PREPARING, State.READY)


def index(call: Call) -> Answer:
    """``GET /campaigns``: newest first."""
    asked = query(call, ASKED)
    start, wanted = place(call, asked), select(Row)
    if asked["brand"]:
        wanted = wanted.where(Row.brand_id.in_(brand_ids(asked["brand"])))
    if asked["channel"]:
        wanted = wanted.where(Row.channel.in_([int(Channel[one]) for one in asked["channel"]]))
    if asked["state"]:
        wanted = wanted.where(Row.state.in_([int(State[one]) for one in asked["state"]]))
    if asked["since"]:
        wanted = wanted.where(Row.created_at >= shapes.midnight(asked["since"]))
    if asked["until"]:
        wanted = wanted.where(Row.created_at < shapes.midnight(asked["until"] + _DAY))
    if start:
        wanted = wanted.where(Row.id < int(start[0]))
    rows = orm.db.session.scalars(wanted.order_by(Row.id.desc()).limit(asked["limit"] + 1)).all()
    brands, dealers = brand_codes(), retailer_codes(one.dealer_id for one in rows)
    return Answer(200, page(call, asked, rows, lambda one: _head(one, brands, dealers),
                            lambda one: (one.id,)))


def show(call: Call) -> Answer:
    """``GET /campaigns/{id}``: with its pre-flight, and with its results once it was released."""
    query(call, {})
    return Answer(200, _whole(call, _found(call)))


def people(call: Call) -> Answer:
    """``GET /campaigns/{id}/messages``: its people in their order, and what became of each."""
    asked = query(call, PEOPLE)
    one, start = _found(call), place(call, asked)
    full = shows_addresses(call, asked, f"campaign:{one.id}")
    found = told.people(
        one.provider_id, one.id, after=int(start[0]) if start else 0, most=asked["limit"] + 1,
        words=[Word(each) for each in asked["state"]],
        reasons=[WORDS[each] for each in asked["denial"]],
        deliveries=[Delivery[each] for each in asked["delivery"]])
    known = {row.id: row for row in orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == one.provider_id,
        Recipient.id.in_([row.recipient_id for row in found] or [0])))}
    return Answer(200, page(
        call, asked, found,
        lambda row: _person(row, spoken(address_of(known.get(row.recipient_id)), full=full)),
        lambda row: (row.no,)))


def pause(call: Call) -> Answer:
    """``POST /campaigns/{id}/pause``: hand nothing more over. One that is paused stays so."""
    query(call, {})
    one = _found(call)
    if State(one.state) is not State.PAUSED:
        campaign = plan.read(one.provider_id, one.id)
        orm.db.session.rollback()  # the step has a transaction of its own
        with suppress(Conflict):  # it moved on meanwhile; what it is now is looked at below
            plan.pause(campaign, by=None)
        one = _found(call)
    if State(one.state) is not State.PAUSED:
        raise Conflict("Kampanya yayında değil; durdurulacak bir şey yok.",
                       "The campaign does not run; there is nothing to stop.",
                       code="other_state", detail={"state": State(one.state).name})
    return Answer(200, _whole(call, one))


def _found(call: Call) -> Row:
    """The campaign of the path, in the account's sight. Raises NotFound."""
    text = call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    found = orm.db.session.scalars(select(Row).where(Row.id == number)).first()
    if found is None:
        raise NotFound("Böyle bir kampanya yok.", "There is no such campaign.",
                       code="no_such_campaign")
    return found


def _whole(call: Call, one: Row) -> dict[str, Any]:
    return _head(one, brand_codes(), retailer_codes([one.dealer_id])) | {
        "sender": one.sender, "templateVersion": one.content.get("version"),
        "perSecond": one.per_second, "preflight": _preflight(one),
        "results": None if State(one.state) in _BEFORE or one.released_at is None
        else _results(call, one)}


def _head(one: Row, brands: dict[int, int], dealers: dict[int, int | None]) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "state": State(one.state).name,
        "brand": brands[one.brand_id], "retailerCode": dealers.get(one.dealer_id or 0),
        "channel": Channel(one.channel).name,
        "recipientType": RecipientType(one.recipient_type).name,
        "messageClass": MessageClass(one.declared).code, "people": one.total,
        "problem": one.problem, "createdAt": iso(one.created_at),
        **{name: iso(at) if at else None for name, at in (
            ("preparedAt", one.prepared_at), ("releasedAt", one.released_at),
            ("beginAt", one.begin_at), ("endedAt", one.ended_at))}}


def _preflight(one: Row) -> dict[str, Any] | None:
    if not one.preflight or one.prepared_at is None:
        return None
    counts = {int(key): many for key, many in one.preflight.get("counts", {}).items()}
    goes = counts.pop(0, 0)
    return {"at": iso(one.prepared_at), "goes": goes, "blocked": sum(counts.values()),
            "reasons": _reasons({Reason(key): many for key, many in counts.items()})}


def _results(call: Call, one: Row) -> dict[str, Any]:
    """Counted where its people are; of a large one by few at a time, so that programs that ask
    often leave room for visitors."""
    slot = slots.take(call.caller.account_id) if one.total > MANY else None
    try:
        sums = results.progress(one.provider_id, one.id)
        fates = results.fates(one.provider_id, one.id)
        after = results.refused_after(plan.read(one.provider_id, one.id))
    finally:
        if slot is not None:
            slot.release()
    return {
        "asked": sums.looked, "handed": sums.handed, "blocked": sums.blocked,
        "inDoubt": sums.in_doubt + fates.mails_in_doubt, "failed": sums.refused,
        "reasons": _reasons(fates.blocked), "unreported": fates.silent,
        "deliveries": [{"delivery": key.name, "messages": many}
                       for key, many in fates.deliveries.items()], "refusedAfter": after}


def _reasons(counts: dict[Reason, int]) -> list[dict[str, Any]]:
    return [{"denial": key.name.lower(), "people": many}
            for key, many in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]


def _person(one: Told, address: str | None) -> dict[str, Any]:
    return {
        "no": one.no, "address": address, "state": one.word.value,
        "denial": one.reason.name.lower() if one.reason and one.word is Word.BLOCKED else None,
        "record": record_number(one.permit_id) if one.permit_id and one.at else None,
        "gateway": one.gateway if one.at else None,
        "delivery": one.delivery.name if one.delivery else None,
        "deliveryReason": one.delivery_reason,
        **{name: iso(at) if at else None for name, at in (
            ("at", one.at), ("deliveredAt", one.delivered_at), ("refusedAt", one.refused_at))}}


_FAULTS: Final = (401, 403, 404, 422, 429, 500, 503)
_ONE: Final = PATH + "/{id}"
SERVICES: Final = (
    Declared(Operation(
        "listCampaigns", "get", PATH, "campaigns", ("Kampanyaları listele", "List campaigns"),
        ("Yeniden eskiye.", "Newest first."), 200, ("Bir sayfa.", "A page."), "Campaigns",
        query=ASKED, faults=_FAULTS), index, "campaigns:read"),
    Declared(Operation(
        "showCampaign", "get", _ONE, "campaigns", ("Bir kampanya", "One campaign"),
        ("Ön denetimin sayıları; yayımlandıysa sonuçlar. Sonuçlar o anda sayılır: dakikada bir "
         "sormak yeter, değişince duymak için webhook `message.status`.",
         "The numbers of its pre-flight and, once it was released, its results. They are counted "
         "at that moment: once a minute is plenty, and the webhook `message.status` tells of "
         "changes."),
        200, ("Kampanya.", "The campaign."), "Campaign", faults=_FAULTS), show, "campaigns:read"),
    Declared(Operation(
        "listCampaignMessages", "get", _ONE + "/messages", "campaigns",
        ("Kampanyanın iletileri", "A campaign’s messages"),
        ("Kişi kişi: kime gitti, kim neden almadı, sağlayıcı ne bildirdi. `record` dayanılan izin "
         "kaydıdır, `refusedAt` iletiden sonra verilen ret.",
         "Person by person: who got it, who did not and why, what the provider reported. `record` "
         "is the consent it relied on, `refusedAt` a refusal that came after it."),
        200, ("Bir sayfa.", "A page."), "CampaignMessages", query=PEOPLE, faults=_FAULTS),
        people, "campaigns:read"),
    Declared(Operation(
        "pauseCampaign", "post", _ONE + "/pause", "campaigns",
        ("Kampanyayı durdur", "Pause a campaign"),
        ("Daha fazlası gönderilmez. Yayımlamak ve sürdürmek panelden yapılır: imza (R-51) ve "
         "ikinci kişinin onayı bir insandan gelir.",
         "Nothing more is handed over. Releasing and going on are done in the panel: a signature "
         "(R-51) and a second person’s word come from people."),
        200, ("Durduruldu.", "It is paused."), "Campaign",
        faults=(401, 403, 404, 409, 422, 429, 500, 503)), pause, "campaigns:pause"),
)
__all__ = ["EXAMPLES", "SCHEMAS", "SERVICES"]
