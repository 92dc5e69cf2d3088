"""The page of one consent: its proof as a story, what the gate says, and what held at an earlier
moment (look picture 03).

With a moment chosen everything that can change is told as it stood then: choice, İYS's word, the
gate's answer, the recipient's other channels. Nothing may be done there; deeds belong to now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape
from sqlalchemy import func, select

from ileti.consents import fieldpage, gate, listing, past, proofs, search
from ileti.consents.ledger import ActorKind
from ileti.consents.models import ConsentAccess, ConsentEntry, ConsentState, Submission
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.past import Held, Key, held_at
from ileti.consents.sealed import seal_row
from ileti.consents.timeline import address_of, story
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.recipients.address import mask, pretty
from ileti.recipients.models import Recipient
from ileti.recipients.restricted import is_restricted
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand, Dealer

ENTRIES_SHOWN = 50
NAMED_DEALERS = 5
KEPT_YEARS = 10  # proof is kept at least so long


@dataclass(frozen=True)
class Shown:
    """One consent as it is shown: ``held`` is its state now or at ``until``, None when there was
    none yet."""

    entry: ConsentEntry
    state: ConsentState
    held: ConsentState | Held | None
    entries: list[ConsentEntry]
    address: str | None
    until: datetime | None
    problem: str | None
    restricted: bool


def record_url(entry: ConsentEntry, page: str = "show") -> str:
    """The page of one entry; its id never stands in an address."""
    return url_for(f"ConsentView.{page}", number=record_number(entry.id))


def detail(entry: ConsentEntry, state: ConsentState, *, in_full: bool = False) -> dict[str, Any]:
    """Context of ``panel/consent.html``."""
    one = _shown(entry, state)
    shown = (_("erased") if one.address is None else
             pretty(one.address) if in_full else mask(one.address))
    may_open = (one.address is not None and not in_full and not one.restricted
                and security.may("consent:reveal"))
    brand = orm.db.session.get(Brand, entry.brand_id)
    kind = say(RecipientType(entry.recipient_type))
    return {
        "list_url": url_for("ConsentView.list"), "list_title": _("Consents"),
        "code": record_number(entry.id), "restricted": one.restricted, "address": shown,
        "badges": _badges(one),
        "reveal": {"label": _("Show the address"), "icon": "eye", "method": "post",
                   "url": record_url(entry, "reveal")} if may_open else None,
        "line": f"{say(Channel(entry.channel))} · {kind} · {brand or ''}",
        "actions": [] if one.until else _actions(one),
        "steps": story(one.entries, state, one.until),
        "moment_label": _("As of %(at)s", at=formats.moment(one.until)) if one.until
        else _("The state now"),
        "now_url": record_url(entry) if one.until else None,
        "gate": answer_then(one.held, Channel(entry.channel)) if one.until
        else answer_now(entry, one.address),
        "facts": [*_particulars(entry, state, brand), *looked_at(one.held)],
        "same": _same_recipient(one), "fields": fieldpage.card(
            entry, orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id)),
            in_full=in_full, restricted=one.restricted) if one.until is None else None,
        "proofs": proofs.section(entry, one.entries, one.until),
        "travel": {"url": record_url(entry), "value": request.args.get("at", "")[:32],
                   "error": one.problem, "whole_url": _whole_address(one)},
    }


def _shown(entry: ConsentEntry, state: ConsentState) -> Shown:
    recipient = orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id))
    entries = entries_of_key(entry)
    until, problem = moment_of(request.args.get("at"))
    held = state if until is None else _held_for_user(state, entries, until)
    return Shown(entry, state, held, entries, address_of(recipient), until, problem,
                 is_restricted(entry.provider_id, entry.recipient_id, entry.captured_at))


def moment_of(text: str | None) -> tuple[datetime | None, str | None]:
    """A moment as the form sends it, in Istanbul's time, or why it is none."""
    if not text:
        return None, None
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=clock.ISTANBUL)
        moment = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, _("Write day and time, for example 01.11.2026 09:00.")
    if moment > clock.now():
        return None, _("Choose a moment that has passed.")
    return moment, None


