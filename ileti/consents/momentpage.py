"""The page of what held for an address at a moment: every brand, channel and recipient type.

Why this module exists: whoever answers an inspector or a complaint has an address and a time, not a
record (R-49). It shows what :mod:`ileti.consents.moments` finds, in the words of a consent's page;
what stood of notices and explicit consents is told by their own room (:func:`stands`). The address
itself stays masked; a signed reference names it in the page's own address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from ileti.consents import listing, moments, search
from ileti.consents.detail import answer_now, answer_then, looked_at, moment_of
from ileti.consents.ledger import ActorKind
from ileti.consents.moments import Reach, Record, Standing
from ileti.consents.numbers import record_number
from ileti.consents.sealed import stamp_word
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType, Source
from ileti.core import clock, formats, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.documents.views import language_name
from ileti.recipients.address import mask
from ileti.recipients.clear import addresses
from ileti.recipients.models import Recipient
from ileti.recipients.restricted import is_restricted
from ileti.tenancy import scope, security


@dataclass(frozen=True)
class Beside:
    """What a higher floor adds: messages near the moment as rows (``title``, ``at``, ``note``,
    ``url`` where the proof is made), whether there are ``more``, and where a pack for a complaint
    and one of the whole person are made; ``providers`` to choose from (number and name) when an
    address is known to several."""

    messages: list[dict[str, Any]]
    more: bool
    pack_url: str
    person_url: str
    providers: list[tuple[int, str]]


Teller = Callable[[list[tuple[int, int]], datetime], Beside]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Register who knows what was sent near a moment, to (provider, recipient) pairs."""
    if teller not in _tellers:
        _tellers.append(teller)
    return teller


class Stood(TypedDict):
    """What stood of another kind than a consent at the moment: ``word`` with its icon and tone as
    the lists have them, ``title`` and ``text`` what it means, ``url`` of its record."""

    title: str
    word: str
    icon: str
    tone: str
    answer: dict[str, str]
    facts: list[tuple[str, Any]]
    url: str | None


Stander = Callable[[int, int, datetime], list[Stood]]
_standers: list[Stander] = []


def stands(stander: Stander) -> Stander:
    """Register who knows what else stood for a (provider, recipient) at a moment."""
    if stander not in _standers:
        _standers.append(stander)
    return stander


class MomentView(BaseView):
    """What held for an address at a moment."""

    route_base = "/izinler/o-an"
    class_permission_name = "consent"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("read")
    def show(self) -> ResponseReturnValue:
        """The page; without a moment it asks for one and shows what holds now."""
        return self.render_template("panel/moment.html", **context())


def context() -> dict[str, Any]:
    """Context of ``panel/moment.html``; raises NotFound without a reference of one's own."""
    reference = request.args.get("bul", "")
    pairs = pairs_of(reference)
    until, problem = moment_of(request.args.get("at"))
    moment = until or clock.now()
    people = {pair: _address(pair, moment) for pair in pairs}
    shown = sorted({mask(one) for one in people.values() if one})
    return {
        "address": ", ".join(shown) or _("erased"), "list_url": url_for("ConsentView.list"),
        "label": _("As of %(at)s", at=formats.moment(until)) if until else _("The state now"),
        "now_url": url_for("MomentView.show", bul=reference) if until else None,
        "travel": {"url": url_for("MomentView.show"), "reference": reference,
                   "value": request.args.get("at", "")[:32], "error": problem},
        "beside": [teller(pairs, moment) for teller in _tellers]
        if security.may("consent:prove") else [],
        "stood": [one for pair in pairs for stander in _standers for one in stander(*pair, moment)],
        "standings": [_shown(one, until, people[pair]) for pair in pairs
                      for one in moments.at_moment(reach(pair[0]), pair[1], moment)],
    }


def pairs_of(reference: str) -> list[tuple[int, int]]:
    """The recipients a reference names, as far as the user's provider goes."""
    here = scope.current()
    found = [pair for pair in search.referred(reference).recipients or []
             if here.everything or pair[0] == here.provider_id]
    if not found:
        raise NotFound()
    return found


def _address(pair: tuple[int, int], moment: datetime) -> str | None:
    """The address of whom the reference names; of somebody with notices and explicit consents
    alone, whom the row rules do not find, by its key."""
    found = address_of(orm.db.session.get(Recipient, pair))
    hidden = not scope.current().sees_restricted and is_restricted(*pair, moment)
    return found if found is not None or hidden else addresses([pair]).get(pair)


def reach(provider_id: int) -> Reach:
    """How far the user at work may see within a provider."""
    here = scope.current()
    return Reach(provider_id, here.brand_id, here.dealer_id, here.sees_restricted)


def _shown(one: Standing, until: datetime | None, address: str | None) -> dict[str, Any]:
    channel, held = Channel(one.key.channel), one.held
    badges: list[dict[str, Any]] = [{"family": "choice", "key": listing.choice_key(held)}]
    if there := listing.iys_key(held, until):
        badges.append({"family": "iys", "key": there, "code": listing.iys_code(held)})
    if listing.is_late(held):
        badges.append({"family": "iys", "key": listing.LATE})
    return {
        "title": f"{one.brand} · {say(channel)} · {say(RecipientType(one.key.recipient_type))}",
        "badges": badges, "gate": answer_then(held, channel) if until else answer_now(
            one.key, address), "facts": _facts(one),
        "url": _url(one.record, until) if one.record else None,
    }


def _url(record: Record, until: datetime | None) -> str:
    at = clock.to_istanbul(until).isoformat(timespec="minutes")[:16] if until else None
    return url_for("ConsentView.show", number=record_number(record.entry_id), at=at)


def _facts(one: Standing) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        (_("Source"), say(Source(one.held.source))), (_("Consent date"), one.held.consent_date),
        *looked_at(one.held)]
    return [*rows, *record_facts(one.record)]


def record_facts(record: Record | None) -> list[tuple[str, Any]]:
    """The record that a state stood on: number, taker, text and proof."""
    if record is None:
        return [(_("Record"), _("changed elsewhere; the record is not yours to see"))]
    text = _("none") if record.text is None else _(
        "%(title)s · version %(n)s · %(language)s", title=record.text[0], n=record.text[1],
        language=language_name(record.text[2]))
    if record.text is not None:
        text = Markup("<a href='/n/{0}'>{1}</a>").format(record.text[4], text)
    number = Markup("<code class='bare'>") + escape(record_number(record.entry_id)) + Markup(
        "</code>")
    return [(_("Record number"), number), (_("Taken"), record.captured_at),
            (_("Taken by"), _taker(record)), (_("Text that was shown"), text),
            (_("Proof"), _proof(record))]


def _taker(record: Record) -> str:
    if not record.own:
        return _("another dealer")
    who = {
        ActorKind.VISITOR: _("the person, on a form"), ActorKind.USER: _("a user of the panel"),
        ActorKind.API: _("a program"), ActorKind.IYS: _("İYS"), ActorKind.SYSTEM: "İleti",
    }[ActorKind(record.actor_kind)]
    return f"{who} · {record.dealer[1]}" if record.dealer else who


def _proof(record: Record) -> str:
    parts = [_("not sealed yet") if record.seal is None else _("seal %(n)s", n=record.seal)]
    if record.stamped_at is not None:
        parts.append(f"{stamp_word(in_law=record.stamp_in_law)} "
                     f"{formats.moment(record.stamped_at)}")
    if record.files:
        parts.append(ngettext("%(n)s file", "%(n)s files", len(record.files),
                              n=formats.number(len(record.files))))
    return " · ".join(parts)
