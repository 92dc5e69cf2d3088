"""The list of what people wrote: what a person has to read first, and one message with its proof.

A sender's number is masked; the words are shown to who may read them, since that is what the page
is for. Everything a message became is linked: the records, and whose decision it was.
"""

from __future__ import annotations

from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, func, literal, select

from ileti.consents import unread
from ileti.core import db, formats, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.formats import say
from ileti.inbound.formats import GATEWAYS
from ileti.inbound.models import InboundMessage, InboundNumber
from ileti.inbound.sealed import unseal
from ileti.inbound.vocabulary import Answered, Deed, Meant
from ileti.recipients.address import mask, pretty
from ileti.recipients.known import address_of
from ileti.tenancy import narrowing, security
from ileti.tenancy import offered as offers
from ileti.tenancy.trail import person

PAGE: Final = 50
COUNTED: Final = 1_000
SHORT: Final = 90
OFFERED: Final = 200
ALL: Final = "hepsi"
VIEWS: Final = {"okunacak": _l("To be read"), "bekleyen": _l("Waiting for a name"),
                "onay": _l("Consents taken"), "ret": _l("Refusals"), ALL: _l("All")}
_TONES: Final = {Deed.UNREAD: "wait", Deed.CONSENTED: "ok", Deed.REFUSED: "ret",
                 Deed.STOPPED: "ret", Deed.NAME_ASKED: "wait"}


def chosen() -> str:
    """The view asked for; what waits for a person when none is named."""
    word = request.args.get("durum", "okunacak") or ALL
    return word if word in VIEWS else "okunacak"


def waiting() -> Any:
    """How many messages wait for a person, at most ``COUNTED``, as a column of the menu's one
    question."""
    asked = select(InboundMessage.id).where(_rule("okunacak")).limit(COUNTED)
    return select(func.count()).select_from(asked.subquery()).scalar_subquery()


def context() -> dict[str, Any]:
    """The list, for ``panel/inbound/list.html``."""
    view, place = chosen(), request.args.get("sayfa", 0, type=int)
    place = place if 0 <= place < 10_000 else 0
    wanted = _asked(view)
    asked = select(InboundMessage).where(_rule(view), *wanted.only).order_by(
        InboundMessage.id if view == "okunacak" else InboundMessage.id.desc())
    found = list(orm.db.session.scalars(asked.limit(PAGE + 1).offset(place * PAGE)))
    counts = {name: _count(name) for name in VIEWS if name != ALL}
    many = counts["okunacak"]
    return {
        "title": _("Incoming SMS"), "view": view, "rows": [_row(one) for one in found[:PAGE]],
        "line": ngettext("%(n)s message waits for somebody to read it.",
                         "%(n)s messages wait for somebody to read them.", many,
                         n=formats.number(many)) if many else _("Nothing waits to be read."),
        "tabs": [{"label": label, "url": url_for("InboundView.index", durum=name),
                  "count": counts.get(name), "current": name == view}
                 for name, label in VIEWS.items()],
        "actions": [{"label": _("Numbers and words"), "icon": "sliders-horizontal",
                     "url": url_for("InboundNumberView.index")}],
        "before": wanted.url(sayfa=place - 1 or None) if place else None,
        "after": wanted.url(sayfa=place + 1) if len(found) > PAGE else None,
        "asked": wanted.drawn, "shown": wanted.shown, "narrowed": wanted.active,
    }


def _asked(view: str) -> narrowing.Asked:
    """What the address asks within a tab."""
    one = InboundMessage
    numbers = orm.db.session.scalars(
        select(InboundNumber).order_by(InboundNumber.id).limit(OFFERED))
    found = narrowing.read(
        "InboundView.index", [
            ("anlam", _("Understood as")), ("yapilan", _("What was done")),
            ("nereye", _("Written to"))],
        [narrowing.Pick("anlam", _("Understood as"), narrowing.by_number(
            one.meant, {int(each): say(each) for each in Meant})),
         narrowing.Pick("numara", _("Written to"), narrowing.by_number(
             one.number_id, {each.id: str(each) for each in numbers})),
         narrowing.Pick("marka", _("Brand"), narrowing.by_number(
             one.brand_id, {each.id: each.name for each in offers.brands()}))],
        one.said_at, label=_("Date"), left_out=("sayfa",), always=("durum",))
    found.drawn["clear_url"] = url_for("InboundView.index", durum=view, gorunum=0)
    return found