def entries_of_key(entry: ConsentEntry, channel: Channel | None = None) -> list[ConsentEntry]:
    """The records of this recipient and type, on this or another channel, that the user sees; the
    oldest first."""
    found = orm.db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.provider_id == entry.provider_id,
        ConsentEntry.recipient_id == entry.recipient_id,
        ConsentEntry.brand_id == entry.brand_id,
        ConsentEntry.recipient_type == entry.recipient_type,
        ConsentEntry.channel == (entry.channel if channel is None else int(channel)),
    ).order_by(ConsentEntry.id.desc()).limit(ENTRIES_SHOWN))
    return list(found)[::-1]


def _held_for_user(state: ConsentState, entries: list[ConsentEntry],
                   until: datetime) -> Held | None:
    """What held then. A dealer is told of a key from the first record on that it sees: what stood
    before is somebody else's; nobody is told what is kept of a person for the law alone."""
    here = scope.current()
    if here.dealer_id is not None and not (entries and entries[0].captured_at <= until):
        return None
    if not here.sees_restricted and is_restricted(state.provider_id, state.recipient_id, until):
        return None
    return held_at(state, until)


def _whole_address(one: Shown) -> str | None:
    """The page of all that held for this address at a moment."""
    if one.address is None:
        return None
    found = search.Found(recipients=[(one.entry.provider_id, one.entry.recipient_id)])
    return url_for("MomentView.show", bul=search.reference(found),
                   at=request.args.get("at", "")[:32] or None)


def _badges(one: Shown) -> list[dict[str, Any]]:
    if one.held is None:
        return []
    badges: list[dict[str, Any]] = [{"family": "choice", "key": listing.choice_key(one.held)}]
    there = listing.iys_key(one.held, one.until)
    if there:
        badges.append({"family": "iys", "key": there, "code": listing.iys_code(one.held)})
    if listing.is_late(one.held):
        badges.append({"family": "iys", "key": listing.LATE})
    return badges


def _actions(one: Shown) -> list[dict[str, Any]]:
    refused = one.state.status == Status.RET
    if one.address is None:
        return []
    if one.restricted:  # shown for the law alone: nothing is done with it but proving
        return [{"label": _("Proof bundle"), "icon": "file-down", "method": "post",
                 "url": record_url(one.entry, "prove")}] if security.may("consent:prove") else []
    ask: list[dict[str, Any]] = [{"label": _("Ask İYS"), "icon": "file-search", "method": "post",
            "url": url_for("AskView.ask"), "fields": {"ref": record_number(one.entry.id)},
            }] if security.may("iys:ask") else []
    if security.may("consent:prove"):
        ask.append({"label": _("Proof bundle"), "icon": "file-down", "method": "post",
                    "url": record_url(one.entry, "prove")})
    if security.may("consent:share"):
        ask.append({"label": _("Dealers’ access"), "icon": "store",
                    "url": url_for("AccessView.show", number=record_number(one.entry.id))})
    if refused or not security.may("consent:refuse"):
        return ask
    return [*ask, {
        "label": _("Record a refusal"), "id": "ret", "url": record_url(one.entry, "refuse"),
        "fields": {"source": Source.HS_CAGRI_MERKEZI.name},
        "confirm": {"title": _("Record a refusal?"), "verb": _("Record a refusal"),
                    "text": _("No message goes to this recipient on this channel from now on, "
                              "and İYS is told.")},
    }]


# -- the gate ------------------------------------------------------------------------------------


def answer_now(key: ConsentEntry | Key, address: str | None) -> dict[str, str]:
    """What the gate says now."""
    channel = Channel(key.channel)
    if address is None:
        return {"tone": "mute", "icon": "ban", "title": _no(channel),
                "text": _("The person was erased.")}
    answer = gate.may_send_now(key.provider_id, key.brand_id, address, channel,
                               RecipientType(key.recipient_type))
    if answer.allowed:
        return {"tone": "ok", "icon": "circle-check", "title": _yes(channel),
                "text": _("İYS holds a consent; last checked at %(at)s.",
                          at=formats.clock(answer.checked_at))}
    text = say(answer)
    if answer.denial is gate.Denial.REFUSED and answer.since is not None:
        text += " " + _("It holds since %(at)s.", at=formats.moment(answer.since))
    return {**_drawn(answer.denial), "title": _no(channel), "text": text}


