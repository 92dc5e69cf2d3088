"""The list below the numbers: each record with its time left, its reason and its button."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.consents import listing
from ileti.consents.detail import record_url
from ileti.consents.numbers import record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core import clock, orm
from ileti.core.formats import say
from ileti.iys.reasons import told
from ileti.radar.causes import acts, cause_of, who
from ileti.radar.counts import Left, Wanted, next_midnight
from ileti.radar.records import LAST_PAGE, PAGE, Waiting, page
from ileti.recipients.address import mask
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand, Dealer


def context(wanted: Wanted, left: list[Left], code: int | None) -> dict[str, Any]:
    """The part of ``panel/radar.html`` about records: stopped ones, or all with ``liste=hepsi``."""
    everything = request.args.get("liste") == "hepsi"
    number = min(max(1, request.args.get("sayfa", 1, type=int)), LAST_PAGE)
    found, more = page(wanted, stopped=not everything, left=left, code=code, number=number)
    first = (number - 1) * PAGE + 1
    people = listing.recipients_of([(one.entry, None) for one in found])
    dealers, brands = _names(Dealer, found), _names(Brand, found)
    return {
        "list_tabs": [{"label": label, "url": _url(liste=key, sayfa=None) + "#kayitlar",
                       "current": everything == (key == "hepsi")}
                      for key, label in (("bekleyen", _("Waiting for you") if acts() else
                                          _("Waiting for a correction")),
                                         ("hepsi", _("All waiting")))],
        "everything": everything, "capped": more and number == LAST_PAGE,
        "rows": [_row(one, people, dealers, brands) for one in found],
        "pages": {"first": first, "last": first + len(found) - 1, "total": None,
                  "newer_url": _url(sayfa=number - 1) if number > 1 else None,
                  "older_url": _url(sayfa=number + 1) if more and number < LAST_PAGE else None},
        "resend": _resend_all() if found and not everything else None,
    }


def _url(**changed: Any) -> str:
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args}
    return url_for("RadarView.index", **{
        name: value for name, value in (query | changed).items() if value is not None})


def _names(model: Any, found: list[Waiting]) -> dict[int, str]:
    column = "dealer_id" if model is Dealer else "brand_id"
    keys = {getattr(one.entry, column) for one in found} - {None}
    if not keys:
        return {}
    return {one.id: str(one) for one in orm.db.session.scalars(
        select(model).where(model.id.in_(keys)))}


def _row(one: Waiting, people: dict[tuple[int, int], Any], dealers: dict[int, str],
         brands: dict[int, str]) -> dict[str, Any]:
    entry = one.entry
    address = address_of(people.get((entry.provider_id, entry.recipient_id)))
    sentence, code = told(one.reason, one.held_code if one.reason else None)
    known = cause_of(sentence, code).sentence if sentence else ""
    return {
        "url": record_url(entry), "address": mask(address) if address else _("erased"),
        "merchant": entry.recipient_type == RecipientType.TACIR,
        "channel": Channel(entry.channel).name, "choice": say(Status(entry.status)),
        "left": left_text(one.due_at), "due_at": one.due_at, "urgency": _urgency(one.due_at),
        "gone": _gone(one), "sentence": known or _("In the queue; goes out by itself."),
        "code": code, "dealer": dealers.get(entry.dealer_id) if entry.dealer_id else None,
        "brand": brands.get(entry.brand_id, "") if scope.current().brand_id is None else "",
        "at": entry.consent_date,
        **_button(one, sentence, code),
    }


def _button(one: Waiting, sentence: str | None, code: str | None) -> dict[str, Any]:
    """What mends this record, for whoever may; for others who does."""
    if not one.stopped:
        return {"action": {"label": _("Details"), "url": record_url(one.entry), "small": True},
                "who": None}
    cause = cause_of(sentence or "", code)
    if not security.may(cause.permission):
        return {"action": None, "who": who(cause.permission)}
    if cause.url is not None or cause.look:
        return {"who": None, "action": {
            "label": cause.label, "small": True,
            "url": _dealer_page(one, cause.permission) or cause.url or record_url(one.entry)}}
    return {"who": None, "action": {
        "label": cause.label, "url": url_for("QueueView.resend"), "method": "post", "small": True,
        "icon": "refresh-cw", "fields": {"ref": record_number(one.entry.id)}}}


def _dealer_page(one: Waiting, permission: str) -> str | None:
    """Where the record's own dealer is matched (H180)."""
    if permission != "dealer:write" or one.entry.dealer_id is None:
        return None
    return url_for("DealerView.edit", pk=one.entry.dealer_id)


def left_text(due: datetime | None) -> str:
    """``9 h 57 min``, ``1 day 9 h``, or how long it is over."""
    if due is None:
        return _("No deadline")
    seconds = int((due - clock.now()).total_seconds())
    minutes = abs(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        text = _("%(d)s d %(h)s h", d=days, h=hours)
    else:
        text = _("%(h)s h %(m)s min", h=hours, m=minutes % 60)
    return text if seconds >= 0 else _("late by %(time)s", time=text)


def _urgency(due: datetime | None) -> str:
    if due is None:
        return ""
    return "bad" if due < next_midnight() else "wait"


def _gone(one: Waiting) -> int:
    """How much of the time is used up, in per cent; for the bar on a phone."""
    if one.due_at is None:
        return 0
    span = (one.due_at - one.entry.consent_date).total_seconds()
    used = (clock.now() - one.entry.consent_date).total_seconds()
    return min(100, max(0, round(100 * used / span))) if span > 0 else 100


def _resend_all() -> dict[str, Any] | None:
    if not security.may("queue:resend"):
        return None
    return {"label": _("Send the mended ones"), "icon": "refresh-cw", "id": "duzeltilenler",
            "url": url_for("QueueView.resend"), "confirm": {
                "title": _("Send all stopped ones again?"), "verb": _("Send again"),
                "text": _("Do it once the cause is mended; else they stop again.")}}