def _rule(view: str) -> ColumnElement[bool]:
    deed = InboundMessage.deed
    return {"okunacak": deed == int(Deed.UNREAD),
            "bekleyen": InboundMessage.waits_until > func.now(),
            "onay": deed == int(Deed.CONSENTED),
            "ret": deed.in_((int(Deed.REFUSED), int(Deed.STOPPED)))}.get(view, literal(True))


def _count(view: str) -> int:
    asked = select(InboundMessage.id).where(_rule(view)).limit(COUNTED)
    return orm.db.session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _row(one: InboundMessage) -> dict[str, Any]:
    words = _words(one)
    return {"url": url_for("InboundView.show", pk=one.id), "from": _from(one, in_full=False),
            "text": words if len(words) <= SHORT else f"{words[:SHORT]}…", "at": one.said_at,
            "where": str(one.number), "brand": str(one.brand) if one.brand else "",
            "meant": say(Meant(one.meant)) if one.meant is not None else "—", **_state(one)}


def _state(one: InboundMessage) -> dict[str, str]:
    if one.deed is None:
        return {"tone": "wait", "state": _("Being read")}
    deed = Deed(one.deed)
    if deed is Deed.NAME_ASKED and one.waits_until is None:
        return {"tone": "mute", "state": _("No name came")}
    return {"tone": _TONES.get(deed, "mute"), "state": say(deed)}


def _words(one: InboundMessage) -> str:
    try:
        text = unseal(one.provider_id, one.outside_id, one.text_key, one.text_ct)
    except CannotDecrypt:
        return _("cannot be opened")
    return text if text is not None else _("erased")


def _from(one: InboundMessage, *, in_full: bool) -> str:
    """The sender: of a message in sight, so past the wall, which knows people by their records."""
    if one.recipient_id is None:
        return _("no number")
    address = address_of(db.system_connection(), one.provider_id, one.recipient_id)
    if address is None:
        return _("erased")
    return pretty(address) if in_full else mask(address)


def detail(one: InboundMessage, *, in_full: bool = False) -> dict[str, Any]:
    """One message, for ``panel/inbound/show.html``."""
    may_open = one.recipient_id is not None and not in_full and security.may("consent:reveal")
    open_for = one.deed == int(Deed.UNREAD) and security.may("inbound:decide")
    return {
        "title": _from(one, in_full=in_full), "one": one, "words": _words(one), **_state(one),
        "line": f"{one.number} · {pretty(one.number.number)}",
        "crumbs": [(_("Incoming SMS"), url_for("InboundView.index")),
                   (_from(one, in_full=in_full), None)],
        "actions": [{"label": _("Show the address"), "icon": "eye", "method": "post",
                     "url": url_for("InboundView.reveal", pk=one.id)}] if may_open else [],
        "facts": _facts(one), "records": unread.records(one.provider_id, one.submissions),
        "decisions": _decisions(one) if open_for else [],
    }


def _facts(one: InboundMessage) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        (_("Written to"), _written_to(one)), (_("Brand"), one.brand or "—"),
        (_("Sent, by the operator"), one.said_at), (_("Arrived here"), one.received_at),
        (_("Gateway"), GATEWAYS.get(one.number.gateway, one.number.gateway)),
        (_("Its number at the gateway"), one.outside_id),
        (_("Understood as"), say(Meant(one.meant)) if one.meant is not None else "—")]
    if one.word:
        rows.append((_("By the words"), one.word))
    if one.answered is not None:
        rows.append((_("Answered with"), say(Answered(one.answered))))
    if one.waits_until is not None:
        rows.append((_("A name is awaited until"), one.waits_until))
    if one.decided_by is not None:
        rows += [(_("Decided by"), person(one.decided_by)), (_("Decided"), one.decided_at)]
    return rows


def _written_to(one: InboundMessage) -> str:
    """The number; where the gateway named another, that one, and that it is not known here."""
    if one.written_to is None:
        return pretty(one.number.number)
    named = pretty(one.written_to) if one.written_to.startswith("+") else one.written_to
    return _("%(number)s, which is no number here: no consent is taken from it", number=named)


def _decisions(one: InboundMessage) -> list[dict[str, Any]]:
    return unread.decisions(
        url_for("InboundView.decide", pk=one.id), somebody=one.recipient_id is not None,
        refuses=_("It refuses SMS"),
        everything=_("SMS, calls, and e-mail given together with this number stop from now "
                     "on. The person gets an SMS that says so."))