def _yes(channel: Channel) -> str:
    return {Channel.ARAMA: _("This recipient may be called now"),
            Channel.MESAJ: _("A text message may be sent now"),
            Channel.EPOSTA: _("An e-mail may be sent now")}[channel]


def _no(channel: Channel) -> str:
    return {Channel.ARAMA: _("This recipient may not be called"),
            Channel.MESAJ: _("No text message may be sent to this recipient"),
            Channel.EPOSTA: _("No e-mail may be sent to this recipient")}[channel]


def _yes_then(channel: Channel) -> str:
    return {Channel.ARAMA: _("This recipient could be called then"),
            Channel.MESAJ: _("A text message could be sent then"),
            Channel.EPOSTA: _("An e-mail could be sent then")}[channel]


def _no_then(channel: Channel) -> str:
    return {Channel.ARAMA: _("This recipient could not be called then"),
            Channel.MESAJ: _("No text message could be sent then"),
            Channel.EPOSTA: _("No e-mail could be sent then")}[channel]


def answer_then(held: ConsentState | Held | None, channel: Channel) -> dict[str, str]:
    """What the gate would have said at that moment, by the same rule."""
    if held is None:
        return {"tone": "mute", "icon": "ban", "title": _no_then(channel),
                "text": _("There was no record of this recipient at that moment.")}
    denial = gate.why_not(held.status, held.standing, held.iys_status)
    if denial is None:
        return {"tone": "ok", "icon": "circle-check", "title": _yes_then(channel),
                "text": _("İYS held this consent at that moment.")}
    return {**_drawn(denial), "title": _no_then(channel), "text": _denied(denial)}


def _drawn(denial: gate.Denial | None) -> dict[str, str]:
    """Icon and tone of a no: what passes by itself waits, plum is the person's own no and red what
    İYS rejected; the rest is neither (look §1.4)."""
    drawn = {
        gate.Denial.NOT_AT_IYS: ("wait", "hourglass"), gate.Denial.UNSURE: ("wait", "circle-alert"),
        gate.Denial.STALE: ("wait", "circle-alert"), gate.Denial.REFUSED: ("no", "ban"),
        gate.Denial.NOT_IN_FORCE: ("bad", "circle-x"),
    }
    tone, icon = drawn.get(denial, ("mute", "ban")) if denial else ("mute", "ban")
    return {"tone": tone, "icon": icon}


def _denied(denial: gate.Denial) -> str:
    return {
        gate.Denial.REFUSED: _("The recipient had refused."),
        gate.Denial.UNVERIFIED: _("The address was not verified yet, so this was no consent."),
        gate.Denial.NOT_AT_IYS: _("İYS had not accepted this consent yet."),
        gate.Denial.NOT_IN_FORCE: _("İYS had not taken this consent, so it could not be used."),
    }.get(denial, _("There was no record of this recipient at that moment."))


# -- beside the story ----------------------------------------------------------------------------


def looked_at(held: ConsentState | Held | None) -> list[tuple[str, Any]]:
    """That a state was told from the newest records alone, when there are too many."""
    if not isinstance(held, Held) or not held.cut:
        return []
    return [(_("Records looked at"), _("the newest %(n)s only", n=formats.number(past.MOST)))]


