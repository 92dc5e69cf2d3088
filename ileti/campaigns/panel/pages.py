"""What the pages of campaigns show (look picture 06).

Why this module exists: people look at numbers before they release, so each number says what it is:
who gets it, who does not and why, what stands around the words by law, what it costs in segments,
when it goes. Nothing is counted here that the room does not count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from ileti.campaigns import release, results, valuescan, wording
from ileti.campaigns.panel import form, visible
from ileti.campaigns.plan import Campaign
from ileti.campaigns.reasons import Reason
from ileti.campaigns.roads import roads
from ileti.campaigns.runmodels import Campaign as Row
from ileti.campaigns.vocabulary import State
from ileti.channels import segments
from ileti.channels.sms import Delivery
from ileti.consents.vocabulary import Channel
from ileti.core import clock, formats
from ileti.core.formats import either, language, say
from ileti.evidence import stepup
from ileti.fields.vocabulary import Field, Kind
from ileti.templates.vocabulary import MessageClass
from ileti.tenancy import foureyes, narrowing, security
from ileti.tenancy import offered as offers

_SHOWN: Final = 5
#: people of a campaign whose page is loaded anew less often
MANY: Final = 50_000
STEPS: Final = (("plan", _l("Audience and text")), ("check", _l("Pre-flight")),
                ("run", _l("The release")))
BADGE: Final = {
    State.DRAFT: "draft", State.PREPARING: "preparing", State.READY: "ready",
    State.RUNNING: "running", State.PAUSED: "paused", State.DONE: "done",
    State.CANCELLED: "cancelled"}
ICONS: Final = {
    Reason.REFUSED: "circle-minus", Reason.NOT_AT_IYS: "hourglass",
    Reason.NOT_IN_FORCE: "circle-x", Reason.OTHER_TOPIC: "tag", Reason.UNVERIFIED: "circle-dashed",
    Reason.NO_RECORD: "file-x", Reason.ENOUGH: "clock-alert"}
DELIVERIES: Final = {
    Delivery.DELIVERED: _l("Delivered"), Delivery.SENT: _l("Sent; the phone said nothing"),
    Delivery.NOT_DELIVERED: _l("Not delivered"), Delivery.WAITING: _l("On the way"),
    Delivery.BLOCKED_BY_IYS: _l("Stopped by the provider’s question to İYS")}
PROBLEMS: Final = {
    "no_road": _l("No gateway account carries this channel, or no sender is approved."),
    "roads_rest": _l("The gateway accounts say “not now”; it goes on by itself."),
    "refused": _l("The gateway refused the words; mend them or the account, then go on."),
    "dealer": _l("The dealer may not send messages any more."),
    "ended": _l("The promotion’s last day has passed; nothing more goes (R-27)."),
    "too_many": _l("There are more people than one campaign may have; narrow the audience down."),
    "not_prepared": _l("It could not be prepared; look at the audience and save it again."),
    "in_doubt": _l("Several answers in a row were lost. Look at the provider’s own page first."),
}


def listing() -> dict[str, Any]:
    """Context of ``panel/campaigns/list.html``."""
    before = request.args.get("once", type=int)
    first = max(1, request.args.get("ilk", 1, type=int))
    wanted = _asked()
    found = visible.shelf(before, *wanted.only)
    brands = visible.brand_names(one.brand_id for one in found.rows)
    names = offers.names(one.created_by for one in found.rows)
    last = first + len(found.rows) - 1
    may = security.may("campaign:write")
    return {
        "title": _("Campaigns"),
        "line": _("Messages to many, each let by the gate at the moment it goes"),
        "rows": [{
            "name": one.name, "url": url_for("CampaignView.show", pk=one.id),
            "badge": BADGE[State(one.state)], "channel": Channel(one.channel).name,
            "brand": brands.get(one.brand_id, "—"), "people": one.total,
            "done": min(one.next_no - 1, one.total) if one.state in (5, 6) else None,
            "who": names.get(one.created_by or 0, "—"), "at": one.released_at or one.created_at,
        } for one in found.rows],
        "new": {"label": _("New campaign"), "icon": "plus", "kind": "primary",
                "url": url_for("CampaignView.new")} if may else None,
        "lists": {"label": _("Lists for campaigns"), "icon": "users",
                  "url": url_for("CampaignListView.index")},
        "pages": {
            "first": first, "last": last,
            "newer_url": wanted.url() if before is not None else None,
            "older_url": wanted.url(once=found.rows[-1].id, ilk=last + 1)
            if found.more else None},
        "asked": wanted.drawn, "shown": wanted.shown, "narrowed": wanted.active,
    }


def _asked() -> narrowing.Asked:
    """What the address asks of the list."""
    brands = offers.brands()
    return narrowing.read(
        "CampaignView.index", [
            ("durum", _("State")), ("marka", _("Brand")), ("kisi", _("People")), ("kim", _("Who")),
            ("an", _("When"))],
        [narrowing.Pick("durum", _("State"), narrowing.of_badges("campaign", Row.state, BADGE)),
         narrowing.Pick("kanal", _("Channel"), narrowing.by_number(
             Row.channel, {int(one): say(one) for one in Channel})),
         narrowing.Pick("sinif", _("Class"), narrowing.by_number(
             Row.declared, {int(one): say(one) for one in MessageClass})),
         narrowing.Pick("marka", _("Brand"), narrowing.by_number(
             Row.brand_id, {one.id: one.name for one in brands}))],
        Row.created_at, label=_("Written"))


def frame(campaign: Campaign | None, step: str, *, title: str, line: str = "") -> dict[str, Any]:
    """What every page of a campaign has: crumbs and steps."""
    order = [key for key, _label in STEPS]
    here = order.index(step)
    url = url_for("CampaignView.show", pk=campaign.id) if campaign else None
    crumbs: list[tuple[str, str | None]] = [(_("Campaigns"), url_for("CampaignView.index"))]
    if campaign:
        crumbs.append((campaign.name, None))
    return {
        "title": title, "line": line, "crumbs": crumbs, "campaign": campaign, "url": url,
        "steps": [{"number": n + 1, "label": label, "done": n < here, "current": n == here,
                   "url": None} for n, (_key, label) in enumerate(STEPS)],
        "badge": BADGE[campaign.state] if campaign else None,
        "may": {name: security.may(f"campaign:{name}") for name in ("write", "release")},
    }


def form_page(campaign: Campaign | None, typed: Any, errors: dict[str, str]) -> dict[str, Any]:
    """Context of ``panel/campaigns/form.html``."""
    brands = offers.brands()
    alone = brands[0] if len(brands) == 1 else None
    brand = campaign.brand_id if campaign else alone.id if alone else None
    names = {one.id: "" if brand else one.name for one in brands}
    templates = [one for one in visible.templates() if brand is None or one.brand_id in (
        None, brand)]
    return frame(campaign, "plan", title=_("Audience and text")) | {
        "typed": typed, "errors": errors, "summary": list(errors.items()),
        "brands": [(one.id, one.name) for one in brands],
        "alone": alone,
        "offers": [(either(*_channel(channel)), [
            (one.version_id, _named(one.name, names.get(one.brand_id or 0, "")))
            for one in templates if one.channel == channel])
            for channel in sorted({one.channel for one in templates})],
        "senders": _senders(visible.senders(brand), names, typed.get("baslik", "")),
        "sources": [(one.name, say(one)) for one in form.SOURCES],
        "lists": _offered(visible.lists(), typed, "liste", "listesiz"),
        "earlier": _offered(visible.earlier(), typed, "kampanyasiz"),
        "fields": [(f"alan-{one.id}", one.name(language()), _answers(one))
                   for one in visible.fields()],
    }


def _named(name: str, brand: str) -> str:
    return f"{name} · {brand}" if brand else name


def _senders(titles: list[visible.Title], brands: Mapping[int, str], chosen: str
             ) -> list[tuple[str, list[str]]]:
    """Titles by channel, and by brand where there are several; what was chosen stays in sight, so
    that nobody saves another one unawares."""
    found: dict[str, list[str]] = {}
    for one in titles:
        label = _named(either(*_channel(one.channel)), brands.get(one.brand_id, ""))
        found.setdefault(label, []).append(one.title)
    if chosen and chosen not in {one.title for one in titles}:
        found[_("Not approved now")] = [chosen]
    return list(found.items())


def _offered(rows: Iterable[Any], typed: Any, *names: str) -> list[tuple[int, str]]:
    """What can be chosen, and what was chosen before though it is not among the newest."""
    found = {one.id: one.name for one in rows}
    chosen = {int(one) for name in names for one in typed.getlist(name)
              if one.isdecimal() and len(one) < 19}
    return [*found.items(), *((one, f"#{one}") for one in sorted(chosen - found.keys()))]


def _answers(field: Field) -> list[tuple[str, str]]:
    if field.kind is Kind.YES_NO:
        return [("1", _("Yes")), ("0", _("No"))]
    return [(one.key, one.label(language())) for one in field.offered]


def _channel(channel: int) -> tuple[str, str]:
    one = Channel(channel)
    return one.tr, one.en


def draft_page(campaign: Campaign) -> dict[str, Any]:
    """Context of ``panel/campaigns/draft.html``: not yet prepared, or being prepared."""
    return frame(campaign, "plan" if campaign.state is State.DRAFT else "check",
                 title=campaign.name, line=_line(campaign)) | {
        "live": campaign.state is State.PREPARING, "preview": preview(campaign),
        "problem": PROBLEMS.get(campaign.problem or "")}


def check_page(campaign: Campaign) -> dict[str, Any]:
    """Context of ``panel/campaigns/check.html``: pre-flight."""
    counts = {int(key): many for key, many in (campaign.preflight or {}).get("counts", {}).items()}
    goes = counts.pop(0, 0)
    most = max(counts.values(), default=1)
    stops = [either(*one) for one in release.obstacles(campaign)]
    return frame(campaign, "check", title=_("Pre-flight"), line=_line(campaign)) | {
        "goes": goes, "blocked": sum(counts.values()), "total": campaign.total,
        "share": 100 * goes / campaign.total if campaign.total else 0,
        "reasons": [_reason(Reason(key), many, most) for key, many in
                    sorted(counts.items(), key=lambda one: -one[1])],
        "checks": _checks(campaign), "stops": stops, "preview": preview(campaign),
        "size": size(campaign, goes), "when": _when(campaign, goes),
        "asked_at": campaign.prepared_at, "second": _waiting(campaign),
        "sign": _signing(campaign) if _must_sign(campaign) else None, "none": not goes,
    }


def _reason(reason: Reason, many: int, most: int) -> dict[str, Any]:
    words = reason.words
    return {"icon": ICONS.get(reason, "shield-ban"), "many": many, "width": 100 * many / most,
            "name": either(words.tr, words.en), "why": either(words.why_tr, words.why_en),
            "rule": words.rule}


def _line(campaign: Campaign) -> str:
    brand = visible.brand_names([campaign.brand_id]).get(campaign.brand_id, "")
    parts = [say(campaign.channel), say(campaign.declared), brand]
    if campaign.begin_at:
        parts.insert(1, formats.moment(campaign.begin_at))
    return " · ".join(one for one in parts if one)


def preview(campaign: Campaign) -> dict[str, Any]:
    """The message as a person sees it, fields unfilled by their defaults; ``parts``: the author's
    words apart from what is added."""
    text = wording.of(campaign.content).fill({})
    added = [one for one in campaign.content.get("added", ()) if one]
    return {"subject": text.subject, "text": text.body, "added": added,
            "pieces": _pieces(text.body, added), "sender": campaign.sender or "",
            "code": campaign.channel is Channel.MESAJ, "html": bool(text.html)}


def _pieces(text: str, added: list[str]) -> list[tuple[str, bool]]:
    """The text cut where something was added: (piece, whether it was)."""
    pieces, rest = list[tuple[str, bool]](), text
    for one in added:
        before, found, after = rest.partition(one)
        if found:
            pieces += [(before, False), (found, True)]
            rest = after
    return [(piece, own) for piece, own in [*pieces, (rest, False)] if piece]


def size(campaign: Campaign, people: int) -> dict[str, Any] | None:
    """Segments of an SMS to so many (R-53, R-55); about, where fields differ per person."""
    if campaign.channel is not Channel.MESAJ:
        return None
    words = wording.of(campaign.content)
    found = segments.count(words.fill({}).body)
    return {"encoding": found.encoding.value, "number": found.number, "left": found.left,
            "forced": "".join(found.forced_by), "saves": found.saves,
            "all": found.number * people, "about": bool(words.fields), "people": people,
            "bar": [{"x": 100 * n / found.number, "width": 100 / found.number - 0.5,
                     "full": 100 if n < found.number - 1 else
                     100 * (1 - found.left / found.encoding.joined)}
                    for n in range(found.number)]}


def _when(campaign: Campaign, people: int) -> dict[str, Any]:
    found = roads(campaign.provider_id, campaign.brand_id, campaign.channel,
                  commercial=not campaign.declared.exempt, sender=campaign.sender)
    pace = min(found[0].per_second, campaign.per_second or found[0].per_second) if found else 0
    minutes = math.ceil(people / pace / 60) if pace else 0
    return {"begin": campaign.begin_at, "minutes": minutes, "road": found[0] if found else None,
            "quiet": tuple(f"{one // 60:02}:{one % 60:02}" for one in campaign.quiet)
            if campaign.quiet and not campaign.declared.exempt else None,
            "holidays": not campaign.on_holidays and not campaign.declared.exempt,
            "cap": campaign.cap}


def _checks(campaign: Campaign) -> list[dict[str, Any]]:
    """What is looked at before a release, good or not."""
    found = release.findings(campaign)
    rows = [] if campaign.declared.exempt else [
        {"tone": "ok", "name": _("The sender is named"),
         "note": _("Title and number stand in the message (R-24, R-25)")},
        {"tone": "ok", "name": _("It can be refused in the same channel"),
         "note": _("Added by itself, free of charge (R-28, R-29)")},
        {"tone": "ok", "name": _("Its commercial nature shows at once"),
         "note": _("A word of it stands first (R-26)")}]
    rows += [{"tone": "bad" if one.level == "error" else "wait", "name": say(one),
              "note": one.rule} for one in found]
    rows += _values(campaign)
    if stepup.wanted(campaign.provider_id):
        signed = not _must_sign(campaign)
        rows.append({"tone": "ok" if signed else "wait",
                     "name": _("Signed") if signed else _("Your signature is awaited"),
                     "note": _("A change of text or audience after it makes it void (R-51)")})
    return rows


def _values(campaign: Campaign) -> list[dict[str, Any]]:
    """What its fields say and promotes, and which of them nobody has read through (R-03)."""
    found = [f"{{{key}}}: {value[:120]}" for key, value in
             sorted(valuescan.agreed(campaign.preflight))]
    rows = [{"tone": "wait", "name": _("What is filled in promotes; a second person has to say why "
                                       "it goes without a consent"),
             "note": f"{' · '.join(found[:_SHOWN])}{' …' if len(found) > _SHOWN else ''} (R-03)"}
            ] if found else []
    unread = (campaign.preflight or {}).get(valuescan.UNREAD, [])
    if unread:
        rows.append({"tone": "wait", "name": _("Too many different values to be read beforehand"),
                     "note": _("%(fields)s: each is judged when its message goes; what promotes "
                               "does not (R-03)",
                               fields=", ".join(f"{{{one}}}" for one in unread))})
    return rows


def _must_sign(campaign: Campaign) -> bool:
    if stepup.wanted(campaign.provider_id) is None or campaign.state is not State.READY:
        return False
    return stepup.valid(campaign.provider_id, campaign.subject, release.digest_of(campaign),
                        user_id=current_user.id) is None


def _signing(campaign: Campaign) -> str:
    """The token of what the user has to sign."""
    name = f"{current_user.first_name} {current_user.last_name}".strip()
    person = stepup.Person(current_user.id, name or str(current_user.username))
    return stepup.ask(campaign.provider_id, person, campaign.subject,
                      release.digest_of(campaign)).token


def _waiting(campaign: Campaign) -> bool:
    return release.asks_second(campaign) or foureyes.wanted("campaign", campaign.provider_id)


def run_page(campaign: Campaign) -> dict[str, Any]:
    """Context of ``panel/campaigns/run.html``: how it goes, or went."""
    sums = results.progress(campaign.provider_id, campaign.id)
    fates = results.fates(campaign.provider_id, campaign.id)
    most = max(fates.blocked.values(), default=1)
    now = clock.now()
    waits = campaign.next_at if campaign.next_at and campaign.next_at > now else None
    names = offers.names([campaign.created_by, campaign.released_by])
    seconds = max(1.0, (now - sums.since).total_seconds()) if sums.since else 0.0
    return frame(campaign, "run", title=campaign.name, line=_line(campaign)) | {
        "live": campaign.state is State.RUNNING and (5 if campaign.total < MANY else 60),
        "sums": sums, "waits": waits,
        "problem": PROBLEMS.get(campaign.problem or ""), "total": campaign.total,
        "rate": round(sums.handed / seconds) if seconds and campaign.state is State.RUNNING else 0,
        "deliveries": [(DELIVERIES[key], many) for key, many in fates.deliveries.items()],
        "silent": fates.silent, "mail_doubts": fates.mails_in_doubt,
        "reasons": [_reason(key, many, most) for key, many in fates.blocked.items()],
        "after": results.refused_after(campaign),
        "doubts": results.doubts(campaign.provider_id, campaign.id),
        "preview": preview(campaign),
        "facts": [(_("Released by"), names.get(campaign.released_by or 0, "—")),
                  (_("Released"), formats.moment(campaign.released_at)
                   if campaign.released_at else "—"),
                  (_("Digest"), campaign.digest.hex()[:16] if campaign.digest else "—")],
    }