def _particulars(entry: ConsentEntry, state: ConsentState,
                 brand: Brand | None) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [(_("Record number"), _code(record_number(entry.id)))]
    submission = orm.db.session.get(Submission, (entry.provider_id, entry.submission_id))
    if submission is not None and submission.actor_kind == ActorKind.VISITOR:
        # of the act the person has it from, not of its confirmation
        act = submission.evidence.get("receipt") or receipt_number(entry.submission_id)
        rows.append((_("Receipt number"), _code(str(act)[:40])))
    rows += [
        (_("Brand"), brand), (_("Dealer"), _taker(entry)), *_own_access(entry),
        (_("Source"), say(Source(entry.source))), (_("Consent date"), entry.consent_date),
        (_("Taken"), entry.captured_at),
    ]
    if state.entry_id == entry.id and state.iys_due_at is not None:
        rows.append((_("To İYS by"), state.iys_due_at))
    kept = clock.to_istanbul(entry.captured_at).date()
    last = kept.replace(year=kept.year + KEPT_YEARS,
                        day=min(kept.day, 28) if kept.month == 2 else kept.day)
    rows.append((_("End of keeping"), _("%(day)s at the earliest", day=formats.day(last))))
    rows.append((_("Commitment"), Markup("<code class='bare' title='{0}'>{1}…{2}</code>").format(
        entry.leaf.hex(), entry.leaf.hex()[:8], entry.leaf.hex()[-4:])))
    return [*rows, seal_row(entry), *_for_other_software(entry)]


def _for_other_software(entry: ConsentEntry) -> list[tuple[str, Any]]:
    """The receipt as ISO/IEC TS 27560 wishes it; an erased person's is no longer given."""
    if not security.may("consent:prove"):
        return []
    link = Markup("<a href='{0}' download>{1}</a>").format(
        record_url(entry, "receipt"), _("Download"))
    return [(_("Receipt (ISO/IEC TS 27560)"), link)]


def _taker(entry: ConsentEntry) -> Any:
    """Who took it. A dealer with access learns that another did, and not which (ADR 0019)."""
    if not entry.dealer_id:
        return _("taken directly")
    return orm.db.session.get(Dealer, entry.dealer_id) or _("another dealer")


def _own_access(entry: ConsentEntry) -> list[tuple[str, Any]]:
    """Since when a dealer has access to what it did not take; to head office, which dealers may use
    the consent beside the one that took it (R-45)."""
    own = scope.current().dealer_id
    if own is None:
        return _shared_with(entry)
    if entry.dealer_id == own:
        return []
    given = orm.db.session.get(ConsentAccess, (
        entry.provider_id, entry.brand_id, entry.recipient_id, entry.recipient_type, entry.channel,
        own))
    return [(_("Your access"), given.given_at)] if given else []


def _shared_with(entry: ConsentEntry) -> list[tuple[str, Any]]:
    one = ConsentAccess
    found = orm.db.session.execute(
        select(Dealer, func.count().over()).join(one, one.dealer_id == Dealer.id).where(
            one.provider_id == entry.provider_id, one.brand_id == entry.brand_id,
            one.recipient_id == entry.recipient_id, one.channel == entry.channel,
            one.recipient_type == entry.recipient_type, one.dealer_id != (entry.dealer_id or 0))
        .order_by(Dealer.title, Dealer.id).limit(NAMED_DEALERS)).all()
    if not found:
        return []
    names, more = ", ".join(str(row[0]) for row in found), found[0][1] - len(found)
    return [(_("May be used by"), names if not more else ngettext(
        "%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=names))]


def _code(text: str) -> Markup:
    return Markup("<code class='bare'>") + escape(text) + Markup("</code>")


def _same_recipient(one: Shown) -> list[dict[str, Any]]:
    entry = one.entry
    found = {state.channel: state for state in orm.db.session.scalars(select(ConsentState).where(
        ConsentState.provider_id == entry.provider_id, ConsentState.brand_id == entry.brand_id,
        ConsentState.recipient_id == entry.recipient_id,
        ConsentState.recipient_type == entry.recipient_type))}
    others = [channel for channel in Channel if channel != entry.channel
              and channel.address_kind == Channel(entry.channel).address_kind]
    return [_other_channel(one, channel, found.get(int(channel))) for channel in others]


def _other_channel(one: Shown, channel: Channel, state: ConsentState | None) -> dict[str, Any]:
    entries = entries_of_key(one.entry, channel) if state else []
    held: ConsentState | Held | None = state
    if one.until is not None and state is not None:
        held = _held_for_user(state, entries, one.until)
    return {
        "channel": channel.name, "choice": listing.choice_key(held) if held else None,
        "iys": listing.iys_key(held, one.until) if held else None,
        "iys_code": listing.iys_code(held) if held else None,
        "url": record_url(entries[-1]) if entries and held else None,
    }
